"""Conditions that hold for one value of an index alone: where(t >= 1, 0, f(t)) is 0 for every t but 0."""

from __future__ import annotations

from itertools import pairwise

import sympy
from sympy import Expr, Integer

from bpgen.algebra.functions import Bracket, where
from bpgen.algebra.index import Index


def single_value(factor: Expr, index: Index) -> Expr | None:
    """The one value of an index at which a condition or a case distinction is not 0; None where there are others.

    Only comparisons of the index with numbers are looked at.
    """
    if not isinstance(factor, Bracket | where) or not index.extent.is_Integer:
        return None
    ends = {Integer(0), index.extent}
    for bracket in factor.atoms(Bracket):
        if bracket.free_symbols != {index}:
            continue
        # Between two turning points the condition does not change.
        turning = _turning_point(bracket, index)
        if turning is None:
            return None
        ends.update({turning, turning + 1})
    found: list[Expr] = []
    inside = sorted(end for end in ends if 0 <= end <= index.extent)
    for first, behind in pairwise(inside):
        if _decided(factor, index, first) != 0:
            found += [first] if behind - first == 1 else [first, first]
    return found[0] if len(found) == 1 else None


def _turning_point(bracket: Bracket, index: Index) -> Expr | None:
    """The greatest integer at or below the place where both sides are equal, for sides affine in the index."""
    difference = sympy.expand(bracket.args[0] - bracket.args[1])
    slope = difference.coeff(index)
    if slope == 0 or not (difference - slope * index).is_Integer:
        return None
    return sympy.floor(-(difference - slope * index) / slope)


def _decided(factor: Expr, index: Index, value: Expr) -> Expr:
    """The factor with its comparisons of the index decided at a value."""
    known = {
        bracket: bracket.xreplace({index: value})
        for bracket in factor.atoms(Bracket)
        if bracket.free_symbols == {index}
    }
    return factor.xreplace(known)
