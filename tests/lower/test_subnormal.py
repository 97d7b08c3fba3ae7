"""Moments that decay become 0; nothing but what is kept from step to step is changed."""

from __future__ import annotations

import numpy as np
import pytest

import bpgen

TINY = np.float32(1e-40)  # subnormal in single precision
OPTIMIZERS = [
    {"type": "adam", "lr": 0.01},
    {"type": "sgd", "lr": 0.1, "momentum": 0.9},
    {"type": "rmsprop", "lr": 0.01},
]


def network(units, optimizer):
    layers = [{"name": "wide", "type": "linear", "units": units, "activation": "relu"},
              {"name": "last", "type": "linear", "units": 1}]  # fmt: skip
    return {"bpgen": 1, "name": "decay", "inputs": {"x": {"shape": ["B", 16]}, "t": {"shape": ["B", 1]}},
            "layers": layers, "loss": {"type": "mse", "target": "t"}, "optimizer": optimizer}  # fmt: skip


def built(units, optimizer, dtype="float32", threads=1):
    try:
        net = bpgen.build(network(units, optimizer), target="c", dtype=dtype, threads=threads)
    except bpgen.CompileError as failure:
        pytest.skip(str(failure))
    net.init(seed=0)
    return net


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda found: found["type"])
@pytest.mark.parametrize(("units", "threads"), [(1, 1), (16, 2), (37, 1)])
def test_moments_without_gradients_decay_to_0(optimizer, units, threads):
    net = built(units, optimizer, threads=threads)
    x = np.zeros((5, 16), np.float32)
    target = net.forward(x=x)
    for view in net.states.values():
        view[...] = TINY
    net.step(x=x, t=target)
    assert len(net.states) >= 4 and not any(view.any() for view in net.states.values())


def test_what_is_no_subnormal_number_stays():
    """Infinite and NaN, the least normal number, and numbers below 0 too."""
    net = built(16, {"type": "sgd", "lr": 0.5, "momentum": 1.0})
    (state,) = (view for view in net.states.values() if view.shape == (16, 16))
    state[...] = 2.0**-126
    state[:5, 0] = -(2.0**-126), np.inf, -np.inf, np.nan, -TINY
    expected = state.copy()
    expected[4, 0] = 0
    net.step(x=np.zeros((5, 16), np.float32), t=np.zeros((5, 1), np.float32))
    np.testing.assert_array_equal(state, expected)


def test_double_precision_has_a_limit_of_its_own():
    net = built(16, {"type": "adam", "lr": 0.01}, dtype="float64")
    x = np.zeros((5, 16))
    target = net.forward(x=x)
    for view in net.states.values():
        view[...] = 1e-40
    net.step(x=x, t=target)
    assert all(view.all() for view in net.states.values())
