"""The arena: every intermediate of a program gets a place, and gives it up after its last use."""

from __future__ import annotations

from bisect import insort
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from bpgen.lower.schedule import Buffer, Call, Placement, Repeat, elements

ALIGNMENT = 16  # reals: one cache line of float32


@dataclass
class Region:
    """One region of the arena, for buffers of one degree: holes, sorted by offset, below its end."""

    end: int = 0
    total: int = 0
    holes: list[tuple[int, int]] = field(default_factory=list)

    def take(self, size: int) -> int:
        """The offset of a free stretch: the tightest hole that holds it aligned, else the end."""
        self.total += size
        fitting = [(length, start) for start, length in self.holes if _aligned(start, size) + size <= start + length]
        if fitting:
            length, start = min(fitting)
            self.holes.remove((start, length))
        else:
            grows = bool(self.holes) and sum(self.holes[-1]) == self.end
            start = self.holes.pop()[0] if grows else self.end
            self.end = _aligned(start, size) + size
            length = self.end - start
        offset = _aligned(start, size)
        for hole in ((start, offset - start), (offset + size, start + length - offset - size)):
            if hole[1]:
                insort(self.holes, hole)
        return offset

    def give(self, offset: int, size: int) -> None:
        """Take a stretch back and join it with the holes beside it."""
        insort(self.holes, (offset, size))
        joined: list[tuple[int, int]] = []
        for start, length in self.holes:
            if joined and sum(joined[-1]) == start:
                joined[-1] = (joined[-1][0], joined[-1][1] + length)
            else:
                joined.append((start, length))
        self.holes = joined


def place(
    calls: Sequence[Call | Repeat],
    buffers: Mapping[str, Buffer],
    results: Collection[str],
    overwriting: Sequence[Buffer] = (),
) -> tuple[tuple[Placement, ...], tuple[int, int, int], tuple[int, int, int]]:
    """Placements, the arena's size by degree, and the size that it would have without reuse.

    A buffer lives from the call that writes it first to the last that uses it; results live to the end.  One that
    repeated calls use lives while they are repeated.  overwriting: what has no place of its own, as it is written over
    another buffer; it counts without reuse
    """
    lives = lifetimes(calls, buffers, results)
    regions = [Region(), Region(), Region()]
    placements: dict[str, int] = {}
    starting: dict[int, list[str]] = {}
    ending: dict[int, list[str]] = {}
    for name, (first, last) in lives.items():
        starting.setdefault(first, []).append(name)
        ending.setdefault(last, []).append(name)
    for number in range(1 + max((last for _, last in lives.values()), default=-1)):
        # Largest first: small ones then fill what is left beside them.
        for name in sorted(starting.get(number, ()), key=lambda n: (-elements(buffers[n]), n)):
            placements[name] = regions[buffers[name].degree].take(room(buffers[name]))
        for name in ending.get(number, ()):
            regions[buffers[name].degree].give(placements[name], room(buffers[name]))
    chosen = tuple(Placement(name, offset) for name, offset in placements.items())
    constant, linear, square = (-(-region.end // ALIGNMENT) * ALIGNMENT for region in regions)
    for buffer in overwriting:
        regions[buffer.degree].total += room(buffer)
    unshared = (regions[0].total, regions[1].total, regions[2].total)
    return chosen, (constant, linear, square), unshared


def lifetimes(
    calls: Sequence[Call | Repeat], buffers: Mapping[str, Buffer], results: Collection[str]
) -> dict[str, tuple[int, int]]:
    """The first and the last call that use each buffer of the arena; a Repeat counts as one."""
    lives: dict[str, tuple[int, int]] = {}
    for number, item in enumerate(calls):
        for call in (item,) if isinstance(item, Call) else item.calls:
            for name in (buffers[argument].view_of or argument for argument in call.arguments):
                if buffers[name].storage == "workspace":
                    first, _ = lives.get(name, (number, number))
                    lives[name] = (first, number)
    for name in (buffers[result].view_of or result for result in results):
        if name in lives:
            lives[name] = (lives[name][0], len(calls))
    return lives


def room(buffer: Buffer) -> int:
    """Elements set aside for a buffer: whole cache lines, but small ones may share one."""
    size = elements(buffer)
    step = ALIGNMENT
    while step // 2 >= size:
        step //= 2
    return -(-size // step) * step


def _aligned(offset: int, size: int) -> int:
    step = min(size, ALIGNMENT)
    return -(-offset // step) * step
