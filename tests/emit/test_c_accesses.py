"""Emitted C of layers with affine, guarded and indirect accesses, against the brute-force evaluator."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from c_runner import Running, compiled, compiler, emitted, trained
from test_c_values import close, compare, filled

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
    "of size one": layer("y[b, k, p] = sum[c, r](x[b, c, 2*p + r - 1]*K[k, c, r])", [1, 1], [1, 1], k=1, p=1, r=3),
    "stride beyond the kernel": layer(
        "y[b, k, p] = sum[c, r](x[b, c, 3*p + r]*K[k, c, r])", [3, 10], [4, 3], k=4, p=3, r=2),
    "patches": layer(
        "y[b, k, p, q] = sum[c, r, s](x[b, c, 3*p + r, 2*q + s]*K[k, c, r, s])", [2, 6, 5], [5, 2, 2],
        k=5, p=2, q=2, r=3, s=2),
    "dilated": layer("y[b, k, p] = sum[c, r](x[b, c, p + 2*r - 2]*K[k, c, r])", [3, 8], [4, 8], k=4, p=8, r=3),
    "dilated and strided": layer(
        "y[b, k, p] = sum[c, r](x[b, c, 2*p + 3*r - 2]*K[k, c, r])", [3, 11], [4, 5], k=4, p=5, r=3),
    "grouped": layer(
        "y[b, k, p] = sum[c, r](x[b, (k//3)*2 + c, p + r - 1]*K[k, c, r])", [4, 6], [6, 6], k=6, c=2, p=6, r=3),
    "depthwise": layer(
        "y[b, c, p, q] = sum[r, s](x[b, c, p + r - 1, q + s - 1]*K[c, r, s])", [4, 6, 6], [4, 6, 6],
        p=6, q=6, r=3, s=3),
    "maximum of windows": layer(
        "y[b, c, p, q] = max[r, s](x[b, c, 2*p + r - 1, 2*q + s - 1])", [2, 6, 5], [2, 3, 3], p=3, q=3, r=3, s=3),
    "mean of windows": layer(
        "y[b, c, p] = sum[r](x[b, c, 2*p + r - 1])/3", [2, 7], [2, 4], p=4, r=3),
    "product of windows": layer("y[b, p] = prod[r](x[b, 2*p + r - 1])", [6], [3], p=3, r=3),
    "a mask that halves an index": layer(
        "w[b, i, j] = (x[b, i, 0]*x[b, j, 1]) if j <= i//2\ny[b, i, e] = sum[j](w[b, i, j]*x[b, j, e])*K[e]",
        [12, 3], [12, 3]),
    "flatten": layer("y[b, j] = x[b, j//12, j//4 % 3, j % 4]**2", [2, 3, 4], [24], j=24),
    "flatten to a matrix product": layer(
        "z[b, j] = x[b, j//12, j//4 % 3, j % 4]\ny[b, k] = sum[j](z[b, j]*K[k, j])", [2, 3, 4], [5], j=24, k=5),
    "heads": layer(
        "s[b, h, i, j] = sum[u](x[b, i, h*4 + u]*x[b, j, h*4 + u])\ny[b, i, e] = sum[j](s[b, e//4, i, j]*x[b, j, e])",
        [5, 12], [5, 12], h=3, u=4, e=12, i=5, j=5),
    "digits with a rest": layer("y[b, i] = x[b, i//3]**2", [4], [11], i=11),
    "slices": layer("y[b, i] = x[b, i + 2]*x[b, i + 1]", [7], [5], i=5),
    "concatenation": layer("y[b, j] = x[b, j - 1] if j < 4 else 2*x[b, j - 3]", [5], [7], j=7),
    "every second, backwards": layer("y[b, i] = x[b, 8 - 2*i]**2", [9], [5], i=5),
    "correlation with itself": layer("y[b, p] = sum[r](x[b, p + r - 1]*x[b, p + r])", [6], [6], p=6, r=3),
    "diagonal": layer("y[b, i] = x[b, i, i]**2", [4, 4], [4], i=4),
    "embedding": {
        "bpgen": 1, "name": "net",
        "inputs": {"x": {"shape": ["B", 5], "dtype": "int32", "classes": 7}, "t": {"shape": ["B", 5, 4]}},
        "layers": [{"name": "y", "type": "equation", "input": "x", "equation": "y[b, t, u] = K[x[b, t], u]",
                    "sizes": {"u": 4}, "parameters": {"K": {"init": "normal", "shape": [7, 4]}}}],
        "loss": {"type": "mse", "target": "t"}, "optimizer": {"type": "sgd", "lr": 0.1},
    },
}  # fmt: skip


def check(system, dtype, folder, batches=(2,), *, flags=(), wanted=None):
    """Every program of the compiled system against the evaluator."""
    source = emitted(system, dtype, wanted)
    running = Running(source, folder, compiled(source, folder, *flags))
    rng = np.random.default_rng(1)
    for batch in batches:
        inputs, values = filled(running, rng, batch)
        expected = evaluate(system, values, batch)
        entries = [item.name for item in running.interface.entries if item.name != "step"]
        compare(running, system, entries, inputs, expected, batch=batch)
        after = running.views("parameters")
        for name, value in system.updates:
            if name in after:
                close(dtype, after[name], expected[value])


@pytest.mark.parametrize("case", CASES)
def test_accesses_compute_their_equations(case, tmp_path):
    check(trained(CASES[case]), "float64", tmp_path)


def test_single_precision(tmp_path):
    check(trained(CASES["strided convolution"]), "float32", tmp_path, batches=(1, 5))
