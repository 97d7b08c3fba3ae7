"""Neighbouring loops that walk through every array as one loop would become that loop.

    for p < 14, q < 14:  y[k, p, q] = max(0, z[k, p, q])   ->   for pq < 196:  y[k, pq] = max(0, z[k, pq])

Long loops fill vectors; rows of 14 leave a part of each empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from bpgen.lower.names import free_name
from bpgen.lower.rewrite import loads, reductions, touched, transform
from bpgen.lower.scalar import Affine, IndexExpression, IndexValue, Indirect, Load, Loop, Reduce, Scalar, walk
from bpgen.lower.schedule import Assign, Formal, Kernel


def collapse(kernel: Kernel) -> Kernel:
    """The kernel with as few loops as its arrays allow.  Contractions have their own way through arrays."""
    if any(statement.contraction is not None for statement in kernel.statements):
        return kernel
    tried: set[tuple[str, str]] = set()
    while True:
        pair = next((found for found in _neighbours(kernel) if (found[0].name, found[1].name) not in tried), None)
        if pair is None:
            return kernel
        tried.add((pair[0].name, pair[1].name))
        joined = _Join.of(kernel, *pair)
        if joined is not None:
            kernel, tried = joined.kernel(kernel), set()


def _nests(kernel: Kernel) -> Iterator[tuple[Loop, ...]]:
    """Loops that stand directly inside each other."""
    yield kernel.loops
    for statement in kernel.statements:
        yield statement.loops
        for found in reductions(statement.value):
            yield found.loops


def _neighbours(kernel: Kernel) -> Iterator[tuple[Loop, Loop]]:
    for loops in _nests(kernel):
        for outer, inner in pairwise(loops):
            if isinstance(outer.extent, int) and isinstance(inner.extent, int) and not outer.start and not inner.start:
                yield outer, inner


@dataclass(frozen=True)
class _Join:
    """Two loops as one.  axes: of each formal that both walk through, the first of the two axes."""

    outer: Loop
    inner: Loop
    both: Loop
    axes: dict[str, int]

    @staticmethod
    def of(kernel: Kernel, outer: Loop, inner: Loop) -> _Join | None:
        """None where some array, some condition or some other nest keeps the loops apart."""
        pair = {outer.name, inner.name}
        for loops in _nests(kernel):
            if not _keeps_together(loops, outer, inner):
                return None
        if any(loop.name in pair for loop in kernel.positions) or _counted(kernel, pair):
            return None
        shapes = {formal.name: formal.shape for formal in kernel.formals}
        axes: dict[str, int] = {}
        accesses = list(_accesses(kernel))
        for name, indices in accesses:
            if not any(_mentions(index, pair) for index in indices):
                continue
            axis = _axis(indices, outer, inner)
            if axis is None or axes.setdefault(name, axis) != axis:
                return None
            if shapes[name][axis + 1] != inner.extent or not isinstance(shapes[name][axis], int):
                return None
            if any(_mentions(index, pair) for n, index in enumerate(indices) if n not in (axis, axis + 1)):
                return None
        for name, indices in accesses:
            if name in axes and not _is_pair(indices, axes[name]):
                return None
        assert isinstance(outer.extent, int) and isinstance(inner.extent, int)
        taken = {loop.name for loops in _nests(kernel) for loop in loops} | set(shapes)
        taken |= {loop.name for loop in kernel.positions} | {statement.target for statement in kernel.statements}
        name = free_name([outer.name + inner.name], taken)
        return _Join(outer, inner, Loop(name, outer.extent * inner.extent), axes)

    def kernel(self, kernel: Kernel) -> Kernel:
        return replace(
            kernel,
            formals=tuple(self._formal(formal) for formal in kernel.formals),
            loops=self._loops(kernel.loops),
            statements=tuple(self._statement(statement) for statement in kernel.statements),
        )

    def _formal(self, formal: Formal) -> Formal:
        axis = self.axes.get(formal.name)
        if axis is None:
            return formal
        first, second = formal.shape[axis : axis + 2]
        assert isinstance(first, int) and isinstance(second, int)
        return replace(formal, shape=(*formal.shape[:axis], first * second, *formal.shape[axis + 2 :]))

    def _statement(self, statement: Assign) -> Assign:
        return replace(
            statement,
            indices=self._indices(statement.target, statement.indices),
            loops=self._loops(statement.loops),
            value=self._scalar(statement.value),
        )

    def _scalar(self, scalar: Scalar) -> Scalar:
        def change(node: Scalar) -> Scalar | None:
            match node:
                case Load(buffer=buffer, indices=indices):
                    return replace(node, indices=self._indices(buffer, indices))
                case Reduce(loops=loops, body=body):
                    return replace(node, loops=self._loops(loops), body=transform(body, change))
                case _:
                    return None

        return transform(scalar, change)

    def _indices(self, buffer: str, indices: tuple[IndexExpression, ...]) -> tuple[IndexExpression, ...]:
        inside = tuple(Indirect(self._load(i.load)) if isinstance(i, Indirect) else i for i in indices)
        axis = self.axes.get(buffer)
        if axis is None:
            return inside
        high, low = inside[axis : axis + 2]
        assert isinstance(high, Affine) and isinstance(low, Affine) and isinstance(self.inner.extent, int)
        if high.variable == self.outer.name:
            merged = Affine(((self.both.name, 1),))
        else:
            scaled = tuple((name, coefficient * self.inner.extent) for name, coefficient in high.terms)
            merged = Affine((*scaled, *low.terms), high.constant * self.inner.extent + low.constant)
        return (*inside[:axis], merged, *inside[axis + 2 :])

    def _load(self, load: Load) -> Load:
        changed = self._scalar(load)
        assert isinstance(changed, Load)
        return changed

    def _loops(self, loops: tuple[Loop, ...]) -> tuple[Loop, ...]:
        if self.outer not in loops:
            return loops
        place = loops.index(self.outer)
        return (*loops[:place], self.both, *loops[place + 2 :])


def _keeps_together(loops: tuple[Loop, ...], outer: Loop, inner: Loop) -> bool:
    """Whether a nest has both loops next to each other, or neither."""
    names = [loop.name for loop in loops]
    if outer.name not in names and inner.name not in names:
        return True
    return any((first, second) == (outer, inner) for first, second in pairwise(loops))


def _counted(kernel: Kernel, pair: set[str]) -> bool:
    """Whether a loop variable is itself a number of the equations."""
    nodes = (node for statement in kernel.statements for node in walk(statement.value))
    return any(isinstance(node, IndexValue) and _mentions(node.index, pair) for node in nodes)


def _accesses(kernel: Kernel) -> Iterator[tuple[str, tuple[IndexExpression, ...]]]:
    formals = {formal.name for formal in kernel.formals}
    for statement in kernel.statements:
        if statement.target in formals:
            yield statement.target, statement.indices
        for load in touched(statement):
            if load.buffer in formals:
                yield load.buffer, load.indices


def _mentions(index: IndexExpression, names: set[str]) -> bool:
    if isinstance(index, Indirect):
        return any(_mentions(i, names) for load in loads(index.load) for i in load.indices)
    return any(name in names for name, _ in index.terms)


def _axis(indices: tuple[IndexExpression, ...], outer: Loop, inner: Loop) -> int | None:
    """Where the two loops walk along neighbouring axes."""
    for axis, (high, low) in enumerate(pairwise(indices)):
        if not isinstance(high, Affine) or not isinstance(low, Affine):
            continue
        if (high.variable, low.variable) == (outer.name, inner.name):
            return axis
    return None


def _is_pair(indices: tuple[IndexExpression, ...], axis: int) -> bool:
    """Whether an element is chosen along both axes by one loop each, as all of the tensor's others are."""
    high, low = indices[axis : axis + 2]
    return isinstance(high, Affine) and isinstance(low, Affine) and None not in (high.variable, low.variable)
