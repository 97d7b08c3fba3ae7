"""Operations for every element: the measure between forms of one cost.

r[b] * (g[b, j] - n[b, j] * S[b] / 64)          3 for every j: S / 64 is computed once for all of them
r[b] * (64 * g[b, j] - n[b, j] * S[b]) / 64     4
"""

from __future__ import annotations

from collections.abc import Set

import sympy
from sympy import Expr

from bpgen.algebra.expressions import Access, free_indices
from bpgen.algebra.index import Index


def innermost(expression: Expr, whole: Set[Index]) -> int:
    """How many operations have a result that depends on all these indices."""
    if expression.is_Atom or isinstance(expression, Access) or not whole <= set(free_indices(expression)):
        return 0
    if not isinstance(expression, sympy.Add | sympy.Mul):
        return 1 + sum(innermost(argument, whole) for argument in expression.args)
    parts = [part for part in expression.args if part != -1 or isinstance(expression, sympy.Add)]
    if isinstance(expression, sympy.Mul):  # a division is one operation, as a multiplication is
        parts = [1 / part if part.as_base_exp()[1].is_negative else part for part in parts]
    inner = sum(whole <= set(free_indices(part)) for part in parts)
    return sum(innermost(part, whole) for part in parts) + (inner - 1 + (inner < len(parts)) if inner else 1)
