"""The brute-force evaluator, against values worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sympy

from bpgen.algebra.errors import InternalError
from bpgen.algebra.evaluate import evaluate, evaluate_expression
from bpgen.algebra.expressions import Reduction
from bpgen.algebra.functions import (
    FUNCTIONS,
    absolute,
    equal,
    greater,
    greater_equal,
    maximum,
    minimum,
    sign,
    stop,
    where,
)
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.system import Equation, Tensor

b, i = Index("b", BATCH), Index("i", 3)
X = Tensor("x", (b, i))
LABEL = Tensor("label", (b,), dtype="int32", classes=3)
A = Tensor("a", ())
a = A[()]
VALUES = {"x": np.array([[1.0, -2, 4], [0.5, 4, 4]]), "label": np.array([2, 0])}


def at(expression, **values):
    return evaluate_expression(expression, {}, values)


CASES = [
    (a**2 - 3 * a + sympy.Rational(1, 2), 2.0, -1.5),
    (1 / a, 4.0, 0.25),
    (1 / a, 0.0, math.inf),
    (sympy.sqrt(a), 9.0, 3.0),
    (sympy.log(a), 0.0, -math.inf),
    (sympy.exp(a), 1e4, math.inf),
    (sympy.sinh(a), -1e4, -math.inf),
    (sympy.cosh(a), -1e4, math.inf),
    (a**3, -1e150, -math.inf),
    (a**4, -1e150, math.inf),
    (a**3, -2.0, -8.0),
    (sympy.sin(a), 0.5, math.sin(0.5)),
    (sympy.sin(a), math.inf, math.nan),
    (sympy.tan(a), -math.inf, math.nan),
    (sympy.pi * a, 1.0, math.pi),
    (sympy.erf(a), 0.5, 0.5204998778130465),
    (sympy.tanh(a), 0.5, 0.46211715726000975),
    (FUNCTIONS["sigmoid"](a), -800.0, 0.0),
    (FUNCTIONS["sigmoid"](a), math.log(3), 0.75),
    (FUNCTIONS["softplus"](a), 800.0, 800.0),
    (FUNCTIONS["softplus"](a), 0.0, math.log(2)),
    (FUNCTIONS["log1p"](a), 1e-18, 1e-18),
    (FUNCTIONS["expm1"](a), 1e-18, 1e-18),
    (sign(a), -3.0, -1.0),
    (sign(a), 0.0, 0.0),
    (absolute(a), -3.0, 3.0),
    (stop(a), 5.0, 5.0),
    (maximum(a, 1) + 10 * minimum(a, 1), 3.0, 13.0),
    (greater(a, 1) + 10 * greater_equal(a, 1) + 100 * equal(a, 1), 1.0, 110.0),
    (where(greater(a, 0), sympy.log(a), 7), -1.0, 7.0),
]


@pytest.mark.parametrize(("expression", "value", "expected"), CASES)
def test_scalar(expression, value, expected):
    assert at(expression, a=value) == pytest.approx(expected, rel=1e-14, abs=1e-300, nan_ok=True)


def test_only_the_chosen_branch_counts():
    # The sine of infinity would be no number.
    assert at(where(equal(a, 0), 1, sympy.sin(1 / a) * a), a=0.0) == 1


@pytest.mark.parametrize(
    ("op", "expected"), [("sum", [3, 8.5]), ("prod", [-8, 8]), ("max", [4, 4]), ("argmax", [2, 1])]
)
def test_reduction(op, expected):
    tensor = Tensor("r", (b,))
    found = evaluate([Equation(tensor, (b,), Reduction(op, X[b, i], i))], VALUES, 2)
    np.testing.assert_array_equal(found["r"], expected)


def test_outside_a_tensor_it_reads_zero():
    tensor = Tensor("r", (b, i))
    found = evaluate([Equation(tensor, (b, i), X[b, i - 1] + 10 * X[b, 2 * i])], VALUES, 2)
    np.testing.assert_array_equal(found["r"], [[10, 41, -2], [5, 40.5, 4]])


def test_labels_point_into_a_tensor():
    tensor = Tensor("r", (b,))
    found = evaluate([Equation(tensor, (b,), X[b, LABEL[b]])], VALUES, 2)
    np.testing.assert_array_equal(found["r"], [4, 0.5])


def test_nested_reductions_and_later_equations():
    total, scaled = Tensor("total", ()), Tensor("scaled", (b, i))
    equations = [
        Equation(total, (), Reduction("sum", Reduction("max", X[b, i], i) * BATCH, b)),
        Equation(scaled, (b, i), X[b, i] / total[()]),
    ]
    found = evaluate(equations, VALUES, 2)
    assert found["total"] == 16
    np.testing.assert_array_equal(found["scaled"], VALUES["x"] / 16)


def test_missing_tensor_is_named():
    with pytest.raises(InternalError, match="no value for tensor x"):
        evaluate([Equation(Tensor("r", (b,)), (b,), X[b, 0])], {}, 1)
