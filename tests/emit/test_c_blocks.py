"""Products of many rows: a block of rows is multiplied with all columns before the next one is; sums over many rows
have tall tiles."""

import numpy as np
import pytest
from c_runner import Running, compiled, compiler, emitted
from test_c_products import products

from bpgen.emit import c_threads
from bpgen.emit.c_tiles import APART, STRIP, TILE_ROWS, Axis, tall_tile
from bpgen.lower.scalar import BATCH, Loop

INNER, OUTER = 700, 130


def test_only_rows_of_the_batch_that_many_columns_read_are_cut_into_blocks():
    text = emitted(products(INNER, OUTER), "float32").files["products.c"]
    assert text.count("for (int i_block = 0; i_block < batch; i_block += 3 * TILE_ROWS) {") == 2, "not of sums over it"
    assert "const int high = batch > DEPTH ? 360 : 2 * ROWS;" in text and "tile[360 * 176];" in text
    assert "i_block" not in emitted(products(INNER, 90), "float32").files["products.c"]


@pytest.mark.skipif(compiler() is None, reason="needs a C compiler")
@pytest.mark.parametrize(("dtype", "flags"), [("float32", ()), ("float64", ("-march=haswell",))])
def test_values_are_the_same_bits_with_any_number_of_threads(dtype, flags, tmp_path, monkeypatch):
    for name in ("FORK", "BARRIER", "EXCHANGE", "LEAST"):
        monkeypatch.setattr(c_threads, name, 0.0)
    source = emitted(products(INNER, OUTER), dtype)
    library = compiled(source, tmp_path, *flags)
    rng = np.random.default_rng(4)
    for batch in (1, 256, 257, 288, 289, 600):
        x, z = (rng.normal(size=(batch, size)).astype(dtype) for size in (INNER, OUTER))
        found = []
        for threads in (1, 2, 3):
            running = Running(source, tmp_path, library, threads)
            running.parameters[:] = np.random.default_rng(5).normal(size=running.parameters.shape)
            found.append(running.call("forward", {"x": x, "z": z}, batch, batch)[1])
        w, v = (running.views("parameters")[name].astype(float) for name in "wv")
        x, z = x.astype(float), z.astype(float)
        for name, value in {"across": x @ w.T, "along": x @ v, "weight": z.T @ x, "turned": x.T @ z}.items():
            assert all(np.array_equal(other[name], found[0][name]) for other in found)
            tolerance = {"float32": 1e-4, "float64": 1e-12}[dtype] * np.abs(value).max()
            np.testing.assert_allclose(found[0][name], value, rtol=0, atol=tolerance)


@pytest.mark.parametrize(
    ("rows", "columns", "expected"),
    [(256, 256, 132), (700, 130, 360), (1024, 1024, 0), (100, 256, 0), (BATCH, 256, 0), (2000, 100, 504)],
)
def test_tiles_of_sums_over_the_batch_are_as_tall_as_a_cache_has_room_for(rows, columns, expected):
    axis = Axis((Loop("n", rows),))
    width = min(STRIP, -(-columns // 32) * 32) + APART
    found = tall_tile(axis, Axis((Loop("b", BATCH),)), width)
    assert found == expected and found * width <= TILE_ROWS * STRIP
    assert tall_tile(axis, Axis((Loop("k", 2000),)), width) == 0
