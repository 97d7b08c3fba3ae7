"""States that decay become 0, and not subnormal numbers.

    m.next[o, i] = 0.9 * m[o, i] + 0.1 * d.W[o, i]
->  m.next[o, i] = normal(0.9 * m[o, i] + 0.1 * d.W[o, i])          normal(x) = 0 if |x| < 2**-126, else x

The moment of a weight without a gradient, as that of a unit that ReLU has switched off, is subnormal after some 800
steps, and by rounding stays so.  A processor takes a hundred times as long over each such number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bpgen.lower.recurrence import Recurrence
from bpgen.lower.scalar import Operation
from bpgen.lower.schedule import Assign, Buffer


def without_subnormals(
    items: Sequence[Assign | Recurrence], updates: Mapping[str, str], buffers: Mapping[str, Buffer]
) -> list[Assign | Recurrence]:
    """The statements of a program; updates: {state or parameter: the name of its next value}"""
    nexts = {value for state, value in updates.items() if buffers[state].storage == "state" and buffers[state].shape}

    def changed(item: Assign | Recurrence) -> Assign | Recurrence:
        if isinstance(item, Recurrence) or item.target not in nexts or item.dtype != "real" or item.accumulate:
            return item
        return replace(item, value=Operation("real", "normal", (item.value,)))

    return [changed(item) for item in items]
