"""Folding in part of a range: what a tensor holds where a factor beside it is not 0.

    i[j] = sigmoid(v[j]) for j < 128, v has 512 elements:
    d.i[m] * sigmoid(v[m]) * (1 - sigmoid(v[m]))  ->  d.i[m] * i[m] * (1 - i[m])

An access outside of its tensor is 0, so that what it is multiplied by counts inside only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import sympy
from sympy import Expr

from bpgen.algebra.expressions import Access
from bpgen.derive.contract import may_be_undefined
from bpgen.derive.unify import Within

# What holds an expression, and the tensor's name, where some index expressions are known to lie within a range.
Held = Callable[[Expr, Within], tuple[Expr, str] | None]


def fold_beside(expression: Expr, foldable: Callable[[Expr], Iterable[Expr]], held: Held) -> tuple[Expr, list[str]]:
    """The expression with the products folded that have an access which may be outside; and the tensors used."""
    used: list[str] = []

    def product(*factors: Expr) -> Expr:
        node = sympy.Mul(*factors)
        beside = [factor for factor in factors if isinstance(factor, Access) and not factor.is_inside]
        within = frozenset(pair for access in beside for pair in zip(access.indices, _extents(access), strict=True))
        folded = {part: found for part in foldable(node) if (found := held(part, within)) is not None}
        result: Expr = node.xreplace({part: value for part, (value, _) in folded.items()})
        if not folded or may_be_undefined(result):
            return node
        used.extend(name for _, name in folded.values())
        return result

    if all(access.is_inside for access in expression.atoms(Access)):
        return expression, used
    return expression.replace(sympy.Mul, product), used


def _extents(access: Access) -> tuple[Expr, ...]:
    extents: tuple[Expr, ...] = access.args[0].extents
    return extents
