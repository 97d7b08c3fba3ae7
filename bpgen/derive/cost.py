"""What a right-hand side costs: the measure by which equal forms are compared."""

from __future__ import annotations

from functools import lru_cache

import sympy
from sympy import Expr

from bpgen.algebra.digits import quotient, remainder
from bpgen.algebra.expressions import RECENT, Access, Reduction
from bpgen.algebra.functions import Bracket, RealFunction, maximum, minimum, sigmoid, stop, where
from bpgen.algebra.index import Index
from bpgen.algebra.order import common_coefficient, without_sign

DIVISION = 2
ROOT = 4
FUNCTION = 10  # exp, log, tanh and their like
REDUCTION = 30  # a pass over data, beside the operations of its body
CHEAP = (Bracket, where, maximum, minimum, quotient, remainder)


@lru_cache(maxsize=RECENT)
def cost(expression: Expr) -> int:
    """Operations for one element.  What depends on sizes alone is computed once and costs nothing."""
    if expression.is_Atom or isinstance(expression, Access):
        return 0
    if not expression.has(Access) and not expression.has(Index):
        return 0
    if isinstance(expression, Reduction):
        return REDUCTION + cost(expression.body) + 1
    if isinstance(expression, sympy.Add):
        common, rest = common_coefficient(expression)
        if common != 1:
            return cost(rest) + 1 + int(bool(common < 0))
        terms = expression.args
        negative = all(term.could_extract_minus_sign() for term in terms)
        return sum(_unsigned(term) for term in terms) + len(terms) - 1 + int(negative)
    if isinstance(expression, sympy.Mul):
        negative = expression.args[0].is_number and bool(expression.args[0].is_negative)
        return _product(expression) + int(negative and without_sign(expression) is expression)
    if isinstance(expression, sigmoid):  # 1/(1 + exp(-u)): the sign costs nothing
        return _unsigned(expression.args[0]) + FUNCTION
    below = sum(cost(argument) for argument in expression.args)
    if isinstance(expression, sympy.Pow):
        return below + _power(expression.args[1])
    if isinstance(expression, stop):
        return below
    if isinstance(expression, CHEAP):
        return below + 1
    if isinstance(expression, sympy.Function | RealFunction):
        return below + FUNCTION
    return below + 1


def _unsigned(term: Expr) -> int:
    return cost(-term) if term.could_extract_minus_sign() else cost(term)


def _product(expression: Expr) -> int:
    numerator, denominator, scalar, total = 0, 0, False, 0
    for factor in expression.args:
        if not factor.has(Access) and not factor.has(Index):
            scalar = scalar or factor not in (1, -1)
        elif isinstance(factor, sympy.Pow) and bool(factor.args[1].is_negative):
            denominator += 1
            total += cost(1 / factor)
        else:
            numerator += 1
            total += cost(factor)
    total += max(numerator + int(scalar) - 1, 0)
    if denominator:
        total += DIVISION + denominator - 1
    return total


def _power(exponent: Expr) -> int:
    if exponent.is_Integer:
        size = abs(int(exponent))
        return size.bit_length() - 1 + bin(size).count("1") - 1 + (DIVISION if exponent < 0 else 0)
    if exponent.is_Rational and exponent.q == 2:
        return ROOT + (DIVISION if exponent < 0 else 0)
    return FUNCTION


def reductions(expression: Expr) -> int:
    """How many distinct passes over data."""
    return len(expression.atoms(Reduction))
