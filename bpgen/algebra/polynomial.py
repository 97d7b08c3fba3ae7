"""Counts that grow with the batch: polynomials in B with whole coefficients, exact and quick to add and multiply."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import zip_longest

from bpgen.algebra.records import dataclass


@dataclass(frozen=True)
class Polynomial:
    """coefficients[n] * B**n, summed over n; none for 0, and the last one is not 0."""

    coefficients: tuple[int, ...] = ()

    @staticmethod
    def of(extent: int | str) -> Polynomial:
        """A whole number, or "B"."""
        return Polynomial((0, 1)) if extent == "B" else _trimmed((int(extent),))

    @property
    def degree(self) -> int:
        """The highest power of B; -1 for 0."""
        return len(self.coefficients) - 1

    def __add__(self, other: Polynomial) -> Polynomial:
        return _trimmed(tuple(a + b for a, b in zip_longest(self.coefficients, other.coefficients, fillvalue=0)))

    def __mul__(self, other: Polynomial) -> Polynomial:
        found = [0] * max(0, len(self.coefficients) + len(other.coefficients) - 1)
        for n, a in enumerate(self.coefficients):
            for m, b in enumerate(other.coefficients):
                found[n + m] += a * b
        return _trimmed(tuple(found))

    def at(self, batch: int) -> int:
        """The value for so many rows."""
        return sum(coefficient * batch**n for n, coefficient in enumerate(self.coefficients))

    def __str__(self) -> str:
        """200704*B + 1290: the equation language reads it."""
        return self.written("{}", "{}*{}", "B", "B**{}")

    def written(self, number: str, product: str, batch: str, power: str) -> str:
        """The highest power first.  Formats of a number, of a number times a power, B itself, and of its powers."""
        terms = []
        for n, coefficient in reversed(list(enumerate(self.coefficients))):
            variable = "" if n == 0 else batch if n == 1 else power.format(n)
            if not variable:
                text = number.format(coefficient)
            else:
                text = variable if coefficient == 1 else product.format(number.format(coefficient), variable)
            terms += [text] if coefficient else []
        return " + ".join(terms) or number.format(0)


def _trimmed(coefficients: tuple[int, ...]) -> Polynomial:
    size = len(coefficients)
    while size and coefficients[size - 1] == 0:
        size -= 1
    return Polynomial(coefficients[:size])


def product(extents: Iterable[int | str]) -> Polynomial:
    """The product of extents, each a whole number or "B"."""
    found = Polynomial((1,))
    for extent in extents:
        found = found * Polynomial.of(extent)
    return found
