"""Affine accesses as NumPy: convolutions, pooling, writes to strided targets and views, against the interpreter."""

from __future__ import annotations

import pytest
from numpy_schedules import (
    assign,
    buffer,
    compare,
    condition,
    emitted,
    kernel,
    load,
    local,
    number,
    op,
    schedule,
    total,
)

from bpgen.lower.scalar import Affine, Constant, IndexValue, Indirect, Load, Local, Loop

ROWS = Loop("b", "B")


def affine(constant=0, **terms):
    return Affine(tuple(terms.items()), constant)


def named(buffers):
    return {item.name: item for item in buffers}


def network(buffers, loops, statements, name="k"):
    return schedule(buffers, [kernel(name, loops, statements, named(buffers))])


def times(*factors):
    result = factors[0]
    for factor in factors[1:]:
        result = op("multiply", result, factor)
    return result


# (channels, units, height, width, window, step, dilation)
CONVOLUTIONS = [
    (2, 3, 6, 5, 3, 1, 1), (1, 1, 1, 1, 1, 1, 1), (3, 3, 3, 3, 3, 1, 1), (2, 2, 7, 7, 2, 2, 1), (1, 4, 7, 6, 2, 3, 2),
    (4, 1, 5, 5, 1, 2, 1), (1, 20, 9, 9, 5, 1, 1), (16, 2, 5, 6, 5, 1, 1),
]  # fmt: skip


def places(extent, window, step, dilation):
    return (extent - dilation * (window - 1) - 1) // step + 1


def convolution(sizes):
    """(buffers, loops by letter, the two indices of the image) for x [b, c, h, w] and kernel [k, c, r, s]."""
    channels, units, height, width, window, step, dilation = sizes
    p, q = places(height, window, step, dilation), places(width, window, step, dilation)
    buffers = {
        "x": buffer("x", ("B", channels, height, width), "input"),
        "kernel": buffer("kernel", (units, channels, window, window), "parameter"),
        "y": buffer("y", ("B", units, p, q)),
        "g": buffer("g", (units, channels, window, window), "gradient"),
    }
    loops = {"b": ROWS, "k": Loop("k", units), "c": Loop("c", channels), "p": Loop("p", p), "q": Loop("q", q)}
    loops |= {"r": Loop("r", window), "s": Loop("s", window)}
    return buffers, loops, (affine(p=step, r=dilation), affine(q=step, s=dilation))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("sizes", CONVOLUTIONS)
def test_convolution_is_one_copy_and_a_matrix_product(sizes, dtype):
    buffers, loops, (h, w) = convolution(sizes)
    image, weights = load("x", "b", "c", h, w), load("kernel", "k", "c", "r", "s")
    forward = assign("y", ("b", "k", "p", "q"), total([loops[n] for n in "crs"], times(weights, image)))
    backward = assign(
        "g", ("k", "c", "r", "s"), total([loops[n] for n in "bpq"], times(load("y", "b", "k", "p", "q"), image))
    )
    y, g, x, weight = (buffers[name] for name in ("y", "g", "x", "kernel"))
    kernels = [
        kernel("forward", [loops[n] for n in "bkpq"], [forward], named([y, x, weight])),
        kernel("weights", [loops[n] for n in "kcrs"], [backward], named([g, y, x])),
    ]
    given = schedule(list(buffers.values()), kernels)
    text = emitted(given, dtype)
    assert text.count("matmul(") + text.count("dot(") == 2
    assert "einsum" not in text
    compare(given, dtype=dtype)


@pytest.mark.parametrize(("step", "window", "extent"), [(1, 3, 4), (2, 3, 4), (2, 4, 3), (3, 3, 2), (1, 1, 1)])
def test_input_gradient_in_phases(step, window, extent):
    """x[.., step * u + v] = sum[k, t](y[k, u - t + last] * kernel[k, c, v + step * t])"""
    taps = -(-window // step)
    buffers = [
        buffer("x", ("B", 2, step * extent)), buffer("y", ("B", 3, extent + taps - 1), "input"),
        buffer("kernel", (3, 2, step * taps), "parameter"),
    ]  # fmt: skip
    value = total(
        [Loop("k", 3), Loop("t", taps)],
        times(load("y", "b", "k", affine(taps - 1, u=1, t=-1)), load("kernel", "k", "c", affine(v=1, t=step))),
    )
    body = [assign("x", ("b", "c", affine(u=step, v=1)), value)]
    given = network(buffers, [ROWS, Loop("c", 2), Loop("u", extent), Loop("v", step)], body)
    assert "einsum" not in emitted(given)
    compare(given)


def test_depthwise_convolution():
    buffers = [buffer("x", ("B", 3, 6), "input"), buffer("w", (3, 2), "parameter"), buffer("y", ("B", 3, 5))]
    value = total([Loop("r", 2)], times(load("x", "b", "c", affine(p=1, r=1)), load("w", "c", "r")))
    given = network(buffers, [ROWS, Loop("c", 3), Loop("p", 5)], [assign("y", ("b", "c", "p"), value)])
    compare(given)


@pytest.mark.parametrize("kind", ["max", "sum", "prod", "argmax"])
@pytest.mark.parametrize(("step", "window", "extent"), [(2, 2, 3), (1, 3, 4), (3, 2, 2), (1, 1, 1), (2, 12, 2)])
def test_pooling(kind, step, window, extent):
    size = step * (extent - 1) + window
    dtype = "int32" if kind == "argmax" else "real"
    buffers = [
        buffer("x", ("B", 2, size, size + 1), "input"), buffer("y", ("B", 2, extent, extent), dtype=dtype),
        buffer("z", ("B", 2, extent, extent), dtype=dtype),
    ]  # fmt: skip
    found = load("x", "b", "c", affine(p=step, r=1), affine(1, q=step, s=1))
    window_loops = [Loop("r", window), Loop("s", window)]
    body = [
        assign("y", ("b", "c", "p", "q"), total(window_loops, found, kind), dtype=dtype),
        assign("z", ("b", "c", "p", "q"), total(window_loops, op("tanh", op("negative", found)), kind), dtype=dtype),
    ]
    given = network(buffers, [ROWS, Loop("c", 2), Loop("p", extent), Loop("q", extent)], body)
    compare(given, batches=(1, 3))


def test_maximum_over_windows_and_channels():
    buffers = [buffer("x", ("B", 3, 7), "input"), buffer("y", ("B", 3)), buffer("z", ("B", 3), dtype="int32")]
    found = load("x", "b", "c", affine(p=2, r=1))
    both = [Loop("c", 3), Loop("r", 3)]
    body = [
        assign("y", ("b", "p"), total(both, found, "max")),
        assign("z", ("b", "p"), total(both, found, "argmax"), dtype="int32"),
    ]
    compare(network(buffers, [ROWS, Loop("p", 3)], body))


def test_pooling_gradient_goes_to_the_first_largest():
    """x[.., 2 u + v] takes the gradient of window u where v is the window's largest place."""
    buffers = [
        buffer("d", ("B", 3, 2), "input"), buffer("label", ("B", 3, 2), "input"), buffer("x", ("B", 6, 4)),
    ]  # fmt: skip
    place = IndexValue("int32", affine(v=2, w=1))
    value = op("select", condition("equal", place, load("label", "b", "p", "q")), load("d", "b", "p", "q"), number(0))
    body = [assign("x", ("b", affine(p=2, v=1), affine(q=2, w=1)), value)]
    loops = [ROWS, Loop("p", 3), Loop("q", 2), Loop("v", 2), Loop("w", 2)]
    given = network(buffers, loops, body)
    assert "for v in range(2):" in emitted(given)
    compare(given)


def test_what_is_the_same_in_all_slices_is_computed_once():
    buffers = [
        buffer("a", ("B", 4), "input"), buffer("w", (4, 6), "parameter"), buffer("label", ("B", 6), "input"),
        buffer("x", ("B", 12)),
    ]  # fmt: skip
    product = total([Loop("i", 4)], times(load("a", "b", "i"), load("w", "i", "p")))
    chosen = condition("equal", IndexValue("int32", affine(v=1)), load("label", "b", "p"))
    value = op("select", chosen, product, op("multiply", load("a", "b", 1), IndexValue("int32", affine(v=1))))
    body = [
        assign("x", ("b", affine(p=2, v=1)), value),
        assign("x", ("b", affine(p=2, v=1)), op("tanh", product), accumulate=True),
    ]
    given = network(buffers, [ROWS, Loop("p", 6), Loop("v", 2)], body)
    text = emitted(given)
    assert text.index("dot(") < text.index("for v in range(2):")
    assert text.count("matmul(") + text.count("dot(") == 2
    compare(given)


@pytest.mark.parametrize("long", [2, 8, 40])
def test_heads_are_written_by_strides(long):
    buffers = [buffer("x", ("B", 3, long), "input"), buffer("y", ("B", 3 * long)), buffer("z", ("B", 3 * long))]
    found = load("x", "b", "h", "d")
    body = [
        assign("y", ("b", affine(h=long, d=1)), op("exp", op("tanh", found))),
        assign("z", ("b", affine(h=long, d=1)), op("add", load("y", "b", affine(h=long, d=1)), found)),
    ]
    compare(network(buffers, [ROWS, Loop("h", 3), Loop("d", long)], body))


@pytest.mark.parametrize("place", [affine(1, p=2), affine(6, p=-2), affine(p=1, constant=3)])
def test_targets_are_slices(place):
    buffers = [buffer("x", ("B", 3), "input"), buffer("y", ("B", 8))]
    body = [
        assign("y", ("b", place), op("sin", load("x", "b", "p"))),
        assign("y", ("b", place), op("add", load("y", "b", place), load("x", "b", "p")), accumulate=True),
    ]
    compare(network(buffers, [ROWS, Loop("p", 3)], body))


def test_attention_heads_are_products_without_copies():
    heads, depth, length = 2, 3, 4
    shape = ("B", length, heads * depth)
    buffers = [buffer("q", shape, "input"), buffer("v", shape, "input"), buffer("s", ("B", heads, length, length)),
               buffer("y", shape)]  # fmt: skip
    head = affine(h=depth, d=1)
    scores = total([Loop("d", depth)], times(load("q", "b", "i", head), load("v", "b", "j", head)))
    mixed = total([Loop("j", length)], times(load("s", "b", "h", "i", "j"), load("v", "b", "j", head)))
    base = [ROWS, Loop("h", heads), Loop("i", length)]
    kernels = [
        kernel("scores", [*base, Loop("j", length)], [assign("s", ("b", "h", "i", "j"), scores)],
               named([buffers[2], *buffers[:2]])),
        kernel("mixed", [*base, Loop("d", depth)], [assign("y", ("b", "i", head), mixed)],
               named([buffers[3], buffers[2], buffers[1]])),
    ]  # fmt: skip
    given = schedule(buffers, kernels)
    text = emitted(given)
    assert "scratch" not in text.split("def scores")[1].split("class Network")[0]
    compare(given)


def test_views_are_bound_where_their_base_lies():
    buffers = [
        buffer("x", ("B", 2, 3), "input"), buffer("flat", ("B", 6), "input", view_of="x"),
        buffer("w", (2, 6), "parameter"), buffer("cube", (2, 3, 2), "parameter", view_of="w"),
        buffer("m", (4,), "state"), buffer("square", (2, 2), "state", view_of="m"),
        buffer("h", ("B", 4)), buffer("pairs", ("B", 2, 2), view_of="h"), buffer("again", ("B", 4), view_of="pairs"),
        buffer("y", ("B", 2)), buffer("u", ("B", 2)), buffer("v", (2,)),
    ]  # fmt: skip
    by_name = named(buffers)

    def part(name, loops, body, *formals):
        return kernel(name, loops, [body], {formal: by_name[formal] for formal in formals})

    product = total([Loop("i", 6)], times(load("flat", "b", "i"), load("w", "o", "i")))
    folded = total([Loop("i", 3), Loop("j", 2)], load("cube", "o", "i", "j"))
    kernels = [
        part("one", [ROWS, Loop("o", 2)], assign("y", ("b", "o"), product), "y", "flat", "w"),
        part("two", [Loop("o", 2)], assign("v", ("o",), op("add", folded, load("square", 0, "o"))), "v", "cube",
             "square"),
        part("three", [ROWS, Loop("i", 4)], assign("h", ("b", "i"), op("exp", load("y", "b", 1))), "h", "y"),
        part("four", [ROWS, Loop("o", 2)],
             assign("u", ("b", "o"), op("add", load("pairs", "b", "o", 1), load("again", "b", 3))), "u", "pairs",
             "again"),
    ]  # fmt: skip
    compare(schedule(buffers, kernels), skip=("flat", "pairs", "again", "cube", "square"))


def guard(low, index, extent):
    value = IndexValue("int32", index)
    lower = condition("greater_equal", value, Constant("int32", low))
    return condition("and", lower, condition("greater", Constant("int32", extent), value))


@pytest.mark.parametrize("axis", ["one variable", "two variables", "the batch"])
def test_reading_outside_under_a_condition(axis):
    buffers = [buffer("x", ("B", 5), "input"), buffer("y", ("B", 5)), buffer("z", ("B",)), buffer("n", ("B",))]
    if axis == "the batch":
        shifted = affine(-1, b=1)
        inside = condition("greater_equal", IndexValue("int32", shifted), Constant("int32", 0))
        read = op("select", inside, op("log", op("abs", load("x", shifted, "p"))), number(0))
        given = network(buffers, [ROWS, Loop("p", 5)], [assign("y", ("b", "p"), read)])
    elif axis == "one variable":
        index = affine(-2, p=1)
        read = op("select", guard(0, index, 5), op("log", op("abs", load("x", "b", index))), number(-float("inf")))
        given = network(buffers, [ROWS, Loop("p", 5)], [assign("y", ("b", "p"), read)])
    else:
        index = affine(-1, p=1, r=1)
        window = [Loop("r", 3)]
        read = load("x", "b", index)
        largest = total(window, op("select", guard(0, index, 5), read, number(-float("inf"))), "max")
        added = total(window, op("select", guard(0, index, 5), op("exp", read), number(0)))
        body = [assign("y", ("b", "p"), largest), assign("y", ("b", "p"), op("add", load("y", "b", "p"), added))]
        given = network(buffers, [ROWS, Loop("p", 5)], body)
        text = emitted(given)
        assert 'arrays["inside"] = ' in text  # the mask is made when arrays are bound
    compare(given)


def test_conditions_over_batch_axes():
    buffers = [buffer("x", ("B",), "input"), buffer("s", ("B", "B"))]
    a, b = (IndexValue("int32", affine(**{name: 1})) for name in "ab")
    value = op("select", condition("greater_equal", a, b), times(load("x", "a"), load("x", "b")), number(-float("inf")))
    compare(network(buffers, [Loop("a", "B"), Loop("b", "B")], [assign("s", ("a", "b"), value)]))


@pytest.mark.parametrize("kind", ["sum", "max", "prod", "argmax"])
def test_reductions_over_what_the_body_lacks_and_over_nothing(kind):
    dtype = "int32" if kind == "argmax" else "real"
    names = ("y", "z", "u", "v", "w")
    buffers = [buffer("x", ("B", 3), "input"), *(buffer(name, ("B",), dtype=dtype) for name in names),
               buffer("c", (), dtype=dtype)]  # fmt: skip
    found, three = load("x", "b", "i"), Loop("i", 3)
    body = [
        assign("y", ("b",), total([three, Loop("j", 4)], found, kind), dtype=dtype),
        assign("z", ("b",), total([Loop("j", 4), three], found, kind), dtype=dtype),
        assign("u", ("b",), total([Loop("a", "B")], load("x", "b", 1), kind), dtype=dtype),
        assign("v", ("b",), total([Loop("i", 0)], found, kind), dtype=dtype),
        assign("w", ("b",), total([Loop("i", 2, 1)], found, kind), [], dtype=dtype),
    ]
    single = kernel("c", [], [assign("c", (), total([Loop("a", "B"), three], load("x", 0, 1), kind), dtype=dtype)],
                    named([buffers[-1], buffers[0]]))  # fmt: skip
    compare(schedule(buffers, [kernel("k", [ROWS], body, named(buffers[:-1])), single]))


def test_a_statement_over_an_empty_range_does_nothing():
    buffers = [buffer("x", ("B", 3), "input"), buffer("y", ("B", 3))]
    body = [
        local("t", total([Loop("i", 3)], load("x", "b", "i"))),
        assign("y", ("b", "o"), Local("real", "t"), [Loop("o", 0)]),
        assign("y", ("b", "o"), Local("real", "t"), [Loop("o", 2, 1)]),
    ]
    compare(network(buffers, [ROWS], body))


def test_a_factor_that_is_computed_is_not_multiplied_out():
    """sum[p, k](select(..) * kernel): the condition's axes and the kernel's are contracted, not spread out first."""
    buffers = [buffer("x", ("B", 4), "input"), buffer("w", (5, 4), "parameter"), buffer("y", ("B", 5))]
    chosen = op("select", condition("greater", load("x", "b", "p"), number(0)), load("x", "b", "p"), number(0))
    value = total([Loop("p", 4)], times(chosen, load("w", "k", "p")))
    given = network(buffers, [ROWS, Loop("k", 5)], [assign("y", ("b", "k"), value)])
    assert "scratch.dot(w.T, out=y)" in emitted(given)
    compare(given)


def test_an_affine_access_of_a_gather():
    buffers = [
        buffer("label", ("B", 3), "input"), buffer("e", (3, 8), "parameter"), buffer("y", ("B", 3, 4)),
        buffer("s", ("B", "B")), buffer("z", ("B", 3)),
    ]  # fmt: skip
    token = load("label", "b", "t")
    body = [
        assign("y", ("b", "t", "d"), load("e", Indirect(token), affine(1, d=2)), [Loop("t", 3), Loop("d", 3)]),
        assign("z", ("b", "t"), load("y", "b", Indirect(token), affine(t=1)), [Loop("t", 3)]),
        assign("z", ("b", "t"), load("e", Indirect(token), "t"), [Loop("t", 3)], accumulate=True),
    ]
    given = network(buffers, [ROWS], body)
    compare(given)
    rows = [buffer("x", ("B",), "input"), buffer("s", (2, "B", 3)), buffer("token", ("B",), "input"),
            buffer("y", ("B", 2))]  # fmt: skip
    read = Load("real", "s", (affine(i=1), affine(b=1), Indirect(load("token", "b"))))
    compare(network(rows, [ROWS, Loop("i", 2)], [assign("y", ("b", "i"), read)]))
