"""Quotients and remainders of indices: how one axis is read as several, and several as one.

flatten: y[b, j] = x[b, j // 6, j // 3 % 2, j % 3]        heads: q[b, h*D + d], whose adjoint reads e // D and e % D
"""

from __future__ import annotations

import sympy
from sympy import Add, Expr, Function, Integer

from bpgen.algebra.index import Index

Range = tuple[int | None, int | None]


class _Digit(Function):  # type: ignore[misc]
    nargs = 2
    is_integer = True
    is_real = True
    is_commutative = True

    def fdiff(self, argindex: int = 1) -> Expr:
        return sympy.S.Zero


class quotient(_Digit):
    """floor(expression / divisor), for a positive integer divisor."""

    @classmethod
    def eval(cls, expression: Expr, divisor: Expr) -> Expr | None:
        if divisor == 1:
            return expression
        if isinstance(expression, quotient):  # e // m // n -> e // (m * n)
            return quotient(expression.args[0], expression.args[1] * divisor)
        if isinstance(expression, remainder) and (expression.args[1] % divisor) == 0:  # e % (m n) // n -> e // n % m
            return remainder(quotient(expression.args[0], divisor), expression.args[1] / divisor)
        whole, rest = _divided(expression, divisor)
        if _is_digit(rest, divisor):
            return whole
        return whole + quotient(rest, divisor) if whole != 0 else None

    def _eval_is_nonnegative(self) -> bool | None:
        known: bool | None = self.args[0].is_nonnegative
        return known


class remainder(_Digit):
    """expression - divisor * floor(expression / divisor), in 0 ... divisor - 1."""

    is_nonnegative = True

    @classmethod
    def eval(cls, expression: Expr, divisor: Expr) -> Expr | None:
        if divisor == 1:
            return Integer(0)
        if isinstance(expression, remainder) and (expression.args[1] % divisor) == 0:  # e % (m n) % n -> e % n
            return remainder(expression.args[0], divisor)
        whole, rest = _divided(expression, divisor)
        if _is_digit(rest, divisor):
            return rest
        return remainder(rest, divisor) if whole != 0 else None


def _divided(expression: Expr, divisor: Expr) -> tuple[Expr, Expr]:
    """(a, r) with expression = divisor * a + r, term by term."""
    whole, rest = [], []
    for term in Add.make_args(sympy.expand(expression)):
        coefficient, factor = term.as_coeff_Mul()
        if factor == 1:  # a number: 7 = 3 * 2 + 1
            whole.append(coefficient // divisor)
            rest.append(coefficient % divisor)
        elif coefficient.is_Integer and coefficient % divisor == 0:
            whole.append(coefficient / divisor * factor)
        else:
            rest.append(term)
    return Add(*whole), Add(*rest)


def _is_digit(expression: Expr, divisor: Expr) -> bool:
    low, high = index_range(expression)
    return low is not None and high is not None and low >= 0 and high < int(divisor)


def index_range(expression: Expr) -> Range:
    """The least and the greatest value of an index expression; None where there is none, or it is not known.

    The batch has no known end.  Exact for affine expressions; else bounds.
    """
    match expression:
        case sympy.Integer():
            return int(expression), int(expression)
        case Index():
            return 0, int(expression.extent) - 1 if expression.extent.is_Integer else None
        case remainder():
            low, high = index_range(expression.args[0])
            most = int(expression.args[1]) - 1
            inside = low is not None and high is not None and low >= 0 and high <= most
            return (low, high) if inside else (0, most)
        case quotient():
            low, high = index_range(expression.args[0])
            divisor = int(expression.args[1])
            return None if low is None else low // divisor, None if high is None else high // divisor
        case Add():
            return _sum([index_range(term) for term in expression.args])
        case sympy.Mul():
            coefficient, factor = expression.as_coeff_Mul()
            if coefficient.is_Integer:
                ends = [None if end is None else int(coefficient) * end for end in index_range(factor)]
                low, high = ends if coefficient > 0 else ends[::-1]
                return low, high
    return None, None


def _sum(ranges: list[Range]) -> Range:
    lows, highs = [low for low, _ in ranges], [high for _, high in ranges]
    low = None if None in lows else sum(end for end in lows if end is not None)
    high = None if None in highs else sum(end for end in highs if end is not None)
    return low, high


def join_digits(expression: Expr) -> Expr:
    """n * (e // n) + e % n -> e, also with multiples: k n (e // n) + k (e % n) -> k e"""
    terms = list(Add.make_args(sympy.expand(expression)))
    for term in terms:
        factor, digit = term.as_coeff_Mul()
        if isinstance(digit, remainder):
            value, divisor = digit.args
            # The higher digit is a quotient, or a remainder of one: e // n % m.
            for other in terms:
                multiple, high = other.as_coeff_Mul()
                if multiple == factor * divisor and _is_above(high, value, divisor):
                    rest = [t for t in terms if t is not term and t is not other]
                    whole = value
                    if isinstance(high, remainder):
                        whole = remainder(value, divisor * high.args[1])
                    return join_digits(Add(*rest, factor * whole))
    return Add(*terms)


def _is_above(high: Expr, value: Expr, divisor: Expr) -> bool:
    """Whether high is the digit above value % divisor."""
    if isinstance(high, remainder):
        high = high.args[0]
    return bool(high == quotient(value, divisor))
