"""Quotients and remainders of indices: how one axis is read as several, and several as one.

flatten: y[b, j] = x[b, j // 6, j // 3 % 2, j % 3]        heads: q[b, h*D + d], whose adjoint reads e // D and e % D
"""

from __future__ import annotations

import sympy
from sympy import Add, Expr, Function, Integer

from bpgen.algebra.index import BATCH, Index

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
        nested = _nested(expression)
        if nested is not None:  # (a + b // n) // m -> (n a + b) // (n m)
            inner, below = nested.args
            return quotient(below * (expression - nested) + inner, below * divisor)
        whole, rest = _divided(expression, divisor)
        if _is_digit(rest, divisor):
            return whole
        scaled = _scaled(rest, divisor)
        if scaled is not None:  # (8 h + d) // 16 -> h // 2, for d in 0 ... 7
            step, high, _ = scaled
            return whole + quotient(high, divisor / step)
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
        scaled = _scaled(rest, divisor)
        if scaled is not None:  # (8 h + d) % 16 -> 8 (h % 2) + d, for d in 0 ... 7
            step, high, low = scaled
            return step * remainder(high, divisor / step) + low
        return remainder(rest, divisor) if whole != 0 else None


def _nested(expression: Expr) -> Expr | None:
    """The one quotient among the terms of a sum of indices."""
    terms = Add.make_args(expression)
    found = [term for term in terms if isinstance(term, quotient)]
    rest = [term for term in terms if not isinstance(term, quotient)]
    return found[0] if len(found) == 1 and any(not term.is_Integer for term in rest) else None


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


def _scaled(expression: Expr, divisor: Expr) -> tuple[Expr, Expr, Expr] | None:
    """(g, h, l) with expression = g * h + l, where g > 1 divides the divisor and l is a digit below g."""
    terms = Add.make_args(expression)
    steps = {sympy.igcd(term.as_coeff_Mul()[0], divisor) for term in terms if term.as_coeff_Mul()[0].is_Integer}
    for step in sorted(steps - {1, divisor}):
        high = [term for term in terms if term.as_coeff_Mul()[0] % step == 0]
        low = Add(*(term for term in terms if term not in high))
        if _is_digit(low, step):
            return Integer(step), Add(*(term / step for term in high)), low
    return None


def _is_digit(expression: Expr, divisor: Expr) -> bool:
    low, high = index_range(expression)
    return low is not None and high is not None and low >= 0 and high < int(divisor)


def index_range(expression: Expr) -> Range:
    """The least and the greatest value of an index expression; None where there is none, or it is not known.

    The batch has no known end.  Exact for affine expressions; else bounds.
    """
    low, high = _ends(expression)
    # p * B + q with B = 1, 2, ...
    least = sum(low) if low is not None and low[0] >= 0 else None
    most = sum(high) if high is not None and high[0] <= 0 else None
    return least, most


# An end of a range is p * B + q for the batch size B.
End = tuple[int, int] | None


def _ends(expression: Expr) -> tuple[End, End]:
    match expression:
        case sympy.Integer():
            return (0, int(expression)), (0, int(expression))
        case Index():
            batch = expression.extent == BATCH
            known = batch or expression.extent.is_Integer
            return (0, 0), ((1, -1) if batch else (0, int(expression.extent) - 1)) if known else None
        case remainder():
            low, high = index_range(expression.args[0])
            most = int(expression.args[1]) - 1
            inside = low is not None and high is not None and low >= 0 and high <= most
            return _constant(low if inside else 0), _constant(high if inside else most)
        case quotient():
            low, high = index_range(expression.args[0])
            divisor = int(expression.args[1])
            return _constant(None if low is None else low // divisor), _constant(
                None if high is None else high // divisor
            )
        case Add():
            ranges = [_ends(term) for term in expression.args]
            return _sum([low for low, _ in ranges]), _sum([high for _, high in ranges])
        case sympy.Mul():
            coefficient, factor = expression.as_coeff_Mul()
            if coefficient.is_Integer and coefficient != 1:
                ends = [
                    None if end is None else (int(coefficient * end[0]), int(coefficient * end[1]))
                    for end in _ends(factor)
                ]
                low_end, high_end = ends if coefficient > 0 else ends[::-1]
                return low_end, high_end
    if expression == BATCH:
        return (1, 0), (1, 0)
    return None, None


def _constant(end: int | None) -> End:
    return None if end is None else (0, end)


def _sum(ends: list[End]) -> End:
    known = [end for end in ends if end is not None]
    return (sum(p for p, _ in known), sum(q for _, q in known)) if len(known) == len(ends) else None


def lies_within(expression: Expr, extent: Expr) -> bool:
    """Whether an index expression is known to lie in 0 ... extent - 1."""
    if isinstance(expression, Index) and expression.extent == extent:
        return True
    low, most = index_range(expression)[0], index_range(expression - extent)[1]
    return low is not None and low >= 0 and most is not None and most < 0


def lies_beyond(expression: Expr, extent: Expr) -> bool:
    """Whether an index expression is known to lie outside of 0 ... extent - 1."""
    most, low = index_range(expression)[1], index_range(expression - extent)[0]
    return (most is not None and most < 0) or (low is not None and low >= 0)


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
