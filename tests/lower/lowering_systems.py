"""Small systems for the tests of lowering: some written down by hand, some derived from descriptions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy
from sympy import Expr

from bpgen.algebra.expressions import Reduction
from bpgen.algebra.functions import maximum
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.system import Equation, Origin, System, Tensor
from bpgen.derive.derive import derive
from bpgen.library.update import append_update
from bpgen.spec.read import read
from bpgen.spec.system import build_system

b = Index("b", BATCH)
i, j, o = Index("i", 3), Index("j", 3), Index("o", 2)


def tensor(name: str, *axes: Index, **changes: Any) -> Tensor:
    return Tensor(name, axes, **changes)


def system(*equations: tuple[Tensor, Expr], given: tuple[Tensor, ...] = (), **changes: Any) -> System:
    """A system of equations that define tensors at their own axes, numbered from 1."""
    made = tuple(
        Equation(t, t.axes, sympy.sympify(rhs), t.role, Origin(t.layer, t.layer), number)
        for number, (t, rhs) in enumerate(equations, start=1)
    )
    tensors = {t.name: t for t in given} | {equation.tensor.name: equation.tensor for equation in made}
    return System("hand", tensors, made, **changes)


def two_layers(outputs: tuple[str, ...] = ("h",)) -> System:
    """z = W x + c, h = max(0, z), q = h h: what is stored depends on what is asked for."""
    x, w, c = (
        tensor("x", b, i, role="input"), tensor("fc.W", o, i, role="parameter"), tensor("fc.c", o, role="parameter"),
    )  # fmt: skip
    z, h, q = tensor("z", b, o), tensor("h", b, o), tensor("q", b, o)
    return system(
        (z, Reduction("sum", x[b, i] * w[o, i], i) + c[o]),
        (h, maximum(0, z[b, o])),
        (q, h[b, o] ** 2),
        given=(x, w, c),
        outputs=outputs,
    )


def trained(description: Mapping[str, Any]) -> System:
    """The derived system of a description, with its optimiser's update."""
    model = read(dict(description))
    made = derive(build_system(model)).system
    optimizer = model.optimizer
    if optimizer is None:
        return made
    return append_update(made, optimizer.type, optimizer.options, optimizer.schedule, optimizer.schedule_options)


def perceptron(
    sizes: tuple[int, ...], loss: str = "mse", activation: str = "relu", optimizer: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The description of a multi-layer perceptron."""
    layers: list[dict[str, Any]] = [
        {"name": f"fc{n}", "type": "linear", "units": units, "activation": activation}
        for n, units in enumerate(sizes[1:], start=1)
    ]
    del layers[-1]["activation"]
    target: dict[str, Any] = {"shape": ["B", sizes[-1]]}
    if loss == "cross_entropy":
        target = {"shape": ["B"], "dtype": "int32", "classes": sizes[-1]}
    return {
        "bpgen": 1, "name": "net", "inputs": {"x": {"shape": ["B", sizes[0]]}, "target": target}, "layers": layers,
        "loss": {"type": loss, "target": "target"}, "optimizer": dict(optimizer or {"type": "sgd", "lr": 0.1}),
    }  # fmt: skip
