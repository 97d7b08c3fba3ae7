"""What is printed is read back as the same equation, whatever the equation."""

from __future__ import annotations

import pytest
import sympy
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bpgen.algebra.digits import quotient, remainder
from bpgen.algebra.elaborate import Scope, read_equation
from bpgen.algebra.expressions import Reduction, fresh_index
from bpgen.algebra.functions import (
    FUNCTIONS,
    equal,
    greater,
    greater_equal,
    less,
    maximum,
    minimum,
    not_equal,
    where,
)
from bpgen.algebra.guards import guarded
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.index_names import pretty_indices
from bpgen.algebra.printing import print_equation, print_expression
from bpgen.algebra.system import Equation, Tensor

b, o = Index("b", BATCH), Index("o", 3)
TENSORS = {
    tensor.name: tensor
    for tensor in (
        Tensor("x", (b, Index("i", 4)), role="input"),
        Tensor("fc1.weight", (Index("o", 3), Index("i", 4)), role="parameter"),
        Tensor("body.0.h", (b, Index("o", 3))),
        Tensor("p", (b, Index("j", 3)), positive=True),
        Tensor("rate", (), role="setting"),
        Tensor("label", (b,), dtype="int32", role="input", classes=3),
        Tensor("y", (b, o)),
    )
}
UNARY = [FUNCTIONS[name] for name in sorted(FUNCTIONS)]
BRACKETS = [greater, greater_equal, equal, less, not_equal]


@st.composite
def index_of(draw, extent, scope):
    """An index expression for an axis: plain, affine in any index or, for axes of 3, a label."""
    fitting = [index for index in scope if index.extent == extent]
    kinds = ["constant"] * (extent != BATCH) + ["plain"] * bool(fitting) + ["affine"] + ["label"] * (extent == 3)
    kind = draw(st.sampled_from(kinds))
    if kind == "constant":
        return sympy.Integer(draw(st.integers(0, int(extent) - 1)))
    if kind == "label":
        return TENSORS["label"][(b,)]
    if kind == "plain":
        return draw(st.sampled_from(fitting))
    index = draw(st.sampled_from(scope))
    affine = draw(st.integers(1, 2)) * index + draw(st.integers(-2, 2))
    return draw(
        st.sampled_from([affine, affine, quotient(affine, sympy.Integer(2)), remainder(affine, sympy.Integer(3))])
    )


@st.composite
def leaf(draw, scope):
    kind = draw(st.sampled_from(["number", "fraction", "constant", "tensor", "tensor", "tensor", "index"]))
    if kind == "number":
        return sympy.Integer(draw(st.integers(-3, 5)))
    if kind == "fraction":
        return sympy.Rational(draw(st.integers(-9, 9)), draw(st.sampled_from([2, 3, 7, 10, 100, 250])))
    if kind == "constant":
        return draw(st.sampled_from([sympy.pi, BATCH, sympy.sqrt(2)]))
    if kind == "index":
        return draw(st.sampled_from(scope))
    tensor = TENSORS[draw(st.sampled_from(["x", "fc1.weight", "body.0.h", "p", "rate", "label"]))]
    return tensor[tuple(draw(index_of(axis.extent, scope)) for axis in tensor.axes)]


@st.composite
def expression(draw, depth, scope=(b, o)):
    if depth == 0:
        return draw(leaf(scope))
    below = expression(depth - 1, scope)
    kind = draw(
        st.sampled_from(["leaf", "add", "add", "mul", "mul", "power", "call", "two", "bracket", "where", "sum"])
    )
    if kind == "leaf":
        return draw(leaf(scope))
    if kind == "power":
        exponent = draw(st.sampled_from([-2, -1, 2, 3, sympy.Rational(1, 2), sympy.Rational(-1, 2)]))
        return draw(below) ** exponent
    if kind == "call":
        return draw(st.sampled_from(UNARY))(draw(below))
    if kind == "where":
        condition = draw(st.sampled_from(BRACKETS))(draw(below), draw(below))
        return where(condition, draw(below), draw(below))
    if kind == "sum":
        bound = tuple(fresh_index(extent) for extent in draw(st.sampled_from([(4,), (3,), (BATCH,), (3, 4), (3, 3)])))
        body = draw(expression(depth - 1, scope + bound))
        assume(all(index in body.free_symbols for index in bound))
        op, identity = draw(st.sampled_from([("sum", None), ("max", -sympy.oo), ("prod", sympy.S.One)]))
        return Reduction(op, body if identity is None else guarded(body, identity), *bound)
    left, right = draw(below), draw(below)
    operations = {"add": [sympy.Add, lambda u, v: u - v], "mul": [sympy.Mul], "two": [maximum, minimum]}
    operations["bracket"] = BRACKETS
    return draw(st.sampled_from(operations[kind]))(left, right)


def is_real(rhs):
    return not rhs.has(sympy.zoo, sympy.nan, sympy.I, sympy.oo, sympy.Abs, sympy.sign)


@settings(max_examples=150, deadline=None)
@given(expression(3))
def test_print_and_read(rhs):
    assume(is_real(rhs))
    equation = Equation(TENSORS["y"], (b, o), rhs)
    for tensors in (None, TENSORS):
        text = print_equation(equation, tensors)
        # Affine accesses do not fix an extent, so the extents of bound indices are given.
        names = pretty_indices(rhs, ("b", "o", "y"), tensors)
        sizes = {name: index.extent for index, name in names.items() if index not in (b, o)}
        found = read_equation(text, Scope(tensors=TENSORS, sizes=sizes))
        assert found.rhs == rhs, text
        assert (found.tensor, found.indices) == (equation.tensor, equation.indices)
        assert print_equation(found) == print_equation(equation)


@settings(max_examples=100, deadline=None)
@given(expression(3))
def test_names_of_bound_indices_are_their_own(rhs):
    names = pretty_indices(rhs, ("y",), TENSORS)
    assert len(set(names.values())) == len(names)
    assert not set(names.values()) & {*TENSORS, "B", "pi", "inf"}


x, weight, h, p = (TENSORS[name] for name in ("x", "fc1.weight", "body.0.h", "p"))
k = Index("k", 4)
PRINTED = [
    (1 / (2 + 2 * sympy.pi), "1 / (2 + 2 * pi)"),
    (1 - h[b, o] ** 2, "1 - body.0.h[b, o]**2"),
    (p[b, o] - h[b, o], "p[b, o] - body.0.h[b, o]"),
    ((p[b, o] - h[b, o]) / BATCH, "(p[b, o] - body.0.h[b, o]) / B"),
    (Reduction("sum", x[b, k] * weight[o, k], k), "sum[i](x[b, i] * fc1.weight[o, i])"),
    (greater(h[b, o], 0) * x[b, 0], "x[b, 0] * (body.0.h[b, o] > 0)"),
    (where(less(h[b, o], 0), h[b, o], 0), "body.0.h[b, o] if body.0.h[b, o] < 0"),
    (where(less(h[b, o], 0), h[b, o], 1) * 2, "2 * where(body.0.h[b, o] < 0, body.0.h[b, o], 1)"),
    (-Reduction("max", -x[b, k], k), "-max[i](-x[b, i])"),
    (x[b, 2 * o - 1], "x[b, 2*o - 1]"),
    (h[b, o] / sympy.sqrt(p[b, o] + sympy.Rational(1, 100000)), "body.0.h[b, o] / sqrt(p[b, o] + 0.00001)"),
    (sympy.Rational(9, 10) * h[b, o] / 3, "0.3 * body.0.h[b, o]"),
    (h[b, o] / 10, "body.0.h[b, o] / 10"),
    (h[b, o] * sympy.exp(-h[b, o]), "body.0.h[b, o] * exp(-body.0.h[b, o])"),
    (-h[b, o], "-body.0.h[b, o]"),
    (-sympy.oo * TENSORS["p"][b, o], "-inf"),
    (maximum(0, h[b, o]), "max(0, body.0.h[b, o])"),
]


@pytest.mark.parametrize(("rhs", "text"), PRINTED)
def test_printed_form(rhs, text):
    assert print_equation(Equation(TENSORS["y"], (b, o), rhs), TENSORS) == f"y[b, o] = {text}"


def test_nested_reductions_print_inline():
    inner, outer = Index("s", 3), Index("r", 4)
    rhs = Reduction("sum", x[b, outer] * Reduction("sum", weight[inner, outer] * h[b, inner], inner), outer)
    assert print_expression(rhs) == "sum[i](x[b, i] * sum[j](body.0.h[b, j] * fc1.weight[j, i]))"


def test_given_names_are_used():
    assert print_expression(h[b, o], {b: "n", o: "unit"}) == "body.0.h[n, unit]"
