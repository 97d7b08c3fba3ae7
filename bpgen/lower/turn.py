"""Matrices that products read along their columns lie by columns.

    z[b, o] = sum[i](x[b, i] * W[o, i])

A product is fastest where the rows of its second factor lie in one piece: those of W', W'[i, o] = W[o, i].  So W is
kept by columns, and its gradient and the optimiser's states of it with it: updates run over flat blocks, and all of
them have to have the same order.  Where backpropagation reads W by rows, d.x[b, i] = sum[o](d.z[b, o] * W[o, i]), one
product gains what the other one loses, and W stays as it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from bpgen.lower.rewrite import elements
from bpgen.lower.scalar import Affine, IndexExpression, Indirect, Load, Scalar, walk
from bpgen.lower.schedule import Buffer, Call, Kernel, Program, Schedule
from bpgen.lower.split import NOMINAL_BATCH

FLAT = ("parameter", "gradient", "state")
TELLING = ("step", "gradients", "forward")
"""The first of these programs that there is tells which order is worth most."""


def turned(schedule: Schedule, kept: Iterable[str] = ()) -> Schedule:
    """The schedule with the matrices by columns that are better off so.  kept: those that stay by rows anyway."""
    kernels = {kernel.name: kernel for kernel in schedule.kernels}
    buffers = {buffer.name: buffer for buffer in schedule.buffers}
    together = _together(schedule, kernels, buffers)
    fixed = {group for name, group in together.items() if not _is_matrix(buffers[name])}
    fixed |= {together[name] for name in (*kept, *_read_otherwise(schedule, kernels, buffers))}
    gains = _gains(schedule, kernels, together)
    chosen = {name for name, group in together.items() if group not in fixed and gains[group] > 0}
    formals = {
        (call.kernel, formal.name)
        for call in _calls(schedule)
        for formal, buffer in zip(kernels[call.kernel].formals, call.arguments, strict=True)
        if buffer in chosen
    }
    return replace(
        schedule,
        buffers=tuple(replace(b, by_columns=True) if b.name in chosen else b for b in schedule.buffers),
        kernels=tuple(
            replace(
                kernel,
                formals=tuple(
                    replace(formal, by_columns=True) if (kernel.name, formal.name) in formals else formal
                    for formal in kernel.formals
                ),
            )
            for kernel in schedule.kernels
        ),
    )


def _calls(schedule: Schedule) -> Iterator[Call]:
    for program in schedule.programs:
        yield from program.flat_calls


def _given(kernel: Kernel, call: Call) -> dict[str, str]:
    """The buffer that a call gives for each formal."""
    return dict(zip((formal.name for formal in kernel.formals), call.arguments, strict=True))


def _is_matrix(buffer: Buffer) -> bool:
    return buffer.storage in FLAT and len(buffer.shape) == 2 and not buffer.view_of and not buffer.over


def _together(schedule: Schedule, kernels: Mapping[str, Kernel], buffers: Mapping[str, Buffer]) -> dict[str, str]:
    """For each buffer, the first of those that must have its order.

    These are a parameter and its gradient, what one kernel is given in turn, what one update runs over at once, and
    what a kernel reads or writes at the same element.
    """
    first = {name: name for name in buffers}

    def find(name: str) -> str:
        while first[name] != name:
            name = first[name]
        return name

    same: dict[object, list[str]] = defaultdict(list)
    beside = {
        name: dict.fromkeys(element for s in kernel.statements for element in elements(s) if len(element[1]) == 2)
        for name, kernel in kernels.items()
    }
    for buffer in schedule.buffers:
        if buffer.storage in ("parameter", "gradient") and not buffer.over:
            same[buffer.offset].append(buffer.name)
    for call in _calls(schedule):
        for formal, name in zip(kernels[call.kernel].formals, call.arguments, strict=True):
            same[call.kernel, formal.name].append(name)
            for place, member in enumerate(buffers[name].over):
                same[call, place].append(member)
        given = _given(kernels[call.kernel], call)
        for target, indices in beside[call.kernel]:
            same[call, indices].append(given[target])
    for names in same.values():
        for name in names[1:]:
            first[find(name)] = find(names[0])
    return {name: find(name) for name in buffers}


def _read_otherwise(schedule: Schedule, kernels: Mapping[str, Kernel], buffers: Mapping[str, Buffer]) -> Iterator[str]:
    """What views are of, and what kernels do more with than to read and write elements at the values of two loops."""
    yield from (buffer.view_of for buffer in schedule.buffers if buffer.view_of)
    strange = {kernel.name: set(_strange(kernel)) for kernel in schedule.kernels}
    for call in _calls(schedule):
        for formal, name in zip(kernels[call.kernel].formals, call.arguments, strict=True):
            if formal.name in strange[call.kernel]:
                yield name


def _strange(kernel: Kernel) -> Iterator[str]:
    """Formals that a kernel does more with."""
    positions = {loop.name for loop in kernel.positions}
    for statement in kernel.statements:
        if not statement.local and (statement.accumulate or not _is_plain(statement.indices, positions)):
            yield statement.target
        for load in _loads(statement.value):
            if not _is_plain(load.indices, positions):
                yield load.buffer


def _loads(value: Scalar) -> Iterator[Load]:
    for part in walk(value):
        if isinstance(part, Load):
            yield part
            yield from (load for i in part.indices if isinstance(i, Indirect) for load in _loads(i.load))


def _is_plain(indices: tuple[IndexExpression, ...], positions: set[str]) -> bool:
    names = [index.variable for index in indices if isinstance(index, Affine)]
    return len(names) == len(indices) == len(set(names)) and None not in names and positions.isdisjoint(names)


def _gains(schedule: Schedule, kernels: Mapping[str, Kernel], together: Mapping[str, str]) -> Mapping[str, int]:
    """Operations of products that read a group's matrices along columns, less those that read them along rows."""
    programs = {program.name: program for program in schedule.programs}
    telling: Program | None = next((programs[name] for name in TELLING if name in programs), None)
    gains: dict[str, int] = defaultdict(int)
    for call in telling.flat_calls if telling else ():
        kernel = kernels[call.kernel]
        given = _given(kernel, call)
        for statement in kernel.statements:
            found = statement.contraction
            if found is None:
                continue
            loops = {loop.name: loop.extent for loop in (*kernel.loops, *statement.loops)}
            loops |= {loop.name: loop.extent for part in walk(statement.value) for loop in getattr(part, "loops", ())}
            work = 1
            for name in (*found.batch, *found.m, *found.n, *found.k):
                extent = loops[name]
                work *= extent if isinstance(extent, int) else NOMINAL_BATCH
            for load in (found.left, found.right):
                names = [index.variable for index in load.indices if isinstance(index, Affine)]
                if len(names) == 2 and load.buffer in given:
                    gains[together[given[load.buffer]]] += work * ((names[1] in found.k) - (names[0] in found.k))
    return gains
