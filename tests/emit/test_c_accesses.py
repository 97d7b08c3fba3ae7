"""Emitted C of layers with affine, guarded and indirect accesses, against the brute-force evaluator."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from c_runner import Running, compiler, emitted, trained
from test_c_values import close, filled

from bpgen.algebra.evaluate import evaluate

pytestmark = pytest.mark.skipif(compiler() is None, reason="needs a C compiler")


def layer(equation: str, given: list[int], target: list[int], **sizes: int) -> dict[str, Any]:
    """One layer by its equation, with whatever parameters K, c it reads; trained on squared differences."""
    parameters = {name: {"init": "normal"} for name in ("K", "c") if f"{name}[" in equation}
    return {
        "bpgen": 1, "name": "net", "inputs": {"x": {"shape": ["B", *given]}, "t": {"shape": ["B", *target]}},
        "layers": [{"name": "y", "type": "equation", "input": "x", "equation": equation, "sizes": sizes,
                    "parameters": parameters}],
        "loss": {"type": "mse", "target": "t"}, "optimizer": {"type": "sgd", "lr": 0.1},
    }  # fmt: skip


CONVOLUTION = "y[b, k, p, q] = sum[c, r, s](x[b, c, 2*p + r - 1, 2*q + s - 1]*K[k, c, r, s]) + c[k]"
CASES = {
    "strided convolution": layer(CONVOLUTION.replace("+ c[k]", ""), [3, 6, 6], [9, 3, 3], k=9, p=3, q=3, r=3, s=3),
    "convolution with tails": layer(
        "y[b, k, p, q] = sum[i, r, s](x[b, i, p + r - 1, 3*q + s - 1]*K[k, i, r, s]) + c[k]",
        [2, 5, 7], [13, 5, 3], k=13, p=5, q=3, r=3, s=2),
    "one-dimensional": layer(
        "y[b, k, p] = sum[c, r](x[b, c, 2*p + r - 2]*K[k, c, r])", [4, 33], [6, 17], k=6, p=17, r=4),
    "of size one": layer("y[b, k, p] = sum[c, r](x[b, c, p + r]*K[k, c, r])", [1, 1], [1, 1], k=1, p=1, r=1),
}  # fmt: skip


def check(system, dtype, folder, batches=(1, 5)):
    """Every program of the compiled system against the evaluator."""
    running = Running(emitted(system, dtype), folder)
    rng = np.random.default_rng(1)
    adjoint = dict(system.gradients)
    for batch in batches:
        inputs, values = filled(running, rng, batch)
        expected = evaluate(system, values, batch)
        for entry in ("forward", "loss", "gradients", "input_gradients"):
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
        after = running.views("parameters")
        for name, value in system.updates:
            if name in after:
                close(dtype, after[name], expected[value])


@pytest.mark.parametrize("case", CASES)
def test_accesses_compute_their_equations(case, tmp_path):
    check(trained(CASES[case]), "float64", tmp_path)


def test_single_precision(tmp_path):
    check(trained(CASES["strided convolution"]), "float32", tmp_path)
