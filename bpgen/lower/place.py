"""The arena: every intermediate of a program gets a place, and gives it up after its last use.

All lives are known beforehand, so places are chosen for one buffer after another, in several orders: the largest
first, those that stand longest first, and in order of their beginning.  Each takes the tightest stretch that is free
during its life.  The order that ends lowest is kept; none can do better than the most that is in use at one time.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Collection, Mapping, Sequence

from bpgen.lower.schedule import Buffer, ByRows, Call, Placement, Repeat, elements

ALIGNMENT = 16  # reals: one cache line of float32

Life = tuple[int, int]
"""The first and the last call that use a buffer."""


def place(
    calls: Sequence[Call | Repeat],
    buffers: Mapping[str, Buffer],
    results: Collection[str],
    by_rows: Collection[ByRows] = (),
) -> tuple[tuple[Placement, ...], tuple[int, int, int]]:
    """Placements, and the arena's size by degree.

    A buffer lives from the call that writes it first to the last that uses it; results live to the end.  One that
    repeated calls use lives while they are repeated.
    """
    lives = lifetimes(calls, buffers, results, by_rows)
    offsets: dict[str, int] = {}
    ends = []
    for degree in range(3):
        rooms = {name: room(buffers[name]) for name in lives if buffers[name].degree == degree}
        found, end = _tightest(rooms, lives)
        offsets |= found
        ends.append(-(-end // ALIGNMENT) * ALIGNMENT)
    constant, linear, square = ends
    return tuple(Placement(name, offsets[name]) for name in lives), (constant, linear, square)


def _tightest(rooms: Mapping[str, int], lives: Mapping[str, Life]) -> tuple[dict[str, int], int]:
    """Offsets of the buffers of one region, and its end: the best of several orders."""
    orders: tuple[Callable[[str], tuple[int, ...]], ...] = (
        lambda name: (-rooms[name], lives[name][0] - lives[name][1], lives[name][0]),
        lambda name: (-rooms[name] * (1 + lives[name][1] - lives[name][0]), lives[name][0]),
        lambda name: (lives[name][0] - lives[name][1], -rooms[name], lives[name][0]),
        lambda name: (lives[name][0], -rooms[name], -lives[name][1]),
    )
    least = _most_in_use(rooms, lives)
    best: tuple[dict[str, int], int] | None = None
    for order in orders:
        found = _packed(sorted(rooms, key=lambda name: (order(name), name)), rooms, lives)
        if best is None or found[1] < best[1]:
            best = found
        if best[1] <= least:
            break
    assert best is not None, "there are orders"
    return best


def _most_in_use(rooms: Mapping[str, int], lives: Mapping[str, Life]) -> int:
    changes = sorted(
        change for name in rooms for change in ((lives[name][0], 1, rooms[name]), (lives[name][1] + 1, 0, -rooms[name]))
    )
    most = used = 0
    for _, _, change in changes:
        used += change
        most = max(most, used)
    return most


def _packed(names: Sequence[str], rooms: Mapping[str, int], lives: Mapping[str, Life]) -> tuple[dict[str, int], int]:
    """Each buffer in turn at the tightest stretch that is free all its life, else behind all that live with it."""
    placed: list[tuple[int, int, int, int]] = []  # offset, end, first, last; sorted
    offsets: dict[str, int] = {}
    for name in names:
        size, (first, last) = rooms[name], lives[name]
        offset, tightest, behind = -1, -1, 0
        for begin, end, other_first, other_last in placed:
            if other_first > last or first > other_last:
                continue
            start = _aligned(behind, size)
            if begin - start >= size and (offset < 0 or begin - behind < tightest):
                offset, tightest = start, begin - behind
            behind = max(behind, end)
        if offset < 0:
            offset = _aligned(behind, size)
        offsets[name] = offset
        insort(placed, (offset, offset + size, first, last))
    return offsets, max((end for _, end, _, _ in placed), default=0)


def lifetimes(
    calls: Sequence[Call | Repeat],
    buffers: Mapping[str, Buffer],
    results: Collection[str],
    by_rows: Collection[ByRows] = (),
) -> dict[str, tuple[int, int]]:
    """The first and the last call that use each buffer of the arena; a Repeat counts as one.

    What calls by rows use lives while all of them are made, but for what they alone use.
    """
    lives: dict[str, tuple[int, int]] = {}
    for number, item in enumerate(calls):
        together = next((few for few in by_rows if few.first <= number < few.end), None)
        for call in (item,) if isinstance(item, Call) else item.calls:
            for name in (buffers[argument].view_of or argument for argument in call.arguments):
                if buffers[name].storage == "workspace":
                    alone = together is None or name in together.local
                    begin, end = (number, number) if together is None or alone else (together.first, together.end - 1)
                    lives[name] = (min(begin, lives.get(name, (begin, end))[0]), end)
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
