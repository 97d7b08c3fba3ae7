"""Loops interchanged, so that a slice that is summed over all rows is used again while it lies in a near cache.

    for c:  m[c] = sum[b, p, q](z[b, c, p, q]) / N
    for b, c, p, q:  y[b, c, p, q] = z[b, c, p, q] - m[c]
->  for c:  m[c] = sum[b, p, q](z[b, c, p, q]) / N;  for b, p, q:  y[b, c, p, q] = z[b, c, p, q] - m[c]

Turns of c need nothing of each other: all that a statement reads of its group lies in its own turn.  So may a group
whose values are summed be turned:

    for b, c, p, q:  d[b, c, p, q] = ...
    for c:  s[c] = sum[b, p, q](d[b, c, p, q])
->  for c:  for b, p, q:  d[b, c, p, q] = ...;  s[c] = sum[b, p, q](d[b, c, p, q])
"""

from __future__ import annotations

from dataclasses import replace
from math import prod

from bpgen.lower.group import Draft
from bpgen.lower.rewrite import reduction
from bpgen.lower.scalar import BATCH, Affine, Load, Loop
from bpgen.lower.schedule import Assign

LARGE = 1 << 14
"""Elements summed for each row of the batch, of which a few dozen rows fill a cache."""
LEAST_RUN = 64
"""Elements that have to lie next to each other in a slice, or else it is no faster to walk through than all slices."""
LEAST_TURNS = 16
"""Slices that threads can divide among themselves."""


def interchanged(draft: Draft, statement: Assign) -> tuple[Draft, Assign] | None:
    """A group and a statement that reads it, one of them turned so that their outermost loops are one; else None."""
    read = [load for load in statement.loads if load.buffer in draft.defined]
    if not read or draft.has_contraction or statement.contraction is not None:
        return None
    pairs = set.intersection(*(walked_together(load, draft.defined[load.buffer]) for load in read))
    if len(draft.shared) == 1 and any(map(_sums_rows, draft.statements)):
        turned = _turned(statement, {own for outer, own in pairs if outer == draft.shared[0].name})
        return None if turned is None else (draft, turned)
    if len(statement.loops) == 1 and _sums_rows(statement) and all(s.loops == draft.shared for s in draft.statements):
        names = {outer for outer, own in pairs if own == statement.loops[0].name}
        members = [turned for member in draft.statements if (turned := _turned(member, names)) is not None]
        if len(members) == len(draft.statements):
            changed = Draft(members[0].loops)
            for member in members:
                changed.add(member)
            return changed, statement
    return None


def walked_together(load: Load, writer: Assign) -> set[tuple[str, str]]:
    """Names of loops of the writer and of the reader of an array that walk along the same axis of it."""
    axes = zip(writer.indices, load.indices, strict=True)
    names = ((to.variable, at.variable) for to, at in axes if isinstance(to, Affine) and isinstance(at, Affine))
    return {(to, at) for to, at in names if to is not None and at is not None}


def _sums_rows(statement: Assign) -> bool:
    """Whether it sums over all rows, of an array that is large."""
    found = reduction(statement.value)
    if found is None or found.op != "sum" or not _over_rows(found.loops):
        return False
    return prod(int(loop.extent) for loop in (*statement.loops, *found.loops) if loop.extent != BATCH) >= LARGE


def _over_rows(loops: tuple[Loop, ...]) -> bool:
    return any(loop.extent == BATCH for loop in loops)


def _turned(statement: Assign, names: set[str]) -> Assign | None:
    """The statement with one of these loops outermost, where that leaves runs that are long enough inside."""
    place = next((n for n, loop in enumerate(statement.loops) if loop.name in names), None)
    if place is None or statement.accumulate:
        return None
    before, loop, inside = statement.loops[:place], statement.loops[place], statement.loops[place + 1 :]
    if not _over_rows(before) or _over_rows((loop, *inside)):
        return None
    if prod(int(other.extent) for other in inside) < LEAST_RUN or int(loop.extent) < LEAST_TURNS:
        return None
    return replace(statement, loops=(loop, *before, *inside))
