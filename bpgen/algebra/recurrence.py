"""Recurrences: tensors that read themselves, or each other, at an earlier or a later place along one axis.

    h[b, t, j] = tanh(z[b, t, j])        z[b, t, j] = u[b, t, j] + sum[k](h[b, t-1, k] * U[j, k])

The equations that read each other are a strongly connected component of the graph of reads.  It can be computed
step by step where all of them move along one axis: each read within the component lies a constant lag
behind (then t rises) or ahead (then it falls), and at the same t each reads only what stands before it.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from sympy import Expr

from bpgen.algebra.errors import InternalError
from bpgen.algebra.expressions import accesses
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.records import dataclass

if TYPE_CHECKING:
    from bpgen.algebra.system import Equation


@dataclass(frozen=True)
class Component:
    """A recurrence: its equations stand next to each other in the system, in this order.

    names: its tensors; axes: for each of them, which of its axes is time; extent: how many steps
    backwards: t falls from step to step (reads lie ahead: t + 1); lag: how far away the furthest read lies
    """

    names: tuple[str, ...]
    axes: tuple[int, ...]
    extent: Expr
    backwards: bool
    lag: int

    def axis(self, name: str) -> int:
        """Which axis of one of its tensors is time."""
        return self.axes[self.names.index(name)]


@dataclass(frozen=True)
class Read:
    """reader[...] = ... tensor[indices] ..."""

    reader: str
    tensor: str
    indices: tuple[Expr, ...]


@dataclass(frozen=True)
class Refusal:
    """Why tensors that read each other are no recurrence: the read that is at fault.

    reason: "same" (at the same t), "mixed" (behind and ahead), "batch" (along the batch, whose extent is not known) or
        "axis" (no constant lag along one axis)
    index: the name of the reader's index that comes nearest to time, or ""
    """

    reason: str
    read: Read
    index: str = ""


def components(equations: Iterable[Equation]) -> tuple[Component, ...]:
    """The recurrences among equations, in their order.  Raises InternalError for a circle that is none."""
    found = []
    defining = {equation.tensor.name: equation for equation in equations}
    for names in circles({name: equation.reads for name, equation in defining.items()}):
        inside = frozenset(names)
        reads = [
            Read(name, access.tensor, access.indices)
            for name in names
            for access in accesses(defining[name].rhs)
            if access.tensor in inside
        ]
        component = analyse(names, {name: defining[name].indices for name in names}, reads)
        if isinstance(component, Refusal):
            read = component.read
            place = ", ".join(map(str, read.indices))
            raise InternalError(
                f"{defining[read.reader]}\n  reads {read.tensor}[{place}] before it is defined, "
                f"and that is no step of a recurrence ({component.reason})"
            )
        found.append(component)
    return tuple(found)


def analyse(names: Sequence[str], left: Mapping[str, tuple[Index, ...]], reads: Sequence[Read]) -> Component | Refusal:
    """The component of tensors that read each other; or why it is none.

    names: in the order in which they are computed at one t; left: their left-hand indices
    reads: all reads of them by them
    """
    refusals: list[tuple[int, Refusal]] = []
    for axis, index in enumerate(left[names[0]]):
        axes, stray = _time_axes(names[0], axis, left, reads)
        if stray is not None:
            refusals.append((0, Refusal("axis", stray, index.name)))
            continue
        lags = [_lag(read, left, axes) for read in reads]
        position = {name: n for n, name in enumerate(names)}
        early = [r for r, lag in zip(reads, lags, strict=True) if lag == 0 and position[r.tensor] >= position[r.reader]]
        ahead = [read for read, lag in zip(reads, lags, strict=True) if lag < 0]
        if ahead and max(lags) > 0:
            refusals.append((3, Refusal("mixed", ahead[0], left[ahead[0].reader][axes[ahead[0].reader]].name)))
        elif early:
            moved = 2 if any(lags) else 1
            refusals.append((moved, Refusal("same", early[0], left[early[0].reader][axes[early[0].reader]].name)))
        elif index.extent == BATCH:
            refusals.append(
                (4, Refusal("batch", next(r for r, lag in zip(reads, lags, strict=True) if lag), index.name))
            )
        else:
            return Component(
                tuple(names), tuple(axes[name] for name in names), index.extent, bool(ahead), max(map(abs, lags))
            )
    if not refusals:
        return Refusal("axis", reads[0])
    # The axis that comes nearest to being time explains best.
    return max(reversed(refusals), key=lambda item: item[0])[1]


def _time_axes(
    name: str, axis: int, left: Mapping[str, tuple[Index, ...]], reads: Sequence[Read]
) -> tuple[dict[str, int], Read | None]:
    """The time axis of every tensor, when that of one is given; and a read that does not follow it, if there is one."""
    axes = {name: axis}
    by_reader: dict[str, list[Read]] = {}
    for read in reads:
        by_reader.setdefault(read.reader, []).append(read)
    pending = [name]
    while pending:
        reader = pending.pop()
        time = left[reader][axes[reader]]
        for read in by_reader.get(reader, ()):
            along = [n for n, index in enumerate(read.indices) if (index - time).is_Integer]
            known = axes.get(read.tensor)
            fits = known in along if known is not None else bool(along)
            if not fits or left[read.tensor][along[0] if known is None else known].extent != time.extent:
                return axes, read
            if known is None:
                axes[read.tensor] = along[0]
                pending.append(read.tensor)
    return axes, None


def _lag(read: Read, left: Mapping[str, tuple[Index, ...]], axes: Mapping[str, int]) -> int:
    """How far behind the reader's t a read lies; negative where it lies ahead."""
    return int(left[read.reader][axes[read.reader]] - read.indices[axes[read.tensor]])


def circles(reads: Mapping[str, Collection[str]]) -> tuple[tuple[str, ...], ...]:
    """The groups of names that read each other, or themselves; each in the given order, groups by their first.

    reads: for each name what it reads, names that are no key being known.  Takes time linear in all reads.
    """
    position = {name: n for n, name in enumerate(reads)}
    if all(position.get(read, -1) < n for n, below in enumerate(reads.values()) for read in below):
        return ()
    groups = _strongly_connected({name: [r for r in below if r in reads] for name, below in reads.items()})
    closed = (group for group in groups if len(group) > 1 or group[0] in reads[group[0]])
    ordered = (tuple(sorted(group, key=lambda name: position[name])) for group in closed)
    return tuple(sorted(ordered, key=lambda group: position[group[0]]))


def _strongly_connected(graph: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Tarjan (1972), without recursion."""
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    waiting: set[str] = set()
    groups: list[list[str]] = []
    for root in graph:
        if root in order:
            continue
        order[root] = lowest[root] = len(order)
        stack.append(root)
        waiting.add(root)
        path = [(root, iter(graph[root]))]
        while path:
            node, rest = path[-1]
            below = next(rest, None)
            if below is None:
                path.pop()
                if path:
                    lowest[path[-1][0]] = min(lowest[path[-1][0]], lowest[node])
                if lowest[node] == order[node]:
                    group: list[str] = []
                    while not group or group[-1] != node:
                        group.append(stack.pop())
                    waiting.difference_update(group)
                    groups.append(group)
            elif below not in order:
                order[below] = lowest[below] = len(order)
                stack.append(below)
                waiting.add(below)
                path.append((below, iter(graph[below])))
            elif below in waiting:
                lowest[node] = min(lowest[node], order[below])
    return groups


def arrange(equations: Sequence[Equation]) -> tuple[Equation, ...]:
    """The equations with those of each recurrence next to each other, otherwise as near to their order as may be."""
    groups = circles({equation.tensor.name: equation.reads for equation in equations})
    if not groups and not _reads_ahead(equations):
        return tuple(equations)
    head = {name: group[0] for group in groups for name in group}
    members: dict[str, list[Equation]] = {}
    for equation in equations:
        members.setdefault(head.get(equation.tensor.name, equation.tensor.name), []).append(equation)
    rank = {name: n for n, name in enumerate(members)}
    needs = {
        name: {head.get(read, read) for equation in group for read in equation.reads} & members.keys() - {name}
        for name, group in members.items()
    }
    readers: dict[str, list[str]] = {name: [] for name in members}
    for name, needed in needs.items():
        for read in sorted(needed):
            readers[read].append(name)
    missing = {name: len(needed) for name, needed in needs.items()}
    ready = [(rank[name], name) for name, count in missing.items() if not count]
    heapq.heapify(ready)
    ordered: list[Equation] = []
    while ready:
        _, name = heapq.heappop(ready)
        ordered += members[name]
        for reader in readers[name]:
            missing[reader] -= 1
            if not missing[reader]:
                heapq.heappush(ready, (rank[reader], reader))
    return tuple(ordered)


def _reads_ahead(equations: Sequence[Equation]) -> bool:
    """Whether an equation reads what stands behind it."""
    position = {equation.tensor.name: n for n, equation in enumerate(equations)}
    return any(position.get(read, -1) > n for n, equation in enumerate(equations) for read in equation.reads)


def downstream(equations: Iterable[Equation], names: Iterable[str]) -> set[str]:
    """The names, and the tensors that depend on them, recurrences included."""
    readers: dict[str, list[str]] = {}
    for equation in equations:
        for read in equation.reads:
            readers.setdefault(read, []).append(equation.tensor.name)
    return _closure(names, readers)


def upstream(equations: Iterable[Equation], names: Iterable[str]) -> set[str]:
    """The names, and all that they depend on, recurrences included."""
    return _closure(names, {equation.tensor.name: equation.reads for equation in equations})


def _closure(names: Iterable[str], graph: Mapping[str, Sequence[str]]) -> set[str]:
    reached = set(names)
    pending = list(reached)
    while pending:
        for other in graph.get(pending.pop(), ()):
            if other not in reached:
                reached.add(other)
                pending.append(other)
    return reached
