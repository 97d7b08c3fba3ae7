"""Expressions of every kind, whatever they read and overwrite: the generated code against the interpreter."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given as over
from hypothesis import settings
from hypothesis import strategies as st
from numpy_schedules import (
    assign,
    buffer,
    compare,
    condition,
    emitted,
    kernel,
    load,
    local,
    module_of,
    number,
    op,
    run_numpy,
    schedule,
)

from bpgen.lower.scalar import Affine, BatchSize, IndexValue, Local, Loop

ROWS, COLUMNS = Loop("b", "B"), Loop("o", 3)


def named(buffers):
    return {item.name: item for item in buffers}


BUFFERS = [
    buffer("x", ("B", 3), "input"), buffer("label", ("B",), "input"), buffer("bias", (3,), "parameter"),
    buffer("w", ("B", 3)), buffer("y", ("B", 3)), buffer("s", ("B",)), buffer("c", ()),
]  # fmt: skip
LOADS = [
    load("x", "b", "o"), load("y", "b", "o"), load("w", "b", "o"), load("bias", "o"), load("s", "b"), load("c"),
    number(0), number(2), number(0.3), op("cast", load("label", "b")),
    op("cast", IndexValue("int32", Affine((("o", 1),)))), op("cast", BatchSize("int32")),
]  # fmt: skip


def extend(values):
    binary = st.sampled_from(["add", "subtract", "multiply", "maximum", "minimum"])
    unary = st.sampled_from(["negative", "square", "tanh", "sin", "abs", "sign", "sigmoid", "softplus", "erf"])
    return st.one_of(
        st.builds(op, binary, values, values),
        st.builds(op, unary, values),
        st.builds(lambda c, a, b: op("select", c, a, b), conditions(values), values, values),
        st.builds(lambda c: op("cast", c), conditions(values)),
    )


def conditions(values):
    simple = st.builds(condition, st.sampled_from(["greater", "greater_equal", "equal"]), values, values)
    return st.one_of(
        simple,
        st.builds(lambda a, b: condition("and", a, b), simple, simple),
        st.builds(lambda a, b: condition("or", a, condition("not", b)), simple, simple),
    )


VALUES = st.recursive(st.sampled_from(LOADS), extend, max_leaves=8)


@settings(max_examples=120, deadline=None, derandomize=True)
@over(VALUES)
def test_any_expression_in_place(value):
    """The target y is read by the expression itself, wherever it likes to."""
    body = [assign("y", ("b", "o"), value)]
    compare(schedule(BUFFERS, [kernel("k", [ROWS, COLUMNS], body, named(BUFFERS))]), batches=(2,))


@settings(max_examples=60, deadline=None, derandomize=True)
@over(VALUES, VALUES)
def test_any_expressions_through_a_local(first, second):
    use = op("subtract", op("multiply", Local("real", "t"), second), Local("real", "t"))
    body = [
        local("t", first),
        assign("y", ("b", "o"), use),
        assign("w", ("b", "o"), op("add", Local("real", "t"), first)),
    ]
    compare(schedule(BUFFERS, [kernel("k", [ROWS, COLUMNS], body, named(BUFFERS))]), batches=(1, 3))


@pytest.mark.parametrize("function", [
    "negative", "square", "reciprocal", "sqrt", "exp", "log", "log1p", "expm1", "abs", "sign", "sin", "cos", "tan",
    "sinh", "cosh", "tanh", "atan", "erf", "sigmoid", "softplus",
])  # fmt: skip
def test_functions_propagate_nan_and_take_any_number(function):
    numbers = np.array([[0.0, -0.0, 1e-300], [0.5, -0.5, 3.0], [-745.0, 745.0, 1e300], [np.inf, -np.inf, np.nan]])
    values = [buffer("x", ("B", 3), "input"), buffer("y", ("B", 3)), buffer("c", ()), buffer("d", ())]
    elementwise = kernel("k", [ROWS, COLUMNS], [assign("y", ("b", "o"), op(function, load("x", "b", "o")))],
                         named(values[:2]))  # fmt: skip
    single = kernel("n", [], [assign("d", (), op(function, load("c")))], named(values[2:]))
    plan = schedule(values, [elementwise, single])
    compare_special(plan, numbers, function)


def compare_special(plan, numbers, function):
    from numpy_interpreter import UNARY

    with np.errstate(all="ignore"):
        expected = np.array([[float(UNARY[function](np.float64(v))) for v in row] for row in numbers])
        found = run_numpy(plan, {"x": numbers, "y": numbers, "c": numbers[1, 0], "d": np.zeros(())}, 4, "float64", 4)
    np.testing.assert_allclose(found["y"], expected, rtol=1e-14, atol=0)
    np.testing.assert_allclose(found["d"], expected[1, 0], rtol=1e-14)


@pytest.mark.parametrize("function", ["maximum", "minimum"])
def test_maximum_propagates_nan(function):
    values = [buffer("x", ("B", 3), "input"), buffer("y", ("B", 3))]
    body = [assign("y", ("b", "o"), op(function, number(0), load("x", "b", "o")))]
    plan = schedule(values, [kernel("k", [ROWS, COLUMNS], body, named(values))])
    found = run_numpy(plan, {"x": np.array([[np.nan, 1, -1]]), "y": np.zeros((1, 3))}, 1, "float64", 1)
    assert np.isnan(found["y"][0, 0])


@pytest.mark.parametrize("swap", [False, True])
@pytest.mark.parametrize("poison", ["log", "reciprocal"])
def test_the_branch_not_taken_may_be_infinite(poison, swap):
    values = [buffer("x", ("B", 3), "input"), buffer("y", ("B", 3))]
    good, bad = (
        op("multiply", load("x", "b", "o"), number(2)),
        op(poison, number(0) if poison == "log" else load("x", "b", "o")),
    )
    positive = condition("greater", load("x", "b", "o"), number(0))
    value = op("select", condition("not", positive), good, bad) if swap else op("select", positive, bad, good)
    plan = schedule(values, [kernel("k", [ROWS, COLUMNS], [assign("y", ("b", "o"), value)], named(values))])
    found = run_numpy(plan, {"x": np.array([[0.0, -1.0, -0.0]]), "y": np.zeros((1, 3))}, 1, "float64", 1)
    np.testing.assert_array_equal(found["y"], [[0.0, -2.0, 0.0]])


def test_numbers_do_not_raise_where_c_does_not():
    values = [buffer("a", ()), buffer("b", ()), buffer("x", ("B",), "input")]
    batch = op("cast", BatchSize("int32"))
    zero = op("subtract", batch, batch)
    body = [
        local("n", zero),
        assign("a", (), op("divide", number(1), Local("real", "n"))),
        assign("b", (), op("select", condition("greater", zero, number(1)), zero, op("power", zero, number(-1)))),
    ]  # fmt: skip
    plan = schedule(values, [kernel("k", [], body, named(values[:2]))])
    found = run_numpy(plan, {"x": np.ones(2), "a": np.zeros(()), "b": np.zeros(())}, 2, "float64", 2)
    assert found["a"] == np.inf
    assert found["b"] == np.inf


def adam():
    buffers = [
        buffer("t", (), "counter", "float64"), buffer("lr", (), "setting", "float64"), buffer("p", (4,), "parameter"),
        buffer("g", (4,), "gradient"), buffer("m", (4,), "state"), buffer("v", (4,), "state"),
    ]  # fmt: skip
    i, steps = Loop("i", 4), load("t", dtype="float64")

    def double(name, *arguments):
        return op(name, *arguments, dtype="float64")

    def correction(beta):
        power = double("power", number(beta, "float64"), steps)
        return op("cast", double("subtract", number(1, "float64"), power))

    def mean(name, beta, value):
        return op("add", op("multiply", number(beta), load(name, "i")), op("multiply", number(1 - beta), value))

    direction = op("divide", op("divide", load("m", "i"), Local("real", "c1")),
                   op("add", op("sqrt", op("divide", load("v", "i"), Local("real", "c2"))), number(1e-8)))  # fmt: skip
    rate = op("cast", load("lr", dtype="float64"))
    body = [
        assign("m", ("i",), mean("m", 0.9, load("g", "i"))),
        assign("v", ("i",), mean("v", 0.999, op("square", load("g", "i")))),
        assign("p", ("i",), op("subtract", load("p", "i"), op("multiply", rate, direction))),
    ]
    count = kernel("count", [], [assign("t", (), double("add", steps, number(1, "float64")), dtype="float64")],
                   named(buffers[:1]))  # fmt: skip
    update = kernel("adam", [i], [local("c1", correction(0.9)), local("c2", correction(0.999)), *body], named(buffers))
    return schedule(buffers, [count, update])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_adam_in_place(dtype):
    plan = adam()
    arrays = {
        "t": np.float64(4.0), "lr": np.float64(0.1), "p": np.array([1.0, -1, 2, 0]), "g": np.array([0.5, -0.25, 1, 0]),
        "m": np.array([0.1, 0.2, -0.3, 0.0]), "v": np.array([0.01, 0.02, 0.03, 0.0]),
    }  # fmt: skip
    found = run_numpy(plan, arrays, 1, dtype, 1)
    t = 5.0
    m = 0.9 * arrays["m"] + 0.1 * arrays["g"]
    v = 0.999 * arrays["v"] + 0.001 * arrays["g"] ** 2
    p = arrays["p"] - 0.1 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    tolerance = 1e-13 if dtype == "float64" else 1e-6
    assert found["t"] == t
    for name, value in {"m": m, "v": v, "p": p}.items():
        np.testing.assert_allclose(found[name], value, rtol=tolerance, atol=tolerance)
        assert found[name].dtype == dtype


def test_the_update_reads_as_written_by_hand():
    text = emitted(adam())
    assert "    m *= 0.9\n" in text
    assert "    p -= scratch\n" in text


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_erf(dtype):
    """To 1e-15 of math.erf in float64, absolutely and relatively; the bound in float32 is its own resolution."""
    module = module_of(emitted(schedule(
        [buffer("x", ("B",), "input"), buffer("y", ("B",))],
        [kernel("k", [ROWS], [assign("y", ("b",), op("erf", load("x", "b")))],
                named([buffer("x", ("B",), "input"), buffer("y", ("B",))]))],
    ), dtype))  # fmt: skip
    near = np.linspace(-1.2, 1.2, 30_001)
    far = np.linspace(-8, 8, 30_001)
    x = np.concatenate([near, far, [0.46875, -0.46875, 4.0, 5.9, 6.0, 1e30, 1e-30, np.inf, -np.inf, 1e-8]])
    x = x.astype(dtype)
    out = np.empty_like(x)
    with np.errstate(over="ignore"):
        module.erf(x, out, np.zeros((4, 4096), dtype))
    expected = np.array([math.erf(float(value)) for value in x])
    bound = 1e-15 if dtype == "float64" else 4e-7
    assert np.max(np.abs(out - expected)) <= bound
    some = expected != 0
    assert np.max(np.abs(out[some] / expected[some] - 1)) <= bound
    assert np.signbit(module_erf(module, -0.0, dtype)) and module_erf(module, -0.0, dtype) == 0
    assert np.isnan(module_erf(module, np.nan, dtype))


def module_erf(module, value, dtype):
    out = np.empty((1, 1), dtype)
    module.erf(np.full((1, 1), value, dtype), out, np.zeros((4, 4096), dtype))
    return out[0, 0]


def test_arrays_that_share_memory_are_not_overwritten_too_early():
    """y lies where x lay: y = 1 + x * exp(x) needs x after its first factor is written."""
    buffers = [buffer("n", ("B",), "input"), buffer("x", ("B", 3)), buffer("y", ("B", 3)), buffer("z", ("B", 3))]
    x = load("x", "b", "o")
    value = op("add", number(1), op("multiply", op("exp", x), x))
    body = [assign("y", ("b", "o"), value)]
    calls = [("k", {}), ("k", {"y": "z"})]
    plan = schedule(buffers, [kernel("k", [ROWS, COLUMNS], body, named(buffers[1:3]))], calls[:1], together={"y": "x"})
    numbers = np.array([[0.5, -1.0, 2.0]])
    found = run_numpy(plan, {"n": np.ones(1), "x": numbers, "y": numbers, "z": numbers}, 1, "float64", 2)
    np.testing.assert_allclose(found["y"], 1 + np.exp(numbers) * numbers, rtol=1e-15)
