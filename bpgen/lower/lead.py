"""The time of a recurrence leads: what its steps read and write is laid out by time, the rows of one step together.

    h[b, t, j] at h + (64 b + t) 128 + j   ->   at h + (B t + b) 128 + j

A step runs through rows that lie next to each other, in place of rows that are whole sequences apart; and a sum over
rows and time, as is the gradient of a weight, runs through memory as one loop does, also where it is of h[b, t - 1, k].
Loops over both take the same order.  Inputs, results and whatever outlives a program keep their places.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, MutableMapping
from dataclasses import field, replace
from typing import TypeVar

from bpgen.algebra.records import dataclass
from bpgen.lower.classify import classify
from bpgen.lower.recurrence import EARLIER, Recurrence, parts
from bpgen.lower.rewrite import Element, Indices, elements, statement_with_elements, transform
from bpgen.lower.scalar import BATCH, IndexExpression, Indirect, Loop, Reduce, Scalar
from bpgen.lower.schedule import Assign, Buffer, size_of

Statements = Mapping[str, Assign | Recurrence]
Item = TypeVar("Item")


def with_time_leading(
    statements: Statements, buffers: MutableMapping[str, Buffer], axes: Mapping[str, int], fixed: Collection[str]
) -> dict[str, Assign | Recurrence]:
    """The statements, and buffers, of the new layout.

    axes: of the tensors of recurrences, which one is time; fixed: names of what keeps its place
    """
    if not axes:
        return dict(statements)
    times = _Times(statements, dict(buffers))
    times.find(axes)
    held = {times.root(name) for name in fixed}
    moved = {root: axis for root, axis in times.axes.items() if root not in held and times.may_move(root, axis)}
    for name, buffer in buffers.items():
        if times.root(name) in moved:
            buffers[name] = replace(buffer, shape=_led(buffer.shape, moved[times.root(name)]), border=())
    order = _Order(times, moved)
    for item in statements.values():
        order.read |= {name for part in parts(item) if order.moves(part) for name, _ in elements(part)}
    changed = {id(item): order.changed(item) for item in statements.values()}
    return {name: changed[id(item)] for name, item in statements.items()}


def _led(items: tuple[Item, ...], axis: int) -> tuple[Item, ...]:
    return (items[axis], *items[:axis], *items[axis + 1 :])


@dataclass
class _Times:
    """Which axis of which tensor is time: of those of recurrences, and of what is read or written along with them.

    axes: by the buffer whose memory it is; crossed: tensors that some statement has at two times, as attention has
    """

    statements: Statements
    buffers: Mapping[str, Buffer]
    axes: dict[str, int] = field(default_factory=dict)
    crossed: set[str] = field(default_factory=set)

    def root(self, name: str) -> str:
        buffer = self.buffers[name.removesuffix(EARLIER)]
        return buffer.view_of or buffer.name

    def find(self, axes: Mapping[str, int]) -> None:
        members = {self.root(name): axis for name, axis in axes.items()}
        everything = [statement for item in self.statements.values() for statement in parts(item)]
        barred = -1
        while barred < len(self.crossed):  # what is crossed tells nothing, and all is found without it
            barred = len(self.crossed)
            self.axes = dict(members)
            known = 0
            while known < len(self.axes):
                known = len(self.axes)
                for statement in everything:
                    self._follow(statement, members)

    def _follow(self, statement: Assign, members: Collection[str]) -> None:
        """Learn from a statement the axes that its time moves along."""
        accesses = [(self.root(name), name, indices) for name, indices in elements(statement)]
        found = self.times(statement)
        if len(found) > 1:
            self.crossed |= {root for root, _, _ in accesses if root not in members}
        elif found:
            (time,) = found
            for root, name, indices in accesses:
                along = [axis for axis, index in enumerate(indices) if _shifted(index) == time]
                if (
                    root not in self.axes
                    and root not in self.crossed
                    and len(along) == 1
                    and self.alike(name, along[0])
                ):
                    self.axes[root] = along[0]

    def times(self, statement: Assign) -> set[str]:
        """The variables that are the time at which elements are read or written."""
        found = set()
        for name, indices in elements(statement):
            axis = self.axes.get(self.root(name))
            if axis is not None and self.alike(name, axis) and (time := _shifted(indices[axis])):
                found.add(time)
        return found

    def alike(self, name: str, axis: int) -> bool:
        """Whether a tensor, which may be a view, has rows, and the axes up to this one of that whose memory it is."""
        shape, own = self.buffers[self.root(name)].shape, self.buffers[name.removesuffix(EARLIER)].shape
        return shape[:1] == (BATCH,) and shape[: axis + 1] == own[: axis + 1]

    def may_move(self, root: str, axis: int) -> bool:
        """Whether the arena has it, with rows of several numbers, and every view of it shares the axes up to time."""
        own = self.buffers[root]
        same = all(self.alike(name, axis) for name in self.buffers if self.root(name) == root)
        wide = axis > 0 and size_of(_led(own.shape, axis)[1:]) > 1 and own.shape.count(BATCH) == 1
        return own.storage == "workspace" and wide and same


@dataclass
class _Order:
    """Statements with the elements of moved tensors where they are now, and loops in the order of these.

    read: what such statements read, whose own loops take that order too, so that they can be fused with them
    """

    times: _Times
    moved: Mapping[str, int]
    read: set[str] = field(default_factory=set)

    def moves(self, statement: Assign) -> bool:
        return any(self.times.root(name) in self.moved for name, _ in elements(statement))

    def changed(self, item: Assign | Recurrence) -> Assign | Recurrence:
        if isinstance(item, Assign):
            return self._statement(item)
        stretches = tuple(replace(s, statements=tuple(map(self._statement, s.statements))) for s in item.stretches)
        return replace(item, stretches=stretches)

    def _statement(self, statement: Assign) -> Assign:
        found = self.times.times(statement)
        moves = self.moves(statement)

        def ordered(loops: tuple[Loop, ...]) -> tuple[Loop, ...]:
            rows = next((n for n, loop in enumerate(loops) if loop.extent == BATCH), None)
            time = next((n for n, loop in enumerate(loops) if loop.name in found), None)
            if rows is None or time is None or time < rows:
                return loops
            return (*loops[:rows], loops[time], *loops[rows:time], *loops[time + 1 :])

        def change(node: Scalar) -> Scalar | None:
            if isinstance(node, Reduce) and moves and node.op != "argmax":  # whose result counts through its loops
                return replace(node, loops=ordered(node.loops), body=transform(node.body, change))
            return None

        changed = statement_with_elements(statement, self._place)
        loops = ordered(statement.loops) if moves or statement.target in self.read else statement.loops
        return classify(replace(changed, loops=loops, value=transform(changed.value, change)))

    def _place(self, name: str, indices: Indices) -> Element:
        root = self.times.root(name)
        return name, _led(indices, self.moved[root]) if root in self.moved else indices


def _shifted(index: IndexExpression) -> str | None:
    return None if isinstance(index, Indirect) else index.shifted
