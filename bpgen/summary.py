"""What `bpgen show` and `bpgen bench` say of a network: plain records, for tables and for JSON."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from bpgen.algebra.records import dataclass

if TYPE_CHECKING:
    from bpgen.lower.schedule import Schedule
    from bpgen.run.network import Network
    from bpgen.spec.model import Model


@dataclass(frozen=True)
class LayerRow:
    """operations: of the forward equations, for one row; shape: of what the layer gives.

    inputs: what it reads; written: what the text of its block calls these ("input"), the same outside of blocks
    """

    name: str
    type: str
    inputs: tuple[str, ...]
    written: tuple[str, ...]
    shape: tuple[int | str, ...]
    parameters: int
    operations: int


def merged(rows: Sequence[LayerRow]) -> list[tuple[LayerRow, int]]:
    """Rows with how many layers each speaks for: equal repetitions of a block (body.0.fc, body.1.fc, ...) are one.

    The name then is body.0-11.fc.
    """
    groups: dict[tuple[object, ...], list[LayerRow]] = {}
    for row in rows:
        alike = (re.sub(r"\.\d+\.", ".*.", row.name), row.type, row.shape, row.parameters, row.operations)
        groups.setdefault(alike, []).append(row)
    return [(replace(group[0], name=_range([row.name for row in group])), len(group)) for group in groups.values()]


def _range(names: list[str]) -> str:
    """body.0.fc, body.1.fc -> body.0-1.fc; numbers that are not without a gap are listed."""
    parts = zip(*(name.split(".") for name in names), strict=True)
    return ".".join(_numbers(list(dict.fromkeys(part))) for part in parts)


def _numbers(found: list[str]) -> str:
    if len(found) == 1:
        return found[0]
    numbers = [int(part) for part in found]
    whole = numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    return f"{numbers[0]}-{numbers[-1]}" if whole else ",".join(found)


@dataclass(frozen=True)
class Summary:
    """bytes of a network with so many rows; arena: as placed; unshared: if every intermediate had its own place."""

    name: str
    layers: tuple[LayerRow, ...]
    parameters: int
    equations: int
    kernels: int
    calls: int
    batch: int
    dtype: str
    parameter_bytes: int
    state_bytes: int
    arena_bytes: int
    unshared_bytes: int
    step_operations: int


def summarise(model: Model, dtype: str = "float32") -> Summary:
    """Figures of the network as it is lowered, at the batch size of its [train]."""
    from bpgen.api import lower
    from bpgen.operations import equation_operations, program_operations
    from bpgen.spec.system import build_system

    system = build_system(model)
    schedule, interface = lower(model, dtype)
    batch = int(model.train.get("batch_size", 1))
    rows = []
    for layer in model.layers:
        own = [e for e in system.equations if e.origin.layer == layer.name and e.role == "forward"]
        parameters = [t for t in system.with_role("parameter") if t.layer == layer.name]
        rows.append(LayerRow(
            layer.name, f"{layer.type}, {layer.activation}" if layer.activation else layer.type, layer.inputs,
            layer.written or layer.inputs,
            system.tensors[layer.name].shape, sum(_size(t.shape) for t in parameters),
            sum(equation_operations(e, 1) for e in own),
        ))  # fmt: skip
    program = schedule.programs[-1]
    item = np.dtype(dtype).itemsize
    return Summary(
        name=model.name,
        layers=tuple(rows),
        parameters=sum(_size(block.shape) for block in interface.parameters),
        equations=len(system.equations),
        kernels=len(schedule.kernels),
        calls=sum(times for _, times in program.counted_calls),
        batch=batch,
        dtype=dtype,
        parameter_bytes=item * interface.parameter_size,
        state_bytes=item * interface.state_size,
        arena_bytes=item * _elements(schedule.workspace, batch),
        unshared_bytes=item * _elements(program.unshared, batch),
        step_operations=program_operations(schedule, program, batch),
    )


def _size(shape: tuple[int | str, ...]) -> int:
    return math.prod(extent for extent in shape if isinstance(extent, int))


def _elements(sizes: tuple[int, int, int], batch: int) -> int:
    return sizes[0] + sizes[1] * batch + sizes[2] * batch**2


@dataclass(frozen=True)
class Timing:
    """Median seconds of a bound call; operations: of that call; gemm: NumPy's sgemm here, operations a second."""

    call: str
    batch: int
    seconds: float
    operations: int
    gemm_rate: float

    @property
    def rate(self) -> float:
        return self.operations / self.seconds


def measure(network: Network, schedule: Schedule, batch: int, seconds: float = 1.0) -> list[Timing]:
    """Times of a training step and of forward, each measured for about so many seconds, at random inputs."""
    from bpgen.operations import program_operations
    from bpgen.run.samples import random_inputs

    bound = network.bind(random_inputs(network.interface, batch, np.random.default_rng(0)))
    rate = gemm_rate(network.dtype)
    timings = []
    for program in schedule.programs:
        call: Any = {"step": bound.step, "forward": bound.forward, "gradients": bound.gradients}.get(program.name)
        if call is not None:
            operations = program_operations(schedule, program, batch)
            timings.append(Timing(program.name, batch, _median_seconds(call, seconds), operations, rate))
    return timings


def _median_seconds(call: Any, budget: float) -> float:
    begin = perf_counter()
    call()
    once = max(perf_counter() - begin, 1e-7)
    block = max(1, int(0.005 / once))  # calls between two looks at the clock: about 5 ms
    samples: list[float] = []
    end = perf_counter() + budget
    while perf_counter() < end or len(samples) < 3:
        start = perf_counter()
        for _ in range(block):
            call()
        samples.append((perf_counter() - start) / block)
    return float(np.median(samples))


def gemm_rate(dtype: str, size: int = 768) -> float:
    """Operations a second of NumPy's own matrix product, as many threads as it takes: a yardstick of the machine."""
    left, right = np.ones((size, size), dtype), np.ones((size, size), dtype)
    out = np.empty_like(left)
    return 2 * size**3 / _median_seconds(lambda: np.matmul(left, right, out=out), 0.3)
