"""A network's C is compiled in parts: the same functions, the same values, and failures that name their part."""

from __future__ import annotations

import json
import os
import re
import shlex
import threading
from dataclasses import replace
from pathlib import Path

import pytest

import bpgen
from bpgen.algebra.errors import CompileError
from bpgen.emit.c_shared import VARIANTS, likely_variants, shared_text
from bpgen.run import compile as compiling
from bpgen.run import objects, parts
from bpgen.run.backend import Memory
from bpgen.run.compile import Unit, compile_unit
from bpgen.run.parts import SharedPart, cut, find_functions
from bpgen.run.trial import Desk, _runner
from bpgen.spec.known_shapes import known_shapes
from bpgen.spec.system import build_system

ROOT = Path(__file__).resolve().parents[2]
DENSE = {
    "bpgen": 1,
    "name": "dense",
    "inputs": {"x": {"shape": ["B", 40]}, "y": {"shape": ["B"], "dtype": "int32", "classes": 7}},
    "layers": [
        {"name": "fc1", "type": "linear", "units": 48, "activation": "tanh"},
        {"name": "fc2", "type": "linear", "units": 7},
    ],
    "loss": {"type": "cross_entropy", "target": "y"},
    "optimizer": {"type": "adam"},
}
IMAGES = {
    **DENSE,
    "name": "images",
    "inputs": {"x": {"shape": ["B", 3, 12, 12]}, "y": {"shape": ["B"], "dtype": "int32", "classes": 7}},
    "layers": [
        {"name": "conv", "type": "conv2d", "channels": 16, "kernel": 3, "activation": "relu"},
        {"name": "flat", "type": "flatten"},
        {"name": "fc", "type": "linear", "units": 7},
    ],
}


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("BPGEN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(objects, "_begun", {})
    monkeypatch.setattr(compiling, "_loaded", {})


def commands(tmp_path):
    """The commands of the modules in the cache."""
    return [json.loads(path.read_text())["commands"] for path in (tmp_path / "cache").glob("modules/*/meta.json")]


def compiled(tmp_path):
    """The files that they name."""
    return [[next(w for w in c if w.endswith(".c")) for c in calls[:-1]] for calls in commands(tmp_path)]


def left(source, seed=3):
    """What each entry leaves, as bytes."""
    run = _runner(source, Desk(Memory.allocate(source.interface)))
    return {
        name: [part.tobytes() for part in found]
        for entry in source.interface.entries
        for name, found in run(entry.name, seed)
    }


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("description", [DENSE, IMAGES], ids=["dense", "images"])
def test_parts_compute_the_same_bits(description, dtype, monkeypatch, tmp_path):
    source = bpgen.generate(description, "c", dtype)
    monkeypatch.setattr(Unit, "of", classmethod(lambda cls, source: cls(source.files, source.cdef, source.flags)))
    whole = left(source)
    ((_, *files),) = compiled(tmp_path)
    assert files == [f"{source.name}.c"]
    monkeypatch.undo()
    monkeypatch.setenv("BPGEN_CACHE_DIR", str(tmp_path / "other" / "cache"))
    monkeypatch.setattr(parts, "PART", 4000)
    in_parts = left(source)
    ((_, *files),) = compiled(tmp_path / "other")
    assert len([file for file in files if file.startswith(source.name)]) > 3 and "bpgen.products.c" in files
    assert in_parts == whole and len(whole) > 5


def test_each_function_is_in_one_part(monkeypatch):
    monkeypatch.setattr(parts, "PART", 3000)
    text = bpgen.generate(DENSE, "c").files["dense.c"]
    bodies = {function.text.partition("{")[2] for function in find_functions(text)}
    pieces = cut(text)
    assert len(pieces) > 3
    for body in bodies:
        assert sum(body in piece for piece in pieces) == 1
    names = [function.name for function in find_functions(text) if function.name]
    for name in names:  # what a part does not have, it declares, if it calls it
        for piece in pieces:
            calls = len(re.findall(rf"(?<![.\w]){name}\(", re.sub(r"/\*.*?\*/", "", piece, flags=re.DOTALL)))
            assert calls != 1 or f"static void {name}(" in piece or f"bpgen.{name}" in piece


@pytest.mark.parametrize("description", [DENSE, IMAGES], ids=["dense", "images"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_network_has_the_functions_it_shares(description, dtype):
    """Else each network would compile its own: the texts come from the same templates."""
    source = bpgen.generate(description, "c", dtype)
    text = source.files[f"{source.name}.c"]
    own = {function.text for function in find_functions(text) if function.is_long}
    shared = {function.text for variant in VARIANTS for function in find_functions(shared_text(variant, dtype))}
    assert own and own <= shared


def test_a_function_that_reads_otherwise_is_not_shared(tmp_path):
    source = bpgen.generate(DENSE, "c")
    text = source.files["dense.c"]
    other = re.sub(r"(OUTLINE void add_rows\([^{]*\{\n)", r"\1    (void)first;\n", text)
    assert other != text
    assert left(replace(source, files={**source.files, "dense.c": other})) == left(source)
    with_it, without = sorted(compiled(tmp_path), key=len, reverse=True)
    assert "bpgen.products.c" in with_it and "bpgen.products.c" not in without


def test_a_part_that_fails_is_named(monkeypatch):
    monkeypatch.setattr(parts, "PART", 4000)
    source = bpgen.generate(DENSE, "c")
    name = [function.name for function in find_functions(source.files["dense.c"]) if function.name][-3]
    wrong = re.sub(rf"(static void {name}\([^{{]*\{{\n)", r"\1    undeclared = 1;\n", source.files["dense.c"])
    with pytest.raises(CompileError) as failure:
        compile_unit(Unit.of(replace(source, files={**source.files, "dense.c": wrong})))
    first, *lines = str(failure.value).splitlines()
    command = shlex.split(first.partition("failed: ")[2])
    (file,) = [word for word in command if word.endswith(".c")]
    assert re.fullmatch(r"dense\.\d+\.c", file)
    assert any("undeclared" in line for line in lines)
    kept = next(line for line in lines if "kept in" in line).partition("kept in ")[2]
    assert (
        "undeclared = 1" in (Path(kept) / file).read_text() and "undeclared = 1" in (Path(kept) / "dense.c").read_text()
    )


def test_what_is_shared_is_compiled_once(monkeypatch):
    ran = []
    run = objects.run_compiler
    monkeypatch.setattr(objects, "run_compiler", lambda command, folder: ran.append(command) or run(command, folder))
    for name in ("one", "two"):
        compile_unit(Unit.of(bpgen.generate({**DENSE, "name": name}, "c")))
    assert len(ran) == 1


def test_what_was_begun_early_is_waited_for(monkeypatch):
    monkeypatch.setattr(objects, "available_cores", lambda: 2)
    ran, run, stop, may_run = [], objects.run_compiler, objects.stop_guessing, threading.Event()

    def run_late(command, folder):
        ran.append(command)
        assert may_run.wait(60)
        return run(command, folder)

    monkeypatch.setattr(objects, "run_compiler", run_late)
    monkeypatch.setattr(objects, "stop_guessing", lambda: (stop(), may_run.set()))
    objects.compile_early([SharedPart("products", "float32"), SharedPart("walks", "float32")])
    assert compile_unit(Unit.of(bpgen.generate(DENSE, "c"))).lib
    assert len(ran) == 1  # by the thread that began
    assert objects._begun[SharedPart("walks", "float32")].cancelled()  # it was a guess, and no core was idle any more


def test_early_failures_are_left_to_those_who_need_it(monkeypatch):
    monkeypatch.setattr(objects, "available_cores", lambda: 2)
    monkeypatch.setenv("BPGEN_CC", "no-such-cc")
    part = SharedPart("products", "float32")
    objects.compile_early([part])
    assert isinstance(objects._begun[part].exception(), CompileError)
    monkeypatch.delenv("BPGEN_CC")
    assert compile_unit(Unit.of(bpgen.generate(DENSE, "c"))).lib


@pytest.mark.parametrize("description", [DENSE, IMAGES], ids=["dense", "images"])
def test_building_begins_with_what_the_network_calls(description, monkeypatch, tmp_path):
    begun = []
    monkeypatch.setattr(objects, "compile_early", begun.append)
    text = bpgen.generate(description, "c").files[f"{description['name']}.c"]
    assert begun == []  # who wants the text needs no compiler
    monkeypatch.setenv("BPGEN_CACHE_DIR", str(tmp_path / "other"))
    for _ in range(2):  # the second finds what was generated
        bpgen.build(description, target="c")
    (guessed,) = begun
    _, needed = parts.write_parts("net.c", text, "float32", tmp_path)
    assert needed and set(needed) <= set(guessed)


def test_small_networks_and_one_core_begin_with_nothing(monkeypatch):
    monkeypatch.setattr(objects, "available_cores", lambda: 1)
    objects.compile_early([SharedPart("products", "float32")])
    assert objects._begun == {}
    small = {**DENSE, "inputs": {"x": {"shape": ["B", 5]}, "y": DENSE["inputs"]["y"]}}
    shapes = known_shapes(bpgen.load(small))
    assert shapes is not None and likely_variants(*shapes) == []


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.toml")), ids=lambda path: path.stem)
def test_the_guess_needs_no_equations_where_layers_have_none(path, monkeypatch):
    guessed = []
    monkeypatch.setattr(objects, "compile_early", guessed.append)
    model = bpgen.load(path)
    system = build_system(model)
    asked = []
    objects.begin_early(model, lambda: asked.append(model) or system, "float32")
    assert bool(asked) is any(layer.type == "equation" for layer in model.layers)
    shapes = [tensor.shape for tensor in system.with_role("parameter")], [t.shape for t in system.tensors.values()]
    assert guessed == [[SharedPart(variant, "float32") for variant in likely_variants(*shapes)]]


def test_nothing_begins_where_compiling_is_forbidden(monkeypatch):
    monkeypatch.setattr(objects, "available_cores", lambda: 2)
    monkeypatch.setenv("BPGEN_NO_COMPILE", "1")
    objects.compile_early([SharedPart("products", "float32")])
    assert objects._begun == {}


def test_a_child_does_not_wait_for_its_parent(monkeypatch):
    monkeypatch.setattr(objects, "available_cores", lambda: 2)
    may_run, run = threading.Event(), objects.run_compiler
    monkeypatch.setattr(objects, "run_compiler", lambda *what: (may_run.wait(60), run(*what))[1])
    objects.compile_early([SharedPart("products", "float32")])
    assert objects._begun
    child = os.fork()
    if child == 0:
        os._exit(len(objects._begun))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    may_run.set()


def test_a_damaged_object_is_made_again(tmp_path):
    compile_unit(Unit.of(bpgen.generate(DENSE, "c")))
    (kept,) = (tmp_path / "cache" / "objects").iterdir()
    kept.write_text(kept.read_text()[:-40])
    assert compile_unit(Unit.of(bpgen.generate({**DENSE, "name": "again"}, "c"))).lib
    assert json.loads(kept.read_text())
