"""Rounds: calls that come again and again, with other arguments, become a loop.

Twelve equal blocks call the same kernels in the same order; what differs from round to round is where the arguments
lie.  The text of a program then grows by a row of numbers a block, not by its calls.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import pairwise

# A loop is harder to read than a few calls in a row.
FEWEST_ROUNDS = 3
FEWEST_SAVED = 4

Numbers = tuple[int, ...]


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


def step_of(values: Sequence[int]) -> int | None:
    """By how much each value is more than the one before, where that is always the same."""
    steps = {after - before for before, after in pairwise(values)}
    return steps.pop() if len(steps) == 1 else None


def numbers_text(numbers: Numbers) -> str:
    return " ".join(f"({number})" for number in numbers)


def runs(found: Sequence[Numbers]) -> str:
    """(26), (46), (66), (86) -> (26), every 20 to (86)"""
    texts: list[str] = []
    place = 0
    while place < len(found):
        end = place + 1
        while end < len(found) and _steps(found[place : end + 1]) is not None:
            end += 1
        steps = _steps(found[place:end])
        if steps is not None and end - place > FEWEST_ROUNDS:
            every = ", ".join(dict.fromkeys(map(str, steps)))
            texts.append(f"{numbers_text(found[place])}, every {every} to {numbers_text(found[end - 1])}")
        else:
            end = place + 1
            texts.append(numbers_text(found[place]))
        place = end
    return ", ".join(texts)


def round_text(found: Sequence[Numbers], variable: str) -> str:
    """The numbers of the equations of a call in a loop: (26 + n * 20), or those of all rounds."""
    steps = _steps(found)
    if steps is None:
        return runs(found)
    return " ".join(f"({moved(str(number), step, variable)})" for number, step in zip(found[0], steps, strict=True))


def moved(start: str, step: int, variable: str) -> str:
    """start + 20 * n"""
    if step == 0:
        return start
    times = variable if abs(step) == 1 else f"{variable} * {abs(step)}"
    return f"{start} {'+' if step > 0 else '-'} {times}"


def _steps(found: Sequence[Numbers]) -> list[int] | None:
    """By how much each number is more than in the round before, where that is always the same."""
    if len({len(numbers) for numbers in found}) != 1:
        return None
    steps = [step_of(column) for column in zip(*found, strict=True)]
    known = [step for step in steps if step is not None]
    return known if known and len(known) == len(steps) else None
