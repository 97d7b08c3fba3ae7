"""Brackets that a whole expression has: [b = k] f(b) + [b = k] g(k) -> [b = k] (f(b) + g(b))"""

from __future__ import annotations

from collections.abc import Collection

import sympy
from sympy import Expr, Integer

from bpgen.algebra.expressions import rename
from bpgen.algebra.functions import equal, where
from bpgen.algebra.index import Index


def take_out_brackets(
    expression: Expr, axes: Collection[Index], extra: tuple[Index, ...]
) -> tuple[Expr, Expr, tuple[Index, ...]]:
    """(brackets, rest, left): expression = brackets * rest, where rest has of `extra` only `left`.

    A bracket [axis = k], k among extra, is taken out where every term has it; behind it k is the axis.
    """
    expression = _out_of_choices(expression, extra)
    brackets: Expr = Integer(1)
    left: list[Index] = []
    for index in extra:
        terms = sympy.Add.make_args(expression)
        found = next((bracket for bracket in _brackets(terms[0], index, axes) if _in_all(bracket, terms)), None)
        if found is None:
            left.append(index)
            continue
        axis = found.args[0] if found.args[1] == index else found.args[1]
        brackets *= found
        expression = sympy.Add(*(rename(term / found, {index: axis}) for term in terms))
    return brackets, expression, tuple(left)


def _out_of_choices(expression: Expr, extra: tuple[Index, ...]) -> Expr:
    """where(c, [b = k] f, 0) -> [b = k] where(c, f, 0)"""

    def outside(condition: Expr, chosen: Expr, otherwise: Expr) -> Expr:
        if otherwise != 0:
            return where(condition, chosen, otherwise)
        factors = sympy.Mul.make_args(chosen)
        taken = [f for f in factors if isinstance(f, equal) and f.free_symbols & set(extra)]
        return sympy.Mul(*taken, where(condition, sympy.Mul(*(f for f in factors if f not in taken)), otherwise))

    if not expression.has(where):
        return expression
    moved: Expr = expression.replace(where, outside)
    return moved


def _brackets(term: Expr, index: Index, axes: Collection[Index]) -> list[Expr]:
    return [
        factor
        for factor in sympy.Mul.make_args(term)
        if isinstance(factor, equal) and index in factor.args and any(axis in factor.args for axis in axes)
    ]


def _in_all(bracket: Expr, terms: tuple[Expr, ...]) -> bool:
    return all(bracket in sympy.Mul.make_args(term) for term in terms)
