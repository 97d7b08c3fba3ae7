"""Numbers that meet arrays, and sums that BLAS makes: against the interpreter, and as they read."""

from __future__ import annotations

import numpy as np
import pytest
from numpy_schedules import (
    assign,
    buffer,
    compare,
    emitted,
    kernel,
    load,
    local,
    module_of,
    number,
    op,
    schedule,
    total,
)

from bpgen.lower.scalar import BatchSize, Local, Loop

ROWS, COLUMNS = Loop("b", "B"), Loop("o", 3)
X = buffer("x", ("B", 3), "input")


def named(buffers):
    return {item.name: item for item in buffers}


def made(buffers, loops, body):
    return schedule(buffers, [kernel("k", loops, body, named(buffers))])


@pytest.mark.parametrize("value", [0, 1, 2, -1, 0.5, 0.3, -7, 1e-8, float("inf")])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_constants(value, dtype):
    buffers = [X, buffer("y", ("B", 3)), buffer("z", ("B", 3))]
    x = load("x", "b", "o")
    body = [
        assign("y", ("b", "o"), op("maximum", x, number(value))),
        assign("z", ("b", "o"), op("select", op("greater", x, number(value), dtype="bool"), x, number(value))),
    ]
    compare(made(buffers, [ROWS, COLUMNS], body), dtype=dtype)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_numbers_of_the_batch_the_settings_and_of_memory(dtype):
    buffers = [
        X, buffer("y", ("B", 3)), buffer("z", ("B", 3)), buffer("w", ("B", 3)), buffer("lr", (), "setting", "float64"),
        buffer("c", ()), buffer("d", ()),
    ]  # fmt: skip
    x, rows = load("x", "b", "o"), op("cast", BatchSize("int32"))
    rate = op("subtract", number(1, "float64"), load("lr", dtype="float64"), dtype="float64")
    body = [
        assign("y", ("b", "o"), op("multiply", x, op("divide", number(2), rows))),
        assign("z", ("b", "o"), op("multiply", x, op("cast", rate))),
        assign("w", ("b", "o"), op("multiply", load("z", "b", "o"), op("multiply", load("c"), load("c")))),
    ]
    compare(made(buffers[:-1], [ROWS, COLUMNS], body), dtype=dtype)
    scale = local("scale", op("multiply", load("c"), number(3)))
    kept = Local("real", "scale")
    body = [
        scale, assign("d", (), op("add", kept, number(1))),
        assign("w", ("b", "o"), op("multiply", x, kept), loops=[ROWS, COLUMNS]),
        assign("y", ("b", "o"), op("add", kept, x), loops=[ROWS, COLUMNS]),
    ]  # fmt: skip
    compare(made([X, buffers[1], buffers[3], buffers[5], buffers[6]], [], body), dtype=dtype)


def test_a_function_of_a_constant_that_numpy_has_not():
    buffers = [X, buffer("y", ("B", 3))]
    value = op("multiply", load("x", "b", "o"), op("erf", op("divide", number(1), op("cast", BatchSize("int32")))))
    compare(made(buffers, [ROWS, COLUMNS], [assign("y", ("b", "o"), value)]))


def test_settings_are_read_at_each_call_and_the_batch_once():
    buffers = [X, buffer("y", ("B", 3)), buffer("lr", (), "setting", "float64")]
    factor = op("divide", number(2), op("cast", BatchSize("int32")))
    rate = op("subtract", number(1, "float64"), load("lr", dtype="float64"), dtype="float64")
    value = op("multiply", op("multiply", load("x", "b", "o"), factor), op("cast", rate))
    text = emitted(made(buffers, [ROWS, COLUMNS], [assign("y", ("b", "o"), value)]), "float32")
    assert 'arrays["factor"] = np.array(2.0 / batch, real)' in text
    assert "    multiply(x, factor, out=y)\n    number[...] = 1.0 - float(lr)\n    y *= number\n" in text
    net = module_of(text).Network()
    net.reserve(4)
    for rate, batch in ((0.25, 4), (0.5, 1), (0.75, 4)):
        net.blocks["settings"][0] = rate
        net.step(np.ones((batch, 3), np.float32))
        np.testing.assert_array_equal(net._arrays("step", batch).y, np.full((batch, 3), 2 / batch * (1 - rate)))


def test_a_gradient_that_a_step_has_used_is_overwritten_where_it_is_read_last():
    buffers = [buffer("w", (3,), "parameter"), buffer("g", (3,), "gradient"), buffer("m", (3,), "state")]
    scaled = op("multiply", number(0.3), load("g", "o"))
    first = assign("m", ("o",), op("add", op("multiply", load("m", "o"), number(0.5)), scaled))
    last = assign("w", ("o",), op("subtract", load("w", "o"), op("multiply", number(0.1), op("tanh", load("g", "o")))))
    plan = made(buffers, [COLUMNS], [first, last])
    text = emitted(plan)
    assert "Writes w [3], m [3]; uses up g [3]." in text
    assert "    multiply(0.3, g, out=scratch)\n" in text and "    tanh(g, out=g)\n    g *= 0.1\n    w -= g\n" in text
    compare(plan, skip=("g",))
    read_on = assign("m", ("o",), op("add", load("m", "o"), load("g", "o")))
    compare(made(buffers, [COLUMNS], [last, read_on]))
    both = op("multiply", op("sin", load("g", "o")), op("cos", load("g", "o")))
    compare(made(buffers, [COLUMNS], [assign("w", ("o",), op("subtract", load("w", "o"), both))]))


SHAPES = [("B", 3), (4, 3), (1, 1), ("B", 1), (5, 2, 3), ("B", 2, 3), (2, "B", 3), (3, 3, 3)]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_sums_over_every_choice_of_axes(shape, dtype):
    names = "bij"[: len(shape)]
    loops = [Loop(name, extent) for name, extent in zip(names, shape, strict=True)]
    for choice in range(1, 2 ** len(shape) - 1):
        summed = [loop for n, loop in enumerate(loops) if choice >> n & 1]
        kept = [loop for loop in loops if loop not in summed]
        for order in (kept, kept[::-1]):
            target = buffer("s", tuple(loop.extent for loop in order))
            buffers = [buffer("x", shape, "input"), target]
            for body in (load("x", *names), op("sin", load("x", *names))):
                value = total(summed, body)
                statement = assign("s", tuple(loop.name for loop in order), value)
                compare(made(buffers, order, [statement]), dtype=dtype)


@pytest.mark.parametrize("shape", [("B", 3), ("B",), (1, 1), ("B", "B")], ids=str)
def test_a_sum_of_squares(shape):
    names = "bi"[: len(shape)]
    loops = [Loop(name, extent) for name, extent in zip(names, shape, strict=True)]
    buffers = [buffer("x", shape, "input"), buffer("t", shape, "input"), buffer("s", ())]
    difference = op("subtract", load("x", *names), load("t", *names))
    given = made(buffers, [], [assign("s", (), total(loops, op("square", difference)))])
    expected = "scratch.dot(scratch)" if len(shape) == 1 else "vdot(scratch, scratch)"
    assert f"s[...] = {expected}" in emitted(given)
    compare(given)


@pytest.mark.parametrize("kind", ["max", "prod"])
@pytest.mark.parametrize("shape", [("B", 10), (40, 3), ("B", 5, 3), (40, 1), (40, 40), ("B", 4, 30)], ids=str)
def test_reductions_of_short_rows(shape, kind):
    names = "bij"[: len(shape)]
    loops = [Loop(name, extent) for name, extent in zip(names, shape, strict=True)]
    for count in range(1, len(shape)):
        for order in (loops[:count], loops[:count][::-1]):
            buffers = [buffer("x", shape, "input"), buffer("s", tuple(loop.extent for loop in order))]
            value = total(loops[count:], load("x", *names), kind)
            given = made(buffers, order, [assign("s", tuple(loop.name for loop in order), value)])
            compare(given, batches=(1, 3, 40))


@pytest.mark.parametrize("shape", [(3,), ("B",), ("B", 3), (1, 1), (40, 40)], ids=str)
def test_sums_of_everything(shape):
    names = "bi"[: len(shape)]
    loops = [Loop(name, extent) for name, extent in zip(names, shape, strict=True)]
    buffers = [buffer("x", shape, "input"), buffer("s", ()), buffer("n", ())]
    body = [
        assign("s", (), total(loops, load("x", *names))),
        assign("n", (), op("divide", total(loops, op("sin", load("x", *names))), number(2))),
    ]
    compare(made(buffers, [], body), batches=(1, 3, 40))


@pytest.mark.parametrize("operation", ["add", "subtract", "multiply", "divide", "power", "maximum"])
def test_a_number_beside_an_inner_product_is_one_factor(operation):
    """sum[i](x[i] * y[i] * (v - w)) is not sum[i](x[i] * y[i]) * v - w."""
    buffers = [buffer("x", (7,), "input"), buffer("y", (7,), "input"), buffer("s", ())]
    buffers += [buffer("v", (), "parameter"), buffer("w", (), "parameter")]
    product = op("multiply", op("multiply", load("x", "i"), load("y", "i")), op(operation, load("v"), load("w")))
    given = made(buffers, [], [assign("s", (), total([Loop("i", 7)], product))])
    assert "x.dot(y)" in emitted(given)
    compare(given)


def test_a_sum_over_rows_is_a_product_with_ones():
    buffers = [X, buffer("s", (3,))]
    text = emitted(made(buffers, [COLUMNS], [assign("s", ("o",), total([ROWS], load("x", "b", "o")))]))
    assert "    ones.dot(x, out=s)\n" in text
    assert 'arrays["ones"] = np.ones(batch, real)' in text
