"""What random systems have found wrong, each reduced to a small case: through every stage and both targets."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import numpy as np
import pytest
import sympy
from check_systems import check_c, check_numpy, derived, generated
from derive.derive_networks import given
from random_systems import Case

import bpgen
from bpgen.algebra.functions import greater
from bpgen.derive.forms import cheapest

X, Q = given("x", "b i:3"), given("q", "b")
SIZES = {"j": 2, "r": 3, "s": 2, "t": 3}

CASES = {
    "a sum in pieces, each with its own range of the index": (
        "y = sum[r](where(x > 0.1, sqrt(x), z[r, 3*r + 2])*w[4*r])\nL = sin(y)",
        [given("x"), given("z", "i:3 j:3"), given("w", "i:5")],
    ),
    "a part of a step of a recurrence that is the same in every step": (
        "h[j, t] = sigmoid(tanh(w[j]))*(h[j, t - 1] + sum[s](h[s, t - 1])) + w[j]\nL = sum[j, t](h[j, t]**2)",
        [given("w", "i:2", role="parameter")],
    ),
    "functions of numbers": (
        "y[j] = softplus(0.7)*x - softmax[j](0.5) + max(tanh(0.7), sigmoid(0.5)) + where(softplus(0.1) > 0.2, 1, x)\n"
        "L = sum[j](y[j]**2)",
        [given("x")],
    ),
    "a maximum of nothing, clipped": (
        "h[j] = max(min(max[r](w[3*r + 9]), 9), -9)*w[j + 0]\nL = sum[j](h[j])", [given("w", "i:4", role="parameter")]
    ),
    "a softmax that reads outside": (
        "y[r] = softmax[r](w[2*r - 1])\nL = sum[r](y[r]*(1 + r))", [given("w", "i:3", role="parameter")]
    ),
    "a step that is never taken": (
        "h[-1, j] = w[j]\nh[u, j] = where(u > 0, h[u - 1, j], w[j]**2)\nL = sum[u, j](h[u, j]*(1 + j))",
        [given("w", "i:2", role="parameter")],
    ),
    "a condition with a sign": ("y[j] = -(w[j] > 0)\nL = sum[j](y[j]*w[j])", [given("w", "i:2", role="parameter")]),
    "a product over one element": (
        "y[t] = prod[u](w[t - u, u])\nL = sum[t](y[t]*(1 + t)) + sum[u](w[u, u]*y[3*u - 1])",
        [given("w", "i:1 j:1", role="parameter")],
    ),
    "a recurrence that reads only behind its end": (
        "h[j, 3] = x[j]\nh[j, s] = c[j, s + 2]*w/2 + 1/3\nc[j, s] = max(h[j, s + 2]*w, w**2)\n"
        "L = sum[j, s](c[j, s]**2)",
        [given("x", "j:2"), given("w", role="parameter")],
    ),
    "a sum that stands twice in one gradient": (
        "y0 = sum[s](max(log_softmax[s](w), softmax[s](w)))\ny1[j] = log_softmax[j](w)\n"
        "L = sum[j](sin(y1[j]*(1 + j))) + y0/2",
        [given("w", role="parameter")],
    ),
    "a scatter whose terms are read at their own place": (
        "h[b, r, s, k] = where(q[b] > 0.3, x[b, k, 3*s + k - 2]/q[b], 0)*(1 + r)\n"
        "L = mean[b, r, s, k](h[b, r, s, k]*(1 + 2*r + 3*s + 4*k))",
        [given("x", "b h:3 w:2"), Q],
    ),
    "an element that is outside, at a number": (
        "y[k, u] = log(1 + w[2*k + u + 2, 2*u + u]**2)\nL = sum[k, u](y[k, u]**2)",
        [given("w", "i:3 j:3", role="parameter")],
    ),
    "rows that are read within one condition": (
        "y[b] = clip(q[b]*w[0]*tanh(w[1]), -1, 1)*w[2]\nL = mean[b](y[b]*clip(q[b]*w[0], -1, 1))",
        [given("w", "i:3", role="parameter"), Q],
    ),
    "adjoints of a recurrence beside the circle": (
        "h[u, t] = where(t > 0, c[u, t - 2]*w, w)\nc[u, t] = softplus(h[u, t - 2] + sum[v](c[v, t - 1]*3)/2)\n"
        "L = sum[t](c[0, t]**2)",
        [given("w", role="parameter")],
    ),
    "equal factors of a product, in part of its range": (
        "y[i, k] = 1/(2 + prod[s, r](x[s, k] if i//2 <= k + r else 1))\nL = sum[i, k](y[i, k]*(1 + i + 2*k))",
        [given("x", "s:2 k:2")],
    ),
    "labels that are ignored, and no classes": (
        "y[b] = sum[i](x[b, i]*(i == label[b])) + sum[i]((i == label[b])*q[b])\nL = sum[b]((y[b] + 1)**2)",
        [X, Q, given("label", "b", classes=3, ignored=-1)],
    ),
    "a place as an output": ("y[b] = argmax[i](x[b, i])\nL = mean[b](y[b]*q[b])", [X, Q]),
    "a loop of Python's that begins late": (
        "y[k, j, t] = sum[s](w[2 - t, t + 0, t + 0]**3*w[2*k + 2, 3 - t, j + 0] if t == 2*s - j)\n"
        "L = sum[k, j, t](sin(y[k, j, t]))",
        [given("w", "i:4 j:4 k:4", role="parameter")],
    ),
    "terms of a sum that are all alike, in a matrix product": (
        "y[b, e, g] = sum[c, a](x[b, c, e, g]*(c + e + 1)/4 if 0 <= a - c < 3)\nL = mean[b, e](sin(y[b, e, e])*q[b])",
        [given("x", "b c:2 e:5 g:5"), Q],
    ),
    "a row of what is computed beside it": (
        "y[m, r, s] = tanh(x[m])*(1 + r + 2*s)\ng[r, s] = y[1, r, s]*(1 + r)\nL = sum[r, s](g[r, s]**2) + sum[m](x[m])",
        [given("x", "m:3")],
    ),
    "a step that nothing reads": (
        "h[j, 2] = w[j]\nh[j, 3] = w[j]**2\n"
        "h[j, s] = max(sum[v](h[v, s + 2]*w[j])/2 + sum[v](h[v, s + 1]*w[j])/2, w[j])\nL = sum[j, s](sin(h[j, s]))",
        [given("w", "j:2", role="parameter")],
    ),
    "a root of 0 in a case that is not taken": (
        "h[j, s] = (h[j, s + 2]/2)*tanh(x[j] - w)/2\nh[j, 2] = atan(w)\n"
        "L = where(h[label, label] > 0.1, sqrt(h[label, label]), x[label]) + sin(h[label, 1] - x[label])",
        [given("x", "j:2"), given("w", role="parameter"), given("label", classes=1)],
    ),
    "a derivative by a number, of a step": (
        "h[u, t] = softplus(c[u, t - 2]*x/2 - w)\nc[u, t] = h[u, t - 2]*x/2 + c[u, t - 1]/2 + h[u, t] + w**2\n"
        "g[u] = d(h[u, 1], w)\nL = mean[u](g[u])",
        [given("x"), given("w", role="parameter")],
    ),
    "a derivative after a recurrence with parts of its own": (
        "h[-1] = w[0, 0]\nh[s] = h[s - 1] + log_softmax[s](w[s, s])\n"
        "y[b, j] = q[b]*logsumexp[r](h[j]*w[0, 1] + r)\ng[b, j, s, v] = d(y[b, j], w[s, v])*h[s]\n"
        "L = sum[b, j, s](sin(g[b, j, s, 0]))",
        [given("w", "i:2 k:2", role="parameter"), Q],
    ),
    "digits that may be negative": (
        "y[r, t] = w[2*((t - r)//2) + r, -((t - r)//2) - 1]*((t - r)%2 == 0)\nL = sum[r, t](y[r, t]*(1 + r + t))",
        [given("w", "i:3 j:3", role="parameter")],
    ),
    "digits in a condition between two looked up": (
        "y[r, t] = where(r + 2*((t - r)//2) <= 0, w[(t - r)//2, r], w[(r - t)//2, t])*x[(t - r)//2]\n"
        "L = sum[r, t](y[r, t]*(1 + r + t))",
        [given("w", "i:3 j:3", role="parameter"), given("x", "i:3")],
    ),
    "digits beside those in an access, in a sum over three": (
        "y[i, j] = sum[s, r, t](x[s, t, 2*r + i - (1 - t)//2 - 1]*(j == 2*r + i - (1 - t)//2 - 1))\n"
        "L = sum[i, j](y[i, j]*(1 + i + 2*j))",
        [given("x", "s:2 t:3 j:2")],
    ),
    "a place that is inside by three times a condition": (
        "y[k] = sum[r, m](where(x[m] > 1/4, log(max(x[m], 1/8)), w[3*k + r]) if m == 2*r + k)\n"
        "L = sum[k](y[k]*(1 + k))",
        [given("x", "m:3"), given("w", "e:3", role="parameter")],
    ),
    "digits of a step": (
        "h[t] = tanh(h[t - 1]*w[t//2, t%2] + w[2, 0])\nL = sum[t](h[t]*(1 + t))",
        [given("w", "i:3 j:3", role="parameter")],
    ),
    "a view that is negated in place": (
        "h[b, u, t] = sigmoid(h[b, u, t - 1] + sigmoid(x[b, u, t] + w[u])*x[b, u, t])*x[b, u, t]\n"
        "L = sum[b, u, t](h[b, u, t]*(1 + t))",
        [given("x", "b u:1 t:8"), given("w", "u:1", role="parameter")],
    ),
    "a view that is negated into another": (
        "y[b, r] = sigmoid(x[b, 3*r + 1]) if r > 1\nL = sum[b, r](y[b, r]*q[b])", [given("x", "b i:8"), Q]
    ),
    "a place among equals, by the name of another loop": (
        "y[b, r, i] = argmax[j](log_softmax[r](q[b]))\nL = mean[b, r, i](y[b, r, i]*(1 + r)*q[b])", [Q]
    ),
    "a place looked up that is never inside": (
        "y[r, j, b] = where(x[b, 3*((2*j + r + 3)//3) + j] > 0.3, q[b]/x[b, 3*((2*j + r + 3)//3) + j], 0) - q[b]\n"
        "L = mean[r, j, b](y[r, j, b]**2)",
        [X, Q],
    ),
    "a product over rows, differentiated twice": (
        "y[i] = prod[b](x[b, i])\ng[b, i] = d(y[i], x[b, i])\nL = sum[b, i](sin(g[b, i])*(1 + i))", [X]
    ),
    "a choice that rounding makes": (
        "y[b] = where(q[b] > 0.1, sqrt(q[b]), x[b, 0])\nh[b, v] = min(y[b], log_softmax[v](q[b]))\n"
        "g[b] = cos(h[b, 0]) if h[b, 0] > 0\nL = mean[b](sin(g[b]))",
        [X, Q],
    ),
    "a product of fractions over the batch": ("y[b] = q[b]\nL = mean[b](y[b]) + prod[b, r](1/3)", [Q]),
    "digits of a view with the batch behind": (
        "y[b, a] = x[a//2, a%2, b]*q[b]\nL = sum[b, a](y[b, a]*(1 + a))", [given("x", "i:4 j:2 b"), Q]
    ),
    "a condition that reads what another guards, over the other axis": (
        "h[j, -1, i] = exp(x[j, i])\nh[j, t, i] = max(h[j, t - 1, i]*(w[i + j - 1] + x[j, i]), 0.1)\n"
        "L = sum[j, t, i](h[j, t, i]*(1 + i + j + t))",
        [given("x", "j:3 i:2"), given("w", "e:3", role="parameter")],
    ),
    "a label looked up at a step, that is never inside": (
        "c[t] = c[t + 1]*w[t]/2 + max(w[t], x[(-t - 1)//2] + x[label[(-t - 1)//2]])\n"
        "L = sum[t](c[t]*(1 + t))",
        [given("w", "e:3", role="parameter"), given("x", "i:1"), given("label", "i:1", classes=1)],
    ),
    "a sum of a recurrence's adjoint alone": (
        "h[s, b, t] = sum[j](h[j, b, t + 1])*q[b] + q[b]\ng[s, b] = d(h[s, b, 1], q[b])\n"
        "L = mean[s, b](g[s, b]*(1 + s)*q[b])",
        [Q],
    ),
    "a label that is none of what is counted": (
        "y[j] = sum[m](x[m] if label[m] == j)\nL = sum[j](y[j]**2*(1 + j))",
        [given("x", "m:3"), given("label", "m:3", classes=5)],
    ),
    "a root of a softmax, by its logarithm": (
        "h[j] = w*(1 + j)\ny[j] = exp(log_softmax[j](h[j])/4)\nL = sum[j](y[j]*(1 + j))",
        [given("w", role="parameter")],
    ),
    "a convolution laid flat": (
        "y[b, k, r, t] = sum[s, m](x[b, r + s, t + m]*w[k, s, m])\nz[b, c] = y[b, c//30, c//6%5, c%6]\n"
        "L = mean[b](sum[j](sum[c](z[b, c]*h[j, c])**2))",
        [given("x", "b e:6 g:8"), given("w", "k:2 s:2 m:3", role="parameter"), given("h", "j:2 c:60")],
    ),
    "a logarithm of a negative number, that is not taken": (
        "h[j] = softplus(pi/2 - where(log_softmax[j](w) > 0.3, log(log_softmax[j](w)), w))\nL = h[0]*w",
        [given("w", role="parameter")],
    ),
}  # fmt: skip


def reduced(name: str) -> Case:
    text, tensors = CASES[name]
    sizes = {**SIZES, "u": 1, "v": 1, "k": 3 if "x[b, k" in text else 2, "a": 5, "m": 3, "i": 3}
    sizes |= {"v": 2} if "sum[v](h[v, s" in text or "w[s, v]" in text else {}
    sizes |= {"i": 2, "j": 3} if "h[j, t, i]" in text else {}
    sizes |= {"t": 8} if "x[b, u, t]" in text else {"r": 5, "t": 6, "c": 60} if "c//30" in text else {}
    outputs = tuple({line.partition("[")[0].partition(" =")[0] for line in text.split("\n")[:-1]})
    return Case(3, text, tuple(tensors), sizes, tuple(sorted(outputs)), 3)


@pytest.mark.parametrize("name", CASES)
def test_reduced_case(name: str) -> None:
    found = derived(reduced(name))
    assert found.compared
    check_numpy(found, *generated(found))


@pytest.mark.skipif(not (shutil.which("cc") or shutil.which("gcc")), reason="no C compiler")
def test_reduced_cases_in_c(tmp_path: Path) -> None:
    for number, name in enumerate(CASES):
        found = derived(reduced(name))
        check_c([(found, *generated(found, in_c=True))], tmp_path / str(number))


@pytest.mark.parametrize("target", ["numpy", "c"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_argmax_is_an_output(target: str, dtype: str) -> None:
    layer = {"name": "l", "type": "equation", "equation": "y[b] = argmax[j](x[b, j])"}
    net = bpgen.build({"bpgen": 1, "name": "places", "inputs": {"x": {"shape": ["B", 5]}}, "layers": [layer]},
                      target=target, dtype=dtype)  # fmt: skip
    x = np.random.default_rng(0).normal(size=(4, 5)).astype(dtype)
    np.testing.assert_array_equal(net.forward(x=x), x.argmax(1))


@pytest.mark.parametrize("target", ["numpy", "c"])
def test_a_loss_is_another_number(target: str) -> None:
    layer = {"name": "o", "type": "linear", "units": 2}
    loss = {"type": "equation", "equation": "M = mean[b, k]((o[b, k] - t[b, k])**2)\nL = M"}
    inputs = {"x": {"shape": ["B", 3]}, "t": {"shape": ["B", 2]}}
    net = bpgen.build({"bpgen": 1, "name": "other", "inputs": inputs, "layers": [layer], "loss": loss},
                      target=target, dtype="float64")  # fmt: skip
    x, t = np.random.default_rng(0).normal(size=(2, 4, 3))
    wanted = np.mean((net.forward(x=x) - t[:, :2]) ** 2)
    assert net.loss(x=x, t=t[:, :2].copy()) == pytest.approx(wanted)
    assert net.gradients(x=x, t=t[:, :2].copy())[0] == pytest.approx(wanted)


def test_many_conditions_take_no_time() -> None:
    """Each condition that stood twice doubled the time that it took to choose a form."""
    w, x = given("w", "i:9")[0], given("x", "i:9")
    brackets = [greater(x[number], 0) for number in range(8)]
    terms = [bracket * w + bracket * (x[number] + w) ** 2 for number, bracket in enumerate(brackets)]
    begin = time.process_time()
    cheapest(sympy.Mul(*terms[:2]) + sympy.Add(*terms[2:]))
    assert time.process_time() - begin < 10


def test_a_sum_over_many_denominators_takes_no_time() -> None:
    """Each term was divided by each of its factors, and brought over its denominator of many terms again."""
    w = given("w", "i:9")
    a, b, c, d = (w[number] for number in range(4))
    first = (d + w[4] * c * (d + 1) / (c**2 + 1) + 1) * a * b**4 / (2 * (a**2 * b**4 + 2) ** 2)
    second = w[5] ** 5 * (w[6] * w[7] / (w[7] ** 2 + 1) + 1) / (w[5] ** 6 + 2) ** 2
    begin = time.process_time()
    cheapest(first + second)
    assert time.process_time() - begin < 5
