"""The closed forms of activations that textbooks print: forms 13 to 16 of the list, and others like them."""

from __future__ import annotations

import pytest
import sympy
from closed_forms import Form, check_form, found_equation
from derive_networks import given, network

from bpgen.derive.derive import derive

Z, G, A = given("z", "b"), given("g", "b"), given("a", "b")
SLOPE, ALPHA = given("a", role="parameter"), given("alpha")
PASSED = "\nL = sum[b](g[b]*h[b])"

FORMS = {
    "13 tanh": Form(
        "h[b] = tanh(z[b])" + PASSED, [Z, G], "z", "d.z[b] = g[b] * (1 - net.h[b]**2)", "g[b]*(1 - net.h[b]**2)",
    ),
    "13 tanh, of exponentials": Form(
        "h[b] = (exp(z[b]) - exp(-z[b]))/(exp(z[b]) + exp(-z[b]))" + PASSED, [Z, G], "z",
        "d.z[b] = g[b] * (1 - net.h[b]**2)", "g[b]*(1 - net.h[b]**2)",
    ),
    "13 sigmoid": Form(
        "h[b] = sigmoid(z[b])" + PASSED, [Z, G], "z",
        "d.z[b] = g[b] * net.h[b] * (1 - net.h[b])", "g[b]*net.h[b]*(1 - net.h[b])",
    ),
    "13 softplus": Form(
        "h[b] = softplus(z[b])" + PASSED, [Z, G], "z", "d.z[b] = g[b] * sigmoid(z[b])", "g[b]*sigmoid(z[b])",
    ),
    "13 SiLU": Form(
        "s[b] = sigmoid(z[b])\nh[b] = z[b]*s[b]" + PASSED, [Z, G], "z",
        "d.z[b] = g[b] * net.s[b] * (1 + z[b] * (1 - net.s[b]))", "g[b]*net.s[b]*(1 + z[b]*(1 - net.s[b]))",
    ),
    "14 GELU": Form(
        "h[b] = gelu(z[b])" + PASSED, [Z, G], "z",
        "d.z[b] = g[b] * (1 + sqrt(2 / pi) * z[b] * exp(-z[b]**2 / 2) + net.r[b]) / 2",
        "g[b]*((1 + net.r[b])/2 + z[b]*exp(-z[b]**2/2)/sqrt(2*pi))",
    ),
    "14 GELU by tanh": Form(
        "h[b] = gelu_tanh(z[b])" + PASSED, [Z, G], "z",
        "d.z[b] = g[b] * (1 + sqrt(2 / pi) * z[b] * (1 - net.h2[b]**2) * (1 + 0.134145 * z[b]**2) + net.h2[b]) / 2",
        "g[b]*((1 + net.h2[b])/2 + z[b]/2*(1 - net.h2[b]**2)*sqrt(2/pi)*(1 + 3*0.044715*z[b]**2))",
    ),
    "14 GELU by tanh, any factor": Form(
        "u[b] = sqrt(2/pi)*(z[b] + a*z[b]**3)\nh[b] = z[b]/2*(1 + tanh(u[b]))" + PASSED, [Z, G, given("a")], "z",
        "d.z[b] = g[b] * (1 + sqrt(2 / pi) * z[b] * (1 - net.h2[b]**2) * (1 + 3 * a * z[b]**2) + net.h2[b]) / 2",
        "g[b]*((1 + net.h2[b])/2 + z[b]/2*(1 - net.h2[b]**2)*sqrt(2/pi)*(1 + 3*a*z[b]**2))",
    ),
    "15 ELU": Form(
        "h[b] = where(z[b] > 0, z[b], alpha*(exp(z[b]) - 1))" + PASSED, [Z, G, ALPHA], "z",
        "d.z[b] = g[b] * where(z[b] > 0, 1, alpha + net.h[b])", "g[b]*where(z[b] > 0, 1, net.h[b] + alpha)",
    ),
    "15 ELU with 1": Form(
        "h[b] = elu(z[b])" + PASSED, [Z, G], "z",
        "d.z[b] = g[b] * where(z[b] > 0, 1, 1 + net.h[b])", "g[b]*where(z[b] > 0, 1, net.h[b] + 1)",
    ),
    "15 PReLU, slope": Form(
        "h[b] = where(z[b] > 0, z[b], a*z[b])" + PASSED, [Z, G, SLOPE], "a",
        "d.a = sum[b](g[b] * min(0, z[b]))", "sum[b](g[b]*z[b]*(z[b] < 0))",
    ),
    "15 PReLU": Form(
        "h[b] = where(z[b] > 0, z[b], a*z[b])" + PASSED, [Z, G, SLOPE], "z",
        "d.z[b] = g[b] * where(z[b] > 0, 1, a)", "g[b]*where(z[b] > 0, 1, a)",
    ),
    "16 GLU, value": Form(
        "s[b] = sigmoid(z[b])\nh[b] = a[b]*s[b]" + PASSED, [Z, G, A], "a", "d.a[b] = g[b] * net.s[b]", "g[b]*net.s[b]",
    ),
    "16 GLU, gate": Form(
        "s[b] = sigmoid(z[b])\nh[b] = a[b]*s[b]" + PASSED, [Z, G, A], "z",
        "d.z[b] = a[b] * g[b] * net.s[b] * (1 - net.s[b])", "g[b]*a[b]*net.s[b]*(1 - net.s[b])",
    ),
    "16 SwiGLU, gate": Form(
        "s[b] = sigmoid(a[b])\nq[b] = a[b]*s[b]\nh[b] = q[b]*z[b]" + PASSED, [Z, G, A], "a",
        "d.a[b] = g[b] * net.s[b] * z[b] * (1 + a[b] * (1 - net.s[b]))",
        "g[b]*z[b]*net.s[b]*(1 + a[b]*(1 - net.s[b]))",
    ),
    "16 SwiGLU, value": Form(
        "s[b] = sigmoid(a[b])\nq[b] = a[b]*s[b]\nh[b] = q[b]*z[b]" + PASSED, [Z, G, A], "z",
        "d.z[b] = g[b] * net.q[b]", "g[b]*net.q[b]",
    ),
    # Not of the list.
    "mish": Form(
        "t[b] = tanh(softplus(z[b]))\nh[b] = z[b]*t[b]" + PASSED, [Z, G], "z",
        "d.z[b] = g[b] * (z[b] * (1 - net.t[b]**2) * sigmoid(z[b]) + net.t[b])",
        "g[b]*(net.t[b] + z[b]*sigmoid(z[b])*(1 - net.t[b]**2))",
    ),
    "softsign": Form(
        "h[b] = z[b]/(1 + abs(z[b]))" + PASSED, [Z, G], "z",
        "d.z[b] = g[b] / (1 + abs(z[b]))**2", "g[b]/(1 + abs(z[b]))**2",
    ),
    "hard-swish": Form(
        "h[b] = z[b]*min(max(z[b] + 3, 0), 6)/6" + PASSED, [Z, G], "z",
        "d.z[b] = g[b] * (z[b] * (z[b] <= 3) * (z[b] >= -3) + clip(3 + z[b], 0, 6)) / 6",
        "g[b]*(z[b]*(z[b] >= -3)*(z[b] <= 3) + clip(z[b] + 3, 0, 6))/6",
    ),
    "hard-sigmoid": Form(
        "h[b] = clip(z[b]/6 + 1/2, 0, 1)" + PASSED, [Z, G], "z",
        "d.z[b] = g[b] * (z[b] <= 3) * (z[b] >= -3) / 6", "g[b]*(z[b] >= -3)*(z[b] <= 3)/6",
    ),
    "squared ReLU": Form(
        "h[b] = max(0, z[b])**2" + PASSED, [Z, G], "z", "d.z[b] = 2 * g[b] * max(0, z[b])", "2*g[b]*max(0, z[b])",
    ),
    "tanh-shrink": Form(
        "t[b] = tanh(z[b])\nh[b] = z[b] - t[b]" + PASSED, [Z, G], "z",
        "d.z[b] = g[b] * net.t[b]**2", "g[b]*net.t[b]**2",
    ),
    "soft-shrink": Form(
        "h[b] = where(z[b] > l, z[b] - l, where(z[b] < -l, z[b] + l, 0))" + PASSED, [Z, G, given("l")], "z",
        "d.z[b] = g[b] * where(z[b] > l, 1, (-l > z[b]))", "g[b]*where(z[b] > l, 1, z[b] < -l)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_form(name: str) -> None:
    check_form(FORMS[name])


def test_constants_stay_exact() -> None:
    for form in FORMS.values():
        derivation = derive(network(form.text, *form.tensors))
        for equation in (*derivation.chain, *derivation.simplified, *derivation.system.equations):
            assert not equation.rhs.atoms(sympy.Float), equation
    gelu = found_equation(FORMS["14 GELU"], derive(network(FORMS["14 GELU"].text, Z, G)))
    assert gelu.rhs.has(sympy.pi)
