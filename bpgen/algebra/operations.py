"""Counting the arithmetic of equations as they are written, for all elements, exactly.

An operation is an addition, a subtraction, a multiplication, a division, a comparison, a choice or the call of a
function.  A sum, product or maximum of n terms counts n; terms that are 0 for where they stand are left out.  What
depends on sizes and indices alone is known beforehand and counts nothing, as does copying; and a reduction that does
not depend on some index is computed once for all of its values.
"""

from __future__ import annotations

import sympy
from sympy import Expr

from bpgen.algebra.expressions import Access, Reduction
from bpgen.algebra.functions import Bracket, stop, where
from bpgen.algebra.polynomial import Polynomial, product
from bpgen.algebra.system import Equation
from bpgen.algebra.terms import count_terms, without_places

ZERO = Polynomial()


def operations(equation: Equation) -> Polynomial:
    """The operations of one evaluation of a tensor."""
    total = product(equation.tensor.shape) * _whole(_once(equation.rhs))
    for reduction in equation.rhs.atoms(Reduction):
        if not reduction.has(Access):
            continue
        total += count_terms(reduction) * _whole(1 + _once(without_places(reduction)))
    return total


def _whole(number: int) -> Polynomial:
    return Polynomial((number,)) if number else ZERO


def _once(expression: Expr) -> int:
    """Operations for one element, beside those of its reductions."""
    if expression.is_Atom or isinstance(expression, Access | Reduction) or not expression.has(Access):
        return 0
    if isinstance(expression, sympy.Add):
        terms = [term for term in expression.args if term.has(Access)]  # the others are known: they make one
        known = int(len(terms) < len(expression.args))
        signs = [_has_minus(term) for term in terms]
        below = sum(_once(-term if minus else term) for term, minus in zip(terms, signs, strict=True))
        return below + len(terms) + known - 1 + int(all(signs) and not known)
    if isinstance(expression, sympy.Mul):
        return _product(expression)
    if isinstance(expression, where) and not expression.args[0].has(Access):
        return max(_once(branch) for branch in expression.args[1:])
    below = sum(_once(argument) for argument in expression.args)
    if isinstance(expression, sympy.Pow):
        return below + _power(expression.args[1])
    return below if isinstance(expression, stop) else below + 1


def _has_minus(term: Expr) -> bool:
    return bool(term.as_coeff_Mul()[0].is_negative)


def _product(expression: Expr) -> int:
    """Factors above and below one division; numbers that are known beforehand make one factor."""
    above, below, known, total = 0, 0, False, 0
    for factor in expression.args:
        if not factor.has(Access):
            known = known or not (factor in (1, -1) or isinstance(factor, Bracket))
        elif isinstance(factor, sympy.Pow) and bool(factor.args[1].could_extract_minus_sign()):
            below += 1
            total += _once(1 / factor)
        else:
            above += 1
            total += _once(factor)
    above += int(known)
    minus = bool(expression.args[0] == -1)
    return total + max(above - 1, 0) + below + int(minus)


def _power(exponent: Expr) -> int:
    """x**5 is square(square(x)) * x; a root, or any other power, is the call of a function."""
    if not exponent.is_number:
        return 1
    size, divided = abs(exponent), int(bool(exponent.is_negative))
    if not size.is_Integer:
        return 1 + divided
    return int(size).bit_length() - 1 + bin(int(size)).count("1") - 1 + divided
