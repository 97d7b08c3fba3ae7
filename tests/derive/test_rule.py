"""The one rule against finite differences of the brute-force evaluator, in float64."""

from __future__ import annotations

import numpy as np
import pytest
from derive_networks import given, network
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from bpgen.algebra.evaluate import evaluate
from bpgen.algebra.system import System
from bpgen.derive.derive import derive
from bpgen.derive.sample import sample_values

STEP = 1e-6

ACCESSES = {
    "plain": ("L = sum[b, i](x[b, i]*w[i]*w[i])", [given("x", "b i:4"), given("w", "i:4", role="parameter")]),
    "permuted": ("L = sum[i, j](a[i, j]*a[j, i]*c[i])", [given("a", "i:3 j:3"), given("c", "i:3")]),
    "diagonal": ("L = sum[i](a[i, i]**2) + sum[i, j](a[i, j]*c[i])", [given("a", "i:3 j:3"), given("c", "i:3")]),
    "offset": ("L = sum[b, i](x[b, i + 1]*x[b, i + 2]*x[b, 4 - i])", [given("x", "b i:5")]),
    "offset back": ("y[b, i] = x[b, i - 1]*c[i]\nL = sum[b, i](y[b, i]**2)", [given("x", "b i:4"), given("c", "i:4")]),
    "split axis": (
        "y[b, j] = x[b, 2 - j]*sigmoid(x[b, j + 3])\nL = sum[b, j](y[b, j]*c[j])",
        [given("x", "b i:6"), given("c", "j:3")],
    ),
    "strided": ("y[p] = sum[r](x[2*p + r]*k[r])\nL = sum[p](y[p]**2)", [given("x", "i:7"), given("k", "r:3")]),
    "padded": ("y[p] = sum[r](x[p + r - 1]*k[r])\nL = sum[p](y[p]**2)", [given("x", "i:5"), given("k", "r:3")]),
    "label": ("L = sum[b](z[b, label[b]]**2)", [given("z", "b j:4"), given("label", "b", classes=4)]),
    "look-up": (
        "y[b, d] = E[label[b], d]\nL = sum[b, d](y[b, d]**3)",
        [given("E", "v:4 d:3", role="parameter"), given("label", "b", classes=4)],
    ),
    "max": ("L = sum[b](max[j](z[b, j])**2)", [given("z", "b j:4")]),
    "min": ("L = sum[b](min[j](z[b, j])*c[b])", [given("z", "b j:4"), given("c", "b")]),
    "place of the maximum": ("L = sum[b, j](z[b, j]*argmax[k](z[b, k])*(j + 1))", [given("z", "b j:4")]),
    "product": ("L = sum[b](prod[j](z[b, j]))", [given("z", "b j:3")]),
    "guard": ("L = sum[i, j](s[i, j]**2 if j <= i)", [given("s", "i:4 j:4")]),
    "where": ("L = sum[b](where(z[b] > 0, z[b]**2, 3*z[b]))", [given("z", "b")]),
    "clip": ("L = sum[b](clip(z[b], -1/2, 1/2)*c[b])", [given("z", "b"), given("c", "b")]),
    "layer norm": (
        "m[b] = mean[i](x[b, i])\nv[b] = mean[i]((x[b, i] - m[b])**2)\n"
        "y[b, i] = (x[b, i] - m[b])/sqrt(v[b] + 1/100)*w[i]\nL = sum[b, i](y[b, i]*g[b, i])",
        [given("x", "b i:4"), given("w", "i:4", role="parameter"), given("g", "b i:4")],
    ),
    "attention": (
        "p[b, i, j] = softmax[j](sum[d](q[b, i, d]*k[b, j, d]))\n"
        "o[b, i, d] = sum[j](p[b, i, j]*v[b, j, d])\nL = sum[b, i, d](o[b, i, d]**2)",
        [given("q", "b i:3 d:2"), given("k", "b j:3 d:2"), given("v", "b j:3 d:2")],
    ),
}  # fmt: skip
SIZES = {"strided": {"p": 3}, "padded": {"p": 5}, "offset": {"i": 3}, "split axis": {"j": 3}}


def compare(system: System, tolerance: float = 1e-6) -> None:
    """Every derived gradient against central differences, each element, by brute force."""
    derivation = derive(system)
    values = sample_values(system)
    given_values = {
        name: values.tensors[name] for name, t in system.tensors.items() if t.role in ("input", "parameter")
    }
    computed = evaluate(derivation.system, given_values, values.batch)
    assert derivation.system.gradients
    for name, adjoint in derivation.system.gradients:
        expected = np.zeros_like(np.asarray(given_values[name], float))
        for place in np.ndindex(expected.shape):
            sides = []
            for step in (STEP, -STEP):
                moved = np.array(given_values[name], float)
                moved[place] += step
                sides.append(float(evaluate(system, {**given_values, name: moved}, values.batch)["loss"]))
            expected[place] = (sides[0] - sides[1]) / (2 * STEP)
        scale = max(1.0, float(np.max(np.abs(expected), initial=0)))
        np.testing.assert_allclose(computed[adjoint], expected, atol=tolerance * scale, err_msg=name)


@pytest.mark.parametrize("access", ACCESSES)
def test_access(access):
    text, tensors = ACCESSES[access]
    compare(network(text, *tensors, sizes=SIZES.get(access)))


UNARY = ["tanh({})", "sigmoid({})", "softplus({})", "silu({})", "gelu({})", "exp({}/4)", "{}**2", "sin({})",
         "log(1 + {}**2)", "sqrt(1 + {}**2)", "1/(2 + {}**2)", "elu({})", "mish({})", "-{}"]  # fmt: skip
BINARY = ["({} + {})", "({} - {})", "{}*{}", "{}/(2 + {}**2)"]


@st.composite
def expressions(draw, depth: int = 3) -> str:
    if depth == 0 or draw(st.booleans()):
        return draw(st.sampled_from(["x[b, i]", "y[b, i]", "w[i]", "h[b]", "2"]))
    if draw(st.booleans()):
        return draw(st.sampled_from(UNARY)).format(draw(expressions(depth - 1)))
    return draw(st.sampled_from(BINARY)).format(draw(expressions(depth - 1)), draw(expressions(depth - 1)))


@settings(max_examples=40, deadline=None, derandomize=True)
@drawn(expressions(), expressions(), st.sampled_from([1, 2, 4]))
def test_random_elementwise_and_sums(first: str, second: str, size: int):
    text = (
        f"h[b] = sum[i](x[b, i]*w[i])\nu[b, i] = {first}\nr[b] = mean[i](u[b, i]*y[b, i])\n"
        f"L = sum[b, i](u[b, i]*r[b]) + sum[b, i]({second})/B"
    )
    tensors = [given("x", f"b i:{size}"), given("y", f"b i:{size}"), given("w", f"i:{size}", role="parameter")]
    compare(network(text, *tensors), tolerance=1e-5)
