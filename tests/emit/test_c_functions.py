"""The single-precision functions that emitted C brings along, over their whole range, against float64."""

from __future__ import annotations

import subprocess

import numpy as np
import pytest

import bpgen

ROWS = 4096


@pytest.fixture(scope="module")
def network():
    """exp and tanh of x, each as an output, compiled as every network is."""
    layers = [
        {"name": name, "type": "equation", "input": "x", "equation": f"y[b] = {name}(x[b])"} for name in ("exp", "tanh")
    ]
    for layer in layers:
        layer["name"] += "_of_x"
    description = {"bpgen": 1, "name": "functions", "inputs": {"x": {"shape": ["B"]}}, "layers": layers}
    try:
        return bpgen.build(description, target="c", dtype="float32", batch=ROWS)
    except bpgen.CompileError as failure:
        pytest.skip(str(failure))


def units(network, name, x):
    """The largest error in units of the last place of the right value."""
    worst = 0.0
    for part in np.array_split(x.astype(np.float32), -(-x.size // ROWS)):
        with np.errstate(over="ignore", under="ignore"):
            right = getattr(np, name)(part.astype(float))
            rounded = right.astype(np.float32)
        found = network.forward(x=part)[f"{name}_of_x"].astype(float)
        finite = np.isfinite(rounded)
        assert np.array_equal(finite, np.isfinite(found))
        worst = max(worst, float(np.max(np.abs(found - right)[finite] / np.spacing(np.abs(rounded[finite])))))
    return worst


def test_exp_is_within_its_bound(network):
    x = np.concatenate([np.linspace(-87, 88.7, 200_001), np.linspace(-1, 1, 50_001)])
    assert units(network, "exp", x) <= 1.1


def test_exp_underflows_gradually_and_overflows(network):
    assert units(network, "exp", np.linspace(-103.9, -87, 20_001)) <= 1.1
    with np.errstate(over="ignore"):
        ends = network.forward(x=np.array([-1000, -104.5, 88.73, 1000], np.float32))["exp_of_x"]
    assert ends.tolist() == [0.0, 0.0, np.inf, np.inf]


def test_tanh_is_within_its_bound(network):
    x = np.concatenate([np.linspace(-20, 20, 200_001), np.linspace(-1, 1, 50_001), np.logspace(-30, 1, 20_001)])
    assert units(network, "tanh", x) <= 1.4


def test_tanh_keeps_the_sign_and_ends_at_one(network):
    found = network.forward(x=np.array([-0.0, 0.0, 1e-40, -1000, 1000], np.float32))["tanh_of_x"]
    assert found.tolist() == [0.0, 0.0, pytest.approx(1e-40, rel=1e-4), -1.0, 1.0]
    assert np.signbit(found).tolist() == [True, False, False, True, False]


def test_loops_over_them_are_vectorised(tmp_path):
    text = bpgen.generate(
        {
            "bpgen": 1, "name": "wide", "inputs": {"x": {"shape": ["B", 64]}},
            "layers": [{"name": "h", "type": "tanh"}],
        },
        target="c",
    ).files  # fmt: skip
    for name, content in text.items():
        (tmp_path / name).write_text(content)
    command = ["gcc", "-O3", "-std=c11", "-fno-math-errno", "-fno-trapping-math", "-fopt-info-vec", "-c", "wide.c"]
    try:
        told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    except FileNotFoundError:
        pytest.skip("gcc is not there to say what it vectorised")
    assert "loop vectorized" in told.stderr
