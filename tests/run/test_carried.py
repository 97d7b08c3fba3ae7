"""Truncated back-propagation through time: states with a row for each row of the batch go on from step to step."""

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import sympy

sys.path.insert(0, str(Path(__file__).parent.parent / "lower"))
from recurrence_systems import b, made, tensor

from bpgen.algebra.errors import ArrayError, DataError
from bpgen.algebra.expressions import Reduction
from bpgen.algebra.functions import greater_equal, where
from bpgen.algebra.index import Index
from bpgen.emit.c import emit_c
from bpgen.emit.numpy import emit_numpy
from bpgen.lower.describe import describe
from bpgen.lower.interface import Interface
from bpgen.lower.lower import lower
from bpgen.run.fit import evaluate
from bpgen.run.network import open_network

T, J = 3, 4
TARGETS = ["numpy", pytest.param("c", marks=pytest.mark.skipif(shutil.which("cc") is None, reason="no compiler"))]


def system():
    """h[t] = tanh(x[t] + w h[t - 1]), going on from the state; half the sum of squares; one step of descent."""
    t, j = Index("t", T), Index("j", J)
    x, w = tensor("x", b, t, j, role="input"), tensor("w", j, role="parameter")
    kept, other = tensor("kept", b, j, role="state"), tensor("other", b, role="state")
    h, loss = tensor("h", b, t, j), tensor("loss", role="loss")
    dh, dw = tensor("d.h", b, t, j, role="backward"), tensor("d.w", j, role="backward")
    before = where(greater_equal(t, 1), h[b, t - 1, j], kept[b, j])
    slope = dh[b, t, j] * (1 - h[b, t, j] ** 2)
    equations = [
        (h, sympy.tanh(x[b, t, j] + w[j] * before)),
        (loss, Reduction("sum", h[b, t, j] ** 2 / 2, b, t, j)),
        (dh, h[b, t, j] + dh[b, t + 1, j] * (1 - h[b, t + 1, j] ** 2) * w[j]),
        (dw, Reduction("sum", slope * before, b, t)),
        (tensor("kept.next", b, j, role="update"), h[b, T - 1, j]),
        (tensor("other.next", b, role="update"), other[b] + h[b, sympy.Integer(0), sympy.Integer(0)]),
        (tensor("w.next", j, role="update"), w[j] - dw[j] / 10),
    ]
    updates = (("kept", "kept.next"), ("other", "other.next"), ("w", "w.next"))
    changes = {"outputs": ("h",), "loss": "loss", "gradients": (("w", "d.w"),), "updates": updates}
    return made("carry", equations, (x, w, kept, other), **changes)


def opened(target, batch=None):
    schedule = lower(made_system := system())
    interface = describe(made_system, schedule, "float64")
    emit = emit_c if target == "c" else emit_numpy
    network = open_network(emit(schedule, interface), batch=batch)
    network.parameters["w"] = np.array([0.3, -0.5, 0.8, 0.1])
    return network


def by_hand(w, kept, x):
    """The loss, the next w and the last h of one step."""
    h, before = [], [kept]
    for t in range(T):
        h.append(np.tanh(x[:, t] + w * before[-1]))
        before.append(h[-1])
    slope, gradient = np.zeros_like(kept), np.zeros_like(w)
    for t in reversed(range(T)):
        slope = (h[t] + slope * w) * (1 - h[t] ** 2)
        gradient += (slope * before[t]).sum(axis=0)
    return sum((v**2).sum() for v in h) / 2, w - gradient / 10, h[-1], h[0][:, 0]


@pytest.mark.parametrize("target", TARGETS)
def test_steps_go_on_from_the_last_state(target):
    network, rng = opened(target), np.random.default_rng(0)
    w, kept, other = network.parameters["w"].copy(), np.zeros((5, J)), np.zeros(5)
    for _ in range(4):
        x = rng.normal(size=(5, T, J))
        loss, w, kept, first = by_hand(w, kept, x)
        other = other + first
        np.testing.assert_allclose(network.step(x=x), loss, 1e-12)
        np.testing.assert_allclose(network.parameters["w"], w, 1e-12)
        np.testing.assert_allclose(network.carried.views()["kept"], kept, 1e-12)
        np.testing.assert_allclose(network.carried.views()["other"], other, 1e-12)
    network.reset_state()
    assert network.step(x=x) == pytest.approx(by_hand(w, np.zeros((5, J)), x)[0])


@pytest.mark.parametrize("target", TARGETS)
def test_the_number_of_rows_stays(target):
    network, rng = opened(target), np.random.default_rng(0)
    network.step(x=rng.normal(size=(2, T, J)))
    bound = network.bind(x=rng.normal(size=(3, T, J)))  # lays all out for more rows
    for call in (bound.step, lambda: network.forward(x=rng.normal(size=(3, T, J)))):
        with pytest.raises(ArrayError, match=r"goes on from the 2 rows.*kept, other.*got 3 rows.*reset_state"):
            call()
    x, kept = rng.normal(size=(2, T, J)), network.carried.views()["kept"].copy()
    assert network.step(x=x) == pytest.approx(by_hand(network.parameters["w"], kept, x)[0], rel=0.2)
    np.testing.assert_allclose(
        network.forward(x=x)[:, 0], np.tanh(x[:, 0] + network.parameters["w"] * network.carried.views()["kept"])
    )
    network.reset_state()
    bound.step()
    assert network.carried.rows == 3


@pytest.mark.parametrize("target", TARGETS)
def test_a_checkpoint_keeps_the_rows(target, tmp_path):
    network, rng = opened(target), np.random.default_rng(0)
    network.step(x=rng.normal(size=(3, T, J)))
    network.save(tmp_path / "net.safetensors")
    x = rng.normal(size=(3, T, J))
    expected = network.step(x=x)
    other = opened(target)
    other.restore(tmp_path / "net.safetensors")
    assert other.carried.rows == 3
    assert other.step(x=x) == expected
    other.reset_state()
    other.save(tmp_path / "fresh.safetensors")
    network.restore(tmp_path / "fresh.safetensors")
    assert network.carried.rows == 0
    with pytest.raises(ArrayError, match="at most 2 rows"):
        opened(target, batch=2).restore(tmp_path / "net.safetensors")


def test_fit_begins_every_epoch_anew_and_goes_on_from_row_to_row():
    network, twin, rng = opened("numpy"), opened("numpy"), np.random.default_rng(0)
    x = rng.normal(size=(7, T, J))
    history = network.fit({"x": x}, epochs=2, batch_size=3, progress=False)  # the seventh row fills no batch
    assert network.carried.rows == 0
    for _ in range(2):
        twin.reset_state()
        for rows in ([0, 2, 4], [1, 3, 5]):
            assert twin.step(x=x[rows]) == history.losses.pop(0)
    assert not history.losses
    with pytest.raises(DataError, match="the order of rows stays"):
        network.fit({"x": x}, epochs=1, shuffle=True)


def test_evaluation_leaves_the_rows_as_they_are():
    network, rng = opened("numpy"), np.random.default_rng(0)
    x = rng.normal(size=(3, T, J))
    begun = network.loss(x=x)
    network.step(x=x)
    kept = network.carried.views()["kept"].copy()
    network.parameters["w"] = np.array([0.3, -0.5, 0.8, 0.1])
    assert evaluate(network, {"x": np.concatenate([x, x])})[0] == pytest.approx(2 * begun)  # the loss is a sum
    assert network.carried.rows == 3
    np.testing.assert_array_equal(network.carried.views()["kept"], kept)


def test_the_interface_is_kept_as_text():
    interface = describe(found := system(), lower(found), "float32")
    assert Interface.from_json(interface.to_json()) == interface
    assert {entry.name: entry.carries for entry in interface.entries}["step"]
