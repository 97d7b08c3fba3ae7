"""Matrices that lie by columns become their transposes, by rows: for targets that know no other order.

for o, i:  d_weight[o, i] = sum over b of d_z[b, o] * x[b, i]      ->
for i, o:  d_weight[i, o] = sum over b of d_z[b, o] * x[b, i]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from bpgen.lower.rewrite import Element, Indices, elements, loads, statement_with_elements, with_elements
from bpgen.lower.scalar import Affine, Load, Loop
from bpgen.lower.schedule import Assign, Kernel, Schedule
from bpgen.lower.turn import turned

WIDEST = 256
"""Rows of a transpose have at most so many numbers: panels of longer ones come from few sets of a cache."""


def transposed(schedule: Schedule) -> Schedule:
    """The schedule with the matrices by columns that are better off so, as matrices by rows to its kernels."""
    schedule = turned(schedule, kept=_unsuited(schedule))
    return replace(schedule, kernels=tuple(_transposed(kernel) for kernel in schedule.kernels))


def _transposed(kernel: Kernel) -> Kernel:
    matrices = {formal.name for formal in kernel.formals if formal.by_columns}
    if not matrices:
        return kernel

    def place(name: str, indices: Indices) -> Element:
        return name, indices[::-1] if name in matrices else indices

    return replace(
        kernel,
        formals=tuple(replace(f, shape=f.shape[::-1]) if f.by_columns else f for f in kernel.formals),
        loops=_loops(kernel, matrices),
        statements=tuple(_placed(statement, place) for statement in kernel.statements),
    )


def _loops(kernel: Kernel, matrices: set[str]) -> tuple[Loop, ...]:
    """The loops, the other way round where they are those of such a matrix's elements (see `_unsuited`)."""
    names = [loop.name for loop in kernel.loops]
    ways = {_way(indices) for s in kernel.statements for name, indices in elements(s) if name in matrices}
    return kernel.loops[::-1] if tuple(names) in ways else kernel.loops


def _placed(statement: Assign, place: Callable[[str, Indices], Element]) -> Assign:
    """The statement with its elements where they are now; of a contraction, groups of loops stay what they are."""
    contraction = statement.contraction
    if contraction is not None:
        left, right = with_elements(contraction.left, place), with_elements(contraction.right, place)
        assert isinstance(left, Load) and isinstance(right, Load), "an element stays one"
        contraction = replace(contraction, left=left, right=right)
    return replace(statement_with_elements(statement, place), contraction=contraction)


def _unsuited(schedule: Schedule) -> Iterator[str]:
    """Buffers that are not to be transposed.

    Rows would be long, or a kernel does more with its matrices than products do with a factor, or than to compute one
    element after the other, which it can in any order.
    """
    kernels = {kernel.name: kernel for kernel in schedule.kernels}
    buffers = {buffer.name: buffer for buffer in schedule.buffers}
    others = {name: set(_others(kernel)) for name, kernel in kernels.items()}
    for program in schedule.programs:
        for call in program.flat_calls:
            for formal, name in zip(kernels[call.kernel].formals, call.arguments, strict=True):
                shape = buffers[name].shape
                if formal.name in others[call.kernel] or (len(shape) == 2 and _is_long(shape[0])):
                    yield name


def _is_long(extent: int | str) -> bool:
    return not isinstance(extent, int) or extent > WIDEST


def _others(kernel: Kernel) -> Iterator[str]:
    """Formals that are matrices to a kernel in another way than `_unsuited` says."""
    shared = tuple(loop.name for loop in kernel.loops)
    factors = {load for s in kernel.statements if s.contraction for load in (s.contraction.left, s.contraction.right)}
    by_element = _goes_by_element(kernel)
    for statement in kernel.statements:
        for name, indices in elements(statement):
            if len(indices) == 2 and not (by_element and _way(indices) == shared):
                read = {load for load in loads(statement.value) if (load.buffer, load.indices) == (name, indices)}
                if not read or not read <= factors or name == statement.target:
                    yield name


def _goes_by_element(kernel: Kernel) -> bool:
    """Whether a turn of its two loops computes an element of every matrix it touches, and needs no other turn."""
    shared = tuple(loop.name for loop in kernel.loops)
    written = {statement.target for statement in kernel.statements if not statement.local}
    return len(shared) == 2 and all(
        not statement.loops
        and not statement.accumulate
        and all(_way(indices) == shared for name, indices in elements(statement) if name in written)
        for statement in kernel.statements
    )


def _way(indices: Indices) -> tuple[str | None, ...]:
    """The loops that lead to an element, where each index is one of them."""
    return tuple(index.variable if isinstance(index, Affine) else None for index in indices)
