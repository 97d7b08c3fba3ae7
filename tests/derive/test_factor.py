"""Factors of polynomials, against `sympy.factor`, which looks for them in another way."""

from __future__ import annotations

import random

import pytest
import sympy
from sympy import Integer, Rational

from bpgen.derive.factor import factor

SYMBOLS = sympy.symbols("a b c d e f", real=True)
a, b, c, d = SYMBOLS[:4]


def polynomial(choose: random.Random) -> sympy.Expr:
    """A product of sums of few terms, expanded; now and then over another one."""

    def one() -> sympy.Expr:
        terms = [
            choose.choice([-6, -2, -1, 1, 3, 4, Rational(1, 2)])
            * sympy.Mul(*(s ** choose.choice([0, 0, 1, 1, 2]) for s in choose.sample(SYMBOLS, 2)))
            for _ in range(choose.randint(1, 3))
        ]
        return sympy.Add(*terms) or Integer(1)

    above = sympy.expand(sympy.Mul(*(one() for _ in range(choose.randint(1, 3)))))
    return above / choose.choice([1, 1, 3, one(), a, b**2])


@pytest.mark.parametrize("seed", range(60))
def test_as_sympy_has_them(seed):
    expression = polynomial(random.Random(seed))
    found, expected = factor(expression), sympy.factor(expression)
    assert found == expected
    assert sympy.expand(sympy.together(found - expression)) == 0


@pytest.mark.parametrize(
    "expression, factored",
    [
        (a * c + a * d - b * c - b * d, (a - b) * (c + d)),
        (a * c**2 - a * d**2 + c - d, (c - d) * (a * c + a * d + 1)),
        (c**2 - d**2, (c - d) * (c + d)),  # linear in nothing
        (a**2 * c / 2 + a * c / 3, a * c * (3 * a + 2) / 6),
        (a**2 + 1, a**2 + 1),
        (Integer(0), Integer(0)),
        (a / b - 1 / b, (a - 1) / b),
    ],
)
def test_by_hand(expression, factored):
    assert factor(expression) == factored
