"""Recurrences that every thread runs through with rows of its own.

    for t:  v[b, t, m] = u[b, t, m] + sum[k](h[b, t - 1, k] * W[m, k]);  h[b, t, j] = f(v[b, t, ...])

A row reads no other row, so threads need not meet from step to step, and no row changes cores: each thread makes all
calls of the loop, with pointers to its first row and the number of its rows for a batch.  Where arrays are laid out by
time, the rows of one step lie `all_rows` of them from those of the next.
"""

from __future__ import annotations

from collections.abc import Mapping

from bpgen.lower.independent import divide
from bpgen.lower.rewrite import reductions
from bpgen.lower.scalar import BATCH, BatchSize, Loop, walk
from bpgen.lower.schedule import Call, Kernel, Repeat, Schedule, size_of

Rows = Mapping[str, int]
"""Of a kernel's formals that have a row for each row of the batch: elements in a row."""


def find_rows(schedule: Schedule) -> dict[str, Rows]:
    """The kernels whose every call is in a recurrence of kernels that know no row but one, with their rows."""
    kernels = {kernel.name: kernel for kernel in schedule.kernels}
    items = [item for program in schedule.programs for item in program.calls]
    alone = {item.kernel for item in items if isinstance(item, Call)}
    found = {name: rows for name, kernel in kernels.items() if name not in alone and (rows := _rows(kernel))}
    repeats = [item for item in items if isinstance(item, Repeat)]
    while True:
        split = {call.kernel for item in repeats if not is_by_rows(item, found) for call in item.calls}
        if not split & found.keys():
            return found
        found = {name: rows for name, rows in found.items() if name not in split}


def is_strided(kernel: Kernel) -> bool:
    """Whether its places in an array depend on how many rows the array has."""
    return any(BATCH in formal.shape[1:] for formal in kernel.formals)


def is_by_rows(item: Call | Repeat, found: Mapping[str, Rows]) -> bool:
    return isinstance(item, Repeat) and int(item.loop.extent) > 1 and all(call.kernel in found for call in item.calls)


def _rows(kernel: Kernel) -> Rows:
    """Empty where some row meets another one."""
    over = [loop for loop in kernel.loops if loop.extent == BATCH]
    if len(over) != 1 or over[0].start or any(loop.extent == BATCH for loop in _inner(kernel)):
        return {}
    if any(isinstance(node, BatchSize) for statement in kernel.statements for node in walk(statement.value)):
        return {}
    owned = {name: axis for name, (_, (axis,)) in divide(kernel, (over[0],)).owned.items()}
    for formal in kernel.formals:
        if formal.shape.count(BATCH) != (formal.name in owned) or (formal.written and formal.name not in owned):
            return {}
    shapes = {formal.name: formal.shape for formal in kernel.formals}
    return {name: size_of(shapes[name][axis:]) for name, axis in owned.items()}


def _inner(kernel: Kernel) -> list[Loop]:
    loops: list[Loop] = []
    for statement in kernel.statements:
        loops += statement.loops
        for found in reductions(statement.value):
            loops += found.loops
    return loops
