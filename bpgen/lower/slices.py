"""Arrays of which each turn of a kernel's loop needs its own slice alone, and nothing else needs any: one serves all.

    for c:  for b, p, q:  y[b, c, p, q] = f(z[b, c, p, q]);  for b, p, q:  s[b, c, p, q] = max[i](y[b, c, p, 2*q + i])
->  the same with y[b, 0, p, q], which stays in a near cache from one c to the next, and never reaches the memory

Threads that divide the turns need a slice each: that of the first turn that they come to.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from bpgen.lower.group import Group
from bpgen.lower.recurrence import Recurrence
from bpgen.lower.rewrite import plain_indices
from bpgen.lower.schedule import Assign, Buffer

LEAST = 1 << 12
"""Reals for each row of the batch, from which on it is worth it."""


def sliced(groups: Sequence[Group | Recurrence], kept: Collection[str], buffers: Mapping[str, Buffer]) -> list[Group]:
    """The groups outside of recurrences, with such arrays found.  kept: names that are stored for others."""
    users: dict[str, set[int]] = {}
    for number, group in enumerate(groups):
        for name in (*group.reads(), *group.defined):
            if name in buffers:
                users.setdefault(buffers[name].view_of or buffers[name].name, set()).add(number)
    for name in kept:
        users.setdefault(buffers[name].view_of or buffers[name].name, set()).add(-1)
    own: list[set[str]] = [set() for _ in groups]
    for name, by in users.items():
        if len(by) == 1 and by != {-1}:
            own[by.pop()].add(name)
    return [
        replace(group, slices=tuple(_slices(group, own[number], buffers))) if len(group.shared) == 1 else group
        for number, group in enumerate(groups)
        if isinstance(group, Group)
    ]


def _slices(group: Group, own: Collection[str], buffers: Mapping[str, Buffer]) -> Iterator[tuple[str, int]]:
    """own: buffers that no other group touches"""
    stored = [statement for statement in group.statements if not statement.local]
    targets = [buffers[statement.target].name for statement in stored]
    for statement in stored:
        buffer = buffers[statement.target]
        axis = _axis(group, statement)
        alone = targets.count(buffer.name) == 1 and not statement.follows and not statement.accumulate
        if alone and axis is not None and buffer.name in own and buffer.storage == "workspace" and buffer.size >= LEAST:
            yield statement.target, axis


def _axis(group: Group, writer: Assign) -> int | None:
    """The axis at which every access has the variable of the group's loop."""
    (own,) = plain_indices(group.shared)
    accesses = [writer.indices]
    accesses += [load.indices for s in group.statements for load in s.loads if load.buffer == writer.target]
    axes = (axis for axis in range(len(writer.indices)) if all(indices[axis] == own for indices in accesses))
    return next(axes, None)
