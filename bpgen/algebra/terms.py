"""How many terms a sum has that are not 0 for where they stand: none is counted that lies outside of a tensor.

sum[p](y[p] * K[h + 1 - 2*p])    the pairs (h, p) with h + 1 - 2 p inside of K
sum[j](a[i, j] * (j <= i))       the pairs with j <= i
sum[b](d[b, k] * (v == token[b]))    the pairs (b, k): v is known from b
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from math import prod
from operator import eq, ge, gt
from typing import Any

import numpy as np
import sympy
from sympy import Expr

from bpgen.algebra.digits import quotient, remainder
from bpgen.algebra.expressions import Access, Reduction, free_indices
from bpgen.algebra.functions import Bracket, equal, greater, greater_equal, where
from bpgen.algebra.index import BATCH, Index, extent_of
from bpgen.algebra.polynomial import Polynomial, product

LARGEST_GRID = 2**20
"""Conditions on indices with more values together than this are taken to hold everywhere."""
COMPARISONS: dict[type[Expr], Any] = {greater: gt, greater_equal: ge, equal: eq}


def count_terms(reduction: Reduction) -> Polynomial:
    """Of all elements of the reduction together: the values of its free and bound indices with a term of their own."""
    indices = {*free_indices(reduction), *reduction.bound}
    conditions = sorted(_conditions(reduction.body), key=sympy.default_sort_key) if reduction.op == "sum" else []
    found = Polynomial((1,))
    for condition in conditions:
        side = _side_known_from_data(condition, indices)
        indices -= {side} if side is not None else set()
    for group in _connected([c for c in conditions if indices.issuperset(c.free_symbols) and _is_countable(c)]):
        together = {index for condition in group for index in condition.free_symbols}
        if any(index.extent == BATCH for index in together) or _size(together) > LARGEST_GRID:
            continue
        found = found * Polynomial.of(_count(group))
        indices -= together
    return found * product(extent_of(index) for index in indices)


def without_places(reduction: Reduction) -> Expr:
    """The body without the conditions that `count_terms` asks: they say which terms there are, and compute nothing."""
    indices = {*free_indices(reduction), *reduction.bound}
    return _unconditional(reduction.body, indices) if reduction.op == "sum" else reduction.body


def _unconditional(body: Expr, indices: set[Index]) -> Expr:
    factors = []
    for factor in sympy.Mul.make_args(body):
        if isinstance(factor, where) and factor.args[2] == 0 and not factor.args[0].has(Access):
            factors.append(_unconditional(factor.args[1], indices))
        elif _side_known_from_data(factor, indices) is None:
            factors.append(factor)
    return sympy.Mul(*factors)


def _conditions(body: Expr) -> Iterator[Expr]:
    """The brackets that all of a product has as factors, those of accesses that read 0 outside included."""
    for factor in sympy.Mul.make_args(body):
        if isinstance(factor, Bracket):
            yield factor
        elif isinstance(factor, Access):
            yield from factor.inside()
        elif isinstance(factor, where) and factor.args[2] == 0:
            yield from _conditions(factor.args[0] * factor.args[1])


def _side_known_from_data(condition: Expr, indices: set[Index]) -> Index | None:
    """v of v == token[b]"""
    if not isinstance(condition, equal) or not condition.has(Access):
        return None
    for side, other in (condition.args, condition.args[::-1]):
        if isinstance(side, Index) and side in indices and not other.has(side):
            return side
    return None


def _is_countable(condition: Expr) -> bool:
    """Whether it compares sums of indices and of their digits."""
    known = (Index, sympy.Integer, sympy.Add, sympy.Mul, quotient, remainder, *COMPARISONS)
    return all(isinstance(node, known) for node in sympy.preorder_traversal(condition))


def _connected(conditions: list[Expr]) -> list[tuple[Expr, ...]]:
    """Groups of conditions that have no index in common."""
    groups: list[tuple[Expr, ...]] = []
    for condition in conditions:
        near = [group for group in groups if any(c.free_symbols & condition.free_symbols for c in group)]
        groups = [group for group in groups if group not in near]
        groups.append((*(c for group in near for c in group), condition))
    return groups


def _size(indices: Iterable[Index]) -> int:
    return prod(int(index.extent) for index in indices)


@cache
def _count(conditions: tuple[Expr, ...]) -> int:
    """How many values of their indices meet all of them."""
    indices = sorted({index for c in conditions for index in c.free_symbols}, key=lambda index: index.name)
    grid = np.indices([int(index.extent) for index in indices])
    places = dict(zip(indices, grid, strict=True))
    return int(np.count_nonzero(np.logical_and.reduce([_values(condition, places) for condition in conditions])))


def _values(expression: Expr, places: dict[Index, Any]) -> Any:
    """An index expression or a condition at every point of the grid."""
    if isinstance(expression, Index):
        return places[expression]
    if expression.is_Integer:
        return np.int64(expression)
    below = [_values(argument, places) for argument in expression.args]
    if isinstance(expression, sympy.Add):
        return sum(below)
    if isinstance(expression, sympy.Mul):
        return prod(below)
    if isinstance(expression, quotient | remainder):
        return below[0] // below[1] if isinstance(expression, quotient) else below[0] % below[1]
    return COMPARISONS[type(expression)](*below)
