"""The closed forms of normalisation, linear algebra, attention and recurrences: 17 to 32 of the list, and others."""

from __future__ import annotations

import pytest
from closed_forms import Form, check_form
from derive_networks import given, network

from bpgen.algebra.system import Fact
from bpgen.derive.derive import derive


def parameter(name: str, axes: str):
    return given(name, axes, role="parameter")


ROWS = [given("x", "b c:4"), given("g", "b c:4"), parameter("w", "c:4"), parameter("a", "c:4")]
LAYER_NORM = (
    "m[b] = mean[c](x[b, c])\nv[b] = mean[c]((x[b, c] - m[b])**2)\n"
    "y[b, c] = (x[b, c] - m[b])/sqrt(v[b] + 0.00001)*w[c] + a[c]\nL = sum[b, c](y[b, c]*g[b, c])"
)
BATCH_NORM = (
    "m[c] = mean[b](x[b, c])\nv[c] = mean[b]((x[b, c] - m[c])**2)\nn[b, c] = (x[b, c] - m[c])/sqrt(v[c] + 0.00001)\n"
    "y[b, c] = n[b, c]*w[c] + a[c]\nL = sum[b, c](y[b, c]*g[b, c])"
)
RMS_NORM = "v[b] = mean[c](x[b, c]**2)\ny[b, c] = x[b, c]/sqrt(v[b] + 0.00001)*w[c]\nL = sum[b, c](y[b, c]*g[b, c])"
DENSE = "u[b, o] = sum[i](x[b, i]*W[o, i]) + c[o]\nL = sum[b, o](u[b, o]*g[b, o])"
DENSE_READS = [given("x", "b i:4"), parameter("W", "o:3 i:4"), parameter("c", "o:3"), given("g", "b o:3")]
SYMMETRIC = (Fact("symmetric", (0, 1)),)
DISTANCE = "L = sum[i, j]((x[i] - m[i])*S[i, j]*(x[j] - m[j]))"
DISTANCE_READS = [given("x", "i:3"), parameter("m", "i:3"), given("S", "i:3 j:3", facts=SYMMETRIC)]
LOGISTIC = "z[b] = sum[i](x[b, i]*w[i])\ns[b] = sigmoid(z[b])\nL = -sum[b](y[b]*log(s[b]) + (1 - y[b])*log(1 - s[b]))"
LOGISTIC_READS = [given("x", "b i:3"), given("y", "b"), parameter("w", "i:3")]
RIDGE = "u[b] = sum[i](x[b, i]*w[i]) - y[b]\nL = sum[b](u[b]**2) + l*sum[i](w[i]**2)"
ATTENTION = (
    "S[i, j] = sum[d](Q[i, d]*K[j, d])/sqrt(6) + M[i, j]\nP[i, j] = softmax[j](S[i, j])\n"
    "O[i, e] = sum[j](P[i, j]*V[j, e])\nL = sum[i, e](O[i, e]*G[i, e])"
)
ATTENTION_READS = [
    given("Q", "i:4 d:6"), given("K", "j:5 d:6"), given("V", "j:5 e:7"), given("M", "i:4 j:5"), given("G", "i:4 e:7"),
]  # fmt: skip
CONVOLUTION = (
    "y[n, o, p, q] = sum[c, r, t](x[n, c, 2*p + r - 1, 2*q + t - 1]*W[o, c, r, t])\n"
    "L = sum[n, o, p, q](y[n, o, p, q]*G[n, o, p, q])"
)
CONVOLUTION_READS = [given("x", "n c:2 h:8 w:8"), parameter("W", "o:3 c:2 r:3 t:3"), given("G", "n o:3 p:4 q:4")]
ELMAN = (
    "a[b, t, j] = sum[i](x[b, t, i]*U[j, i]) + sum[k](h[b, t - 1, k]*W[j, k]) + c[j]\nh[b, t, j] = tanh(a[b, t, j])\n"
    "L = sum[b, t, j](h[b, t, j]*G[b, t, j])"
)
ELMAN_READS = [
    given("x", "b t:4 i:2"), parameter("U", "j:3 i:2"), parameter("W", "j:3 k:3"), parameter("c", "j:3"),
    given("G", "b t:4 j:3"),
]  # fmt: skip
POOLING = "y[n, p] = max[r](x[n, 2*p + r])\nL = sum[n, p](y[n, p]*G[n, p])"
LSTM = (
    "i[b, t, j] = sigmoid(x[b, t, j] + sum[k](h[b, t - 1, k]*R[j, k]))\n"
    "f[b, t, j] = sigmoid(y[b, t, j] + sum[k](h[b, t - 1, k]*S[j, k]))\n"
    "g[b, t, j] = tanh(z[b, t, j] + sum[k](h[b, t - 1, k]*T[j, k]))\n"
    "o[b, t, j] = sigmoid(w[b, t, j] + sum[k](h[b, t - 1, k]*U[j, k]))\n"
    "c[b, t, j] = f[b, t, j]*c[b, t - 1, j] + i[b, t, j]*g[b, t, j]\n"
    "e[b, t, j] = tanh(c[b, t, j])\nh[b, t, j] = o[b, t, j]*e[b, t, j]\nL = sum[b, t, j](h[b, t, j]*G[b, t, j])"
)
LSTM_READS = [*(given(name, "b t:4 j:3") for name in "xyzwG"), *(parameter(name, "j:3 k:3") for name in "RSTU")]
TRIPLET = "L = sum[b, i]((a[b, i] - p[b, i])**2 - (a[b, i] - n[b, i])**2)"
TRIPLET_READS = [given("a", "b i:3"), given("p", "b i:3"), given("n", "b i:3")]
COSINE = (
    "m[b] = sqrt(sum[i](x[b, i]**2))\nn[b] = sqrt(sum[i](y[b, i]**2))\n"
    "s[b] = sum[i](x[b, i]*y[b, i])/(m[b]*n[b])\nL = sum[b](s[b]*g[b])"
)
WEIGHT_NORM = (
    "n[o] = sqrt(sum[i](V[o, i]**2))\nW[o, i] = g[o]*V[o, i]/n[o]\nu[b, o] = sum[i](x[b, i]*W[o, i])\n"
    "L = sum[b, o](u[b, o]*G[b, o])"
)
WEIGHT_NORM_READS = [given("x", "b i:4"), parameter("V", "o:3 i:4"), parameter("g", "o:3"), given("G", "b o:3")]
NORMALISED_ROW = "net.r[b]*(d.net.n[b, c] - sum[i](d.net.n[b, i])/4 - net.n[b, c]*sum[i](d.net.n[b, i]*net.n[b, i])/4)"

FORMS = {
    "17 layer norm": Form(
        LAYER_NORM, ROWS, "x",
        "d.x[b, c] = net.r[b] * (d.net.n[b, c] - net.n[b, c] * sum[i](d.net.n[b, i] * net.n[b, i]) / 4"
        " - sum[i](d.net.n[b, i]) / 4)", NORMALISED_ROW,
    ),
    "17 layer norm, weight": Form(
        LAYER_NORM, ROWS, "w", "d.w[c] = sum[b](g[b, c] * net.n[b, c])", "sum[b](g[b, c]*net.n[b, c])"
    ),
    "17 layer norm, bias": Form(LAYER_NORM, ROWS, "a", "d.a[c] = sum[b](g[b, c])", "sum[b](g[b, c])"),
    "18 batch norm": Form(
        BATCH_NORM, ROWS, "x",
        "d.x[b, c] = net.r[c] * w[c] * (B * g[b, c] - net.n[b, c] * sum[i](g[i, c] * net.n[i, c])"
        " - sum[i](g[i, c])) / B",
        "w[c]*net.r[c]/B*(B*g[b, c] - sum[i](g[i, c]) - net.n[b, c]*sum[i](g[i, c]*net.n[i, c]))",
    ),
    "19 length 1": Form(
        "r[b] = sqrt(sum[c](x[b, c]**2))\nu[b, c] = x[b, c]/r[b]\nL = sum[b, c](u[b, c]*g[b, c])", ROWS[:2], "x",
        "d.x[b, c] = (g[b, c] - net.u[b, c] * sum[i](g[b, i] * net.u[b, i])) / net.r[b]",
        "(g[b, c] - net.u[b, c]*sum[i](g[b, i]*net.u[b, i]))/net.r[b]",
    ),
    "19 length 1, on one line": Form(
        "u[b, c] = x[b, c]/sqrt(sum[k](x[b, k]**2))\nL = sum[b, c](u[b, c]*g[b, c])", ROWS[:2], "x",
        "d.x[b, c] = net.r[b] * (g[b, c] - net.u[b, c] * sum[i](g[b, i] * net.u[b, i]))",
        "(g[b, c] - net.u[b, c]*sum[i](g[b, i]*net.u[b, i]))*net.r[b]",
    ),
    "20 dense, weight": Form(
        DENSE, DENSE_READS, "W", "d.W[o, i] = sum[b](g[b, o] * x[b, i])", "sum[b](x[b, i]*g[b, o])"
    ),
    "20 dense, input": Form(
        DENSE, DENSE_READS, "x", "d.x[b, i] = sum[j](g[b, j] * W[j, i])", "sum[o](g[b, o]*W[o, i])"
    ),
    "20 dense, bias": Form(DENSE, DENSE_READS, "c", "d.c[o] = sum[b](g[b, o])", "sum[b](g[b, o])"),
    "22 Mahalanobis": Form(
        DISTANCE, DISTANCE_READS, "x", "d.x[i] = 2 * sum[j](S[i, j] * (x[j] - m[j]))",
        "2*sum[j](S[i, j]*(x[j] - m[j]))",
    ),
    "23 logistic regression": Form(
        LOGISTIC, LOGISTIC_READS, "w", "d.w[i] = sum[b](d.net.z[b] * x[b, i])", "sum[b](x[b, i]*(net.s[b] - y[b]))",
    ),
    "24 ridge": Form(
        RIDGE, [*LOGISTIC_READS, given("l", role="setting")], "w",
        "d.w[i] = sum[b](d.net.u[b] * x[b, i]) + 2 * l * w[i]", "2*sum[b](x[b, i]*net.u[b]) + 2*l*w[i]",
    ),
    "25 attention, values": Form(
        ATTENTION, ATTENTION_READS, "V", "d.V[j, e] = sum[i](G[i, e] * net.P[i, j])", "sum[i](net.P[i, j]*G[i, e])",
    ),
    "25 attention, weights": Form(
        ATTENTION, ATTENTION_READS, "d.net.P", "d.net.P[i, j] = sum[k](G[i, k] * V[j, k])", "sum[k](G[i, k]*V[j, k])",
    ),
    "25 attention, scores": Form(
        ATTENTION, ATTENTION_READS, "d.net.S",
        "d.net.S[i, j] = net.P[i, j] * (d.net.P[i, j] - sum[k](d.net.P[i, k] * net.P[i, k]))",
        "net.P[i, j]*(d.net.P[i, j] - sum[k](net.P[i, k]*d.net.P[i, k]))",
    ),
    "25 attention, queries": Form(
        ATTENTION, ATTENTION_READS, "Q", "d.Q[i, d] = sqrt(6) * sum[j](K[j, d] * d.net.S[i, j]) / 6",
        "sum[j](d.net.S[i, j]*K[j, d])/sqrt(6)",
    ),
    "25 attention, keys": Form(
        ATTENTION, ATTENTION_READS, "K", "d.K[j, d] = sqrt(6) * sum[i](Q[i, d] * d.net.S[i, j]) / 6",
        "sum[i](d.net.S[i, j]*Q[i, d])/sqrt(6)",
    ),
    "26 what is added to a row of scores": Form(
        "S[i, j] = x[i, j] + c[i]\nP[i, j] = softmax[j](S[i, j])\nL = sum[i, j](P[i, j]**2*G[i, j])",
        [given("x", "i:4 j:5"), parameter("c", "i:4"), given("G", "i:4 j:5")], "c", "d.c[i] = 0", "0",
    ),
    "27 embedding": Form(
        "x[b, d] = E[k[b], d]\nL = sum[b, d](x[b, d]*G[b, d])",
        [given("k", "b", classes=6), parameter("E", "v:6 d:3"), given("G", "b d:3")], "E",
        "d.E[v, d] = sum[b](G[b, d] * (v == k[b]))", "sum[b](G[b, d]*(v == k[b]))",
    ),
    "27 cumulative sum": Form(
        "y[t] = sum[j](x[j] if j <= t)\nL = sum[t](y[t]*g[t])", [given("x", "j:5"), given("g", "t:5")], "x",
        "d.x[j] = sum[i](g[i] * (i >= j))", "sum[i](g[i]*(i >= j))",
    ),
    "28 convolution, weight": Form(
        CONVOLUTION, CONVOLUTION_READS, "W",
        "d.W[o, c, r, t] = sum[b, i, j](G[b, o, i, j] * x[b, c, 2*i + r - 1, 2*j + t - 1])",
        "sum[n, p, q](G[n, o, p, q]*x[n, c, 2*p + r - 1, 2*q + t - 1])",
    ),
    "28 convolution, input": Form(
        CONVOLUTION, CONVOLUTION_READS, "x",
        "d.x[n, c, h, w] = sum[i, j, k](G[n, i, j, k] * W[i, c, h + 1 - 2*j, w + 1 - 2*k])",
        "sum[o, p, q](G[n, o, p, q]*W[o, c, h + 1 - 2*p, w + 1 - 2*q])",
    ),
    "30 Elman, sum": Form(
        ELMAN, ELMAN_READS, "d.net.a", "d.net.a[b, t, j] = d.net.h[b, t, j] * (1 - net.h[b, t, j]**2)",
        "d.net.h[b, t, j]*(1 - net.h[b, t, j]**2)",
    ),
    "30 Elman, weight": Form(
        ELMAN, ELMAN_READS, "W", "d.W[j, k] = sum[b, i](d.net.a[b, i, j] * net.h[b, i - 1, k])",
        "sum[b, t](d.net.a[b, t, j]*net.h[b, t - 1, k])",
    ),
    "30 Elman, state": Form(
        ELMAN, ELMAN_READS, "d.net.h", "d.net.h[b, t, j] = sum[i](d.net.a[b, t + 1, i] * W[i, j]) + G[b, t, j]",
        "G[b, t, j] + sum[i](W[i, j]*d.net.a[b, t + 1, i])",
    ),
    "29 max pooling": Form(
        POOLING, [given("x", "n h:8"), given("G", "n p:4")], "x",
        "d.x[n, h] = G[n, h // 2] * (h % 2 == net.k[n, h // 2])", "G[n, h // 2]*(h % 2 == net.k[n, h // 2])", {"r": 2},
    ),
    "29 max pooling, windows that overlap": Form(
        POOLING, [given("x", "n h:9"), given("G", "n p:4")], "x",
        "d.x[n, h] = sum[i](G[n, i] * (h - 2*i == net.k[n, i]) * (0 <= h - 2*i < 3))",
        "sum[i](G[n, i]*(h - 2*i == net.k[n, i])*(0 <= h - 2*i < 3))", {"r": 3},
    ),
    "32 triplet, anchor": Form(
        TRIPLET, TRIPLET_READS, "a", "d.a[b, i] = 2 * (n[b, i] - p[b, i])", "2*(n[b, i] - p[b, i])"
    ),
    "32 triplet, positive": Form(
        TRIPLET, TRIPLET_READS, "p", "d.p[b, i] = 2 * (p[b, i] - a[b, i])", "2*(p[b, i] - a[b, i])"
    ),
    "32 triplet, negative": Form(
        TRIPLET, TRIPLET_READS, "n", "d.n[b, i] = 2 * (a[b, i] - n[b, i])", "2*(a[b, i] - n[b, i])"
    ),
    "21 quadratic form": Form(
        "L = sum[i, j](x[i]*A[i, j]*x[j])", [given("x", "i:3"), parameter("A", "i:3 j:3")], "x",
        "d.x[i] = sum[j](x[j] * (A[j, i] + A[i, j]))", "sum[j]((A[i, j] + A[j, i])*x[j])",
    ),
    "21 quadratic form, Hessian": Form(
        "q = sum[i, j](x[i]*A[i, j]*x[j])\ns[i] = d(q, x[i])\nH[i, k] = d(s[i], x[k])\nL = sum[i, k](H[i, k]**2)",
        [given("x", "i:3"), parameter("A", "i:3 j:3")], "net.d.x2",
        "net.d.x2[i, j] = A[i, j] + A[j, i]", "A[i, j] + A[j, i]",
    ),
    "23 logistic regression, Hessian": Form(
        LOGISTIC.replace("L =", "q =") + "\nt[i] = d(q, w[i])\nH[i, k] = d(t[i], w[k])\nL = sum[i, k](H[i, k]**2)",
        LOGISTIC_READS, "net.d.w2", "net.d.w2[i, j] = sum[b](net.d.net.z2[b, j] * x[b, i])",
        "sum[b](net.s[b]*(1 - net.s[b])*x[b, i]*x[b, j])",
    ),
    "RMS norm": Form(
        RMS_NORM, ROWS[:3], "x",
        "d.x[b, c] = net.r[b] * (d.net.n[b, c] - net.n[b, c] * sum[i](d.net.n[b, i] * net.n[b, i]) / 4)",
        "net.r[b]*(d.net.n[b, c] - net.n[b, c]*sum[i](d.net.n[b, i]*net.n[b, i])/4)",
    ),
    "cosine similarity": Form(
        COSINE, [given("x", "b i:4"), given("y", "b i:4"), given("g", "b")], "x",
        "d.x[b, i] = g[b] * (y[b, i] / net.n[b] - net.s[b] * x[b, i] / net.m[b]) / net.m[b]",
        "g[b]*(y[b, i]/net.n[b] - net.s[b]*x[b, i]/net.m[b])/net.m[b]",
    ),
    "weight normalisation, direction": Form(
        WEIGHT_NORM, WEIGHT_NORM_READS, "V",
        "d.V[o, i] = g[o] * (d.net.W[o, i] - net.n2[o, i] * sum[j](d.net.W[o, j] * net.n2[o, j])) / net.n[o]",
        "g[o]/net.n[o]*(d.net.W[o, i] - net.n2[o, i]*sum[j](d.net.W[o, j]*net.n2[o, j]))",
    ),
    "weight normalisation, length": Form(
        WEIGHT_NORM, WEIGHT_NORM_READS, "g", "d.g[o] = sum[i](d.net.W[o, i] * net.n2[o, i])",
        "sum[i](d.net.W[o, i]*net.n2[o, i])",
    ),
    "bilinear pooling": Form(
        "y[b, i, j] = sum[p](x[b, p, i]*z[b, p, j])\nL = sum[b, i, j](y[b, i, j]*G[b, i, j])",
        [given("x", "b p:5 i:3"), given("z", "b p:5 j:4"), given("G", "b i:3 j:4")], "x",
        "d.x[b, p, i] = sum[j](G[b, i, j] * z[b, p, j])", "sum[j](G[b, i, j]*z[b, p, j])",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_form(name: str) -> None:
    check_form(FORMS[name])


ZEROS = {
    "bias of the keys": (
        "k[j, d] = sum[a](x[j, a]*W[d, a]) + c[d]\n" + ATTENTION.replace("K[", "k["),
        [given("x", "j:5 a:3"), parameter("W", "d:6 a:3"), *(t for t in ATTENTION_READS if t.name != "K")],
    ),
    "bias before a batch norm": (
        "z[b, k] = sum[i](x[b, i]*W[k, i]) + c[k]\nm[k] = mean[b](z[b, k])\nv[k] = mean[b]((z[b, k] - m[k])**2)\n"
        "y[b, k] = tanh((z[b, k] - m[k])/sqrt(v[k] + 0.00001)*w[k])\nL = sum[b, k](y[b, k]*g[b, k])",
        [given("x", "b i:5"), parameter("W", "k:6 i:5"), given("g", "b k:6"), parameter("w", "k:6")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ZEROS)
def test_what_a_shift_does_not_change_has_no_gradient_and_the_proof_is_said(name: str) -> None:
    text, tensors = ZEROS[name]
    bias = parameter("c", "d:6" if "keys" in name else "k:6")
    derivation = derive(network(text, *tensors, bias))
    assert next(e for e in derivation.simplified if e.tensor.name == "d.c").rhs == 0
    reasons = [step.reason for step in derivation.steps["c"]]
    assert any("sums to 0" in reason and "follows from its definition" in reason for reason in reasons)
    assert any("`d.c` is 0, whatever the data" in note and "sums to 0" in note for note in derivation.notes)


# 31: what an adjoint reads is named, as the forward pass names it: dh, dc, and those of the gates.
GATES = {
    "o": ("d.net.h[b, t, j] * net.e[b, t, j]", "d.net.h[b, t, j]*net.e[b, t, j]"),
    "i": ("d.net.c[b, t, j] * net.g[b, t, j]", "d.net.c[b, t, j]*net.g[b, t, j]"),
    "f": ("d.net.c[b, t, j] * net.c[b, t - 1, j]", "d.net.c[b, t, j]*net.c[b, t - 1, j]"),
    "g": ("d.net.c[b, t, j] * net.i[b, t, j]", "d.net.c[b, t, j]*net.i[b, t, j]"),
    "z5": ("d.net.o[b, t, j] * net.o[b, t, j] * (1 - net.o[b, t, j])",
           "d.net.o[b, t, j]*(net.o[b, t, j] - net.o[b, t, j]**2)"),
    "z2": ("d.net.i[b, t, j] * net.i[b, t, j] * (1 - net.i[b, t, j])",
           "d.net.c[b, t, j]*net.g[b, t, j]*net.i[b, t, j]*(1 - net.i[b, t, j])"),
    "z3": ("d.net.f[b, t, j] * net.f[b, t, j] * (1 - net.f[b, t, j])",
           "d.net.c[b, t, j]*net.c[b, t - 1, j]*net.f[b, t, j]*(1 - net.f[b, t, j])"),
    "z4": ("d.net.g[b, t, j] * (1 - net.g[b, t, j]**2)",
           "d.net.c[b, t, j]*net.i[b, t, j]*(1 - net.g[b, t, j]**2)"),
    "c": ("d.net.e[b, t, j] * (1 - net.e[b, t, j]**2) + d.net.c[b, t + 1, j] * net.f[b, t + 1, j]",
          "d.net.e[b, t, j]*(1 - net.e[b, t, j]**2) + d.net.c[b, t + 1, j]*net.f[b, t + 1, j]"),
}  # fmt: skip


@pytest.mark.parametrize("name", GATES)
def test_adjoints_of_an_lstm(name: str) -> None:
    printed, listed = GATES[name]
    check_form(Form(LSTM, LSTM_READS, f"d.net.{name}", f"d.net.{name}[b, t, j] = {printed}", listed))
