"""Groups: statements that will be one kernel, still over buffers named after their tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace

from bpgen.algebra.records import dataclass
from bpgen.lower.rewrite import lie_apart, loads, reads
from bpgen.lower.scalar import Load, Loop
from bpgen.lower.schedule import Assign


@dataclass(frozen=True)
class Group:
    """shared: the loops all statements run inside; each statement's `loops` are its own, inside these.

    positions: variables of the recurrence that it is a step of
    slices: (name, axis) of arrays of which each turn of its one loop needs its own slice alone (bpgen.lower.slices)
    """

    shared: tuple[Loop, ...]
    statements: tuple[Assign, ...]
    positions: tuple[Loop, ...] = ()
    slices: tuple[tuple[str, int], ...] = ()

    @property
    def defined(self) -> tuple[str, ...]:
        return tuple(statement.target for statement in self.statements)

    def reads(self) -> set[str]:
        """Names of what it reads, its own values included."""
        return set().union(*(reads(statement) for statement in self.statements))


@dataclass
class Draft:
    """A group while it grows."""

    shared: tuple[Loop, ...]
    statements: list[Assign] = field(default_factory=list)
    defined: dict[str, Assign] = field(default_factory=dict)
    has_contraction: bool = False

    def add(self, statement: Assign) -> None:
        """Take in a statement whose loops begin with the shared ones."""
        depth = len(self.shared)
        self.has_contraction |= statement.contraction is not None
        self.statements.append(statement)
        self.defined[statement.target] = statement
        assert statement.loops[:depth] == self.shared, "a statement's loops begin with the group's"

    def finish(self) -> Group:
        depth = len(self.shared)
        own = [replace(statement, loops=statement.loops[depth:]) for statement in self.statements]
        return Group(self.shared, tuple(_in_runs(own)))


def _in_runs(statements: list[Assign]) -> list[Assign]:
    """The statements in an order that keeps producers first, and those with the same loops together."""
    if len({statement.loops for statement in statements}) == 1:
        return statements
    waiting, ordered = list(statements), list[Assign]()
    while waiting:
        undone = {statement.target for statement in waiting}
        ready = [statement for statement in waiting if not reads(statement) & undone]
        alike = [statement for statement in ready if ordered and statement.loops == ordered[-1].loops]
        chosen = (alike or ready)[0]
        ordered.append(chosen)
        waiting.remove(chosen)
    return ordered


def runs(statements: Sequence[Assign]) -> list[list[Assign]]:
    """Statements next to each other that can share one loop nest of their own.

    They have the same own loops, and whatever one reads of another it reads at the element both are at.
    """
    found: list[list[Assign]] = []
    for statement in statements:
        if found and _shares_nest(found[-1], statement):
            found[-1].append(statement)
        else:
            found.append([*_carried(found, statement), statement])
    return [run for run in found if run]


def passing(group: Group) -> set[str]:
    """What is read nowhere but in the nest of loops that defines it, so that it need not be stored."""
    nest_of = {statement.target: number for number, nest in enumerate(runs(group.statements)) for statement in nest}
    found = set()
    for statement in group.statements:
        name = statement.target
        users = {nest_of[other.target] for other in group.statements if name in reads(other)}
        if not statement.loops or users <= {nest_of[name]}:
            found.add(name)
    return found


def _carried(found: list[list[Assign]], statement: Assign) -> list[Assign]:
    """Locals at the end of the last run: what they are for begins with this statement, and so does their scope."""
    carried: list[Assign] = []
    while found and found[-1] and found[-1][-1].local and found[-1][-1].loops == statement.loops != ():
        carried.insert(0, found[-1].pop())
    return carried


def _shares_nest(run: list[Assign], statement: Assign) -> bool:
    if run[-1].loops != statement.loops:
        return False
    own = {loop.name for loop in statement.loops}

    def in_step(load: Load, writer: Assign) -> bool:
        """Whether a nest may read it and write: the same element, or one that no turn of the nest comes to."""
        return load.indices == writer.indices or lie_apart(load.indices, writer.indices, lambda name: name not in own)

    written = {earlier.target: earlier for earlier in run if not earlier.local}
    read = [load for load in statement.loads if load.buffer in written]
    if not all(in_step(load, written[load.buffer]) for load in read):
        return False
    growing = {earlier.target for earlier in run if earlier.accumulate}
    if any(load.buffer in growing for load in read):
        return False
    # Nor may it overwrite what an earlier statement of the nest still reads elsewhere.
    return all(
        in_step(load, statement)
        for earlier in run
        for load in loads(earlier.value)
        if load.buffer == statement.target and not statement.local
    )
