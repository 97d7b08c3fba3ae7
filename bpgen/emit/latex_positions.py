"""Positions in formulas: indices and labels count from 1 there, from 0 in the algebra."""

from __future__ import annotations

from collections.abc import Sequence

import sympy
from sympy import Expr, Integer

from bpgen.algebra.digits import quotient, remainder
from bpgen.algebra.expressions import Access, Reduction, free_indices
from bpgen.algebra.index import Index


def is_position(node: Expr) -> bool:
    """Whether an expression speaks of positions: indices, labels, and integers added to them."""
    terms = sympy.Add.make_args(node)
    return any(_is_place(term) for term in terms) and all(_is_place(t) or t.is_Integer for t in terms)


def _is_place(term: Expr) -> bool:
    factor = term.as_coeff_Mul()[1]
    whole = isinstance(factor, Index | quotient | remainder) or (
        isinstance(factor, Access) and bool(factor.args[0].is_integer)
    )
    return whole or (isinstance(factor, Reduction) and factor.op == "argmax")


def from_one(index: Expr, offset: int) -> Expr:
    """A position counted from `offset`, written by indices and labels that count from 1."""
    marks: dict[Expr, Expr] = {}
    found = sorted(index.atoms(Access, Reduction), key=sympy.default_sort_key)
    places = [node for node in found if not _nested(node, index)]
    places += free_indices(_without(index, places))
    for place in places:
        marks[place] = sympy.Dummy(integer=True)
    marked = index.xreplace(marks)
    shifted = sympy.expand(marked.xreplace({mark: mark - 1 for mark in marks.values()}) + offset)
    result: Expr = shifted.xreplace({mark: place for place, mark in marks.items()})
    return result


def _without(index: Expr, places: Sequence[Expr]) -> Expr:
    result: Expr = index.xreplace({place: Integer(0) for place in places})
    return result


def _nested(node: Expr, whole: Expr) -> bool:
    """Whether a node occurs only inside another access or reduction."""
    others = [other for other in whole.atoms(Access, Reduction) if other != node and other.has(node)]
    return bool(others) and not _without(whole, others).has(node)


def compared(left: Expr, right: Expr) -> tuple[Expr, Expr]:
    """Both sides of a comparison of positions, counted from 1."""
    if not is_position(left) and not is_position(right):
        return left, right
    if not all(is_position(side) or side.is_Integer for side in (left, right)):
        return left, right
    left, right = from_one(left, 1), from_one(right, 1)
    constant = left.as_coeff_Add()[0]
    return left - constant, right - constant
