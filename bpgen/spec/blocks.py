"""[blocks]: groups of layers that are named once and used, and repeated, in lists of layers.

A use called "body" with repeat = 12 comes to the layers body.0.NAME ... body.11.NAME.  In a block, "input" (or
"input1") is what the use reads, "input2", ... what it reads besides; a repetition reads as its input what the one
before it gives, and besides the same.  The result is that of the block's last layer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from bpgen.algebra.records import dataclass
from bpgen.library.layers import BLOCK
from bpgen.spec.checker import Checker, Section, Table
from bpgen.spec.graph import order_layers, outputs_of
from bpgen.spec.layers import Listed, read_list
from bpgen.spec.model import InputSpec, LayerSpec
from bpgen.spec.places import Path

MOST_LAYERS = 20_000  # of a network, its blocks opened
DEEPEST = 20  # blocks within blocks

INPUTS = {"input": "the block's own input"} | {f"input{n}": f"the block's own input {n}" for n in range(1, 10)}


@dataclass(frozen=True)
class Graph:
    """Layers in an order of reading, blocks opened, and where each stands.

    outputs: layers nobody reads, in the order of the description; blocks: names of blocks' uses -> the layers
    that give their results; names: every name that a loss may write -> the layer; whole: whether none was wrong
    """

    layers: tuple[LayerSpec, ...]
    paths: Mapping[str, Path]
    outputs: tuple[str, ...]
    blocks: Mapping[str, str]
    names: Mapping[str, str]
    whole: bool


def read_graph(data: Table, inputs: Sequence[InputSpec], checker: Checker) -> Graph:
    """The layers of a description, blocks opened; wrong ones are reported and left out."""
    blocks = _read_blocks(data, checker)
    listed = read_list(data, {item.name: f'the input "{item.name}"' for item in inputs}, checker)
    ordered = order_layers(listed.layers, listed.paths, checker)
    top = _settled(_Block(listed, ordered, right=listed.whole and len(ordered) == len(listed.layers)), blocks, checker)
    if not top.right:
        plain = tuple(layer for layer in ordered if layer.type != BLOCK)
        return Graph(plain, listed.paths, outputs_of(plain), {}, {name: name for name in listed.names}, False)
    opened = list(_open(top, blocks, "", {item.name: item.name for item in inputs}))
    results = {use.name: _result(use, blocks, "") for use in top.uses}
    layers = tuple(layer for layer, _ in opened)
    paths = {layer.name: path for layer, path in opened}
    outputs = tuple(results.get(name, name) for name in outputs_of(listed.layers))
    return Graph(layers, paths, outputs, results, {name: name for name in paths} | results, True)


@dataclass(frozen=True)
class _Block:
    """layers: in an order of reading; inputs: how many it reads; right: whether it can be opened.

    count, depth: of the layers that it comes to, and of the blocks within each other.
    """

    listed: Listed
    layers: tuple[LayerSpec, ...] = ()
    inputs: int = 1
    right: bool = False
    count: int = 0
    depth: int = 0

    @property
    def uses(self) -> list[LayerSpec]:
        return [layer for layer in self.layers if layer.type == BLOCK]


def _read_blocks(data: Table, checker: Checker) -> dict[str, _Block]:
    """Every block of the description, each read once, however often it is used."""
    table = checker.table(data.get("blocks", {}), ("blocks",), '"blocks"') or {}
    waiting = {name: _read_block(name, value, checker) for name, value in table.items()}
    settled: dict[str, _Block] = {}
    while waiting:
        ready = [name for name, block in waiting.items() if not any(_used(use) in waiting for use in block.uses)]
        if not ready:
            _report_recursion(waiting, checker)
            return settled | {name: replace(block, right=False) for name, block in waiting.items()}
        for name in ready:
            settled[name] = _settled(waiting.pop(name), settled, checker)
    return settled


def _read_block(name: str, value: object, checker: Checker) -> _Block:
    path: Path = ("blocks", name)
    table = checker.table(value, path, f'block "{name}"')
    wrong = len(checker.diagnostics)
    if not checker.name(name, path, "block", key=True) or table is None:
        return _Block(Listed((), {}, ()))
    checker.keys(Section(table, path, f'block "{name}"'), ("layers",), "a block")
    listed = read_list(table, INPUTS, checker, path, f' of block "{name}"')
    if not listed.names and len(checker.diagnostics) == wrong:
        help = "add layers = [ { ... }, ... ]"
        checker.report("missing-key", f'block "{name}" has no layers', path, help, key=True)
    ordered = order_layers(listed.layers, listed.paths, checker)
    numbers = [
        int(source.removeprefix("input") or 1) for layer in ordered for source in layer.inputs if source in INPUTS
    ]
    return _Block(listed, ordered, max(numbers, default=1), len(checker.diagnostics) == wrong)


def _settled(block: _Block, blocks: Mapping[str, _Block], checker: Checker) -> _Block:
    """The block with its measures, and right only where every block that it uses can be opened in it."""
    count, depth = len(block.layers) - len(block.uses), 0
    right = block.right
    for use in block.uses:
        path, wrong = block.listed.paths[use.name], len(checker.diagnostics)
        inner = blocks.get(_used(use))
        if inner is None:
            what = f'layer "{use.name}" uses the block "{_used(use)}", which is unknown'
            checker.unknown("unknown-block", what, _used(use), blocks, (*path, "block"))
        elif inner.right:
            count, depth = count + inner.count * _repeat(use), max(depth, inner.depth)
            _check_use(use, inner, count, path, checker)
        right = right and inner is not None and inner.right and len(checker.diagnostics) == wrong
    return replace(block, right=right, count=count, depth=depth + 1)


def _check_use(use: LayerSpec, inner: _Block, count: int, path: Path, checker: Checker) -> None:
    if len(use.inputs) != inner.inputs:
        read = [name for name in INPUTS if name != "input"][: inner.inputs]
        help = f'block "{_used(use)}" reads {", ".join(read)}' if inner.inputs > 1 else 'a block reads more as "input2"'
        text = f'layer "{use.name}" gives its block {len(use.inputs)} inputs, and that reads {inner.inputs}'
        key = next((key for key in ("inputs", "input") if (*path, key) in checker.places.values), None)
        checker.report("wrong-value", text, (*path, key) if key else path, help)
    if count > MOST_LAYERS:
        text = f'with layer "{use.name}" the network has {count} layers'
        checker.report("wrong-value", text, (*path, "repeat"), f"at most {MOST_LAYERS}, blocks opened")
    if inner.depth > DEEPEST:
        text = f'layer "{use.name}" has more than {DEEPEST} blocks within each other'
        checker.report("too-deep", text, (*path, "block"), "write some of them out")


def _report_recursion(waiting: Mapping[str, _Block], checker: Checker) -> None:
    """Every one of these blocks uses one of them: follow the first until one comes again."""
    trail = [next(iter(waiting))]
    while len(set(trail)) == len(trail):
        trail.append(next(_used(use) for use in waiting[trail[-1]].uses if _used(use) in waiting))
    cycle = trail[trail.index(trail[-1]) :]
    block = waiting[cycle[0]]
    path = next(block.listed.paths[use.name] for use in block.uses if _used(use) == cycle[1])
    text = f"blocks use themselves: {' -> '.join(cycle)}"
    checker.report("cycle", text, (*path, "block"), "a block is made of other blocks: let one of them end in layers")


def _used(use: LayerSpec) -> str:
    return str(use.options["block"])


def _repeat(use: LayerSpec) -> int:
    return int(use.options["repeat"])


def _open(
    block: _Block, blocks: Mapping[str, _Block], prefix: str, offered: Mapping[str, str]
) -> Iterator[tuple[LayerSpec, Path]]:
    """The layers that a block comes to.  prefix: before its layers' names; offered: its inputs -> what these are."""
    uses = {use.name for use in block.uses}
    local = dict(offered)
    for layer in block.layers:
        local[layer.name] = _result(layer, blocks, prefix) if layer.name in uses else prefix + layer.name
    for layer in block.layers:
        first, *others = (local[name] for name in layer.inputs)
        if layer.name not in uses:
            opened = replace(layer, name=prefix + layer.name, inputs=(first, *others))
            yield (replace(opened, written=layer.inputs) if prefix else opened), block.listed.paths[layer.name]
            continue
        inner = blocks[_used(layer)]
        for n in range(_repeat(layer)):
            given = {f"input{n + 1}": name for n, name in enumerate([first, *others])} | {"input": first}
            within = f"{prefix}{layer.name}.{n}."
            yield from _open(inner, blocks, within, given)
            first = _result(inner.listed.layers[-1], blocks, within)


def _result(layer: LayerSpec, blocks: Mapping[str, _Block], prefix: str) -> str:
    """The name of the layer that gives the result of a layer, which may be a block."""
    while layer.type == BLOCK:
        prefix += f"{layer.name}.{_repeat(layer) - 1}."
        layer = blocks[_used(layer)].listed.layers[-1]
    return prefix + layer.name
