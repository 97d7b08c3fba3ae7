"""Affine and guarded accesses: the adjoints that textbooks print, each against finite differences."""

from __future__ import annotations

import numpy as np
import pytest
from derive_networks import given, network
from test_rule import compare

from bpgen.algebra.evaluate import evaluate
from bpgen.derive.derive import derive

W2 = given("W", "k:2 c:2 r:3 s:3", role="parameter")
W1 = given("W", "k:2 c:2 r:3", role="parameter")
SQUARE1 = "\nL = sum[b, k, p](y[b, k, p]**2)"
WEIGHTED = "\nL = sum[b, j](y[b, j]**2*c[j])"
IMAGES = (
    "y[b, k, p, q] = sum[c, r, s](x[b, c, p + r - 1, q + s - 1]*W[k, c, r, s])\nL = sum[b, k, p, q](y[b, k, p, q]**2)"
)

# name: text, tensors, sizes, the adjoint and its printed form
FORMS = {
    "convolution over images": (
        IMAGES,
        [given("x", "b c:2 h:4 w:3"), W2], {"p": 4, "q": 3},
        "d.x[b, c, h, w] = sum[i, j, k](d.net.y[b, i, j, k] * W[i, c, h + 1 - j, w + 1 - k])",
    ),
    "its weights": (
        IMAGES,
        [given("x", "b c:2 h:4 w:3"), W2], {"p": 4, "q": 3},
        "d.W[k, c, r, s] = sum[b, i, j](d.net.y[b, k, i, j] * x[b, c, r + i - 1, s + j - 1])",
    ),
    "stride": (
        "y[b, k, p] = sum[c, r](x[b, c, 2*p + r - 1]*W[k, c, r])" + SQUARE1, [given("x", "b c:2 h:6"), W1], {"p": 3},
        "d.x[b, c, h] = sum[i, j](d.net.y[b, i, j] * W[i, c, h + 1 - 2*j])",
    ),
    "stride as long as the kernel": (
        "y[b, k, p] = sum[c, r](x[b, c, 3*p + r - 1]*W[k, c, r])" + SQUARE1, [given("x", "b c:2 h:7"), W1], {"p": 2},
        "d.x[b, c, h] = 0 if h >= 5 else sum[i](d.net.y[b, i, (h + 1) // 3] * W[i, c, (h + 1) % 3])",
    ),
    "dilation": (
        "y[b, k, p] = sum[c, r](x[b, c, p + 2*r - 1]*W[k, c, r])" + SQUARE1, [given("x", "b c:2 h:8"), W1], {"p": 6},
        "d.x[b, c, h] = sum[i, j](d.net.y[b, i, h + 1 - 2*j] * W[i, c, j])",
    ),
    "stride and dilation": (
        "y[b, k, p] = sum[c, r](x[b, c, 3*p + 2*r - 1]*W[k, c, r])" + SQUARE1, [given("x", "b c:2 h:8"), W1], {"p": 3},
        "d.x[b, c, h] = sum[i, j, k](d.net.y[b, i, j] * W[i, c, k] * (h == 3*j + 2*k - 1))",
    ),
    "groups": (
        "y[b, k, p] = sum[c, r](x[b, k//3*2 + c, p + r]*W[k, c, r])" + SQUARE1,
        [given("x", "b c:4 h:5"), given("W", "k:6 c:2 r:2", role="parameter")], {"p": 4},
        "d.x[b, c, h] = sum[i, j](d.net.y[b, i, j] * W[i, c - 2*(i // 3), h - j])",
    ),
    "transposed convolution": (
        "y[b, k, h] = sum[c, p](x[b, c, p]*W[c, k, h + 1 - 2*p])\nL = sum[b, k, h](y[b, k, h]**2)",
        [given("x", "b c:2 h:3"), given("W", "c:2 k:2 r:3", role="parameter")], {"h": 5},
        "d.W[c, k, r] = sum[b, i](d.net.y[b, k, 2*i + r - 1] * x[b, c, i])",
    ),
    "split heads": (
        "s[b, h, i, j] = sum[d](q[b, i, h*8 + d]*k[b, j, h*8 + d])\nL = sum[b, h, i, j](s[b, h, i, j]**2)",
        [given("q", "b i:2 e:16"), given("k", "b j:2 e:16")], {"h": 2, "d": 8},
        "d.q[b, i, e] = sum[j](k[b, j, e] * d.net.s[b, e // 8, i, j])",
    ),
    "merge heads": (
        "y[b, i, e] = o[b, e // 3, i, e % 3]\nL = sum[b, i, e](y[b, i, e]**2)", [given("o", "b h:2 i:4 d:3")], {"e": 6},
        "d.o[b, h, i, d] = 2 * net.y[b, i, 3*h + d]",
    ),
    "flatten": (
        "y[b, j] = x[b, j//6, j//3%2, j%3]\nL = sum[b, j](y[b, j]**2)", [given("x", "b c:2 h:2 w:3")], {"j": 12},
        "d.x[b, c, h, w] = 2 * net.y[b, 6*c + 3*h + w]",
    ),
    "upsample": (
        "y[b, j] = x[b, j//3]" + WEIGHTED, [given("x", "b h:3"), given("c", "j:9")], {},
        "d.x[b, h] = sum[i](d.net.y[b, 3*h + i])",
    ),
    "tile": (
        "y[b, j] = x[b, j%3]" + WEIGHTED, [given("x", "b h:3"), given("c", "j:8")], {},
        "d.x[b, h] = sum[i](d.net.y[b, 3*i + h])",
    ),
    "maximum of disjoint windows": (
        "y[b, p, q] = max[r, s](x[b, 2*p + r, 2*q + s])\nL = sum[b, p, q](y[b, p, q]**2)",
        [given("x", "b h:4 w:5")], {"p": 2, "q": 2, "r": 2, "s": 2},
        "d.x[b, h, w] = d.net.y[b, h // 2, w // 2] * (2*(h % 2) + w % 2 == net.k[b, h // 2, w // 2])",
    ),
    "maximum of overlapping windows": (
        "y[b, p, q] = max[r, s](x[b, 2*p + r - 1, 2*q + s - 1])\nL = sum[b, p, q](y[b, p, q]**2)",
        [given("x", "b h:4 w:5")], {"p": 2, "q": 3, "r": 3, "s": 3},
        "d.x[b, h, w] = sum[i, j](d.net.y[b, i, j] * (3*h + w + 4 - 6*i - 2*j == net.k[b, i, j])"
        " * (0 <= h + 1 - 2*i < 3) * (0 <= w + 1 - 2*j < 3))",
    ),
    "average of windows": (
        "y[b, p] = mean[r](x[b, 2*p + r - 1])\nL = sum[b, p](y[b, p]**2)", [given("x", "b h:5")], {"p": 3, "r": 3},
        "d.x[b, h] = sum[i](d.net.y[b, i] * (0 <= h + 1 - 2*i < 3)) / 3",
    ),
    "concatenation": (
        "y[b, j] = where(j < 3, u[b, j + 0], v[b, j - 3])" + WEIGHTED,
        [given("u", "b i:3"), given("v", "b i:4"), given("c", "j:7")], {},
        "d.v[b, i] = 2 * net.y[b, i + 3] * c[i + 3]",
    ),
    "slice": (
        "y[b, j] = x[b, j + 0]" + WEIGHTED, [given("x", "b i:5"), given("c", "j:3")], {},
        "d.x[b, i] = d.net.y[b, i + 0]",
    ),
    "every second": (
        "y[b, i] = x[b, 2*i + 1]\nL = sum[b, i](y[b, i]**2)", [given("x", "b i:7")], {"i": 3},
        "d.x[b, i] = d.net.y[b, (i - 1) // 2] * ((i + 1) % 2 == 0)",
    ),
    "diagonal": (
        "y[b, i] = x[b, i, i]*x[b, i, 2 - i]\nL = sum[b, i](y[b, i]**2)", [given("x", "b i:3 j:3")], {},
        "d.x[b, i, j] = 2 * net.y[b, i] * (x[b, i, 2 - i] * (j == i) + x[b, i, i] * (j == 2 - i))",
    ),
    "quotient that reads outside": (
        "y[p] = sum[r](x[p + r]*k[r])/(v[p]**2)\nL = sum[p](y[p]**2)",
        [given("x", "i:5"), given("k", "r:3"), given("v", "p:3")], {},
        "d.x[i] = sum[j](d.net.y[j] * k[i - j] / v[j]**2 if 0 <= i - j < 3)",
    ),
    "all equal elements share": (
        "m[b] = max[j](x[b, j])\n"
        "L = sum[b](c[b]*sum[j](x[b, j]*stop(x[b, j] == m[b]))/stop(sum[j](x[b, j] == m[b])))",
        [given("x", "b j:4"), given("c", "b")], {},
        "d.x[b, j] = c[b] * stop((x[b, j] == net.m[b])) / stop(net.z[b])",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_form(name):
    text, tensors, sizes, form = FORMS[name]
    system = network(text, *tensors, sizes=sizes)
    derivation = derive(system)
    tensor = form[2 : form.index("[")]
    assert [str(e) for e in derivation.simplified if e.tensor.name == f"d.{tensor}"] == [form]
    compare(system)


@pytest.mark.parametrize(
    "text",
    [
        "y[b, i] = log(x[b, i]) if x[b, i] > 0",
        "t[b, i] = log(x[b, i])\ny[b, i] = t[b, i] if x[b, i] > 0",
        "t[b, i] = sqrt(x[b, i])\ny[b, i] = where(x[b, i] > 0, t[b, i], 0)",
        "t[b, i] = 1/x[b, i]\ny[b, i] = where(x[b, i] == 0, 0, t[b, i])",
        "y[b, i] = where(x[b, i] > 0, sqrt(x[b, i])**3/x[b, i], 0)",
    ],
)
def test_unused_branch_gives_no_nan(text):
    system = network(text + "\nL = sum[b, i](y[b, i]**2*c[i])", given("x", "b i:3"), given("c", "i:3"))
    derived = derive(system).system
    x = np.array([[0.0, 0.0, 0.25], [0.0, 1.0, 4.0]])
    found = evaluate(derived, {"x": x, "c": np.ones(3)}, 2)["d.x"]
    assert np.isfinite(found).all()
    assert (found[x == 0] == 0).all()
    assert (found[x > 0] != 0).any()
