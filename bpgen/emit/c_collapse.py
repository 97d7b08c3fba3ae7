"""Neighbouring loops that walk through every array as one loop would become that loop.

    for p < 14, q < 14:  y[k, p, q] = max(0, z[k, p, q])   ->   for pq < 196:  y[k, 0, pq] = max(0, z[k, 0, pq])

Long loops fill vectors; rows of 14 leave a part of each empty.  Each nest of a kernel is looked at alone: one may walk
through an array by rows, where another one takes all rows as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from bpgen.algebra.records import dataclass
from bpgen.lower.names import free_name
from bpgen.lower.rewrite import elements, loads, reductions, transform
from bpgen.lower.scalar import Affine, IndexExpression, IndexValue, Indirect, Load, Loop, Reduce, Scalar, walk
from bpgen.lower.schedule import Assign, Kernel

Shapes = Mapping[str, Sequence[int | str]]
Indices = tuple[IndexExpression, ...]


def collapse(kernel: Kernel) -> Kernel:
    """The kernel with as few loops as its arrays allow.  Contractions have their own way through arrays."""
    if any(statement.contraction is not None for statement in kernel.statements):
        return kernel
    return _Collapse(kernel).run()


@dataclass(frozen=True)
class _Pair:
    """Two loops, and the one that they become."""

    outer: Loop
    inner: Loop
    both: Loop

    @property
    def names(self) -> set[str]:
        return {self.outer.name, self.inner.name}

    def loops(self, loops: tuple[Loop, ...]) -> tuple[Loop, ...]:
        place = loops.index(self.outer)
        return (*loops[:place], self.both, *loops[place + 2 :])

    def axis(self, indices: Indices) -> int | None:
        """Where the two walk along neighbouring axes."""
        for axis, (high, low) in enumerate(pairwise(indices)):
            if (_variable(high), _variable(low)) == (self.outer.name, self.inner.name):
                return axis
        return None

    def indices(self, indices: Indices) -> Indices:
        """[c, p, q] -> [c, 0, pq], which is beyond the axis of q, but the same place in memory."""
        inside = tuple(Indirect(self.load(i.load)) if isinstance(i, Indirect) else i for i in indices)
        axis = self.axis(inside)
        if axis is None:
            return inside
        return (*inside[:axis], Affine(), Affine(((self.both.name, 1),)), *inside[axis + 2 :])

    def load(self, load: Load) -> Load:
        return replace(load, indices=self.indices(load.indices))

    def scalar(self, scalar: Scalar) -> Scalar:
        return transform(scalar, lambda node: self.load(node) if isinstance(node, Load) else None)

    def statement(self, statement: Assign) -> Assign:
        return replace(statement, indices=self.indices(statement.indices), value=self.scalar(statement.value))

    def suits(self, indices: Indices, shape: Sequence[int | str]) -> bool:
        """Whether an array is walked through by both as by one, or by neither."""
        moved = [axis for axis, index in enumerate(indices) if _mentions(index, self.names)]
        axis = self.axis(indices)
        return not moved or (axis is not None and moved == [axis, axis + 1] and shape[axis + 1] == self.inner.extent)


class _Collapse:
    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.shapes: Shapes = {formal.name: formal.shape for formal in kernel.formals}
        self.fixed = {loop.name for loop in kernel.positions}
        self.taken = {loop.name for loops in _nests(kernel) for loop in loops} | set(self.shapes) | self.fixed
        self.taken |= {statement.target for statement in kernel.statements}
        self.both: dict[tuple[Loop, Loop], Loop] = {}
        self.held = {name: _held(kernel, name) for name in _targets(kernel)}

    def run(self) -> Kernel:
        kernel = self.kernel
        statements = list(kernel.statements)
        loops = kernel.loops
        while (pair := self.found(loops, statements)) is not None:
            loops = pair.loops(loops)
            statements = [pair.statement(statement) for statement in statements]
        for own in dict.fromkeys(statement.loops for statement in statements):
            places = [n for n, statement in enumerate(statements) if statement.loops == own]
            current = own
            while (pair := self.found(current, [statements[n] for n in places])) is not None:
                current = pair.loops(current)
                for n in places:
                    statements[n] = replace(pair.statement(statements[n]), loops=current)
        statements = [replace(s, value=transform(s.value, self.reduction)) for s in statements]
        return replace(kernel, loops=loops, statements=tuple(statements))

    def reduction(self, node: Scalar) -> Scalar | None:
        if not isinstance(node, Reduce):
            return None
        while (pair := self.found(node.loops, [node])) is not None:
            node = replace(node, loops=pair.loops(node.loops), body=pair.scalar(node.body))
        return node

    def found(self, loops: tuple[Loop, ...], walked: Iterable[Assign | Scalar]) -> _Pair | None:
        """Two loops next to each other that all which stands inside them lets become one."""
        for outer, inner in pairwise(loops):
            if isinstance(outer.extent, int) and isinstance(inner.extent, int) and not outer.start and not inner.start:
                pair = self.pair(outer, inner)
                if not pair.names & self.fixed and all(self.suits(pair, item) for item in walked):
                    self.both[outer, inner] = pair.both
                    self.taken.add(pair.both.name)
                    return pair
        return None

    def pair(self, outer: Loop, inner: Loop) -> _Pair:
        """The same loops become the same loop in every nest."""
        both = self.both.get((outer, inner))
        if both is None:
            name = free_name([outer.name + inner.name], self.taken)
            both = Loop(name, int(outer.extent) * int(inner.extent))
        return _Pair(outer, inner, both)

    def suits(self, pair: _Pair, item: Assign | Scalar) -> bool:
        value = item.value if isinstance(item, Assign) else item
        if any(isinstance(node, IndexValue) and _mentions(node.index, pair.names) for node in walk(value)):
            return False  # the variable is itself a number of the equations
        places = [(load.buffer, load.indices) for load in loads(value)]
        if isinstance(item, Assign) and not item.local:
            places.append((item.target, item.indices))
            looked_up = [index.load for index in item.indices if isinstance(index, Indirect)]
            places += [(load.buffer, load.indices) for index in looked_up for load in loads(index)]
        # What is written at [c, 0, pq] would seem to be apart from what is read at [c, 1, q].
        held = any(pair.axis(indices) in self.held.get(name, ()) for name, indices in places)
        return not held and all(pair.suits(indices, self.shapes[name]) for name, indices in places)


def _targets(kernel: Kernel) -> list[str]:
    """The arrays that a kernel writes."""
    return [statement.target for statement in kernel.statements if not statement.local]


def _held(kernel: Kernel, name: str) -> set[int]:
    """The axes of an array that some access of it has at a place that no loop moves."""
    accesses = (indices for s in kernel.statements for found, indices in elements(s) if found == name)
    return {n for indices in accesses for n, i in enumerate(indices) if isinstance(i, Affine) and not i.terms}


def _nests(kernel: Kernel) -> Iterator[tuple[Loop, ...]]:
    """Loops that stand directly inside each other."""
    yield kernel.loops
    for statement in kernel.statements:
        yield statement.loops
        for found in reductions(statement.value):
            yield found.loops


def _variable(index: IndexExpression) -> str | None:
    return index.variable if isinstance(index, Affine) else None


def _mentions(index: IndexExpression, names: set[str]) -> bool:
    if isinstance(index, Indirect):
        return any(_mentions(i, names) for load in loads(index.load) for i in load.indices)
    return any(name in names for name, _ in index.terms)
