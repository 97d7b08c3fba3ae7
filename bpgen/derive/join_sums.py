"""Sums over the same with a common factor are one: sum[j](x[j] A[i, j]) + sum[j](x[j] A[j, i]) -> (A + A') x.

Only where what is added then has all indices of the result: else it would be added anew for each value of the
others, where two products of matrices are quicker.
"""

from __future__ import annotations

from itertools import combinations

import sympy
from sympy import Expr

from bpgen.algebra.expressions import Reduction
from bpgen.algebra.index import Index
from bpgen.derive.cost import cost
from bpgen.derive.forms import cheapest


def join_sums(expression: Expr) -> Expr:
    """The expression with such sums joined, where that costs less."""
    if not isinstance(expression, sympy.Add):
        return expression
    for first, second in combinations(expression.args, 2):
        joined = _joined(first, second)
        if joined is not None and cost(joined) < cost(first + second):
            return join_sums(expression - first - second + joined)
    return expression


def _joined(first: Expr, second: Expr) -> Expr | None:
    found = [term.atoms(Reduction) for term in (first, second)]
    if [len(reductions) for reductions in found] != [1, 1]:
        return None
    (one,), (other,) = found
    factor = first / one
    alike = one.op == other.op == "sum" and one.bound == other.bound
    if not alike or factor != second / other or factor.has(Reduction):
        return None
    body = cheapest(one.body + other.body)
    added = [part for part in sympy.Mul.make_args(body) if isinstance(part, sympy.Add)]
    free = {index for index in body.free_symbols if isinstance(index, Index)}
    if not isinstance(body, sympy.Mul) or len(added) != 1 or not free <= added[0].free_symbols:
        return None
    return factor * Reduction("sum", body, *one.bound)
