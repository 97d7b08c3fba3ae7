"""Signs in products: where a minus sign stands best, and which factors have none."""

from __future__ import annotations

import sympy
from sympy import Expr, Integer

from bpgen.algebra.digits import remainder
from bpgen.algebra.index import Index, TensorName


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


def numbers_first(expression: Expr) -> Expr:
    """(p - 1)**2 -> (1 - p)**2, (y - p)/(p*(p - 1)) -> (p - y)/(p*(1 - p)): a number that is added is positive."""
    if not any(node.as_coeff_Add()[0].is_negative for node in expression.atoms(sympy.Add)):
        return expression
    result: Expr = expression.replace(sympy.Mul, _numbers_first).replace(sympy.Pow, _even)
    return result


def _even(base: Expr, exponent: Expr) -> Expr:
    turn = exponent.is_even and _subtracts_number(base)
    return sympy.Pow(-base if turn else base, exponent)


def _numbers_first(*factors: Expr) -> Expr:
    """A product with the signs of two factors turned, or of one and the whole: 2 (p - 1) (y - p), -(p - 1) (y + p)."""
    odd = [factor for factor in factors if factor.as_base_exp()[1].is_odd]
    turned = [factor for factor in odd if _subtracts_number(factor.as_base_exp()[0])]
    negative = sympy.Mul(*factors).as_coeff_Mul()[0].is_negative
    if len(turned) % 2 and not negative:
        other = next((factor for factor in odd if factor not in turned and _is_difference(factor)), None)
        turned = turned[:-1] if other is None else [*turned, other]
    sign = (-1) ** len(turned)
    return sympy.Mul(sign, *(_turn(factor) if factor in turned else factor for factor in factors))


def _turn(factor: Expr) -> Expr:
    base, exponent = factor.as_base_exp()
    return sympy.Add(*(-term for term in base.args)) ** exponent


def _subtracts_number(base: Expr) -> bool:
    """Whether it is a sum with a negative number and a positive term: p - 1"""
    if not isinstance(base, sympy.Add) or not base.as_coeff_Add()[0].is_negative:
        return False
    return not any(term.could_extract_minus_sign() for term in base.args if not term.is_number)


def _is_difference(factor: Expr) -> bool:
    base = factor.as_base_exp()[0]
    if not isinstance(base, sympy.Add) or base.as_coeff_Add()[0] != 0:
        return False
    negative = [bool(term.could_extract_minus_sign()) for term in base.args]
    return any(negative) and not all(negative)


def is_undecided(difference: Expr) -> bool:
    """Whether it may be of either sign, and 0, for all that is known: z, p - q, p - label[b].

    Only what is plainly so, for most brackets are, and SymPy, which finds no more in it, searches long.
    """
    signs, coefficients, whole, real = set(), [], True, False
    for term in sympy.Add.make_args(difference):
        coefficient, atom = term.as_coeff_Mul()
        whole = whole and coefficient.is_Integer
        if atom == 1:
            continue
        tensor = atom.args[0] if atom.args else None
        if isinstance(tensor, TensorName) and not tensor.is_nonnegative:
            signs |= {True, False}
            real = real or not tensor.is_integer
        elif isinstance(tensor, TensorName) or isinstance(atom, Index | remainder):
            signs.add(bool(coefficient > 0))
        else:
            return False
        coefficients.append(abs(coefficient))
    # 2 p - 2 q + 1 is never 0
    return len(signs) == 2 and (real or (whole and 1 in coefficients))
