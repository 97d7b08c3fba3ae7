"""Large values that the backward pass computes again, and forward values in the place of what nothing else reads."""

from __future__ import annotations

import numpy as np
import pytest
from lowering_systems import trained

import bpgen
from bpgen.lower import programs
from bpgen.lower.lower import lower
from bpgen.lower.scalar import Operation, walk

WIDE = 16384


def network(units, activation):
    return {
        "bpgen": 1,
        "name": "wide",
        "inputs": {"x": {"shape": ["B", 3]}, "target": {"shape": ["B", 2]}},
        "layers": [
            {"name": "wide", "type": "linear", "units": units, "activation": activation},
            {"name": "narrow", "type": "linear", "units": 2},
        ],
        "loss": {"type": "mse", "target": "target"},
        "optimizer": {"type": "sgd", "lr": 0.1},
    }


GELU = {"type": "gelu", "approximate": "tanh"}


@pytest.fixture
def nothing_early(monkeypatch):
    """The derivatives of these activations would be kept instead, see test_early.py."""
    monkeypatch.setattr(programs, "computed_early", lambda items, *_: list(items))


def stored(schedule, program):
    return {place.buffer for found in schedule.programs if found.name == program for place in found.placements}


def count(schedule, op):
    return [
        sum(isinstance(node, Operation) and node.op == op for s in kernel.statements for node in walk(s.value))
        for kernel in schedule.kernels
    ]


@pytest.mark.usefixtures("nothing_early")
@pytest.mark.parametrize(("activation", "inner"), [(GELU, "tanh"), ("silu", "sigmoid")])
def test_what_a_large_activation_is_made_of_is_not_stored(activation, inner):
    system = trained(network(WIDE, activation))
    plain, again = lower(system), lower(system, recomputes=True)
    assert len(stored(plain, "step")) == len(stored(again, "step")) + 1
    assert stored(again, "step") < stored(plain, "step")
    assert max(count(again, inner)) == 1  # once in a kernel, although the derivative reads it twice
    assert sum(count(again, inner)) > sum(count(plain, inner))


@pytest.mark.usefixtures("nothing_early")
def test_small_values_are_read_back():
    system = trained(network(64, GELU))
    assert stored(lower(system), "step") == stored(lower(system, recomputes=True), "step")


@pytest.mark.usefixtures("nothing_early")
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("activation", [GELU, "silu", "tanh"])
def test_training_agrees_with_numpy_which_stores_them(activation, batch):
    random = np.random.default_rng(5)
    data = {"x": random.normal(size=(batch, 3)), "target": random.normal(size=(batch, 2))}
    losses = {}
    for target in ("numpy", "c"):
        try:
            net = bpgen.build(network(WIDE, activation), target=target, dtype="float64", batch=batch)
        except bpgen.CompileError as failure:
            pytest.skip(str(failure))
        net.init(seed=1)
        losses[target] = [float(net.step(**data)) for _ in range(4)]
    assert losses["c"] == pytest.approx(losses["numpy"], rel=1e-12)


def test_softmax_is_written_over_what_it_is_made_of():
    layers = [
        {"name": "z", "type": "linear", "units": 2},
        {"name": "p", "type": "softmax"},
        {"name": "y", "type": "linear", "units": 2},
    ]
    schedule = lower(trained({**network(40, "relu"), "layers": layers}))
    kernel = next(k for k in schedule.kernels if any(op for op in count_in(k, "exp")))
    assert [formal.written for formal in kernel.formals] == [True]


def count_in(kernel, op):
    return [isinstance(node, Operation) and node.op == op for s in kernel.statements for node in walk(s.value)]
