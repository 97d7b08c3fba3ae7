"""Indices whose digits are read, as one index a digit: on the grid of e, p[e // 8, i] holds each element eight times.

y[e] = sum[i](p[e // 8, i] * x[i, e])   ->   y[h, d] = sum[i](p[h, i] * x[i, 8*h + d]),  e = 8 h + d
"""

from __future__ import annotations

from dataclasses import replace

from sympy import Expr

from bpgen.algebra.digits import quotient
from bpgen.algebra.index import Index
from bpgen.algebra.system import Equation


def split_digits(equation: Equation) -> Equation:
    """The equation over the digits of its indices, in row-major order: its tensor's values, in another shape."""
    for index in equation.indices:
        divisor = _divisor(equation.rhs, index)
        if divisor is not None:
            high = Index(f"{index.name}~high", index.extent // divisor)
            low = Index(f"{index.name}~low", divisor)
            place = equation.indices.index(index)
            indices = (*equation.indices[:place], high, low, *equation.indices[place + 1 :])
            rhs = equation.rhs.xreplace({index: divisor * high + low})
            return split_digits(replace(equation, indices=indices, rhs=rhs))
    return equation


def _divisor(expression: Expr, index: Index) -> Expr | None:
    """The largest divisor of the index that is read and makes two whole digits of it."""
    found = set()
    for node in expression.atoms(quotient):
        inside, divisor = node.args
        rest = inside - index
        whole = index.extent.is_Integer and index.extent % divisor == 0 and index.extent > divisor
        if whole and not rest.has(index) and (rest.as_coeff_Add()[0] % divisor) == 0:
            found.add(divisor)
    return max(found, default=None)
