"""Several ways to do the same, measured in turn: what disturbs the machine meanwhile disturbs all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Clock = Callable[[], float]
Calls = Callable[[int], object]
"""Makes so many calls."""

BLOCK = 1e-3  # seconds of calls between two looks at the clock
MOST_TURNS = 2**24
ROUNDS = 9  # at least, in each of which every way has its turn
HOPELESS = 2.0  # times the time of the first one: not measured further
STEADY = 0.8  # of the rounds that a winner must win


def measure_in_turn(
    ways: Sequence[Calls], seconds: float, clock: Clock, refresh: Callable[[], object] = lambda: None
) -> list[list[float]]:
    """Of each way the seconds of a call in every round; of one that is hopeless, in the first round alone.

    seconds: about how long all of it may take; refresh: what is to be done before each block
    """
    first = _block(ways[0], 1, clock)  # and what is called for the first time is slow
    turns = 1
    while first < BLOCK and turns < MOST_TURNS:
        turns *= 2
        refresh()
        first = _block(ways[0], turns, clock)
    samples: list[list[float]] = [[] for _ in ways]
    left = list(range(len(ways)))
    spent, made = 0.0, 0
    while made < ROUNDS or spent < seconds:
        for number in left if made % 2 == 0 else reversed(left):
            refresh()
            if made == 0:
                ways[number](1)
            samples[number].append(_block(ways[number], turns, clock) / turns)
            spent += samples[number][-1] * turns
        if made == 0:
            left = [number for number in left if samples[number][0] <= HOPELESS * samples[0][0]]
        made += 1
    return samples


def _block(calls: Calls, turns: int, clock: Clock) -> float:
    start = clock()
    calls(turns)
    return clock() - start


def wins(samples: Sequence[float], others: Sequence[float], gain: float) -> bool:
    """Whether its best round is faster than the others' by that part of the time, and most rounds are faster too."""
    faster = sum(a < b for a, b in zip(samples, others, strict=False))
    return min(samples) < min(others) * (1 - gain) and faster >= STEADY * len(others)
