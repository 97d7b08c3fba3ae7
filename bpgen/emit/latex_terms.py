"""Products, fractions, numbers and conditions as formulas: what index and matrix notation share."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import sympy
from sympy import Expr, Integer, Rational

from bpgen.algebra import functions
from bpgen.algebra.expressions import Reduction
from bpgen.algebra.index import BATCH
from bpgen.algebra.order import without_sign
from bpgen.emit.latex_layout import ATOM, POWER, PRODUCT, SUM, Break, Formula, atom, bracketed, concatenate, held

# A quotient wider than this (em) is written so that it can be broken.
UNBROKEN_WIDTH = 28.0

_RELATIONS: dict[Any, tuple[str, str, str]] = {  # as it stands, with its sides exchanged, negated
    functions.greater: (">", "<", r"\le"),
    functions.greater_equal: (r"\ge", r"\le", "<"),
    functions.equal: ("=", "=", r"\ne"),
}
_EXCHANGED = {">": "<", "<": ">", r"\ge": r"\le", r"\le": r"\ge", "=": "=", r"\ne": r"\ne"}


def juxtaposed(formulas: Sequence[Formula]) -> Formula:
    """Factors side by side; a line may be broken before one in brackets."""
    pieces: list[Formula | Break | str] = [formulas[0]]
    for before, factor in pairwise(formulas):
        digits = before.text[-1:].isdigit() and factor.text[:1].isdigit()
        pieces += [Break(1, r"{}\times "), r" \cdot " if digits else r"\,", factor]
    return concatenate(*pieces, tight=PRODUCT, trailing=formulas[-1].trailing)


def fraction(top: Formula, bottom: Formula) -> Formula:
    if max(top.width, bottom.width) > UNBROKEN_WIDTH:
        return concatenate(held(top, PRODUCT), Break(1, "{}"), r" \big/ ", held(bottom, ATOM), tight=PRODUCT)
    height = 3 if max(top.height, bottom.height) >= 2 else 2
    return atom(rf"\frac{{{top.text}}}{{{bottom.text}}}", height, PRODUCT)


def applied(name: str, arguments: Sequence[Formula]) -> Formula:
    inside: list[Formula | Break | str] = [arguments[0]]
    for argument in arguments[1:]:
        inside += [", ", Break(0), argument]
    return concatenate(name, bracketed(concatenate(*inside, tight=SUM)), tight=ATOM)


def number(value: Expr) -> Formula:
    """An exact number: a fraction of small numbers, a power of ten, or a decimal where it ends."""
    if value.is_Integer:
        return atom(plain_number(value), tight=SUM if value < 0 else ATOM)
    if value < 0:
        return concatenate("-", number(-value), tight=SUM)
    decimal = _decimal(value)
    if decimal is not None and _reads_as_decimal(value):
        return atom(decimal, tight=PRODUCT if "\\cdot" in decimal else POWER if "^" in decimal else ATOM)
    return fraction(atom(str(value.p)), atom(str(value.q)))


def _reads_as_decimal(value: Rational) -> bool:
    """0.05 and 0.1, but 1/8 and 1/64: halves of halves come from sizes."""
    denominator = int(value.q)
    return denominator == 10 or (denominator > 16 and denominator & (denominator - 1) != 0)


def plain_number(value: Expr) -> str:
    """An exact number on one line, as exponents want it."""
    text = str(value)
    return text if value.is_Integer else f"{value.p}/{value.q}"


def _decimal(value: Rational) -> str | None:
    """0.044715, 10^{-8}, 3 \\cdot 10^{-4}; None for a fraction that does not end."""
    rest = int(value.q)
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1:
        return None
    places = next(n for n in range(1, 400) if (value * 10**n).is_Integer)
    digits = str(int(value * 10**places))
    if len(digits) > 12:
        return None
    if len(digits) <= places - 3:  # 0.001 and smaller as powers of ten
        exponent = len(digits) - 1 - places
        mantissa = digits[0] + ("." + digits[1:] if digits[1:] else "")
        return rf"10^{{{exponent}}}" if mantissa == "1" else rf"{mantissa} \cdot 10^{{{exponent}}}"
    digits = digits.rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}"


def split_product(node: Expr) -> tuple[bool, list[Expr], list[Expr]]:
    """(negative, factors above, factors below the line) of a product."""
    node = without_sign(node)
    coefficient, rest = node.as_coeff_Mul()
    negative = bool(coefficient < 0)
    coefficient = abs(coefficient)
    coefficient, factors = _joined_numbers(coefficient, rest)
    above, below = [], []
    if coefficient != 1:
        decimal = coefficient.is_Rational and _decimal(coefficient) is not None and _reads_as_decimal(coefficient)
        decimal = decimal and not (coefficient.p == 1 and BATCH**-1 in factors)  # a mean: 1/(20 B)
        above += [coefficient if decimal else Integer(coefficient.p)] if decimal or coefficient.p != 1 else []
        below += [Integer(coefficient.q)] if not decimal and coefficient.q != 1 else []
    for factor in factors:
        if isinstance(factor, sympy.Pow) and factor.exp.is_Rational and factor.exp < 0:
            below.append(sympy.Pow(factor.base, -factor.exp))
        elif factor != 1:
            above.append(factor)
    return negative, *_joined_roots(*_without_double_root(above, below))


def _joined_numbers(coefficient: Expr, rest: Expr) -> tuple[Expr, list[Expr]]:
    """a * (2 * b), as the chain rule has it, is 2 * a * b."""
    factors: list[Expr] = []
    for factor in sympy.Mul.make_args(rest):
        number, others = factor.as_coeff_Mul()
        if isinstance(factor, sympy.Mul) and number > 0:
            number, inner = _joined_numbers(number, others)
            coefficient, factors = coefficient * number, [*factors, *inner]
        else:
            factors.append(factor)
    return coefficient, factors


def _without_double_root(above: list[Expr], below: list[Expr]) -> tuple[list[Expr], list[Expr]]:
    """sqrt(2)/2 is 1/sqrt(2)."""
    for root in above:
        if isinstance(root, sympy.Pow) and root.exp == Rational(1, 2) and root.base.is_Integer:
            for divisor in below:
                if divisor.is_Integer and divisor % root.base == 0:
                    rest = [factor for factor in below if factor != divisor]
                    quotient = divisor / root.base
                    return [f for f in above if f != root], [*([quotient] if quotient != 1 else []), root, *rest]
    return above, below


def _joined_roots(above: list[Expr], below: list[Expr]) -> tuple[list[Expr], list[Expr]]:
    """Roots of constants as one: sqrt(2) sqrt(pi) is sqrt(2 pi), sqrt(2)/sqrt(pi) is sqrt(2/pi)."""
    tops, bottoms = ([f for f in factors if _is_constant_root(f)] for factors in (above, below))
    if len(tops) + len(bottoms) < 2:
        return above, below
    ratio = sympy.Mul(*(root.base for root in tops)) / sympy.Mul(*(root.base for root in bottoms))
    joined = sympy.Pow(ratio if tops else 1 / ratio, Rational(1, 2), evaluate=False)
    above = [f for f in above if f not in tops] + ([joined] if tops else [])
    below = [f for f in below if f not in bottoms] + ([] if tops else [joined])
    return above, below


def _is_constant_root(factor: Expr) -> bool:
    return isinstance(factor, sympy.Pow) and factor.exp == Rational(1, 2) and bool(factor.base.is_number)


def negated_bracket(node: Expr) -> Expr | None:
    """The bracket c of 1 - c, or None."""
    if isinstance(node, sympy.Add) and len(node.args) == 2 and Integer(1) in node.args:
        other = -(node - 1)
        if isinstance(other, functions.Bracket):
            return other
    return None


def relation_of(node: Expr, negated: bool = False) -> tuple[Expr, Expr, str]:
    """(left, right, sign) of a bracket's condition; a number stands on the right."""
    left, right = node.args
    straight, _, opposite = _RELATIONS[type(node)]
    sign = opposite if negated else straight
    if left.is_number and not right.is_number:
        return right, left, _EXCHANGED[sign]
    return left, right, sign


def is_condition(node: Expr) -> bool:
    return isinstance(node, functions.Bracket) or negated_bracket(node) is not None


def split_sign(term: Expr) -> tuple[bool, Expr]:
    """(negative, the term without its sign); the sign of a sum's body leaves the sum."""
    if term.as_coeff_Mul()[0] < 0:
        return True, -term
    if isinstance(term, Reduction) and term.op == "sum" and term.body.as_coeff_Mul()[0] < 0:
        return True, Reduction("sum", -term.body, *term.bound)
    return False, term


def is_negative(term: Expr) -> bool:
    return split_sign(term)[0]
