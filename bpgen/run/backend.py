"""What a target gives the network: memory for intermediates, and calls."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np

from bpgen.algebra.records import dataclass
from bpgen.lower.interface import Block, Carried, Interface, Result
from bpgen.lower.schedule import size_of
from bpgen.run.arrays import Array, aligned_zeros


@dataclass(frozen=True)
class Memory:
    """The network's own memory: flat blocks.  Everything a target computes with, but inputs and arena."""

    parameters: Array
    gradients: Array
    states: Array
    counters: Array
    settings: Array

    @staticmethod
    def allocate(interface: Interface) -> Memory:
        real = interface.dtype
        return Memory(
            aligned_zeros(interface.parameter_size, real),
            aligned_zeros(interface.parameter_size, real),
            aligned_zeros(interface.state_size, real),
            aligned_zeros(len(interface.counters), "float64"),
            aligned_zeros(len(interface.settings), "float64"),
        )


@dataclass(frozen=True)
class Ring:
    """Batches that follow each other, after the last one the first again; first: the one to begin with."""

    first: int
    batches: int


class Backend(Protocol):
    """One target's way of running a network.

    workspace: the arena, flat; capacity: rows it is laid out for
    carried: the states that have a row for each row of the batch, flat
    threads: how many may share the work of a call
    """

    workspace: Array
    carried: Array
    capacity: int
    threads: int

    def reserve(self, capacity: int) -> None:
        """Lay the arena and carried states out for so many rows.  What was bound before stays valid."""

    def call(self, entry: str, inputs: list[Array], batch: int) -> float:
        """Run an entry once on these arrays (in the order of Entry.inputs); the loss, 0 where there is none."""

    def steps(self, inputs: list[Array], batch: int, ring: Ring, losses: Array) -> int:
        """Steps of training on the ring's batches, at most one for each place in losses; how many there were.

        inputs: the rows of all batches, in the order of Entry.inputs.  A loss that is not finite ends it.
        """

    def bind(self, inputs: Mapping[str, Array], batch: int) -> Callable[[str], Callable[[], float]]:
        """Hold the arrays: the result gives for an entry a call without arguments."""


def block_view(block: Block, memory: Array) -> Array:
    """A tensor of a flat block."""
    order: Any = "F" if block.by_columns else "C"
    size = math.prod(block.shape)
    view: Any = memory[block.offset : block.offset + size].reshape(block.shape, order=order)
    return view  # type: ignore[no-any-return]


def grow_carried(interface: Interface, old: Array, capacity: int, larger: int) -> Array:
    """Carried states laid out for more rows; all rows of before are kept."""
    grown = aligned_zeros(interface.carried_size * larger, interface.dtype)
    for block in interface.carried:
        carried_rows(block, grown, larger, capacity)[...] = carried_rows(block, old, capacity, capacity)
    return grown


def carried_rows(block: Carried, flat: Array, capacity: int, rows: int) -> Array:
    """The first rows of a carried state, as a view."""
    start = block.offset * capacity
    shape = tuple(rows if extent == "B" else int(extent) for extent in block.shape)
    view: Any = flat[start : start + rows * size_of(block.shape)].reshape(shape)
    return view  # type: ignore[no-any-return]


def arena_size(interface: Interface, capacity: int) -> int:
    constant, linear, square = interface.workspace
    return constant + linear * capacity + square * capacity**2


def result_view(interface: Interface, result: Result, workspace: Array, capacity: int, batch: int) -> Array:
    """The result of a call with `batch` rows, as a view of the arena."""
    regions = (0, interface.workspace[0], interface.workspace[0] + interface.workspace[1] * capacity)
    start = regions[result.degree] + result.offset * capacity**result.degree
    shape = tuple(batch if extent == "B" else int(extent) for extent in result.shape)
    size = 1
    for extent in shape:
        size *= extent
    kind = workspace.dtype if result.dtype == "real" else np.dtype(result.dtype)
    reals = -(-size * kind.itemsize // workspace.itemsize)
    view: Any = workspace[start : start + reals].view(kind)[:size].reshape(shape)
    return view  # type: ignore[no-any-return]
