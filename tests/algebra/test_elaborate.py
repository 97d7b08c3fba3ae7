"""From text to flat equations: names, extents, temporaries, and values equal to those of the text as written."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
import sympy

from bpgen.algebra.elaborate import Scope, elaborate, read_equation
from bpgen.algebra.evaluate import evaluate
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.split import is_flat
from bpgen.algebra.system import Origin, System, Tensor, verify


def tensor(name: str, axes: str = "", role: str = "input", **fields) -> Tensor:
    """tensor("x", "b i:4"): an axis without a number is the batch."""
    indices = tuple(
        Index(letter, int(extent) if extent else BATCH)
        for letter, _, extent in (part.partition(":") for part in axes.split())
    )
    return Tensor(name, indices, role=role, **fields)


def elaborated(text: str, *tensors: Tensor, role: str = "forward", **fields):
    scope = Scope(tensors={t.name: t for t in tensors}, **({"prefix": "n", "names": {"y": "n", "L": "L"}} | fields))
    done = elaborate(text, scope, role=role, origin=Origin("n"))
    known = {t.name: t for t in (*tensors, *done.parameters.values())}
    verify(System("test", known | {e.tensor.name: e.tensor for e in done.equations}, done.equations))
    return done


def printed(text: str, *tensors: Tensor, **fields) -> list[str]:
    return [str(equation) for equation in elaborated(text, *tensors, **fields).equations]


X = tensor("x", "b i:4")
SEQUENCE = tensor("x", "b t:3 i:4")
LABEL = tensor("label", "b", dtype="int32", classes=4)
LINEAR = {"sizes": {"o": 2}, "parameters": {"W": None, "c": None}, "names": {"y": "n", "W": "n.weight", "c": "n.bias"}}


@pytest.mark.parametrize(
    ("x", "equation"),
    [
        (X, "n[b, o] = sum[i](x[b, i] * n.weight[o, i]) + n.bias[o]"),
        (SEQUENCE, "n[b, t, o] = sum[i](x[b, t, i] * n.weight[o, i]) + n.bias[o]"),
        (tensor("x", "i:4"), "n[o] = sum[i](x[i] * n.weight[o, i]) + n.bias[o]"),
        (tensor("x", "b o:3 i:4"), "n[b, j, o] = sum[i](x[b, j, i] * n.weight[o, i]) + n.bias[o]"),
    ],
)
def test_linear_works_over_any_leading_axes(x, equation):
    done = elaborated("y[..., o] = sum[i](x[..., i] * W[o, i]) + c[o]", x, **LINEAR)
    assert [str(e) for e in done.equations] == [equation]
    assert done.parameters["W"].shape == (2, 4)
    assert done.parameters["W"].name == "n.weight"
    assert [axis.name for axis in done.parameters["W"].axes] == ["o", "i"]
    assert done.parameters["c"].shape == (2,)
    assert done.result.name == "n"
    assert {t.role for t in done.parameters.values()} == {"parameter"}


def test_pre_activation_becomes_a_tensor():
    done = elaborated("y[..., o] = tanh(sum[i](x[..., i] * W[o, i]) + c[o])", X, **LINEAR)
    assert [str(e) for e in done.equations] == [
        "n.z[b, o] = sum[i](x[b, i] * n.weight[o, i]) + n.bias[o]",
        "n[b, o] = tanh(n.z[b, o])",
    ]
    assert done.equations[0].tensor.symbol == "z"


FORMS = [
    ("y[..., j] = softmax[j](x[..., j])",
     ["n.e[b, j] = exp(x[b, j])", "n.S[b] = sum[i](n.e[b, i])", "n[b, j] = n.e[b, j] / n.S[b]"]),
    ("y[..., j] = log_softmax[j](x[..., j])",
     ["n.e[b, j] = exp(x[b, j])", "n.S[b] = sum[i](n.e[b, i])", "n[b, j] = x[b, j] - log(n.S[b])"]),
    ("y[...] = logsumexp[j](x[..., j])",
     ["n.e[b, j] = exp(x[b, j])", "n.S[b] = sum[i](n.e[b, i])", "n[b] = log(n.S[b])"]),
    ("y[b] = 2 * log(sum[j](exp(x[b, j])))",
     ["n.S[b] = sum[i](exp(x[b, i]))", "n.lse[b] = log(n.S[b])", "n[b] = 2 * n.lse[b]"]),
    ("y[b] = sum[j](softmax[j](x[b, j]) * x[b, j])",
     ["n.e[b, j] = exp(x[b, j])", "n.S[b] = sum[i](n.e[b, i])", "n.p[b, j] = n.e[b, j] / n.S[b]",
      "n[b] = sum[i](n.p[b, i] * x[b, i])"]),
    ("L = mean[b](logsumexp[j](x[b, j]) - x[b, label[b]])",
     ["n.e[b, j] = exp(x[b, j])", "n.S[b] = sum[i](n.e[b, i])", "n.lse[b] = log(n.S[b])",
      "L = sum[b](n.lse[b] - x[b, label[b]]) / B"]),
    ("L = mean[...](sum[j](x[..., j]**2))", ["L = sum[b, i](x[b, i]**2) / B"]),
    ("L = mean[b](mean[j](x[b, j]**2))", ["L = sum[b, i](x[b, i]**2) / (4 * B)"]),
    ("y[b] = sum[i](x[b, i]) * sum[i](x[b, i]**2)",
     ["n.t[b] = sum[i](x[b, i]**2)", "n[b] = n.t[b] * sum[i](x[b, i])"]),
    ("y[b] = sum[i](x[b, i]) + tanh(sum[i](x[b, i]**2))",
     ["n.z[b] = sum[i](x[b, i]**2)", "n[b] = sum[i](x[b, i]) + tanh(n.z[b])"]),
    ("y[b] = 1 / sum[i](x[b, i])", ["n.t[b] = sum[i](x[b, i])", "n[b] = 1 / n.t[b]"]),
    ("y[b] = silu(sum[i](x[b, i]))", ["n.z[b] = sum[i](x[b, i])", "n[b] = n.z[b] * sigmoid(n.z[b])"]),
    ("y[b] = (sum[i](x[b, i]) > 0)", ["n.z[b] = sum[i](x[b, i])", "n[b] = (n.z[b] > 0)"]),
    ("z[b] = x[b, 0]\ny[b] = exp(sum[i](x[b, i])) * z[b]",
     ["n.z[b] = x[b, 0]", "n.z2[b] = sum[i](x[b, i])", "n[b] = n.z[b] * exp(n.z2[b])"]),
    ("y[b] = exp(sum[i](x[b, i])) * sin(sum[i](x[b, i]))",
     ["n.z[b] = sum[i](x[b, i])", "n[b] = exp(n.z[b]) * sin(n.z[b])"]),
    ("y[b, i] = x[b, i] - mean[j](x[b, j])", ["n.t[b] = sum[i](x[b, i]) / 4", "n[b, i] = x[b, i] - n.t[b]"]),
    ("y[b] = sum[i]((x[b, i] - mean[j](x[b, j]))**2)",
     ["n.t[b] = sum[i](x[b, i]) / 4", "n[b] = sum[i]((x[b, i] - n.t[b])**2)"]),
    ("y[b, k] = sum[j](x[b, j]) if k <= 1", ["n.z[b] = sum[i](x[b, i])", "n[b, k] = n.z[b] if k <= 1"]),
    ("y[b, k] = sum[j](x[b, j] * (j + k)) if k <= 1", ["n[b, k] = sum[i](x[b, i] * (i + k)) if k <= 1"]),
    ("y[k] = sum[j](x[j, 0]) + k", ["n.t = sum[b](x[b, 0])", "n[k] = n.t + k"]),
    ("y[b] = min[i](x[b, i])", ["n[b] = -max[i](-x[b, i])"]),
    ("y[b] = sum[i, k](x[b, i])", ["n[b] = 3 * sum[i](x[b, i])"]),
    ("y[b] = max[i, k](x[b, i])", ["n[b] = max[i](x[b, i])"]),
    ("y[b] = prod[i, k](x[b, i])", ["n.t[b] = prod[i](x[b, i])", "n[b] = n.t[b]**3"]),
    ("y[b, i] = max(x[b, i], 0, 1)", ["n[b, i] = max(max(x[b, i], 0), 1)"]),
    ("y[b, i] = clip(x[b, i], -1, 1)", ["n[b, i] = clip(x[b, i], -1, 1)"]),
    ("y[b, i] = x[b, i] if 0 < x[b, i] <= 2 and x[b, i] != 1",
     ["n[b, i] = x[b, i] if x[b, i] != 1 and x[b, i] > 0 and x[b, i] <= 2"]),
    ("y[b, i] = sqrt(x[b, i]**2)", ["n[b, i] = abs(x[b, i])"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "equations"), FORMS)
def test_form(text, equations):
    role = "loss" if text.startswith("L") else "forward"
    assert printed(text, X, LABEL, role=role, sizes={"k": 3}) == equations


def attention(x):
    scores = np.exp(x[:, :, None] * x[:, None] / np.sqrt(7))
    return (scores / scores.sum(-1, keepdims=True) * x[:, None]).sum(-1)


VALUES = {
    "bilinear": (
        "y[b, k] = sum[i, j](x[b, i] * W[k, i, j] * x[b, j]) + c[k]",
        lambda x, W, c: np.einsum("bi,kij,bj->bk", x, W, x) + c,
    ),
    "gated": (
        "g[b, k] = sigmoid(sum[i](x[b, i] * G[k, i]) + c[k])\ny[b, k] = g[b, k] * sum[i](x[b, i] * W[k, i])",
        lambda x, G, W, c: x @ W.T / (1 + np.exp(-(x @ G.T + c))),
    ),
    "distance": (
        "y[b, k] = sqrt(sum[i]((x[b, i] - W[k, i])**2))",
        lambda x, W: np.linalg.norm(x[:, None] - W, axis=-1),
    ),
    "attention": ("y[b, i] = sum[j](softmax[j](x[b, i] * x[b, j] / sqrt(D)) * x[b, j])", attention),
    "normalised": (
        "y[b, i] = (x[b, i] - mean[j](x[b, j])) / sqrt(mean[j]((x[b, j] - mean[k](x[b, k]))**2) + eps)",
        lambda x: (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5),
    ),
    "shifted": (
        "y[b, w] = x[b, w+1] - 2 * x[b, w-1]",
        lambda x: np.pad(x, ((0, 0), (0, 1)))[:, 1:] - 2 * np.pad(x, ((0, 0), (1, 0)))[:, :-1],
    ),
    "causal": ("y[b, w] = sum[j](x[b, j] if j <= w)", lambda x: np.cumsum(x, axis=1)),
    "or": ("y[b, i] = 1 if x[b, i] > 1 or x[b, i] < -1 else x[b, i]", lambda x: np.where(np.abs(x) > 1, 1, x)),
    "not": ("y[b, i] = x[b, i] if not (x[b, i] > 1 or x[b, i] < 0)", lambda x: np.where((x > 1) | (x < 0), 0, x)),
    "chain": ("y[b, i] = (-1 < x[b, i] <= 1 != 0)", lambda x: ((x > -1) & (x <= 1)) * 1.0),
    "counted": ("y[b, i] = i * x[b, i] + B", lambda x: np.arange(x.shape[1]) * x + len(x)),
    "extremes": (
        "y[b] = argmax[i](x[b, i]) + max[i](x[b, i]) - min[i](x[b, i])",
        lambda x: x.argmax(1) + x.max(1) - x.min(1),
    ),
    "whole": ("L = mean[...](x[...]**2) + prod[b](x[b, 0])", lambda x: (x**2).mean() + x[:, 0].prod()),
    "elu": ("y[b, i] = elu(x[b, i], alpha=0.5)", lambda x: np.where(x > 0, x, 0.5 * np.expm1(x))),
    "leaky": ("y[b, i] = leaky_relu(x[b, i])", lambda x: np.where(x > 0, x, 0.01 * x)),
    "hardtanh": ("y[b, i] = hardtanh(2 * x[b, i])", lambda x: np.clip(2 * x, -1, 1)),
    "softsign": ("y[b, i] = softsign(x[b, i])", lambda x: x / (1 + abs(x))),
    "mish": ("y[b, i] = mish(x[b, i])", lambda x: x * np.tanh(np.log1p(np.exp(x)))),
}


@pytest.mark.parametrize("sizes", [(1, 1, 1), (2, 3, 3), (3, 5, 2), (5, 1, 4)])
@pytest.mark.parametrize("name", VALUES)
def test_value_is_that_of_numpy(name, sizes):
    batch, width, units = sizes
    text, formula = VALUES[name]
    random = np.random.default_rng(sum(sizes))
    scope_sizes = {"D": 7, "w": width} | ({"k": units} if "y[b, k]" in text else {})
    done = elaborated(
        text, tensor("x", f"b i:{width}"), sizes=scope_sizes, parameters=dict.fromkeys("WGc"), prefix="",
        names={}, constants={"eps": 1e-5}, role="loss" if text.startswith("L") else "forward",
    )  # fmt: skip
    values = {name: random.normal(size=t.shape) for name, t in done.parameters.items()}
    values["x"] = random.normal(size=(batch, width))
    assert all(is_flat(equation.rhs) for equation in done.equations)
    found = evaluate(done.equations, values, batch)[done.result.name]
    np.testing.assert_allclose(found, formula(**values), rtol=1e-12, atol=1e-12)
    if "\n" not in text:
        nested = read_equation(text, Scope({"x": tensor("x", f"b i:{width}"), **done.parameters}, scope_sizes,
                                           {"eps": 1e-5}))  # fmt: skip
        np.testing.assert_allclose(evaluate([nested], values, batch)[nested.tensor.name], found, rtol=1e-12, atol=1e-12)


def test_shape_of_an_embedding_follows_from_its_classes():
    token = tensor("token", "b t:3", dtype="int32", classes=11)
    done = elaborated("y[b, t, d] = E[token[b, t], d]", token, parameters={"E": None}, sizes={"d": 2})
    assert done.parameters["E"].shape == (11, 2)
    table, tokens = np.arange(22.0).reshape(11, 2), np.array([[0, 10, 3], [5, 5, 1]])
    np.testing.assert_array_equal(
        evaluate(done.equations, {"E": table, "n.E": table, "token": tokens}, 2)["n"], table[tokens]
    )


def test_shape_of_a_parameter_follows_through_a_local():
    text = "h[b, k] = sum[i](V[k, i] * x[b, i])\ny[b, o] = sum[k](W[o, k] * h[b, k]) + c[o]"
    done = elaborated(text, X, parameters=dict.fromkeys("VWc"), sizes={"k": 5, "o": 2})
    assert [done.parameters[name].shape for name in "VWc"] == [(5, 4), (2, 5), (2,)]
    assert [e.tensor.name for e in done.equations] == ["n.h", "n"]


def test_known_parameter_fixes_extents():
    weight = Tensor("shared.weight", (Index("o", 7), Index("i", 4)), role="parameter")
    done = elaborated("y[b, o] = sum[i](x[b, i] * W[o, i])", X, parameters={"W": weight})
    assert done.result.shape == ("B", 7)
    assert done.parameters == {"W": weight}


def test_scalar_parameter_and_constants():
    done = elaborated("y[...] = slope * x[...] ** power - lr", X, tensor("lr", role="setting"),
                      parameters={"slope": None}, constants={"power": 2})  # fmt: skip
    assert str(done.equations[0]) == "n[b, i] = n.slope * x[b, i]**2 - lr"
    assert done.parameters["slope"].shape == ()


def test_ellipsis_avoids_letters_in_use():
    done = elaborated("y[..., t] = x[..., t] * rate + t", tensor("x", "b rate:2 t:3"), tensor("rate", role="setting"))
    assert str(done.equations[0]) == "n[b, i, t] = rate * x[b, i, t] + t"


@pytest.mark.parametrize("letter", "ruv")
def test_ellipsis_avoids_names_of_tensors_in_the_text(letter):
    text = f"{letter}[...] = g[...] + x[...]\nz[...] = x[...] - lr * {letter}[...]"
    x, g = tensor("x", f"{letter}:3"), tensor("g", f"{letter}:3")
    done = elaborated(text, x, g, tensor("lr", role="setting"), role="update")
    assert [str(e) for e in done.equations] == [f"n.{letter}[i] = g[i] + x[i]", f"n.z[i] = x[i] - lr * n.{letter}[i]"]


def test_ellipsis_of_a_scalar_is_empty():
    done = elaborated("y[...] = 2 * x[...]\nz[...] = mean[...](y[...])", tensor("x"), role="update")
    assert [str(e) for e in done.equations] == ["n = 2 * x", "n.z = n"]


def test_positive_is_what_sympy_knows():
    done = elaborated("y[b, i] = exp(x[b, i]) / (1 + sum[j](exp(x[b, j]))); z[b] = log(y[b, 0])", X)
    assert {e.tensor.name: e.tensor.positive for e in done.equations} == {"n.t": True, "n": True, "n.z": False}


def test_affine_access_to_a_positive_tensor_may_be_zero():
    done = elaborated("p[b, i] = exp(x[b, i]); y[b, i] = (p[b, i+1] > 0) + 0 * x[b, i]", X)
    assert done.equations[1].rhs != 1
    values = evaluate(done.equations, {"x": np.zeros((1, 4))}, 1)
    np.testing.assert_array_equal(values["n"], [[1, 1, 1, 0]])


def test_argmax_is_an_integer_tensor():
    done = elaborated("k[b] = argmax[i](x[b, i]); y[b] = x[b, k[b]]", X)
    assert (done.equations[0].tensor.dtype, done.equations[0].tensor.classes) == ("int32", 4)
    x = np.array([[1.0, 3, 3, 0], [-2, -1, -5, -1]])
    values = evaluate(done.equations, {"x": x}, 2)
    np.testing.assert_array_equal(values["n.k"], [1, 1])
    np.testing.assert_array_equal(values["n"], [3, -1])


def test_updates_need_no_result_and_give_all_names():
    done = elaborated("m1[...] = beta * m[...] + (1 - beta) * x[...]; w1[...] = x[...] - m1[...]", X,
                      tensor("m", "b i:4", role="state"), tensor("beta", role="setting"), role="update",
                      names={"m1": "m.next"})  # fmt: skip
    assert {name: t.name for name, t in done.defined.items()} == {"m1": "m.next", "w1": "n.w1"}
    assert done.result is done.defined["w1"]


def test_symbols_and_layer():
    done = elaborated("y[b, i] = tanh(sum[j](x[b, j] * x[b, i]))", X, symbols={"y": "h"}, layer="fc1")
    assert [(t.tensor.symbol, t.tensor.layer) for t in done.equations] == [("z", "fc1"), ("h", "fc1")]


def test_numbers_stay_exact():
    (equation,) = elaborated("y = 1e-5 * pi + 0.1 + 2**0.5 + 7 // 2 + 7 % 4", tensor("x")).equations
    assert equation.rhs == sympy.pi / 100000 + sympy.Rational(1, 10) + sympy.sqrt(2) + 6


def test_same_text_under_any_hash_seed():
    program = (
        "from bpgen.algebra.elaborate import *; from bpgen.algebra.system import *; from bpgen.algebra.index import *\n"
        "x = Tensor('x', (Index('b', BATCH), Index('i', 4)))\n"
        "t = 'y[..., i] = softmax[i](x[..., i]) + sum[k](x[..., k]) * sum[k](tanh(x[..., k])) * x[..., i]'\n"
        "print(*elaborate(t, Scope({'x': x}), role='forward', origin=Origin()).equations, sep='\\n')"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", program], env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in "012"
    }
    assert len(texts) == 1
    assert texts.pop().count(b"=") == 6


AFFINE = {"sizes": {"j": 12, "p": 3, "r": 2, "s": 2, "q": 2, "e": 6}}


@pytest.mark.parametrize(
    ("text", "equation"),
    [
        ("y[b, j] = z[b, j//6, j//3%2, j%3]", "n[b, j] = z[b, j // 6, j // 3 % 2, j % 3]"),
        ("y[b, p] = x[b, (6*p + 2)//3 - 1]", "n[b, p] = x[b, 2*p - 1]"),
        ("y[b, p] = x[b, p + 0]", "n[b, p] = x[b, p + 0]"),
        ("y[b, e] = x[b, e % 4 // 2]", "n[b, e] = x[b, e // 2 % 2]"),
        ("y[b, p] = max[r](x[b, p + r])", "n[b, p] = max[i](x[b, p + i])"),
        ("y[b, p] = max[r](x[b, p + r - 1])", "n[b, p] = max[i](x[b, p + i - 1] if p + i - 1 >= 0 else -inf)"),
        (
            "y[b, p] = max[r](x[b, 2*p + r - 1] if 0 <= 2*p + r - 1 < 4 else -inf)",
            "n[b, p] = max[i](x[b, 2*p + i - 1] if 0 <= 2*p + i - 1 < 4 else -inf)",
        ),
        ("y[b, p] = min[r](x[b, 3*p + r])", "n[b, p] = -max[i](-x[b, 3*p + i] if 3*p + i < 4 else -inf)"),
        ("y[b, p] = prod[r](x[b, p - r])", "n[b, p] = prod[i](x[b, p - i] if p - i >= 0 else 1)"),
        ("y[b, p] = argmax[r](x[b, p - r])", "n[b, p] = argmax[i](x[b, p - i] if p - i >= 0 else -inf)"),
        ("y[b, p] = x[b, p - 1] if p < 3 and p >= 0 else 7", "n[b, p] = x[b, p - 1]"),
        ("y[b, e] = sin(e // 2 / 3) if e % 2 == 0 else x[b, e + 0]",
         "n[b, e] = sin((e // 2) / 3) if e % 2 == 0 else x[b, e + 0]"),
    ],
)  # fmt: skip
def test_quasi_affine_indices(text, equation):
    given = (X, tensor("z", "b c:2 h:2 w:3"))
    assert printed(text, *given, **AFFINE) == [equation]


def test_values_of_digits_and_guards():
    text = "y[b, j] = x[b, (j + 5)//3 % 4]*10**(j%3) + (j - 7)//4 + (1 if not (2 <= j < 5 or j % 2 == 1) else -1)"
    done = elaborated(text, X, **AFFINE)
    x = np.arange(8.0).reshape(2, 4)
    j = np.arange(12)
    expected = (
        x[:, (j + 5) // 3 % 4] * 10.0 ** (j % 3) + (j - 7) // 4 + np.where((j >= 2) & (j < 5) | (j % 2 == 1), -1, 1)
    )
    np.testing.assert_allclose(evaluate(done.equations, {"x": x}, 2)["n"], expected)


def test_places_count_row_by_row_as_written():
    x = np.zeros((1, 4))
    x[0, 2] = 1.0
    for first, second, place in (("r", "s", 2), ("s", "r", 1)):
        text = f"y[b] = argmax[{first}, {second}](x[b, 2*r + s])"
        done = elaborated(text, X, **AFFINE)
        assert evaluate(done.equations, {"x": x})["n"] == [place]
