"""Sums of products on grids: each factor on the grid of its own indices alone, then one contraction."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def contract(factors: Sequence[Any], rank: int, extents: Sequence[int]) -> Any:
    """The product of the factors, summed over the axes behind the first `rank`.

    factors: numbers, or arrays with rank + len(extents) axes, of size 1 where a factor does not vary; extents: of
    the axes that are summed over.
    """
    grids = [np.asarray(factor, float) for factor in factors]
    number = math.prod(float(grid) for grid in grids if grid.ndim == 0)
    grids = [grid for grid in grids if grid.ndim]
    varied = {axis for grid in grids for axis, size in enumerate(grid.shape) if size > 1}
    number *= math.prod(extent for axis, extent in enumerate(extents) if rank + axis not in varied)
    if not grids:
        return number
    kept = sorted(axis for axis in varied if axis < rank)
    operands: list[Any] = []
    for grid in grids:
        own = [axis for axis, size in enumerate(grid.shape) if size > 1]
        operands += [grid.reshape([grid.shape[axis] for axis in own]), own]
    result = np.einsum(*operands, kept, optimize="greedy" if len(grids) > 1 else False)
    shape = [1] * rank
    for axis, size in zip(kept, result.shape, strict=True):
        shape[axis] = size
    return number * result.reshape(shape)
