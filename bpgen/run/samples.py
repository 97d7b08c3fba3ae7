"""Random values for a network's inputs that keep what is declared of them."""

from __future__ import annotations

import numpy as np

from bpgen.lower.interface import Input, Interface
from bpgen.run.arrays import Array


def random_inputs(
    interface: Interface, rows: int, generator: np.random.Generator, low: float = -1.0
) -> dict[str, Array]:
    """Values for every input that keep what is declared of it: labels in range, facts fulfilled."""
    return {item.name: _random_input(item, interface, rows, generator, low) for item in interface.inputs}


def _random_input(item: Input, interface: Interface, rows: int, generator: np.random.Generator, low: float) -> Array:
    shape = tuple(rows if extent == "B" else int(extent) for extent in item.shape)
    if item.dtype == "int32":
        return generator.integers(0, item.classes or 2, shape, dtype=np.int32)
    values = generator.uniform(low, 1.0, shape)
    for kind, axes in item.facts:
        match kind:
            case "positive":
                values = np.abs(values) + 0.1
            case "mask":
                values = (values > np.median(values)).astype(float)
            case "sums_to_one":
                values = np.abs(values) + 0.1
                values /= values.sum(axis=axes, keepdims=True)
            case "one_hot":
                values = (values == values.max(axis=axes, keepdims=True)).astype(float)
            case "symmetric":
                values = (values + np.swapaxes(values, *axes)) / 2
    return np.array(values, interface.dtype, order="C")  # a scalar stays one
