"""The learning rate enters where the backward pass begins: steps are those of the gradients, with and without."""

from __future__ import annotations

import re

import numpy as np
import pytest

import bpgen

REAL = {"x": {"shape": ["B", 30]}, "y": {"shape": ["B", 2]}}
LABELS = {"x": {"shape": ["B", 30]}, "label": {"shape": ["B"], "dtype": "int32", "classes": 4}}
IMAGES = {"x": {"shape": ["B", 2, 9, 9]}, "label": {"shape": ["B"], "dtype": "int32", "classes": 4}}
MSE, SCORES = {"type": "mse", "target": "y"}, {"type": "cross_entropy", "target": "label"}
SGD = {"type": "sgd", "lr": 0.3}


def linear(name, units, activation=None, **more):
    return {"name": name, "type": "linear", "units": units} | ({"activation": activation} if activation else {}) | more


MLP = [linear("a", 40, "relu"), linear("b", 30, "tanh"), linear("c", 2)]
TO_SCORES = [linear("a", 50, "gelu"), linear("out", 4)]
PENALTY = {"type": "equation", "equation": "L = sum[o, i](a.weight[o, i]**2)", "weight": 0.1}

EARLY = {
    "mean squares": (REAL, MLP, {"loss": MSE}),
    "scores": (LABELS, TO_SCORES, {"loss": SCORES}),
    "a rate that changes": (LABELS, TO_SCORES, {"loss": SCORES, "schedule": {"type": "exponential", "gamma": 0.5}}),
    "a sum beside a layer": (
        REAL,
        [linear("a", 30, "relu"), {"name": "sum", "type": "add", "inputs": ["x", "a"]}, linear("c", 2)],
        {"loss": MSE},
    ),
    "a convolution": (
        IMAGES,
        [
            {"name": "conv", "type": "conv2d", "channels": 3, "kernel": 3, "activation": "relu"},
            {"name": "flat", "type": "flatten"}, *TO_SCORES,
        ],
        {"loss": SCORES},
    ),
    "dropout": (REAL, [MLP[0], {"name": "drop", "type": "dropout", "p": 0.4}, MLP[2]], {"loss": MSE}),
    "statistics of batches": (REAL, [MLP[0], {"name": "norm", "type": "batchnorm"}, MLP[2]], {"loss": MSE}),
}  # fmt: skip

OTHERS = {
    "steps of a recurrence": (
        {"x": {"shape": ["B", 3, 30]}, "y": {"shape": ["B", 3, 2]}},
        [{"name": "rnn", "type": "rnn", "units": 20}, linear("c", 2)],
        {"loss": MSE},
    ),
    "a penalty beside it": (REAL, MLP, {"losses": [MSE, PENALTY]}),
    "few weights": (
        {"x": {"shape": ["B", 2]}, "y": {"shape": ["B", 2]}}, [linear("a", 2, "tanh"), linear("c", 2)], {"loss": MSE},
    ),
}  # fmt: skip

UPDATES = {
    "momentum": {"momentum": 0.9},
    "decay": {"weight_decay": 0.1},
    "a limit of the norm": {"clip_norm": 0.01},
    "a limit of each": {"clip_value": 0.01},
}


def built(inputs, layers, rest, optimizer):
    optimizer = {**SGD, **optimizer, **({"schedule": rest["schedule"]} if "schedule" in rest else {})}
    rest = {name: value for name, value in rest.items() if name != "schedule"}
    description = {"bpgen": 1, "name": "net", "inputs": inputs, "layers": layers, "optimizer": optimizer, **rest}
    return bpgen.build(description, target="numpy", dtype="float64")


def is_early(net):
    """Whether the update of all parameters reads no learning rate."""
    return re.search(r"def \w+\(parameters, gradients\):", net.source.files["net.py"]) is not None


def drawn(net, rows):
    rng = np.random.default_rng(rows)
    found = {}
    for item in net.interface.inputs:
        shape = [rows if extent == "B" else extent for extent in item.shape]
        found[item.name] = (
            rng.integers(0, 4, shape).astype(np.int32) if item.dtype == "int32" else rng.normal(size=shape)
        )
    return found


def check_steps(net, rate=0.3, decay=1.0):
    for rows in (5, 1, 33):
        given = drawn(net, rows)
        loss, gradients = net.gradients(given)
        before = net.state_dict()
        assert net.step(given) == pytest.approx(loss, rel=1e-12)
        for name, gradient in gradients.items():
            np.testing.assert_allclose(net.parameters[name], before[name] - rate * gradient, 1e-11, 1e-13)
        assert any(np.any(gradient) for gradient in gradients.values())
        rate *= decay


@pytest.mark.parametrize("name", [*EARLY, *OTHERS])
def test_a_step_goes_along_the_gradient(name):
    net = built(*(EARLY | OTHERS)[name], {})
    check_steps(net, decay=0.5 if "changes" in name else 1.0)
    assert is_early(net) == (name in EARLY)


def test_the_rate_is_read_at_every_step():
    net = built(*EARLY["mean squares"], {})
    for rate in (0.1, 0.7, -0.2, 0.0):
        net.settings["lr"] = rate
        check_steps(net, rate)


@pytest.mark.parametrize("name", UPDATES)
def test_other_updates_stay_as_they_are(name):
    assert not is_early(built(*EARLY["mean squares"], UPDATES[name]))
