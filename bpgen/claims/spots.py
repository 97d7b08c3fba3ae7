"""The places in an expression at which something may be wrong, each with the way to put something else there."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import sympy
from sympy import Expr

from bpgen.algebra.expressions import Access, Reduction, open_reduction, sum_over
from bpgen.algebra.index import Index
from bpgen.algebra.records import dataclass


@dataclass(frozen=True)
class Spot:
    """A part of an expression.

    scope: the indices that have a value there; replaced: the whole expression with something else in its place;
    product: whether it is a whole product: what could lack a factor
    """

    part: Expr
    scope: tuple[Index, ...]
    replaced: Callable[[Expr], Expr]
    product: bool


def spots(expression: Expr, scope: tuple[Index, ...]) -> Iterator[Spot]:
    """Every part of an expression over the indices of `scope`, the whole first."""
    yield from _spots(expression, scope, lambda part: part, product=True)


def _spots(part: Expr, scope: tuple[Index, ...], replaced: Callable[[Expr], Expr], product: bool) -> Iterator[Spot]:
    yield Spot(part, scope, replaced, product)
    if isinstance(part, Access) or part.is_Atom:
        return
    if isinstance(part, Reduction):
        if part.op == "sum":
            bound, body = open_reduction(part)
            yield from _spots(body, (*scope, *bound), lambda new: replaced(sum_over(new, bound)), product=True)
        return
    for place, argument in enumerate(part.args):
        yield from _spots(argument, scope, _put(part, place, replaced), product=isinstance(part, sympy.Add))


def replace_accesses(expression: Expr, meaning: Callable[[Access], Expr]) -> Expr:
    """The expression with something else for its accesses.

    Reductions are opened on the way: what is put in place may bind indices of the same names.
    """
    if isinstance(expression, Access):
        return meaning(expression)
    if expression.is_Atom or not expression.has(Access):
        return expression
    if isinstance(expression, Reduction):
        bound, body = open_reduction(expression)
        return Reduction(expression.op, replace_accesses(body, meaning), *bound)
    return expression.func(*(replace_accesses(part, meaning) for part in expression.args))


def _put(part: Expr, place: int, replaced: Callable[[Expr], Expr]) -> Callable[[Expr], Expr]:
    def put(new: Expr) -> Expr:
        arguments = list(part.args)
        arguments[place] = new
        return replaced(part.func(*arguments))

    return put
