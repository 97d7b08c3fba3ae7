"""Matrix products in C against NumPy's: every way to read the operands, full and partial tiles, any depth."""

import subprocess

import numpy as np
import pytest
from c_runner import Running, compiled, compiler, emitted

from bpgen.algebra.expressions import Reduction
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.system import Equation, System, Tensor

pytestmark = pytest.mark.skipif(compiler() is None, reason="needs a C compiler")


def products(inner, outer):
    """Sums over a row, over a column, over the batch, and over the batch with its result turned."""
    b, i, o = Index("b", BATCH), Index("i", inner), Index("o", outer)
    x, z = Tensor("x", (b, i), role="input"), Tensor("z", (b, o), role="input")
    w, v = Tensor("w", (o, i), role="parameter"), Tensor("v", (i, o), role="parameter")
    across, along = Tensor("across", (b, o)), Tensor("along", (b, o))
    weight, turned = Tensor("weight", (o, i)), Tensor("turned", (i, o))
    equations = (
        Equation(across, (b, o), Reduction("sum", x[b, i] * w[o, i], i), number=1),
        Equation(along, (b, o), Reduction("sum", x[b, i] * v[i, o], i), number=2),
        Equation(weight, (o, i), Reduction("sum", z[b, o] * x[b, i], b), number=3),
        Equation(turned, (i, o), Reduction("sum", z[b, o] * x[b, i], b), number=4),
    )
    tensors = {t.name: t for t in (x, z, w, v, across, along, weight, turned)}
    return System("products", tensors, equations, outputs=("across", "along", "weight", "turned"))


@pytest.mark.parametrize("flags", [(), ("-DPLAIN_C",)], ids=["vectors", "plain"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    "sizes", [(1, 300), (3, 1), (5, 7), (11, 12), (16, 16), (36, 20), (97, 33), (270, 110), (1100, 4)], ids=str
)
def test_products_are_those_of_numpy(sizes, dtype, flags, tmp_path):
    inner, outer = sizes
    source = emitted(products(inner, outer), dtype)
    running = Running(source, tmp_path, compiled(source, tmp_path, *flags))
    rng = np.random.default_rng(3)
    running.parameters[:] = rng.normal(size=running.parameters.shape)
    w, v = (running.views("parameters")[name].astype(float) for name in "wv")
    for batch in (1, 2, 3, 13, 256, 257, 1100):
        x, z = (rng.normal(size=(batch, size)).astype(dtype) for size in sizes)
        _, results = running.call("forward", {"x": x, "z": z}, batch, batch)
        x, z = x.astype(float), z.astype(float)
        expected = {"across": x @ w.T, "along": x @ v, "weight": z.T @ x, "turned": x.T @ z}
        for name, value in expected.items():
            size = np.abs(value).max() * {"float64": 1e-12, "float32": 1e-4}[dtype]
            np.testing.assert_allclose(results[name], value, rtol=0, atol=size, err_msg=f"{name}, batch {batch}")


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("machine", ["x86-64", "haswell", "native"])
@pytest.mark.parametrize("terms", [64, 71])
def test_sums_of_few_rows_or_columns_are_those_of_numpy(terms, machine, dtype, tmp_path):
    """Terms that fill vectors and that do not; what is infinite stays so, also where a vector reads it twice."""
    source = emitted(products(terms, 3), dtype)
    running = Running(source, tmp_path, compiled(source, tmp_path, f"-march={machine}"))
    rng = np.random.default_rng(4)
    running.parameters[:] = rng.uniform(1, 2, size=running.parameters.shape)
    w = running.views("parameters")["w"].astype(float)
    for batch in (1, 2, 3, 4, 7, 100):
        x, z = (rng.normal(size=(batch, size)).astype(dtype) for size in (terms, 3))
        _, results = running.call("forward", {"x": x, "z": z}, batch, batch)
        expected = x.astype(float) @ w.T
        np.testing.assert_allclose(results["across"], expected, rtol=0, atol={"float64": 1e-12, "float32": 1e-4}[dtype])
        for place in (0, terms - 9, terms - 1):
            infinite = x.copy()
            infinite[-1, place] = np.inf
            _, results = running.call("forward", {"x": infinite, "z": z}, batch, batch)
            assert np.all(results["across"][-1] == np.inf)


def test_small_matrices_are_turned_where_they_are_read_across_vectors():
    text = next(text for name, text in emitted(products(5, 12)).files.items() if name.endswith(".c"))
    assert "turned[i * 12 + o] = w[o * 5 + i];" in text
    assert text.count("[i * 12 + o] = ") == 2  # that, and the product that is wanted turned
    assert "multiply(" not in text


def test_sums_of_two_thousand_million_terms_are_weighed_without_overflow(tmp_path):
    """Which way takes less time, for sizes at which the terms of a tile are more than int counts."""
    text = emitted(products(36, 20)).files["products.c"]
    start = text.index("        const ptrdiff_t terms = depth")
    chosen = text[start : text.index("            multiply_dots(", start)]
    main = "int rows = 96, columns = 32, depth = 2000000000;"
    (tmp_path / "weighed.c").write_text(
        "#include <stddef.h>\nenum { LANES = 16, COLUMNS = 2 * LANES, DEPTH = 256 };\n"
        f"int main(void)\n{{\n    {main}\n{chosen}            return 1;\n        }}\n    return 0;\n}}\n"
    )
    command = [str(compiler()), "-fsanitize=undefined", "-fno-sanitize-recover=all", "weighed.c", "-o", "weighed"]
    subprocess.run(command, cwd=tmp_path, check=True)
    subprocess.run([str(tmp_path / "weighed")], check=True)
