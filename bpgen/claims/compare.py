"""A claim against the derived equation in numbers: at random points, for several numbers of rows."""

from __future__ import annotations

from dataclasses import field
from fractions import Fraction
from functools import cached_property

import numpy as np
import sympy
from sympy import Expr

from bpgen.algebra.records import dataclass
from bpgen.algebra.slope import slope
from bpgen.algebra.system import Equation, Tensor
from bpgen.claims.theory import Theory
from bpgen.derive.check import TOLERANCE
from bpgen.derive.rounding import ROUNDING
from bpgen.derive.sample import compute, sample_batch, sample_values
from bpgen.derive.values import Array, Values

SEEDS = (20, 21, 22)
# A tensor with more elements is compared at this many of them.
MOST = 4000
# What rounding makes of equal values, relative to the size of the terms they are sums of.
EXACT = 1e-13
SIZED = 64  # elements at which that size is taken
# A number so near to a plain one may go unseen beside others in float64; with LARGE for the rest it does not.
NEAR, PLAIN, LARGE = Fraction(1, 10**8), 100, sympy.Rational(1, 7)


@dataclass(frozen=True)
class Ratio:
    """claim = factor * B ** rows * derived, at every point."""

    factor: float
    rows: int

    @property
    def fraction(self) -> Fraction | None:
        """The factor as a quotient of small numbers, if it is one."""
        found = Fraction(self.factor).limit_denominator(2000)
        close = abs(float(found) - self.factor) <= 10 * EXACT * abs(self.factor)
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

    def close(self, tensor: Tensor, expression: Expr) -> bool:
        """Whether the expression comes near the derived values, at every draw."""
        return all(self._agree(tensor, expression, number, exact=False) for number in range(len(SEEDS)))

    def equal(self, tensor: Tensor, expression: Expr) -> bool:
        """Whether the expression has the derived values up to rounding, at every draw.

        A number too near to a plain one to be seen must not matter either: the derived values do not depend on it.
        """
        raised = expression.xreplace({number: plain + LARGE for number, plain in self.unseen(expression).items()})
        return all(self._agree(tensor, other, number) for other in {expression, raised} for number in range(len(SEEDS)))

    def unseen(self, expression: Expr) -> dict[Expr, Expr]:
        """Numbers of an expression that are nearly plain: 1e-12 nearly 0, 1 + 1e-12 nearly 1.

        {} where the network has such numbers of its own: an epsilon is then in a claim by right.
        """
        own = any(_nearly_plain(equation.rhs) for equation in self.theory.equations)
        return {} if own else _nearly_plain(expression)

    @cached_property
    def _rounding(self) -> float:
        """Derivatives that are not taken are measured, less exactly."""
        measured = any(equation.rhs.has(slope) for equation in self.theory.equations)
        return TOLERANCE if measured else EXACT

    def _agree(self, tensor: Tensor, expression: Expr, number: int, factor: float = 1.0, exact: bool = True) -> bool:
        """Whether the expression is the factor times the derived values, in one draw."""
        derived, claimed = self.derived(tensor, number) * factor, self.of(tensor, expression, number)
        relative = self._rounding if exact else TOLERANCE
        difference = _difference(derived, claimed)
        if difference is None:
            return False
        finite = np.abs(derived[np.isfinite(derived)])
        if difference <= relative * float(np.max(finite, initial=0.0)):
            return True
        sides = (expression, factor * self.theory.defining[tensor.name].rhs)
        return difference <= relative * max(self._size(tensor, side, number) for side in sides)

    def _size(self, tensor: Tensor, expression: Expr, number: int) -> float:
        """How large the terms are that an expression is the sum of, and that may cancel."""
        values = self.values[number]
        shape = np.shape(values.tensors[tensor.name])
        generator = np.random.default_rng(number)
        places = [generator.integers(0, extent, SIZED) for extent in shape]
        indices = self.theory.defining[tensor.name].indices
        points: dict[Expr, Array] = dict(zip((*tensor.axes, *indices), places * 2, strict=True))
        with np.errstate(all="ignore"):
            sizes = np.asarray(values.size_at(expression, points))
        return float(np.max(sizes[np.isfinite(sizes)], initial=0.0))

    def ratio(self, tensor: Tensor, expression: Expr) -> Ratio | None:
        """The constant that the expression is of the derived tensor; None where there is none, or all is 0."""
        if expression.has(sympy.zoo, sympy.nan):  # a repair may divide by what cancels
            return None
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
        exact = all(
            self._agree(tensor, expression, number, ratio.factor * float(batch) ** rows)
            for number, batch in enumerate(batches)
        )
        return ratio if exact else None


def _constant(claimed: Array, derived: Array) -> float | None:
    """The one number that claimed / derived is."""
    if not (np.isfinite(claimed).all() and np.isfinite(derived).all()):
        return None
    scale = float(np.abs(derived).max(initial=0.0))
    if scale <= ROUNDING or float(np.abs(claimed).max(initial=0.0)) <= ROUNDING:
        return None
    place = int(np.abs(derived).argmax())
    quotient = float(claimed[place] / derived[place])
    difference = _difference(derived * quotient, claimed)
    if quotient == 0 or difference is None or difference > TOLERANCE * abs(quotient) * scale:
        return None
    return quotient


def _difference(left: Array, right: Array) -> float | None:
    """The largest difference of two arrays; None where one is a number and the other is not."""
    defined = np.isfinite(left)
    if not np.array_equal(defined, np.isfinite(right)):
        return None
    return float(np.max(np.abs(left[defined] - right[defined]), initial=0.0))


def _nearly_plain(expression: Expr) -> dict[Expr, Expr]:
    """Its numbers that differ a little from a quotient of small ones, with that quotient."""
    found: dict[Expr, Expr] = {}
    for number in expression.atoms(sympy.Rational):
        plain = Fraction(int(number.p), int(number.q)).limit_denominator(PLAIN)
        if 0 < abs(Fraction(int(number.p), int(number.q)) - plain) < NEAR:
            found[number] = sympy.Rational(plain.numerator, plain.denominator)
    return found
