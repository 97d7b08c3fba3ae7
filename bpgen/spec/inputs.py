"""[inputs] and `sizes`: what a network reads, with shapes in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bpgen.library.layer import shape_text
from bpgen.library.options import Option
from bpgen.spec.checker import Checker, Section, Table, shown
from bpgen.spec.model import InputSpec
from bpgen.spec.places import Path

DTYPES = ("float32", "real", "int32")
FACTS = ("sums_to_one", "one_hot", "mask", "positive", "symmetric")

INPUT_KEYS = ("shape", "dtype", "classes", "facts")
CLASSES = Option("classes", "size", None, "values are 0 ... classes - 1")


def read_sizes(data: Table, checker: Checker) -> None:
    """`sizes`: names for extents."""
    if "sizes" in data:
        sizes, _ = checker.value(Option("sizes", "sizes"), data["sizes"], ("sizes",), "the description")
        checker.sizes = {name: extent for name, extent in (sizes or {}).items() if isinstance(extent, int)}


def read_inputs(data: Table, checker: Checker) -> tuple[InputSpec, ...]:
    table = checker.table(data.get("inputs", {}), ("inputs",), '"inputs"')
    found = []
    for name, value in (table or {}).items():
        path: Path = ("inputs", name)
        inner = checker.table(value, path, f'input "{name}"')
        if checker.name(name, path, "input", key=True) and inner is not None:
            if name in checker.sizes:
                what = f'input "{name}" has the name of a size'
                checker.report("duplicate-name", what, path, help="rename one of them", key=True)
            found.append(_read_input(name, inner, path, checker))
    return tuple(found)


def _read_input(name: str, table: Table, path: Path, checker: Checker) -> InputSpec:
    owner = f'input "{name}"'
    checker.keys(Section(table, path, owner), INPUT_KEYS, "an input")
    dtype = table.get("dtype", "float32")
    if dtype not in DTYPES:
        checker.unknown("wrong-value", f'"dtype" of {owner} is {shown(dtype)}', dtype, DTYPES, (*path, "dtype"))
        dtype = "float32"
    classes, right = None, True
    if "classes" in table:
        classes, right = checker.value(CLASSES, table["classes"], (*path, "classes"), owner)
        if right and dtype != "int32":
            help = 'add dtype = "int32", or take "classes" away'
            checker.report("wrong-value", f"{owner} has classes but holds real numbers", (*path, "classes"), help)
    before = len(checker.diagnostics)
    shape = _shape(table, path, owner, checker)
    if len(checker.diagnostics) > before:
        checker.unshaped.add(name)
    facts = _facts(table.get("facts", []), (*path, "facts"), owner, shape, checker)
    position = checker.places.at(path, key=True)
    return InputSpec(name, shape, "int32" if dtype == "int32" else "real", classes, facts, position)


def _shape(table: Table, path: Path, owner: str, checker: Checker) -> tuple[int | str, ...]:
    if "shape" not in table:
        help = 'add shape = ["B", 10]: the batch axis and ten numbers a row'
        checker.report("missing-key", f'{owner} needs "shape"', path, help=help)
        return ()
    value, path = table["shape"], (*path, "shape")
    if isinstance(value, str) or not isinstance(value, Sequence):
        checker.report("wrong-type", f'"shape" of {owner} must be a list such as ["B", 10], not {shown(value)}', path)
        return ()
    shape: list[int | str] = []
    for n, item in enumerate(value):
        if item == "B":
            if n > 0:
                help = "write it first: a row of the batch is one sample"
                checker.report("wrong-value", f"the batch axis of {owner} is axis {n}", (*path, n), help=help)
            shape.append("B")
            continue
        extent, right = checker.value(Option("shape", "size"), item, (*path, n), owner)
        shape.append(extent if right else 1)
    return tuple(shape)


def _facts(
    value: Any, path: Path, owner: str, shape: tuple[int | str, ...], checker: Checker
) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """`facts`: names, or tables { kind, axis } or { kind, axes }.  Without axes: the last one, or last two."""
    if isinstance(value, str) or not isinstance(value, Sequence):
        checker.report("wrong-type", f'"facts" of {owner} must be a list, not {shown(value)}', path)
        return ()
    facts = []
    for n, item in enumerate(value):
        at: Path = (*path, n)
        if isinstance(item, dict):
            checker.keys(Section(item, at, f"a fact on {owner}"), ("kind", "axis", "axes"), "a fact")
            kind, axes = item.get("kind"), item.get("axes", [item["axis"]] if "axis" in item else None)
        else:
            kind, axes = item, None
        if kind not in FACTS:
            name = f'"{kind}"' if isinstance(kind, str) else shown(kind)
            checker.unknown("unknown-type", f"{owner} declares {name}, which is no fact", kind, FACTS, at)
            continue
        chosen = _fact_axes(kind, axes, shape, Section({}, at, owner), checker)
        if chosen is not None:
            facts.append((kind, chosen))
    return tuple(facts)


def _fact_axes(
    kind: str, axes: Any, shape: tuple[int | str, ...], section: Section, checker: Checker
) -> tuple[int, ...] | None:
    """The axes a fact speaks of, or None where they will not do."""
    rank, at, owner = len(shape), section.path, section.owner
    usual = {"sums_to_one": 1, "one_hot": 1, "symmetric": 2}.get(kind, 0)
    if axes is None:
        axes = range(max(0, rank - usual), rank)
    elif isinstance(axes, str) or not isinstance(axes, Sequence):
        checker.report("wrong-type", f'"axes" of the fact "{kind}" on {owner} must be a list, not {shown(axes)}', at)
        return None
    whole = all(isinstance(axis, int) and not isinstance(axis, bool) and 0 <= axis < rank for axis in axes)
    if not whole or usual > rank or len(set(axes)) < len(axes):
        help = f"{owner} has {rank} axes, counted from 0"
        checker.report("wrong-value", f'the fact "{kind}" on {owner} speaks of axes {list(axes)}', at, help)
        return None
    if kind == "symmetric" and (len(axes) != 2 or shape[axes[0]] != shape[axes[1]]):
        text = f'the fact "symmetric" on {owner} {shape_text(shape)} speaks of axes {list(axes)}'
        checker.report("wrong-value", text, at, "it needs two axes of one extent")
        return None
    return tuple(axes)
