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
from math import ceil, floor, isinf

from bpgen.lower.conditions import bound_of, reach
from bpgen.lower.cuts import Ranges, cuts, ranges_of
from bpgen.lower.rewrite import Substitution, reductions
from bpgen.lower.scalar import Affine, Loop, walk
from bpgen.lower.schedule import Assign
from bpgen.lower.simplify import simplify
from bpgen.lower.split import SMALL, volume

MOST_PARTS = 8
"""A statement that would fall into more stays whole."""
LEAST_SAVED = Fraction(1, 4)
"""The part of the terms that must be saved; where it is less, or few terms, a statement stays whole."""


def parted(statement: Assign) -> list[Assign]:
    """The statements for all ranges, each with loops that begin at 0; the statement itself where it has one range.

    It may have several sums, of which each part keeps some.
    """
    summed = list(reductions(statement.value))
    if not summed or any(found.op != "sum" or found.dtype != "real" for found in summed) or statement.accumulate:
        return [statement]
    places = _places(statement)
    choices = [list(_ranges(loop, places.get(loop.name, set()))) for loop in statement.loops]
    ranges = list(product(*choices))
    if not 1 < len(ranges) <= MOST_PARTS:
        return [statement]
    parts = [_part(statement, loops) for loops in ranges]
    saved = terms(statement) - sum(map(terms, parts))
    return parts if saved >= SMALL and saved >= LEAST_SAVED * terms(statement) else [statement]


def terms(statement: Assign) -> int:
    """How many terms its sums have together."""
    return sum(volume((*statement.loops, *found.loops)) for found in reductions(statement.value))


def _places(statement: Assign) -> dict[str, set[int]]:
    """For each loop, the values at which a condition begins or ceases to hold that it decides alone."""
    ranges = ranges_of(statement.loops)
    found = {name: set(places) for name, places in cuts(statement.value, statement.loops).items()}
    for node in walk(statement.value):
        bound = bound_of(node)
        if bound is None or len(bound.terms) < 2 or not dict(bound.terms).keys() <= ranges.keys():
            continue
        place = _deciding(bound, ranges)
        if place is not None:
            found.setdefault(place[0], set()).add(place[1])
    return found


def _deciding(bound: Affine, ranges: Ranges) -> tuple[str, int] | None:
    """The variable, and its value, at which the sign of the bound changes whatever the others are.

    16 h + e - 64 >= 0 for e in 0 ... 15 is h >= 4
    """
    low, high = reach(bound, ranges)
    if low >= 0 or high < 0:
        return None
    for name, coefficient in bound.terms:
        rest = Affine(tuple(term for term in bound.terms if term[0] != name), bound.constant)
        least, most = reach(rest, ranges)
        if isinf(least) or isinf(most):
            continue
        if coefficient > 0:
            # it holds from ceil(-least / c) on, and not up to ceil(-most / c) - 1
            first, last = ceil(-least / coefficient), ceil(-most / coefficient)
        else:
            # it holds up to floor(least / -c), and not from floor(most / -c) + 1 on
            first, last = floor(least / -coefficient) + 1, floor(most / -coefficient) + 1
        if first == last:
            return name, first
    return None


def _ranges(loop: Loop, places: set[int]) -> Iterator[Loop]:
    if not places or not isinstance(loop.extent, int):
        yield loop
        return
    for start, end in pairwise([loop.start, *sorted(places), loop.start + loop.extent]):
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
