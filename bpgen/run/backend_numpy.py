"""The NumPy target: the generated module, loaded as a module, with the network's memory in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from hashlib import sha256
from importlib.abc import InspectLoader
from importlib.util import module_from_spec, spec_from_loader
from math import isfinite
from types import ModuleType
from typing import Any

from bpgen.algebra.errors import InternalError
from bpgen.emit.source import Source
from bpgen.run.arrays import Array, aligned_zeros
from bpgen.run.backend import Memory, Ring


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
        # From the class: an instance keeps its blocks of memory under names such as `gradients`.
        methods = {name: getattr(type(self._network), name) for name in self._inputs}
        self._methods = {name: partial(method, self._network) for name, method in methods.items()}
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
        loss: float = self._methods[entry](*inputs)
        return loss

    def steps(self, inputs: list[Array], batch: int, ring: Ring, losses: Array) -> int:
        step = self._methods["step"]
        for number in range(len(losses)):
            start = (ring.first + number) % ring.batches * batch
            losses[number] = step(*(array[start : start + batch] for array in inputs))
            if not isfinite(losses[number]):
                return number + 1
        return len(losses)

    def bind(self, inputs: Mapping[str, Array], batch: int) -> Callable[[str], Callable[[], float]]:
        return lambda entry: partial(self._methods[entry], *(inputs[name] for name in self._inputs[entry]))
