"""Every entry of the catalogue against PyTorch in float64, in both targets: values, gradients and 20 steps.

A row is an entry with its options and what PyTorch calls it; a configuration is a batch and the extents of the
axes.  Rows that are alike stand in one network, each on inputs and parameters of its own, so that every gradient
shows the row it belongs to.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pytest

import bpgen
from bpgen.library.activations import ACTIVATIONS
from bpgen.library.layers import LAYERS
from bpgen.library.losses import LOSSES
from bpgen.library.optimizers import OPTIMIZERS
from bpgen.library.schedules import SCHEDULES

torch = pytest.importorskip("torch")
F = torch.nn.functional
TARGETS = ["c", "numpy"]
STEPS = 20


@dataclass(frozen=True)
class Row:
    """type and options as a description has them; reference: what PyTorch computes.

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

# ---- rows ----

ACTIVATION_ROWS = [
    Row("relu", F.relu),
    Row("leaky_relu", F.leaky_relu),
    Row("leaky_relu", partial(F.leaky_relu, negative_slope=0.3), {"negative_slope": 0.3}),
    Row("prelu", F.prelu),
    Row("prelu", F.prelu, {"init": 0.4}),
    Row("elu", F.elu),
    Row("elu", partial(F.elu, alpha=0.7), {"alpha": 0.7}),
    Row("selu", F.selu),
    Row("gelu", F.gelu),
    Row("gelu", F.gelu, {"approximate": "none"}),
    Row("gelu", partial(F.gelu, approximate="tanh"), {"approximate": "tanh"}),
    Row("silu", F.silu),
    Row("sigmoid", torch.sigmoid),
    Row("tanh", torch.tanh),
    Row("softplus", F.softplus),
    Row("softsign", F.softsign),
    Row("hardtanh", F.hardtanh),
    Row("hardtanh", partial(F.hardtanh, min_val=-0.2, max_val=0.3), {"min_val": -0.2, "max_val": 0.3}),
    Row("mish", F.mish),
    Row("glu", partial(F.glu, dim=-1)),
    Row("softmax", partial(torch.softmax, dim=-1)),
    Row("log_softmax", partial(torch.log_softmax, dim=-1)),
]


def linear(x, weight, bias=None):
    return F.linear(x, weight, bias)


def later(x, steps=1):
    """x[..., i + steps], which is 0 outside."""
    count = x.shape[-1]
    padded = F.pad(x, (abs(steps), abs(steps)))
    return padded[..., abs(steps) + steps : abs(steps) + steps + count]


def equation(text, reference, **options):
    return Row("equation", reference, {"equation": text, **options})


LAYER_ROWS = [
    Row("linear", linear),
    Row("linear", linear, {"bias": False}),
    Row("linear", linear, {"init": "normal", "bias_init": {"type": "constant", "value": 0.2}}),
    Row("add", lambda *inputs: sum(inputs)),
    Row("multiply", lambda *inputs: math.prod(inputs)),
    equation("y[..., i] = x[..., i]**2 * w[i]", lambda x, w: x**2 * w, parameters={"w": {}}),
]
# Reads outside of x, which give 0: in values, in sums and in maxima, and conditions on indices.
OUTSIDE_ROWS = [
    equation("y[..., i] = x[..., i + 1] * w[i] + x[..., i - 1]**2", lambda x, w: later(x) * w + later(x, -1) ** 2,
             parameters={"w": {"shape": "I"}}),
    equation("y[..., i] = x[..., i] * sum[j](x[..., j + 1] * w[j])",
             lambda x, w: x * (later(x) * w).sum(-1, keepdim=True), parameters={"w": {}}),
    equation("y[..., i] = x[..., i] + max[j](x[..., j - 1]) * prod[j](where(j < 2, x[..., j], 0.5))",
             lambda x: x + later(x, -1).amax(-1, keepdim=True) * middle(x).prod(-1, keepdim=True)),
    equation("y[..., i] = x[..., i] + max[j](where(j == 1, 2 * x[..., j], 0 - x[..., j]))",
             lambda x: x + torch.where(torch.arange(x.shape[-1]) == 1, 2 * x, -x).amax(-1, keepdim=True)),
    equation("y[..., i] = x[..., i] + exp(x[..., i - 2]) + (2 if i == 1 else x[..., i + 2] * x[..., i])",
             lambda x: x + later(x, -2).exp() + torch.where(torch.arange(x.shape[-1]) == 1, 2.0, later(x, 2) * x)),
    equation("y[..., i] = x[..., i] * (i < 2) + sum[j](x[..., j] * x[..., j - 1] * (i == 0) + x[..., j] * (j > i))",
             lambda x: x * head(x, 2) + (x * later(x, -1)).sum(-1, keepdim=True) * head(x, 1) + above(x)),
]  # fmt: skip


def middle(x):
    return torch.where(torch.arange(x.shape[-1]) < 2, x, 0.5)


def head(x, count):
    return (torch.arange(x.shape[-1]) < count).to(x)


def above(x):
    """sum[j](x[..., j] * (j > i))"""
    return x @ torch.ones(x.shape[-1], x.shape[-1], dtype=x.dtype).tril(-1)


def cross_entropy(z, y, smoothing=0.0):
    """With the classes on the last axis."""
    labelled = y.dtype == torch.int64
    return F.cross_entropy(z.movedim(-1, 1), y if labelled else y.movedim(-1, 1), label_smoothing=smoothing)


LABELS = {"dtype": "int32"}
DISTRIBUTION = {"facts": ["sums_to_one"]}
ONE_HOT = {"facts": ["one_hot"]}
SMOOTHED = {"label_smoothing": 0.2}

BOUNDS = {"min_val": 0.1, "max_val": 0.9}
INSIDE = Row("hardtanh", partial(F.hardtanh, **BOUNDS), BOUNDS)

LOSS_ROWS = [
    Row("mse", F.mse_loss),
    Row("mae", F.l1_loss),
    Row("huber", F.huber_loss),
    Row("huber", partial(F.huber_loss, delta=0.3), {"delta": 0.3}),
    Row("bce", F.binary_cross_entropy, activation=Row("sigmoid", torch.sigmoid)),
    Row("bce", F.binary_cross_entropy, activation=INSIDE),
    Row("bce_with_logits", F.binary_cross_entropy_with_logits),
    Row("cross_entropy", cross_entropy, target=LABELS),
    Row("cross_entropy", cross_entropy),
    Row("cross_entropy", cross_entropy, target=DISTRIBUTION),
    Row("cross_entropy", cross_entropy, target=ONE_HOT),
    Row("cross_entropy", partial(cross_entropy, smoothing=0.2), SMOOTHED, LABELS),
    Row("cross_entropy", partial(cross_entropy, smoothing=0.2), SMOOTHED),
    Row("cross_entropy", partial(cross_entropy, smoothing=0.2), SMOOTHED, DISTRIBUTION),
    Row("cross_entropy", partial(cross_entropy, smoothing=0.2), SMOOTHED, ONE_HOT),
    Row(
        "equation",
        lambda a, y: (torch.sigmoid(a) * y).mean(),
        {"equation": "L = mean[...](sigmoid(A[...]) * Y[...])"},
    ),
]

OPTIMIZERS_OF_TORCH = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
OPTIMIZER_ROWS = [
    ("sgd", {"lr": 0.2}),
    ("sgd", {"lr": 0.1, "momentum": 0.9}),
    ("sgd", {"lr": 0.1, "weight_decay": 0.1}),
    ("sgd", {"lr": 0.1, "momentum": 0.8, "weight_decay": 0.05}),
    ("sgd", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    ("sgd", {"lr": 0.1, "momentum": 0.7, "nesterov": True, "weight_decay": 0.05}),
    ("adam", {}),
    ("adam", {"lr": 0.02, "betas": [0.7, 0.95], "eps": 1e-4, "weight_decay": 0.1}),
    ("adamw", {}),
    ("adamw", {"lr": 0.02, "betas": [0.8, 0.9], "eps": 1e-3, "weight_decay": 0.3}),
    ("adamw", {"lr": 0.02, "weight_decay": 0.0}),
]
# The rate of a step, as a multiple of lr = 0.05.
SCHEDULE_ROWS = [
    ("constant", {}, lambda t: 1.0),
    ("step", {"step_size": 3, "gamma": 0.5}, lambda t: 0.5 ** (t // 3)),
    ("step", {"step_size": 1}, lambda t: 0.1**t),
    ("exponential", {"gamma": 0.9}, lambda t: 0.9**t),
    ("cosine", {"steps": 30}, lambda t: (1 + math.cos(math.pi * t / 30)) / 2),
    ("cosine", {"steps": 8, "min_lr": 0.01}, lambda t: 0.2 + 0.8 * (1 + math.cos(math.pi * min(t, 8) / 8)) / 2),
    ("equation", {"equation": "lr / sqrt(t + 1)"}, lambda t: 1 / math.sqrt(t + 1)),
]


def test_every_entry_has_a_row():
    assert {row.type for row in ACTIVATION_ROWS} == set(ACTIVATIONS)
    assert {row.type for row in LAYER_ROWS} == set(LAYERS)
    assert {row.type for row in LOSS_ROWS} == set(LOSSES)
    assert {kind for kind, _ in OPTIMIZER_ROWS} == set(OPTIMIZERS) == set(OPTIMIZERS_OF_TORCH)
    assert {kind for kind, _, _ in SCHEDULE_ROWS} == set(SCHEDULES)


def test_every_option_has_a_row():
    tables = ((ACTIVATION_ROWS, ACTIVATIONS), (LAYER_ROWS, LAYERS), (LOSS_ROWS, LOSSES))
    given = [(row.type, row.options, table[row.type]) for rows, table in tables for row in rows]
    given += [(kind, options, OPTIMIZERS[kind]) for kind, options in OPTIMIZER_ROWS]
    given += [(kind, options, SCHEDULES[kind]) for kind, options, _ in SCHEDULE_ROWS]
    needed = {(kind, option.name) for kind, _, entry in given for option in entry.options}
    free = {("linear", "units"), ("equation", "sizes")}  # given to every linear; tested with the equations
    assert needed - {(kind, name) for kind, options, _ in given for name in options} <= free


# ---- networks, and what PyTorch makes of them ----


class Parallel:
    """A network of heads beside each other, grown head by head, and its reference."""

    def __init__(self, name: str) -> None:
        self.description: dict[str, Any] = {
            "bpgen": 1, "name": name, "inputs": {}, "layers": [], "losses": [],
            "optimizer": {"type": "sgd", "lr": 0.05},
        }  # fmt: skip
        self.layers: list[tuple[str, tuple[str, ...], Callable[..., Any]]] = []
        self.losses: list[Callable[[Mapping[str, Any]], Any]] = []

    def input(self, name: str, shape: list[int | str], **keys: Any) -> None:
        self.description["inputs"][name] = {"shape": shape, **keys}

    def layer(self, name: str, reads: list[str], reference: Callable[..., Any], table: dict[str, Any]) -> None:
        """reference: of the values read, with the layer's own parameters by name."""
        self.description["layers"].append({"name": name, "inputs": reads, **table})
        self.layers.append((name, tuple(reads), reference))

    def loss(self, row: Row, judged: str, target: str, reference: Callable[..., Any] | None = None) -> None:
        weight = 0.5 + 0.25 * len(self.losses)
        table = row.table(name=f"loss_{target}", weight=weight)
        if row.type == "equation":
            table["equation"] = table["equation"].replace("A[", f"{judged}[").replace("Y[", f"{target}[")
        else:
            table |= {"input": judged, "target": target}
        self.description["losses"].append(table)
        chosen = reference or row.reference
        self.losses.append(lambda values: weight * chosen(values[judged], values[target]))

    def run(self, parameters: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[dict[str, Any], Any]:
        """Values of inputs and layers, and the loss."""
        values = dict(inputs)
        for name, reads, reference in self.layers:
            own = {n.removeprefix(f"{name}."): v for n, v in parameters.items() if n.startswith(f"{name}.")}
            values[name] = reference(*(values[n] for n in reads), **own)
        return values, sum(loss(values) for loss in self.losses)


def activated(row: Row | None) -> Callable[..., Any]:
    """The activation of a row, with its parameter if it has one."""

    def apply(x: Any, weight: Any = None) -> Any:
        return row.reference(x, weight) if row.type == "prelu" else row.reference(x)

    return apply


def linear_activated(row: Row) -> Callable[..., Any]:
    return lambda x, weight, bias, **own: activated(row)(F.linear(x, weight, bias), own.get("activation.weight"))


MSE = LOSS_ROWS[0]


def activation_network(rows: list[Row], sizes: Sizes) -> Parallel:
    """Each row as `activation = ...`, and as a layer of its own behind it."""
    made = Parallel("activations")
    for n, row in enumerate(rows):
        units, halved = sizes.after, 1
        if row.type == "glu":
            units, halved = 4 * ((sizes.after + 3) // 4), 4
        made.input(f"x{n}", sizes.shape(sizes.before))
        made.input(f"y{n}", sizes.shape(units // halved))
        activation = {"type": row.type, **row.options} if row.options else row.type
        table = {"type": "linear", "units": units, "activation": activation}
        made.layer(f"a{n}", [f"x{n}"], linear_activated(row), table)
        made.layer(f"b{n}", [f"a{n}"], activated(row), row.table())
        made.loss(MSE, f"b{n}", f"y{n}")
    return made


def layer_network(rows: list[Row], sizes: Sizes) -> Parallel:
    made = Parallel("layers")
    for n, row in enumerate(rows):
        options = dict(row.options)
        if "parameters" in options:
            options["parameters"] = {"w": {"init": "normal", "shape": [sizes.before]}}
        count = 3 if row.type in ("add", "multiply") else 1
        for k in range(count):
            made.input(f"x{n}_{k}", sizes.shape(sizes.before))
        table = {"type": row.type, **options, **({"units": sizes.after} if row.type == "linear" else {})}
        made.input(f"y{n}", sizes.shape(sizes.after if row.type == "linear" else sizes.before))
        made.layer(f"a{n}", [f"x{n}_{k}" for k in range(count)], row.reference, table)
        made.loss(MSE, f"a{n}", f"y{n}")
    return made


def loss_network(rows: list[Row], sizes: Sizes) -> Parallel:
    made = Parallel("losses")
    for n, row in enumerate(rows):
        labelled = row.target == LABELS
        made.input(f"x{n}", sizes.shape(sizes.before))
        keys = {**row.target, "classes": sizes.after} if labelled else row.target
        made.input(f"y{n}", sizes.shape(sizes.after)[: -1 if labelled else None], **keys)
        activation = row.activation or Row("", lambda x: x)
        table = {"type": "linear", "units": sizes.after}
        if row.activation:
            table["activation"] = activation.table()
        made.layer(f"z{n}", [f"x{n}"], linear_activated(activation), table)
        made.loss(row, f"z{n}", f"y{n}")
    return made


def draw(made: Parallel, sizes: Sizes) -> dict[str, np.ndarray]:
    """Inputs around 0, targets in (0, 1); labels, distributions and one-hot rows where the description has them."""
    generator = np.random.default_rng(4)
    arrays = {}
    for name, item in made.description["inputs"].items():
        shape = tuple(sizes.batch if extent == "B" else extent for extent in item["shape"])
        fact = item.get("facts", [""])[0]
        if item.get("dtype") == "int32":
            arrays[name] = generator.integers(0, item["classes"], shape).astype(np.int32)
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
    expected = reference.detach().numpy()
    assert found.shape == expected.shape, name
    assert np.isfinite(found).all(), name
    assert np.abs(found - expected).max() <= tolerance * np.abs(expected).max() + tolerance * 1e-6, name


def compare(net: Any, made: Parallel, arrays: Mapping[str, np.ndarray], tolerance: float) -> dict[str, Any]:
    """Outputs, loss and all gradients; returns the parameters as PyTorch's."""
    parameters = tensors(net.state_dict(), watched=True)
    inputs = tensors(arrays, watched=True)
    values, expected = made.run(parameters, inputs)
    expected.backward()
    if "forward" in {entry.name for entry in net.interface.entries}:
        given = net.forward(**{n: a for n, a in arrays.items() if n in net.interface.entry("forward").inputs})
        if not isinstance(given, dict):
            given = {made.layers[-1][0]: given}
        for name, array in given.items():
            assert_close(name, array, values[name], tolerance)
    watched = {**parameters, **{n: t for n, t in inputs.items() if t.requires_grad}}
    loss, gradients = net.gradients(**arrays, wrt=list(watched))
    assert loss == pytest.approx(expected.item(), rel=tolerance, abs=tolerance * 1e-6)
    for name, tensor in watched.items():
        assert_close(f"d.{name}", gradients[name], tensor.grad, tolerance)
    if parameters:  # a program of its own, without the gradients by inputs
        _, gradients = net.gradients(**arrays, wrt=list(parameters))
        for name, tensor in parameters.items():
            assert_close(f"d.{name}", gradients[name], tensor.grad, tolerance)
    return parameters


def follow(net: Any, made: Parallel, arrays: Mapping[str, np.ndarray], parameters: Any, schedule: Any) -> None:
    """The losses of 20 steps, and the parameters after them, to 1e-8."""
    optimizer = schedule.optimizer
    inputs = tensors(arrays, watched=False)
    for _ in range(STEPS):
        optimizer.zero_grad()
        _, loss = made.run(parameters, inputs)
        loss.backward()
        optimizer.step()
        schedule.step()
        assert net.step(**arrays) == pytest.approx(loss.item(), rel=1e-8, abs=1e-14)
    for name, array in net.state_dict().items():
        assert_close(name, array, parameters[name], 1e-8)


def check(made: Parallel, target: str, sizes: Sizes) -> None:
    """Values and gradients to 1e-9, and the losses of 20 steps of plain descent to 1e-8."""
    net = bpgen.build(made.description, target=target, dtype="float64")
    net.init(seed=2)
    arrays = draw(made, sizes)
    parameters = compare(net, made, arrays, 1e-9)
    optimizer = torch.optim.SGD(list(parameters.values()), lr=0.05)
    constant = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda t: 1.0)
    follow(net, made, arrays, parameters, constant)


# ---- the tests ----


def groups(rows: list[Row], size: int) -> list[list[Row]]:
    return [rows[n : n + size] for n in range(0, len(rows), size)]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("rows", groups(ACTIVATION_ROWS, 8), ids=lambda rows: rows[0].type)
def test_activations(rows, sizes, target):
    check(activation_network(rows, sizes), target, sizes)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("rows", [LAYER_ROWS, OUTSIDE_ROWS], ids=["layers", "outside"])
def test_layers(rows, sizes, target):
    check(layer_network(rows, sizes), target, sizes)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("rows", groups(LOSS_ROWS, 8), ids=lambda rows: rows[0].type)
def test_losses(rows, sizes, target):
    check(loss_network(rows, sizes), target, sizes)


def pairs(rows: list[Any], others: list[Any]) -> list[tuple[Any, Any]]:
    """Each row with another, the shorter list over again."""
    return [(rows[n % len(rows)], others[n % len(others)]) for n in range(max(len(rows), len(others)))]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    "row, schedule",
    pairs(OPTIMIZER_ROWS, SCHEDULE_ROWS),
    ids=[f"{n}-{row[0]}-{schedule[0]}" for n, (row, schedule) in enumerate(pairs(OPTIMIZER_ROWS, SCHEDULE_ROWS))],
)
def test_optimizers(row, schedule, target):
    (kind, options), (rate, rate_options, factor) = row, schedule
    sizes = Sizes(3, (), 2, 3)
    made = Parallel("optimizers")
    made.input("x", sizes.shape(2))
    made.input("y", sizes.shape(1))
    tanh = Row("tanh", torch.tanh)
    made.layer("a", ["x"], linear_activated(tanh), {"type": "linear", "units": 3, "activation": "tanh"})
    made.layer("b", ["a"], linear, {"type": "linear", "units": 1})
    made.loss(MSE, "b", "y")
    chosen = rate_options["equation"] if rate == "equation" else {"type": rate, **rate_options}
    made.description["optimizer"] = {"type": kind, **options, "lr": 0.05, "schedule": chosen}
    net = bpgen.build(made.description, target=target, dtype="float64")
    net.init(seed=2)
    parameters = tensors(net.state_dict(), watched=True)
    optimizer = OPTIMIZERS_OF_TORCH[kind](list(parameters.values()), **{**options, "lr": 0.05})
    follow(net, made, draw(made, sizes), parameters, torch.optim.lr_scheduler.LambdaLR(optimizer, factor))


# ---- numbers that are hard on floating point ----

KINKS = np.array([-3.0, -1.0, -0.2, 0.0, 0.3, 1.0, 3.0, 0.0])
TAILS = np.array([-30.0, -12.0, -87.0, 0.5, 30.0, 12.0, 87.0, -0.0])
EXTREMES = np.array([-800.0, 800.0, -800.0, 799.0, 0.0, 800.0, 1.0, -799.0])
# What these give far out is right to the last digits of each number, not of the largest one alone.
RELATIVE = ("sigmoid", "softplus", "softmax", "log_softmax", "silu")


def direct_network(rows: list[Row]) -> Parallel:
    """Activations of the input itself."""
    made = Parallel("direct")
    for n, row in enumerate(rows):
        made.input(f"x{n}", ["B", len(KINKS)])
        made.input(f"y{n}", ["B", len(KINKS) // (2 if row.type == "glu" else 1)])
        made.layer(f"a{n}", [f"x{n}"], activated(row), row.table())
        made.loss(MSE, f"a{n}", f"y{n}")
    return made


def rows_of(values: np.ndarray) -> np.ndarray:
    """The values in some orders, so that each meets others in halves, sums and maxima."""
    return np.stack([values, values[::-1], np.roll(values, 3)])


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("rows", groups(ACTIVATION_ROWS, 11), ids=lambda rows: rows[0].type)
def test_kinks_are_those_of_pytorch(rows, target):
    made = direct_network(rows)
    net = bpgen.build(made.description, target=target, dtype="float64")
    targets = draw(made, Sizes(3, (), 8, 8))
    compare(net, made, {n: rows_of(KINKS) if n.startswith("x") else a for n, a in targets.items()}, 1e-9)


@pytest.mark.parametrize("target", TARGETS)
def test_losses_at_their_kinks(target):
    rows = [row for row in LOSS_ROWS if row.type in ("mae", "huber")]
    made = Parallel("ties")
    for n, row in enumerate(rows):
        made.input(f"x{n}", ["B", 4])
        made.input(f"y{n}", ["B", 4])
        made.layer(f"a{n}", [f"x{n}"], linear, {"type": "linear", "units": 4, "bias": False, "init": "zeros"})
        made.loss(row, f"a{n}", f"y{n}")
    net = bpgen.build(made.description, target=target, dtype="float64")
    values = {"x": np.ones((2, 4)), "y": np.array([[0.0, 1.0, -1.0, 0.3], [-0.3, 0.0, 2.0, 0.1]])}
    compare(net, made, {name: values[name[0]] for name in made.description["inputs"]}, 1e-9)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("values", [TAILS, EXTREMES], ids=["tails", "extremes"])
@pytest.mark.parametrize("rows", groups(ACTIVATION_ROWS, 11), ids=lambda rows: rows[0].type)
def test_activations_far_out_in_single_precision(rows, values, target):
    made = direct_network(rows)
    net = bpgen.build(made.description, target=target, dtype="float32")
    arrays = {name: rows_of(values).astype(np.float32) for name in made.description["inputs"]}
    for name in arrays:
        if name.startswith("y"):
            arrays[name] = np.zeros((3, made.description["inputs"][name]["shape"][-1]), np.float32)
    compare(net, made, arrays, 1e-6)
    given = net.forward(**{n: a for n, a in arrays.items() if n.startswith("x")})
    exact, _ = made.run(
        {n: torch.tensor(np.array(v, float)) for n, v in net.state_dict().items()},
        tensors({n: a.astype(float) for n, a in arrays.items()}, watched=False),
    )
    for n, row in enumerate(rows):
        if row.type in RELATIVE:
            reference = precise(row.type, exact[f"x{n}"]).numpy()
            np.testing.assert_allclose(given[f"a{n}"], reference, rtol=1e-6, atol=2e-38, err_msg=str(row))


def precise(kind: str, x: Any) -> Any:
    """The activation where PyTorch itself is not exact: its softplus is linear from 20 on."""
    if kind == "softplus":
        return torch.logaddexp(x, torch.zeros_like(x))
    return next(row for row in ACTIVATION_ROWS if row.type == kind).reference(x)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("values", [TAILS, EXTREMES], ids=["tails", "extremes"])
def test_losses_far_out_in_single_precision(values, target):
    made = Parallel("logits")
    classes = len(values)
    for n, row in enumerate(LOSS_ROWS):
        if row.activation is INSIDE:
            continue
        labelled = row.target == LABELS
        made.input(f"x{n}", ["B", classes])
        keys = {**row.target, "classes": classes} if labelled else row.target
        made.input(f"y{n}", ["B"] if labelled else ["B", classes], **keys)
        judged, reference = f"x{n}", row.reference
        if row.activation:  # PyTorch bounds the logarithms of bce, not those of its stable form
            judged, reference = f"z{n}", F.binary_cross_entropy_with_logits
            made.layer(judged, [f"x{n}"], lambda x: x, row.activation.table())
        made.loss(row, judged, f"y{n}", reference)
    net = bpgen.build(made.description, target=target, dtype="float32")
    arrays = {n: a.astype(np.float32) if a.dtype == float else a for n, a in draw(made, Sizes(3, (), 8, 8)).items()}
    arrays |= {name: rows_of(values).astype(np.float32) for name in arrays if name.startswith("x")}
    inputs = tensors(arrays, watched=True)
    _, expected = made.run({}, inputs)
    expected.backward()
    loss, gradients = net.gradients(**arrays, wrt=[n for n, t in inputs.items() if t.requires_grad])
    assert loss == pytest.approx(expected.item(), rel=1e-6)
    for name, found in gradients.items():
        assert_close(f"d.{name}", found, inputs[name].grad, 1e-6)
