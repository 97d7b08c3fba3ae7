"""Networks of rows beside each other, what PyTorch makes of them, and the comparison.

A row is an entry of the catalogue with its options and what PyTorch calls it.  Rows that are alike stand in one
network, each on inputs and parameters of its own, so that every gradient shows the row it belongs to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

import bpgen

torch = pytest.importorskip("torch")
F = torch.nn.functional
torch.set_num_threads(1)  # of tensors this small, threads are all waiting
TARGETS = ["c", "numpy"]
STEPS = 20


@dataclass(frozen=True)
class Row:
    """An activation or a loss: type and options as a description has them; reference: what PyTorch computes.

    target, activation: of a loss, what its target's description says, and what the layer it judges ends in
    """

    type: str
    reference: Callable[..., Any]
    options: Mapping[str, Any] = field(default_factory=dict)
    target: Mapping[str, Any] = field(default_factory=dict)
    activation: Row | None = None

    def __str__(self) -> str:
        return "-".join([self.type, *(f"{key}={value}" for key, value in self.options.items())])

    def table(self, **keys: Any) -> dict[str, Any]:
        return {"type": self.type, **self.options, **keys}


@dataclass(frozen=True)
class LayerRow:
    """A layer on inputs of its own.

    inputs: shapes without the batch; an integer input is (shape, classes), one with facts (shape, keys)
    result: the shape of the result, without the batch; what the description finds must agree
    reference: of the input tensors and, by name, the layer's parameters; or, with `module`, of a module of PyTorch
        and the input tensors.  The layer's parameters and states then fit the module's state_dict, name by name.
    """

    type: str
    options: Mapping[str, Any]
    inputs: tuple[Any, ...]
    result: tuple[int, ...]
    reference: Callable[..., Any] = lambda module, *inputs: module(*inputs)
    module: Callable[[], Any] | None = None
    batch: int = 3

    def __str__(self) -> str:
        return "-".join([self.type, *(f"{key}={value}" for key, value in self.options.items())])

    def table(self) -> dict[str, Any]:
        return {"type": self.type, **self.options}


@dataclass(frozen=True)
class Sizes:
    """batch, the axes between the batch and the last one, extents of the last axis before and after a layer."""

    batch: int
    between: tuple[int, ...]
    before: int
    after: int

    def shape(self, last: int) -> list[int | str]:
        return ["B", *self.between, last]


SIZES = {
    "rows": Sizes(5, (), 3, 4),
    "sequences": Sizes(3, (2,), 3, 6),
    "equal": Sizes(4, (4,), 4, 4),
    "ones": Sizes(1, (1,), 1, 1),
}


class Parallel:
    """A network of heads beside each other, grown head by head, and its reference."""

    def __init__(self, name: str) -> None:
        self.description: dict[str, Any] = {
            "bpgen": 1, "name": name, "inputs": {}, "layers": [], "losses": [],
            "optimizer": {"type": "sgd", "lr": 0.05},
        }  # fmt: skip
        self.layers: list[tuple[str, tuple[str, ...], Callable[..., Any]]] = []
        self.losses: list[Callable[[Mapping[str, Any]], Any]] = []
        self.modules: dict[str, Any] = {}

    def input(self, name: str, shape: list[int | str], **keys: Any) -> None:
        self.description["inputs"][name] = {"shape": shape, **keys}

    def layer(
        self, name: str, reads: list[str], reference: Callable[..., Any], table: dict[str, Any], module: Any = None
    ) -> None:
        """reference: of the values read, with the layer's own parameters by name, or behind its module."""
        self.description["layers"].append({"name": name, "inputs": reads, **table})
        self.layers.append((name, tuple(reads), reference))
        if module is not None:
            self.modules[name] = module.double()

    def loss(self, row: Row, judged: str, target: str, reference: Callable[..., Any] | None = None) -> None:
        weight = 0.5 + 0.25 * len(self.losses)
        table = row.table(name=f"loss_{target}", weight=weight)
        if row.type == "equation":
            table["equation"] = table["equation"].replace("A[", f"{judged}[").replace("Y[", f"{target}[")
        else:
            table |= {"input": judged, "target": target}
        read = [judged, target]
        if row.type == "distillation":  # the teacher's logits are an input beside the target
            item, read = self.description["inputs"][target], [*read, f"t_{target}"]
            self.input(read[-1], [*item["shape"], item["classes"]] if "classes" in item else item["shape"])
            table["teacher"] = read[-1]
        self.description["losses"].append(table)
        chosen = reference or row.reference
        self.losses.append(lambda values: weight * chosen(*(values[name] for name in read)))

    def penalty(self, row: Row) -> None:
        """reference: of the parameters by name."""
        weight = 0.5 + 0.25 * len(self.losses)
        self.description["losses"].append(row.table(name=f"penalty{len(self.losses)}", weight=weight))
        self.losses.append(lambda values: weight * row.reference(values))

    def load(self, state: Mapping[str, np.ndarray]) -> dict[str, Any]:
        """The parameters as PyTorch's, from a network's; those of modules are the modules' own."""
        found = {}
        for name, own in ((name, own_of(state, name)) for name, _, _ in self.layers):
            module = self.modules.get(name)
            if module is not None:
                module.load_state_dict({n: torch.tensor(v) for n, v in own.items()} | counters(module), strict=True)
                found |= {f"{name}.{n}": v for n, v in module.named_parameters()}
            else:
                found |= {f"{name}.{n}": v for n, v in tensors(own, watched=True).items()}
        for value in found.values():
            value.grad = None
        return found

    def run(
        self, parameters: Mapping[str, Any], inputs: Mapping[str, Any], *, training: bool = True
    ) -> tuple[dict[str, Any], Any]:
        """Values of inputs and layers, and the loss."""
        values = {**inputs, **parameters}
        for name, reads, reference in self.layers:
            read = [values[n] for n in reads]
            if name in self.modules:
                values[name] = reference(self.modules[name].train(training), *read)
            else:
                values[name] = reference(*read, **own_of(parameters, name))
        return values, sum(loss(values) for loss in self.losses)


def own_of(values: Mapping[str, Any], layer: str) -> dict[str, Any]:
    """What a layer owns, under the names that it gives it."""
    return {name.removeprefix(f"{layer}."): value for name, value in values.items() if name.startswith(f"{layer}.")}


def counters(module: Any) -> dict[str, Any]:
    """Integer buffers of a module, which count its steps and have no counterpart."""
    return {name: buffer for name, buffer in module.named_buffers() if not buffer.is_floating_point()}


def draw(made: Parallel, batch: int, seed: int = 4) -> dict[str, np.ndarray]:
    """Inputs around 0, targets in (0, 1); labels, distributions and one-hot rows where the description has them."""
    generator = np.random.default_rng(seed)
    arrays = {}
    for name, item in made.description["inputs"].items():
        shape = tuple(batch if extent == "B" else extent for extent in item["shape"])
        fact = item.get("facts", [""])[0]
        if item.get("dtype") == "int32":
            arrays[name] = generator.integers(0, item["classes"], shape).astype(np.int32)
        elif fact == "mask":  # the first of each row is left
            arrays[name] = 1.0 - (generator.uniform(size=shape) < 0.5) * (np.arange(shape[-1]) > 0)
        elif name.startswith("x"):
            arrays[name] = generator.normal(size=shape)
        elif fact == "one_hot":
            arrays[name] = np.eye(shape[-1])[generator.integers(0, shape[-1], shape[:-1])]
        else:
            arrays[name] = generator.uniform(0.05, 0.95, shape)
            if fact == "sums_to_one":
                arrays[name] /= arrays[name].sum(-1, keepdims=True)
    return arrays


def tensors(arrays: Mapping[str, np.ndarray], *, watched: bool) -> dict[str, Any]:
    found = {}
    for name, array in arrays.items():
        real = array.dtype.kind == "f"
        kind = torch.float64 if real else torch.int64
        found[name] = torch.tensor(array, dtype=kind, requires_grad=watched and real)
    return found


def assert_close(name: str, found: np.ndarray, reference: Any, tolerance: float) -> None:
    """Largest error against largest value; where all values are 0, what rounding may leave of them."""
    expected = np.zeros(found.shape) if reference is None else reference.detach().numpy()
    assert found.shape == expected.shape, name
    assert np.isfinite(found).all(), name
    if found.size:
        assert np.abs(found - expected).max() <= tolerance * np.abs(expected).max() + tolerance * 1e-6, name


def compare(net: Any, made: Parallel, arrays: Mapping[str, np.ndarray], tolerance: float) -> None:
    """Outputs and loss as in inference, and the loss and all gradients as in training."""
    parameters = made.load(net.state_dict())
    inputs = tensors(arrays, watched=True)
    values, expected = made.run(parameters, inputs, training=False)
    if "forward" in {entry.name for entry in net.interface.entries}:
        given = net.forward(**{n: a for n, a in arrays.items() if n in net.interface.entry("forward").inputs})
        if not isinstance(given, dict):
            given = {made.layers[-1][0]: given}
        for name, array in given.items():
            assert_close(name, array, values[name], tolerance)
    assert net.loss(**arrays) == pytest.approx(expected.item(), rel=tolerance, abs=tolerance * 1e-6)
    _, expected = made.run(parameters, inputs)
    expected.backward()
    watched = {**parameters, **{n: t for n, t in inputs.items() if t.requires_grad}}
    loss, gradients = net.gradients(**arrays, wrt=list(watched))
    assert loss == pytest.approx(expected.item(), rel=tolerance, abs=tolerance * 1e-6)
    for name, tensor in watched.items():
        assert_close(f"d.{name}", gradients[name], tensor.grad, tolerance)
    if parameters:  # a program of its own, without the gradients by inputs
        _, gradients = net.gradients(**arrays, wrt=list(parameters))
        for name, tensor in parameters.items():
            assert_close(f"d.{name}", gradients[name], tensor.grad, tolerance)


def follow(net: Any, made: Parallel, arrays: Mapping[str, np.ndarray], optimizer: Any, factor: Any = None) -> None:
    """The losses of 20 steps, and the parameters after them, to 1e-8.

    optimizer: makes PyTorch's from a list of parameters; factor: of the rate, by the step
    """
    parameters = made.load(net.state_dict())
    inputs = tensors(arrays, watched=False)
    descent = optimizer(list(parameters.values()))
    schedule = torch.optim.lr_scheduler.LambdaLR(descent, factor or (lambda t: 1.0))
    for _ in range(STEPS):
        descent.zero_grad()
        _, loss = made.run(parameters, inputs)
        loss.backward()
        descent.step()
        schedule.step()
        assert net.step(**arrays) == pytest.approx(loss.item(), rel=1e-8, abs=1e-14)
    for name, array in net.state_dict().items():
        if name in parameters:
            assert_close(name, array, parameters[name], 1e-8)


def plain_descent(parameters: list[Any]) -> Any:
    return torch.optim.SGD(parameters, lr=0.05)


def check(made: Parallel, batch: int) -> None:
    """In both targets, values and gradients to 1e-9, and 20 steps of plain descent to 1e-8."""
    arrays = draw(made, batch)
    for target in TARGETS:  # one derivation for both
        net = bpgen.build(made.description, target=target, dtype="float64")
        net.init(seed=2)
        compare(net, made, arrays, 1e-9)
        follow(net, made, arrays, plain_descent)


def groups(rows: list[Any], size: int) -> list[list[Any]]:
    return [rows[n : n + size] for n in range(0, len(rows), size)]


def alike(rows: list[LayerRow], size: int) -> list[list[LayerRow]]:
    """Rows of one type and one batch, some at a time, in their order."""
    kinds = dict.fromkeys((row.type, row.batch) for row in rows)
    found = []
    for kind in kinds:
        found += groups([row for row in rows if (row.type, row.batch) == kind], size)
    return found
