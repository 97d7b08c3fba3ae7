"""What a sum adds up is stored by the kernel that has its parts: where, and what comes of it."""

import numpy as np
import pytest
from emit.c_runner import Running, compiled, compiler, emitted, trained

from bpgen.lower import summand
from bpgen.lower.target import lower_for_c

PROGRAMS = ("loss", "gradients", "input_gradients", "step")
OPTIMIZER = {"type": "adam", "lr": 0.01}


def network(units, activation="sigmoid", loss=None, **more):
    return {
        "bpgen": 1, "name": "net", "inputs": {"x": {"shape": ["B", 5]}, "t": {"shape": ["B", units]}},
        "layers": [{"name": "y", "type": "linear", "units": units, "activation": activation}],
        "loss": loss or {"type": "mse", "target": "t"}, "optimizer": OPTIMIZER,
    } | more  # fmt: skip


def stored(description):
    """For each program, the kernels that touch the terms; none of them reads or writes the layer's values then."""
    schedule = lower_for_c(trained(description))
    found = {}
    for program in schedule.programs:
        touching = [call for call in program.flat_calls if any(name.endswith(".term") for name in call.arguments)]
        if touching:
            found[program.name] = len(touching)
            assert not any({"y", "y.t"} & set(call.arguments) for call in program.flat_calls)
    return found


def test_terms_are_stored_in_place_of_what_they_are_made_of():
    assert stored(network(summand.LEAST)) == dict.fromkeys(PROGRAMS, 2)


@pytest.mark.parametrize(
    "description",
    [network(summand.LEAST - 1), network(summand.LEAST, "softplus"), network(summand.LEAST, "tanh")],
    ids=["few", "softplus", "tanh"],
)
def test_elsewhere_sums_read_the_parts(description):
    assert stored(description) == {}


def test_what_others_read_is_stored_anyway():
    """The second layer's product reads all of the first one's values."""
    deep = network(summand.LEAST)
    deep["layers"] = [*deep["layers"], {"name": "z", "type": "linear", "units": 3}]
    deep["inputs"]["u"] = {"shape": ["B", 3]}
    del deep["loss"]
    parts = (("near", "y", "t"), ("far", "z", "u"))
    deep["losses"] = [{"name": name, "type": "mse", "input": of, "target": to} for name, of, to in parts]
    assert stored(deep) == {}


@pytest.mark.skipif(compiler() is None, reason="needs a C compiler")
@pytest.mark.parametrize("units", [1, 37, 64])
def test_losses_and_gradients_are_those_of_the_parts(units, tmp_path, monkeypatch):
    """Against NumPy by hand, and the same bits with any number of threads."""
    monkeypatch.setattr(summand, "LEAST", 1)
    assert stored(network(units))
    source = emitted(trained(network(units)), "float64")
    library = compiled(source, tmp_path)
    rng = np.random.default_rng(units)
    for batch in (1, 19, 130):
        x, t = rng.normal(size=(batch, 5)), rng.random(size=(batch, units))
        weight, bias = rng.normal(size=(units, 5)), rng.normal(size=units)
        y = 1 / (1 + np.exp(-(x @ weight.T + bias)))
        d_z = 2 * (y - t) * y * (1 - y) / y.size
        results = []
        for threads in (1, 2, 3):
            running = Running(source, tmp_path, library, threads)
            running.views("parameters")["y.weight"][...] = weight
            running.views("parameters")["y.bias"][...] = bias
            loss, _ = running.call("gradients", {"x": x, "t": t}, batch, batch + 1)
            results.append((loss, *(running.views("gradients")[name].copy() for name in ("y.weight", "y.bias"))))
        for found, expected in zip(results[0], (np.mean((y - t) ** 2), d_z.T @ x, d_z.sum(0)), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-14)
        for other in results[1:]:
            assert all(np.array_equal(a, b) for a, b in zip(results[0], other, strict=True))
