"""What the backward pass multiplies by is computed where the forward pass has what it is made of."""

from __future__ import annotations

import numpy as np
import pytest
from lowering_systems import trained
from test_again import GELU, count, network, stored

import bpgen
from bpgen.lower.early import FACTOR
from bpgen.lower.lower import lower

LAYERS = {
    "plain": [],
    "dropout": [{"name": "drop", "type": "dropout", "p": 0.4}],
    "norm": [{"name": "norm", "type": "layernorm"}],
}


def straight(units, activation, behind=()):
    found = network(units, activation)
    first, last = found["layers"]
    return {**found, "layers": [first, *behind, last]}


def forked(units, activation):
    """What the activation is computed of is read by another layer too, whose weights' gradient reads it again."""
    found = network(units, activation)
    first, last = found["layers"]
    bent = {"name": "bent", **({"type": activation} if isinstance(activation, str) else activation)}
    past = {"name": "past", "type": "linear", "units": 2, "inputs": ["wide"]}
    both = {"name": "both", "type": "add", "inputs": ["narrow", "past"]}
    wide = {key: value for key, value in first.items() if key != "activation"}
    return {**found, "layers": [wide, bent, last, past, both]}


@pytest.mark.parametrize(("activation", "inner"), [(GELU, "tanh"), ("silu", "sigmoid"), ("gelu", "erf")])
def test_one_array_is_kept_for_the_derivative(activation, inner):
    system = trained(straight(24, activation))
    plain, early = lower(system), lower(system, recomputes=True)
    factors = {name for name in stored(early, "step") if name.endswith(FACTOR)}
    assert factors == {f"d.wide.z{FACTOR}"}
    assert len(stored(early, "step") - factors) == len(stored(plain, "step")) - 2
    assert max(count(early, inner)) == 1 and sum(count(early, inner)) <= sum(count(plain, inner))
    assert stored(early, "forward") == stored(plain, "forward")


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_a_derivative_of_one_array_that_is_kept_anyway_stays_where_it_is(activation):
    system = trained(straight(24, activation))
    assert stored(lower(system, recomputes=True), "step") == stored(lower(system), "step")


def test_arrays_that_others_read_later_are_not_kept_twice():
    system = trained(forked(24, GELU))
    assert stored(lower(system, recomputes=True), "step") == stored(lower(system), "step")


@pytest.mark.parametrize(("batch", "threads"), [(1, 1), (3, 2), (19, 1), (19, 2), (19, 3)])
@pytest.mark.parametrize("behind", LAYERS)
@pytest.mark.parametrize("activation", [GELU, "silu"], ids=["gelu", "silu"])
def test_training_agrees_with_numpy_which_stores_both(activation, behind, batch, threads):
    random = np.random.default_rng(batch)
    data = {"x": random.normal(size=(batch, 3)), "target": random.normal(size=(batch, 2))}
    losses = {}
    for target in ("numpy", "c"):
        options = {"threads": threads} if target == "c" else {}
        try:
            net = bpgen.build(
                straight(33, activation, LAYERS[behind]), target=target, dtype="float64", batch=batch, **options
            )
        except bpgen.CompileError as failure:
            pytest.skip(str(failure))
        net.init(seed=1)
        losses[target] = [float(net.step(**data)) for _ in range(4)]
    assert losses["c"] == pytest.approx(losses["numpy"], rel=1e-12)


def test_a_parameter_may_have_the_name_of_a_factor():
    layers = [
        {"name": "a", "type": "equation", "equation": "y[b, k] = sum[i](x[b, i]*factor[k, i])", "sizes": {"k": 7},
         "parameters": {"factor": {"init": "normal"}}},
        {"name": "g", "type": "gelu"}, {"name": "o", "type": "linear", "units": 7},
    ]  # fmt: skip
    description = {"bpgen": 1, "name": "named", "inputs": {name: {"shape": ["B", 7]} for name in ("x", "t")},
                   "layers": layers, "loss": {"type": "mse", "target": "t"}}  # fmt: skip
    x, t = np.random.default_rng(0).normal(size=(2, 5, 7))
    found, wanted = (
        bpgen.build(description, target=target, dtype="float64").gradients(x=x, t=t) for target in ("c", "numpy")
    )
    for left, right in zip(found[1:], wanted[1:], strict=True):
        for name, gradient in left.items():
            np.testing.assert_allclose(gradient, right[name], rtol=1e-9, atol=1e-12)
