"""A recurrence becomes calls that are repeated for every step, fused and shared as everywhere."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from bpgen.lower.fuse import fuse
from bpgen.lower.localize import localize
from bpgen.lower.recurrence import EARLIER, Recurrence, Stretch
from bpgen.lower.rewrite import reads
from bpgen.lower.schedule import Assign, Buffer, Repeat
from bpgen.lower.share import Workshop
from bpgen.lower.split_ranges import part_loops, split_ranges


def repeats(
    recurrence: Recurrence, stored: Collection[str], buffers: Mapping[str, Buffer], workshop: Workshop
) -> list[Repeat]:
    """The repeated calls, one stretch of steps after another.  stored: names that are read elsewhere."""
    known = {**buffers, **{name + EARLIER: buffers[name] for name in recurrence.carried}}
    kept = {*stored, *recurrence.carried}
    needed = (replace(s, statements=_needed(s.statements, kept)) for s in recurrence.stretches)
    return [_repeat(stretch, recurrence.backwards, kept, known, workshop) for stretch in needed if stretch.statements]


def _needed(statements: Sequence[Assign], stored: Collection[str]) -> tuple[Assign, ...]:
    """The statements of a step that something reads: at a border, a step may not need all that others do."""
    wanted = set(stored)
    needed: list[Assign] = []
    for statement in reversed(statements):
        if wanted & {statement.target, statement.follows}:
            needed.append(statement)
            wanted |= reads(statement)
    return tuple(needed[::-1])


def _repeat(
    stretch: Stretch, backwards: bool, stored: Collection[str], buffers: Mapping[str, Buffer], workshop: Workshop
) -> Repeat:
    groups = [replace(part_loops(group), positions=(stretch.loop,)) for group in fuse(stretch.statements)]
    calls = tuple(workshop.call(split_ranges(group), buffers) for group in localize(groups, stored))
    return Repeat(stretch.loop, calls, backwards)
