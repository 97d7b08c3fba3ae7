"""Loops of a kernel whose turns need nothing of each other: they may run in any order, and at the same time.

for b, for j:  y[b, j] = max(0, z[b, j])                 both
for b, for j:  h[b, t, j] = f(sum[k](h[b, t - 1, k] ...))  both: what is read is another t's
for b, for d:  table[token[b], d] += g[b, d]             d alone: two rows may have the same token
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import inf

from bpgen.algebra.records import dataclass
from bpgen.lower.rewrite import lie_apart, reductions
from bpgen.lower.scalar import BATCH, Affine, IndexExpression, Loop
from bpgen.lower.schedule import Kernel

Indices = tuple[IndexExpression, ...]


def independent(kernel: Kernel) -> tuple[Loop, ...]:
    """The shared loops of a kernel of which no turn touches what another one writes."""
    positions = {loop.name for loop in kernel.positions}
    conflicts = [
        (stored, other)
        for name, (stores, loads) in _accesses(kernel).items()
        if stores
        for stored in stores
        for other in (*stores, *loads)
        if not lie_apart(stored, other, positions.__contains__)
    ]
    spans = _spans(kernel)
    return tuple(loop for loop in kernel.loops if all(_never_meet(*pair, loop, spans) for pair in conflicts))


def _spans(kernel: Kernel) -> dict[str, float]:
    """By how much each variable moves, from its least to its largest value; a position stays."""
    ranges: dict[str, tuple[float, float]] = {}
    for loop in _all_loops(kernel):
        end = inf if loop.extent == BATCH else loop.start + int(loop.extent) - 1
        first, last = ranges.get(loop.name, (loop.start, end))
        ranges[loop.name] = min(first, loop.start), max(last, end)
    return {name: last - first for name, (first, last) in ranges.items()} | {p.name: 0 for p in kernel.positions}


def _all_loops(kernel: Kernel) -> Iterator[Loop]:
    yield from kernel.loops
    for statement in kernel.statements:
        yield from statement.loops
        for found in reductions(statement.value):
            yield from found.loops


def _accesses(kernel: Kernel) -> dict[str, tuple[list[Indices], list[Indices]]]:
    """Where each formal is written, and where it is read."""
    found: dict[str, tuple[list[Indices], list[Indices]]] = {formal.name: ([], []) for formal in kernel.formals}
    for statement in kernel.statements:
        if not statement.local:
            found[statement.target][0].append(statement.indices)
        for load in statement.loads:
            found[load.buffer][1].append(load.indices)
    return found


def _never_meet(one: Indices, other: Indices, loop: Loop, spans: Mapping[str, float]) -> bool:
    """Whether some axis has the loop's variable as a digit of both, so that two turns are never at one element."""
    return any(a == b and isinstance(a, Affine) and _is_digit(a, loop, spans) for a, b in zip(one, other, strict=True))


def _is_digit(index: Affine, loop: Loop, spans: Mapping[str, float]) -> bool:
    """Whether the index tells the variable: 32 * panel + column tells both, where there are 32 columns."""
    unit = abs(dict(index.terms).get(loop.name, 0))
    others = [(abs(c), spans[name]) for name, c in index.terms if name != loop.name and spans[name]]
    above = [c for c, _ in others if c >= unit]
    whole = not above or (
        bool(unit) and loop.extent != BATCH and all(c % (unit * int(loop.extent)) == 0 for c in above)
    )
    return whole and unit > sum(c * span for c, span in others if c < unit)


@dataclass(frozen=True)
class Division:
    """Loops of a kernel whose turns are divided among threads.

    owned: of each formal of which every element belongs to the turn that touches it, its shape and the axis of each
        loop; of a shape whose rows are owned, their number is enough; not of slices, which turns share
    """

    loops: tuple[Loop, ...]
    owned: Mapping[str, tuple[tuple[int | str, ...], tuple[int, ...]]]


def divide(kernel: Kernel, loops: tuple[Loop, ...]) -> Division:
    """What belongs to a turn of these loops."""
    shapes = {formal.name: formal.shape for formal in kernel.formals if formal.slices is None}
    found = {}
    for name, (stores, loads) in _accesses(kernel).items():
        if name not in shapes:
            continue
        axes = [_axis([*stores, *loads], loop.name) for loop in loops]
        known = tuple(axis for axis in axes if axis is not None)
        if known and len(known) == len(loops):
            found[name] = (shapes[name][:1] if known == (0,) else shapes[name], known)
    return Division(loops, found)


def _axis(accesses: list[Indices], name: str) -> int | None:
    """The axis at which every access has the variable."""
    return next(_common_axes(accesses, Affine(((name, 1),))), None)


def _common_axes(accesses: list[Indices], plain: Affine) -> Iterator[int]:
    if accesses:
        for axis in range(len(accesses[0])):
            if all(indices[axis] == plain for indices in accesses):
                yield axis
