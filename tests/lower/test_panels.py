"""Matrices laid out in panels for the steps of a recurrence: the same numbers, and only where they are worth it."""

from __future__ import annotations

import numpy as np
import pytest
from lowering_systems import trained

import bpgen
from bpgen.lower import region
from bpgen.lower.lower import lower
from bpgen.lower.schedule import Repeat


def network(units, layers=1, kind="lstm"):
    return {
        "bpgen": 1,
        "name": "recurrent",
        "inputs": {"x": {"shape": ["B", 5, 7]}, "target": {"shape": ["B", 5, units]}},
        "layers": [{"name": "r", "type": kind, "units": units, "layers": layers}],
        "loss": {"type": "mse", "target": "target"},
        "optimizer": {"type": "sgd", "lr": 0.1},
    }


def schedules(description):
    system = trained(description)
    return lower(system), lower(system, panels=True)


def panels_of(schedule):
    return {buffer.name: buffer.shape for buffer in schedule.buffers if ".panels" in buffer.name}


@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
def test_steps_read_panels_that_are_filled_before_them(kind):
    plain, laid_out = schedules(network(64, kind=kind))
    assert not panels_of(plain)
    assert panels_of(laid_out)
    for program in laid_out.programs:
        filled = set()
        kernels = {kernel.name: kernel for kernel in laid_out.kernels}
        for item in program.calls:
            for call in item.calls if isinstance(item, Repeat) else (item,):
                used = {name for name in call.arguments if ".panels" in name}
                if isinstance(item, Repeat):
                    assert used <= filled
                else:
                    written = [formal.written for formal in kernels[call.kernel].formals]
                    filled |= {name for name, own in zip(call.arguments, written, strict=True) if own} & used
        assert filled


@pytest.mark.parametrize("units", [1, 24, 40])
def test_matrices_that_are_small_or_of_odd_width_are_read_in_place(units):
    assert not panels_of(schedules(network(units, kind="rnn"))[1])


@pytest.mark.parametrize(
    ("kind", "units", "layers"), [("lstm", 64, 1), ("gru", 64, 2), ("rnn", 96, 1), ("lstm", 33, 1)]
)
def test_training_with_panels_agrees_with_numpy(kind, units, layers):
    """The NumPy target reads every matrix in place."""
    random = np.random.default_rng(3)
    description = network(units, layers, kind)
    found = {}
    for batch in (1, 17):
        data = {"x": random.normal(size=(batch, 5, 7)), "target": random.normal(size=(batch, 5, units))}
        for target in ("numpy", "c"):
            try:
                net = bpgen.build(description, target=target, dtype="float64", batch=batch)
            except bpgen.CompileError as failure:
                pytest.skip(str(failure))
            net.init(seed=1)
            losses = [float(net.step(**data)) for _ in range(3)]
            found[target] = losses, {name: np.array(value) for name, value in net.parameters.items()}
        assert found["c"][0] == pytest.approx(found["numpy"][0], rel=1e-12)
        for name, value in found["numpy"][1].items():
            np.testing.assert_allclose(found["c"][1][name], value, rtol=1e-10, atol=1e-12)


def attention(length, width, heads):
    return {
        "bpgen": 1,
        "name": "attentive",
        "inputs": {"x": {"shape": ["B", length, width]}, "target": {"shape": ["B", length, width]}},
        "layers": [{"name": "a", "type": "attention", "heads": heads, "causal": True}],
        "loss": {"type": "mse", "target": "target"},
        "optimizer": {"type": "sgd", "lr": 0.1},
    }


def test_keys_of_every_row_of_the_batch_lie_in_panels_for_blocks_of_queries(monkeypatch):
    monkeypatch.setattr(region, "LARGE", 1000)
    found = panels_of(schedules(attention(128, 64, 2))[1])
    assert ("B", 2, 4, 32, 32) in found.values()  # rows, heads, panels, width of a head, columns


@pytest.mark.parametrize(("length", "width", "heads"), [(128, 64, 1), (160, 96, 2), (128, 48, 3)])
def test_attention_with_panels_agrees_with_numpy(length, width, heads, monkeypatch, tmp_path):
    """Heads of 64, 48 and 16: whole tiles, one and a half, and a half."""
    monkeypatch.setattr(region, "LARGE", 1000)
    monkeypatch.setenv("BPGEN_CACHE_DIR", str(tmp_path))
    random = np.random.default_rng(3)
    data = {name: random.normal(size=(3, length, width)) for name in ("x", "target")}
    found = []
    for target in ("numpy", "c"):
        net = bpgen.build(attention(length, width, heads), target=target, dtype="float64", batch=3)
        net.init(seed=1)
        found.append((net.step(**data), {name: np.array(value) for name, value in net.parameters.items()}))
    (loss, wanted), (in_c, given) = found
    assert in_c == pytest.approx(loss, rel=1e-12)
    for name, value in wanted.items():
        np.testing.assert_allclose(given[name], value, rtol=1e-10, atol=1e-12)
