"""The check of a derivative inside an equation: central differences of all elements at once."""

from __future__ import annotations

import numpy as np
from sympy import Expr

from bpgen.algebra.errors import InternalError
from bpgen.algebra.functions import equal, stop
from bpgen.algebra.system import Tensor
from bpgen.derive.adjoints import Adjoints
from bpgen.derive.check import SLOPE_TOLERANCE, STEP, random_points
from bpgen.derive.sample import compute
from bpgen.derive.values import Array


def check_partial(adjoints: Adjoints, element: str, variable: str) -> None:
    """The slope of every element along a random direction of the variable.  Raises InternalError where it differs.

    As for gradients, nothing with stop(...) is checked: there the derivative is meant to differ from the slope.
    """
    system, values = adjoints.system, adjoints.values
    if any(equation.rhs.has(stop) for equation in system.equations):
        return
    tensor, result = system.tensors[variable], system.tensors[element]
    points = random_points(tensor.axes, values, "partial " + variable)
    count = max((len(column) for column in points.values()), default=1)
    direction = np.random.default_rng(7).normal(size=count)
    places = tuple(points[axis] for axis in tensor.axes)
    measured = _difference(adjoints, element, tensor, places, direction)
    derived = np.zeros_like(measured)
    grid = np.unravel_index(np.arange(measured.size), measured.shape) if measured.shape else ()
    own = _extra_axes(adjoints, result)
    for n in range(count):
        frame: dict[Expr, Array] = {axis: np.full(measured.size, points[axis][n]) for axis in tensor.axes}
        frame |= {index: grid[place] for index, place in own.items()}
        found = np.broadcast_to(values.at(adjoints.upstream[variable], frame), (measured.size,))
        derived += direction[n] * found.reshape(measured.shape)
    chosen = _spoken_of(adjoints, result, measured.shape) & np.isfinite(measured)
    measured, derived = measured[chosen], derived[chosen]
    scale = float(np.max(np.abs(measured), initial=0.0) + np.max(np.abs(derived), initial=0.0))
    noise = 100 * max(1.0, float(np.max(np.abs(values.tensors[element]), initial=0.0))) * 1e-15 / STEP
    if np.any(np.abs(measured - derived) > SLOPE_TOLERANCE * scale + noise):
        raise InternalError(
            f"the derivative of {element} by {variable} is wrong; this is a bug in bpgen\n"
            f"  derived  {derived.ravel()[:5]}\n  measured {measured.ravel()[:5]} (central differences)"
        )


def _extra_axes(adjoints: Adjoints, tensor: Tensor) -> dict[Expr, int]:
    """Which axis of the element's tensor each extra index speaks of."""
    found: dict[Expr, int] = {}
    for bracket in adjoints.upstream[tensor.name].atoms(equal):
        for index, axis in (bracket.args, bracket.args[::-1]):
            if index in adjoints.extra and axis in tensor.axes:
                found[index] = tensor.axes.index(axis)
    return found


def _spoken_of(adjoints: Adjoints, tensor: Tensor, shape: tuple[int, ...]) -> Array:
    """The elements that are differentiated: all but those that an integer index leaves out."""
    chosen = np.ones(shape, bool)
    for bracket in adjoints.upstream[tensor.name].atoms(equal):
        for axis, number in (bracket.args, bracket.args[::-1]):
            if axis in tensor.axes and number.is_Integer:
                place = tensor.axes.index(axis)
                here = np.arange(shape[place]) == int(number)
                chosen &= here.reshape([-1 if n == place else 1 for n in range(len(shape))])
    return chosen


def _difference(adjoints: Adjoints, element: str, tensor: Tensor, places: tuple[Array, ...], direction: Array) -> Array:
    values = adjoints.values
    others = [e for e in adjoints.system.equations if e.tensor.name != tensor.name]
    sides = []
    for side in (STEP, -STEP):
        moved = values.alike(dict(values.tensors))
        array = np.array(values.tensors[tensor.name], float)
        np.add.at(array, places or (), side * (direction if places else direction.sum()))
        moved.tensors[tensor.name] = array
        compute(others, moved)
        sides.append(np.asarray(moved.tensors[element], float))
    return np.asarray((sides[0] - sides[1]) / (2 * STEP))
