"""The single-precision functions that emitted C brings along, over their whole range, against mpmath and float64."""

from __future__ import annotations

import math
import subprocess

import mpmath
import numpy as np
import pytest

import bpgen

ROWS = 4096
BOUNDS = {"exp": 1.1, "expm1": 1.5, "tanh": 1.5, "erf": 1.2, "log": 0.9, "log1p": 1.5, "sigmoid": 1.9, "softplus": 1.7}
"""Units of the last place, as the emitted comments state them."""

EXACT = {
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
} | {name: getattr(mpmath, name) for name in ("exp", "expm1", "tanh", "erf", "log", "log1p")}

DOUBLE = {
    "sigmoid": lambda x: np.where(x < 0, np.exp(x), 1) / (1 + np.exp(-np.abs(x))),
    "softplus": lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
    "erf": np.vectorize(math.erf),
} | {name: getattr(np, name) for name in ("exp", "expm1", "tanh", "log", "log1p")}


@pytest.fixture(scope="module")
def network():
    """Each function of x as an output, compiled as every network is."""
    layers = [
        {"name": f"{name}_of_x", "type": "equation", "input": "x", "equation": f"y[b] = {name}(x[b])"}
        for name in BOUNDS
    ]
    description = {"bpgen": 1, "name": "functions", "inputs": {"x": {"shape": ["B"]}}, "layers": layers}
    try:
        return bpgen.build(description, target="c", dtype="float32", batch=ROWS)
    except bpgen.CompileError as failure:
        pytest.skip(str(failure))


def computed(network, name, x):
    parts = np.array_split(x.astype(np.float32), -(-x.size // ROWS))
    return np.concatenate([np.array(network.forward(x=part)[f"{name}_of_x"]) for part in parts])


def of_all_sizes(count):
    """Numbers of both signs, evenly spread over the patterns of bits: subnormal, tiny, middling, huge."""
    patterns = np.linspace(1, 0x7F7FFFFF, count).astype(np.uint32)
    sizes = patterns.view(np.float32)
    return np.concatenate([sizes, -sizes])


def units(found, right, rounded):
    """The largest error in units of the last place of the right value."""
    finite = np.isfinite(rounded)
    with np.errstate(invalid="ignore"):
        assert np.array_equal(found[~finite], rounded[~finite], equal_nan=True)
    last = np.spacing(np.minimum(np.abs(rounded[finite]), np.float32(3e38))).astype(float)
    return float(np.max(np.abs(found[finite].astype(float) - right[finite]) / last))


@pytest.mark.parametrize("name", BOUNDS)
def test_functions_are_within_their_bounds_over_the_whole_range(network, name):
    x = of_all_sizes(150_001)
    with np.errstate(all="ignore"):
        right = DOUBLE[name](x.astype(float))
        rounded = right.astype(np.float32)
    assert units(computed(network, name, x), right, rounded) <= BOUNDS[name]


@pytest.mark.parametrize("name", BOUNDS)
def test_functions_are_within_their_bounds_where_they_are_used(network, name):
    x = np.concatenate([np.linspace(-104, 89, 150_001), np.linspace(-1.5, 1.5, 50_001)]).astype(np.float32)
    with np.errstate(all="ignore"):
        right = DOUBLE[name](x.astype(float))
        rounded = right.astype(np.float32)
    assert units(computed(network, name, x), right, rounded) <= BOUNDS[name]


@pytest.mark.parametrize("name", BOUNDS)
def test_functions_agree_with_mpmath(network, name):
    """mpmath knows nothing of the processor's own arithmetic."""
    x = np.concatenate([of_all_sizes(200), np.linspace(-87, 88, 300), np.linspace(-1.2, 1.2, 300)]).astype(np.float32)
    x = x[x > {"log": 0, "log1p": -1}.get(name, -np.inf)]
    largest = mpmath.mpf(float(np.finfo(np.float32).max))
    with mpmath.workdps(60):  # of log(1 + x) for a tiny x, too
        exact = [EXACT[name](mpmath.mpf(float(value))) for value in x]
        right = np.array([float(value) if abs(value) <= largest else math.copysign(math.inf, value) for value in exact])
    assert units(computed(network, name, x), right, right.astype(np.float32)) <= BOUNDS[name]


ENDS = {
    "exp": ([-math.inf, math.inf, -0.0, -104.5, 88.73], [0, math.inf, 1, 0, math.inf]),
    "expm1": ([-math.inf, math.inf, -0.0, 0.0, 1e-40], [-1, math.inf, -0.0, 0.0, 1e-40]),
    "tanh": ([-math.inf, math.inf, -0.0, 0.0, 1e-40], [-1, 1, -0.0, 0.0, 1e-40]),
    "erf": ([-math.inf, math.inf, -0.0, 0.0, 9.0], [-1, 1, -0.0, 0.0, 1]),
    "log": ([-0.0, 0.0, math.inf, -1.0, -math.inf, 1.0], [-math.inf, -math.inf, math.inf, math.nan, math.nan, 0.0]),
    "log1p": ([-1.0, -1.5, math.inf, -math.inf, -0.0, 0.0], [-math.inf, math.nan, math.inf, math.nan, -0.0, 0.0]),
    "sigmoid": ([-math.inf, math.inf, -0.0, 200.0, -200.0], [0, 1, 0.5, 1, 0]),
    "softplus": ([-math.inf, math.inf, 200.0, -200.0], [0, math.inf, 200, 0]),
}


@pytest.mark.parametrize("name", BOUNDS)
def test_functions_keep_infinities_zeros_and_nan(network, name):
    given, expected = (np.array(values, np.float32) for values in ENDS[name])
    bound = network.bind(x=np.ones(given.size + 2, np.float32))
    bound.inputs["x"][:] = [*given, math.nan, -math.nan]
    found = np.array(bound.forward()[f"{name}_of_x"])
    assert np.isnan(found[-2:]).all()
    found = found[:-2]
    assert np.array_equal(found, expected, equal_nan=True)
    known = ~np.isnan(expected)
    assert np.signbit(found[known]).tolist() == np.signbit(expected[known]).tolist()


@pytest.mark.parametrize("name", BOUNDS)
def test_loops_over_them_are_vectorised(tmp_path, name):
    text = bpgen.generate(
        {
            "bpgen": 1, "name": "wide", "inputs": {"x": {"shape": ["B", 64]}},
            "layers": [{"name": "h", "type": "equation", "equation": f"y[b, i] = {name}(x[b, i])"}],
        },
        target="c",
    ).files  # fmt: skip
    for file, content in text.items():
        (tmp_path / file).write_text(content)
    command = ["gcc", "-O3", "-std=c11", "-fno-math-errno", "-fno-trapping-math", "-fopt-info-vec", "-c", "wide.c"]
    try:
        told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    except FileNotFoundError:
        pytest.skip("gcc is not there to say what it vectorised")
    assert "loop vectorized" in told.stderr
