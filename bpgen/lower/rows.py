"""Calls that are made for a few rows of the batch at a time.

    for every 4 rows:  z[b, o] = sum[i](x[b, i] * W[o, i]);  h[b, o] = f(z[b, o]);  y[b, j] = sum[o](h[b, o] * V[j, o])

What is used nowhere else, as z and h, needs no more than these few rows of memory, which never leave the cache.  None
of the calls reads or writes a row but the one that it computes.  What they use beside lives as long as they all do, so
that no two rows ever share a place; and nothing that all rows read is written.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from bpgen.lower.independent import divide
from bpgen.lower.rewrite import elements, reductions
from bpgen.lower.scalar import BATCH, Affine, BatchSize, IndexValue, Loop, walk
from bpgen.lower.schedule import Buffer, ByRows, Call, Kernel, Repeat, size_of

Rows = Mapping[str, int]
"""Of a kernel's formals that have a row for each row of the batch: elements from a row to the next."""

IN_CACHE = 2**18  # reals that one call may use: half of a cache of 2 MB
MOST_ROWS = 16  # more of them fit into a cache: then calls seldom have many times as many
MOST_CALLS = 32  # what they all use lives at once
READ_BY_ALL = 0.5  # of what they read and write themselves, at most: it is read, and packed, for every few rows anew
USED_HERE = 0.15  # of what they use, at least, else too little is saved


def find_by_rows(
    calls: Sequence[Call | Repeat],
    kernels: Mapping[str, Kernel],
    buffers: Mapping[str, Buffer],
    results: Collection[str],
) -> tuple[ByRows, ...]:
    """The stretches of calls for which that is worth it.  results: what is read after the last call."""
    rows = {name: rows_of(kernel) for name, kernel in kernels.items() if can_be_by_rows(kernel)}
    users: dict[str, set[int]] = {buffers[name].view_of or name: {len(calls)} for name in results}
    for number, made in enumerate(calls):
        for call in (made,) if isinstance(made, Call) else made.calls:
            for name in call.arguments:
                users.setdefault(buffers[name].view_of or name, set()).add(number)
    found: list[ByRows] = []
    first = 0
    for number, item in enumerate((*calls, None)):
        by_row = isinstance(item, Call) and bool(rows.get(item.kernel))
        if not by_row or number - first == MOST_CALLS:
            run = [call for call in calls[first:number] if isinstance(call, Call)]
            for begin, end, few in _few([_uses(kernels[call.kernel], rows[call.kernel]) for call in run], first):
                sizes = _row_sizes(run[begin - first : end - first], buffers)
                local = [name for name in sizes if users[name] <= set(range(begin, end))]
                local = [name for name in local if buffers[name].storage == "workspace"]
                if sum(sizes[name] for name in local) >= USED_HERE * sum(sizes.values()):
                    found.append(ByRows(begin, end, few, tuple(local)))
            first = number if by_row else number + 1
    return tuple(found)


def _row_sizes(calls: Sequence[Call], buffers: Mapping[str, Buffer]) -> dict[str, int]:
    """Of all that calls use a row of, elements of a row."""
    bases = (buffers[buffers[name].view_of or name] for call in calls for name in call.arguments)
    return {buffer.name: buffer.size for buffer in bases if buffer.degree}


def _uses(kernel: Kernel, rows: Rows) -> tuple[int, int]:
    """Elements that a call uses of each row, and such that all rows read."""
    return sum(rows.values()), sum(size_of(formal.shape) for formal in kernel.formals if formal.name not in rows)


def _few(uses: Sequence[tuple[int, int]], first: int) -> list[tuple[int, int, int]]:
    """Stretches and their rows.  uses: of calls that follow each other; first: the number of the first one."""
    if len(uses) < 2:
        return []
    rows = max(1, round(IN_CACHE / max(own for own, _ in uses)))
    if rows > MOST_ROWS:
        return []
    heavy = next((n for n, (own, others) in enumerate(uses) if others > READ_BY_ALL * rows * own), None)
    if heavy is None:
        return [(first, first + len(uses), rows)]
    return [*_few(uses[:heavy], first), *_few(uses[heavy + 1 :], first + heavy + 1)]


def rows_of(kernel: Kernel) -> Rows:
    """Empty where some row meets another one, or the number of a row is used for more than to find the row."""
    over = [loop for loop in kernel.loops if loop.extent == BATCH]
    if len(over) != 1 or over[0].start or any(loop.extent == BATCH for loop in _inner(kernel)):
        return {}
    if any(isinstance(node, BatchSize) for statement in kernel.statements for node in walk(statement.value)):
        return {}
    owned = {name: axis for name, (_, (axis,)) in divide(kernel, (over[0],)).owned.items()}
    for formal in kernel.formals:
        if formal.shape.count(BATCH) != (formal.name in owned) or (formal.written and formal.name not in owned):
            return {}
    if _is_counted(kernel, owned, over[0].name):
        return {}
    shapes = {formal.name: formal.shape for formal in kernel.formals}
    return {name: size_of(shapes[name][axis:]) for name, axis in owned.items()}


def _is_counted(kernel: Kernel, owned: Mapping[str, int], row: str) -> bool:
    """Whether a row's number is more than its place: among a few rows it would be counted from the first of them."""
    for statement in kernel.statements:
        if any(isinstance(node, IndexValue) and row in dict(node.index.terms) for node in walk(statement.value)):
            return True
        for name, indices in elements(statement):
            others = (index for axis, index in enumerate(indices) if axis != owned.get(name))
            if any(isinstance(index, Affine) and row in dict(index.terms) for index in others):
                return True
    return False


def can_be_by_rows(kernel: Kernel) -> bool:
    """Whether calls of it may be made for a few rows, and all that it has of a row lies together."""
    strided = any(BATCH in formal.shape[1:] for formal in kernel.formals)
    return not strided and not kernel.positions and bool(rows_of(kernel))


def _inner(kernel: Kernel) -> list[Loop]:
    loops: list[Loop] = []
    for statement in kernel.statements:
        loops += statement.loops
        for found in reductions(statement.value):
            loops += found.loops
    return loops
