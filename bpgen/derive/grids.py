"""Grids: elements of a tensor at places, and sums of products, each factor on the grid of its own indices alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

# Slopes are taken over this share of a value, or of this where it is smaller.
STEP = 2e-3
NEAREST = 1e-2
# Where the slopes over a step and over half of it differ by more than this, there is a kink between.
KINK = 1e-6
# A slope is hidden where it is less than this many times the rounding of the differences.
HIDDEN = 1e8

# Zeros are laid around a tensor that is read outside, unless it grows by more than this.
LARGEST_MARGIN = 8


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


def gather(array: Array, places: Sequence[Array]) -> Array:
    """The elements at the places, one array of them an axis; outside, an affine access reads 0.

    Where each axis is read in order, along an axis of its own, this is a view.
    """
    viewed = _view(array, places)
    if viewed is not None:
        return viewed
    margins = [
        (max(0, -int(place.min())), max(0, int(place.max()) + 1 - extent))
        for place, extent in zip(places, array.shape, strict=True)
    ]
    if any(low or high for low, high in margins):
        size = math.prod(extent + low + high for extent, (low, high) in zip(array.shape, margins, strict=True))
        if size > LARGEST_MARGIN * array.size + 1024:
            return _clipped(array, places)
        array = np.pad(array, margins)
        places = [place + low for place, (low, _) in zip(places, margins, strict=True)]
        viewed = _view(array, places)
        if viewed is not None:
            return viewed
    flat: Array = np.zeros((), np.int64)
    for place, extent in zip(places, array.shape, strict=True):
        flat = flat * extent + place
    return array.take(flat)


def slope_at(function: Callable[[Array], Array], place: Any) -> Array:
    """The slope of a function at each place, by differences around it; nan at a kink, or where rounding hides it."""
    near = np.asarray(place, float)
    step = STEP * (np.abs(near) + NEAREST)
    coarse, fine = (_slope(function, near, step * share) for share in (1.0, 0.5))
    rounding = np.finfo(float).eps * np.abs(function(near)) / step
    smooth = np.abs(coarse - fine) <= KINK * (np.abs(coarse) + np.abs(fine)) + rounding
    bends = [np.abs(_bend(function, near, step * share)) for share in (1.0, 0.5)]
    smooth &= bends[1] <= 0.75 * bends[0] + KINK * np.abs(fine) + 8 * rounding  # a bend grows with the step, a kink not
    hidden = (fine != 0) & (HIDDEN * rounding > np.abs(fine))
    return np.where(smooth & ~hidden, fine + (fine - coarse) / 15, np.nan)


def _slope(function: Callable[[Array], Array], place: Array, step: Array) -> Array:
    above = function(place + step) - function(place - step)
    further = function(place + 2 * step) - function(place - 2 * step)
    return np.asarray((8 * above - further) / (12 * step))


def _bend(function: Callable[[Array], Array], place: Array, step: Array) -> Array:
    """How much the slopes to the left and to the right differ."""
    return np.asarray((function(place + step) + function(place - step) - 2 * function(place)) / step)


def _view(array: Array, places: Sequence[Array]) -> Array | None:
    """x[b, t, d] on the grid [b, d, t] is x turned round: no copy."""
    rank = max(place.ndim for place in places)
    if any(place.ndim != rank for place in places):
        return None
    slices, axes = [], []
    for place, extent in zip(places, array.shape, strict=True):
        varied = [axis for axis, size in enumerate(place.shape) if size > 1]
        flat = place.ravel()
        if len(varied) > 1 or not flat.size or flat[0] < 0 or flat[-1] >= extent:
            return None
        if flat.size > 1 and not (flat[1:] - flat[:-1] == 1).all():
            return None
        slices.append(slice(int(flat[0]), int(flat[-1]) + 1) if varied else int(flat[0]))
        axes += varied
    if len(set(axes)) != len(axes):
        return None
    shape = [1] * rank
    part = array[tuple(slices)].transpose(np.argsort(axes))
    for axis, size in zip(sorted(axes), part.shape, strict=True):
        shape[axis] = size
    return part.reshape(shape)


def _clipped(array: Array, places: Sequence[Array]) -> Array:
    inside: Array = np.asarray(True)
    for place, extent in zip(places, array.shape, strict=True):
        inside = inside & (place >= 0) & (place < extent)
    clipped = [np.clip(place, 0, extent - 1) for place, extent in zip(places, array.shape, strict=True)]
    return np.where(inside, array[tuple(clipped)], 0.0)
