"""Which parts of a sequence repeat: layers, or blocks of layers, that differ in their numbers alone."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import pairwise

from bpgen.algebra.records import dataclass


@dataclass(frozen=True)
class Part:
    """What a layer has in a section.

    key: what must be equal; layer: its number, None for what belongs to no layer; numbers: of its equations
    """

    key: Hashable
    layer: int | None
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class Unit:
    """Parts that repeat together: `starts` are the places of the first part of each repetition, `length` of them."""

    starts: tuple[int, ...]
    length: int

    def places(self, offset: int) -> tuple[int, ...]:
        """The places of one of its parts in all repetitions."""
        return tuple(start + offset for start in self.starts)


def find_units(parts: Sequence[Part], agree: Callable[[Sequence[int]], bool]) -> list[Unit]:
    """Units of parts at equal distances, in the order of their first parts.

    agree: whether the parts at these places can be described by one, whatever else is in them
    The distance at which most parts repeat comes first (of several, the smallest), then what repeats in the rest.
    """
    units: list[Unit] = []
    free = [part.layer is not None for part in parts]
    while True:
        found = [_units_at(step, parts, free, agree) for step in range(1, len(parts))]
        best = max(found, key=_size, default=[])
        if not best:
            return sorted(units, key=lambda unit: unit.starts)
        units += best
        for place in (place for unit in best for offset in range(unit.length) for place in unit.places(offset)):
            free[place] = False


def _size(units: Sequence[Unit]) -> int:
    return sum(unit.length * len(unit.starts) for unit in units)


def _units_at(
    step: int, parts: Sequence[Part], free: Sequence[bool], agree: Callable[[Sequence[int]], bool]
) -> list[Unit]:
    """What repeats at this distance, if that is more than half of what is there: single layers far apart stay."""
    units: list[Unit] = []
    for family in _families(step, parts, free, agree):
        longer = _longer(parts, units[-1], family) if units else None
        if longer is not None:
            units[-1] = longer
        else:
            units.append(Unit(family, 1))
    return [unit for unit in units if _fills(unit, units)]


def _longer(parts: Sequence[Part], unit: Unit, family: Sequence[int]) -> Unit | None:
    """The unit with a further part, in the repetitions that have it; None where that would be less than before."""
    starts = tuple(start for start in unit.starts if start + unit.length in family)
    shifts = {(parts[start + unit.length].layer or 0) - (parts[start].layer or 0) for start in starts}
    longer = Unit(starts, unit.length + 1)
    more = len(starts) > 1 and _size([longer]) > max(_size([unit]), len(family))
    return longer if more and len(shifts) == 1 else None


def _families(
    step: int, parts: Sequence[Part], free: Sequence[bool], agree: Callable[[Sequence[int]], bool]
) -> list[tuple[int, ...]]:
    """Places of equal parts at this distance, numbers of layers and of equations at equal distances too."""
    taken: set[int] = set()
    families = []
    for start in range(len(parts)):
        family = [start]
        while start not in taken and (following := family[-1] + step) < len(parts):
            wanted = free[family[-1]] and free[following] and parts[following].key == parts[start].key
            if not (wanted and _evenly(parts, [*family, following]) and agree([*family, following])):
                break
            family.append(following)
        if len(family) > 1:
            families.append(tuple(family))
            taken.update(family)
    return families


def _evenly(parts: Sequence[Part], places: Sequence[int]) -> bool:
    vectors = [(parts[place].layer or 0, *parts[place].numbers) for place in places]
    steps = {tuple(b - a for a, b in zip(one, other, strict=True)) for one, other in pairwise(vectors)}
    return len(steps) == 1 and all(step[0] != 0 for step in steps)


def _fills(unit: Unit, units: Sequence[Unit]) -> bool:
    first, last = unit.starts[0], unit.starts[-1] + unit.length - 1
    inside = sum(other.length for other in units for start in other.starts if first <= start <= last)
    return 2 * inside > last - first + 1
