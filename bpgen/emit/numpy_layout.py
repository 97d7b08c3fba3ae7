"""Where every array of the NumPy module lies, as the tables that it is bound by."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from bpgen.algebra.records import dataclass
from bpgen.emit.names import Names, python_identifier
from bpgen.emit.numpy_kernel import WrittenKernel
from bpgen.emit.numpy_ramps import DTYPES
from bpgen.emit.numpy_scratch import Place, place, sizes
from bpgen.lower.interface import Block, Interface
from bpgen.lower.schedule import Buffer, Program, Schedule, size_of

BLOCKS = {
    "parameter": "parameters", "gradient": "gradients", "state": "states", "carried": "carried", "counter": "counters",
    "setting": "settings",
}  # fmt: skip


@dataclass(frozen=True)
class FlatBlock:
    """A flat block of scratch; elements: Python text in `capacity`."""

    name: str
    elements: str
    dtype: str


@dataclass(frozen=True)
class Prepared:
    """An array of index values, made when arrays are bound."""

    name: str
    text: str


@dataclass(frozen=True)
class Layout:
    """names: buffer -> its attribute; extras: kernel -> attributes of its scratch arrays and ramps.

    tables: the lines that say where everything lies; workspace: its elements, Python text in `capacity`
    """

    names: Mapping[str, str]
    extras: Mapping[str, tuple[str, ...]]
    tables: str
    workspace: str
    scratch_blocks: tuple[FlatBlock, ...]
    ramps: tuple[Prepared, ...]


def lay_out(schedule: Schedule, interface: Interface, kernels: Mapping[str, WrittenKernel]) -> Layout:
    """Give every buffer, scratch array and ramp its name and its place."""
    taken = Names(python_identifier)
    names = {buffer.name: taken[buffer.name] for buffer in schedule.buffers}
    scratch: dict[Place, str] = {}
    ramps: dict[str, str] = {}
    extras = {}
    for name, kernel in kernels.items():
        own = []
        for array, where in zip(kernel.scratch, place(kernel.scratch), strict=True):
            if where not in scratch:
                scratch[where] = taken.fresh(re.sub(r"_\d+$", "", array.name))
            own.append(scratch[where])
        for ramp in kernel.ramps:
            text = ramp.text
            if text not in ramps:
                ramps[text] = taken.fresh(ramp.name)
            own.append(ramps[text])
        extras[name] = tuple(own)
    regions = {"workspace": interface.workspace} | sizes(scratch)
    dtypes = {where.block: where.dtype for where in scratch}
    return Layout(
        names,
        extras,
        _tables(schedule, interface, names, scratch, regions),
        polynomial(interface.workspace),
        tuple(FlatBlock(n, polynomial(s), DTYPES[dtypes[n]]) for n, s in sizes(scratch).items()),
        tuple(Prepared(name, text) for text, name in ramps.items()),
    )


def _tables(
    schedule: Schedule,
    interface: Interface,
    names: Mapping[str, str],
    scratch: Mapping[Place, str],
    regions: Mapping[str, tuple[int, int, int]],
) -> str:
    buffers = {buffer.name: buffer for buffer in schedule.buffers}
    carried = [f"({quoted(block.name)}, {block.offset}, {size_of(block.shape)})" for block in interface.carried]
    fixed = []
    for buffer in schedule.buffers:
        base = base_of(buffer, buffers)
        if base.storage in BLOCKS:
            where = Place(BLOCKS[base.storage], base.dtype, base.degree, base.offset, buffer.shape, buffer.by_columns)
            fixed.append(_row(names[buffer.name], where))
    placed = {program.name: _placed(program, buffers, names) for program in schedule.programs}
    spare = [_row(name, where) for where, name in scratch.items()]
    results = {
        entry.name: [f"({quoted(r.name)}, {r.degree}, {r.offset}, {shape_literal(r.shape)})" for r in entry.results]
        for entry in interface.entries
    }
    lines = [
        *_table("PARAMETERS", _blocks(interface.parameters)),
        *_table("STATES", _blocks(interface.states)),
        *(_table("CARRIED", carried) if carried else []),
        *_table("FIXED", fixed),
        *_table_of_tables("WORKSPACE", placed),
        *_table("SCRATCH", spare),
        *_table_of_tables("RESULTS", results),
        "# The elements of a block per region: those of no batch axis, then times capacity, times capacity squared.",
        "REGIONS = {",
        *(f'    "{name}": {size},' for name, size in regions.items()),
        "}",
    ]
    return "\n".join(lines)


def _blocks(blocks: Iterable[Block]) -> list[str]:
    return [f"({quoted(block.name)}, {block.offset}, {_shape_and_order(block)})" for block in blocks]


def _shape_and_order(item: Block | Place) -> str:
    return shape_literal(item.shape) + (', "F"' if item.by_columns else "")


def _placed(program: Program, buffers: Mapping[str, Buffer], names: Mapping[str, str]) -> list[str]:
    """A program's arrays in the arena: those with a place of their own, then the views of them that it uses."""
    offsets = {item.buffer: item.offset for item in program.placements}
    used = dict.fromkeys(name for call in program.flat_calls for name in call.arguments)
    views = [name for name in used if name not in offsets and base_of(buffers[name], buffers).name in offsets]
    rows = []
    for name in (*offsets, *views):
        buffer = buffers[name]
        offset = offsets[base_of(buffer, buffers).name]
        rows.append(_row(names[name], Place("workspace", buffer.dtype, buffer.degree, offset, buffer.shape)))
    return rows


def base_of(buffer: Buffer, buffers: Mapping[str, Buffer]) -> Buffer:
    """The buffer whose memory it is: its own, or that of what it is a view of."""
    while buffer.view_of:
        buffer = buffers[buffer.view_of]
    return buffer


def _row(name: str, where: Place) -> str:
    place = f"{DTYPES[where.dtype]}, {where.degree}, {where.offset}, {_shape_and_order(where)}"
    return f'("{name}", "{where.block}", {place})'


def _table(name: str, rows: Iterable[str]) -> list[str]:
    lines = [f"    {row}," for row in rows]
    return [f"{name} = (", *lines, ")"] if lines else [f"{name} = ()"]


def _table_of_tables(name: str, tables: Mapping[str, list[str]]) -> list[str]:
    lines = [f"{name} = {{"]
    for key, rows in tables.items():
        inner = _table("", rows)
        lines.append(f'    "{key}": {inner[0].removeprefix(" = ")}')
        lines.extend(f"    {line}" for line in inner[1:])
        lines[-1] += ","
    return [*lines, "}"]


def polynomial(size: tuple[int, int, int]) -> str:
    """The elements of three regions, as text in `capacity`."""
    terms = [
        f"{count}{times}" for count, times in zip(size, ("", " * capacity", " * capacity**2"), strict=True) if count
    ]
    return " + ".join(terms) or "0"


def shape_literal(shape: tuple[int | str, ...]) -> str:
    """(B, 784) as a Python tuple."""
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


def quoted(name: str) -> str:
    """A name as a Python string."""
    return json.dumps(name, ensure_ascii=False)


def shape_text(shape: tuple[int | str, ...]) -> str:
    """[B, 784], as descriptions write it; nothing for a single number."""
    return f"[{', '.join(map(str, shape))}]" if shape else ""
