"""Signs that are known without a search, beside what SymPy finds in one and what values show."""

from __future__ import annotations

import itertools

import pytest
import sympy
from sympy import Integer, Rational

from bpgen.algebra.digits import remainder
from bpgen.algebra.index import Index
from bpgen.algebra.signs import is_undecided
from bpgen.algebra.slope import partial
from bpgen.algebra.split import result_tensor
from bpgen.algebra.system import Tensor

B, T = Index("b", 4), Index("t", 6)
Z, P = Tensor("z", (B, T)), Tensor("p", (B, T), positive=True)
LABEL = Tensor("label", (B,), dtype="int32", classes=5)
ANY = Tensor("any", (B,), dtype="int32", classes=5, ignored=-1)
TERMS = (Z.element, P.element, LABEL.element, ANY.element, B, T, remainder(T, Integer(4)))


def differences():
    numbers = (Integer(0), Integer(1), Rational(-1, 2))
    for one, other in itertools.product(TERMS, (*TERMS, Integer(0))):
        for coefficient, number in itertools.product((-2, -1, 1), numbers):
            yield one + coefficient * other + number
            yield 2 * (one + coefficient * other) + number


def test_what_is_undecided_is_so_for_sympy():
    found = [difference for difference in differences() if is_undecided(difference)]
    for difference in found:
        facts = difference.is_zero, difference.is_extended_positive, difference.is_extended_nonnegative
        assert facts == (None, None, None), difference
    for plain in (Z.element, B - T, B - LABEL.element, P.element - Z.element, ANY.element):
        assert plain in found
    for decided in (2 * (B - T) + 1, B - T - Rational(1, 2), B + LABEL.element + 1):
        assert decided not in found


@pytest.mark.parametrize("rhs", [
    Z.element + P.element, P.element + 1, Z.element**2 + 1, Z.element * P.element, sympy.exp(Z.element),
    P.element * (P.element + 2), Z.element - Z.element**2, 3 * Z.element, sympy.exp(Z.element) + Z.element**2,
    LABEL.element + P.element, Z.element - Z[T, B] + P.element,
])  # fmt: skip
def test_what_is_positive_is_so_for_sympy(rhs):
    assert result_tensor("y", (B, T), rhs).positive == bool(rhs.is_positive)


@pytest.mark.parametrize("function", [
    2 * (Z.element + P.element), Z.element * P.element * sympy.exp(Z.element), P.element / (1 + Z.element**2),
    sympy.tanh(Z.element * P.element) + 3, sympy.sqrt(P.element) * (Z.element - P.element) ** 3, P.element,
])  # fmt: skip
@pytest.mark.parametrize("access", [Z.element, P.element])
def test_partial_derivatives_are_those_of_sympy(function, access):
    mark = sympy.Dummy(positive=True) if access.is_positive else sympy.Dummy(real=True)
    assert partial(function, access) == function.xreplace({access: mark}).diff(mark).xreplace({mark: access})
