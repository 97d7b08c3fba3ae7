"""`bpgen tune`: each contraction measured in every way that it can be written in, and the fastest one kept.

All ways are compiled at once and called in turn, by one thread, on arrays of a step's sizes, which lie in the cache
where they fit.  What wins there may lose in the step, where other arrays pass through the cache: so the step with all
that have won is measured beside the step as it was.  Where it is not faster, halves of them are tried, and halves of
these, each beside what is kept by then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import asdict, replace
from math import prod
from time import thread_time
from typing import Any

import numpy as np

from bpgen.algebra.errors import BpgenError
from bpgen.algebra.records import dataclass
from bpgen.api import Description, build_in_ways, load, lower, rows_of
from bpgen.emit.c_ways import Measured, Ways, emit_ways
from bpgen.lower.scalar import BATCH
from bpgen.lower.schedule import Formal
from bpgen.options import Options
from bpgen.run.arrays import Array, aligned_zeros
from bpgen.run.compile import Unit, compile_unit, exports
from bpgen.run.in_turn import Calls, Clock, measure_in_turn, wins
from bpgen.run.measurements import load_measurements, network_key, store_measurements, store_ways
from bpgen.run.samples import random_inputs
from bpgen.spec.model import Model

Report = Callable[[str], object]
Compared = Callable[[Mapping[str, str], Mapping[str, str]], list[list[float]]]
"""Samples of a step in the one ways and in the other."""

KEPT = ("model", "model_seconds", "way", "seconds")
GAIN = 0.05  # of a contraction's time, at least, by which a way must win
STEPS = 10  # times as long as a contraction, for there are but two ways
STEP_GAIN = 0.005  # of a step's, at least, that all of them together must save


@dataclass(frozen=True)
class Tuned:
    """A contraction, the way that the model takes and the one that is kept; seconds of a call.

    ways: how many there are
    """

    kernel: str
    equations: tuple[int, ...]
    signature: str
    rows: int
    ways: int
    model: str
    model_seconds: float
    way: str
    seconds: float

    @property
    def record(self) -> dict[str, Any]:
        """What the cache keeps of it."""
        return {name: value for name, value in asdict(self).items() if name in KEPT}


@dataclass(frozen=True)
class Tuning:
    """step: seconds of a step (or of forward, where there is no loss) as the model has it, and with what was found.

    faster: how many contractions have a way that is faster alone
    kept: whether the step is faster with those that have another way here; else none has
    """

    contractions: tuple[Tuned, ...]
    batch: int
    step: tuple[float, float] | None
    faster: int
    kept: bool

    def lines(self) -> list[str]:
        """What came of it."""
        if self.step is None:
            return ["no way is clearly faster than the model's"]
        before, after = (f"{seconds * 1e6:.2f} us" for seconds in self.step)
        said = "kept; --tuned uses them" if self.kept else "not faster, so the model's ways are kept"
        used = sum(one.way != one.model for one in self.contractions)
        part = f"{used} of the {self.faster}" if 0 < used < self.faster else f"the {self.faster}"
        return [f"a step: {before} in the model's ways, {after} with {part} that are faster alone: {said}"]


def tune(
    model: Description,
    dtype: str = "float32",
    *,
    batch: int | None = None,
    seconds: float = 0.2,
    clock: Clock = thread_time,
    report: Report = lambda text: None,
) -> Tuning:
    """Measure every contraction of a model for about so many seconds, and keep in the cache what is fastest.

    batch: rows of a step; by default the batch_size of [train]; report: is told what is being done
    `bpgen.build(model, tuned=True)` uses what is kept.
    Raises CompileError where there is no C compiler.
    """
    options = Options(target="c", dtype=dtype, threads=1, batch=batch)
    if not seconds > 0:
        raise BpgenError(f"seconds: expected a positive number, got {seconds!r}")
    read = model if isinstance(model, Model) else load(model)
    rows = rows_of(read, batch)
    schedule, _ = lower(read, dtype)
    ways = emit_ways(schedule, dtype, rows)
    report(f"{len(ways.contractions)} contractions in {sum(len(one.ways) for one in ways.contractions)} ways")
    found = _all_measured(ways, dtype, rows, seconds, clock)
    saved = sorted((one for one in found if one.way != one.model), key=lambda one: one.seconds - one.model_seconds)
    winners = {one.signature: one.way for one in saved}
    if winners:
        report(f"{len(winners)} of them can be faster alone; now the step, before and after")

    def compared(before: Mapping[str, str], after: Mapping[str, str]) -> list[list[float]]:
        return _steps(read, options, (before, after), seconds, clock)

    kept, step = _that_gain(winners, compared)
    taken = [one if one.signature in kept else replace(one, way=one.model, seconds=one.model_seconds) for one in found]
    lost = winners.keys() - kept.keys()
    _store({one.signature: one for one in taken}, lost, network_key(read.description, dtype, rows))
    return Tuning(tuple(taken), rows, step, len(winners), not winners or bool(kept))


def _store(taken: Mapping[str, Tuned], lost: Set[str], network: str) -> None:
    """Keep the ways of this network, and for others too: but what was lost here alone, another one may have kept."""
    known = load_measurements()
    store_measurements({name: one.record for name, one in taken.items() if name not in lost or name not in known})
    store_ways(network, {name: one.way for name, one in taken.items()})


def _that_gain(winners: dict[str, str], compared: Compared) -> tuple[dict[str, str], tuple[float, float] | None]:
    """Those with which a step is faster, and its seconds without and with them, or with all where none is kept."""
    if not winners:
        return {}, None
    samples = compared({}, winners)
    ways = winners
    if not wins(samples[1], samples[0], STEP_GAIN):
        ways = _by_halves(list(winners.items()), {}, compared)
        again = compared({}, ways) if ways else samples
        if ways and wins(again[1], again[0], STEP_GAIN):
            samples = again
        else:
            ways = {}
    return ways, (min(samples[0]), min(samples[1]))


def _by_halves(tried: list[tuple[str, str]], kept: dict[str, str], compared: Compared) -> dict[str, str]:
    """What is kept, and with it each half of what is tried, known not to gain as a whole, that does."""
    for half in (tried[: len(tried) // 2], tried[len(tried) // 2 :]) if len(tried) > 1 else ():
        before, after = compared(kept, kept | dict(half))
        kept = kept | dict(half) if wins(after, before, STEP_GAIN) else _by_halves(half, kept, compared)
    return kept


def _all_measured(ways: Ways, dtype: str, rows: int, seconds: float, clock: Clock) -> list[Tuned]:
    if not ways.contractions:
        return []
    ffi, lib = exports(compile_unit(Unit(ways.files, ways.cdef, ways.flags)))
    return [_measured(one, dtype, rows, (ffi, lib), seconds=seconds, clock=clock) for one in ways.contractions]


def _measured(
    contraction: Measured, dtype: str, batch: int, module: tuple[Any, Any], *, seconds: float, clock: Clock
) -> Tuned:
    ffi, lib = module
    rows_of_all = batch if contraction.rows_apart else contraction.rows
    generator = np.random.default_rng(0)
    before = [_random(formal, dtype, rows_of_all, generator) for formal in contraction.formals]
    arrays = [aligned_zeros(array.size, array.dtype) for array in before]
    pointers = ffi.new("void *[]", [ffi.cast("void *", array.ctypes.data) for array in arrays])
    integers = ffi.new("int[]", list(contraction.integers))

    def refresh() -> None:
        for array, values in zip(arrays, before, strict=True):
            array[:] = values

    def calls(function: str) -> Calls:
        made = getattr(lib, function)
        return lambda turns: made(turns, pointers, integers)

    refresh()
    samples = measure_in_turn([calls(name) for name in contraction.functions], seconds, clock, refresh)
    usual, best = samples[0], min(samples, key=min)
    chosen = samples.index(best) if wins(best, usual, GAIN) else 0
    return Tuned(
        contraction.kernel, contraction.numbers, contraction.signature, contraction.rows, len(samples),
        contraction.ways[0], min(usual), contraction.ways[chosen], min(samples[chosen]),
    )  # fmt: skip


def _random(formal: Formal, dtype: str, rows: int, generator: np.random.Generator) -> Array:
    """Values that keep the kernel in the range of numbers: from 0.5 to 1.5, and the first place of every table."""
    size = prod(rows if extent == BATCH else int(extent) for extent in formal.shape)
    if formal.dtype == "int32":
        return np.zeros(size, np.int32)
    return generator.uniform(0.5, 1.5, size).astype(dtype if formal.dtype == "real" else formal.dtype)


def _steps(
    model: Model, options: Options, of: tuple[Mapping[str, str], Mapping[str, str]], seconds: float, clock: Clock
) -> list[list[float]]:
    """Seconds of steps in the one ways and in the other."""
    networks = [build_in_ways(model, options, ways) for ways in of]
    inputs = random_inputs(networks[0].interface, rows_of(model, options.batch), np.random.default_rng(0))
    entries = {entry.name for entry in networks[0].interface.entries}
    entry = next(name for name in ("step", "gradients", "forward") if name in entries)

    def calls(call: Callable[[], object]) -> Calls:
        return lambda turns: [call() for _ in range(turns)]

    bound = [getattr(network.bind(inputs), entry) for network in networks]
    return measure_in_turn([calls(call) for call in bound], STEPS * seconds, clock)
