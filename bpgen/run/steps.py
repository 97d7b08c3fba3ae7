"""Many steps of training in one call of the compiled code.

Calls are kept short, so that Ctrl-C is heard and progress is shown: as many steps as fit into a moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from bpgen.algebra.errors import ArrayError
from bpgen.run.arrays import Array
from bpgen.run.backend import Ring

if TYPE_CHECKING:
    from bpgen.run.network import Network

MOMENT = 0.05  # seconds
GROWTH = 8  # a first step may be slow, or quick: the next call has at most so many times its steps


class Pace:
    """How many steps the next call may have, from the time that those before have taken."""

    def __init__(self) -> None:
        self.count = 1

    def took(self, steps: int, seconds: float) -> None:
        fitting = int(steps * MOMENT / seconds) if seconds > 0 else self.count * GROWTH
        self.count = max(1, min(fitting, self.count * GROWTH))


def run_steps(network: Network, data: Mapping[str, Any], count: int | None, batch_size: int, first: int) -> Array:
    """So many steps on batches of consecutive rows; the losses, float64.  See Network.steps."""
    entry, arrays, rows = network.check_arrays("step", data)
    if network.interface.step_rows is None:
        raise ArrayError(f"{network.name}: steps needs the batch as the first axis of every input, and no other")
    for name, value, least in (
        ("batch_size", batch_size, 1),
        ("k", 0 if count is None else count, 0),
        ("first", first, 0),
    ):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
            raise ArrayError(f"steps: {name}: expected a whole number of at least {least}, got {value!r}")
    size = min(batch_size, rows)
    network.reserve(size)
    whole, rest = divmod(rows, size)
    batches = whole + (rest > 0)
    losses = np.empty(batches if count is None else count)
    done, pace = 0, Pace()
    while done < len(losses):
        place = (first + done) % batches
        begin = perf_counter()
        if place == whole:  # the last, smaller one
            network.carried.admit(entry, rest)
            made = network.backend.steps([a[-rest:] for a in arrays], rest, Ring(0, 1), losses[done : done + 1])
        else:
            network.carried.admit(entry, size)
            wanted = min(pace.count, whole - place) if rest else pace.count
            made = network.backend.steps(arrays, size, Ring(place, whole), losses[done : done + wanted])
        pace.took(made, perf_counter() - begin)
        done += made
    return losses
