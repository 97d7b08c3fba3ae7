"""The closed forms of losses that textbooks print: forms 1 to 12 of the list, and others like them."""

from __future__ import annotations

import pytest
from closed_forms import Form, check_form
from derive_networks import given, sums_to_one

from bpgen.algebra.system import Fact

CLASSES = given("z", "b j:3")
TARGET = given("y", "b j:3")
SUMMED = given("y", "b j:3", facts=sums_to_one(1))
UPSTREAM = given("g", "b j:3")
Z, Y, T = given("z", "b"), given("y", "b"), given("t", "b")
LABEL = given("label", "b", classes=3)
D = given("d", facts=[Fact("positive", ())])

FORMS = {
    "1 cross-entropy of a distribution": Form(
        "p[b, j] = softmax[j](z[b, j])\nL = -mean[b](sum[j](y[b, j]*log(p[b, j])))", [CLASSES, SUMMED], "z",
        "d.z[b, j] = (net.p[b, j] - y[b, j]) / B", "(net.p[b, j] - y[b, j])/B",
    ),
    "1 not declared to sum to one": Form(
        "p[b, j] = softmax[j](z[b, j])\nL = -sum[b](sum[j](y[b, j]*log(p[b, j])))", [CLASSES, TARGET], "z",
        "d.z[b, j] = net.p[b, j] * sum[i](y[b, i]) - y[b, j]", "sum[i](y[b, i])*net.p[b, j] - y[b, j]",
    ),
    "2 softmax": Form(
        "p[b, j] = softmax[j](z[b, j])\nL = sum[b, j](g[b, j]*p[b, j])", [CLASSES, UPSTREAM], "z",
        "d.z[b, j] = net.p[b, j] * (g[b, j] - sum[i](g[b, i] * net.p[b, i]))",
        "net.p[b, j]*(g[b, j] - sum[i](g[b, i]*net.p[b, i]))",
    ),
    "2 log-softmax": Form(
        "l[b, j] = log_softmax[j](z[b, j])\nL = sum[b, j](g[b, j]*l[b, j])", [CLASSES, UPSTREAM], "z",
        "d.z[b, j] = g[b, j] - net.p[b, j] * sum[i](g[b, i])", "g[b, j] - net.p[b, j]*sum[i](g[b, i])",
    ),
    "2 log-sum-exp": Form(
        "L = sum[b](g[b]*logsumexp[j](z[b, j]))", [CLASSES, given("g", "b")], "z",
        "d.z[b, j] = g[b] * net.p[b, j]", "g[b]*net.p[b, j]",
    ),
    "2 Hessian of log-sum-exp": Form(
        "l[b] = logsumexp[k](z[b, k])\ng[b, i] = d(l[b], z[b, i])\nH[b, i, j] = d(g[b, i], z[b, j])\n"
        "L = sum[b, i, j](H[b, i, j]*y[b, i]*y[b, j])", [CLASSES, TARGET], "net.d.z2",
        "net.d.z2[b, j, i] = net.p[b, j] * ((j == i) - net.p[b, i])",
        "net.p[b, j]*(j == i) - net.p[b, j]*net.p[b, i]",
    ),
    "3 Hessian of cross-entropy": Form(
        "l[b] = -sum[j](y[b, j]*log_softmax[j](z[b, j]))\ng[b, i] = d(l[b], z[b, i])\n"
        "H[b, i, j] = d(g[b, i], z[b, j])\nL = sum[b, i, j](H[b, i, j]*x[b, i]*x[b, j])",
        [CLASSES, SUMMED, given("x", "b j:3")], "net.d.z2",
        "net.d.z2[b, j, i] = net.p[b, j] * ((j == i) - net.p[b, i])",
        "net.p[b, j]*(j == i) - net.p[b, j]*net.p[b, i]",
    ),
    "4 binary cross-entropy": Form(
        "s[b] = sigmoid(z[b])\nL = -sum[b](y[b]*log(s[b]) + (1 - y[b])*log(1 - s[b]))", [Z, Y], "z",
        "d.z[b] = net.s[b] - y[b]", "net.s[b] - y[b]",
    ),
    "4 with a weight of the positive ones": Form(
        "s[b] = sigmoid(z[b])\nL = -sum[b](w*y[b]*log(s[b]) + (1 - y[b])*log(1 - s[b]))", [Z, Y, given("w")], "z",
        "d.z[b] = net.s[b] * (1 + (w - 1) * y[b]) - w * y[b]", "net.s[b]*(1 - y[b] + w*y[b]) - w*y[b]",
    ),
    "4 of logits with that weight": Form(
        "L = sum[b]((1 - y[b])*z[b] + (1 + (w - 1)*y[b])*softplus(-z[b]))", [Z, Y, given("w")], "z",
        "d.z[b] = 1 - (1 + (w - 1) * y[b]) * sigmoid(-z[b]) - y[b]", "sigmoid(z[b])*(1 - y[b] + w*y[b]) - w*y[b]",
    ),
    "5 label smoothing": Form(
        "p[b, j] = softmax[j](z[b, j])\nL = -sum[b](sum[j](((1 - e)*y[b, j] + e/3)*log(p[b, j])))",
        [CLASSES, SUMMED, given("e")], "z",
        "d.z[b, j] = e * (y[b, j] - 1 / 3) + net.p[b, j] - y[b, j]", "net.p[b, j] - (1 - e)*y[b, j] - e/3",
    ),
    "6 distillation": Form(
        "q[b, j] = softmax[j](t[b, j]/T)\np[b, j] = softmax[j](z[b, j]/T)\n"
        "L = T**2*sum[b](sum[j](q[b, j]*(log(q[b, j]) - log(p[b, j]))))", [CLASSES, given("t", "b j:3"), given("T")],
        "z", "d.z[b, j] = T * (net.p[b, j] - net.q[b, j])", "T*(net.p[b, j] - net.q[b, j])",
    ),
    "7 entropy": Form(
        "p[b, j] = softmax[j](z[b, j])\nH[b] = -sum[j](p[b, j]*log(p[b, j]))\nL = sum[b](H[b])", [CLASSES], "z",
        "d.z[b, j] = -net.p[b, j] * (log(net.p[b, j]) + net.H[b])", "-net.p[b, j]*(log(net.p[b, j]) + net.H[b])",
    ),
    "7 entropy in one line": Form(
        "p[b, j] = softmax[j](z[b, j])\nL = -sum[b](sum[j](p[b, j]*log(p[b, j])))", [CLASSES], "z",
        "d.z[b, j] = net.p[b, j] * (sum[i](net.p[b, i] * log(net.p[b, i])) - log(net.p[b, j]))",
        "-net.p[b, j]*(log(net.p[b, j]) - sum[i](net.p[b, i]*log(net.p[b, i])))",
    ),
    "8 focal": Form(
        "t[b] = 2*y[b] - 1\np[b] = sigmoid(t[b]*z[b])\nL = sum[b](-(1 - p[b])**c*log(p[b]))", [Z, Y, given("c")], "z",
        "d.z[b] = net.t[b] * (1 - net.p[b])**c * (c * net.p[b] * log(net.p[b]) + net.p[b] - 1)",
        "net.t[b]*(1 - net.p[b])**c*(c*net.p[b]*log(net.p[b]) + net.p[b] - 1)",
    ),
    "9 hinge": Form(
        "L = sum[b](max(0, 1 - t[b]*z[b]))", [Z, T], "z", "d.z[b] = -t[b] * (t[b] * z[b] < 1)", "-t[b]*(t[b]*z[b] < 1)",
    ),
    "9 logistic": Form(
        "L = sum[b](log(1 + exp(-t[b]*z[b])))", [Z, T], "z",
        "d.z[b] = -t[b] * sigmoid(-t[b] * z[b])", "-t[b]*sigmoid(-t[b]*z[b])",
    ),
    "10 Huber": Form(
        "r[b] = z[b] - y[b]\nL = sum[b](where(abs(r[b]) < d, r[b]**2/2, d*(abs(r[b]) - d/2)))", [Z, Y, D], "z",
        "d.z[b] = clip(net.r[b], -d, d)", "clip(net.r[b], -d, d)",
    ),
    "10 log cosh": Form(
        "L = sum[b](log(cosh(z[b] - y[b])))", [Z, Y], "z", "d.z[b] = tanh(z[b] - y[b])", "tanh(z[b] - y[b])",
    ),
    "10 log cosh, of exponentials": Form(
        "L = sum[b](log((exp(z[b] - y[b]) + exp(y[b] - z[b]))/2))", [Z, Y], "z",
        "d.z[b] = tanh(z[b] - y[b])", "tanh(z[b] - y[b])",
    ),
    "11 Poisson": Form(
        "L = sum[b](exp(z[b]) - y[b]*z[b])", [Z, Y], "z", "d.z[b] = exp(z[b]) - y[b]", "exp(z[b]) - y[b]",
    ),
    "11 divergence of a Gaussian, mean": Form(
        "L = sum[b]((m[b]**2 + exp(v[b]) - v[b] - 1)/2)", [given("m", "b"), given("v", "b")], "m",
        "d.m[b] = m[b]", "m[b]",
    ),
    "11 divergence of a Gaussian, log variance": Form(
        "L = sum[b]((m[b]**2 + exp(v[b]) - v[b] - 1)/2)", [given("m", "b"), given("v", "b")], "v",
        "d.v[b] = (exp(v[b]) - 1) / 2", "(exp(v[b]) - 1)/2",
    ),
    "12 variance of a row": Form(
        "m[b] = mean[j](z[b, j])\nv[b] = mean[j]((z[b, j] - m[b])**2)\nL = sum[b](v[b])", [CLASSES], "z",
        "d.z[b, j] = 2 * (z[b, j] - net.m[b]) / 3", "2*(z[b, j] - net.m[b])/3",
    ),
    "12 variance over the batch": Form(
        "m = mean[a](z[a])\nL = mean[b]((z[b] - m)**2)", [Z], "z",
        "d.z[b] = 2 * (z[b] - net.m) / B", "2*(z[b] - net.m)/B",
    ),
    # Not of the list.
    "squared hinge": Form(
        "L = sum[b](max(0, 1 - t[b]*z[b])**2)", [Z, T], "z",
        "d.z[b] = -2 * t[b] * max(0, 1 - t[b] * z[b])", "-2*t[b]*max(0, 1 - t[b]*z[b])",
    ),
    "quantile": Form(
        "L = sum[b](max(q*(y[b] - z[b]), (q - 1)*(y[b] - z[b])))", [Z, Y, given("q")], "z",
        "d.z[b] = (z[b] > y[b]) - q", "(z[b] > y[b]) - q",
    ),
    "log-sigmoid of a margin": Form(
        "L = -mean[b](log(sigmoid(z[b] - y[b])))", [Z, Y], "z",
        "d.z[b] = -sigmoid(y[b] - z[b]) / B", "-sigmoid(-(z[b] - y[b]))/B",
    ),
    "Cauchy": Form(
        "L = sum[b](log(1 + ((z[b] - y[b])/c)**2))", [Z, Y, given("c")], "z",
        "d.z[b] = 2 * (z[b] - y[b]) / ((z[b] - y[b])**2 + c**2)", "2*(z[b] - y[b])/(c**2 + (z[b] - y[b])**2)",
    ),
    "Welsch": Form(
        "L = sum[b](c**2/2*(1 - exp(-(z[b]/c)**2)))", [Z, given("c")], "z",
        "d.z[b] = z[b] * exp(-z[b]**2 / c**2)", "z[b]*exp(-(z[b]/c)**2)",
    ),
    "Gaussian likelihood, log variance": Form(
        "L = sum[b]((v[b] + (y[b] - z[b])**2*exp(-v[b]))/2)", [Z, Y, given("v", "b")], "v",
        "d.v[b] = (1 - (y[b] - z[b])**2 * exp(-v[b])) / 2", "(1 - (y[b] - z[b])**2*exp(-v[b]))/2",
    ),
    "probabilities": Form(
        "L = -sum[b](y[b]*log(z[b]) + (1 - y[b])*log(1 - z[b]))", [Z, Y], "z",
        "d.z[b] = (z[b] - y[b]) / (z[b] * (1 - z[b]))", "(z[b] - y[b])/(z[b]*(1 - z[b]))",
    ),
    "divergence of two inputs": Form(
        "L = sum[b](y[b]*log(y[b]/z[b]))", [Z, Y], "y", "d.y[b] = 1 + log(y[b] / z[b])", "log(y[b]/z[b]) + 1",
    ),
    "divergence of two inputs, the second": Form(
        "L = sum[b](y[b]*log(y[b]/z[b]))", [Z, Y], "z", "d.z[b] = -y[b] / z[b]", "-y[b]/z[b]",
    ),
    "entropy of a scaled input": Form(
        "L = sum[b](y[b]*log(5*y[b]))", [Y], "y", "d.y[b] = 1 + log(5 * y[b])", "log(5*y[b]) + 1",
    ),
    "divergence from a target": Form(
        "p[b, j] = softmax[j](z[b, j])\nL = sum[b, j](p[b, j]*(log(p[b, j]) - log(q[b, j])))",
        [CLASSES, given("q", "b j:3", facts=[Fact("positive", ())])], "z",
        "d.z[b, j] = net.p[b, j] * (sum[i](net.p[b, i] * (log(q[b, i]) - log(net.p[b, i]))) + log(net.p[b, j])"
        " - log(q[b, j]))",
        "net.p[b, j]*(log(net.p[b, j]) - log(q[b, j]) - sum[i](net.p[b, i]*(log(net.p[b, i]) - log(q[b, i]))))",
    ),
    "Brier": Form(
        "p[b, j] = softmax[j](z[b, j])\nL = sum[b, j]((p[b, j] - y[b, j])**2)", [CLASSES, TARGET], "z",
        "d.z[b, j] = 2 * net.p[b, j] * (sum[i](net.p[b, i] * (y[b, i] - net.p[b, i])) + net.p[b, j] - y[b, j])",
        "2*net.p[b, j]*(net.p[b, j] - y[b, j] - sum[i](net.p[b, i]*(net.p[b, i] - y[b, i])))",
    ),
    "softmax with a margin": Form(
        "p[b, j] = softmax[j](z[b, j] - m*y[b, j])\nL = -sum[b](sum[j](y[b, j]*log(p[b, j])))",
        [CLASSES, SUMMED, given("m")], "z", "d.z[b, j] = net.p[b, j] - y[b, j]", "net.p[b, j] - y[b, j]",
    ),
    "contrastive": Form(
        "L = sum[b](-z[b, 0]/t + logsumexp[j](z[b, j]/t))", [CLASSES, given("t")], "z",
        "d.z[b, j] = (net.p[b, j] - (j == 0)) / t", "(net.p[b, j] - (j == 0))/t",
    ),
    "generalised cross-entropy": Form(
        "p[b, j] = softmax[j](z[b, j])\nL = sum[b]((1 - p[b, label[b]]**q)/q)", [CLASSES, LABEL, given("q")], "z",
        "d.z[b, j] = net.p[b, label[b]]**q * (net.p[b, j] - (j == label[b]))",
        "net.p[b, label[b]]**q*(net.p[b, j] - (j == label[b]))",
    ),
    "focal of several classes": Form(
        "p[b, j] = softmax[j](z[b, j])\nL = -sum[b]((1 - p[b, label[b]])**2*log(p[b, label[b]]))",
        [CLASSES, LABEL], "z",
        "d.z[b, j] = (1 - net.p[b, label[b]]) * (net.p[b, j] - (j == label[b]))"
        " * (1 - 2 * net.p[b, label[b]] * log(net.p[b, label[b]]) - net.p[b, label[b]])",
        "(1 - net.p[b, label[b]])*(2*net.p[b, label[b]]*log(net.p[b, label[b]]) + net.p[b, label[b]] - 1)"
        "*((j == label[b]) - net.p[b, j])",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_form(name: str) -> None:
    check_form(FORMS[name])
