"""Which formals of a kernel may share memory, and which may be overwritten: what is read there for the last time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bpgen.emit.numpy_views import Operand
from bpgen.lower.scalar import Load, Operation, Scalar, walk
from bpgen.lower.schedule import Call, Kernel, Program, Schedule

if TYPE_CHECKING:
    from bpgen.emit.numpy_writer import Writer

Interval = tuple[int, int, int]  # degree, first element, end


def overlaps_of(schedule: Schedule) -> dict[str, dict[str, frozenset[str]]]:
    """Kernel -> formal -> the formals that share memory with it in some call of some program."""
    kernels = {kernel.name: kernel for kernel in schedule.kernels}
    sizes = {buffer.name: (buffer.degree, buffer.size) for buffer in schedule.buffers}
    bases = {buffer.name: buffer.view_of for buffer in schedule.buffers if buffer.view_of}
    found: dict[str, dict[str, set[str]]] = {name: {} for name in kernels}
    for program in schedule.programs:
        intervals = _intervals(program, sizes)
        for view in bases:
            base = view
            while base in bases:
                base = bases[base]
            if base in intervals:
                intervals[view] = intervals[base]
        for call in program.flat_calls:
            _collect(kernels[call.kernel], call, intervals, found[call.kernel])
    return {name: {formal: frozenset(others) for formal, others in pairs.items()} for name, pairs in found.items()}


def spent_of(schedule: Schedule) -> dict[str, frozenset[str]]:
    """Kernel -> formals whose values nobody needs after any call of it: gradients, once a step has used them."""
    kernels = {kernel.name: kernel for kernel in schedule.kernels}
    buffers = {buffer.name: buffer for buffer in schedule.buffers}
    found = {name: {formal.name for formal in kernel.formals} for name, kernel in kernels.items()}
    for program in schedule.programs:
        later: set[str] = set()  # what calls after this one touch
        for call in reversed(program.flat_calls):
            for formal, name in zip(kernels[call.kernel].formals, call.arguments, strict=True):
                buffer = buffers[name]
                is_last = program.name == "step" and buffer.storage == "gradient" and not call.positions
                if not is_last or later.intersection((name, *buffer.over)):
                    found[call.kernel].discard(formal.name)
            later |= {part for name in call.arguments for part in (name, *buffers[name].over)}
    return {name: frozenset(formals) for name, formals in found.items()}


def spent_operand(writer: Writer, node: Scalar) -> Operand | None:
    """What a value reads and nobody reads after it, as the place to compute it in."""
    reading = [part.buffer for statement in writer.rest for part in walk(statement.value) if isinstance(part, Load)]
    for part in walk(node) if isinstance(node, Operation) and writer.python == writer.positions else ():
        if isinstance(part, Load) and part.buffer in writer.spent and reading.count(part.buffer) == 1:
            operand = writer.load(part)
            if operand.whole and operand.axes == writer.axes(node) and operand.dtype == node.dtype == "real":
                writer.used_up.add(part.buffer)
                return operand
    return None


def _intervals(program: Program, sizes: Mapping[str, tuple[int, int]]) -> dict[str, Interval]:
    intervals = {}
    for placement in program.placements:
        degree, size = sizes[placement.buffer]
        intervals[placement.buffer] = (degree, placement.offset, placement.offset + size)
    return intervals


def _collect(kernel: Kernel, call: Call, intervals: Mapping[str, Interval], found: dict[str, set[str]]) -> None:
    pairs = list(zip(kernel.formals, call.arguments, strict=True))
    for formal, buffer in pairs:
        for other, second in pairs:
            if formal.name != other.name and (buffer == second or _meet(intervals.get(buffer), intervals.get(second))):
                found.setdefault(formal.name, set()).add(other.name)


def _meet(one: Interval | None, two: Interval | None) -> bool:
    return one is not None and two is not None and one[0] == two[0] and one[1] < two[2] and two[1] < one[2]
