"""Statements whose sums are other sums in other ranges of a loop, taken apart into one statement for each range.

    d[b, f] = sum[j](select(64 > f, a[b, f, j], 0) * w[j]) + c[b, f] for f in 0 ... 191
->  d[b, f] = sum[j](a[b, f, j] * w[j]) + c[b, f] for f in 0 ... 63;  d[b, f + 64] = c[b, f + 64] for f in 0 ... 127

So the sums are matrix products over just what is read, and nothing is padded for them.  A border, where little would
be saved, is left to a padded copy, which keeps one matrix product.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise, product

from bpgen.lower.cuts import cuts, ranges_of
from bpgen.lower.rewrite import Substitution, reduction
from bpgen.lower.scalar import Affine, Loop
from bpgen.lower.schedule import Assign
from bpgen.lower.simplify import simplify
from bpgen.lower.split import SMALL, volume

MOST_PARTS = 8
"""A statement that would fall into more stays whole."""
LEAST_SAVED = Fraction(1, 4)
"""The part of its elements that must have no sum; with fewer, or few terms saved, a statement stays whole."""


def parted(statement: Assign) -> list[Assign]:
    """The statements for all ranges, each with loops that begin at 0; the statement itself where it has one range."""
    found = reduction(statement.value)
    if found is None or found.op != "sum" or found.dtype != "real" or statement.accumulate:
        return [statement]
    places = cuts(found.body, statement.loops)
    choices = [list(_ranges(loop, places.get(loop.name, ()))) for loop in statement.loops]
    ranges = list(product(*choices))
    if not 1 < len(ranges) <= MOST_PARTS:
        return [statement]
    parts = [_part(statement, loops) for loops in ranges]
    saved = sum(volume(part.loops) for part in parts if reduction(part.value) is None)
    worthwhile = saved >= LEAST_SAVED * volume(statement.loops) and saved * volume(found.loops) >= SMALL
    return parts if worthwhile else [statement]


def _ranges(loop: Loop, places: tuple[int, ...]) -> Iterator[Loop]:
    if not places or not isinstance(loop.extent, int):
        yield loop
        return
    for start, end in pairwise([loop.start, *places, loop.start + loop.extent]):
        yield Loop(loop.name, end - start, start)


def _part(statement: Assign, loops: tuple[Loop, ...]) -> Assign:
    value = simplify(statement.value, ranges_of(loops))
    moved = {loop.name: Affine(((loop.name, 1),), loop.start) for loop in loops if loop.start}
    shift = Substitution(moved)
    return replace(
        statement,
        indices=tuple(map(shift.index, statement.indices)),
        loops=tuple(replace(loop, start=0) for loop in loops),
        value=shift.scalar(value),
    )
