"""Emitted C computes what the brute-force evaluator computes, in both precisions, for any batch."""

import numpy as np
import pytest
from c_runner import Running, compiler, emitted, trained

from bpgen.algebra.evaluate import evaluate
from bpgen.algebra.expressions import Reduction
from bpgen.algebra.functions import maximum, minimum, sigmoid, sign, softplus
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.system import Equation, System, Tensor

pytestmark = pytest.mark.skipif(compiler() is None, reason="needs a C compiler")

TOLERANCE = {"float64": 1e-9, "float32": 5e-4}


def network(sizes, loss="mse", activation="tanh", optimizer=None, shape=()):
    layers = [
        {"name": f"fc{n}", "type": "linear", "units": units, "activation": activation}
        for n, units in enumerate(sizes[1:], start=1)
    ]
    del layers[-1]["activation"]
    target = {"shape": ["B", *shape, sizes[-1]]}
    if loss == "cross_entropy":
        target = {"shape": ["B", *shape], "dtype": "int32", "classes": sizes[-1]}
    return {
        "bpgen": 1, "name": "net", "inputs": {"x": {"shape": ["B", *shape, sizes[0]]}, "target": target},
        "layers": layers, "loss": {"type": loss, "target": "target"},
        "optimizer": optimizer or {"type": "sgd", "lr": 0.1},
    }  # fmt: skip


def bilinear(inner, outer):
    return network([inner, outer]) | {"layers": [{
        "name": "pair", "type": "equation", "sizes": {"k": outer},
        "equation": "y[b, k] = sum[i, j](x[b, i] * W[k, i, j] * x[b, j]) + c[k]",
        "parameters": {"W": {"init": "normal"}, "c": {"init": "normal"}},
    }]}  # fmt: skip


NESTEROV = {"type": "sgd", "lr": 0.1, "momentum": 0.9, "nesterov": True}
CASES = {
    "small": network([2, 3, 3, 1], activation="relu", optimizer={"type": "adam", "lr": 0.01}),
    "ones": network([1, 1, 1], activation="sigmoid", optimizer=NESTEROV),
    "equal sizes": network([20, 20, 20, 20], "cross_entropy", "relu"),
    "odd sizes": network([37, 35, 3], "cross_entropy", "gelu", {"type": "adamw", "lr": 0.01}),
    "one unit": network([70, 33, 1], "bce_with_logits", "softplus"),
    "deep sum": network([1100, 40, 2], "huber", "silu"),
    "wide bias": network([3, 1500, 2]),
    "positions": network([5, 21, 4], "cross_entropy", "tanh", shape=(6,)),
    "bilinear": bilinear(17, 16),
    "small bilinear": bilinear(3, 2),
}  # fmt: skip


def filled(running, rng, batch):
    """Random values in all of a network's memory; what the evaluator needs of them."""
    running.parameters[:] = rng.normal(size=running.parameters.shape) * 0.3
    running.states[:] = rng.uniform(0.1, 1, size=running.states.shape)
    running.counters[:] = rng.integers(0, 5, running.counters.shape)
    inputs = {}
    for item in running.interface.inputs:
        shape = [batch if extent == "B" else extent for extent in item.shape]
        real = rng.uniform(0.05, 1, shape).astype(running.dtype)
        inputs[item.name] = rng.integers(0, item.classes, shape) if item.dtype == "int32" else real
    numbers = dict(zip((name for name, _ in running.interface.counters), running.counters.tolist(), strict=True))
    kept = running.views("parameters") | running.views("states")
    values = {name: view.astype(float) for name, view in kept.items()} | numbers | dict(running.interface.settings)
    return inputs, {**values, **inputs}


def close(dtype, value, expected):
    np.testing.assert_allclose(value, expected, TOLERANCE[dtype], TOLERANCE[dtype])


def compare(running, system, entries, inputs, expected, *, batch):
    """What programs return, and the loss of a step, against the evaluator's values."""
    dtype, adjoint = running.interface.dtype, dict(system.gradients)
    for entry in entries:
        running.gradients[:] = np.nan
        loss, results = running.call(entry, inputs, batch, capacity=batch + batch % 2)
        if entry != "forward":
            close(dtype, loss, expected[system.loss])
        for name, value in results.items():
            close(dtype, value, expected[name if entry == "forward" else adjoint[name]])
        if "gradients" in entry:
            for name, value in running.views("gradients").items():
                close(dtype, value, expected[adjoint[name]])
    close(dtype, running.call("step", inputs, batch, capacity=batch)[0], expected[system.loss])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", CASES)
def test_every_program_computes_its_equations(case, dtype, tmp_path):
    system = trained(CASES[case])
    running = Running(emitted(system, dtype), tmp_path)
    rng = np.random.default_rng(1)
    for batch in (1, 14) if running.interface.parameter_size < 200 else (1, 5):
        inputs, values = filled(running, rng, batch)
        expected = evaluate(system, values, batch)
        compare(running, system, ("forward", "loss", "gradients", "input_gradients"), inputs, expected, batch=batch)
        counters = dict(zip((name for name, _ in running.interface.counters), running.counters, strict=True))
        after = running.views("parameters") | running.views("states") | counters
        for name, value in system.updates:
            close(dtype, after[name], expected[value])


@pytest.mark.parametrize("rows", [1, 4, 13, 97])
@pytest.mark.parametrize("columns", [1, 3, 31, 33])
def test_tiles_of_any_shape(rows, columns, tmp_path):
    """Rows and columns that fill no tile, and a depth beyond one panel."""
    depth = 1030 if rows == 13 else 30
    b, i, o = Index("b", BATCH), Index("i", depth), Index("o", columns)
    x, w, y = Tensor("x", (b, i), role="input"), Tensor("w", (o, i), role="parameter"), Tensor("y", (b, o))
    made = System("tile", {t.name: t for t in (x, w, y)},
                  (Equation(y, (b, o), Reduction("sum", x[b, i] * w[o, i], i), number=1),), outputs=("y",))  # fmt: skip
    running = Running(emitted(made, "float64"), tmp_path)
    rng = np.random.default_rng(2)
    running.parameters[:] = rng.normal(size=running.parameters.shape)
    given = rng.normal(size=(rows, depth))
    _, results = running.call("forward", {"x": given}, rows, rows)
    np.testing.assert_allclose(results["y"], given @ running.views("parameters")["w"].T, 1e-10, 1e-10)


def elementwise(rhs_of, dtype, values, folder):
    b, i = Index("b", BATCH), Index("i", len(values))
    x, y = Tensor("x", (b, i), role="input"), Tensor("y", (b, i))
    made = System("scalar", {"x": x, "y": y}, (Equation(y, (b, i), rhs_of(x[b, i]), number=1),), outputs=("y",))
    running = Running(emitted(made, dtype), folder)
    _, results = running.call("forward", {"x": np.array([values])}, 1, 1)
    return results["y"][0]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_extreme_arguments(dtype, tmp_path):
    extremes = [-1e4, -90.0, 0.0, 90.0, 1e4, np.nan]
    np.testing.assert_array_equal(elementwise(lambda e: maximum(0, e), dtype, extremes, tmp_path),
                                  np.maximum(0, np.array(extremes, dtype)))  # fmt: skip
    np.testing.assert_array_equal(elementwise(lambda e: minimum(e, 1), dtype, extremes, tmp_path / "a"),
                                  np.minimum(np.array(extremes, dtype), 1))  # fmt: skip
    np.testing.assert_array_equal(elementwise(sign, dtype, extremes, tmp_path / "b"), np.sign(extremes))
    logistic = elementwise(sigmoid, dtype, extremes, tmp_path / "c")
    assert logistic[0] == 0 and 0 < logistic[1] < 1e-38 and logistic[2] == 0.5 and logistic[4] == 1
    assert np.isnan(logistic[5])
    soft = elementwise(softplus, dtype, extremes, tmp_path / "d")
    assert soft[0] == 0 and soft[1] > 0 and soft[3] == 90 and soft[4] == 1e4 and np.isnan(soft[5])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("length", [31, 32, 33, 64, 83])
def test_long_reductions(length, dtype, tmp_path):
    """What is reduced in parts side by side, from any length on and wherever the extreme element stands."""
    b, i = Index("b", BATCH), Index("i", length)
    x, largest, total = Tensor("x", (b, i), role="input"), Tensor("m", (b,)), Tensor("s", (b,))
    made = System("reduced", {t.name: t for t in (x, largest, total)},
                  tuple(Equation(target, (b,), Reduction(op, x[b, i], i), number=number) for number, (target, op)
                        in enumerate(((largest, "max"), (total, "sum")), start=1)), outputs=("m", "s"))  # fmt: skip
    running = Running(emitted(made, dtype), tmp_path)
    rng = np.random.default_rng(length)
    given = rng.normal(size=(3 * length + 2, length))
    given[np.arange(length), np.arange(length)] = 7.0
    given[length + np.arange(length), np.arange(length)] = np.nan
    given[2 * length + np.arange(length), np.arange(length)] = np.inf
    given[-2:] = [[-np.inf], [-3.0]]
    _, results = running.call("forward", {"x": given}, len(given), len(given))
    exact = given.astype(dtype)
    np.testing.assert_array_equal(results["m"], exact.max(axis=1))
    np.testing.assert_allclose(results["s"], exact.sum(axis=1), TOLERANCE[dtype], TOLERANCE[dtype])
