"""Freshly compiled code is held against NumPy before anybody uses it."""

from __future__ import annotations

import json
import threading
import weakref
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

import bpgen
from bpgen.algebra.errors import InternalError, LoweringError
from bpgen.run import trial
from bpgen.run.backend import Memory
from bpgen.run.cache import writable_folder
from bpgen.run.compile import Unit, is_tried

DESCRIPTION = {
    "bpgen": 1,
    "name": "tried",
    "inputs": {"x": {"shape": ["B", 3]}, "y": {"shape": ["B", 2]}},
    "layers": [{"name": "fc", "type": "linear", "units": 2, "activation": "tanh"}],
    "loss": {"type": "mse", "target": "y"},
    "optimizer": {"type": "adam"},
}


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("BPGEN_CACHE_DIR", str(tmp_path / "cache"))


def sources():
    return bpgen.generate(DESCRIPTION, "c"), lambda: bpgen.generate(DESCRIPTION, "numpy")


def test_right_code_is_tried_once():
    source, reference = sources()
    unit = Unit.of(source)
    assert not is_tried(unit)
    trial.try_compiled(source, reference)
    assert is_tried(unit)


def test_numpy_is_called_while_the_compiler_runs(monkeypatch):
    source, reference = sources()
    called, compile_unit, call_all = threading.Event(), trial.compile_unit, trial._call_all

    def compile_late(unit):
        assert called.wait(60)
        return compile_unit(unit)

    def call(runner, interface, seed):
        found = call_all(runner, interface, seed)
        called.set()
        return found

    monkeypatch.setattr(trial, "compile_unit", compile_late)
    monkeypatch.setattr(trial, "_call_all", call)
    trial.try_compiled(source, reference)
    assert is_tried(Unit.of(source))


def test_there_is_one_arena_at_a_time(monkeypatch):
    source, reference = sources()
    opened = []

    def open_one(kind, *given):
        assert not any(backend() for backend in opened)
        backend = kind(*given)
        opened.append(weakref.ref(backend))
        return backend

    for name in ("CBackend", "NumPyBackend"):
        monkeypatch.setattr(trial, name, partial(open_one, getattr(trial, name)))
    trial.try_compiled(source, reference)
    assert len(opened) == 2 and is_tried(Unit.of(source))


def test_wrong_code_is_not_run():
    source, reference = sources()
    text = source.files["tried.c"]
    assert text.count("1.0f - square(") >= 1
    wrong = replace(source, files={**source.files, "tried.c": text.replace("1.0f - square(", "1.0f + square(")})
    with pytest.raises(InternalError, match="computes other values than NumPy does"):
        trial.try_compiled(wrong, reference)
    assert not is_tried(Unit.of(wrong))


def faults(rows, columns):
    """Arrays beside the one that is right: what compilers have been seen to do, and what sums could hide."""
    right = np.random.default_rng(1).normal(size=(rows, columns)).astype(np.float32)
    lanes = right.reshape(-1, 16).copy()
    lanes[:, [0, 1]] = lanes[:, [1, 0]]
    wrong = {"row": right.copy(), "column": right.copy(), "undefined": right.copy(), "lanes": lanes.reshape(rows, -1)}
    wrong["row"][rows // 5] *= -1
    wrong["column"][:, -1] = 0
    wrong["undefined"][-1, -1] = np.nan
    wrong["transposed"] = np.ascontiguousarray(right[:columns].T)
    wrong["scaled"] = right * np.float32(1.005)
    return right, wrong


@pytest.mark.parametrize("rows", [16, 1024, 1025])  # compared element by element, and in sums, with a remainder
def test_faults_in_arrays_are_found(rows):
    interface = bpgen.generate(DESCRIPTION, "c").interface
    right, wrong = faults(rows, 16 if rows == 16 else 1024)

    def leaving(array):
        return lambda entry, seed: [(entry, [array])]

    rounded = right.astype(np.float64) * (1 + 1e-5)
    for alike in (right, np.asfortranarray(right), rounded.astype(np.float32)):
        assert trial.differences(leaving(right), leaving(alike), interface) == []
    for array in wrong.values():
        expected, few = right[: len(array)].reshape(array.shape), 4 if array.size % 5 else 5
        for ours, theirs in (
            (array, expected),
            (np.asfortranarray(array), expected),
            (array.reshape(-1), expected.reshape(-1)),
            (array.reshape(few, -1), expected.reshape(few, -1)),
        ):
            found = trial.differences(leaving(ours), leaving(theirs), interface)
            assert found == sorted(entry.name for entry in interface.entries)


def test_what_only_optimisation_makes_wrong_is_compiled_carefully(monkeypatch):
    source, reference = sources()
    verdicts = iter([["gradients: gradients"], []])
    monkeypatch.setattr(trial, "differences", lambda *given: next(verdicts))
    with pytest.warns(RuntimeWarning, match="miscompiled"):
        trial.try_compiled(source, reference)
    bpgen.build(DESCRIPTION, target="c")
    kept = [json.loads(path.read_text())["commands"] for path in (writable_folder() / "modules").glob("*/meta.json")]
    assert any(all("-O1" in command and not {"-O2", "-O3"} & {*command} for command in commands) for commands in kept)


def test_build_tries_what_it_compiles(monkeypatch):
    asked = []
    monkeypatch.setattr(trial, "try_compiled", lambda source, reference: asked.append(source.name))
    bpgen.build(DESCRIPTION, target="c")
    assert asked == ["tried"]


def test_nested_conditions_are_vectorised_rightly():
    # gcc 12 gave one row of five a wrong sign here, before conditions were joined.
    description = {
        **DESCRIPTION,
        "name": "kinks",
        "inputs": {"x": {"shape": ["B", 1]}, "y": {"shape": ["B", 3]}},
        "layers": [
            {"name": "l0", "type": "linear", "units": 2},
            {"name": "l2", "type": "linear", "units": 3, "activation": "hardtanh"},
        ],
        "loss": {"type": "mae", "target": "y"},
    }
    for dtype in ("float32", "float64"):
        generated = [bpgen.generate(description, target, dtype) for target in ("c", "numpy")]
        desk = trial.Desk(Memory.allocate(generated[0].interface))
        runners = [trial._runner(source, desk) for source in generated]
        assert trial.differences(*runners, generated[0].interface) == []


def test_without_numpy_the_compiler_is_judged_by_its_careful_self(monkeypatch):
    source, _ = sources()

    def refuse():
        raise LoweringError("NumPy has no form of it")

    trial.try_compiled(source, refuse)
    assert is_tried(Unit.of(source))
    monkeypatch.setattr(trial, "differences", lambda *given: ["step: states"])
    with pytest.warns(RuntimeWarning, match="miscompiled"):
        trial.try_compiled(source, refuse)
