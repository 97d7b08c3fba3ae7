"""A claim against the derived equation in numbers: at random points, for several numbers of rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

import numpy as np
from sympy import Expr

from bpgen.algebra.system import Equation, Tensor
from bpgen.claims.theory import Theory
from bpgen.derive.check import ROUNDING, TOLERANCE, agree
from bpgen.derive.sample import compute, sample_batch, sample_values
from bpgen.derive.values import Array, Values

SEEDS = (20, 21, 22)
# A tensor with more elements is compared at this many of them.
MOST = 4000


@dataclass(frozen=True)
class Ratio:
    """claim = factor * B ** rows * derived, at every point."""

    factor: float
    rows: int

    @property
    def fraction(self) -> Fraction | None:
        """The factor as a quotient of small numbers, if it is one."""
        found = Fraction(self.factor).limit_denominator(2000)
        close = abs(float(found) - self.factor) <= TOLERANCE * abs(self.factor)
        return found if close and abs(found.numerator) <= 100_000 else None

    @property
    def is_one(self) -> bool:
        return self.rows == 0 and self.fraction == 1


@dataclass
class Samples:
    """Values of every tensor of a theory, drawn several times."""

    theory: Theory
    places: dict[tuple[str, int], tuple[Array, ...]] = field(default_factory=dict)

    @cached_property
    def values(self) -> tuple[Values, ...]:
        rows = sample_batch(self.theory.system)
        batches = (rows, rows + 2, 1 if rows > 1 else 2)
        return tuple(self._drawn(seed, batch) for seed, batch in zip(SEEDS, batches, strict=True))

    def _drawn(self, seed: int, batch: int) -> Values:
        values = sample_values(self.theory.system, batch, seed)
        compute((e for e in self.theory.equations if e.tensor.name not in values.tensors), values)
        return values

    def of(self, tensor: Tensor, expression: Expr, number: int) -> Array:
        """The expression, over the tensor's axes, at the tensor's elements or at some of them."""
        values = self.values[number]
        points = self._points(tensor, number)
        if points is None:
            return values.everywhere(Equation(tensor, tensor.axes, expression)).ravel()
        return values.at(expression, dict(zip(tensor.axes, points, strict=True)))

    def derived(self, tensor: Tensor, number: int) -> Array:
        array = np.asarray(self.values[number].tensors[tensor.name], float)
        points = self._points(tensor, number)
        return array.ravel() if points is None else array[points]

    def _points(self, tensor: Tensor, number: int) -> tuple[Array, ...] | None:
        shape = np.shape(self.values[number].tensors[tensor.name])
        if np.prod(shape, dtype=float) <= MOST:
            return None
        if (tensor.name, number) not in self.places:
            generator = np.random.default_rng(number)
            self.places[tensor.name, number] = tuple(generator.integers(0, extent, MOST // 4) for extent in shape)
        return self.places[tensor.name, number]

    def equal(self, tensor: Tensor, expression: Expr) -> bool:
        """Whether the expression has the derived values, at every draw."""
        return all(self._equal(tensor, expression, number) for number in range(len(SEEDS)))

    def _equal(self, tensor: Tensor, expression: Expr, number: int) -> bool:
        derived, claimed = self.derived(tensor, number), self.of(tensor, expression, number)
        return agree(derived, claimed, ROUNDING) and agree(claimed, derived, ROUNDING)

    def ratio(self, tensor: Tensor, expression: Expr) -> Ratio | None:
        """The constant that the expression is of the derived tensor; None where there is none, or all is 0."""
        quotients = []
        for number in range(2):
            found = _constant(self.of(tensor, expression, number), self.derived(tensor, number))
            if found is None:
                return None
            quotients.append(found)
        first, second = quotients
        batches = [values.batch for values in self.values]
        power = np.log(abs(second / first)) / np.log(batches[1] / batches[0])
        rows = round(power)
        if first * second < 0 or abs(power - rows) > 1e-6 or abs(rows) > 3:
            return None
        ratio = Ratio(first / batches[0] ** rows, rows)
        last = self.of(tensor, expression, 2)
        derived = self.derived(tensor, 2) * ratio.factor * float(batches[2]) ** rows
        return ratio if agree(derived, last, ROUNDING) and agree(last, derived, ROUNDING) else None


def _constant(claimed: Array, derived: Array) -> float | None:
    """The one number that claimed / derived is."""
    if not (np.isfinite(claimed).all() and np.isfinite(derived).all()):
        return None
    scale = float(np.abs(derived).max(initial=0.0))
    if scale <= ROUNDING or float(np.abs(claimed).max(initial=0.0)) <= ROUNDING:
        return None
    place = int(np.abs(derived).argmax())
    quotient = float(claimed[place] / derived[place])
    if quotient == 0 or not agree(derived * quotient, claimed, ROUNDING):
        return None
    return quotient
