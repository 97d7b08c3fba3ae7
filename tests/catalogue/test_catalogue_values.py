"""Every entry of the catalogue against PyTorch in float64, in both targets: values, gradients and 20 steps.

The rows stand in rows_*.py; a row that is added there is tested here.
"""

from __future__ import annotations

import catalogue_rows as table
import numpy as np
import pytest
from catalogue_networks import MSE, activation_network, layer_network, linear_activated, loss_network
from catalogue_runner import (
    SIZES,
    STEPS,
    TARGETS,
    F,
    Parallel,
    Row,
    Sizes,
    alike,
    assert_close,
    check,
    draw,
    follow,
    groups,
    tensors,
    torch,
)

import bpgen


@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("rows", groups(table.ACTIVATIONS, 8), ids=lambda rows: rows[0].type)
def test_activations(rows, sizes):
    check(activation_network(rows, sizes), sizes.batch)


@pytest.mark.parametrize("rows", alike(table.LAYERS, 4), ids=lambda rows: f"{rows[0].type}-{rows[0].batch}")
def test_layers(rows):
    check(layer_network(rows), rows[0].batch)


@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("rows", groups(table.LOSSES, 8), ids=lambda rows: rows[0].type)
def test_losses(rows, sizes):
    check(loss_network(rows, sizes), sizes.batch)


# Each optimiser with a schedule, the shorter list over again.
COUNT = max(len(table.OPTIMIZERS), len(table.SCHEDULES))
PAIRS = [(table.OPTIMIZERS[n % len(table.OPTIMIZERS)], table.SCHEDULES[n % len(table.SCHEDULES)]) for n in range(COUNT)]


def small_network(optimizer):
    """Two layers with the optimiser; drawn, in both targets' own memory."""
    sizes = Sizes(3, (), 2, 3)
    made = Parallel("optimizers")
    made.input("x", sizes.shape(2))
    made.input("y", sizes.shape(1))
    tanh = Row("tanh", torch.tanh)
    made.layer("a", ["x"], linear_activated(tanh), {"type": "linear", "units": 3, "activation": "tanh"})
    made.layer("b", ["a"], F.linear, {"type": "linear", "units": 1})
    made.loss(MSE, "b", "y")
    made.description["optimizer"] = optimizer
    return made


@pytest.mark.parametrize("row, schedule", PAIRS, ids=[f"{a[0]}-{b[0]}" for a, b in PAIRS])
def test_optimizers(row, schedule):
    (kind, options, maker), (rate, rate_options, factor) = row, schedule
    chosen = rate_options["equation"] if rate == "equation" else {"type": rate, **rate_options}
    made = small_network({"type": kind, **options, "lr": 0.05, "schedule": chosen})
    for target in TARGETS:
        net = bpgen.build(made.description, target=target, dtype="float64")
        net.init(seed=2)
        follow(net, made, draw(made, 3), lambda parameters: maker(parameters, lr=0.05), factor)


@pytest.mark.parametrize("options", table.GRADIENTS, ids=str)
def test_gradients_that_are_gathered_and_bounded(options):
    """Steps on changing rows, the mean of several for an update, bounded as torch.nn.utils bounds them."""
    made = small_network({"type": "adam", "lr": 0.05, **options})
    for target in TARGETS:
        net = bpgen.build(made.description, target=target, dtype="float64")
        net.init(seed=2)
        follow_gathered(net, made, options)


def follow_gathered(net, made, options):
    parameters = made.load(net.state_dict())
    descent = torch.optim.Adam(list(parameters.values()), lr=0.05)
    every = options.get("accumulate", 1)
    for step in range(STEPS):
        arrays = draw(made, 3, seed=step)
        _, loss = made.run(parameters, tensors(arrays, watched=False))
        (loss / every).backward()
        assert net.step(**arrays) == pytest.approx(loss.item(), rel=1e-8)
        if step % every < every - 1:
            continue
        if "clip_value" in options:
            torch.nn.utils.clip_grad_value_(parameters.values(), options["clip_value"])
        if "clip_norm" in options:
            torch.nn.utils.clip_grad_norm_(parameters.values(), options["clip_norm"])
        descent.step()
        descent.zero_grad()
    for name, array in net.state_dict().items():
        assert_close(name, array, parameters[name], 1e-8)


@pytest.mark.parametrize("kind, options, reference", table.INITIALIZERS, ids=[row[0] for row in table.INITIALIZERS])
def test_initializers(kind, options, reference):
    """Mean, spread and ends of 60,000 numbers; of orthogonal rows, what makes them so."""
    layer = {"name": "a", "type": "linear", "units": 200, "bias": False, "init": {"type": kind, **options}}
    net = bpgen.build({"bpgen": 1, "inputs": {"x": {"shape": ["B", 300]}}, "layers": [layer]}, target="numpy")
    net.init(seed=1)
    torch.manual_seed(1)
    found = np.array(net.parameters["a.weight"], float)
    expected = reference(torch.empty(200, 300, dtype=torch.float64)).numpy()
    spread = max(float(expected.std()), 1e-6)
    assert found.mean() == pytest.approx(expected.mean(), abs=0.02 * spread)
    assert found.std() == pytest.approx(expected.std(), rel=0.02, abs=1e-9)
    ends = (0.0, 1.0) if kind.endswith("uniform") else ()
    for quantile in (0.1, 0.5, 0.9, *ends):
        assert np.quantile(found, quantile) == pytest.approx(np.quantile(expected, quantile), abs=0.03 * spread)
    if kind == "orthogonal":
        np.testing.assert_allclose(found @ found.T, expected @ expected.T, atol=1e-4)
