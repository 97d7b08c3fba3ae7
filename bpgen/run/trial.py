"""A trial of freshly compiled code: every entry, against the NumPy target, on random values.

Compilers have bugs too: gcc 12 was seen to vectorise a loop with nested conditions wrongly, which gave a
gradient with a wrong sign in one row of five.  Code that fails its trial is compiled again without
vectorisation; code that fails that too is not run.
"""

from __future__ import annotations

import ctypes
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import numpy as np

from bpgen.algebra.errors import InternalError, LoweringError
from bpgen.algebra.records import dataclass
from bpgen.emit.source import Source
from bpgen.lower.interface import Block, Interface
from bpgen.run.arrays import Array
from bpgen.run.backend import Backend, Memory, block_view, result_view
from bpgen.run.backend_c import CBackend
from bpgen.run.backend_numpy import NumPyBackend
from bpgen.run.cache import store_record
from bpgen.run.compile import TRIALS, Unit, compile_unit, unit_key
from bpgen.run.samples import random_inputs
from bpgen.run.undisturbed import one_thread

# What a call of an entry leaves behind, each thing under a name and in parts.
Left = list[tuple[str, list[Array]]]
Runner = Callable[[str, int], Left]

LARGE = 1 << 16  # of arrays of more elements, sums of so many together are compared
TOGETHER = 13
ROWS = 17  # some full vectors and a remainder; more than bpgen.lower.rows.MOST_ROWS, so that few come after few
# Rounding may tip a kink or overflow in one target and not in the other: one disagreement is no verdict.
SEEDS = (3, 4, 5)
ENOUGH = 2
# Of the difference, relative to the norm of each array.
TOLERANCE = {"float32": 2e-3, "float64": 1e-7}


def try_compiled(source: Source, reference: Callable[[], Source]) -> None:
    """Hold a C source's compiled code against the NumPy source of the same network, once.

    The verdict is kept in the cache.  Raises InternalError where also careful compilation gives other values
    than NumPy does.
    """
    unit = Unit.of(source)
    key = unit_key(unit)
    other = None
    with one_thread(), ThreadPoolExecutor(1) as pool:
        compiling = pool.submit(compile_unit, unit)  # while Python writes the reference, and calls it
        with suppress(LoweringError):
            other = reference()
        if other is not None:
            give_back_memory()
            desk = Desk(Memory.allocate(source.interface))
            theirs = _runner(other, desk)
            expected = _call_all(theirs, source.interface, SEEDS[0])
            theirs.close()  # two arenas at the same time would be the most that a large network ever takes
            give_back_memory()
        compiling.result()
    if other is None:  # NumPy has no form of it: careful compilation is the judge, of the compiler alone
        wrong = _differences_by_compiler(source, key)
    else:
        wrong = differences(_runner(source, desk), theirs, source.interface, expected)
        if wrong:
            store_record(TRIALS, key, {"careful": True})
            if differences(_runner(source, desk), theirs, source.interface, expected):
                store_record(TRIALS, key, {"careful": True, "failed": True})
                raise InternalError(
                    f"the compiled code of {source.name} computes other values than NumPy does: {', '.join(wrong)}\n"
                    '  this is a bug in bpgen or in the C compiler; target="numpy" does not need either'
                )
    store_record(TRIALS, key, {"careful": bool(wrong)})
    if not wrong:
        return
    warnings.warn(
        f"the C compiler miscompiled {source.name} ({', '.join(wrong)}); it is compiled without vectorisation",
        RuntimeWarning,
        stacklevel=4,
    )


def give_back_memory() -> None:
    """What has been freed goes back to the system before more is taken: glibc would keep it."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:  # other C libraries give back of themselves
        trim(0)


def _differences_by_compiler(source: Source, key: str) -> list[str]:
    """What differs between the code as usual and the same code compiled without optimisation."""
    desk = Desk(Memory.allocate(source.interface))
    usual = _runner(source, desk)
    store_record(TRIALS, key, {"careful": True})
    return differences(usual, _runner(source, desk), source.interface)


def differences(ours: Runner, theirs: Runner, interface: Interface, expected: Left | None = None) -> list[str]:
    """What differs with most seeds: "gradients: gradients", "step: parameters".

    expected: what theirs leaves with the first seed, where they have been called already
    """
    found: Counter[str] = Counter()
    for seed in SEEDS:
        right = _call_all(theirs, interface, seed) if expected is None else expected
        for (name, a), (_, b) in zip(_call_all(ours, interface, seed), right, strict=True):
            found[name] += not _agree(a, b, TOLERANCE[interface.dtype])
        if not found.total():
            break
        expected = None
    return sorted(name for name, times in found.items() if times >= ENOUGH)


def _call_all(runner: Runner, interface: Interface, seed: int) -> Left:
    """What every entry leaves, condensed, for the next call works in the same memory."""
    with np.errstate(all="ignore"):
        entries = [entry.name for entry in interface.entries]
        return [(name, _condensed(parts)) for entry in entries for name, parts in runner(entry, seed)]


def _condensed(parts: list[Array]) -> list[Array]:
    """Copies, of which large ones are sums of a few elements, each with a weight: what differs there differs here.

    Norms are those of the elements, but for chance; the few elements stand below each other, in rows that follow.
    """
    weights = np.random.default_rng(0).choice([-1.0, 1.0], TOGETHER) * np.linspace(0.5, 1.5, TOGETHER)
    found = []
    for part in parts:
        rows = part if part.ndim and len(part) >= TOGETHER else part.reshape(-1)
        whole = len(rows) // TOGETHER * TOGETHER if rows.size > LARGE else 0
        groups = rows[:whole].reshape(-1, TOGETHER, *rows.shape[1:])  # a view, in whichever order they lie
        sums = np.einsum("i,ni...->n...", weights.astype(np.result_type(rows.dtype, np.float32)), groups)
        found.append(np.concatenate([sums.reshape(-1), rows[whole:].reshape(-1)]))
    return found


def _agree(left: list[Array], right: list[Array], tolerance: float) -> bool:
    apart = whole = 0.0
    for ours, theirs in zip(left, right, strict=True):
        defined = np.isfinite(theirs)
        if not np.array_equal(defined, np.isfinite(ours)):
            return False
        a, b = ours[defined].astype(float), theirs[defined].astype(float)
        apart += float(np.sum((a - b) ** 2))
        whole += float(np.sum(b**2))
    return bool(apart**0.5 <= tolerance * (whole**0.5 + 1e-6))


@dataclass
class Desk:
    """The memory in which the targets work in turn.  drawn: whose values it holds: the interface and the seed."""

    memory: Memory
    drawn: tuple[Interface, int] | None = None

    def lay_out(self, interface: Interface, seed: int) -> None:
        """Random values of parameters and states, where others are there."""
        memory, generator = self.memory, np.random.default_rng((seed, 1))
        memory.gradients[:] = 0
        memory.counters[:] = [value for _, value in interface.counters]
        memory.settings[:] = [value for _, value in interface.settings]
        if self.drawn == (interface, seed):
            return
        for block in interface.parameters:
            fan = max(1, int(np.prod(block.shape)) // max(1, block.shape[0] if block.shape else 1))
            view = block_view(block, memory.parameters)
            _draw(generator.random, view)
            view -= 0.5
            view *= np.sqrt(12 / fan)
        # Away from 0: what an optimiser divides by the root of a state would turn rounding into a difference.
        for block in interface.states:  # and not what lies between them, which updates of all at once may compute with
            view = block_view(block, memory.states)
            _draw(generator.random, view)
            view += 0.5
        self.drawn = interface, seed


def _draw(kind: Callable[..., Any], view: Array) -> None:
    """Random values of a kind, drawn in place where the generator can."""
    if view.flags.c_contiguous:
        kind(dtype=view.dtype.type, out=view)
    else:
        view[...] = kind(view.shape, view.dtype.type)


@dataclass
class _Opened:
    """A call of an entry, by its name and a seed, that gives what it leaves in memory, where the next call works."""

    source: Source
    desk: Desk
    backend: Backend | None = None

    def __call__(self, entry: str, seed: int) -> Left:
        return _run(entry, self.source.interface, self.desk, self.open(), seed)

    def open(self) -> Backend:
        if self.backend is None:
            source, memory = self.source, self.desk.memory
            self.backend = CBackend(source, memory) if source.target == "c" else NumPyBackend(source, memory)
            self.backend.reserve(ROWS)
        return self.backend

    def close(self) -> None:
        """Give its arena back, until it is called again."""
        self.backend = None


def _runner(source: Source, desk: Desk) -> _Opened:
    runner = _Opened(source, desk)
    runner.open()
    return runner


def _run(entry: str, interface: Interface, desk: Desk, backend: Backend, seed: int) -> Left:
    memory, generator = desk.memory, np.random.default_rng(seed)
    inputs = random_inputs(interface, ROWS, generator)
    backend.carried[:] = generator.uniform(-1, 1, backend.carried.size)
    desk.lay_out(interface, seed)
    found = interface.entry(entry)
    assert found is not None
    loss = backend.call(entry, [inputs[name] for name in found.inputs], ROWS)
    if entry == "step":
        desk.drawn = None
    left: Left = [("loss", [np.array([loss])])]
    if entry in ("gradients", "input_gradients"):
        left.append(("gradients", _parts(memory.gradients, interface.parameters)))
    if entry == "step":
        left.append(("parameters", _parts(memory.parameters, interface.parameters)))
        left.append(("states", _parts(memory.states, interface.states)))
        left.append(("carried", [backend.carried]))
    left += [
        (result.name, [result_view(interface, result, backend.workspace, backend.capacity, ROWS)])
        for result in found.results
    ]
    return [(f"{entry}: {name}", parts) for name, parts in left]


def _parts(flat: Array, blocks: Sequence[Block]) -> list[Array]:
    """The tensors in a flat block, without what lies between them."""
    return [block_view(block, flat) for block in blocks]
