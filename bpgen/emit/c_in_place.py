"""Tiles that are multiplied in the array that they are written to, not beside it.

y[b, k, p, q] = sum[...](...) + c[k]         sums begin with c[k], and end as y
y[b, k, p, q] = max(0, sum[...](...))        sums end as y, then each element becomes max(0, y)
"""

from __future__ import annotations

from collections.abc import Sequence

from bpgen.algebra.records import dataclass
from bpgen.emit.c_expressions import Expressions, Stride
from bpgen.emit.c_steps import Steps
from bpgen.lower.rewrite import reduction, variables
from bpgen.lower.scalar import Affine, Load, Loop, Operation, Reduce, Scalar
from bpgen.lower.schedule import Assign


@dataclass(frozen=True)
class Home:
    """The array's element at the loops' place, and how far it is from a row to the next.

    initial: what is added to each sum of a row, and how far that is from row to row; done: whether this leaves nothing
    to compute for the array
    """

    statement: Assign
    element: Load
    row: Stride
    initial: tuple[Load, Stride] | None
    done: bool


def find_home(
    statements: Sequence[Assign], total: Reduce, loops: tuple[tuple[Loop, ...], Loop, Loop], expressions: Expressions
) -> Home | None:
    """The array that a tile's sums can be kept in.  loops: along the rows, over lines, and along each of them.

    It is written anew, with the lines next to each other, and nothing reads what it held before.
    """
    number = next((n for n, s in enumerate(statements) if not s.local), None)
    if number is None or any(reduction(s.value) == total for s in statements[number + 1 :]):
        return None
    statement, earlier = statements[number], statements[: number + 1]
    element, steps = Load("real", statement.target, statement.indices), Steps(expressions)
    formal = expressions.formals[statement.target]
    plain = not statement.accumulate and all(isinstance(index, Affine) for index in statement.indices)
    if not plain or statement.dtype != "real" or formal.slices is not None or formal.by_columns:
        return None
    if any(load.buffer == statement.target for s in earlier for load in s.loads) or not steps.even(element):
        return None
    rows, over, along = loops
    lines = steps.of(element, over.name), steps.of(element, along.name)
    if lines != ((int(along.extent), 0), (1, 0)) or not steps.joined(list(rows), element):
        return None
    initial = _initial(statement.value, total, loops, steps)
    done = initial is not None or statement.value == total
    return Home(statement, element, steps.of(element, rows[-1].name), initial, done)


def _initial(
    value: Scalar, total: Reduce, loops: tuple[tuple[Loop, ...], Loop, Loop], steps: Steps
) -> tuple[Load, Stride] | None:
    """What a value adds to the total, if that is an element of an array, and the same for all of a row."""
    if not isinstance(value, Operation) or value.op != "add" or total not in value.arguments:
        return None
    added = value.arguments[value.arguments[0] == total]
    rows, over, along = loops
    if not isinstance(added, Load) or added.dtype != "real":
        return None
    plain = all(isinstance(index, Affine) for index in added.indices) and steps.even(added)
    if not plain or {over.name, along.name} & variables(added, {}) or not steps.joined(list(rows), added):
        return None
    return added, steps.of(added, rows[-1].name)
