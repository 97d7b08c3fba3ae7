"""The gate that every rewrite passes: both sides evaluated at random points, in float64."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import numpy as np
from sympy import Expr

from bpgen.algebra.errors import InternalError, RewriteError
from bpgen.algebra.expressions import Access, free_indices
from bpgen.algebra.functions import equal, stop
from bpgen.algebra.index import Index
from bpgen.algebra.records import dataclass
from bpgen.algebra.recurrence import downstream
from bpgen.algebra.slope import slope as untaken
from bpgen.algebra.system import Equation, System
from bpgen.derive.rounding import ROUNDING, rounded
from bpgen.derive.sample import compute
from bpgen.derive.smaller import require_free
from bpgen.derive.values import Array, Frame, Values

POINTS = 5
MOST_PLACES = 8  # that indices are compared with, of those that are looked at
TOLERANCE = 1e-8
# Slopes are measured in so many groups of tensors at most, neighbours together: a group takes two passes forward.
MOST_GROUPS = 12
STEP = 1e-6
SLOPE_TOLERANCE = 1e-4
# Slopes on both sides that differ by more than this belong to a kink.
KINK = 1e-2


def random_points(indices: tuple[Index, ...], values: Values, salt: str) -> Frame:
    """A few random values for each index, the same for the same salt."""
    generator = np.random.default_rng(zlib.crc32(salt.encode()))
    return {index: generator.integers(0, values.extent(index), POINTS) for index in indices}


def telling_points(equation: Equation, sides: tuple[Expr, ...], values: Values) -> Iterator[Frame]:
    """Random points, and the same where places that are compared are equal: [o = label[b]] is 0 almost everywhere."""
    points = random_points(equation.indices, values, equation.tensor.name)
    yield points
    for index, place in sorted(_compared(sides, points), key=str)[:MOST_PLACES]:
        there = np.nan_to_num(np.rint(values.at(place, points)), nan=-1.0)
        inside = (there >= 0) & (there < values.extent(index))
        yield {**points, index: np.where(inside, there, points[index]).astype(int)}


def _compared(sides: tuple[Expr, ...], points: Frame) -> set[tuple[Index, Expr]]:
    """Indices of the points, and what they are compared with that has values at these."""
    brackets = (bracket for side in sides for bracket in side.atoms(equal))
    ways = ((a, b) for bracket in brackets for a, b in (bracket.args, bracket.args[::-1]))
    return {
        (index, place)
        for index, place in ways
        if isinstance(index, Index) and index in points and set(free_indices(place)) <= points.keys() - {index}
    }


def check_rewrite(equation: Equation, before: Expr, after: Expr, rule: str, values: Values) -> None:
    """Raises RewriteError, with both sides printed, where they differ."""
    if before == after:
        return
    unbound = set(free_indices(after)) - set(equation.indices)
    if unbound:
        raise RewriteError(f"rule {rule!r} left {sorted(i.name for i in unbound)} unbound in {equation.lhs} = {after}")
    require_free((before, after), values.smaller)
    for points in telling_points(equation, (before, after), values):
        if not _agree_at(points, before, after, values):
            raise RewriteError(
                f"rule {rule!r} changed the value of {equation.lhs}; "
                "this is a bug in bpgen, and no gradient is returned\n"
                f"  before: {before}\n       =  {values.at(before, points)}\n"
                f"  after:  {after}\n       =  {values.at(after, points)}"
            )


def _agree_at(points: Frame, before: Expr, after: Expr, values: Values) -> bool:
    left, right = values.at(before, points), values.at(after, points)
    if agree(left, right):
        return True  # how large the terms are is looked at only where it is needed
    # Derivatives that are not taken are measured, as exactly as everything is compared.
    rounding = TOLERANCE if before.has(untaken) else ROUNDING
    if agree(left, right, rounding * max(_largest(side, values, points) for side in (before, after))):
        return True
    read = {access.tensor for side in (before, after) for access in side.atoms(Access)}
    return agree(left, right, rounded(lambda moved: moved.at(before, points) - moved.at(after, points), read, values))


def _largest(expression: Expr, values: Values, points: Frame) -> float:
    """The size of the terms of an expression, where they are finite."""
    sizes = values.size_at(expression, points)
    return float(np.max(sizes[np.isfinite(sizes)], initial=0.0))


def agree(left: Array, right: Array, rounding: float = 0.0) -> bool:
    """Equal up to rounding; undefined (NaN) on the left allows anything there."""
    defined = np.isfinite(left)
    if not np.array_equal(defined, defined & np.isfinite(right)):
        return False
    scale = float(np.max(np.abs(left[defined]), initial=0.0))
    return bool(np.all(np.abs(left[defined] - right[defined]) <= TOLERANCE * scale + rounding))


def check_slope(system: System, values: Values) -> None:
    """The gradients against central differences of the loss, along random directions.

    Tensors one by one, or a few at a time where there are many.  Raises InternalError where they differ.  A system
    with stop(...) is not checked: there the gradient is meant to differ from the slope.
    """
    if system.loss is None or any(equation.rhs.has(stop) for equation in system.equations):
        return
    require_free((equation.rhs for equation in system.equations), values.smaller)
    slopes = [_Slope.of(name, system.defining[adjoint], values) for name, adjoint in system.gradients]
    together = -(-len(slopes) // MOST_GROUPS)
    for start in range(0, len(slopes), together or 1):
        group = slopes[start : start + together]
        expected = sum(slope.expected for slope in group)
        measured, left, right = _differences(system, values, group)
        # A loss near 0 (softmax over one class) is still a difference of numbers of the order of 1.
        noise = 100 * max(1.0, abs(float(values.tensors[system.loss]))) * 1e-15 / STEP
        allowed = SLOPE_TOLERANCE * (abs(expected) + abs(measured)) + noise
        # At a kink or a jump of the loss, where two elements are equal by construction, there is no slope.
        smooth = abs(right - left) <= KINK * (abs(left) + abs(right)) + noise
        if np.isfinite(measured) and abs(expected - measured) > allowed and smooth:
            names = ", ".join(slope.name for slope in group)
            raise InternalError(
                f"the derivative of the loss by {names} is wrong; this is a bug in bpgen\n"
                f"  derived  {expected:.12g}\n  measured {measured:.12g} (central difference along a random direction)"
            )


@dataclass(frozen=True)
class _Slope:
    """A direction in one tensor, non-zero at a few points, and the derived slope along it."""

    name: str
    places: tuple[Array, ...]
    direction: Array
    expected: float

    @staticmethod
    def of(name: str, equation: Equation, values: Values) -> _Slope:
        points = random_points(equation.indices, values, "slope " + name)
        slope = values.at(equation.rhs, points)
        direction = (np.sign(slope) + (slope == 0)) / len(slope)
        places = tuple(points[index] for index in equation.indices)
        return _Slope(name, places, direction, float(np.sum(slope * direction)))


def _differences(system: System, values: Values, group: list[_Slope]) -> tuple[float, float, float]:
    """The central difference along the directions, and the ones to the left and to the right."""
    assert system.loss is not None
    forward = [e for e in system.equations if e.role in ("forward", "loss")]
    changed = downstream(forward, [slope.name for slope in group])
    affected = [equation for equation in forward if equation.tensor.name in changed]
    losses = []
    copies = {slope.name: np.array(values.tensors[slope.name], float) for slope in group}
    for side in (STEP, -STEP):
        moved = values.alike(values.tensors | copies)
        for slope in group:
            array, places = copies[slope.name], slope.places or ()
            array[places] = values.tensors[slope.name][places]
            np.add.at(array, places, side * (slope.direction if slope.places else slope.direction.sum()))
        compute(affected, moved)
        losses.append(float(moved.tensors[system.loss]))
    above, below = losses
    middle = float(values.tensors[system.loss])
    return (above - below) / (2 * STEP), (middle - below) / STEP, (above - middle) / STEP
