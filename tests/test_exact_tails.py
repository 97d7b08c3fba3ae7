"""Values and gradients of generated float32 code far out in the tails, against mpmath with 60 digits.

Each row is an equation of one logit z[b] or of a row of them z[b, j]; y is a second input.  Everything is finite, and
right to 1e-6 of itself, or less than float32 can hold.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest
from mpmath import mp, mpf

import bpgen

TOLERANCE = 1e-6
LEAST = 1e-37  # float32 has no more digits below
POINTS = [-800.0, -100.0, -30.0, -10.0, -1.0, -0.001, 0.0, 0.001, 1.0, 10.0, 30.0, 100.0, 800.0]
ROWS = [[800.0, -800.0, 0.0], [-800.0, -800.0, -800.0], [0.5, 0.25, -0.125], [100.0, 99.0, 98.5], [-30.0, 2.0, 1.0]]
BINARY = "-(y[b]*log(s[b]) + (1 - y[b])*log(1 - s[b]))"
FOCAL = "t[b] = 2*y[b] - 1\np[b] = sigmoid(t[b]*z[b])\n"


@dataclass(frozen=True)
class Row:
    """text: defines f[b]; judge: f of z and y in many digits; targets: what y is, where it is read.

    size: of what f is the difference of, where that is no matter of how it is computed.
    """

    text: str
    judge: Callable
    targets: list = field(default_factory=list)
    size: Callable | None = None


def softplus(z):
    return mp.log1p(mp.exp(z))


def sigmoid(z):
    return 1 / (1 + mp.exp(-z))


def softmax(z, temperature=1):
    exponentials = [mp.exp(value / temperature) for value in z]
    return [value / sum(exponentials) for value in exponentials]


def binary(z, y):
    return y * softplus(-z) + (1 - y) * softplus(z)


def divergence(z, y, temperature):
    """T^2 KL(softmax(y/T) || softmax(z/T)) with the logarithms of what both are made of."""
    pairs = zip(softmax(y, temperature), softmax(z, temperature), strict=True)
    return temperature**2 * sum(q * (mp.log(q) - mp.log(p)) for q, p in pairs)


def divergent(z, y):
    """How large the two parts of a divergence are, whose difference it is."""
    return -16 * sum(q * (mp.log(q) + mp.log(p)) for q, p in zip(softmax(y, 4), softmax(z, 4), strict=True))


def entropy(z):
    return -sum(p * mp.log(p) for p in softmax(z))


ELEMENTS = {
    "sigmoid": Row("f[b] = sigmoid(z[b])", sigmoid),
    "softplus": Row("f[b] = softplus(z[b])", softplus),
    "softplus of exp": Row("f[b] = log(1 + exp(z[b]))", softplus),
    "log of a sigmoid": Row("f[b] = log(sigmoid(z[b]))", lambda z: -softplus(-z)),
    "log of 1 - s": Row("s[b] = sigmoid(z[b])\nf[b] = log(1 - s[b])", lambda z: -softplus(z)),
    "log of 1 - s, of exp": Row("f[b] = log(1 - 1/(1 + exp(-z[b])))", lambda z: -softplus(z)),
    "binary cross-entropy": Row(f"s[b] = sigmoid(z[b])\nf[b] = {BINARY}", binary, [0.0, 1.0, 0.25]),
    "binary cross-entropy, of exp": Row(f"s[b] = 1/(1 + exp(-z[b]))\nf[b] = {BINARY}", binary, [0.0, 1.0, 0.25]),
    "of logits": Row("f[b] = softplus(z[b]) - y[b]*z[b]", binary, [0.0, 1.0]),
    "weighted": Row(
        "s[b] = sigmoid(z[b])\nf[b] = -(3*y[b]*log(s[b]) + (1 - y[b])*log(1 - s[b]))",
        lambda z, y: 3 * y * softplus(-z) + (1 - y) * softplus(z), [0.0, 1.0],
    ),
    "logistic": Row("f[b] = log(1 + exp(-y[b]*z[b]))", lambda z, y: softplus(-y * z), [-1.0, 1.0]),
    "focal": Row(
        FOCAL + "f[b] = -(1 - p[b])**2*log(p[b])",
        lambda z, y: sigmoid((1 - 2 * y) * z) ** 2 * softplus((1 - 2 * y) * z), [0.0, 1.0],
    ),
    "focal, a root": Row(
        FOCAL + "f[b] = -(1 - p[b])**1.5*log(p[b])",
        lambda z, y: sigmoid((1 - 2 * y) * z) ** mpf(1.5) * softplus((1 - 2 * y) * z), [0.0, 1.0],
    ),
    "log cosh": Row("f[b] = log(cosh(z[b]))", lambda z: mp.log(mp.cosh(z))),
    "log cosh, of exp": Row("f[b] = log((exp(z[b]) + exp(-z[b]))/2)", lambda z: mp.log(mp.cosh(z))),
    "SiLU": Row("f[b] = silu(z[b])", lambda z: z * sigmoid(z)),
    "mish": Row("f[b] = mish(z[b])", lambda z: z * mp.tanh(softplus(z))),
}  # fmt: skip

CLASSES = {
    "log-sum-exp": Row("f[b] = logsumexp[j](z[b, j])", lambda z: mp.log(sum(map(mp.exp, z)))),
    "log-softmax": Row(
        "l[b, j] = log_softmax[j](z[b, j])\nf[b] = l[b, 1]", lambda z: z[1] - mp.log(sum(map(mp.exp, z)))
    ),
    "logarithm of a softmax": Row(
        "p[b, j] = softmax[j](z[b, j])\nf[b] = log(p[b, 1])", lambda z: mp.log(softmax(z)[1])
    ),
    "label smoothing": Row(
        "p[b, j] = softmax[j](z[b, j])\nf[b] = -sum[j](((j == 1)*0.9 + 0.1/3)*log(p[b, j]))",
        lambda z: -sum((mpf("0.9") * (j == 1) + mpf("0.1") / 3) * mp.log(p) for j, p in enumerate(softmax(z))),
    ),
    "entropy": Row("p[b, j] = softmax[j](z[b, j])\nf[b] = -sum[j](p[b, j]*log(p[b, j]))", entropy),
    "distillation": Row(
        "q[b, j] = softmax[j](y[b, j]/4)\np[b, j] = softmax[j](z[b, j]/4)\n"
        "f[b] = 16*sum[j](q[b, j]*(log(q[b, j]) - log(p[b, j])))",
        lambda z, y: divergence(z, y, 4), [[1.0, -2.0, 0.5]], divergent,
    ),
}  # fmt: skip


def described(row: Row, shape: list) -> dict:
    inputs = {"z": {"shape": shape}} | ({"y": {"shape": shape}} if row.targets else {})
    text = row.text.replace("f[b] =", "L = sum[b](") + ")"
    return {"bpgen": 1, "name": "tails", "inputs": inputs, "loss": {"type": "equation", "equation": text}}


def close(found: float, wanted: mpf, size: mpf) -> bool:
    return bool(np.isfinite(found)) and abs(mpf(float(found)) - wanted) <= max(TOLERANCE * size, LEAST)


def compare(row: Row, target: str, shape: list, points: list) -> None:
    net = bpgen.build(bpgen.load(described(row, shape)), target=target, dtype="float32", batch=1)
    for y in row.targets or [None]:
        for point in points:
            z = np.array([point], np.float32)
            more = {} if y is None else {"y": np.array([y], np.float32)}
            value, gradients = net.gradients(z=z, wrt=["z"], **more)
            exact = [mpf(float(v)) for v in z.ravel()]
            others = [np.vectorize(lambda v: mpf(float(v)), otypes=[object])(more["y"][0]).tolist()] if more else []
            with mp.workdps(800):  # what cancels may be e**800 times as large
                judged = row.judge(exact if len(shape) > 1 else exact[0], *others)
                slopes = [slope(row, exact, others, k, len(shape) > 1) for k in range(len(exact))]
            size = abs(judged) if row.size is None else row.size(exact, *others)
            assert close(value, judged, size), (point, y, value, mp.nstr(judged, 9))
            largest = max(map(abs, slopes)) if len(shape) > 1 else 0  # of a row: each beside the greatest
            for found, wanted in zip(gradients["z"].ravel(), slopes, strict=True):
                assert close(found, wanted, max(abs(wanted), largest)), (point, y, found, mp.nstr(wanted, 9))


def slope(row: Row, exact: list, others: list, place: int, whole: bool) -> mpf:
    def along(value):
        moved = [*exact[:place], value, *exact[place + 1 :]]
        return row.judge(moved if whole else moved[0], *others)

    step = mpf(10) ** -100
    return (along(exact[place] + step) - along(exact[place] - step)) / (2 * step)


@pytest.mark.parametrize("target", ["numpy", "c"])
@pytest.mark.parametrize("name", ELEMENTS)
def test_elements(name: str, target: str) -> None:
    compare(ELEMENTS[name], target, ["B"], POINTS)


@pytest.mark.parametrize("target", ["numpy", "c"])
@pytest.mark.parametrize("name", CLASSES)
def test_classes(name: str, target: str) -> None:
    compare(CLASSES[name], target, ["B", 3], ROWS)


@pytest.mark.parametrize("target", ["numpy", "c"])
def test_a_small_term_beside_a_large_one_that_vanishes(target: str) -> None:
    """h + x (1 - h^2), multiplied out, is h + x - x, which has no h any more."""
    net = bpgen.build(bpgen.load(described(ELEMENTS["mish"], ["B"])), target=target, dtype="float32")
    _, gradients = net.gradients(z=np.array([1e8, 1e20, -1e8, 30], np.float32), wrt=["z"])
    np.testing.assert_array_equal(gradients["z"], [1, 1, 0, 1])
