"""A network with its inputs held: checked once, each call is one call into the compiled code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NoReturn

from bpgen.algebra.errors import ArrayError
from bpgen.lower.interface import Entry, Interface
from bpgen.run.arrays import Array, Views
from bpgen.run.backend import Backend, result_view
from bpgen.run.carried import CarriedRows

CALLS = ("step", "loss")


class Bound:
    """Made by Network.bind.  The arrays are read anew at each call; their values are not checked again.

    step(), loss(): one call of the compiled entry and nothing else; each returns the loss
    forward(), gradients(), input_gradients(): the same call; the arrays they return are views of the network's
        memory, valid until its next call
    inputs: the arrays it holds, by name; change them in place
    """

    step: Callable[[], float]
    loss: Callable[[], float]
    _workspace: Array
    _views: dict[str, dict[str, Array]]
    _output: Array | None

    def __init__(
        self,
        interface: Interface,
        backend: Backend,
        inputs: Mapping[str, Array],
        batch: int,
        gradients: Views,
        *,
        carried: CarriedRows,
    ) -> None:
        self.inputs = dict(inputs)
        self.batch = batch
        self._interface = interface
        self._backend = backend
        self._gradients = gradients
        bind = backend.bind(inputs, batch)
        self._calls: dict[str, Callable[[], float]] = {}
        for entry in interface.entries:
            missing = [name for name in entry.inputs if name not in inputs]
            call = _refusing(entry, missing) if missing else bind(entry.name)
            self._calls[entry.name] = carried.admitting(entry, batch, call)
        for name in CALLS:
            setattr(self, name, self._calls.get(name) or refusal(interface, name))
        self._forward = self._calls.get("forward") or refusal(interface, "forward")
        self._look()

    def has(self, entry: str) -> bool:
        """Whether the network has an entry ("gradients", ...)."""
        return entry in self._calls

    def forward(self) -> Array | dict[str, Array]:
        self._forward()
        if self._workspace is not self._backend.workspace:
            self._look()
        return dict(self._views["forward"]) if self._output is None else self._output

    def input_gradients(self) -> tuple[float, dict[str, Array]]:
        """The loss, and its gradients by the real inputs."""
        return self._call("input_gradients"), self._results("input_gradients")

    def gradients(self) -> tuple[float, Views]:
        """The loss, and its gradients by the parameters."""
        return self._call("gradients"), self._gradients

    def _call(self, entry: str) -> float:
        call = self._calls.get(entry) or refusal(self._interface, entry)
        return call()

    def _results(self, entry: str) -> dict[str, Array]:
        if self._workspace is not self._backend.workspace:
            self._look()
        return dict(self._views[entry])

    def _look(self) -> None:
        """Views of the results where they lie now: memory may have grown."""
        backend = self._backend
        self._workspace = backend.workspace
        self._views = {
            entry.name: {
                result.name: result_view(self._interface, result, backend.workspace, backend.capacity, self.batch)
                for result in entry.results
            }
            for entry in self._interface.entries
        }
        outputs = list(self._views.get("forward", {}).values())
        self._output = outputs[0] if len(outputs) == 1 else None


def _refusing(entry: Entry, missing: list[str]) -> Callable[[], float]:
    def refuse() -> NoReturn:
        raise ArrayError(f"{entry.name} reads {', '.join(entry.inputs)}; {', '.join(missing)} was not bound")

    return refuse


WHY_ABSENT = {
    "loss": "has no loss; give its description a [loss]",
    "gradients": "has no loss that depends on a parameter, so no gradients; give its description a [loss]",
    "input_gradients": "has no loss, or no real inputs to differentiate by",
    "step": "has no optimizer; give its description a [loss] and an [optimizer]",
    "forward": "has no layers, so nothing to compute forward",
}


def absence(interface: Interface, entry: str) -> ArrayError:
    """Why the network has no such entry."""
    return ArrayError(f"{interface.name} {WHY_ABSENT[entry]}")


def refusal(interface: Interface, entry: str) -> Callable[[], float]:
    def refuse() -> NoReturn:
        raise absence(interface, entry)

    return refuse
