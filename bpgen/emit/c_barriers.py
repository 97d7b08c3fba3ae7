"""Where the threads that run a program together have to wait for each other.

A call that touches what an earlier one writes, or writes what it touches, has to wait, unless every element is
touched by the same thread in both: rows that are divided alike stay with their thread.  Memory is compared, not
names, for intermediates share theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace

from bpgen.algebra.records import dataclass
from bpgen.emit.c_rows import is_by_rows
from bpgen.emit.c_threads import Share
from bpgen.lower.rows import Rows
from bpgen.lower.schedule import ByRows, Call, Kernel, Program, Repeat, Schedule, elements

ALONE = "one thread"


@dataclass(frozen=True)
class Sync:
    """Of a call: whether the threads meet before it, and whether one makes it alone, or all of them do, by rows.

    In a recurrence that is run through by rows, they meet before the whole loop.
    """

    barrier: bool
    alone: bool
    by_rows: bool = False


FREE = Sync(barrier=False, alone=False)


@dataclass(frozen=True)
class Touch:
    """A stretch of memory that a call reads or writes; owner: which thread touches what; None: any may touch any."""

    block: str
    first: int
    end: int
    written: bool
    owner: object

    def disturbs(self, other: Touch) -> bool:
        meets = self.block == other.block and self.first < other.end and other.first < self.end
        same = self.owner is not None and self.owner == other.owner
        return meets and (self.written or other.written) and not same


@dataclass
class Barriers:
    """shares: of the kernels that are divided; rows: of those that each thread calls for its rows."""

    schedule: Schedule
    shares: Mapping[str, Share]
    rows: Mapping[str, Rows] = field(default_factory=dict)
    kernels: dict[str, Kernel] = field(init=False)

    def __post_init__(self) -> None:
        self.kernels = {kernel.name: kernel for kernel in self.schedule.kernels}
        self.buffers = {buffer.name: buffer for buffer in self.schedule.buffers}

    def of(self, program: Program) -> list[tuple[Sync, ...]]:
        """For every item of a program, what each of its calls needs."""
        offsets = {placement.buffer: placement.offset for placement in program.placements}
        since: list[Touch] = []  # what was touched since all met
        found: list[tuple[Sync, ...]] = []
        while len(found) < len(program.calls):
            item = program.calls[len(found)]
            together = next((few for few in program.by_rows if few.first == len(found)), None)
            items = program.calls[together.first : together.end] if together else (item,)
            calls = [call for item in items for call in ((item,) if isinstance(item, Call) else item.calls)]
            touches = [self._touches(call, offsets, together) for call in calls]
            if is_by_rows(item, self.rows):
                waits, since = _met(touches, since)
                found.append(tuple(Sync(wait, alone=False, by_rows=True) for wait in waits))
                continue
            waits = [False] * len(calls)
            rounds = [touches]  # a second one meets what the first has touched
            if together is not None:
                rounds.append([[_of_next_rows(touch) for touch in touched] for touched in touches])
            elif isinstance(item, Repeat):
                rounds.append(touches)
            for around in rounds:
                for number, touched in enumerate(around):
                    if waits[number] or _disturbed(touched, since):
                        waits[number], since = True, []
                    since += touched
            alone = (call.kernel not in self.shares for call in calls)
            syncs = [Sync(*pair) for pair in zip(waits, alone, strict=True)]
            found += [(sync,) for sync in syncs] if together else [tuple(syncs)]
        return found

    def _touches(self, call: Call, offsets: Mapping[str, int], together: ByRows | None) -> list[Touch]:
        """together: the calls that are made with it for a few rows at a time, so that threads divide these."""
        kernel, share, rows = self.kernels[call.kernel], self.shares.get(call.kernel), self.rows.get(call.kernel)
        found = []
        for formal, name in zip(kernel.formals, call.arguments, strict=True):
            buffer = self.buffers[self.buffers[name].view_of or name]
            workspace = buffer.storage == "workspace"
            block = f"workspace {buffer.degree}" if workspace else buffer.storage
            first = offsets[buffer.name] if workspace else buffer.offset
            if buffer.storage != "input":
                end = first + (elements(buffer) if workspace else buffer.size)
                owner = _owner(share, formal.name, buffer.name)
                if rows is not None:
                    owner = (buffer.name, rows[formal.name]) if formal.name in rows else None
                if together is not None and owner is not None and owner != ALONE:
                    owner = (owner, together)
                found.append(Touch(block, first, end, formal.written, owner))
        return found


def _met(touches: Iterable[list[Touch]], since: list[Touch]) -> tuple[list[bool], list[Touch]]:
    """Whether the threads meet before the calls of a recurrence by rows, and what was touched since."""
    touched = [touch for own in touches for touch in own]
    meet = _disturbed(touched, since)
    return [meet] * len(list(touches)), [*([] if meet else since), *touched]


def _of_next_rows(touch: Touch) -> Touch:
    """The same for the next few rows: as they may be more or fewer, threads divide them otherwise."""
    return touch if touch.owner in (None, ALONE) else replace(touch, owner=(touch.owner, "next rows"))


def _owner(share: Share | None, formal: str, buffer: str) -> object:
    """What two calls have in common that touch each element of a buffer by the same thread."""
    if share is None:
        return ALONE
    division = share.division
    if division is None or formal not in division.owned:
        return None
    turns = tuple((loop.extent, loop.start) for loop in division.loops)
    return buffer, turns, division.owned[formal]


def _disturbed(touched: Iterable[Touch], since: Iterable[Touch]) -> bool:
    earlier = list(since)
    return any(touch.disturbs(other) for touch in touched for other in earlier)
