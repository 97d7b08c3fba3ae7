"""Recurrences that every thread runs through with rows of its own.

    for t:  v[b, t, m] = u[b, t, m] + sum[k](h[b, t - 1, k] * W[m, k]);  h[b, t, j] = f(v[b, t, ...])

A row reads no other row, so threads need not meet from step to step, and no row changes cores: each thread makes all
calls of the loop, with pointers to its first row and the number of its rows for a batch.  Where arrays are laid out by
time, the rows of one step lie `all_rows` of them from those of the next.

Where a step uses much of a row, as all scores of a block of queries, a thread makes all steps for a few of its rows
before it turns to the next ones: what they pass on from call to call stays in its cache.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from math import prod

from bpgen.lower.rewrite import elements, reduction
from bpgen.lower.rows import IN_CACHE, MOST_ROWS, Rows, rows_of
from bpgen.lower.scalar import BATCH, Affine
from bpgen.lower.schedule import Call, Kernel, Repeat, Schedule


def find_rows(schedule: Schedule) -> dict[str, Rows]:
    """The kernels whose every call is in a recurrence of kernels that know no row but one, with their rows."""
    kernels = {kernel.name: kernel for kernel in schedule.kernels}
    items = [item for program in schedule.programs for item in program.calls]
    alone = {item.kernel for item in items if isinstance(item, Call)}
    found = {name: rows for name, kernel in kernels.items() if name not in alone and (rows := rows_of(kernel))}
    repeats = [item for item in items if isinstance(item, Repeat)]
    while True:
        split = {call.kernel for item in repeats if not is_by_rows(item, found) for call in item.calls}
        if not split & found.keys():
            return found
        found = {name: rows for name, rows in found.items() if name not in split}


def find_alike(schedule: Schedule, by_rows: Iterable[str]) -> set[str]:
    """The kernels of which a row comes out the same however many rows a call has, which depends on the threads.

    by_rows: those of recurrences, as `find_rows` finds them
    """
    few = (call for p in schedule.programs for few in p.by_rows for call in p.calls[few.first : few.end])
    return {*by_rows, *(call.kernel for call in few if isinstance(call, Call))}


def is_strided(kernel: Kernel) -> bool:
    """Whether its places in an array depend on how many rows the array has."""
    return any(BATCH in formal.shape[1:] for formal in kernel.formals)


def is_by_rows(item: Call | Repeat, found: Container[str]) -> bool:
    return isinstance(item, Repeat) and int(item.loop.extent) > 1 and all(call.kernel in found for call in item.calls)


def rows_at_a_time(item: Repeat, kernels: Mapping[str, Kernel]) -> int:
    """For how many rows a recurrence is best run through at once; 0 for all of them."""
    rows = IN_CACHE // max(1, *(_used(kernels[call.kernel]) for call in item.calls))
    return max(1, rows) if rows < MOST_ROWS else 0


def _used(kernel: Kernel) -> int:
    """Elements of a row that a call reads and writes, of the arrays that have rows."""
    shapes = {formal.name: formal.shape for formal in kernel.formals}
    found: dict[str, int] = {}
    for statement in kernel.statements:
        total = reduction(statement.value)
        loops = (*kernel.loops, *statement.loops, *(total.loops if total else ()))
        extents = {loop.name: int(loop.extent) for loop in loops if loop.extent != BATCH}
        for name, indices in elements(statement):
            if BATCH in shapes.get(name, ()):
                moving = {term for index in indices if isinstance(index, Affine) for term, _ in index.terms}
                touched = prod(extent for loop, extent in extents.items() if loop in moving)
                found[name] = max(found.get(name, 0), touched)
    return sum(found.values())
