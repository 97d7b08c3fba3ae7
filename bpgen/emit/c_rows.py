"""Recurrences that every thread runs through with rows of its own.

    for t:  v[b, t, m] = u[b, t, m] + sum[k](h[b, t - 1, k] * W[m, k]);  h[b, t, j] = f(v[b, t, ...])

A row reads no other row, so threads need not meet from step to step, and no row changes cores: each thread makes all
calls of the loop, with pointers to its first row and the number of its rows for a batch.  Where arrays are laid out by
time, the rows of one step lie `all_rows` of them from those of the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bpgen.lower.rows import Rows, rows_of
from bpgen.lower.scalar import BATCH
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


def is_by_rows(item: Call | Repeat, found: Mapping[str, Rows]) -> bool:
    return isinstance(item, Repeat) and int(item.loop.extent) > 1 and all(call.kernel in found for call in item.calls)
