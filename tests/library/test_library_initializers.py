"""Initial values: bounds and moments of the formulas, and those of torch.nn.init."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from bpgen.library.initializers import INITIALIZERS, draw
from bpgen.library.parameters import DEFAULT_INIT, DEFAULT_INIT_OPTIONS, fans

SHAPE = (60, 80)


def drawn(kind: str, shape: tuple[int, ...] = SHAPE, **options: float) -> np.ndarray:
    return draw(kind, options, shape, *fans(shape), np.random.default_rng(0))


@pytest.mark.parametrize("shape", [(3,), (4, 5), (6, 2, 3), (7, 2, 3, 3)], ids=str)
def test_fans_are_those_of_pytorch(shape: tuple[int, ...]) -> None:
    if len(shape) == 1:
        assert fans(shape) == (3, 3)
    else:
        assert fans(shape) == torch.nn.init._calculate_fan_in_and_fan_out(torch.empty(shape))
    assert fans(()) == (1, 1)


def test_constants() -> None:
    assert (drawn("zeros") == 0).all()
    assert (drawn("ones") == 1).all()
    assert (drawn("constant", value=0.3) == 0.3).all()


@pytest.mark.parametrize(
    ("kind", "options", "low", "high"),
    [
        ("uniform", {}, 0.0, 1.0),
        ("uniform", {"low": -2.0, "high": -1.0}, -2.0, -1.0),
        ("xavier_uniform", {"gain": 2.0}, -2 * math.sqrt(6 / 140), 2 * math.sqrt(6 / 140)),
        ("kaiming_uniform", {}, -math.sqrt(6 / 80), math.sqrt(6 / 80)),
        ("kaiming_uniform", {"fan_out": 1.0}, -math.sqrt(6 / 60), math.sqrt(6 / 60)),
        (DEFAULT_INIT, dict(DEFAULT_INIT_OPTIONS), -1 / math.sqrt(80), 1 / math.sqrt(80)),
    ],
)
def test_uniform_bounds(kind: str, options: dict[str, float], low: float, high: float) -> None:
    values = drawn(kind, **options)
    width = high - low
    assert low <= values.min() < low + 0.01 * width
    assert high - 0.01 * width < values.max() <= high


@pytest.mark.parametrize(
    ("kind", "options", "mean", "std"),
    [
        ("normal", {"mean": 3.0, "std": 0.5}, 3.0, 0.5),
        ("xavier_normal", {}, 0.0, math.sqrt(2 / 140)),
        ("kaiming_normal", {"a": 1.0}, 0.0, math.sqrt(1 / 80)),
        ("kaiming_normal", {"fan_out": 1.0}, 0.0, math.sqrt(2 / 60)),
    ],
)
def test_normal_moments(kind: str, options: dict[str, float], mean: float, std: float) -> None:
    values = drawn(kind, **options)
    assert values.mean() == pytest.approx(mean, abs=0.06 * std)
    assert values.std() == pytest.approx(std, rel=0.03)


@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (4, 4), (1, 1), (3, 2, 2)], ids=str)
def test_orthogonal(shape: tuple[int, ...]) -> None:
    matrix = drawn("orthogonal", shape, gain=2.0).reshape(shape[0], -1) / 2
    square = matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix
    np.testing.assert_allclose(square, np.eye(len(square)), atol=1e-12)


@pytest.mark.parametrize("kind", sorted(INITIALIZERS))
@pytest.mark.parametrize("shape", [(), (1,), (2, 3)], ids=str)
def test_every_kind_draws_every_shape_and_the_same_again(kind: str, shape: tuple[int, ...]) -> None:
    values = drawn(kind, shape, value=1.0)
    assert values.shape == shape
    assert values.dtype == np.float64
    np.testing.assert_array_equal(values, drawn(kind, shape, value=1.0))
