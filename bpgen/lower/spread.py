"""Rows of intermediates that would begin at the same place of a cache's lines are spread a little.

    fc1[b, o] at fc1 + 1024 b + o   ->   at fc1 + 1040 b + o

A product reads a dozen rows of its left operand side by side.  Where these lie a multiple of 4096 bytes apart, all
fall into the same few lines of the first cache, which has room for eight or twelve of them, and the panel beside.
Inputs, parameters and results lie as their users have them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, MutableMapping
from dataclasses import replace

from bpgen.lower.recurrence import EARLIER, Recurrence, parts
from bpgen.lower.scalar import BATCH, Affine, IndexExpression
from bpgen.lower.schedule import Assign, Buffer

SAME_LINES = 1024
"""Numbers of float32 from one place to the next that meets the same lines: 64 lines of 64 bytes."""
APART = 16
"""Numbers that rows are spread by: a line."""


def spread_rows(
    statements: Iterable[Assign | Recurrence], buffers: MutableMapping[str, Buffer], fixed: Collection[str]
) -> None:
    """Widen the buffers whose rows are multiplied so, and those of their shape, which may take each other's place.

    fixed: names of what keeps its shape, and of what is seen as another
    """
    free = {n: b for n, b in buffers.items() if b.storage == "workspace" and BATCH in b.shape and n not in fixed}
    shapes = {free[name].shape for name in _multiplied(statements) & free.keys()}
    for name, buffer in free.items():
        last = buffer.shape[-1]
        if buffer.shape in shapes and isinstance(last, int) and last % SAME_LINES == 0:
            buffers[name] = replace(buffer, shape=(*buffer.shape[:-1], last + APART), spare=APART)


def _multiplied(statements: Iterable[Assign | Recurrence]) -> set[str]:
    """Tensors of which a product reads several rows along their terms."""
    contractions = (part.contraction for item in statements for part in parts(item) if part.contraction is not None)
    loads = ((load, c.k) for c in contractions for load in (c.left, c.right) if len(load.indices) > 1)
    return {load.buffer.removesuffix(EARLIER) for load, k in loads if _variable(load.indices[-1]) in k}


def _variable(index: IndexExpression) -> str | None:
    return index.variable if isinstance(index, Affine) else None
