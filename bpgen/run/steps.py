"""Many steps of training, one after another, over the rows of given arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from bpgen.algebra.errors import ArrayError
from bpgen.run.arrays import Array

if TYPE_CHECKING:
    from bpgen.run.network import Network


def run_steps(network: Network, batch_size: int, given: Mapping[str, Any]) -> Array:
    """One pass over the rows in order, a step for every batch_size of them; the losses, float64."""
    entry, checked, rows = network.check_arrays("step", given)
    if batch_size < 1 or any(network.interface_input(name).shape[:1] != ("B",) for name in entry.inputs):
        raise ArrayError("steps needs batch_size >= 1, and the batch as the first axis of every input")
    network.reserve(min(batch_size, rows))
    starts = range(0, rows, batch_size)
    losses = np.empty(len(starts))
    for position, start in enumerate(starts):
        stop = min(start + batch_size, rows)
        network.carried.admit(entry, stop - start)
        losses[position] = network.backend.call("step", [array[start:stop] for array in checked], stop - start)
    return losses
