"""Products of many rows, or sums over them: panels are kept for as many rows and columns as a cache has room for."""

import numpy as np
import pytest
from c_runner import Running, compiled, compiler, emitted

from bpgen.algebra.expressions import Reduction
from bpgen.algebra.functions import sigmoid
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.system import Equation, System, Tensor
from bpgen.emit import c_threads
from bpgen.emit.c_tiles import APART, KEPT, STRIP, TILE_ROWS, Axis, large_tile, strip_of
from bpgen.lower.scalar import BATCH as ROWS
from bpgen.lower.scalar import Loop

SIZES = [(24, 7, 33), (49, 257, 70), (30, 300, 128), (25, 1400, 200)]  # positions, terms and columns


def sequences():
    """y = sigmoid(x W' + c) * z, u = x V and g = z' x, of each size."""
    b, tensors, equations = Index("b", BATCH), [], []
    for n, (positions, inner, outer) in enumerate(SIZES):
        t, i, o = Index("t", positions), Index("i", inner), Index("o", outer)
        x, z = Tensor(f"x{n}", (b, t, i), role="input"), Tensor(f"z{n}", (b, t, o), role="input")
        w, v = Tensor(f"w{n}", (o, i), role="parameter"), Tensor(f"v{n}", (i, o), role="parameter")
        c, a, y = Tensor(f"c{n}", (o,), role="parameter"), Tensor(f"a{n}", (b, t, o)), Tensor(f"y{n}", (b, t, o))
        u, g = Tensor(f"u{n}", (b, t, o)), Tensor(f"g{n}", (o, i))
        total = Reduction("sum", x[b, t, i] * w[o, i], i) + c[o]
        equations += [
            Equation(a, (b, t, o), total, number=4 * n + 1),
            Equation(y, (b, t, o), sigmoid(a[b, t, o]) * z[b, t, o], number=4 * n + 2),
            Equation(u, (b, t, o), Reduction("sum", x[b, t, i] * v[i, o], i), number=4 * n + 3),
            Equation(g, (o, i), Reduction("sum", z[b, t, o] * x[b, t, i], b, t), number=4 * n + 4),
        ]
        tensors += [x, z, w, v, c, a, y, u, g]
    outputs = tuple(f"{name}{n}" for n in range(len(SIZES)) for name in "yug")
    return System("sequences", {tensor.name: tensor for tensor in tensors}, tuple(equations), outputs=outputs)


@pytest.mark.skipif(compiler() is None, reason="needs a C compiler")
@pytest.mark.parametrize(
    ("dtype", "flags"),
    [("float32", ()), ("float64", ()), ("float64", ("-DPLAIN_C",)), ("float32", ("-march=haswell",))],
)
def test_products_are_those_of_numpy_and_the_same_bits_with_any_number_of_threads(dtype, flags, tmp_path, monkeypatch):
    for name in ("FORK", "BARRIER", "EXCHANGE", "LEAST"):
        monkeypatch.setattr(c_threads, name, 0.0)
    source = emitted(sequences(), dtype)
    text = source.files["sequences.c"]
    assert text.count("multiply_strip(tile, ") == 2 * len(SIZES)
    blocks, in_place = text.count("multiply_across(tile, "), text.count("multiply(tile, ")
    assert blocks and blocks + in_place == len(SIZES) and "multiply_across(tile, STRIP" not in text
    assert f"multiply_strip(tile, {64 + APART}, " in text, "200 columns in parts of 64"
    library = compiled(source, tmp_path, *flags)
    rng = np.random.default_rng(5)
    one = Running(source, tmp_path, library)
    parameters = rng.normal(size=one.parameters.shape)
    for batch in (1, 2, 5, 23):
        given = {}
        for n, (positions, inner, outer) in enumerate(SIZES):
            given[f"x{n}"] = rng.normal(size=(batch, positions, inner)).astype(dtype)
            given[f"z{n}"] = rng.normal(size=(batch, positions, outer)).astype(dtype)
        found = []
        for threads in (1, 2, 3):
            running = Running(source, tmp_path, library, threads)
            running.parameters[:] = parameters
            found.append(running.call("forward", given, batch, batch)[1])
        kept = {name: value.astype(float) for name, value in running.views("parameters").items()}
        size = {"float64": 1e-11, "float32": 1e-4}[dtype]
        for n in range(len(SIZES)):
            x, z = (given[f"{name}{n}"].astype(float) for name in "xz")
            expected = z / (1 + np.exp(-(x @ kept[f"w{n}"].T + kept[f"c{n}"])))
            np.testing.assert_allclose(found[0][f"y{n}"], expected, rtol=0, atol=10 * size)
            product = x @ kept[f"v{n}"]
            np.testing.assert_allclose(found[0][f"u{n}"], product, rtol=0, atol=size * np.abs(product).max())
            assert all(np.array_equal(other[f"{k}{n}"], found[0][f"{k}{n}"]) for other in found for k in "yug")
            product = np.einsum("bto,bti->oi", z, x)
            np.testing.assert_allclose(found[0][f"g{n}"], product, rtol=0, atol=10 * size * np.abs(product).max())


@pytest.mark.parametrize(
    ("rows", "columns", "expected"),
    [
        (512, 128, (264, 128)),  # two tiles, for threads
        (128, 512, (132, 256)),  # rows are copied twice, not columns
        (128, 128, (72, 128)),
        (4096, 4096, (264, 352)),
        (7, 20, (12, 32)),
    ],
)
def test_sums_of_many_terms_have_tiles_for_which_little_is_copied(rows, columns, expected):
    axes = [Axis((Loop("n", extent),)) for extent in (rows, columns)]
    many = Axis((Loop("b", ROWS), Loop("t", 64)))
    assert large_tile(Axis(()), *axes, many) == expected
    assert expected[0] * (expected[1] + APART) <= TILE_ROWS * STRIP
    assert large_tile(Axis(()), *axes, Axis((Loop("b", ROWS),))) is None
    assert large_tile(Axis(()), many, axes[1], many) is None


@pytest.mark.parametrize(
    ("rows", "columns", "terms", "expected"),
    [
        ((ROWS, 64), 512, 128, 512),
        ((ROWS, 64), 65, 128, 96),
        ((ROWS, 64), 2048, 16, 1024),  # a strip's tile stays in the second cache
        ((ROWS, 64), 700, 700, 160),
        ((ROWS, 64), 32, 128, 0),  # one panel
        ((ROWS, 64), 512, 3000, 0),
        ((ROWS,), 512, 128, 0),  # perhaps one row
        ((ROWS, 5), 512, 128, 0),
        ((64,), 512, 128, 0),  # few
        ((ROWS, 64), 512, ROWS, 0),
        ((ROWS, 64), ROWS, 128, 0),
    ],
)
def test_panels_are_kept_for_many_rows_where_they_fit_into_a_cache(rows, columns, terms, expected):
    axes = [
        Axis(tuple(Loop(f"n{n}", extent) for n, extent in enumerate(axis))) for axis in (rows, (columns,), (terms,))
    ]
    found = strip_of(*axes)
    assert found == expected
    assert not found or terms * found <= KEPT
