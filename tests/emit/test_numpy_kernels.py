"""Kernels of every kind, as NumPy: against the interpreter, and as they read."""

from __future__ import annotations

import numpy as np
import pytest
from numpy_schedules import (
    assign,
    buffer,
    compare,
    condition,
    contraction,
    emitted,
    kernel,
    load,
    local,
    number,
    op,
    run_numpy,
    schedule,
    total,
)

import bpgen
from bpgen.lower.scalar import Affine, IndexValue, Indirect, Local, Loop

DTYPES = ("float64", "float32")


def named(buffers):
    return {item.name: item for item in buffers}


def linear(inputs: int, units: int):
    buffers = [
        buffer("x", ("B", inputs), "input"), buffer("weight", (units, inputs), "parameter"),
        buffer("bias", (units,), "parameter"), buffer("z", ("B", units)), buffer("h", ("B", units)),
    ]  # fmt: skip
    extents = {"b": "B", "o": units, "i": inputs}
    product, found = contraction("- b o i", load("x", "b", "i"), load("weight", "o", "i"), extents)
    statements = [
        assign("z", ("b", "o"), op("add", product, load("bias", "o")), contraction=found, numbers=(1,)),
        assign("h", ("b", "o"), op("maximum", number(0), load("z", "b", "o")), numbers=(2,)),
    ]
    return schedule(buffers, [kernel("linear", [Loop("b", "B"), Loop("o", units)], statements, named(buffers))])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("inputs", "units"), [(4, 3), (1, 1), (3, 3), (1, 5), (5, 1)])
def test_linear_layer(inputs, units, dtype):
    compare(linear(inputs, units), dtype=dtype)


def test_linear_layer_reads_as_written_by_hand():
    text = emitted(linear(4, 3))
    assert "    # (1)\n    x.dot(weight.T, out=z)\n    z += bias\n    # (2)\n    maximum(ZERO, z, out=h)\n" in text
    assert "scratch" not in text.split("class Network")[0].split("def linear")[1]


@pytest.mark.parametrize("groups", ["- o i b", "- i o b"])
def test_weight_gradient(groups):
    buffers = [buffer("x", ("B", 4), "input"), buffer("d", ("B", 3)), buffer("g", (3, 4), "gradient")]
    product, found = contraction(groups, load("d", "b", "o"), load("x", "b", "i"), {"b": "B"})
    body = [assign("g", ("o", "i"), product, contraction=found)]
    given = schedule(buffers, [kernel("k", [Loop("o", 3), Loop("i", 4)], body, named(buffers))])
    assert "d.T.dot(x, out=g)" in emitted(given)
    compare(given)


@pytest.mark.parametrize(
    ("left", "right", "target", "expected"),
    [
        ("bti", "oi", "bto", "left.reshape(-1, 4).dot(right.T, out=target.reshape(-1, 3))"),
        ("bto", "bti", "oi", "left.reshape(-1, 3).T.dot(right.reshape(-1, 4), out=target)"),
        ("bhid", "bhjd", "bhij", "matmul(left, right.transpose(0, 1, 3, 2), out=target)"),
        ("bihd", "bjhd", "bhij", "matmul("),
        ("bi", "boi", "bo", "matmul(left[:, None], right.transpose(0, 2, 1), out=target[:, None])"),
        ("boi", "bi", "bo", "matmul("),
        ("bi", "bi", "b", 'einsum("bi,bi->b", left, right, out=target)'),
        ("bi", "i", "b", "left.dot(right, out=target)"),
        ("i", "oi", "o", "left.dot(right.T, out=target)"),
        ("tbi", "oi", "bto", "dot("),
        ("bi", "bj", "bij", 'einsum("bi,bj->bij", left, right, out=target)'),
        ("oi", "bi", "ob", "left.dot(right.T, out=target)"),
        ("bi", "oi", "ob", "right.dot(left.T, out=target)"),
    ],
)
def test_contractions(left, right, target, expected):
    extents = {"b": "B", "t": 2, "i": 4, "o": 3, "h": 2, "d": 3, "j": 5}
    shapes = [tuple(extents[c] for c in text) for text in (left, right, target)]
    buffers = [
        buffer("left", shapes[0]), buffer("right", shapes[1]), buffer("target", shapes[2]),
    ]  # fmt: skip
    bound = [c for c in dict.fromkeys(left + right) if c not in target]
    buffers.append(buffer("x", ("B",), "input"))
    product = op("multiply", load("left", *left), load("right", *right))
    value = total([Loop(c, extents[c]) for c in bound], product) if bound else product
    loops = [Loop(c, extents[c]) for c in target]
    given = schedule(buffers, [kernel("k", loops, [assign("target", tuple(target), value)], named(buffers[:3]))])
    if bound:
        assert expected in emitted(given)
    compare(given)


def test_three_factors_and_a_number():
    buffers = [buffer("x", ("B", 3), "input"), buffer("w", (2, 3, 3), "parameter"), buffer("y", ("B", 2))]
    product = op("multiply", number(0.5), op("multiply", load("x", "b", "i"), load("w", "k", "i", "j")))
    value = total([Loop("i", 3), Loop("j", 3)], op("multiply", product, load("x", "b", "j")))
    body = [assign("y", ("b", "k"), value)]
    given = schedule(buffers, [kernel("k", [Loop("b", "B"), Loop("k", 2)], body, named(buffers))])
    assert 'einsum("bi,kij,bj->bk", x, w, x, out=y)' in emitted(given)
    compare(given)
    compare(given, dtype="float32")


def test_many_factors_two_at_a_time():
    sizes = {"i": 9, "j": 10, "k": 11}
    buffers = [
        buffer("x", ("B", 9), "input"), buffer("w", (11, 9, 10), "parameter"), buffer("y", ("B", 11)),
        buffer("v", (10,), "parameter"),
    ]  # fmt: skip
    factors = [load("x", "b", "i"), load("w", "k", "i", "j"), load("v", "j"), load("x", "b", "i")]
    product = op("multiply", op("multiply", *factors[:2]), op("multiply", *factors[2:]))
    value = total([Loop("i", sizes["i"]), Loop("j", sizes["j"])], product)
    given = schedule(buffers, [kernel("k", [Loop("b", "B"), Loop("k", 11)], [assign("y", ("b", "k"), value)],
                                      named(buffers))])  # fmt: skip
    assert "einsum" not in emitted(given)
    compare(given)


def cross_entropy(classes: int):
    buffers = [
        buffer("label", ("B",), "input"), buffer("z", ("B", classes)), buffer("p", ("B", classes)),
        buffer("picked", ("B",)), buffer("loss", ()), buffer("d", ("B", classes)),
    ]  # fmt: skip
    rows, columns = Loop("b", "B"), Loop("j", classes)
    logit, own = load("z", "b", "j"), load("label", "b")
    statements = [
        local("m", total([columns], logit, "max")),
        assign("p", ("b", "j"), op("exp", op("subtract", logit, Local("real", "m"))), [columns]),
        local("s", total([columns], load("p", "b", "j"))),
        assign("p", ("b", "j"), op("divide", load("p", "b", "j"), Local("real", "s")), [columns]),
        assign("picked", ("b",), op("subtract", op("add", Local("real", "m"), op("log", Local("real", "s"))),
                                    load("z", "b", Indirect(own)))),
    ]  # fmt: skip
    batch = number(1) if classes == 0 else op("cast", IndexValue("int32", Affine((), 3)))
    bracket = op("cast", condition("equal", IndexValue("int32", Affine((("j", 1),))), own))
    kernels = [
        kernel("softmax", [rows], statements, named(buffers[:4])),
        kernel("mean", [], [assign("loss", (), op("divide", total([rows], load("picked", "b")), batch))],
               named([buffers[4], buffers[3]])),
        kernel("delta", [rows, columns],
               [assign("d", ("b", "j"), op("divide", op("subtract", load("p", "b", "j"), bracket), batch))],
               named([buffers[5], buffers[2], buffers[0]])),
    ]  # fmt: skip
    return schedule(buffers, kernels, loss="loss")


@pytest.mark.parametrize("dtype", DTYPES)
def test_cross_entropy_with_labels(dtype):
    compare(cross_entropy(3), dtype=dtype)


def test_cross_entropy_survives_large_logits():
    given = cross_entropy(3)
    arrays = {
        "label": np.array([0, 2], np.int32), "z": np.array([[1e4, 0.0, -1e4], [0.0, 1e4, 1e4]]),
        "p": np.zeros((2, 3)), "picked": np.zeros(2), "loss": np.zeros(()), "d": np.zeros((2, 3)),
    }  # fmt: skip
    found = run_numpy(given, arrays, 2, "float32", 4)
    np.testing.assert_allclose(found["p"], [[1, 0, 0], [0, 0.5, 0.5]], atol=1e-6)
    assert np.isfinite(found["return"])


def test_gathers():
    buffers = [
        buffer("token", ("B", 2), "input"), buffer("label", ("B",), "input"), buffer("e", (3, 4), "parameter"),
        buffer("w", (3, 3), "parameter"), buffer("y", ("B", 2, 4)), buffer("z", ("B", 2)), buffer("u", ("B", 4)),
    ]  # fmt: skip
    token, label = Indirect(load("token", "b", "t")), Indirect(load("label", "b"))
    rows = Loop("b", "B")
    statements = [
        assign("y", ("b", "t", "d"), load("e", token, "d"), [Loop("t", 2), Loop("d", 4)]),
        assign("z", ("b", "t"), op("add", load("w", token, label), load("y", "b", "t", 3)), [Loop("t", 2)]),
        assign("u", ("b", "d"), load("y", "b", Indirect(load("token", "b", 1)), "d"), [Loop("d", 4)]),
    ]
    kernels = [kernel("gather", [rows], statements[:2], named(buffers[:6]))]
    given = schedule(buffers, kernels)
    text = emitted(given)
    assert 'take(e, index, axis=0, out=y, mode="clip")' in text
    compare(given)
    # A gather within each row, whole vectors at a time: needs positions of three axes.
    narrow = [buffer("token", ("B", 2), "input"), buffer("y", ("B", 3, 4)), buffer("u", ("B", 4))]
    statements = [assign("u", ("b", "d"), load("y", "b", Indirect(load("token", "b", 1)), "d"), [Loop("d", 4)])]
    compare(schedule(narrow, [kernel("row", [rows], statements, named(narrow))]))


@pytest.mark.parametrize(
    ("index", "extent", "start"),
    [
        (Affine((("p", 1),), 2), 4, 0), (Affine((("p", 2),), 1), 3, 0), (Affine((("p", -1),), 6), 7, 0),
        (Affine((("p", -2),), 4), 3, 0), (Affine((("p", 1),), -1), 4, 1), (Affine((("p", 2),), 0), 2, 1),
        (Affine((), 5), 1, 0), (Affine((("p", -1),), 3), 4, 0),
    ],
)  # fmt: skip
def test_affine_accesses_are_slices(index, extent, start):
    buffers = [buffer("x", ("B", 7), "input"), buffer("y", ("B", 8))]
    body = [assign("y", ("b", "p"), load("x", "b", index))]
    given = schedule(buffers, [kernel("k", [Loop("b", "B"), Loop("p", extent, start)], body, named(buffers))])
    compare(given)


def test_convolution_by_strides():
    buffers = [buffer("x", ("B", 9), "input"), buffer("k", (3,), "parameter"), buffer("y", ("B", 4))]
    window = Affine((("p", 2), ("r", 1)))
    value = total([Loop("r", 3)], op("multiply", load("x", "b", window), load("k", "r")))
    body = [assign("y", ("b", "p"), value)]
    given = schedule(buffers, [kernel("c", [Loop("b", "B"), Loop("p", 4)], body, named(buffers))])
    assert "as_strided" in emitted(given)
    compare(given)


def test_diagonal():
    buffers = [buffer("x", ("B", 3, 3), "input"), buffer("y", ("B",))]
    body = [assign("y", ("b",), total([Loop("i", 3)], load("x", "b", "i", "i")))]
    compare(schedule(buffers, [kernel("trace", [Loop("b", "B")], body, named(buffers))]))


@pytest.mark.parametrize("kind", ["sum", "max", "prod", "argmax"])
@pytest.mark.parametrize("axes", ["b", "o", "bo", "ot", "bot"])
def test_reductions(kind, axes):
    extents = {"b": "B", "o": 4, "t": 3}
    kept = tuple(c for c in "bot" if c not in axes)
    shape = tuple(extents[c] for c in kept)
    dtype = "int32" if kind == "argmax" else "real"
    buffers = [buffer("x", ("B", 4, 3), "input"), buffer("y", shape, dtype=dtype), buffer("u", shape, dtype=dtype)]
    bound = [Loop(c, extents[c]) for c in axes]
    plain = total(bound, load("x", "b", "o", "t"), kind)
    computed = total(bound, op("exp", op("negative", load("x", "b", "o", "t"))), kind)
    loops = [Loop(c, extents[c]) for c in kept]
    given = schedule(
        buffers,
        [
            kernel("plain", loops, [assign("y", kept, plain, dtype=dtype)], named([buffers[1], buffers[0]])),
            kernel("computed", loops, [assign("u", kept, computed, dtype=dtype)], named([buffers[2], buffers[0]])),
        ],
    )
    compare(given)


def test_target_without_one_of_its_loops():
    buffers = [buffer("x", ("B", 1), "input"), buffer("y", ("B",)), buffer("v", ("B", 1))]
    twice = op("multiply", load("x", "b", "o"), number(2))
    rows = [Loop("b", "B"), Loop("o", 1)]
    statements = [
        local("t", op("exp", load("x", "b", "o"))),
        assign("y", ("b",), op("add", twice, Local("real", "t"))),
    ]
    compare(schedule(buffers[:2], [kernel("k", rows, statements, named(buffers[:2]))]))
    wide = [buffer("x", ("B", 2), "input"), buffer("y", ("B",))]
    body = [assign("y", ("b",), twice)]
    compare(schedule(wide, [kernel("k", [Loop("b", "B"), Loop("o", 2)], body, named(wide))]))


def test_batch_of_matrices_of_the_batch():
    buffers = [buffer("x", ("B", 3), "input"), buffer("s", ("B", "B")), buffer("r", ("B",))]
    product = total([Loop("i", 3)], op("multiply", load("x", "a", "i"), load("x", "b", "i")))
    kernels = [
        kernel("gram", [Loop("a", "B"), Loop("b", "B")], [assign("s", ("a", "b"), product)], named(buffers[:2])),
        kernel("rows", [Loop("a", "B")], [assign("r", ("a",), total([Loop("b", "B")], load("s", "a", "b")))],
               named(buffers[1:])),
    ]  # fmt: skip
    compare(schedule(buffers, kernels))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("width", [3, 300])
def test_what_a_mask_does_not_choose_is_0_whatever_stood_there(dtype, width):
    """The gradient of relu beside infinite and undefined ones, over few elements and over many."""
    model = {
        "bpgen": 1, "name": "net", "inputs": {"x": {"shape": ["B", width]}, "y": {"shape": ["B", width]}},
        "layers": [{"name": "h", "type": "relu"}], "loss": {"type": "mse", "target": "y"},
    }  # fmt: skip
    net = bpgen.build(model, target="numpy", dtype=dtype)
    x = np.tile([-1.0, 1.0, 0.0], (5, width // 3)).astype(dtype)
    y = np.full_like(x, 2.0)
    bound = net.bind(x=x, y=y)
    y[0], y[1] = np.inf, np.nan  # read anew, and not checked again
    _, found = bound.input_gradients()
    assert np.all(found["x"][x <= 0] == 0) and not np.any(np.signbit(found["x"][x <= 0]))
    assert np.all(np.isinf(found["x"][0][x[0] > 0])) and np.all(np.isnan(found["x"][1][x[1] > 0]))
    assert np.allclose(found["x"][2][x[2] > 0], 2 * (1.0 - 2.0) / x.size)
    assert ("keep(" in next(iter(bpgen.generate(model, "numpy", dtype).files.values()))) == (width == 300)
