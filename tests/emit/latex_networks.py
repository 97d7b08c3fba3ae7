"""Systems and derivations that the tests of the printed derivation share."""

from __future__ import annotations

from dataclasses import replace

import sympy
from sympy import Expr, Integer

from bpgen.algebra.expressions import Reduction
from bpgen.algebra.functions import maximum
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.system import Equation, Fact, Origin, System, Tensor
from bpgen.derive.derivation import Derivation
from bpgen.derive.derive import derive

b = Index("b", BATCH)


class Builder:
    """Collects tensors and equations of a system."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.tensors: dict[str, Tensor] = {}
        self.equations: list[Equation] = []

    def given(self, name: str, *axes: Index, **details: object) -> Tensor:
        tensor = Tensor(name, axes, **details)  # type: ignore[arg-type]
        self.tensors[name] = tensor
        return tensor

    def define(self, tensor: Tensor, rhs: Expr, kind: str) -> Tensor:
        self.tensors[tensor.name] = tensor
        layer = "loss" if tensor.role == "loss" else tensor.layer
        self.equations.append(Equation(tensor, tensor.axes, rhs, tensor.role, Origin(layer, kind)))
        return tensor

    def linear(self, layer: str, x: Tensor, units: int) -> Tensor:
        i, o = x.axes[-1].renamed("i"), Index("o", units)
        weight = self.given(f"{layer}.weight", o, i, role="parameter", symbol="W", layer=layer)
        bias = self.given(f"{layer}.bias", o, role="parameter", symbol="b", layer=layer)
        z = Tensor(f"{layer}.z", (b, o), symbol="z", layer=layer)
        return self.define(z, Reduction("sum", x[b, i] * weight[o, i], i) + bias[o], "linear")

    def activation(self, z: Tensor, function: object, kind: str) -> Tensor:
        a = Tensor(z.layer, z.axes, symbol="a", layer=z.layer)
        return self.define(a, function(z.element), kind)  # type: ignore[operator]

    def system(self, outputs: tuple[str, ...]) -> System:
        return System(self.name, self.tensors, tuple(self.equations), (), outputs, "loss", (("loss", 1.0),))


def relu(z: Expr) -> Expr:
    return maximum(Integer(0), z)


def softmax(build: Builder, z: Tensor) -> Tensor:
    j = z.axes[-1].renamed("j")
    details = {"role": "loss", "positive": True}
    e = build.define(Tensor("loss.e", (b, j), symbol="e", **details), sympy.exp(z[b, j]), "cross_entropy")
    total = Reduction("sum", e[b, j], j)
    s = build.define(Tensor("loss.s", (b,), symbol="s", **details), total, "cross_entropy")
    return build.define(Tensor("loss.p", (b, j), symbol="p", **details), e[b, j] / s[b], "cross_entropy")


def perceptron(
    sizes: tuple[int, ...] = (784, 128, 10), function: object = relu, labels: bool = True, name: str = "mnist_mlp"
) -> System:
    """Linear layers with activations between them, softmax and cross-entropy."""
    build = Builder(name)
    x = build.given("x", b, Index("i", sizes[0]), role="input", symbol="x")
    for n, units in enumerate(sizes[1:], start=1):
        x = build.linear(f"fc{n}", x, units)
        if n < len(sizes) - 1:
            x = build.activation(x, function, "activation")
    p = softmax(build, x)
    j = p.axes[-1]
    if labels:
        label = build.given("label", b, dtype="int32", role="input", symbol="label", classes=sizes[-1])
        terms = Reduction("sum", sympy.log(p[b, label[b]]), b)
    else:
        y = build.given("y", b, j, role="input", symbol="y", facts=(Fact("sums_to_one", (1,)),))
        terms = Reduction("sum", y[b, j] * sympy.log(p[b, j]), b, j)
    build.define(Tensor("loss", (), role="loss", symbol="L"), -terms / BATCH, "cross_entropy")
    return build.system((f"fc{len(sizes) - 1}",))


def with_adam(derivation: Derivation) -> Derivation:
    """The derivation with the equations of Adam for every parameter."""
    system = derivation.system
    scalars = {name: Tensor(f"optimizer.{name}", (), "float64", "setting", symbol=symbol) for name, symbol in _SETTINGS}
    t = Tensor("optimizer.t", (), "float64", "state", symbol="t")
    lr, beta1, beta2, eps = (scalars[name].element for name, _ in _SETTINGS)
    after = t.element + 1
    rate = Tensor("optimizer.rate", (), "float64", "update", symbol="alpha")
    equations = [
        _update(rate, lr * sympy.sqrt(1 - beta2**after) / (1 - beta1**after)),
        _update(replace(t, name="optimizer.t.next", role="update"), after),
    ]
    updates = [("optimizer.t", "optimizer.t.next")]
    tensors = {tensor.name: tensor for tensor in (*scalars.values(), t)}
    for name, adjoint in system.gradients:
        w = system.tensors[name]
        if w.role != "parameter":
            continue
        g = system.tensors[adjoint].element
        m, v = (replace(w, name=f"{name}.{letter}", role="state", symbol=letter) for letter in "mv")
        tensors |= {m.name: m, v.name: v}
        m1, v1, w1 = (replace(k, name=k.name + ".next", role="update") for k in (m, v, w))
        equations += [
            _update(m1, beta1 * m.element + (1 - beta1) * g),
            _update(v1, beta2 * v.element + (1 - beta2) * g**2),
            _update(w1, w.element - rate.element * m1.element / (sympy.sqrt(v1.element) + eps)),
        ]
        updates += [(m.name, m1.name), (v.name, v1.name), (name, w1.name)]
    last = max(e.number for e in system.equations)
    numbered = [replace(e, number=last + n) for n, e in enumerate(equations, start=1)]
    system = replace(
        system, tensors=dict(system.tensors) | tensors,
        settings=tuple((f"optimizer.{n}", v) for (n, _), v in zip(_SETTINGS, (0.001, 0.9, 0.999, 1e-8), strict=True)),
    ).extended(numbered, updates=tuple(updates))  # fmt: skip
    return replace(derivation, system=system)


_SETTINGS = (("lr", "eta"), ("beta1", "beta_1"), ("beta2", "beta_2"), ("eps", "epsilon"))


def _update(tensor: Tensor, rhs: Expr) -> Equation:
    return Equation(tensor, tensor.axes, rhs, "update", Origin(tensor.layer, "adam"))


def trained_perceptron(**details: object) -> Derivation:
    return with_adam(derive(perceptron(**details)))  # type: ignore[arg-type]
