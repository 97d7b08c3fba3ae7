"""What a running network needs to know of a schedule: names, shapes, offsets.  Plain data, kept as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import Any

from bpgen.algebra.records import dataclass
from bpgen.lower.schedule import size_of

Shape = tuple[int | str, ...]


@dataclass(frozen=True)
class Input:
    """dtype: "real" or "int32"; classes: values lie in 0 ... classes - 1; facts: declared kinds, with axes.

    ignored: a value that is allowed besides
    """

    name: str
    shape: Shape
    dtype: str
    classes: int | None = None
    facts: tuple[tuple[str, tuple[int, ...]], ...] = ()
    ignored: int | None = None


@dataclass(frozen=True)
class Block:
    """A tensor in a flat block: parameters, gradients (same offsets) or states.

    by_columns: whether it is a matrix that lies column by column
    """

    name: str
    shape: tuple[int, ...]
    offset: int
    by_columns: bool = False


@dataclass(frozen=True)
class Carried:
    """A state with a row for each row of the batch: it lies offset * capacity reals from the start of their block."""

    name: str
    shape: Shape
    offset: int


@dataclass(frozen=True)
class Initial:
    """How a parameter, or a layer's state, begins: bpgen.library.initializers' kind and options."""

    name: str
    init: str
    options: tuple[tuple[str, float], ...]
    fan_in: int
    fan_out: int


@dataclass(frozen=True)
class Result:
    """What a program leaves in the arena: name for the user ("fc2", "x"), place as in schedule.Placement.

    dtype: "real" or, of places such as an arg-max, "int32"; offsets count reals in either case
    """

    name: str
    shape: Shape
    degree: int
    offset: int
    dtype: str = "real"


@dataclass(frozen=True)
class Entry:
    """A program: which inputs it reads, what it leaves in the arena, whether it returns the loss.

    carries: whether it reads or writes carried states, whose rows are those of the batches before
    """

    name: str
    inputs: tuple[str, ...]
    results: tuple[Result, ...]
    returns_loss: bool
    carries: bool = False


@dataclass(frozen=True)
class Interface:
    """dtype: "float32" or "float64".  counters: (name, initial value); settings: (name, default).

    longest: of the arrays with no axis of the batch, with one, with two: (name, elements for a batch of one row)
    """

    name: str
    dtype: str
    inputs: tuple[Input, ...]
    parameters: tuple[Block, ...]
    initial: tuple[Initial, ...]
    states: tuple[Block, ...]
    counters: tuple[tuple[str, float], ...]
    settings: tuple[tuple[str, float], ...]
    entries: tuple[Entry, ...]
    workspace: tuple[int, int, int]
    carried: tuple[Carried, ...] = ()
    longest: tuple[tuple[str, int], ...] = ()

    @property
    def layer_states(self) -> tuple[Block, ...]:
        """States that belong to layers, such as running statistics; the others are the optimiser's."""
        begun = {item.name for item in self.initial}
        return tuple(block for block in self.states if block.name in begun)

    @property
    def parameter_size(self) -> int:
        return _end(self.parameters)

    @property
    def state_size(self) -> int:
        return _end(self.states)

    @property
    def carried_size(self) -> int:
        """Reals of the carried states, for each row of the capacity."""
        return max((block.offset + size_of(block.shape) for block in self.carried), default=0)

    def entry(self, name: str) -> Entry | None:
        return next((entry for entry in self.entries if entry.name == name), None)

    @property
    def step_rows(self) -> tuple[tuple[str, int], ...] | None:
        """The inputs of a step with the elements in a row of each; None where there is no step, or rows are not all."""
        entry = self.entry("step")
        given = [item for item in self.inputs if entry is not None and item.name in entry.inputs]
        if entry is None or any(item.shape[:1] != ("B",) or "B" in item.shape[1:] for item in given):
            return None
        return tuple((item.name, size_of(item.shape)) for item in given)

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1, sort_keys=True)

    @staticmethod
    def from_json(text: str) -> Interface:
        interface: Interface = _read(Interface, json.loads(text))
        return interface


def _end(blocks: tuple[Block, ...]) -> int:
    size = 0
    for block in blocks:
        elements = 1
        for extent in block.shape:
            elements *= extent
        size = max(size, block.offset + elements)
    return size


def _read(kind: Any, data: dict[str, Any]) -> Any:
    nested = {
        (Interface, "inputs"): Input, (Interface, "parameters"): Block, (Interface, "initial"): Initial,
        (Interface, "states"): Block, (Interface, "entries"): Entry, (Interface, "carried"): Carried,
        (Entry, "results"): Result,
    }  # fmt: skip
    values = {}
    for item in fields(kind):
        value = data[item.name]
        inner = nested.get((kind, item.name))
        values[item.name] = tuple(_read(inner, v) for v in value) if inner else _tupled(value)
    return kind(**values)


def _tupled(value: Any) -> Any:
    return tuple(_tupled(item) for item in value) if isinstance(value, list) else value
