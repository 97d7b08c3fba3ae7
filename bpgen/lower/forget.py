"""What a step of a recurrence computes for itself alone is forgotten with it: memory for one step, not for all.

    for all t:  z[b, t, j] = u[b, t, j] + sum[k](h[b, t - 1, k] U[j, k]);  h[b, t, j] = tanh(z[b, t, j])
->  for all t:  z@now[b, j] = ...;                                         h[b, t, j] = tanh(z@now[b, j])

where no other step reads z, and nothing outside.  The next step finds that memory in the cache, to write it again.
"""

from __future__ import annotations

from collections.abc import Collection, MutableMapping, Sequence
from dataclasses import replace

from bpgen.lower.classify import classify
from bpgen.lower.group import Group
from bpgen.lower.rewrite import Element, Indices, elements, statement_with_elements, variables
from bpgen.lower.scalar import Indirect, Load, Loop
from bpgen.lower.schedule import Assign, Buffer

NOW = "@now"
"""What marks the name of a buffer for the step that runs."""


def without_past(groups: Sequence[Group], kept: Collection[str], buffers: MutableMapping[str, Buffer]) -> list[Group]:
    """The kernels of all steps; kept: names of what others read, or other steps; buffers: grows by those of one step.

    What is written in parts, or added to, keeps its place.
    """
    statements = [(group, statement) for group in groups for statement in group.statements]
    axes: dict[str, int | None] = {}
    parts: set[str] = set()
    for group, statement in statements:
        parts |= {statement.follows, statement.target} if statement.follows or statement.accumulate else set()
        for name, indices in elements(statement):
            axis = _axis(indices, {loop.name for loop in group.positions})
            axes[name] = axis if axes.get(name, axis) == axis else None
    places: dict[str, tuple[str, int]] = {}
    for name in dict.fromkeys(statement.target for _, statement in statements if not statement.local):
        axis, whole = axes[name], buffers[name]
        if axis is not None and name not in (*kept, *parts) and whole.storage == "workspace":
            shape = (*whole.shape[:axis], *whole.shape[axis + 1 :])
            spare = whole.spare if axis < len(shape) else 0
            buffers[name + NOW] = Buffer(name + NOW, shape, whole.dtype, "workspace", spare=spare)
            places[name] = name + NOW, axis

    def place(name: str, indices: Indices) -> Element:
        now, axis = places.get(name, (name, len(indices)))
        return now, (*indices[:axis], *indices[axis + 1 :])

    def moved(statement: Assign, shared: tuple[Loop, ...]) -> Assign:
        changed = statement_with_elements(statement, place)
        if statement.contraction is None:
            return changed
        return replace(classify(replace(changed, loops=(*shared, *changed.loops))), loops=changed.loops)

    def changed(group: Group) -> Group:
        statements = tuple(moved(statement, group.shared) for statement in group.statements)
        return replace(group, statements=statements, positions=_used(group.positions, statements))

    return [changed(group) for group in groups]


def _used(positions: tuple[Loop, ...], statements: Sequence[Assign]) -> tuple[Loop, ...]:
    """Those that something still depends on."""
    values = (v for s in statements for v in (s.value, Load(s.dtype, s.target, s.indices)))
    names = {name for value in values for name in variables(value, {})}
    return tuple(position for position in positions if position.name in names)


def _axis(indices: Indices, times: Collection[str]) -> int | None:
    """The one axis at which an element is of the step that runs; None where it is not."""
    axes = [n for n, index in enumerate(indices) if not isinstance(index, Indirect) and index.variable in times]
    return axes[0] if len(axes) == 1 else None
