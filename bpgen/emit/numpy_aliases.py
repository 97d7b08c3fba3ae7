"""Which formals of a kernel may share memory: the arena gives a buffer that dies to one that is born."""

from __future__ import annotations

from collections.abc import Mapping

from bpgen.lower.schedule import Call, Kernel, Program, Schedule

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
