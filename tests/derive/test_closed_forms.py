"""The forms that textbooks print, reached by the general mechanism: printed form and operation count."""

from __future__ import annotations

from dataclasses import replace

import pytest
from derive_networks import given, network, sums_to_one

from bpgen.derive.cost import cost, reductions
from bpgen.derive.derive import derive

Z = given("z", "b j:3")
LABEL = given("label", "b", classes=3)
CROSS_ENTROPY = "L = mean[b](logsumexp[k](z[b, k]) - z[b, label[b]])"
DISTRIBUTION = "L = mean[b](-sum[j](y[b, j]*log_softmax[j](z[b, j])))"

# name: text, tensors, the tensor whose adjoint is asked for, its printed form
FORMS = {
    "dense, weight": (
        "u[b, o] = sum[i](x[b, i]*W[o, i]) + c[o]\nL = sum[b, o](u[b, o]*g[b, o])",
        [given("x", "b i:4"), given("W", "o:3 i:4", role="parameter"), given("c", "o:3", role="parameter"),
         given("g", "b o:3")],
        "W", "d.W[o, i] = sum[b](g[b, o] * x[b, i])",
    ),
    "dense, bias": (
        "u[b, o] = sum[i](x[b, i]*W[o, i]) + c[o]\nL = sum[b, o](u[b, o]*g[b, o])",
        [given("x", "b i:4"), given("W", "o:3 i:4", role="parameter"), given("c", "o:3", role="parameter"),
         given("g", "b o:3")],
        "c", "d.c[o] = sum[b](g[b, o])",
    ),
    "cross-entropy of labels": (CROSS_ENTROPY, [Z, LABEL], "z", "d.z[b, j] = (net.p[b, j] - (j == label[b])) / B"),
    "cross-entropy of distributions": (
        DISTRIBUTION, [Z, given("y", "b j:3", facts=sums_to_one(1))], "z", "d.z[b, j] = (net.p[b, j] - y[b, j]) / B",
    ),
    "cross-entropy, sum not declared": (
        DISTRIBUTION, [Z, given("y", "b j:3")], "z", "d.z[b, j] = (net.p[b, j] * sum[i](y[b, i]) - y[b, j]) / B",
    ),
    "softmax, then its logarithm": (
        "p[b, j] = softmax[j](z[b, j])\nL = -mean[b](sum[j](y[b, j]*log(p[b, j])))",
        [Z, given("y", "b j:3", facts=sums_to_one(1))], "z", "d.z[b, j] = (net.p[b, j] - y[b, j]) / B",
    ),
    "binary cross-entropy of a sigmoid": (
        "s[b] = sigmoid(z[b])\nL = -mean[b](y[b]*log(s[b]) + (1 - y[b])*log(1 - s[b]))",
        [given("z", "b"), given("y", "b")], "z", "d.z[b] = (net.s[b] - y[b]) / B",
    ),
    "binary cross-entropy with logits": (
        "L = mean[b](softplus(z[b]) - z[b]*y[b])",
        [given("z", "b"), given("y", "b")], "z", "d.z[b] = (sigmoid(z[b]) - y[b]) / B",
    ),
    "sigmoid spelt with exp": (
        "s[b] = 1/(1 + exp(-z[b]))\nL = -mean[b](y[b]*log(s[b]) + (1 - y[b])*log(1 - s[b]))",
        [given("z", "b"), given("y", "b")], "z", "d.z[b] = (net.s[b] - y[b]) / B",
    ),
    "tanh": (
        "h[b] = tanh(z[b])\nL = sum[b](g[b]*h[b])",
        [given("z", "b"), given("g", "b")], "z", "d.z[b] = g[b] * (1 - net.h[b]**2)",
    ),
    "softplus": (
        "h[b] = softplus(z[b])\nL = sum[b](g[b]*h[b])",
        [given("z", "b"), given("g", "b")], "z", "d.z[b] = g[b] * sigmoid(z[b])",
    ),
    "SiLU": (
        "s[b] = sigmoid(z[b])\nh[b] = z[b]*s[b]\nL = sum[b](g[b]*h[b])",
        [given("z", "b"), given("g", "b")], "z", "d.z[b] = g[b] * net.s[b] * (1 + z[b] * (1 - net.s[b]))",
    ),
    "ReLU reads what is kept": (
        "h[b] = max(0, z[b])\nL = sum[b](g[b]*h[b])",
        [given("z", "b"), given("g", "b")], "z", "d.z[b] = g[b] * (net.h[b] > 0)",
    ),
    "softmax": (
        "p[b, j] = softmax[j](z[b, j])\nL = sum[b, j](g[b, j]*p[b, j])",
        [Z, given("g", "b j:3")], "z", "d.z[b, j] = net.p[b, j] * (g[b, j] - sum[i](g[b, i] * net.p[b, i]))",
    ),
    "mean squared error": (
        "L = mean[b, j]((z[b, j] - y[b, j])**2)",
        [Z, given("y", "b j:3")], "z", "d.z[b, j] = 2 * (z[b, j] - y[b, j]) / (3 * B)",
    ),
    "quadratic form": (
        "L = sum[i, j](x[i]*A[i, j]*x[j])",
        [given("x", "i:3"), given("A", "i:3 j:3", role="parameter")], "A", "d.A[i, j] = x[i] * x[j]",
    ),
}  # fmt: skip


def simplified(text: str, tensors, name: str):
    derivation = derive(network(text, *tensors))
    return next(e for e in derivation.simplified if e.tensor.name == "d." + name)


@pytest.mark.parametrize("form", FORMS)
def test_form(form):
    text, tensors, name, expected = FORMS[form]
    found = simplified(text, tensors, name)
    assert str(found) == expected


def test_unlisted_form_log_cosh():
    found = simplified(
        "L = sum[b](log((exp(z[b] - y[b]) + exp(y[b] - z[b]))/2))", [given("z", "b"), given("y", "b")], "z"
    )
    assert reductions(found.rhs) == 0


def test_no_form_costs_more_than_the_chain_rule():
    for text, tensors, name, _ in FORMS.values():
        derivation = derive(network(text, *tensors))
        raw = {equation.tensor.name: equation for equation in derivation.chain}
        for equation in derivation.simplified:
            assert reductions(equation.rhs) <= reductions(raw[equation.tensor.name].rhs) + 1
            if equation.tensor.name == "d." + name:
                assert cost(equation.rhs) <= sum(cost(e.rhs) for e in derivation.chain)


def test_what_is_not_declared_is_not_assumed():
    found = simplified(DISTRIBUTION, [Z, given("y", "b j:3")], "z")
    assert reductions(found.rhs) == 1


def test_a_declared_fact_is_cited():
    tensors = [Z, given("y", "b j:3", facts=sums_to_one(1))]
    derivation = derive(network(DISTRIBUTION, *tensors))
    reasons = [step.reason for steps in derivation.steps.values() for step in steps]
    assert any("`y` sums to 1 over axis 2: declared" in reason for reason in reasons)


def normalised(mean: str, index: str) -> str:
    """Normalisation of z[b, c] over an index."""
    return (
        f"m[{mean}] = mean[{index}](z[b, c])\nu[b, c] = z[b, c] - m[{mean}]\nv[{mean}] = mean[{index}](u[b, c]**2)\n"
        f"r[{mean}] = 1/sqrt(v[{mean}] + 0.00001)\nn[b, c] = u[b, c]*r[{mean}]\ny[b, c] = n[b, c]*w[c]\n"
        "L = sum[b, c](y[b, c]*g[b, c])"
    )


NORMALISED = [given("z", "b c:4"), given("g", "b c:4"), given("w", "c:4", role="parameter")]


def test_normalisation_over_the_batch():
    found = simplified(normalised("c", "b"), NORMALISED, "z")
    assert str(found) == (
        "d.z[b, c] = net.r[c] * w[c] * (B * g[b, c] - net.n[b, c] * sum[i](g[i, c] * net.n[i, c])"
        " - sum[i](g[i, c])) / B"
    )


def test_normalisation_over_the_batch_reads_the_gradient_of_its_weight():
    system = derive(network(normalised("c", "b"), *NORMALISED)).system
    assert "d.w" in system.defining["d.z"].reads


def test_normalisation_of_a_row():
    found = simplified(normalised("b", "c"), NORMALISED, "z")
    assert str(found) == (
        "d.z[b, c] = net.r[b] * (d.net.n[b, c] - net.n[b, c] * sum[i](d.net.n[b, i] * net.n[b, i]) / 4"
        " - sum[i](d.net.n[b, i]) / 4)"
    )


def test_a_bias_before_a_normalisation_has_no_gradient():
    tensors = [given("x", "b c:4"), given("c", "c:4", role="parameter"), *NORMALISED[1:]]
    text = "z[b, c] = x[b, c] + a[c]\n" + normalised("c", "b")
    assert str(simplified(text, [replace(tensors[1], name="a") if t.name == "c" else t for t in tensors], "a")) == (
        "d.a[c] = 0"
    )


def test_what_is_a_maximum_alone_is_left_as_it_is():
    """Stable forms look into sums; a maximum over a window, alone on its side, is none."""
    system = derive(network("m[b] = max[j](z[b, j])\nL = sum[b](m[b]*sigmoid(m[b]))", Z)).system
    assert str(system.defining["net.m"]) == "net.m[b] = max[i](z[b, i])"
