"""Panels: a matrix that every step of a recurrence multiplies with is laid out once, as the products read it.

    for all t:  v[b, t, m] = sum[i](h[b, t - 1, i] * w[m, i])
->  panels[p, i, c] = w[32 p + c, i];  for all t:  v[b, t, 32 p + c] = sum[i](h[b, t - 1, i] * panels[p, i, c])

So is a matrix of each row of the batch, as the keys that attention compares a few queries at a time with.  A tile of a
product reads one panel from its beginning to its end.  Without panels each step would lay them out for itself, which
for the few rows of a step takes longer than the product.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, MutableMapping
from dataclasses import field, replace
from math import prod

from bpgen.algebra.records import dataclass
from bpgen.lower.classify import classify
from bpgen.lower.group import Group
from bpgen.lower.names import free_name
from bpgen.lower.rewrite import Substitution, plain_indices, reduction, transform
from bpgen.lower.scalar import Affine, Load, Loop, Scalar
from bpgen.lower.schedule import Assign, Buffer, size_of

COLUMNS = 32
"""Of a panel: a multiple of the columns of a tile, see templates/c/product.c.j2."""
LEAST = 4096
"""Numbers in a matrix that is worth a copy."""


@dataclass
class Panels:
    """Those of one recurrence.

    moving: what its steps define; buffers: of the program, grows by the panels; laid_out: panels of all programs
    copies: what fills the panels
    """

    moving: Collection[str]
    buffers: MutableMapping[str, Buffer]
    laid_out: MutableMapping[str, Buffer]
    copies: list[Group] = field(default_factory=list)
    known: dict[tuple[Load, tuple[str, ...]], str] = field(default_factory=dict)

    def used(self, group: Group) -> Group:
        """The group of a step, reading panels where it has a product with a matrix that is the same in all steps."""
        main = next((statement for statement in group.statements if statement.contraction is not None), None)
        if main is None or any(statement.loops for statement in group.statements):
            return group
        matrix, loops = self._matrix(main, group)
        if matrix is None:
            return group
        last = loops[-1]
        taken = [*(loop.name for loop in (*group.positions, *group.shared, *loops)), *group.defined]
        panel = Loop(free_name([f"{last.name}_panel"], taken), int(last.extent) // COLUMNS)
        column = Loop(free_name([f"{last.name}_column"], taken), COLUMNS)
        inside = Substitution({last.name: Affine(((panel.name, COLUMNS), (column.name, 1)))})
        assert main.contraction is not None
        apart = len(main.contraction.batch)  # loops over matrices
        around = (*loops[:apart], panel, *loops[apart:-1], column)
        name = self._panels(matrix, around, inside, main.numbers)
        read = Load(matrix.dtype, name, plain_indices(around))
        shared = (*group.shared[:-1], panel, column)

        def change(node: Scalar) -> Scalar | None:
            return read if node == matrix else None

        def rewritten(statement: Assign) -> Assign:
            value = statement.value
            if statement is main:
                value = transform(value, change)
            value = inside.scalar(value)
            indices = tuple(map(inside.index, statement.indices))
            changed = replace(statement, value=value, indices=indices, loops=shared, contraction=None)
            return replace(classify(changed) if statement is main else changed, loops=())

        return replace(group, shared=shared, statements=tuple(map(rewritten, group.statements)))

    def _matrix(self, main: Assign, group: Group) -> tuple[Load | None, tuple[Loop, ...]]:
        """The operand whose columns are the group's last loop, if it never changes, and the loops over it."""
        contraction, last = main.contraction, group.shared[-1]
        total = reduction(main.value)
        assert contraction is not None and total is not None
        columns = contraction.n if last.name in contraction.n else contraction.m
        matrix = contraction.right if last.name in contraction.n else contraction.left
        apart = tuple(loop for loop in group.shared if loop.name in contraction.batch)
        of_matrix = (*total.loops, last)
        constant = all(isinstance(loop.extent, int) for loop in of_matrix)
        begun = any(loop.start for loop in (*apart, *of_matrix))
        if columns != (last.name,) or not constant or begun or matrix.buffer in self.moving:
            return None, ()
        if set(_names(matrix)) != {loop.name for loop in (*apart, *of_matrix)}:
            return None, ()
        if int(last.extent) % COLUMNS or prod(int(loop.extent) for loop in of_matrix) < LEAST:
            return None, ()
        return matrix, (*apart, *of_matrix)

    def _panels(self, matrix: Load, around: tuple[Loop, ...], inside: Substitution, numbers: tuple[int, ...]) -> str:
        """The buffer that holds the matrix in panels, or more of them."""
        key = (matrix, tuple(loop.name for loop in around))
        shape = tuple(loop.extent for loop in around)
        if key not in self.known or size_of(self.buffers[self.known[key]].shape) < size_of(shape):
            others = (n for n, buffer in self.laid_out.items() if buffer.shape != shape)
            name = self.known[key] = free_name([f"{matrix.buffer}.panels"], [*self.buffers, *others])
            self.buffers[name] = self.laid_out[name] = Buffer(name, shape, matrix.dtype, "workspace")
            value = inside.scalar(matrix)
            copy = Assign(name, plain_indices(around), (), value, matrix.dtype, numbers=numbers)
            self.copies.append(Group(around, (copy,)))
        return self.known[key]


def _names(load: Load) -> Iterator[str]:
    for index in load.indices:
        if isinstance(index, Affine):
            yield from (name for name, _ in index.terms)
