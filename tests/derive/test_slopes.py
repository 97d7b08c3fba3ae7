"""Slopes by differences: exact where a function is smooth, and none at a kink or a jump."""

from __future__ import annotations

import numpy as np
import pytest

from bpgen.derive.grids import slope_at

PLACES = np.array([-2.0, -0.3, -1e-3, 1e-3, 0.1, 1.0, 3.0])


@pytest.mark.parametrize(
    ("function", "derivative"),
    [
        (np.tanh, lambda x: 1 - np.tanh(x) ** 2), (np.exp, np.exp), (np.sin, np.cos), (lambda x: x**2, lambda x: 2 * x),
        (lambda x: 3 * x + 5, lambda x: 3 + 0 * x), (lambda x: 7 + 0 * x, lambda x: 0 * x),
        (lambda x: np.maximum(x, 0), lambda x: 1.0 * (x > 0)), (lambda x: 1 / (4 + x), lambda x: -1 / (4 + x) ** 2),
    ],
)  # fmt: skip
def test_smooth_places(function, derivative):
    np.testing.assert_allclose(slope_at(function, PLACES), derivative(PLACES), rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("function", [np.abs, lambda x: np.where(x > 0, x, -1.25 * x), np.sign])
@pytest.mark.parametrize("place", [0.0, 1e-6, -1e-6])
def test_no_slope_at_a_kink_or_a_jump(function, place):
    assert np.isnan(slope_at(function, np.array([place]))).all()
