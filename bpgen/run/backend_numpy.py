"""The NumPy target: the generated module, loaded as a module, with the network's memory in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import copy_context
from functools import partial
from hashlib import sha256
from importlib.abc import InspectLoader
from importlib.util import module_from_spec, spec_from_loader
from math import isfinite
from types import ModuleType
from typing import Any

import numpy as np

from bpgen.algebra.errors import InternalError
from bpgen.emit.source import Source
from bpgen.run.arrays import Array, aligned_zeros
from bpgen.run.backend import Memory, Ring

MOST_PROGRAMS = 32
"""Programs for batches of some size that are kept, each with its views of the memory."""


class _TextLoader(InspectLoader):
    """Loads generated text; having get_source, it lets tracebacks show the generated line."""

    def __init__(self, text: str) -> None:
        self._text = text

    def get_source(self, fullname: str) -> str:
        return self._text


def load_generated(source: Source) -> ModuleType:
    """The generated Python module of a source for the NumPy target."""
    texts = [text for name, text in sorted(source.files.items()) if name.endswith(".py")]
    if len(texts) != 1:
        raise InternalError(f"the NumPy source of {source.name} has {len(texts)} modules, not one")
    name = f"_bpk_{sha256(texts[0].encode()).hexdigest()[:16]}"
    loader = _TextLoader(texts[0])
    spec = spec_from_loader(name, loader)
    if spec is None:
        raise InternalError(f"Python cannot load the module of {source.name}")
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


class NumPyBackend:
    threads = 1  # beside those of NumPy's own

    def __init__(self, source: Source, memory: Memory) -> None:
        self._inputs = {entry.name: entry.inputs for entry in source.interface.entries}
        self._network: Any = load_generated(source).Network(
            memory.parameters, memory.gradients, memory.states, memory.counters, memory.settings
        )
        self._programs: dict[tuple[str, int], Callable[..., float]] = {}
        self._run = quietly()
        self.capacity = 0
        self._carries = bool(source.interface.carried)
        self.carried: Array = aligned_zeros(0, source.interface.dtype)
        self.reserve(0)

    def reserve(self, capacity: int) -> None:
        self._network.reserve(capacity)
        self.capacity = capacity
        self.workspace: Array = self._network.workspace
        if self._carries:
            self.carried = self._network.blocks["carried"]

    def call(self, entry: str, inputs: list[Array], batch: int) -> float:
        loss: float = self._run(self._program(entry, batch), *inputs)
        return loss

    def _program(self, entry: str, batch: int) -> Callable[..., float]:
        """An entry as a function of inputs, which are checked already; its arrays move when the workspace grows."""
        program = self._programs.get((entry, batch))
        if program is None:
            if len(self._programs) == MOST_PROGRAMS:
                del self._programs[next(iter(self._programs))]
            program = self._programs[entry, batch] = self._network.bind(entry, batch)
        return program

    def steps(self, inputs: list[Array], batch: int, ring: Ring, losses: Array) -> int:
        return int(self._run(self._steps, inputs, batch, ring, losses))

    def _steps(self, inputs: list[Array], batch: int, ring: Ring, losses: Array) -> int:
        step = self._program("step", batch)
        for number in range(len(losses)):
            start = (ring.first + number) % ring.batches * batch
            losses[number] = loss = step(*(array[start : start + batch] for array in inputs))
            if not isfinite(loss):
                return number + 1
        return len(losses)

    def bind(self, inputs: Mapping[str, Array], batch: int) -> Callable[[str], Callable[[], float]]:
        def bound(entry: str) -> Callable[[], float]:
            given = (inputs[name] for name in self._inputs[entry])
            return partial(self._run, self._program(entry, batch), *given)

        return bound


def quietly() -> Callable[..., Any]:
    """A function that calls another one without NumPy's warnings of overflow and the like.

    NumPy 2 keeps its settings in a context, and to run in one takes a tenth of the time of np.errstate.  A context
    is entered by any thread, though by one at a time, as a network is; so each network has its own.
    """
    if int(np.__version__.split(".")[0]) < 2:
        return _run_ignoring
    context = copy_context()
    context.run(np.seterr, all="ignore")
    return context.run


@np.errstate(all="ignore")
def _run_ignoring(function: Callable[..., Any], *arguments: Any) -> Any:
    return function(*arguments)
