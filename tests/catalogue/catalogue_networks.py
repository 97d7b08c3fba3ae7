"""One network from rows that are alike, each row a head of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from catalogue_runner import F, LayerRow, Parallel, Row, Sizes

from bpgen.library.losses import LOSSES

LABELS = {"dtype": "int32"}
MSE = Row("mse", F.mse_loss)


def activated(row: Row | None) -> Callable[..., Any]:
    """The activation of a row, with its parameter if it has one."""

    def apply(x: Any, weight: Any = None) -> Any:
        return row.reference(x, weight) if row.type == "prelu" else row.reference(x)

    return apply


def linear_activated(row: Row) -> Callable[..., Any]:
    return lambda x, weight, bias, **own: activated(row)(F.linear(x, weight, bias), own.get("activation.weight"))


def activation_network(rows: list[Row], sizes: Sizes) -> Parallel:
    """Each row as `activation = ...`, and as a layer of its own behind it."""
    made = Parallel("activations")
    for n, row in enumerate(rows):
        units, halved = sizes.after, 1
        if row.type == "glu":
            units, halved = 4 * ((sizes.after + 3) // 4), 4
        made.input(f"x{n}", sizes.shape(sizes.before))
        made.input(f"y{n}", sizes.shape(units // halved))
        activation = {"type": row.type, **row.options} if row.options else row.type
        table = {"type": "linear", "units": units, "activation": activation}
        made.layer(f"a{n}", [f"x{n}"], linear_activated(row), table)
        made.layer(f"b{n}", [f"a{n}"], activated(row), row.table())
        made.loss(MSE, f"b{n}", f"y{n}")
    return made


def layer_network(rows: list[LayerRow]) -> Parallel:
    """Each row behind a scale of its first real input: what has no parameters is trained through as well."""
    made = Parallel("layers")
    for n, row in enumerate(rows):
        reads = []
        for k, item in enumerate(row.inputs):
            shape, keys = (item, {}) if not item or isinstance(item[0], int) else (item[0], described(item[1]))
            made.input(f"x{n}_{k}", ["B", *shape], **keys)
            reads.append(f"x{n}_{k}")
        if "classes" not in made.description["inputs"][reads[0]]:
            made.layer(f"s{n}", [reads[0]], lambda x, w: x * w, scale(len(row.inputs[0])))
            reads[0] = f"s{n}"
        module = row.module() if row.module else None
        made.layer(f"a{n}", reads, row.reference, row.table(), module)
        made.input(f"y{n}", ["B", *row.result])
        made.loss(MSE, f"a{n}", f"y{n}")
    return made


def described(more: Any) -> dict[str, Any]:
    """The number of classes of an integer input, or further keys."""
    return {"dtype": "int32", "classes": more} if isinstance(more, int) else more


def scale(axes: int) -> dict[str, Any]:
    """x * w over its axes behind the batch."""
    letters = "".join(f", i{n}" for n in range(axes))
    equation = f"y[b{letters}] = x[b{letters}] * w[{letters[2:]}]" if axes else "y[b] = x[b] * w"
    return {"type": "equation", "equation": equation, "parameters": {"w": {"init": "uniform"}}}


def loss_network(rows: list[Row], sizes: Sizes) -> Parallel:
    made = Parallel("losses")
    for n, row in enumerate(rows):
        if LOSSES[row.type].penalty:
            made.penalty(row)
            continue
        labelled = row.target == LABELS
        made.input(f"x{n}", sizes.shape(sizes.before))
        keys = {**row.target, "classes": sizes.after} if labelled else row.target
        made.input(f"y{n}", sizes.shape(sizes.after)[: -1 if labelled else None], **keys)
        activation = row.activation or Row("", lambda x: x)
        table = {"type": "linear", "units": sizes.after}
        if row.activation:
            table["activation"] = activation.table()
        made.layer(f"z{n}", [f"x{n}"], linear_activated(activation), table)
        made.loss(row, f"z{n}", f"y{n}")
    return made
