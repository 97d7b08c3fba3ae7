"""Values of terms: expressions with rows and columns, and how two of them are joined.

The vector of ones is as long as what it meets: its axis is open, and takes the place of any other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sympy import Expr, Integer, Symbol

from bpgen.algebra.expressions import Access, fresh_index, rename, sum_over
from bpgen.algebra.functions import equal
from bpgen.algebra.index import Index
from bpgen.algebra.records import dataclass
from bpgen.algebra.system import Tensor
from bpgen.claims.tree import Term

OPEN = Symbol("any", integer=True, positive=True)


class Misfit(Exception):
    """Shapes that do not fit, or an index that nothing binds.  kind: of slip, as far as this says it."""

    def __init__(self, kind: str, message: str, term: Term) -> None:
        super().__init__(message)
        self.kind, self.message, self.term = kind, message, term


@dataclass(frozen=True)
class Value:
    """An expression over its axes.  diagonal: what stands on the diagonal, over the rows, where all else is 0."""

    expression: Expr
    rows: tuple[Index, ...] = ()
    columns: tuple[Index, ...] = ()
    diagonal: Expr | None = None

    @property
    def axes(self) -> tuple[Index, ...]:
        return self.rows + self.columns

    @property
    def extents(self) -> tuple[Expr, ...]:
        return tuple(axis.extent for axis in self.axes)

    @property
    def is_open(self) -> bool:
        return OPEN in self.extents

    def at(self, axes: tuple[Index, ...]) -> Expr:
        """The expression with other indices in place of its axes."""
        return rename(self.expression, dict(zip(self.axes, axes, strict=True)))

    def with_expression(self, expression: Expr) -> Value:
        return Value(expression, self.rows, self.columns)

    def turned(self) -> Value:
        if self.diagonal is not None:
            return self
        return Value(self.expression, self.columns, self.rows)

    def fits(self, axes: tuple[Index, ...]) -> bool:
        """Whether it has those extents, or open axes for them."""
        return len(self.axes) == len(axes) and all(
            extent in (axis.extent, OPEN) for extent, axis in zip(self.extents, axes, strict=True)
        )


def ones() -> Value:
    return Value(Integer(1), (fresh_index(OPEN),))


def shape_text(value: Value) -> str:
    return f"[{', '.join(map(str, value.extents))}]" if value.axes else "a number"


def fresh(tensor: Tensor) -> Value:
    """A tensor as a value: its last axis are the columns, unless it is a vector; integer labels stand one-hot."""
    axes = tuple(fresh_index(axis.extent) for axis in tensor.axes)
    element: Expr = Access(tensor.atom, *axes)
    if tensor.dtype == "int32" and tensor.classes is not None:
        place = fresh_index(tensor.classes)
        return Value(equal(place, element), axes, (place,))
    return Value(element, axes[:-1], axes[-1:]) if len(axes) > 1 else Value(element, axes)


def row_of(tensor: Tensor, sample: Index) -> Value:
    """One sample's part of a tensor: a vector is a column."""
    axes = tuple(fresh_index(axis.extent) for axis in tensor.axes[1:])
    element = Access(tensor.atom, sample, *axes)
    return Value(element, axes[:-1], axes[-1:]) if len(axes) > 1 else Value(element, axes)


def diagonal(vector: Value, term: Term) -> Value:
    """diag(v), or of a matrix the vector on its diagonal."""
    if len(vector.axes) != 1:
        raise Misfit("shape", f"diag takes a vector, not {shape_text(vector)}", term)
    (row,) = vector.axes
    column = fresh_index(row.extent)
    return Value(vector.expression * equal(row, column), (row,), (column,), vector.expression)


def elementwise(left: Value, right: Value, join: Callable[[Expr, Expr], Expr], term: Term) -> Value:
    """Element by element; what has fewer axes, or one of length 1, serves the others' alike."""
    wide, narrow = (left, right) if len(left.axes) >= len(right.axes) else (right, left)
    mapping: dict[Index, Expr] = {}
    stretched: dict[Index, Index] = {}
    offset = len(wide.axes) - len(narrow.axes)
    for axis, other in zip(wide.axes[offset:], narrow.axes, strict=True):
        if axis.extent == other.extent:
            mapping[other] = axis
        elif other.extent in (1, OPEN):
            mapping[other] = Integer(0)
        elif axis.extent in (1, OPEN):
            stretched[axis] = other
        else:
            shapes = f"{shape_text(left)} and {shape_text(right)}"
            raise Misfit("product", f"the shapes {shapes} do not fit element by element", term)
    first = rename(wide.expression, dict.fromkeys(stretched, Integer(0)))
    second = rename(narrow.expression, mapping)
    joined = join(first, second) if wide is left else join(second, first)
    rows, columns = (tuple(stretched.get(axis, axis) for axis in part) for part in (wide.rows, wide.columns))
    return Value(joined, rows, columns)


def matrix_product(left: Value, right: Value, term: Term) -> Value:
    """The columns of the left factor summed against the rows of the right one."""
    scaled = _by_diagonal(left, right)
    if scaled is not None:
        return scaled
    inner, outer = left.columns, right.rows
    columns_alone = not inner and not right.columns and left.rows
    if columns_alone and not left.is_open and left.extents == right.extents:
        return elementwise(left, right, lambda a, b: a * b, term)  # two columns: y log p
    first, second = (tuple(axis.extent for axis in part) for part in (inner, outer))
    if first and second and OPEN in (*first, *second):
        over = outer if OPEN in first else inner
        if OPEN in (axis.extent for axis in over):
            raise Misfit("shape", "how long the ones are does not follow", term)
        return Value(sum_over(left.expression * right.expression, over), left.rows, right.columns)
    if first != second:
        if left.extents == right.extents:
            return elementwise(left, right, lambda a, b: a * b, term)
        shapes = f"{shape_text(left)} and {shape_text(right)}"
        raise Misfit("transpose", f"the shapes {shapes} do not fit in a matrix product", term)
    body = left.expression * rename(right.expression, dict(zip(outer, inner, strict=True)))
    return Value(sum_over(body, inner), left.rows, right.columns)


def _by_diagonal(left: Value, right: Value) -> Value | None:
    """diag(v) A scales the rows of A, A diag(v) its columns."""
    if left.diagonal is not None and [axis.extent for axis in left.columns] == [axis.extent for axis in right.rows]:
        scale = rename(left.diagonal, dict(zip(left.rows, right.rows, strict=True)))
        inside = None if right.diagonal is None else right.diagonal * scale
        return replace(right, expression=right.expression * scale, diagonal=inside)
    if right.diagonal is not None and [axis.extent for axis in left.columns] == [axis.extent for axis in right.rows]:
        scale = rename(right.diagonal, dict(zip(right.rows, left.columns, strict=True)))
        return left.with_expression(left.expression * scale)
    return None
