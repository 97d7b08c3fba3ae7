"""Values added where several meet, as NumPy: against the interpreter."""

from __future__ import annotations

import numpy as np
import pytest
from numpy_schedules import assign, buffer, compare, emitted, kernel, load, number, op, run_numpy, schedule, total

from bpgen.lower.scalar import Affine, Indirect, Loop

ROWS = Loop("b", "B")


def affine(constant=0, **terms):
    return Affine(tuple(terms.items()), constant)


def named(buffers):
    return {item.name: item for item in buffers}


def added(target, indices, value, loops=()):
    return assign(target, indices, value, list(loops), accumulate=True)


def zero(target, indices, loops):
    return assign(target, indices, number(0), loops)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("step", "window", "extent"), [(1, 3, 4), (2, 3, 3), (3, 2, 2), (1, 1, 1), (2, 2, 1)])
def test_windows_that_overlap(step, window, extent, dtype):
    size = step * (extent - 1) + window + 1
    buffers = [buffer("d", ("B", extent, window), "input"), buffer("x", ("B", size))]
    place = affine(p=step, r=1)
    body = [
        zero("x", ("b", "h"), [Loop("h", size)]),
        added("x", ("b", place), op("exp", load("d", "b", "p", "r")), [Loop("p", extent), Loop("r", window)]),
    ]
    compare(schedule(buffers, [kernel("k", [ROWS], body, named(buffers))]), dtype=dtype)


def test_a_convolution_transposed():
    """x[b, c, 2 p + r, q + s] += sum[k](y[b, k, p, q] * kernel[k, c, r, s])"""
    buffers = [
        buffer("y", ("B", 3, 4, 4), "input"), buffer("kernel", (3, 2, 3, 2), "parameter"), buffer("x", ("B", 2, 9, 5)),
    ]  # fmt: skip
    product = op("multiply", load("y", "b", "k", "p", "q"), load("kernel", "k", "c", "r", "s"))
    loops = [Loop("p", 4), Loop("q", 4), Loop("r", 3), Loop("s", 2)]
    place = ("b", "c", affine(p=2, r=1), affine(q=1, s=1))
    body = [
        zero("x", ("b", "c", "h", "w"), [Loop("h", 9), Loop("w", 5)]),
        added("x", place, total([Loop("k", 3)], product), loops),
    ]
    given = schedule(buffers, [kernel("k", [ROWS, Loop("c", 2)], body, named(buffers))])
    assert "for r in range(3):" in emitted(given)
    compare(given)
    summed = [body[0], added("x", place, product, [*loops, Loop("k", 3)])]
    compare(schedule(buffers, [kernel("k", [ROWS, Loop("c", 2)], summed, named(buffers))]))


@pytest.mark.parametrize("long", [2, 9])
def test_slices_and_strides_of_their_own(long):
    buffers = [buffer("d", ("B", 3, long), "input"), buffer("x", ("B", 3 * long + 1)), buffer("s", ("B", 3))]
    loops = [Loop("h", 3), Loop("j", long)]
    value = op("multiply", load("d", "b", "h", "j"), load("s", "b", "h"))
    body = [
        added("x", ("b", affine(1, h=long, j=1)), value, loops),
        added("x", ("b", affine(2 * long + 1, h=-long, j=1)), value, loops),
        added("x", ("b", affine(h=long)), load("s", "b", "h"), [Loop("h", 3)]),
    ]
    compare(schedule(buffers, [kernel("k", [ROWS], body, named(buffers))]))


def test_loops_that_the_target_lacks_are_summed():
    buffers = [
        buffer("d", ("B", 3, 2), "input"), buffer("w", (2, 4), "input"), buffer("g", (3,), "gradient"),
        buffer("n", (3, 4), "gradient"), buffer("c", ()),
    ]  # fmt: skip
    value = load("d", "b", "i", "j")
    loops = [ROWS, Loop("i", 3), Loop("j", 2)]
    body = [
        added("g", ("i",), value, loops),
        added("g", (1,), op("sin", value), loops),
        added("g", ("i",), number(2), loops),
        added("n", ("i", "k"), op("multiply", value, load("w", "j", "k")), [*loops, Loop("k", 4)]),
        added("c", (), op("square", value), loops),
        added("c", (), total([Loop("j", 2)], op("multiply", value, load("w", "j", 1))), loops[:2]),
    ]
    compare(schedule(buffers, [kernel("k", [], body, named(buffers))]))


def test_the_diagonal():
    buffers = [buffer("d", ("B", 3), "input"), buffer("x", ("B", 3, 3)), buffer("s", ("B", "B"))]
    body = [
        added("x", ("b", "i", "i"), load("d", "b", "i"), [Loop("i", 3)]),
        added("s", ("b", "b"), total([Loop("i", 3)], load("d", "b", "i"))),
    ]
    compare(schedule(buffers, [kernel("k", [ROWS], body, named(buffers))]))


def test_what_is_added_reads_its_target():
    buffers = [buffer("d", ("B", 3), "input"), buffer("x", ("B", 3))]
    body = [added("x", ("b", "i"), op("multiply", load("x", "b", "i"), load("d", "b", "i")), [Loop("i", 3)])]
    compare(schedule(buffers, [kernel("k", [ROWS], body, named(buffers))]))


def test_duplicates_of_an_embedding_accumulate():
    buffers = [buffer("token", ("B", 4), "input"), buffer("d", ("B", 4, 2)), buffer("g", (3, 2), "gradient")]
    token = Indirect(load("token", "b", "t"))
    body = [
        zero("g", ("v", "j"), [Loop("v", 3), Loop("j", 2)]),
        added("g", (token, "j"), load("d", "b", "t", "j"), [ROWS, Loop("t", 4), Loop("j", 2)]),
    ]
    given = schedule(buffers, [kernel("k", [], body, named(buffers))])
    compare(given)
    arrays = {"token": np.zeros((2, 4), np.int32), "d": np.ones((2, 4, 2)), "g": np.zeros((3, 2))}
    found = run_numpy(given, arrays, 2, "float32", 2)
    np.testing.assert_array_equal(found["g"], [[8, 8], [0, 0], [0, 0]])


def test_positions_of_several_arrays():
    buffers = [
        buffer("token", ("B", 2), "input"), buffer("label", ("B",), "input"), buffer("d", ("B", 2, 3), "input"),
        buffer("g", (3, 3), "gradient"), buffer("x", ("B", 3, 8)), buffer("h", (3,), "gradient"),
        buffer("c", (3,), "gradient"), buffer("s", (2, "B", 3)),
    ]  # fmt: skip
    token, label = Indirect(load("token", "b", "t")), Indirect(load("label", "b"))
    pairs, value = [ROWS, Loop("t", 2)], load("d", "b", "t", "j")
    body = [
        added("g", (token, label), op("exp", load("d", "b", "t", 1)), pairs),
        added("g", (token, "j"), op("multiply", value, number(0.5)), [*pairs, Loop("j", 3)]),
        added("x", ("b", label, affine(1, t=3, j=1)), value, [*pairs, Loop("j", 3)]),
        added("x", ("b", label, 0), value, [*pairs, Loop("j", 3)]),
        added("h", (label,), total([Loop("t", 2), Loop("j", 3)], op("tanh", value)), [ROWS]),
        added("h", (token,), number(1), pairs),
        added("c", (Indirect(load("token", 0, 1)),), load("d", 0, 0, 0)),
        added("s", ("t", "b", token), load("d", "b", "t", 0), pairs),
    ]
    compare(schedule(buffers, [kernel("k", [], body, named(buffers))]))


def test_each_row_writes_at_a_place_of_its_own():
    buffers = [buffer("label", ("B",), "input"), buffer("d", ("B",), "input"), buffer("x", ("B", 3))]
    body = [assign("x", ("b", Indirect(load("label", "b"))), op("exp", load("d", "b")))]
    compare(schedule(buffers, [kernel("k", [ROWS], body, named(buffers))]))


def test_nothing_is_added_over_an_empty_range():
    buffers = [buffer("d", ("B", 3), "input"), buffer("x", ("B", 3))]
    body = [added("x", ("b", "i"), load("d", "b", "i"), [Loop("i", 0)])]
    compare(schedule(buffers, [kernel("k", [ROWS], body, named(buffers))]))
