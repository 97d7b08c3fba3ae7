"""Recurrences: statements that read each other's earlier elements along one axis, to be run step by step.

    z[b, t, j] = u[b, t, j] + sum[k](select(t >= 1, h[b, t - 1, k], 0) * U[j, k]);  h[b, t, j] = tanh(z[b, t, j])
->  for t in 0 ... 0:      z[b, t, j] = u[b, t, j];                                h[b, t, j] = tanh(z[b, t, j])
    for t in 1 ... T - 1:  z[b, t, j] = u[b, t, j] + sum[k](h[b, t - 1, k] U[j, k]);  h[b, t, j] = tanh(z[b, t, j])

The time loop leaves the statements, whose accesses keep t as a position; its range falls into stretches in which
every condition on t is known, so that none is left inside of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from bpgen.algebra.errors import LoweringError
from bpgen.lower.cuts import cuts, ranges_of
from bpgen.lower.names import free_name
from bpgen.lower.rewrite import Renaming, loads, reads, reduction, transform
from bpgen.lower.scalar import Affine, IndexExpression, Load, Loop, Scalar
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


def find_recurrences(statements: Mapping[str, Assign]) -> list[tuple[str, ...]]:
    """The targets of statements that read each other in a circle, each circle in the order of the statements."""
    below = {name: sorted(reads(s) & statements.keys()) for name, s in statements.items()}
    circles = [circle for circle in _components(below) if len(circle) > 1 or circle[0] in below[circle[0]]]
    place = {name: number for number, name in enumerate(statements)}
    return sorted((tuple(sorted(circle, key=place.__getitem__)) for circle in circles), key=lambda c: place[c[0]])


def _components(below: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Strongly connected components (Tarjan 1972), without recursion: networks may be deep."""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    path: list[str] = []
    on_path: set[str] = set()
    found: list[list[str]] = []
    for root in below:
        work = [(root, iter(below[root]))] if root not in number else []
        while work:
            name, rest = work[-1]
            if name not in number:
                number[name] = lowest[name] = len(number)
                path.append(name)
                on_path.add(name)
            following = next(rest, None)
            if following is None:
                work.pop()
                if work:
                    lowest[work[-1][0]] = min(lowest[work[-1][0]], lowest[name])
                if lowest[name] == number[name]:
                    component = path[path.index(name) :]
                    del path[path.index(name) :]
                    on_path -= set(component)
                    found.append(component)
            elif following not in number:
                work.append((following, iter(below[following])))
            elif following in on_path:
                lowest[name] = min(lowest[name], number[following])
    return found


def unroll(statements: Sequence[Assign]) -> Recurrence:
    """The recurrence that statements in a circle make.  Raises LoweringError where they have no common time axis."""
    members = {statement.target: statement for statement in statements}
    axes, order, backwards = _time_axes(members)
    times = {name: members[name].loops[axis] for name, axis in axes.items()}
    first = times[order[0]]
    taken = {loop.name for s in statements for loop in _loops_of(s) if loop != times[s.target]}
    time = replace(first, name=free_name([first.name], taken))
    steps = [_step(members[name], times[name].name, time.name, axes) for name in order]
    places = sorted({place for step in steps for place in cuts(step.value, (time,)).get(time.name, ())})
    ends = [time.start, *places, time.start + int(time.extent)]
    stretches = [_stretch(steps, Loop(time.name, end - start, start)) for start, end in pairwise(ends)]
    earlier = {name for step in steps for name in reads(step) if name.endswith(EARLIER)}
    carried = frozenset(name.removesuffix(EARLIER) for name in earlier)
    return Recurrence(tuple(reversed(stretches) if backwards else stretches), backwards, carried)


def _loops_of(statement: Assign) -> tuple[Loop, ...]:
    found = reduction(statement.value)
    return (*statement.loops, *(found.loops if found else ()))


def _time_axes(members: Mapping[str, Assign]) -> tuple[dict[str, int], list[str], bool]:
    """The time axis of each member, their order in a step, and whether steps run backwards.

    The first choice that every access allows.
    """
    first = next(iter(members.values()))
    for axis, loop in enumerate(first.loops):
        axes = _spread(members, axis) if isinstance(loop.extent, int) else None
        if axes is None:
            continue
        shifts = [(name, load.buffer, shift) for name in members for load, shift in _shifts(members[name], axes)]
        order = _step_order(members, [(name, read) for name, read, shift in shifts if shift == 0])
        for backwards in (False, True):
            if order and all(shift >= 0 if backwards else shift <= 0 for _, _, shift in shifts):
                return axes, order, backwards
    raise LoweringError(
        f"{', '.join(members)}: these tensors read each other, and along none of their axes does each read only steps "
        "before its own (t - 1, t - 2, ...), or only steps after it (t + 1, ...); give every one of them the axis t, "
        "and read it at t minus a constant"
    )


def _spread(members: Mapping[str, Assign], axis: int) -> dict[str, int] | None:
    """The axis of each member along which it is read at its reader's time plus a constant; None for no such axes."""
    axes = {next(iter(members)): axis}
    waiting = list(axes)
    while waiting:
        name = waiting.pop()
        time = members[name].loops[axes[name]]
        for load in loads(members[name].value):
            if load.buffer not in members:
                continue
            at = [place for place, index in enumerate(load.indices) if _shift(index, time.name) is not None]
            if len(at) != 1 or axes.get(load.buffer, at[0]) != at[0]:
                return None
            if members[load.buffer].loops[at[0]].extent != time.extent:
                return None
            if load.buffer not in axes:
                axes[load.buffer] = at[0]
                waiting.append(load.buffer)
    return axes


def _shift(index: IndexExpression, time: str) -> int | None:
    """c where the index is t + c."""
    return index.constant if isinstance(index, Affine) and index.terms == ((time, 1),) else None


def _shifts(statement: Assign, axes: Mapping[str, int]) -> Iterator[tuple[Load, int]]:
    """Every read of a member, with how many steps after the statement's own it is."""
    time = statement.loops[axes[statement.target]].name
    for load in loads(statement.value):
        if load.buffer in axes:
            shift = _shift(load.indices[axes[load.buffer]], time)
            assert shift is not None, "time axes have been found"
            yield load, shift


def _step_order(members: Mapping[str, Assign], needs: Collection[tuple[str, str]]) -> list[str]:
    """The members with each after what it needs in the same step, as they stand as far as can be; [] for a circle."""
    order: list[str] = []
    while len(order) < len(members):
        waiting = [name for name in members if name not in order]
        ready = (n for n in waiting if all(need in order for user, need in needs if user == n))
        name = next(ready, None)
        if name is None:
            return []
        order.append(name)
    return order


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
