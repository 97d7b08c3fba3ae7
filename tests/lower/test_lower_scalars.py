from fractions import Fraction

import pytest
import sympy
from lowering_systems import b, i, j, tensor

from bpgen.algebra import functions as f
from bpgen.algebra.errors import LoweringError
from bpgen.algebra.expressions import Reduction
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.system import Equation
from bpgen.lower.scalar import (
    Affine,
    BatchSize,
    Constant,
    IndexValue,
    Indirect,
    Load,
    Loop,
    Operation,
    Reduce,
)
from bpgen.lower.scalars import convert

X = tensor("x", b, i, role="input")
Y = tensor("y", b, i, role="input")
S = tensor("s", b, role="input")
LABEL = tensor("label", b, role="input", dtype="int32", classes=3)
RATE = tensor("rate", role="setting", dtype="float64")
BETA = tensor("beta", role="setting", dtype="float64")
TENSORS = {t.name: t for t in (X, Y, S, LABEL, RATE, BETA)}


def lowered(rhs, *axes, dtype="real"):
    result = tensor("r", *axes, dtype=dtype)
    return convert(Equation(result, axes, sympy.sympify(rhs), number=7), TENSORS).value


def op(name, *arguments, dtype="real"):
    return Operation(dtype, name, arguments)


def real(value):
    return Constant("real", Fraction(value) if isinstance(value, int) else value)


x = Load("real", "x", (Affine((("b", 1),)), Affine((("i", 1),))))
y = Load("real", "y", (Affine((("b", 1),)), Affine((("i", 1),))))
s = Load("real", "s", (Affine((("b", 1),)),))
label = Load("int32", "label", (Affine((("b", 1),)),))

E = X[b, i]
CASES = [
    (E**2, op("square", x)),
    (E**3, op("multiply", op("square", x), x)),
    (E**4, op("square", op("square", x))),
    (E**-1, op("reciprocal", x)),
    (E**-2, op("reciprocal", op("square", x))),
    (sympy.sqrt(E), op("sqrt", x)),
    (1 / sympy.sqrt(E), op("reciprocal", op("sqrt", x))),
    (E ** sympy.Rational(3, 4), op("power", x, Constant("real", Fraction(3, 4)))),
    (E / Y[b, i], op("divide", x, y)),
    (E - Y[b, i], op("subtract", x, y)),
    (-E, op("negative", x)),
    (1 - E, op("subtract", real(1), x)),
    (E + 1, op("add", x, real(1))),
    (E * sympy.Rational(2, 3), op("multiply", Constant("real", Fraction(2, 3)), x)),
    (sympy.pi * E, op("multiply", Constant("real", float(sympy.pi)), x)),
    (sympy.exp(-E), op("exp", op("negative", x))),
    (sympy.Abs(E), op("abs", x)),
    (f.absolute(E), op("abs", x)),
    (f.stop(E), x),
    (f.sigmoid(E), op("sigmoid", x)),
    (f.maximum(0, E), op("maximum", real(0), x)),
    # The row's number stands before the element's: 1/s leaves the inner loop.
    (E / S[b], op("multiply", op("reciprocal", s), x)),
    # What no loop changes is one number: 2/(3 B).
    (2 * E / (3 * BATCH), op("multiply", op("divide", real(2), op("multiply", real(3), BatchSize("real"))), x)),
    # A bracket selects; nothing is multiplied by 0.
    (f.greater(E, 0) * Y[b, i], op("select", op("greater", x, real(0), dtype="bool"), y, real(0))),
    (f.greater(E, 0), op("select", op("greater", x, real(0), dtype="bool"), real(1), real(0))),
    (f.where(f.greater(E, 0), E, Y[b, i]), op("select", op("greater", x, real(0), dtype="bool"), x, y)),
]  # fmt: skip


@pytest.mark.parametrize(("rhs", "expected"), CASES, ids=[str(case[0]) for case in CASES])
def test_expression(rhs, expected):
    assert lowered(rhs, b, i) == expected


def test_complement_is_a_condition():
    inner = op("greater", x, real(0), dtype="bool")
    assert lowered((1 - f.greater(E, 0)) * E, b, i) == op("select", op("not", inner, dtype="bool"), x, real(0))


@pytest.mark.parametrize(("factor", "value"), [(-1, -1), (1, 1), (-3, -3)])
def test_signed_bracket_is_a_choice_between_numbers(factor, value):
    bracket = op("greater", x, real(0), dtype="bool")
    assert lowered(factor * f.greater(E, sympy.S.Zero), b, i) == op("select", bracket, real(value), real(0))


def test_product_of_brackets_is_and():
    both = op(
        "and",
        *sorted((op("greater", x, real(0), dtype="bool"), op("greater", y, real(0), dtype="bool")), key=str),
        dtype="bool",
    )
    value = lowered(f.greater(E, 0) * f.greater(Y[b, i], 0), b, i)
    assert value.arguments[0].op == "and" and set(value.arguments[0].arguments) == set(both.arguments)  # fmt: skip


def test_label_compares_as_integers():
    value = lowered(f.equal(i, LABEL[b]), b, i)
    assert value.op == "select"
    condition = value.arguments[0]
    assert set(condition.arguments) == {IndexValue("int32", Affine((("i", 1),))), label}


def test_integers_are_cast_where_they_are_numbers():
    assert lowered(LABEL[b] * E, b, i) == op("multiply", op("cast", label), x)


def test_double_precision_stays_until_it_meets_reals():
    beta = Load("float64", "beta")
    rest = Operation("float64", "subtract", (Constant("float64", Fraction(1)), beta))
    assert lowered((1 - BETA.element) * E, b, i) == op("multiply", op("cast", rest), x)
    rate = Load("float64", "rate")
    quotient = Operation("float64", "divide", (rate, rest))
    assert lowered(RATE.element / (1 - BETA.element), dtype="float64") == quotient


def test_reduction_takes_the_letter_of_the_axis_and_gives_up_what_it_does_not_change():
    bound = Index("anything", 3)
    value = lowered(Reduction("sum", S[b] * X[b, bound], bound), b)
    assert value == op("multiply", s, Reduce("real", "sum", (Loop("i", 3),), x))


def test_sum_loops_run_in_memory_order():
    value = lowered(Reduction("sum", X[b, i], i, b))
    assert [loop.name for loop in value.loops] == ["b", "i"]


def test_indirect_load():
    value = lowered(X[b, LABEL[b]], b)
    assert value == Load("real", "x", (Affine((("b", 1),)), Indirect(label)))


@pytest.mark.parametrize(("shift", "guards"), [(0, 0), (1, 1), (-1, 1)])
def test_shifted_access_reads_zero_outside(shift, guards):
    value = lowered(X[b, i + shift], b, i)
    found = 0
    while isinstance(value, Operation):
        assert value.op == "select" and value.arguments[2] == real(0)
        found, value = found + 1, value.arguments[1]
    assert found == guards and value.indices[1] == Affine((("i", 1),), shift)


def test_shifted_access_inside_needs_no_guard():
    half = Index("i", 1)
    wide = lowered(X[b, half + 2], b, half)
    assert wide == Load("real", "x", (Affine((("b", 1),)), Affine((("i", 1),), 2)))


@pytest.mark.parametrize("rhs", [X[b, i * j], sympy.gamma(E)], ids=str)
def test_what_is_not_lowered_says_where_and_what_is_missing(rhs):
    axes = (b, i, j)
    with pytest.raises(LoweringError, match=r"\(7\) r: .*pass lower\.\w+ is missing"):
        lowered(rhs, *axes)
