"""Random values for a system's tensors that satisfy its equations and its declared facts."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bpgen.algebra.recurrence import components
from bpgen.algebra.system import GIVEN, Equation, System, Tensor
from bpgen.derive.smaller import is_large
from bpgen.derive.values import Values

SEED = 20


def sample_batch(system: System) -> int:
    """A small batch that no axis shares its extent with, so that swapped axes show."""
    extents = {extent for tensor in system.tensors.values() for extent in tensor.shape}
    candidates = [*([2] if is_large(system) else []), 3, 5, 7, 4, 6, 8, 9, 11, 13]
    return next(batch for batch in candidates if batch not in extents)


def sample_batches(system: System) -> tuple[int, ...]:
    """That batch, then a batch of one, then one that is as large as the smallest axis of more than one element.

    The last is left out where tensors are large: with every other size they are evaluated once more.
    """
    extents = {int(extent) for tensor in system.tensors.values() for extent in tensor.shape if extent != "B"}
    shared = [] if is_large(system) else sorted(extents - {1})[:1]
    return tuple(dict.fromkeys([sample_batch(system), 1, *shared]))


def sample_values(
    system: System, batch: int | None = None, seed: int = SEED, smaller: Mapping[int, int] | None = None
) -> Values:
    """Values for all tensors.  Signed inputs first; where these leave the loss undefined, inputs in (0, 1).

    smaller: by size, what stands for it
    """
    sizes = Values(sample_batch(system) if batch is None else batch, {}, smaller=smaller)
    values = _sample(system, sizes, seed, signed=True)
    if system.loss is not None and not np.isfinite(values.tensors[system.loss]).all():
        values = _sample(system, sizes, seed, signed=False)
    return values


def _sample(system: System, sizes: Values, seed: int, *, signed: bool) -> Values:
    values = sizes.alike({})
    for tensor in system.tensors.values():
        if tensor.role in GIVEN:
            values.tensors[tensor.name] = _draw(tensor, values, seed, signed)
    compute(system.equations, values)
    return values


def compute(equations: Iterable[Equation], values: Values) -> None:
    """Evaluate equations in order and keep their tensors' values; recurrences step by step."""
    for _ in computed(equations, values):
        pass


def computed(equations: Iterable[Equation], values: Values) -> Iterator[tuple[Equation, ...]]:
    """The same, and each equation once it is evaluated; those of a recurrence together."""
    ordered = tuple(equations)
    recurrences = {name: component for component in components(ordered) for name in component.names}
    for equation in ordered:
        name = equation.tensor.name
        component = recurrences.get(name)
        if component is None:
            values.add(equation)
            yield (equation,)
        elif name == component.names[0]:
            own = tuple(other for other in ordered if other.tensor.name in component.names)
            values.recur(component, own)
            yield own


def _draw(tensor: Tensor, values: Values, seed: int, signed: bool) -> NDArray[Any]:
    # Seeded by name: adding a tensor leaves the others' values alone.
    generator = np.random.default_rng([seed, zlib.crc32(tensor.name.encode())])
    shape = tuple(values.extent(axis) for axis in tensor.axes)
    if tensor.dtype == "int32":
        labels = generator.integers(0, tensor.classes or 2, shape)
        # An identity must hold for labels that are ignored as well.
        return labels if tensor.ignored is None else np.where(generator.random(shape) < 0.3, tensor.ignored, labels)
    if tensor.role in ("state", "setting") or not (signed or tensor.role == "parameter"):
        drawn = generator.uniform(0.1, 0.9, shape)
    else:
        fan = max(1, int(np.prod(shape[1:]))) if tensor.role == "parameter" and len(shape) > 1 else 1
        drawn = generator.normal(0.0, 1.0, shape) * np.sqrt(2.0 / fan if fan > 1 else 1.0)
    for fact in tensor.facts:
        drawn = satisfy(drawn, fact.kind, fact.axes, generator)
    return drawn


def satisfy(drawn: NDArray[Any], kind: str, axes: tuple[int, ...], generator: np.random.Generator) -> NDArray[Any]:
    """Values like the ones drawn, of which a declared fact holds."""
    if kind == "sums_to_one":
        positive = np.exp(drawn)
        return np.asarray(positive / positive.sum(axis=axes, keepdims=True))
    if kind == "one_hot":
        rank = np.argsort(np.argsort(drawn, axis=axes[0]), axis=axes[0])
        return np.asarray(rank == 0, float)
    if kind == "mask":
        return np.asarray(drawn > 0, float)
    if kind == "positive":
        return np.asarray(np.exp(drawn))
    if kind == "symmetric":
        return np.asarray(drawn + np.swapaxes(drawn, *axes)) / 2
    return drawn
