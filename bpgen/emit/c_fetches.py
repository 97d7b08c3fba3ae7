"""What a tile of a product is finished with, and can be on its way into the cache while the tile is multiplied.

    d_z[b, t, o] = tanh(z[b, t, o]) * sum[e](d_n[b, t, e] * W[e, o])         z

Rows of a tile lie far apart, so that no prefetcher of the processor sees them coming; and where a function is computed
of each element, it does not look ahead to the next rows by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

from bpgen.emit.c_expressions import Expressions
from bpgen.emit.c_reductions import stride_along
from bpgen.emit.c_steps import Steps
from bpgen.emit.c_tiles import USUAL_BATCH, Axis
from bpgen.lower.rewrite import elements, variables
from bpgen.lower.scalar import BATCH, Affine, Load, Operation, Reduce, Scalar, children, walk
from bpgen.lower.schedule import Assign
from bpgen.lower.work import FUNCTIONS

CACHE = 2**19  # numbers in the second cache of a core


def fetched(statements: Sequence[Assign], rows: Axis, columns: Axis, expressions: Expressions) -> list[Load]:
    """What the statements read of other arrays along the columns, of each row something else, for a function."""
    operations = (node.op for s in statements for node in walk(s.value) if isinstance(node, Operation))
    if len(columns.loops) != 1 or not any(op in FUNCTIONS for op in operations):
        return []
    moving = {loop.name for loop in rows.loops}
    found: dict[Load, None] = {}
    written: set[str] = set()
    for statement in statements:
        for load in _beside(statement.value):
            plain = all(isinstance(index, Affine) for index in load.indices) and load.buffer not in written
            along = stride_along(expressions, load, columns.loops[0].name) == (1, 0)
            if plain and along and moving & variables(load, {}):
                found[load] = None
        written.add(statement.target)
    return list(found)


def finished_with(
    statements: Sequence[Assign], rows: Axis, columns: Axis, expressions: Expressions, tile: tuple[str, str]
) -> tuple[tuple[str, ...], str]:
    """Where a tile begins in each array that the statements read or write row by row and that is in no cache.

    Weights and their moments; and from one of their rows to the next.  tile: its first row and column
    """
    if len(rows.loops) != 1 or len(columns.loops) != 1:
        return (), "0"
    steps, found = Steps(expressions), {}
    for element in (element for s in statements for element in elements(s) if element[0] in expressions.formals):
        load = Load("real", *element)
        row, column = (steps.of(load, axis.loops[0].name) for axis in (rows, columns))
        if column == (1, 0) and row[0] and is_cold(load, expressions):
            found[load] = expressions.stride_text(row)
    apart = next(iter(found.values()), "0")
    starts = []
    for load in (load for load, step in found.items() if step == apart):
        base = steps.start(load, (rows, columns))
        parts = [expressions.names[load.buffer], *([] if base == "0" else [base]), f"{tile[0]} * {apart}", tile[1]]
        starts.append(" + ".join(parts))
    return tuple(starts), apart


def is_cold(load: Load, expressions: Expressions) -> bool:
    """Whether the array is larger than a core's cache, so that little of it can be there."""
    shape = expressions.formals[load.buffer].shape if load.buffer in expressions.formals else ()
    return prod(USUAL_BATCH if extent == BATCH else int(extent) for extent in shape) >= CACHE


def _beside(node: Scalar) -> Iterator[Load]:
    """Loads outside of the reduction."""
    if isinstance(node, Load):
        yield node
    if not isinstance(node, Reduce):
        for child in children(node):
            yield from _beside(child)
