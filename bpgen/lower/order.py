"""The order of groups, and which updates may overwrite what they update.

A state's or parameter's next value takes its place in memory where every reader of the old value comes first.
So readers are ordered before the group that computes the next value, where that closes no circle; where it
would, the next value is kept apart and copied at the end of the step.

Among groups that may run, one that leaves no more memory in use than before it goes first: weight gradients run as
soon as they can, and give back what only they still read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bpgen.lower.group import Group
from bpgen.lower.recurrence import Recurrence
from bpgen.lower.rewrite import loads
from bpgen.lower.scalar import Affine, Load
from bpgen.lower.schedule import Assign

NONE: Mapping[str, str] = MappingProxyType({})


def order(
    groups: Sequence[Group | Recurrence],
    updates: Mapping[str, str],
    bases: Mapping[str, str] = NONE,
    sizes: Mapping[str, int] = MappingProxyType({}),
    chains: Mapping[str, str] = NONE,
) -> tuple[list[Group | Recurrence], dict[str, str]]:
    """Groups in an order of execution, stable; and {next value: what it overwrites} for updates done in place.

    updates: {parameter or state: name of its next value}; bases: of views, what they are views of
    sizes: of what takes memory between its first and its last use; chains: {target of its own name: what it writes}
    """
    home = {name: number for number, group in enumerate(groups) for name in group.defined}
    read = [{bases.get(name, name) for name in group.reads()} for group in groups]
    before: list[set[int]] = [{home[n] for n in names if n in home} - {i} for i, names in enumerate(read)]
    readers: dict[str, list[int]] = {}
    for number, names in enumerate(read):
        for name in sorted(names):
            readers.setdefault(name, []).append(number)
    wishes: dict[int, set[int]] = {}
    for state, value in updates.items():
        others = {reader for reader in readers.get(state, ()) if reader != home[value]}
        wishes.setdefault(home[value], set()).update(others)
    sequence = _sorted(before, wishes, _Memory(groups, read, sizes, chains))
    place = {number: position for position, number in enumerate(sequence)}
    in_place: dict[str, str] = {}
    for state, value in updates.items():
        writer = home[value]
        last = max((place[r] for r in readers.get(state, ())), default=-1)
        if value not in in_place and last <= place[writer] and overwrites(groups[writer], state, value, bases):
            in_place[value] = state
    return [groups[number] for number in sequence], in_place


class _Memory:
    """What running a group next would add to the memory in use."""

    def __init__(
        self,
        groups: Sequence[Group | Recurrence],
        read: Sequence[set[str]],
        sizes: Mapping[str, int],
        chains: Mapping[str, str],
    ) -> None:
        self.sizes = sizes
        self.reads = [sorted({chains.get(name, name) for name in names} & sizes.keys()) for names in read]
        readers: dict[str, set[int]] = {}
        for number, names in enumerate(self.reads):
            for name in names:
                readers.setdefault(name, set()).add(number)
        self.readers = readers
        self.written = []
        for number, group in enumerate(groups):
            going_on = {s.target for s in group.statements if s.follows}
            begun = sorted({chains.get(name, name) for name in group.defined if name not in going_on})
            self.written.append(sum(sizes.get(name, 0) for name in begun if readers.get(name, {number}) != {number}))

    def growth(self, number: int) -> int:
        freed = sum(self.sizes[name] for name in self.reads[number] if self.readers[name] == {number})
        return self.written[number] - freed

    def run(self, number: int) -> None:
        for name in self.reads[number]:
            self.readers[name].discard(number)


def _sorted(before: list[set[int]], wishes: Mapping[int, set[int]], memory: _Memory) -> list[int]:
    """Topological order by `before`, and by `wishes` as far as these close no circle.

    First what needs no more memory, then the smallest number.
    """
    needs = [set(b) | wishes.get(number, set()) for number, b in enumerate(before)]
    after: dict[int, list[int]] = {}
    for number, required in enumerate(needs):
        for other in sorted(required):
            after.setdefault(other, []).append(number)
    ready = [number for number, required in enumerate(needs) if not required]
    done: list[int] = []
    finished: set[int] = set()
    while len(done) < len(needs):
        if not ready:  # a circle: the first group that only a wish holds up goes without it
            held = (n for n in sorted(wishes) if n not in finished and needs[n] <= wishes[n])
            number = next(held)
            needs[number].clear()
            ready.append(number)
        growth = {number: memory.growth(number) for number in ready}
        number = min(ready, key=lambda n: (min(growth[n], 1), n))
        ready.remove(number)
        memory.run(number)
        done.append(number)
        finished.add(number)
        for other in after.get(number, ()):
            if other not in finished and number in needs[other]:
                needs[other].discard(number)
                if not needs[other]:
                    ready.append(other)
    return done


def overwrites(group: Group | Recurrence, state: str, value: str, bases: Mapping[str, str]) -> bool:
    """Whether, inside the group, all reads of the state are at the element and not after it is overwritten.

    Before that, another nest of loops may read elements that no other turn of the shared loops comes to.
    """
    if isinstance(group, Recurrence):
        return False  # it is read again in the next step
    position = group.defined.index(value)
    writer: Assign = group.statements[position]
    if writer.follows:
        return False
    for number, statement in enumerate(group.statements):
        for load in loads(statement.value):
            if bases.get(load.buffer) == state:
                return False
            if load.buffer == state:
                same = load.indices == writer.indices and statement.loops == writer.loops
                # In one nest, what it reads of another turn may be overwritten by then.
                apart = statement.loops != writer.loops
                earlier = number < position and apart and _in_same_turn(group, load, writer)
                if number > position or not (same or earlier):
                    return False
    return True


def _in_same_turn(group: Group, load: Load, writer: Assign) -> bool:
    """Whether what is read lies where the shared loops are at, as does what is written."""
    pairs = list(zip(load.indices, writer.indices, strict=True))
    same = {written.variable for read, written in pairs if isinstance(written, Affine) and read == written}
    return bool(writer.loops) and {loop.name for loop in group.shared} <= same
