"""The checked description.  Plain frozen data: no SymPy, so that a cached network starts without it.

Two models are equal when they describe the same network, wherever they were written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from bpgen.algebra.errors import Position
from bpgen.algebra.records import dataclass


@dataclass(frozen=True)
class InputSpec:
    """shape: ints and "B" (sizes already replaced); dtype: "real" or "int32"; facts: (kind, axes)."""

    name: str
    shape: tuple[int | str, ...]
    dtype: str = "real"
    classes: int | None = None
    facts: tuple[tuple[str, tuple[int, ...]], ...] = ()
    position: Position | None = field(default=None, compare=False)


@dataclass(frozen=True)
class LayerSpec:
    """inputs: names of layers or inputs it reads, resolved; options: the type's keys, checked, defaults filled in.

    written: what its own text calls these, in a block ("input" for what the block reads); else empty
    """

    name: str
    type: str
    inputs: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    activation: str | None = None
    activation_options: Mapping[str, Any] = field(default_factory=dict)
    position: Position | None = field(default=None, compare=False)
    written: tuple[str, ...] = ()

    @property
    def reads(self) -> tuple[tuple[str, str], ...]:
        """(name in its text, name of the layer or input) of each input."""
        return tuple(zip(self.written or self.inputs, self.inputs, strict=True))


@dataclass(frozen=True)
class LossSpec:
    """name: "loss", or the entry's own; input: the layer whose output it judges; target: an input's name.

    reads: (key, name of an input) of what it reads besides, such as the teacher of a distillation
    """

    name: str
    type: str
    input: str | None
    target: str | None
    weight: float = 1.0
    options: Mapping[str, Any] = field(default_factory=dict)
    position: Position | None = field(default=None, compare=False)
    reads: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class OptimizerSpec:
    type: str
    options: Mapping[str, float] = field(default_factory=dict)
    schedule: str = "constant"
    schedule_options: Mapping[str, Any] = field(default_factory=dict)
    position: Position | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Model:
    """layers: in topological order, blocks opened ("body.0.attn").  outputs: layers nobody reads, in the order of
    the description.  blocks: names of blocks -> the layers that give their results.

    train: the keys of [train], with defaults.  description: the canonical dict it came from (the cache key).
    """

    name: str
    inputs: tuple[InputSpec, ...]
    layers: tuple[LayerSpec, ...]
    losses: tuple[LossSpec, ...]
    optimizer: OptimizerSpec | None
    train: Mapping[str, Any]
    outputs: tuple[str, ...]
    sizes: Mapping[str, int]
    description: Mapping[str, Any]
    blocks: Mapping[str, str] = field(default_factory=dict)
    file: str | None = field(default=None, compare=False)
