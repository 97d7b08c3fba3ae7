"""[[layers]]: each layer with its type's options, and what it reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bpgen.algebra.records import dataclass
from bpgen.library.activations import ACTIVATIONS
from bpgen.library.layers import BLOCK, LAYER_TYPES, LAYERS, layer_options
from bpgen.spec.checker import Checker, Section, Table, shown
from bpgen.spec.model import LayerSpec
from bpgen.spec.places import Path

LAYER_KEYS = ("name", "type", "input", "inputs")


def tables_of(data: Table, key: str, checker: Checker, what: str, within: Path = ()) -> list[tuple[Path, Table]]:
    """The tables of a list, each with its path; within: the path of what holds the list."""
    value = data.get(key, [])
    path: Path = (*within, key)
    if isinstance(value, str | dict) or not isinstance(value, Sequence):
        help = f"write [[{'.'.join(map(str, path))}]] above each, or {key} = [ {{ ... }}, ... ]"
        checker.report("wrong-type", f'"{key}" must be a list of tables, not {shown(value)}', path, help)
        return []
    found: list[tuple[Path, Table]] = []
    for n, item in enumerate(value):
        table = checker.table(item, (*path, n), what)
        if table is not None:
            found.append(((*path, n), table))
    return found


@dataclass(frozen=True)
class Listed:
    """The layers of one list in its order, with names and what they read as written there.

    paths: where each stands; names: all that the list gives, also to layers that are wrong and left out here
    """

    layers: tuple[LayerSpec, ...]
    paths: Mapping[str, Path]
    names: tuple[str, ...]

    @property
    def whole(self) -> bool:
        return len(self.layers) == len(self.names)


def read_list(data: Table, inputs: Mapping[str, str], checker: Checker, within: Path = (), of: str = "") -> Listed:
    """The layers of a description, or of one of its blocks; wrong ones are reported and left out.

    inputs: what layers may read besides each other -> what messages call it; within: the path of the table that
    holds the list; of: behind "layer 1" in messages.
    What a layer reads is resolved (by default the layer before it, the first reads the first input), and is
    the name of an input or of a layer; `graph.order_layers` puts them into an order of reading.
    """
    tables = tables_of(data, "layers", checker, "a layer", within)
    names = _names(tables, inputs, checker, of)
    known = [*inputs, *(name for name in names if name is not None)]
    before = next(iter(inputs), None)
    layers: list[LayerSpec] = []
    paths: dict[str, Path] = {}
    for (path, table), name in zip(tables, names, strict=True):
        section = Section(table, path, f'layer "{name}"{of}' if name else _numbered(path) + of)
        layer = _read_layer(section, name, before, known, checker)
        before = name or ""  # "": what the next layer reads is unknown, and this one is reported already
        if layer is not None and layer.name not in paths and layer.name not in inputs:
            layers.append(layer)
            paths[layer.name] = path
    return Listed(tuple(layers), paths, tuple(name or "" for name in names))


def _names(tables: list[tuple[Path, Table]], inputs: Mapping[str, str], checker: Checker, of: str) -> list[str | None]:
    taken = {**inputs, **{name: f'the size "{name}"' for name in checker.sizes}}
    names: list[str | None] = []
    for path, table in tables:
        name = checker.text(Section(table, path, _numbered(path) + of), "name")
        if name is not None and checker.name(name, (*path, "name"), "layer"):
            if name in taken:
                message = f'the name "{name}" is already that of {taken[name]}'
                checker.report("duplicate-name", message, (*path, "name"), help="every name is given once")
            taken.setdefault(name, _numbered(path))
        names.append(name)
    return names


def _numbered(path: Path) -> str:
    """ "layer 2": how messages call a layer by its place, counted from 1"""
    return f"layer {int(path[-1]) + 1}"


def _read_layer(
    section: Section, name: str | None, before: str | None, known: list[str], checker: Checker
) -> LayerSpec | None:
    kind = checker.type(section, LAYER_TYPES, (), "layer type")
    reads = _reads(section, before, known, checker)
    if kind is None:
        return None
    wrong = len(checker.diagnostics)
    options = checker.options(section, layer_options(kind), kind, besides=LAYER_KEYS)
    activation = options.pop("activation", None)
    if reads is not None:
        _check_count(kind, reads, section, checker)
    if not name or reads is None or len(checker.diagnostics) > wrong:
        return None
    chosen: dict[str, Any] = dict(activation or {})
    if isinstance(activation, str):
        chosen = {"type": activation}
    position = checker.places.at((*section.path, "name"), key=True)
    return LayerSpec(name, kind, reads, options, chosen.pop("type", None), chosen, position)


def _reads(section: Section, before: str | None, known: list[str], checker: Checker) -> tuple[str, ...] | None:
    """The names a layer reads, or None where they are wrong."""
    table, path, owner = section.table, section.path, section.owner
    if "input" in table and "inputs" in table:
        checker.report("wrong-value", f'{owner} has both "input" and "inputs"', (*path, "input"), "keep one", key=True)
        return None
    if "input" not in table and "inputs" not in table:
        if before is None:
            help = 'add [inputs], for example x = { shape = ["B", 10] }'
            checker.report("missing-key", f"{owner} has nothing to read", path, help=help)
            return None
        return (before,) if before in known else None
    key = "input" if "input" in table else "inputs"
    value = [table["input"]] if key == "input" else table["inputs"]
    at: Path = (*path, key)
    if isinstance(value, str) or not isinstance(value, Sequence) or not all(isinstance(v, str) for v in value):
        what = "a name" if key == "input" else "a list of names"
        checker.report("wrong-type", f'"{key}" of {owner} must be {what}, not {shown(table[key])}', at)
        return None
    wrong = False
    for n, item in enumerate(value):
        if item not in known:
            wrong = True
            what = f'{owner} reads "{item}", which is no layer and no input'
            checker.unknown("unknown-input", what, item, known, at if key == "input" else (*at, n))
    return None if wrong else tuple(value)


def _check_count(kind: str, reads: tuple[str, ...], section: Section, checker: Checker) -> None:
    if kind == BLOCK:  # what it takes is known once the block is read
        return
    table, path, owner = section.table, section.path, section.owner
    least, most = (1, 1) if kind in ACTIVATIONS else LAYERS[kind].inputs
    if len(reads) >= least and (most is None or len(reads) <= most):
        return
    wanted = "one input" if most == 1 else f"at least {least} inputs"
    if "inputs" in table or "input" in table:
        at: Path = (*path, "inputs" if "inputs" in table else "input")
        checker.report("wrong-value", f"{owner} reads {len(reads)} inputs; {kind} takes {wanted}", at)
    else:
        checker.report(
            "missing-key", f'{owner} needs "inputs"', path, help=f'add inputs = ["a", "b"]: {kind} takes {wanted}'
        )
