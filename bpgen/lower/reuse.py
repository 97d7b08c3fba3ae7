"""Values written over what dies with them: an adjoint takes the place of the value that only it still reads.

    d.z[b, j] = d.h[b, j] * (1 - h[b, j] ** 2), the last to read h  ->  h[b, j] = d.h[b, j] * (1 - h[b, j] ** 2)

What forward computes serves programs with and without a backward pass, by the same kernels; it takes the place of what
its own kernel alone reads in any of them:

    e[b, j] = exp(s[b, j] - m[b]);  p[b, j] = e[b, j] / S[b]
->  s[b, j] = exp(s[b, j] - m[b]);  s[b, j] = s[b, j] / S[b]
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from bpgen.lower.group import Group, passing
from bpgen.lower.order import overwrites
from bpgen.lower.recurrence import Recurrence
from bpgen.lower.rewrite import loads
from bpgen.lower.schedule import Assign, Buffer


def reuse(
    groups: Sequence[Group | Recurrence],
    buffers: Mapping[str, Buffer],
    kept: Collection[str],
    adjoints: Collection[str],
    readers: Mapping[str, Collection[str]],
) -> dict[str, Buffer]:
    """The buffers, with those of values in the place of what they overwrite.

    groups: in order of execution; readers: targets of all statements that read a name, those of other programs too
    """
    found = dict(buffers)
    viewed = {name for buffer in buffers.values() if buffer.view_of for name in (buffer.name, buffer.view_of)}
    shared = {name for name, buffer in buffers.items() if buffer.name != name}
    fixed = {*kept, *viewed, *shared, *(buffers[name].name for name in shared)}
    last = {name: number for number, group in enumerate(groups) for name in group.reads()}
    for number, group in enumerate(groups):
        if isinstance(group, Recurrence):
            continue
        dying = [name for name in _read(group) if last[name] == number and name not in fixed]
        alone = {name for name in dying if name in readers and set(readers[name]) <= set(group.defined)}
        own = alone - passing(group)
        for statement in group.statements:
            if statement.target in fixed or statement.accumulate:
                continue
            places = [
                name for name in dying if name in own or (statement.target in adjoints and name not in group.defined)
            ]
            place = next((name for name in places if _fits(name, statement, group, buffers)), None)
            if place is not None:
                dying.remove(place)
                found[statement.target] = replace(found[place], border=())
    return found


def _read(group: Group) -> list[str]:
    """What it reads, in order."""
    return list(dict.fromkeys(load.buffer for statement in group.statements for load in loads(statement.value)))


def _fits(name: str, statement: Assign, group: Group, buffers: Mapping[str, Buffer]) -> bool:
    old, new = buffers[name], buffers[statement.target]
    alike = (old.storage, old.shape, old.dtype) == (new.storage, new.shape, new.dtype) and old.storage == "workspace"
    return alike and overwrites(group, name, statement.target, {})
