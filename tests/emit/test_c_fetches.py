"""What a product is finished with is fetched while it is multiplied, where a function is computed of it."""

import numpy as np
import pytest
from c_runner import Running, compiled, compiler, emitted
from test_c_products import products

from bpgen.algebra.expressions import Reduction
from bpgen.algebra.functions import sigmoid
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.system import Equation, System, Tensor

DEPTH, COLUMNS = 40, 37


def product(finish):
    b, k, j = Index("b", BATCH), Index("k", DEPTH), Index("j", COLUMNS)
    x, w, z = (
        Tensor("x", (b, k), role="input"),
        Tensor("w", (k, j), role="parameter"),
        Tensor("z", (b, j), role="input"),
    )
    c, p, y = Tensor("c", (j,), role="parameter"), Tensor("p", (b, j)), Tensor("y", (b, j))
    equations = (Equation(p, (b, j), Reduction("sum", x[b, k] * w[k, j], k), number=1),
                 Equation(y, (b, j), finish(p[b, j], z[b, j], c[j]), number=2))  # fmt: skip
    return System("finished", {t.name: t for t in (x, w, z, c, p, y)}, equations, outputs=("y",))


def text_of(finish):
    (text,) = (text for name, text in emitted(product(finish)).files.items() if name.endswith(".c"))
    return text.replace("INLINE void fetch(", "").replace("__builtin_prefetch(", "")  # of panels


def test_what_a_function_is_computed_of_is_fetched_row_by_row():
    assert "fetch(z + " in text_of(lambda p, z, c: p * sigmoid(z))


@pytest.mark.parametrize("finish", [lambda p, z, c: p + z, lambda p, z, c: sigmoid(p + c)], ids=["plain", "one row"])
def test_nothing_else_is_fetched(finish):
    assert "fetch(" not in text_of(finish)


@pytest.mark.skipif(compiler() is None, reason="needs a C compiler")
def test_where_rows_are_fetched_they_are_not_counted(tmp_path):
    b, t, k, j = Index("b", BATCH), Index("t", 5), Index("k", DEPTH), Index("j", COLUMNS)
    x, w, z = (
        Tensor("x", (b, t, k), role="input"),
        Tensor("w", (k, j), role="parameter"),
        Tensor("z", (b, t, j), role="input"),
    )
    p, y = Tensor("p", (b, t, j)), Tensor("y", (b, t, j))
    equations = (Equation(p, (b, t, j), Reduction("sum", x[b, t, k] * w[k, j], k), number=1),
                 Equation(y, (b, t, j), p[b, t, j] * sigmoid(z[b, t, j]) * b * t, number=2))  # fmt: skip
    source = emitted(System("counted", {t.name: t for t in (x, w, z, p, y)}, equations, outputs=("y",)))
    text = "".join(source.files.values())
    assert "fetch(z + place_2" in text
    assert text.count(" = place / 5;") == 1
    compiled(source, tmp_path, "-fsyntax-only")


@pytest.mark.skipif(compiler() is None, reason="needs a C compiler")
@pytest.mark.parametrize("flags", [(), ("-DPLAIN_C",)], ids=["vectors", "plain"])
@pytest.mark.parametrize("sizes", [(700, 760), (1030, 515)], ids=str)
def test_what_lies_in_no_cache_is_fetched(sizes, flags, tmp_path):
    source = emitted(products(*sizes), "float32")
    (text,) = (text for name, text in source.files.items() if name.endswith(".c"))
    assert text.count("int fresh = COLD;") == 2 and "add_and_fetch(groups" in text, "rows and columns of weights"
    inner, outer = sizes
    for name, wide in {"weight": inner, "turned": outer}.items():
        assert f"1, (const real *[]){{{name} + i_tile * {wide} + j_tile}}, {wide});" in text
    assert "add_and_fetch" not in emitted(products(70, 76), "float32").files["products.c"]
    running = Running(source, tmp_path, compiled(source, tmp_path, *flags))
    rng = np.random.default_rng(1)
    running.parameters[:] = rng.normal(size=running.parameters.shape)
    w, v = (running.views("parameters")[name].astype(float) for name in "wv")
    for batch in (1, 8, 26, 300):
        x, z = (rng.normal(size=(batch, size)).astype("float32") for size in sizes)
        _, results = running.call("forward", {"x": x, "z": z}, batch, batch)
        x, z = x.astype(float), z.astype(float)
        for name, value in {"across": x @ w.T, "along": x @ v, "weight": z.T @ x, "turned": x.T @ z}.items():
            np.testing.assert_allclose(results[name], value, rtol=0, atol=1e-4 * np.abs(value).max(), err_msg=name)


@pytest.mark.skipif(compiler() is None, reason="needs a C compiler")
@pytest.mark.parametrize("rows", [1, 13, 97])
def test_values(rows, tmp_path):
    running = Running(emitted(product(lambda p, z, c: p * sigmoid(z) + c), "float64"), tmp_path)
    rng = np.random.default_rng(rows)
    running.parameters[:] = rng.normal(size=running.parameters.shape)
    given = {"x": rng.normal(size=(rows, DEPTH)), "z": rng.normal(size=(rows, COLUMNS))}
    _, results = running.call("forward", given, rows, rows)
    kept = running.views("parameters")
    np.testing.assert_allclose(
        results["y"], given["x"] @ kept["w"] / (1 + np.exp(-given["z"])) + kept["c"], 1e-10, 1e-10
    )
