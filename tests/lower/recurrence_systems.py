"""Systems with recurrences, written down by hand, and their values by brute force."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy
from sympy import Expr

from bpgen.algebra.evaluate import evaluate
from bpgen.algebra.expressions import Reduction
from bpgen.algebra.functions import greater_equal, sigmoid, where
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.system import Equation, Origin, System, Tensor

b = Index("b", BATCH)


def tensor(name: str, *axes: Index, **changes: Any) -> Tensor:
    return Tensor(name, axes, **changes)


def made(name: str, equations: list[tuple[Tensor, Expr]], given: tuple[Tensor, ...], **changes: Any) -> System:
    numbered = tuple(
        Equation(t, t.axes, sympy.sympify(rhs), t.role, Origin(t.layer, t.layer), number)
        for number, (t, rhs) in enumerate(equations, start=1)
    )
    tensors = {t.name: t for t in given} | {equation.tensor.name: equation.tensor for equation in numbered}
    return System(name, tensors, numbered, **changes)


def rnn(steps: int = 5, units: int = 20, size: int = 17, lag: int = 1, late: bool = False) -> System:
    """h[t] = tanh(W x[t] + U h[t - lag]) (t + lag if late), half the sum of its squares as loss, and the gradients."""
    t, j, k, d = Index("t", steps), Index("j", units), Index("k", units), Index("d", size)
    before = t + lag if late else t - lag
    after = t - lag if late else t + lag
    x, w, u = (
        tensor("x", b, t, d, role="input"), tensor("W", j, d, role="parameter"), tensor("U", j, k, role="parameter"),
    )  # fmt: skip
    p, z, h, loss = tensor("p", b, t, j), tensor("z", b, t, j), tensor("h", b, t, j), tensor("loss", role="loss")
    dh, dz, du, dw, dx = (
        tensor(name, *axes, role="backward")
        for name, axes in (
            ("d.h", (b, t, k)), ("d.z", (b, t, j)), ("d.U", (j, k)), ("d.W", (j, d)), ("d.x", (b, t, d)),
        )
    )  # fmt: skip
    equations = [
        (p, Reduction("sum", x[b, t, d] * w[j, d], d)),
        (z, p[b, t, j] + Reduction("sum", h[b, before, k] * u[j, k], k)),
        (h, sympy.tanh(z[b, t, j])),
        (loss, Reduction("sum", h[b, t, j] ** 2 / 2, b, t, j)),
        (dh, h[b, t, k] + Reduction("sum", dz[b, after, j] * u[j, k], j)),
        (dz, dh[b, t, j] * (1 - h[b, t, j] ** 2)),
        (du, Reduction("sum", dz[b, t, j] * h[b, before, k], b, t)),
        (dw, Reduction("sum", dz[b, t, j] * x[b, t, d], b, t)),
        (dx, Reduction("sum", dz[b, t, j] * w[j, d], j)),
    ]
    gradients = (("W", "d.W"), ("U", "d.U"), ("x", "d.x"))
    return made("rnn", equations, (x, w, u), outputs=("h",), loss="loss", gradients=gradients)


def lstm(steps: int = 4, units: int = 6, layers: int = 2) -> System:
    """Layers of long short-term memory (Hochreiter and Schmidhuber 1997), gates beside each other in one tensor."""
    t, g, j, k = Index("t", steps), Index("g", 4), Index("j", units), Index("k", units)
    x = tensor("x", b, t, j, role="input")
    given, equations, below = [x], [], x
    for n in range(1, layers + 1):
        w, u, c = (tensor(f"l{n}.{name}", *axes, role="parameter", layer=f"l{n}") for name, axes in
                   (("W", (g, j, k)), ("U", (g, j, k)), ("c", (g, j))))  # fmt: skip
        p, z = (tensor(f"l{n}.{name}", b, t, g, j, layer=f"l{n}") for name in "pz")
        cell, h = (tensor(f"l{n}.{name}", b, t, j, layer=f"l{n}") for name in ("cell", "h"))
        gate = [z[b, t, sympy.Integer(place), j] for place in range(4)]
        equations += [
            (p, Reduction("sum", below[b, t, k] * w[g, j, k], k) + c[g, j]),
            (z, p[b, t, g, j] + Reduction("sum", h[b, t - 1, k] * u[g, j, k], k)),
            (cell, sigmoid(gate[1]) * cell[b, t - 1, j] + sigmoid(gate[0]) * sympy.tanh(gate[2])),
            (h, sigmoid(gate[3]) * sympy.tanh(cell[b, t, j])),
        ]
        given += [w, u, c]
        below = h
    return made("lstm", equations, tuple(given), outputs=(below.name,))


def leaky() -> System:
    """v[t] = 0.9 v[t - 1] + x[t], begun at v0; and both directions of a running product, one begun from what is."""
    t = Index("t", 7)
    x, v0 = tensor("x", b, t, role="input"), tensor("v0", b, role="input")
    v, up, down = tensor("v", b, t), tensor("up", b, t), tensor("down", b, t)
    first, last = greater_equal(t, 1), greater_equal(5, t)
    equations = [
        (v, sympy.Rational(9, 10) * where(first, v[b, t - 1], v0[b]) + x[b, t]),
        (up, where(first, up[b, t - 1], 1) * x[b, t]),
        (down, where(last, down[b, t + 1], 1) * x[b, t]),
    ]
    return made("leaky", equations, (x, v0), outputs=("v", "up", "down"))


def masked() -> System:
    """Sequences of their own lengths: after its end, h stays as it is; the number of the step enters as a number."""
    t, j = Index("t", 6), Index("j", 3)
    x, length = tensor("x", b, t, j, role="input"), tensor("length", b, role="input", dtype="int32", classes=7)
    n, h = tensor("n", b, t, j), tensor("h", b, t, j)
    equations = [
        (n, sympy.tanh(h[b, t - 1, j] + x[b, t, j] * (t + j))),
        (h, where(greater_equal(length[b] - 1, t), n[b, t, j], h[b, t - 1, j])),
    ]
    return made("masked", equations, (x, length), outputs=("h",))


def mutual() -> System:
    """Two tensors, each of which reads the other, at lags 0, 1 and 2, and a sum over an axis of earlier values."""
    t, j, k = Index("t", 6), Index("j", 4), Index("k", 4)
    x = tensor("x", t, b, j, role="input")
    p, q = tensor("p", t, b, j), tensor("q", b, j, t)
    equations = [
        (p, x[t, b, j] / 2 + q[b, j, t - 1] / 4 - p[t - 2, b, j] / 8),
        (q, p[t, b, j] + Reduction("sum", p[t - 1, b, k], k) / 5),
    ]
    return made("mutual", equations, (x,), outputs=("p", "q"))


def alone() -> System:
    """A recurrence without any other axis: a scalar a step, on the batch's sum."""
    t = Index("t", 5)
    x = tensor("x", b, t, role="input")
    total, s = tensor("total", t), tensor("s", t)
    equations = [
        (total, Reduction("sum", x[b, t], b)),
        (s, s[t - 1] / 2 + total[t]),
    ]
    return made("alone", equations, (x,), outputs=("s",))


SYSTEMS = {
    "rnn": rnn(), "one step": rnn(steps=1), "two steps": rnn(steps=2), "small": rnn(steps=3, units=3, size=2),
    "lag 2": rnn(lag=2), "lag beyond the end": rnn(steps=2, lag=3), "late": rnn(late=True), "lstm": lstm(),
    "leaky": leaky(), "masked": masked(), "mutual": mutual(), "alone": alone(),
}  # fmt: skip


def reference(system: System, values: Mapping[str, Any], batch: int) -> dict[str, np.ndarray]:
    """Values by brute force: every sweep over all equations makes one step more come right."""
    steps = max(int(axis.extent) for t in system.tensors.values() for axis in t.axes if axis.name == "t")
    known = {e.tensor.name: np.zeros([batch if n == "B" else n for n in e.tensor.shape]) for e in system.equations}
    for _ in range(2 * steps + 1):
        known = evaluate(system.equations, {**values, **known}, batch)
    return known
