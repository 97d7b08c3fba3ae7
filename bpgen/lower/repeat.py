"""A recurrence becomes calls that are repeated for every step, fused and shared as everywhere."""

from __future__ import annotations

from collections.abc import Collection, MutableMapping, Sequence
from dataclasses import replace
from itertools import islice

from bpgen.lower.forget import without_past
from bpgen.lower.fuse import fuse
from bpgen.lower.group import Group
from bpgen.lower.localize import localize
from bpgen.lower.panels import Panels
from bpgen.lower.recurrence import EARLIER, Recurrence, Stretch
from bpgen.lower.rewrite import reads
from bpgen.lower.schedule import Assign, Buffer, Call, Repeat
from bpgen.lower.share import Workshop
from bpgen.lower.split_ranges import part_loops, split_ranges


def repeats(
    recurrence: Recurrence,
    stored: Collection[str],
    buffers: MutableMapping[str, Buffer],
    workshop: Workshop,
    *,
    laid_out: MutableMapping[str, Buffer] | None,
) -> list[Call | Repeat]:
    """The repeated calls, one stretch of steps after another, and before them those that fill panels.

    stored: names that are read elsewhere; buffers: grows by panels, and by what is kept for one step
    laid_out: panels of all programs; None where none are wanted
    """
    kept = {*stored, *recurrence.carried}
    needed = (replace(s, statements=_needed(s.statements, kept)) for s in recurrence.stretches)
    stretches = [(stretch, _groups(stretch)) for stretch in needed if stretch.statements]
    copies: list[Group] = []
    if laid_out is not None:
        moving = {name for defined in recurrence.defined for name in (defined, defined + EARLIER)}
        panels = Panels(moving, buffers, laid_out)
        most_first = [(stretch, [panels.used(group) for group in groups]) for stretch, groups in reversed(stretches)]
        stretches = most_first[::-1]  # a mask leaves the last blocks most columns (bpgen.lower.block)
        copies = panels.copies
    of_steps = [(stretch, localize(groups, kept)) for stretch, groups in stretches]
    groups = iter(without_past([group for _, groups in of_steps for group in groups], kept, buffers))
    known = {**buffers, **{name + EARLIER: buffers[name] for name in recurrence.carried}}
    calls: list[Call | Repeat] = [workshop.call(copy, known) for copy in copies]
    for stretch, own in of_steps:
        steps = tuple(workshop.call(split_ranges(group), known) for group in islice(groups, len(own)))
        calls.append(Repeat(stretch.loop, steps, recurrence.backwards))
    return calls


def _needed(statements: Sequence[Assign], stored: Collection[str]) -> tuple[Assign, ...]:
    """The statements of a step that something reads: at a border, a step may not need all that others do."""
    wanted = set(stored)
    needed: list[Assign] = []
    for statement in reversed(statements):
        if wanted & {statement.target, statement.follows}:
            needed.append(statement)
            wanted |= reads(statement)
    return tuple(needed[::-1])


def _groups(stretch: Stretch) -> list[Group]:
    """A step's kernels."""
    return [replace(part_loops(group), positions=(stretch.loop,)) for group in fuse(stretch.statements)]
