"""The numbers of equations as text, where kernels are called again and again: (26), every 20 to (86)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from bpgen.lower.schedule import Schedule

FEWEST = 3  # what is not more than these in a row is listed

Numbers = tuple[int, ...]


def callers_of(schedule: Schedule) -> dict[str, str]:
    """For each kernel, the equations that it computes beside those that head it, as text; "" for none."""
    found: dict[str, set[Numbers]] = {kernel.name: set() for kernel in schedule.kernels}
    for program in schedule.programs:
        for call in program.flat_calls:
            found[call.kernel].add(call.numbers)
    heading = {kernel.name: tuple(number for number, _ in kernel.equations) for kernel in schedule.kernels}
    return {name: runs(sorted(numbers - {heading[name], ()})) for name, numbers in found.items()}


def step_of(values: Sequence[int]) -> int | None:
    """By how much each value is more than the one before, where that is always the same."""
    steps = {after - before for before, after in pairwise(values)}
    return steps.pop() if len(steps) == 1 else None


def numbers_text(numbers: Sequence[int]) -> str:
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
        if steps is not None and end - place > FEWEST:
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
