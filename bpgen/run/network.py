"""A running network: its memory, and its programs called with checked arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bpgen.algebra.errors import ArrayError, CheckpointError
from bpgen.algebra.records import dataclass
from bpgen.emit.source import Source
from bpgen.library.initializers import draw
from bpgen.lower.interface import Block, Entry
from bpgen.run.arrays import Array, InputCheck, Views, fitting, named, random_generator, show_shape
from bpgen.run.backend import Backend, Memory, block_view, result_view
from bpgen.run.bound import Bound, absence
from bpgen.run.carried import CarriedRows
from bpgen.run.checkpoint import Checkpoint, damaged, read_checkpoint, signature, write_checkpoint
from bpgen.run.settings import Settings

if TYPE_CHECKING:
    from bpgen.run.history import History
    from bpgen.run.metrics import Metric


@dataclass(frozen=True)
class Description:
    """What a network knows of its description beyond the interface.

    fingerprint: of its layers and losses, for checkpoints; train: defaults of fit; metric: how to count hits
    """

    fingerprint: str = ""
    train: Mapping[str, Any] | None = None
    metric: Metric | None = None


class Network:
    """A network that computes, made by bpgen.build.

    parameters: name -> array, views of the network's own memory; assigning copies into it.  A matrix may lie by
        columns, and then reshape gives a copy: write through indices, or through `.flat`
    gradient_views: the same of the gradients, as the last `gradients` left them
    settings: name -> number, such as "lr"
    limit: the most rows of a call, None for no limit
    Calls take arrays by the inputs' names and raise ArrayError for what does not fit.  One network
    belongs to one thread at a time; calls release the GIL.
    """

    def __init__(
        self, source: Source, memory: Memory, backend: Backend, description: Description, batch: int | None = None
    ) -> None:
        interface = source.interface
        self.source = source
        self.interface = interface
        self.name = interface.name
        self.dtype = interface.dtype
        self.description = description
        self.random = np.random.default_rng(0)
        self._memory = memory
        self.backend = backend
        self.limit = batch
        self.parameters = Views(_views(interface.parameters, memory.parameters), "parameter")
        self.gradient_views = Views(_views(interface.parameters, memory.gradients), "gradient")
        self.carried = CarriedRows(interface, backend)
        self.states = Views(_views(interface.states, memory.states), "state")
        self._layer_states = _views(interface.layer_states, memory.states)
        self.settings = Settings((name for name, _ in interface.settings), memory.settings)
        memory.settings[:] = [value for _, value in interface.settings]
        self._checks = {spec.name: InputCheck(spec, interface.dtype) for spec in interface.inputs}
        self._entries = {
            entry.name: (entry, [self._checks[name] for name in entry.inputs]) for entry in interface.entries
        }
        if batch is not None:
            backend.reserve(batch)
        self.init(seed=0)

    @property
    def target(self) -> str:
        return self.source.target

    @property
    def threads(self) -> int:
        """How many threads may share the work of a call."""
        return self.backend.threads

    def __repr__(self) -> str:
        count = sum(view.size for view in self.parameters.values())
        inputs = ", ".join(f"{spec.name} {show_shape(spec.shape)}" for spec in self.interface.inputs)
        return f"<Network {self.name}: {inputs}; {count} parameters; {self.target}, {self.dtype}>"

    # Parameters and state

    def init(self, seed: int = 0) -> None:
        """Draw all parameters, and set all states and counters to their beginning.  Deterministic in seed.

        The seed is that of random(...) too, as in dropout: it becomes the setting of this name.
        """
        self.random = random_generator(seed)
        learnt = self._learnt()
        for item in self.interface.initial:
            view = learnt[item.name]
            view[...] = draw(item.init, dict(item.options), view.shape, item.fan_in, item.fan_out, self.random)
        if "seed" in self.settings:
            self.settings["seed"] = seed
        if self._memory.gradients.any():  # what is only read takes no memory, where steps hold no gradients
            self._memory.gradients[:] = 0
        self.reset_optimizer()
        self.reset_state()

    def reset_optimizer(self) -> None:
        """Set optimiser states and counters to their beginning; parameters, states of layers and settings stay."""
        for name, view in self.states.items():
            if name not in self._layer_states:
                view[...] = 0
        self._memory.counters[:] = [value for _, value in self.interface.counters]

    def reset_state(self) -> None:
        """Set states that are carried from batch to batch to 0, of any number of rows: what follows follows nothing."""
        self.carried.reset()

    def state_dict(self) -> dict[str, Array]:
        """Copies of all parameters and states of layers, by PyTorch's names and in PyTorch's layouts."""
        return {name: view.copy() for name, view in self._learnt().items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Copy parameters and states of layers from arrays or tensors.

        Nothing is changed unless all of them fit (ArrayError).  PyTorch's `num_batches_tracked` is passed over.
        """
        if not isinstance(state, Mapping):
            raise ArrayError(f"expected a state by name, such as state_dict() gives, got {type(state).__name__}")
        learnt = self._learnt()
        counted = {f"{name.rpartition('.')[0]}.num_batches_tracked" for name in self._layer_states}
        missing = [name for name in learnt if name not in state]
        unexpected = [name for name in state if name not in learnt and name not in counted]
        if missing or unexpected:
            parts = [f"missing: {', '.join(missing)}"] if missing else []
            parts += [f"unexpected: {', '.join(map(str, unexpected))}"] if unexpected else []
            raise ArrayError(f"the state does not fit {self.name}: {'; '.join(parts)}")
        fitted = {name: fitting(name, state[name], view) for name, view in learnt.items()}
        for name, array in fitted.items():
            learnt[name][...] = array

    def _learnt(self) -> dict[str, Array]:
        """What a trained network consists of: parameters, and states of layers such as running statistics."""
        return {**self.parameters, **self._layer_states}

    # Programs

    def forward(self, inputs: Mapping[str, Any] | None = None, /, **arrays: Any) -> Array | dict[str, Array]:
        """The output of the last layer, or a dict where there are several heads.  Fresh arrays.

        As outside of training: dropout passes everything on, batchnorm takes its running statistics.  States that
        are carried are read as the last step (or reset_state) left them, which this does not change.
        """
        _, batch = self._run("forward", named(inputs, arrays))
        results = self._results("forward", batch)
        return next(iter(results.values())) if len(results) == 1 else results

    def loss(self, inputs: Mapping[str, Any] | None = None, /, **arrays: Any) -> float:
        """The loss of `forward`; while training, layers may do otherwise: see the losses of gradients and step."""
        return self._run("loss", named(inputs, arrays))[0]

    def step(self, inputs: Mapping[str, Any] | None = None, /, **arrays: Any) -> float:
        """Forward, backward and update in one call of the compiled code; the loss before the update."""
        return self._run("step", named(inputs, arrays))[0]

    def gradients(
        self, inputs: Mapping[str, Any] | None = None, /, wrt: Iterable[str] | None = None, **arrays: Any
    ) -> tuple[float, dict[str, Array]]:
        """The loss as in training, and its gradients by all parameters, or by the inputs and parameters named in wrt.

        States stay, and the step count: called again, random(...) gives the same numbers.
        """
        names = list(self.parameters) if wrt is None else [wrt] if isinstance(wrt, str) else list(wrt)
        by_input = [name for name in names if name not in self.parameters]
        self._check_differentiable(by_input)
        # Without a parameter on the way to the loss every gradient is 0, and there is no such entry.
        entry = "input_gradients" if by_input else "gradients"
        if entry not in self._entries and "loss" in self._entries:
            entry = "loss"
        loss, batch = self._run(entry, named(inputs, arrays))
        found = self._results("input_gradients", batch) if by_input else {}
        return loss, {name: found[name] if name in by_input else self.gradient_views[name].copy() for name in names}

    def bind(self, inputs: Mapping[str, Any] | None = None, /, **arrays: Any) -> Bound:
        """Hold these arrays: checked now, not again.  They must have the right dtype and be contiguous."""
        given = named(inputs, arrays)
        self._check_names(given, [])
        held: dict[str, Array] = {}
        batch = 0
        for name, array in given.items():
            held[name], batch = self._checks[name].check(array, batch, copy=False)
        batch = batch or 1
        self.reserve(batch)
        return Bound(self.interface, self.backend, held, batch, self.gradient_views, carried=self.carried)

    def steps(
        self, data: Mapping[str, Any], k: int | None = None, *, batch_size: int | None = None, first: int = 0
    ) -> Array:
        """So many steps in few calls of the compiled code: the losses, float64, those of k calls of `step`.

        Batches are batch_size consecutive rows (the description's unless given), the last one what remains; batch
        `first` is the first, and after the last one the first row comes again.  Without k: one pass over the rows.
        """
        from bpgen.run.steps import run_steps

        usual = (self.description.train or {}).get("batch_size", 64)
        return run_steps(self, data, k, usual if batch_size is None else batch_size, first)

    def fit(self, data: Any, **options: Any) -> History:
        """Train.  data: a Dataset, the name of one, or arrays by input name; options: see bpgen.run.fit.fit."""
        from bpgen.run.fit import fit

        return fit(self, data, **options)

    def interface_input(self, name: str) -> Any:
        return self._checks[name].spec

    def _run(self, entry: str, given: Mapping[str, Any]) -> tuple[float, int]:
        found, checked, batch = self.check_arrays(entry, given)
        self.carried.admit(found, batch)
        if batch > self.backend.capacity:
            self.reserve(batch)
        return self.backend.call(entry, checked, batch), batch

    def check_arrays(self, name: str, given: Mapping[str, Any]) -> tuple[Entry, list[Array], int]:
        """An entry ("step", "loss", ...), its inputs as it wants them, the number of rows.  ArrayError otherwise."""
        found = self._entries.get(name)
        if found is None:
            raise absence(self.interface, name)
        entry, checks = found
        checked = []
        batch = 0
        try:
            for check in checks:
                array, batch = check.check(given[check.name], batch)
                checked.append(array)
        except KeyError:
            self._check_names(given, entry.inputs)
            raise
        if len(given) != len(checked):
            self._check_names(given, entry.inputs)
        return entry, checked, batch or 1

    def _check_names(self, given: Mapping[str, Any], needed: Iterable[str]) -> None:
        """Unknown and missing names; inputs that the network has but this entry does not read are fine."""
        unknown = [str(name) for name in given if name not in self._checks]
        missing = [name for name in needed if name not in given]
        if unknown or missing:
            parts = [f"no input {', '.join(unknown)}"] if unknown else []
            parts += [f"missing: {', '.join(missing)}"] if missing else []
            raise ArrayError(f"{'; '.join(parts)} (inputs of {self.name}: {', '.join(self._checks)})")

    def _check_differentiable(self, names: list[str]) -> None:
        entry = self.interface.entry("input_gradients")
        known = [result.name for result in entry.results] if entry else []
        for name in names:
            if name not in known:
                integer = name in self._checks and self._checks[name].spec.dtype == "int32"
                why = "is an integer input" if integer else "is neither a parameter nor a real input"
                choice = ", ".join([*known, *self.parameters]) or "nothing"
                raise ArrayError(f"cannot differentiate by {name!r}: it {why}; there are: {choice}")

    def reserve(self, batch: int) -> None:
        if batch <= self.backend.capacity:
            return
        if self.limit is not None:
            raise ArrayError(f"expected at most {self.limit} rows (built with batch={self.limit}), got {batch}")
        self.backend.reserve(batch)

    def _results(self, name: str, batch: int) -> dict[str, Array]:
        backend = self.backend
        return {
            result.name: result_view(self.interface, result, backend.workspace, backend.capacity, batch).copy()
            for result in self._entries[name][0].results
        }

    # Checkpoints

    def save(self, path: str | Path, run: Mapping[str, Any] | None = None) -> None:
        """Parameters, all states, settings, step count, random state and `run`, as one safetensors file."""
        tensors = {**dict(self._kept()), **self.carried.named()}
        mine = signature(self.interface, self.description.fingerprint)
        write_checkpoint(path, mine, Checkpoint(tensors, dict(self.random.bit_generator.state), run or {}))

    def restore(self, path: str | Path) -> Mapping[str, Any]:
        """Go on from a checkpoint bit for bit; its `run`.  CheckpointError for another network, and nothing changed."""
        checkpoint = read_checkpoint(path, signature(self.interface, self.description.fingerprint))
        kept = dict(self._kept())
        for name, view in kept.items():
            array = checkpoint.tensors.get(name)
            if array is None or array.shape != view.shape or array.dtype != view.dtype:
                raise damaged(path, name)
        rows = self.carried.saved(path, checkpoint.tensors)
        if rows:
            self.reserve(len(next(iter(rows.values()))))
        generator = np.random.default_rng()
        try:
            generator.bit_generator.state = dict(checkpoint.random)
        except (ValueError, KeyError, TypeError) as failure:
            raise CheckpointError(f"{path}: damaged: its random state cannot be read") from failure
        for name, view in kept.items():
            view[...] = checkpoint.tensors[name]
        self.carried.restore(rows)
        self.random = generator
        return checkpoint.run

    def _kept(self) -> Iterator[tuple[str, Array]]:
        """Name in a checkpoint -> view of the network's memory."""
        yield from self._learnt().items()
        optimizer = (item for item in self.states.items() if item[0] not in self._layer_states)
        yield from ((f"state:{name}", view) for name, view in optimizer)
        for position, (name, _) in enumerate(self.interface.counters):
            yield f"counter:{name}", self._memory.counters[position : position + 1]
        for position, (name, _) in enumerate(self.interface.settings):
            yield f"setting:{name}", self._memory.settings[position : position + 1]


def _views(blocks: Iterable[Block], memory: Array) -> dict[str, Array]:
    return {block.name: block_view(block, memory) for block in blocks}


def open_network(
    source: Source, *, description: Description | None = None, batch: int | None = None, threads: int | None = None
) -> Network:
    """Source -> Network: allocate its memory, compile (or take from the cache), load.

    threads: see bpgen.run.threads.default_threads
    Raises CompileError where the C target cannot be compiled.
    """
    memory = Memory.allocate(source.interface)
    backend: Backend
    if source.target == "c":
        from bpgen.run.backend_c import CBackend

        backend = CBackend(source, memory, threads)
    else:
        from bpgen.run.backend_numpy import NumPyBackend

        backend = NumPyBackend(source, memory)
    return Network(source, memory, backend, description or Description(), batch)
