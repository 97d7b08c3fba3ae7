"""Rounds: calls that come again and again, with other arguments, become a loop.

Twelve equal blocks call the same kernels in the same order; what differs from round to round is where the arguments
lie.  The text of a program then grows by a row of numbers a block, not by its calls.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from bpgen.algebra.records import dataclass

# A loop is harder to read than a few calls in a row.
FEWEST_ROUNDS = 3
FEWEST_SAVED = 4


@dataclass(frozen=True)
class Stretch:
    """Items first ... first + period * rounds - 1: `rounds` times the same `period` items; or one item by itself."""

    first: int
    period: int
    rounds: int

    @property
    def saved(self) -> int:
        return self.period * (self.rounds - 1)

    @property
    def end(self) -> int:
        return self.first + self.period * self.rounds


def find_rounds(keys: Sequence[Hashable]) -> list[Stretch]:
    """Items in stretches, in order; items with the same key can be written once, in a loop."""
    found: list[Stretch] = []
    place = 0
    while place < len(keys):
        found.append(_longest(keys, place))
        place = found[-1].end
    return found


def _longest(keys: Sequence[Hashable], first: int) -> Stretch:
    """The stretch that begins at an item and saves most; of those the one of the shortest period."""
    best = Stretch(first, 1, 1)
    for period in range(1, (len(keys) - first) // FEWEST_ROUNDS + 1):
        place = first + period
        while place < len(keys) and keys[place] == keys[place - period]:
            place += 1
        stretch = Stretch(first, period, (place - first) // period)
        if stretch.rounds >= FEWEST_ROUNDS and stretch.saved >= max(FEWEST_SAVED, best.saved + 1):
            best = stretch
    return best
