"""Factors of a polynomial that is linear in one of its symbols, as most are: two greatest common divisors.

    a v + b, with v in neither a nor b, is g (a/g v + b/g) for g = gcd(a, b), and no factor but g has no v

`sympy.factor` looks for factors in all symbols at once, which takes seconds for a few dozen terms in twenty symbols.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import sympy
from sympy import Expr, Integer
from sympy.polys.rings import PolyElement, sring

Terms = dict[tuple[int, ...], Any]


def factor(expression: Expr) -> Expr:
    """The expression as `sympy.factor` has it: over one denominator, and both as products."""
    divided = any(power.exp.is_negative for power in expression.atoms(sympy.Pow))
    numerator, denominator = sympy.fraction(sympy.together(expression)) if divided else (expression, Integer(1))
    above, below = _factors(sympy.expand(numerator)), _factors(sympy.expand(denominator))
    number, product = above[0] / below[0], above[1] / below[1]
    whole = isinstance(product, sympy.Add) and abs(number) != 1  # SymPy would multiply it out
    return sympy.Mul(number, product, evaluate=not whole)


def _factors(polynomial: Expr) -> tuple[Expr, Expr]:
    """A number, and the product of the other factors."""
    found = None
    if isinstance(polynomial, sympy.Add):
        _, (element,) = sring([polynomial])
        domain = element.ring.domain
        if domain.is_ZZ or domain.is_QQ:
            common, whole = element.clear_denoms()
            found = _product(whole.set_ring(element.ring.clone(domain=sympy.ZZ)))
        if found is not None:
            return found[0] / domain.to_sympy(common), found[1]
        polynomial = sympy.factor(polynomial)
    number, product = polynomial.as_coeff_Mul()
    return number, product


def _product(polynomial: PolyElement) -> tuple[Expr, Expr] | None:
    """The number, and the powers of symbols and other factors; None where no symbol is linear."""
    content, primitive = polynomial.primitive()
    if primitive.LC < 0:
        content, primitive = -content, -primitive
    number = primitive.ring.domain.to_sympy(content)
    powers = [min(exponents) for exponents in zip(*primitive, strict=True)]
    outside = sympy.Mul(*map(sympy.Pow, primitive.ring.symbols, powers))
    rest = _of(primitive, {_less(monomial, powers): number for monomial, number in primitive.items()})
    if len(rest) == 1:
        return number, outside
    linear = [n for n, degree in enumerate(rest.degrees()) if degree == 1]
    if not linear:
        return None
    place = min(linear, key=lambda n: sum(monomial[n] for monomial in rest))
    above = _of(rest, {_without(m, place): number for m, number in rest.items() if m[place]})
    shared = _shared(above, _of(rest, {m: number for m, number in rest.items() if not m[place]}))
    if shared.is_ground:
        return number, outside * rest.as_expr()
    inner = _product(shared)
    return None if inner is None else (number * inner[0], outside * inner[1] * rest.exquo(shared).as_expr())


def _shared(first: PolyElement, second: PolyElement) -> PolyElement:
    """The greatest common divisor.

    It has the symbols of the first alone, so that it divides what stands beside each product of others in the second.
    """
    degrees = first.degrees()
    beside: dict[tuple[int, ...], Terms] = {}
    for monomial, number in second.items():
        others = tuple(0 if degree else power for power, degree in zip(monomial, degrees, strict=True))
        beside.setdefault(others, {})[_less(monomial, others)] = number
    parts = sorted((_of(first, terms) for terms in beside.values()), key=len)
    return reduce(lambda found, part: found if found.is_ground else found.gcd(part), parts, first)


def _of(like: PolyElement, terms: Terms) -> PolyElement:
    return like.ring.from_dict(terms)


def _less(monomial: tuple[int, ...], powers: Any) -> tuple[int, ...]:
    return tuple(power - less for power, less in zip(monomial, powers, strict=True))


def _without(monomial: tuple[int, ...], place: int) -> tuple[int, ...]:
    return (*monomial[:place], 0, *monomial[place + 1 :])
