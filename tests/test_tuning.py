"""`bpgen tune`: what is kept of measurements, who uses it, and who does not."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import bpgen
from bpgen import api, cli, tuning
from bpgen.emit.c_rows import find_rows, is_by_rows, rows_at_a_time
from bpgen.emit.c_ways import find_signatures, rows_of_calls
from bpgen.lower.schedule import Repeat
from bpgen.run import cache, measurements, toolchain
from bpgen.run.in_turn import ROUNDS, measure_in_turn, wins

DESCRIPTION = {
    "bpgen": 1,
    "name": "net",
    "inputs": {"x": {"shape": ["B", 20]}, "t": {"shape": ["B", 3]}},
    "layers": [
        {"name": "wide", "type": "linear", "units": 33, "activation": "tanh"},
        {"name": "narrow", "type": "linear", "units": 3},
    ],
    "loss": {"type": "mse", "target": "t"},
    "optimizer": {"type": "adam", "lr": 0.01},
    "train": {"batch_size": 8},
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("BPGEN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(api, "_derivations", {})
    toolchain._probed.cache_clear()
    try:
        toolchain.find_toolchain()
    except bpgen.CompileError:
        pytest.skip("needs a C compiler")
    yield tmp_path
    toolchain._probed.cache_clear()


def planted(way, rows=8, dtype="float32"):
    """A measurement by which every contraction is to be written in one way."""
    schedule, _ = api.lower(DESCRIPTION, dtype)
    signatures = find_signatures(schedule, dtype, rows)
    entry = {"way": way, "seconds": 1.0, "model": "panels", "model_seconds": 2.0}
    measurements.store_measurements(dict.fromkeys(signatures.values(), entry))
    return signatures


def text(**options):
    return bpgen.generate(DESCRIPTION, "c", **options).files["net.c"]


def run(*arguments, status=0):
    result = CliRunner().invoke(cli.main, list(map(str, arguments)))
    assert result.exit_code == status, result.output
    return result


def test_a_measurement_is_used_where_it_is_asked_for_alone():
    before = text()
    assert text(tuned=True) == before
    planted("across")
    assert text() == before
    assert "multiply_across(tile" in text(tuned=True) and text(tuned=True).count("multiply(tile") == 0
    assert bpgen.build(DESCRIPTION, "c").source.files["net.c"] == before
    assert bpgen.build(DESCRIPTION, "c", tuned=True).source.files["net.c"] == text(tuned=True)
    planted("dots")
    assert "multiply_dots(tile" in text(tuned=True)
    cache.clear()
    assert text(tuned=True) == before


@pytest.mark.parametrize("way", ["by magic", "panels 1/3", "lines", ""])
def test_a_way_that_a_contraction_does_not_have_is_left_out(way):
    before = text()
    planted(way)
    assert text(tuned=True) == before


def test_what_was_measured_of_other_sizes_is_not_used():
    before = text()
    planted("across", rows=9)
    planted("across", dtype="float64")
    assert text(tuned=True) == before
    assert text(tuned=True, batch=9) != before


@pytest.mark.parametrize("changed", ["processor", "compiler", "bpgen"])
def test_what_was_measured_elsewhere_is_not_used(changed, monkeypatch):
    found = toolchain.find_toolchain()
    planted("across")
    before, after = text(), text(tuned=True)
    assert before != after
    other = {"processor": ("-march=another", found.version), "compiler": (found.processor, "another 1.0")}
    processor, version = other.get(changed, (found.processor, found.version))
    machine = toolchain.Toolchain(found.command, found.flags, found.dropped, version, processor)
    with monkeypatch.context() as context:
        context.setattr(measurements, "find_toolchain", lambda: machine)
        if changed == "bpgen":
            context.setattr(measurements, "generator_hash", lambda: "another")
        assert text(tuned=True) == before
    assert text(tuned=True) == after


def test_a_damaged_record_is_ignored(folder):
    before = text()
    planted("across")
    (path,) = (folder / "cache" / measurements.SHELF).iterdir()
    path.write_text(path.read_text().replace("across", "acrosz"))
    assert measurements.load_measurements() == {}
    assert text(tuned=True) == before


def test_measurements_are_listed_and_cleared_with_the_cache():
    planted("across")
    assert [entry.shelf for entry in cache.entries()].count(measurements.SHELF) == 1
    cache.clear()
    assert measurements.load_measurements() == {}


def test_the_record_is_the_same_text_in_any_order(folder):
    entry = {"way": "loops", "seconds": 1.0, "model": "panels", "model_seconds": 2.0}
    texts = []
    for names in (("a", "b"), ("b", "a")):
        cache.clear()
        for name in names:
            measurements.store_measurements({name: entry})
        (path,) = (folder / "cache" / measurements.SHELF).iterdir()
        texts.append(path.read_text())
    assert texts[0] == texts[1]
    assert measurements.load_ways("any network") == {"a": "loops", "b": "loops"}


def test_explain_says_what_was_measured(folder):
    file = folder / "net.json"
    file.write_text(json.dumps(DESCRIPTION))
    signatures = planted("across")
    said = {}
    for flag in ((), ("--tuned",)):
        found = json.loads(run("bench", file, "--target", "c", "--explain", "--json", *flag).stdout)
        said[flag] = {(way["by"], way["strategy"]) for way in found["contractions"]}
    assert {by for by, _ in said[()]} == {"model"}
    assert ("measured", "block and panels") in said[("--tuned",)]
    assert len(signatures) > 3


class FakeCalls:
    """Ways whose calls take set times of a clock of their own."""

    def __init__(self, times):
        self.now = 0.0
        self.ways = [lambda turns, time=time: self.pass_by(turns * time) for time in times]

    def pass_by(self, seconds):
        self.now += seconds

    def clock(self):
        return self.now


def test_ways_are_measured_in_turn():
    fake = FakeCalls([2e-6, 1e-6, 3e-6, 5e-6])
    samples = measure_in_turn(fake.ways, 1e-9, fake.clock)
    assert [len(found) for found in samples] == [ROUNDS, ROUNDS, ROUNDS, 1]  # the last one is hopeless
    np.testing.assert_allclose([min(found) for found in samples], [2e-6, 1e-6, 3e-6, 5e-6])
    assert fake.now < 0.5
    assert wins(samples[1], samples[0], 0.05)
    assert not wins(samples[0], samples[0], 0.05) and not wins(samples[2], samples[0], 0.05)


def test_one_lucky_round_wins_nothing():
    usual, lucky, steady = [10.0] * 9, [11.0] * 8 + [1.0], [9.0] * 8 + [12.0]
    assert not wins(lucky, usual, 0.05)
    assert wins(steady, usual, 0.05)
    assert not wins([9.7] * 9, usual, 0.05)


def as_measured(monkeypatch, step):
    """The second way of each contraction takes half the time; of two steps, `step` are the times."""
    made = count()

    def measured(ways, seconds, clock, refresh=None):
        next(made)
        ways[-1](1)  # every way can be called
        times = [1.0, 0.5, *[2.0] * (len(ways) - 2)] if refresh else step
        return [[time] * ROUNDS for time in times]

    monkeypatch.setattr(tuning, "measure_in_turn", measured)
    return made


def test_the_fastest_way_is_kept_and_used(monkeypatch):
    before = text()
    as_measured(monkeypatch, (1.0, 0.9))
    found = tuning.tune(DESCRIPTION, batch=8)
    assert found.kept and found.step == (1.0, 0.9) and found.batch == 8
    assert all(one.way != one.model and one.seconds == 0.5 and one.ways > 1 for one in found.contractions)
    assert measurements.load_ways("another network") == {one.signature: one.way for one in found.contractions}
    assert text() == before != text(tuned=True)
    rng = np.random.default_rng(0)
    x, t = (rng.normal(size=(8, n)).astype("float32") for n in (20, 3))
    losses = [[net.step(x=x, t=t) for _ in range(5)] for net in (
        bpgen.build(DESCRIPTION, "c"), bpgen.build(DESCRIPTION, "c", tuned=True), bpgen.build(DESCRIPTION, "numpy"),
    )]  # fmt: skip
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-5)
    np.testing.assert_allclose(losses[1], losses[2], rtol=1e-5)


def judged(monkeypatch, seconds):
    """Steps take so many seconds, by the signatures of what has another way; returns what was compared."""
    as_measured(monkeypatch, ())
    compared = []

    def steps(model, options, of, *_):
        compared.append(of)
        return [[seconds(set(ways))] * ROUNDS for ways in of]

    monkeypatch.setattr(tuning, "_steps", steps)
    return compared


def test_a_step_that_is_not_faster_keeps_the_ways_of_the_model(monkeypatch):
    judged(monkeypatch, lambda ways: 1.0)
    found = tuning.tune(DESCRIPTION)
    assert not found.kept and found.faster == len(found.contractions) > 2
    assert all(one.way == one.model for one in found.contractions)
    assert text(tuned=True) == text()
    assert f"with the {found.faster} that are faster alone: not faster" in found.lines()[0]


@pytest.mark.parametrize("bad", [0, 1, -1])
def test_what_makes_a_step_slower_is_left_out_alone(bad, monkeypatch):
    judged(monkeypatch, lambda ways: 1.0)
    names = [one.signature for one in tuning.tune(DESCRIPTION).contractions]
    cache.clear()
    judged(monkeypatch, lambda ways: 1.0 - 0.02 * len(ways) + 0.5 * (names[bad] in ways))
    found = tuning.tune(DESCRIPTION)
    assert found.kept and found.step[1] < found.step[0] == 1.0
    assert {one.signature for one in found.contractions if one.way == one.model} == {names[bad]}
    assert f"{len(names) - 1} of the {len(names)} that are faster alone: kept" in found.lines()[0]


def test_what_gains_apart_and_loses_together_is_not_kept(monkeypatch):
    judged(monkeypatch, lambda ways: {0: 1.0, 1: 0.9}.get(len(ways), 1.2))
    found = tuning.tune(DESCRIPTION)
    assert found.kept and sum(one.way != one.model for one in found.contractions) == 1


def test_a_network_that_does_not_gain_leaves_another_what_it_has_kept(monkeypatch):
    other = {**DESCRIPTION, "name": "other"}
    before = text()
    judged(monkeypatch, lambda ways: 1.0 - 0.1 * len(ways))
    kept = tuning.tune(DESCRIPTION)
    assert kept.kept
    tuned = text(tuned=True)
    assert tuned != before
    judged(monkeypatch, lambda ways: 1.0 + 0.1 * len(ways))
    assert not tuning.tune(other).kept
    assert text(tuned=True) == tuned
    assert bpgen.generate(other, "c", tuned=True) == bpgen.generate(other, "c")
    third = {**DESCRIPTION, "name": "third"}
    assert bpgen.generate(third, "c", tuned=True) != bpgen.generate(third, "c")


def test_a_recurrence_is_measured_for_the_rows_that_it_runs_through_at_once():
    schedule, _ = api.lower(
        {
            "bpgen": 1, "name": "attends",
            "inputs": {"x": {"shape": ["B", 256, 64]}, "t": {"shape": ["B", 256, 64]}},
            "layers": [{"name": "a", "type": "attention", "heads": 2}],
            "loss": {"type": "mse", "target": "t"},
        }
    )  # fmt: skip
    by_rows = find_rows(schedule)
    kernels = {kernel.name: kernel for kernel in schedule.kernels}
    repeats = [item for p in schedule.programs for item in p.calls if isinstance(item, Repeat)]
    few = [item for item in repeats if is_by_rows(item, by_rows) and rows_at_a_time(item, kernels)]
    assert few
    rows = rows_of_calls(schedule, 100, by_rows)
    for item in few:
        assert {rows[call.kernel] for call in item.calls} == {min(100, rows_at_a_time(item, kernels))}


def test_the_command_measures_and_prints(folder):
    file = folder / "net.json"
    file.write_text(json.dumps(DESCRIPTION))
    printed = run("tune", file, "--seconds", 1e-6).stdout
    assert "By the model" in printed and "8 rows, one thread" in printed
    found = json.loads(run("tune", file, "--seconds", 1e-6, "--batch", 5, "--json").stdout)
    assert found["batch"] == 5
    assert {one["signature"] for one in found["contractions"]} <= set(measurements.load_measurements())
    assert all(one["seconds"] > 0 and one["model_seconds"] > 0 for one in found["contractions"])
    run("generate", file, "--target", "c", "--tuned", "-o", folder / "out")
    assert Path(folder / "out" / "net.c").read_text() == text(tuned=True)


def test_what_cannot_be_tuned(folder):
    file = folder / "net.json"
    file.write_text(json.dumps(DESCRIPTION))
    assert "tuned" in run("bench", file, "--target", "numpy", "--tuned", status=2).stderr
    assert "--seconds" in run("tune", file, "--seconds", 0, status=2).stderr
    with pytest.raises(bpgen.BpgenError, match="seconds"):
        tuning.tune(DESCRIPTION, seconds=0)


@pytest.mark.parametrize(("way", "layer"), [("across 1/4 x 1/4", "linear"), ("dots", "lstm")])
def test_tuned_code_gives_the_same_bits_with_any_number_of_threads(way, layer, monkeypatch):
    steps = () if layer == "linear" else (6,)
    wide = {"units": 128, "activation": "relu"} if layer == "linear" else {"units": 64}
    description = {
        **DESCRIPTION,
        "inputs": {"x": {"shape": ["B", *steps, 96]}, "t": {"shape": ["B", *steps, 3]}},
        "layers": [{"name": "wide", "type": layer, **wide}, {"name": "narrow", "type": "linear", "units": 3}],
        "train": {"batch_size": 40},
    }
    monkeypatch.setitem(globals(), "DESCRIPTION", description)
    planted(way, rows=40)
    rng = np.random.default_rng(0)
    x, t = (rng.normal(size=(40, *steps, n)).astype("float32") for n in (96, 3))
    found = []
    for threads in (1, 2, 3):
        network = bpgen.build(description, "c", threads=threads, tuned=True)
        assert network.threads == threads
        assert network.source.files["net.c"] != text()
        losses = [network.step(x=x, t=t) for _ in range(3)]
        found.append((losses, [value.tobytes() for value in network.parameters.values()]))
    assert found[0] == found[1] == found[2]
