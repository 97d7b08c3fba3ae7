"""Calls made for a few rows at a time compute what they compute for all rows at once, in less memory."""

import re

import numpy as np
import pytest
from c_runner import Running, compiled, compiler, emitted, trained
from test_c_accesses import layer
from test_c_threads import NETWORKS, letters, made_by_rows
from test_c_values import compare, filled

from bpgen.algebra.evaluate import evaluate
from bpgen.emit import c_rows, c_threads
from bpgen.lower import block, region
from bpgen.lower import rows as lower_rows
from bpgen.lower.lower import lower


def divided(monkeypatch):
    """Have threads divide all that they can."""
    for name in ("FORK", "BARRIER", "LEAST"):
        monkeypatch.setattr(c_threads, name, 0.0)


def compare_all(system, source, folder, threads):
    """The evaluator's values for each batch, and the same bits with any number of threads."""
    found = {}
    for count in threads:
        running = Running(source, folder, threads=count)
        for batch in (1, 7, 18):
            inputs, values = filled(running, np.random.default_rng(batch), batch)
            compare(running, system, ["loss", "gradients"], inputs, evaluate(system, values, batch), batch=batch)
            bits = running.gradients.tobytes()
            assert found.setdefault(batch, bits) == bits


@pytest.mark.skipif(compiler() is None, reason="needs a C compiler")
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("case", ["dense", "images", "attention"])
def test_values(case, threads, tmp_path, monkeypatch):
    made_by_rows(monkeypatch)
    monkeypatch.setattr(lower_rows, "IN_CACHE", 3 * 4 * 13)  # some rows at a time, of the small arrays here
    divided(monkeypatch)
    system = trained(NETWORKS[case][0])
    source = emitted(system, "float64")
    assert "turn < turns" in "".join(source.files.values())
    running = Running(source, tmp_path, threads=threads)
    rng = np.random.default_rng(1)
    for batch in (1, 2, 7):
        inputs, values = filled(running, rng, batch)
        inferred = [] if system.inference else ["forward", "loss"]  # not what the evaluator's equations say
        entries = [*inferred, "gradients"]
        compare(running, system, entries, inputs, evaluate(system, values, batch), batch=batch)


@pytest.mark.skipif(compiler() is None, reason="needs a C compiler")
@pytest.mark.parametrize("case", ["attention", "lstm"])
def test_recurrences_by_a_few_rows_at_a_time(case, tmp_path, monkeypatch):
    monkeypatch.setattr(c_rows, "IN_CACHE", 2 * 4 * 9)
    divided(monkeypatch)
    monkeypatch.setattr(region, "LARGE", 25)
    monkeypatch.setattr(block, "ROWS", 1)
    system = trained(letters(5, 4, case))
    source = emitted(system, "float64")
    assert "row < end; row += " in "".join(source.files.values())
    compare_all(system, source, tmp_path, (1, 2, 3))


BODY = [
    {"name": "norm", "type": "layernorm"},
    {"name": "attention", "type": "attention", "heads": 2, "causal": True},
    {"name": "sum", "type": "add", "inputs": ["input", "attention"]},
    {"name": "wide", "type": "linear", "units": 6, "activation": "gelu"},
    {"name": "narrow", "type": "linear", "units": 4},
]
RECURRENT = [
    {"name": "attention", "type": "attention", "heads": 1},
    {"name": "cell", "type": "lstm", "units": 2},
    {"name": "drop", "type": "dropout", "p": 0.3},
    {"name": "sum", "type": "add", "inputs": ["input", "drop"]},
]


def blocks(count, body, steps=3, units=4):
    found = letters(steps, units, "rnn")
    found["layers"][1] = {"name": "middle", "type": "block", "block": "one", "repeat": count}
    return {**found, "blocks": {"one": {"layers": body}}}


@pytest.mark.skipif(compiler() is None, reason="needs a C compiler")
def test_equal_blocks_by_a_few_rows_at_a_time_are_rounds_of_a_loop(tmp_path, monkeypatch):
    made_by_rows(monkeypatch)
    monkeypatch.setattr(lower_rows, "IN_CACHE", 8 * 4 * 13)
    divided(monkeypatch)
    system = trained(blocks(5, BODY))
    source = emitted(system, "float64")
    text = "".join(source.files.values())
    assert re.search(r"\n( +)for \(int n\d* = 0; [^}]*\n\1    for \(int turn = 0", text)
    compare_all(system, source, tmp_path, (1, 3))


@pytest.mark.skipif(compiler() is None, reason="needs a C compiler")
def test_an_array_that_only_a_table_says_the_place_of_has_no_pointer(tmp_path, monkeypatch):
    divided(monkeypatch)
    source = emitted(trained(blocks(4, RECURRENT, steps=2, units=2)))
    assert re.search(r"static const struct {[^}]*\bmiddle_0_cell_c\b", "".join(source.files.values()))
    compiled(source, tmp_path, "-fsyntax-only")


COUNTED = {
    "a few rows": layer(
        "u[b, o] = tanh(sum[i](x[b, i]*K[o, i]))\nv[b, o] = u[b, o]*(b + 1)\nw[b, o] = tanh(sum[i](v[b, i]*K[o, i]))\n"
        "y[b, o] = sum[i](w[b, i]*K[o, i])", [4], [4], i=4, o=4),
    "a table read beside it": layer(
        "u[b, o] = tanh(sum[i](x[b, i]*K[o, i]))\nv[b, o] = u[b, o]*K[b + 1, o]\nw[b, o] = tanh(v[b, o])\n"
        "y[b, o] = sum[i](w[b, i]*K[o, i])", [4], [4], i=4, o=4),
    "a recurrence": layer(
        "h[b, t, j] = tanh(x[b, t, j]*(b + 1)/9 + sum[k](h[b, t - 1, k]*K[j, k]))\ny[b, t, j] = h[b, t, j]*b",
        [5, 3], [5, 3], t=5, j=3, k=3),
}  # fmt: skip


@pytest.mark.skipif(compiler() is None, reason="needs a C compiler")
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("case", COUNTED)
def test_rows_that_are_counted_keep_their_numbers(case, threads, tmp_path, monkeypatch):
    made_by_rows(monkeypatch)
    divided(monkeypatch)
    system = trained(COUNTED[case])
    running = Running(emitted(system, "float64"), tmp_path, threads=threads)
    for batch in (1, 9):
        inputs, values = filled(running, np.random.default_rng(2), batch)
        compare(running, system, ["forward", "gradients"], inputs, evaluate(system, values, batch), batch=batch)


def test_what_is_used_nowhere_else_shares_memory_and_the_rest_lives_through_all_calls(monkeypatch):
    made_by_rows(monkeypatch)
    system = trained(NETWORKS["attention"][1])
    forward = lower(system, by_rows=True).programs[0]
    (few,) = forward.by_rows
    plain = lower(system).programs[0]
    assert (few.first, few.end, few.rows) == (0, len(forward.calls), 1)
    assert set(few.local) == {place.buffer for place in forward.placements} - set(forward.results)
    assert forward.workspace[1] < plain.unshared[1]
    assert lower(system).programs[-1].by_rows == ()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("USED_HERE", "too little is used by these calls alone"),
        ("READ_BY_ALL", "the weights weigh more than a few rows"),
    ],
)
def test_calls_are_made_for_all_rows_where(change, why, monkeypatch):
    made_by_rows(monkeypatch)
    monkeypatch.setattr(lower_rows, change, {"USED_HERE": 1.1, "READ_BY_ALL": 0.0}[change])
    schedule = lower(trained(NETWORKS["dense"][1]), by_rows=True)
    assert not any(program.by_rows for program in schedule.programs), why
