"""Recurrences: statements that read each other's earlier elements along one axis, to be run step by step.

    z[b, t, j] = u[b, t, j] + sum[k](select(t >= 1, h[b, t - 1, k], 0) * U[j, k]);  h[b, t, j] = tanh(z[b, t, j])
->  for t in 0 ... 0:      z[b, t, j] = u[b, t, j];                                h[b, t, j] = tanh(z[b, t, j])
    for t in 1 ... T - 1:  z[b, t, j] = u[b, t, j] + sum[k](h[b, t - 1, k] U[j, k]);  h[b, t, j] = tanh(z[b, t, j])

The time loop leaves the statements, whose accesses keep t as a position; its range falls into stretches in which
every condition on t is known, so that none is left inside of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from bpgen.algebra.errors import LoweringError
from bpgen.algebra.records import dataclass
from bpgen.algebra.recurrence import Component
from bpgen.lower.cuts import cuts, ranges_of
from bpgen.lower.names import free_name
from bpgen.lower.rewrite import Renaming, reads, reduction, transform
from bpgen.lower.scalar import Affine, Load, Loop, Scalar
from bpgen.lower.schedule import Assign
from bpgen.lower.simplify import simplify

EARLIER = "@earlier"
"""What marks the name of a buffer where other steps' elements of it are read: no dependence inside a step."""


@dataclass(frozen=True)
class Stretch:
    """The statements of one step, in order, without the time loop, for the steps of a range."""

    loop: Loop
    statements: tuple[Assign, ...]


@dataclass(frozen=True)
class Recurrence:
    """Stretches, in the order in which they run; carried: names of what a step reads of other steps."""

    stretches: tuple[Stretch, ...]
    backwards: bool
    carried: frozenset[str]

    @property
    def statements(self) -> tuple[Assign, ...]:
        return tuple(statement for stretch in self.stretches for statement in stretch.statements)

    @property
    def defined(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(statement.target for statement in self.statements))

    def reads(self) -> set[str]:
        """Names of what it reads, its own values included."""
        return {name.removesuffix(EARLIER) for statement in self.statements for name in reads(statement)}


def parts(item: Assign | Recurrence) -> tuple[Assign, ...]:
    """The statements of a recurrence, or the one that it is."""
    return item.statements if isinstance(item, Recurrence) else (item,)


def unroll(component: Component, statements: Mapping[str, Assign]) -> Recurrence:
    """The recurrence that a component's statements make.  statements: by target, others among them."""
    members = [statements[name] for name in component.names]
    axes = dict(zip(component.names, component.axes, strict=True))
    times = {member.target: _time(member, axes[member.target]) for member in members}
    first = times[component.names[0]]
    taken = {loop.name for member in members for loop in _loops_of(member) if loop != times[member.target]}
    time = replace(first, name=free_name([first.name], taken))
    steps = [_step(member, times[member.target].name, time.name, axes) for member in members]
    places = sorted({place for step in steps for place in cuts(step.value, (time,)).get(time.name, ())})
    ends = [time.start, *places, time.start + int(time.extent)]
    stretches = [_stretch(steps, Loop(time.name, end - start, start)) for start, end in pairwise(ends)]
    earlier = {name for step in steps for name in reads(step) if name.endswith(EARLIER)}
    carried = frozenset(name.removesuffix(EARLIER) for name in earlier)
    ordered = tuple(reversed(stretches) if component.backwards else stretches)
    return Recurrence(ordered, component.backwards, carried)


def _time(member: Assign, axis: int) -> Loop:
    """The loop of a member that runs over the steps.  Raises LoweringError where it is in digits."""
    place = member.indices[axis]
    own = next((loop for loop in member.loops if place == Affine(((loop.name, 1),))), None)
    if own is None:
        raise LoweringError(
            f"{member.target}: a recurrence that reads digits of the number of a step is not lowered yet; "
            "pass lower.digits knows none of steps"
        )
    return own


def _loops_of(statement: Assign) -> tuple[Loop, ...]:
    found = reduction(statement.value)
    return (*statement.loops, *(found.loops if found else ()))


def _step(statement: Assign, own: str, time: str, axes: Mapping[str, int]) -> Assign:
    """The statement without its time loop, which becomes the position `time`; other steps' elements marked."""
    here = Affine(((time, 1),))

    def change(node: Scalar) -> Scalar | None:
        if isinstance(node, Load) and node.buffer in axes and node.indices[axes[node.buffer]] != here:
            return replace(node, buffer=node.buffer + EARLIER)
        return None

    renamed = Renaming({own: time}).statement(statement)
    loops = tuple(loop for loop in renamed.loops if loop.name != time)
    return replace(renamed, loops=loops, value=transform(renamed.value, change))


def _stretch(steps: Sequence[Assign], loop: Loop) -> Stretch:
    ranges = ranges_of((loop,))
    return Stretch(loop, tuple(replace(step, value=simplify(step.value, ranges)) for step in steps))


def reads_of(item: Assign | Recurrence) -> set[str]:
    """Names of what a statement, or all steps of a recurrence, read."""
    return reads(item) if isinstance(item, Assign) else item.reads()
