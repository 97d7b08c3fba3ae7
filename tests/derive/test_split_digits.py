"""Digits of an index are evaluated once each: the values are those at single points."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from bpgen.algebra.digits import quotient, remainder
from bpgen.algebra.expressions import Reduction
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.system import Equation, Tensor
from bpgen.derive.split_digits import split_digits
from bpgen.derive.values import Values

B, J = Index("b", BATCH), Index("j", 5)


@pytest.mark.parametrize(
    ("extent", "shift", "divisor", "digits"),
    [
        (12, 0, 4, 2), (12, -8, 4, 2), (12, 4, 4, 2), (24, 0, 4, 2),
        (12, 0, 5, 1), (12, -3, 4, 1), (4, 0, 4, 1), (1, 0, 2, 1),
    ],
)  # fmt: skip
@pytest.mark.parametrize("batch", [1, 2, 5])
def test_everywhere_is_what_it_is_at_points(extent, shift, divisor, digits, batch):
    f, p, x = Index("f", extent), Tensor("p", (B, Index("h", 3), J)), Tensor("x", (B, J, Index("f", extent)))
    body = p[B, quotient(f + shift, divisor), J] * x[B, J, f] + remainder(f, divisor)
    equation = Equation(Tensor("y", (B, f)), (B, f), Reduction("sum", body, J))
    generator = np.random.default_rng(extent + batch)
    values = Values(batch, {"p": generator.normal(size=(batch, 3, 5)), "x": generator.normal(size=(batch, 5, extent))})
    assert len(split_digits(equation).indices) == 1 + digits
    points = np.array(list(product(range(batch), range(extent)))).T
    expected = values.at(equation.rhs, {B: points[0], f: points[1]})
    found = values.everywhere(equation)
    assert found.shape == (batch, extent)
    np.testing.assert_allclose(found.ravel(), expected, rtol=1e-13)


def test_several_divisors_are_split_one_by_one():
    f = Index("f", 24)
    p = Tensor("p", (Index("h", 2), Index("i", 6)))
    equation = Equation(Tensor("y", (f,)), (f,), p[quotient(f, 12), quotient(f, 4)])
    split = split_digits(equation)
    assert [int(index.extent) for index in split.indices] == [2, 3, 4]
    values = Values(3, {"p": np.arange(12.0).reshape(2, 6)})
    expected = [values.tensors["p"][e // 12, e // 4] for e in range(24)]
    np.testing.assert_array_equal(values.everywhere(equation), expected)
