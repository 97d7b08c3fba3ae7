"""Numbers that are hard on floating point: kinks, tails, and what overflows."""

from __future__ import annotations

from typing import Any

import catalogue_rows as table
import numpy as np
import pytest
from catalogue_networks import LABELS, MSE, activated
from catalogue_runner import TARGETS, F, Parallel, Row, assert_close, compare, draw, groups, tensors, torch
from rows_losses import INSIDE

import bpgen
from bpgen.library.losses import LOSSES

KINKS = np.array([-3.0, -1.0, -0.2, 0.0, 0.3, 1.0, 3.0, 0.0])
TAILS = np.array([-30.0, -12.0, -87.0, 0.5, 30.0, 12.0, 87.0, -0.0])
EXTREMES = np.array([-800.0, 800.0, -800.0, 799.0, 0.0, 800.0, 1.0, -799.0])
# What these give far out is right to the last digits of each number, not of the largest one alone.
RELATIVE = ("sigmoid", "softplus", "softmax", "log_softmax", "silu")


def direct_network(rows: list[Row]) -> Parallel:
    """Activations of the input itself."""
    made = Parallel("direct")
    for n, row in enumerate(rows):
        made.input(f"x{n}", ["B", len(KINKS)])
        made.input(f"y{n}", ["B", len(KINKS) // (2 if row.type == "glu" else 1)])
        made.layer(f"a{n}", [f"x{n}"], activated(row), row.table())
        made.loss(MSE, f"a{n}", f"y{n}")
    return made


def rows_of(values: np.ndarray) -> np.ndarray:
    """The values in some orders, so that each meets others in halves, sums and maxima."""
    return np.stack([values, values[::-1], np.roll(values, 3)])


@pytest.mark.parametrize("rows", groups(table.ACTIVATIONS, 11), ids=lambda rows: rows[0].type)
def test_activations_at_kinks_and_far_out(rows):
    """In double precision kinks, where they are PyTorch's; in single precision what is large or small."""
    made = direct_network(rows)
    drawn = draw(made, 3)
    for target in TARGETS:
        net = bpgen.build(made.description, target=target, dtype="float64")
        compare(net, made, {n: rows_of(KINKS) if n.startswith("x") else a for n, a in drawn.items()}, 1e-9)
        net = bpgen.build(made.description, target=target, dtype="float32")
        for values in (TAILS, EXTREMES):
            compare_far_out(net, made, rows, values)


def compare_far_out(net: Any, made: Parallel, rows: list[Row], values: np.ndarray) -> None:
    arrays = {name: rows_of(values).astype(np.float32) for name in made.description["inputs"]}
    for name in arrays:
        if name.startswith("y"):
            arrays[name] = np.zeros((3, made.description["inputs"][name]["shape"][-1]), np.float32)
    compare(net, made, arrays, 1e-6)
    given = net.forward(**{n: a for n, a in arrays.items() if n.startswith("x")})
    exact, _ = made.run(
        tensors({n: np.array(v, float) for n, v in net.state_dict().items()}, watched=False),
        tensors({n: a.astype(float) for n, a in arrays.items()}, watched=False),
    )
    for n, row in enumerate(rows):
        if row.type in RELATIVE:
            reference = precise(row.type, exact[f"x{n}"]).numpy()
            np.testing.assert_allclose(given[f"a{n}"], reference, rtol=1e-6, atol=2e-38, err_msg=str(row))


def precise(kind: str, x: Any) -> Any:
    """The activation where PyTorch itself is not exact: its softplus is linear from 20 on."""
    if kind == "softplus":
        return torch.logaddexp(x, torch.zeros_like(x))
    return next(row for row in table.ACTIVATIONS if row.type == kind).reference(x)


def test_losses_at_their_kinks():
    rows = [row for row in table.LOSSES if row.type in ("mae", "huber")]
    made = Parallel("ties")
    for n, row in enumerate(rows):
        made.input(f"x{n}", ["B", 4])
        made.input(f"y{n}", ["B", 4])
        made.layer(f"a{n}", [f"x{n}"], F.linear, {"type": "linear", "units": 4, "bias": False, "init": "zeros"})
        made.loss(row, f"a{n}", f"y{n}")
    values = {"x": np.ones((2, 4)), "y": np.array([[0.0, 1.0, -1.0, 0.3], [-0.3, 0.0, 2.0, 0.1]])}
    for target in TARGETS:
        net = bpgen.build(made.description, target=target, dtype="float64")
        compare(net, made, {name: values[name[0]] for name in made.description["inputs"]}, 1e-9)


def test_losses_far_out_in_single_precision():
    made = Parallel("logits")
    classes = len(TAILS)
    for n, row in enumerate(table.LOSSES):
        if row.activation is INSIDE or LOSSES[row.type].penalty:
            continue
        labelled = row.target == LABELS
        made.input(f"x{n}", ["B", classes])
        keys = {**row.target, "classes": classes} if labelled else row.target
        made.input(f"y{n}", ["B"] if labelled else ["B", classes], **keys)
        judged, reference = f"x{n}", row.reference
        if row.activation:  # PyTorch bounds the logarithms of bce, not those of its stable form
            judged, reference = f"z{n}", F.binary_cross_entropy_with_logits
            made.layer(judged, [f"x{n}"], lambda x: x, row.activation.table())
        made.loss(row, judged, f"y{n}", reference)
    for target in TARGETS:
        net = bpgen.build(made.description, target=target, dtype="float32")
        for values in (TAILS, EXTREMES):
            compare_losses_far_out(net, made, values)


def compare_losses_far_out(net: Any, made: Parallel, values: np.ndarray) -> None:
    arrays = {n: a.astype(np.float32) if a.dtype == float else a for n, a in draw(made, 3).items()}
    arrays |= {name: rows_of(values).astype(np.float32) for name in arrays if name.startswith("x")}
    inputs = tensors(arrays, watched=True)
    _, expected = made.run({}, inputs)
    expected.backward()
    loss, gradients = net.gradients(**arrays, wrt=[n for n, t in inputs.items() if t.requires_grad])
    assert loss == pytest.approx(expected.item(), rel=1e-6)
    for name, found in gradients.items():
        assert_close(f"d.{name}", found, inputs[name].grad, 1e-6)
