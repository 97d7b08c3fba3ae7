"""Signs in products: where a minus sign stands best, and which factors have none."""

from __future__ import annotations

import sympy
from sympy import Expr, Integer


def split_positive(product: Expr) -> tuple[Expr, Expr]:
    """The factors that are known to be positive, numbers aside, and the others."""
    if not isinstance(product, sympy.Mul):
        return Integer(1), product
    positive = [factor for factor in product.args if factor.is_positive and not factor.is_number]
    if not positive:
        return Integer(1), product
    return sympy.Mul(*positive), sympy.Mul(*(factor for factor in product.args if factor not in positive))


def settle_signs(expression: Expr) -> Expr:
    """-(a - b) -> b - a, at every level."""
    if expression.is_Atom:
        return expression
    expression = expression.func(*(settle_signs(argument) for argument in expression.args))
    if not isinstance(expression, sympy.Mul) or not expression.as_coeff_Mul()[0].is_negative:
        return expression
    for factor in expression.args:
        if isinstance(factor, sympy.Add) and any(term.could_extract_minus_sign() for term in factor.args):
            rest = -expression / factor
            return rest * sympy.Add(*(-term for term in factor.args))
    return expression
