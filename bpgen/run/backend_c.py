"""The C target: a struct of pointers for each binding, one C call for each entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from weakref import WeakSet

from bpgen.algebra.errors import ArrayError
from bpgen.emit.names import c_identifier
from bpgen.emit.source import Source
from bpgen.lower.interface import Interface
from bpgen.run.arrays import Array, aligned_zeros
from bpgen.run.backend import Memory, Ring, arena_size, grow_carried
from bpgen.run.compile import Unit, can_have_threads, compile_unit, exports
from bpgen.run.threads import default_threads

LONGEST = 2**31 - 2**24
"""Elements of an array, which kernels count by int; tiles may end, and fetches reach, beyond the last one."""


class Binding:
    """A struct of the network's pointers and of the arrays of one binding; it keeps them alive."""

    def __init__(self, struct: Any, arrays: tuple[Array, ...]) -> None:
        self.struct = struct
        self.arrays = arrays


class CBackend:
    """threads: by default BPGEN_NUM_THREADS, OMP_NUM_THREADS or all cores; 1 where the compiler has none, or nothing in
    the source is worth dividing.  Raises CompileError where the source cannot be compiled.
    """

    def __init__(self, source: Source, memory: Memory, threads: int | None = None) -> None:
        self._interface = source.interface
        self._memory = memory
        check_lengths(source.interface, 1)
        unit = Unit.of(source)
        self._ffi, self._lib = exports(compile_unit(unit))
        self.threads = (threads or default_threads()) if can_have_threads(unit) else 1
        self._prefix = c_identifier(source.interface.name)
        self._type = self._ffi.typeof(f"{self._prefix}_network")
        names = [name for name, _ in self._type.fields]
        given = names[names.index("settings") + 1 :]  # one field an input, in interface order
        self._fields = dict(zip((item.name for item in source.interface.inputs), given, strict=True))
        self._pointers = {
            item.name: self._ffi.typeof("int32_t[]" if item.dtype == "int32" else self._real + "[]")
            for item in source.interface.inputs
        }
        self._functions = {
            entry.name: getattr(self._lib, f"{self._prefix}_{entry.name}") for entry in source.interface.entries
        }
        if source.interface.step_rows is not None:
            self._steps = getattr(self._lib, f"{self._prefix}_steps")
        self._slots = {
            entry.name: [(self._fields[name], self._pointers[name]) for name in entry.inputs]
            for entry in source.interface.entries
        }
        self._bindings: WeakSet[Binding] = WeakSet()
        self.capacity = 0
        self.workspace = self.carried = aligned_zeros(0, self._interface.dtype)
        self._free = self._new_binding({}, 0)  # the one of calls that are not bound

    @property
    def _real(self) -> str:
        return "float" if self._interface.dtype == "float32" else "double"

    def reserve(self, capacity: int) -> None:
        check_lengths(self._interface, capacity)
        self.workspace = aligned_zeros(arena_size(self._interface, capacity), self._interface.dtype)
        self.carried = grow_carried(self._interface, self.carried, self.capacity, capacity)
        self.capacity = capacity
        for binding in self._bindings:
            self._place(binding)

    def _place(self, binding: Binding) -> None:
        binding.struct.workspace = self._ffi.from_buffer(self._real + "[]", self.workspace)
        if self._interface.carried:
            binding.struct.carried = self._ffi.from_buffer(self._real + "[]", self.carried)
        binding.struct.capacity = self.capacity

    def _new_binding(self, inputs: Mapping[str, Array], batch: int) -> Binding:
        struct = self._ffi.new(f"{self._prefix}_network *")
        memory = self._memory
        for name in ("parameters", "gradients", "states"):
            setattr(struct, name, self._ffi.from_buffer(self._real + "[]", getattr(memory, name)))
        struct.counters = self._ffi.from_buffer("double[]", memory.counters)
        struct.settings = self._ffi.from_buffer("double[]", memory.settings)
        struct.batch = batch
        struct.threads = self.threads
        for name, array in inputs.items():
            setattr(struct, self._fields[name], self._ffi.from_buffer(self._pointers[name], array))
        binding = Binding(struct, tuple(inputs.values()))
        self._place(binding)
        self._bindings.add(binding)
        return binding

    def call(self, entry: str, inputs: list[Array], batch: int) -> float:
        loss: float = self._functions[entry](self._filled(entry, inputs, batch))
        return loss

    def steps(self, inputs: list[Array], batch: int, ring: Ring, losses: Array) -> int:
        struct = self._filled("step", inputs, batch)
        left = self._ffi.from_buffer("double[]", losses, require_writable=True)
        made: int = self._steps(struct, ring.first, ring.batches, len(losses), left)
        return made

    def _filled(self, entry: str, inputs: list[Array], batch: int) -> Any:
        """The struct of calls that are not bound, with these inputs."""
        struct = self._free.struct
        struct.batch = batch
        from_buffer = self._ffi.from_buffer
        for (field, pointer), array in zip(self._slots[entry], inputs, strict=True):
            setattr(struct, field, from_buffer(pointer, array))
        return struct

    def bind(self, inputs: Mapping[str, Array], batch: int) -> Callable[[str], Callable[[], float]]:
        binding = self._new_binding(inputs, batch)

        def of(entry: str) -> Callable[[], float]:
            call = partial(self._functions[entry], binding.struct)
            call.binding = binding  # type: ignore[attr-defined]  # alive as long as the call
            return call

        return of


def check_lengths(interface: Interface, rows: int) -> None:
    """Raises ArrayError for a batch of so many rows that an array has more elements than C counts here."""
    for degree, (name, size) in enumerate(interface.longest):
        elements = size * rows**degree
        if elements > LONGEST:
            few = "fewer rows at a time, or " if degree else ""
            raise ArrayError(
                f"{name} would have {elements:,} elements{f' for {rows:,} rows' if degree else ''}, and C counts those "
                f'of an array by int, to {LONGEST:,}: take {few}target="numpy"'
            )
