"""Sums over no more than what counts, for evaluating them: sum[p](y[p] * K[h - 2*p]) needs few p for each h.

    [k = phi] f(v)           v is solved, as in `contract`
    K[e - c*v] f(v)          v = e // c - u, u over the places where K is read inside

What the tensors hold does not matter, so a sum is narrowed once for all its evaluations.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import sympy
from sympy import Expr, Integer

from bpgen.algebra.digits import quotient
from bpgen.algebra.expressions import Access, fresh_index
from bpgen.algebra.functions import equal, greater, greater_equal
from bpgen.algebra.index import Index
from bpgen.derive.contract import Contraction, guard

Narrowed = tuple[Expr, tuple[Index, ...]]


@lru_cache(maxsize=4096)
def narrowed(term: Expr, bound: tuple[Index, ...]) -> Narrowed:
    """(term, indices) with the same sum over the indices, which run less far."""
    found = _without_bracket(term, bound) or _within_window(term, bound)
    while found is not None:
        term, bound = found
        found = _without_bracket(term, bound) or _within_window(term, bound)
    return term, bound


def _without_bracket(term: Expr, bound: tuple[Index, ...]) -> Narrowed | None:
    for factor in sympy.Mul.make_args(term):
        if not isinstance(factor, equal):
            continue
        outer, inner = (factor.args[0] - factor.args[1]).as_independent(*bound, as_Add=True)
        if inner == 0 or inner.has(Access):
            continue
        contraction = Contraction(term / factor, bound)
        if contraction.add(-outer, inner):
            return guard(contraction.term, contraction.guards), tuple(contraction.indices)
    return None


def _within_window(term: Expr, bound: tuple[Index, ...]) -> Narrowed | None:
    for place, extent in _windows(term):
        for index in bound:
            coefficient, rest = _coefficient(place, index)
            if coefficient == 0 or not index.extent.is_Integer:
                continue
            step = abs(coefficient)
            width = (extent - 1) // step + 1
            if width >= int(index.extent):
                continue
            inside = fresh_index(width)
            # place = rest + c v = rest % c + c (v + rest // c), and place = rest - c v = rest % c + c (rest // c - v)
            low = quotient(rest, Integer(step))
            contraction = Contraction(term, bound)
            contraction.indices.append(inside)
            contraction.replace(index, inside - low if coefficient > 0 else low - inside)
            return guard(contraction.term, contraction.guards), tuple(contraction.indices)
    return None


def _windows(term: Expr) -> Iterator[tuple[Expr, int]]:
    """(e, n) where a factor of the term is 0 unless 0 <= e < n."""
    factors = sympy.Mul.make_args(term)
    for factor in factors:
        if isinstance(factor, Access):
            for place, extent in zip(factor.indices, factor.args[0].extents, strict=True):
                if extent.is_Integer and not isinstance(place, Index | Access):
                    yield place, int(extent)
        elif isinstance(factor, greater_equal) and factor.args[1] == 0:
            for other in factors:
                if isinstance(other, greater) and other.args[1] == factor.args[0] and other.args[0].is_Integer:
                    yield factor.args[0], int(other.args[0])


def _coefficient(place: Expr, index: Index) -> tuple[int, Expr]:
    """(c, r) with place = c * index + r; c is 0 where there is none."""
    coefficient = place.coeff(index)
    rest = place - coefficient * index
    known = coefficient.is_Integer and not rest.has(index)
    return (int(coefficient), rest) if known else (0, place)
