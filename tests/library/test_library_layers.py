"""Layers, activations and losses against PyTorch, both in float64, element by element."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from bpgen.algebra.evaluate import evaluate
from bpgen.algebra.system import verify
from bpgen.library.activations import ACTIVATIONS
from bpgen.spec.read import read
from bpgen.spec.system import build_system

F = torch.nn.functional

ACTIVATION_CASES: list[tuple[str, dict[str, Any], Any]] = [
    ("relu", {}, F.relu),
    ("leaky_relu", {}, F.leaky_relu),
    ("leaky_relu", {"negative_slope": 0.3}, lambda x: F.leaky_relu(x, 0.3)),
    ("prelu", {}, lambda x: F.prelu(x, torch.tensor([0.25], dtype=torch.float64))),
    ("elu", {}, F.elu),
    ("elu", {"alpha": 0.7}, lambda x: F.elu(x, 0.7)),
    ("selu", {}, F.selu),
    ("gelu", {}, F.gelu),
    ("gelu", {"approximate": "tanh"}, lambda x: F.gelu(x, approximate="tanh")),
    ("silu", {}, F.silu),
    ("sigmoid", {}, torch.sigmoid),
    ("tanh", {}, torch.tanh),
    ("softplus", {}, F.softplus),
    ("softsign", {}, F.softsign),
    ("hardtanh", {}, F.hardtanh),
    ("hardtanh", {"min_val": -0.5, "max_val": 2}, lambda x: F.hardtanh(x, -0.5, 2.0)),
    ("mish", {}, F.mish),
    ("glu", {}, F.glu),
    ("softmax", {}, lambda x: F.softmax(x, -1)),
    ("log_softmax", {}, lambda x: F.log_softmax(x, -1)),
]
SHAPES = [(3, 4), (1, 2), (2, 2, 6), (2, 1, 2)]


def test_every_activation_has_its_case() -> None:
    assert {kind for kind, _, _ in ACTIVATION_CASES} == set(ACTIVATIONS)


def forward(description: dict[str, Any], values: dict[str, np.ndarray], batch: int) -> dict[str, np.ndarray]:
    """The values of a description's tensors by the brute-force evaluator; its system is verified."""
    system = build_system(read({"bpgen": 1, **description}))
    verify(system)
    return evaluate(system, values, batch=batch)


def numbers(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """Numbers about 0, exact kinks among them."""
    values = np.random.default_rng(seed).normal(0.0, 1.5, shape)
    values.flat[0] = 0.0
    values.flat[-1] = -1.0
    return values


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize(
    ("kind", "options", "reference"), ACTIVATION_CASES, ids=lambda case: getattr(case, "__name__", str(case)[:60])
)
def test_activation(kind: str, options: dict[str, Any], reference: Any, shape: tuple[int, ...]) -> None:
    x = numbers(shape)
    expected = reference(torch.tensor(x)).numpy()
    inputs = {"x": {"shape": ["B", *shape[1:]]}}
    layer = forward(
        {"inputs": inputs, "layers": [{"name": "act", "type": kind, **options}]},
        {"x": x, "act.weight": [0.25]},
        shape[0],
    )
    np.testing.assert_allclose(layer["act"], expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(
    ("kind", "options", "reference"), ACTIVATION_CASES, ids=lambda case: getattr(case, "__name__", str(case)[:60])
)
def test_activation_of_a_linear_layer(kind: str, options: dict[str, Any], reference: Any) -> None:
    x, weight, bias = numbers((2, 3)), numbers((4, 3), 1), numbers((4,), 2)
    expected = reference(F.linear(*map(torch.tensor, (x, weight, bias)))).numpy()
    layer = {"name": "fc", "type": "linear", "units": 4, "activation": {"type": kind, **options}}
    values = {"x": x, "fc.weight": weight, "fc.bias": bias, "fc.activation.weight": [0.25]}
    result = forward({"inputs": {"x": {"shape": ["B", 3]}}, "layers": [layer]}, values, 2)
    np.testing.assert_allclose(result["fc"], expected, rtol=1e-12, atol=1e-13)
    assert result["fc.z"].shape == (2, 4)


@pytest.mark.parametrize("leading", [(3,), (1,), (2, 3), (2, 1, 2)], ids=str)
@pytest.mark.parametrize(("inside", "outside"), [(3, 2), (1, 4), (4, 1), (2, 2)])
@pytest.mark.parametrize("bias", [True, False])
def test_linear(leading: tuple[int, ...], inside: int, outside: int, bias: bool) -> None:
    x, weight, offset = numbers((*leading, inside)), numbers((outside, inside), 1), numbers((outside,), 2)
    values = {"x": x, "fc.weight": weight} | ({"fc.bias": offset} if bias else {})
    layers = [{"name": "fc", "type": "linear", "units": outside, "bias": bias}]
    result = forward({"inputs": {"x": {"shape": ["B", *x.shape[1:]]}}, "layers": layers}, values, leading[0])
    expected = F.linear(torch.tensor(x), torch.tensor(weight), torch.tensor(offset) if bias else None)
    np.testing.assert_allclose(result["fc"], expected.numpy(), rtol=1e-12, atol=1e-13)


def test_linear_without_a_batch() -> None:
    x, weight = numbers((3,)), numbers((2, 3), 1)
    layers = [{"name": "fc", "type": "linear", "units": 2, "bias": False}]
    result = forward({"inputs": {"x": {"shape": [3]}}, "layers": layers}, {"x": x, "fc.weight": weight}, 1)
    np.testing.assert_allclose(result["fc"], weight @ x, rtol=1e-13)


def test_add_and_multiply() -> None:
    x, y, z = (numbers((2, 3), seed) for seed in range(3))
    inputs = {name: {"shape": ["B", 3]} for name in "xyz"}
    layers = [
        {"name": "total", "type": "add", "inputs": ["x", "y", "z"]},
        {"name": "product", "type": "multiply", "inputs": ["total", "z"], "input": None},
    ]
    del layers[1]["input"]
    result = forward({"inputs": inputs, "layers": layers}, {"x": x, "y": y, "z": z}, 2)
    np.testing.assert_allclose(result["product"], (x + y + z) * z, rtol=1e-13)


def test_a_layer_added_to_itself() -> None:
    layers = [{"name": "twice", "type": "add", "inputs": ["x", "x"]}]
    result = forward({"inputs": {"x": {"shape": ["B", 2]}}, "layers": layers}, {"x": np.array([[1.0, 2.0]])}, 1)
    np.testing.assert_array_equal(result["twice"], [[2.0, 4.0]])


def test_an_equation_of_two_inputs() -> None:
    x, s, weight = numbers((2, 3)), numbers((2, 4), 1), numbers((5, 3, 4), 2)
    layer = {
        "name": "pair", "type": "equation", "inputs": ["x", "s"], "sizes": {"k": "K"},
        "equation": "u[b, i, k] = sum[j](W[k, i, j] * x2[b, j])\ny[b, k] = sum[i](x1[b, i] * u[b, i, k]) * s[b, 0]",
        "parameters": {"W": {"init": {"type": "normal", "std": 0.1}}},
    }  # fmt: skip
    inputs = {"x": {"shape": ["B", 3]}, "s": {"shape": ["B", 4]}}
    description = {"sizes": {"K": 5}, "inputs": inputs, "layers": [layer]}
    result = forward(description, {"x": x, "s": s, "pair.W": weight}, 2)
    np.testing.assert_allclose(result["pair"], np.einsum("bi,kij,bj->bk", x, weight, s) * s[:, :1], rtol=1e-12)
    assert result["pair.u"].shape == (2, 3, 5)
    (parameter,) = build_system(read({"bpgen": 1, **description})).parameters
    assert (parameter.init, dict(parameter.options), parameter.fan_in) == ("normal", {"mean": 0.0, "std": 0.1}, 12)


def loss_of(loss: dict[str, Any], output: np.ndarray, target: np.ndarray, item: dict[str, Any] | None = None) -> float:
    inputs = {"a": {"shape": ["B", *output.shape[1:]]}, "t": {"shape": ["B", *target.shape[1:]], **(item or {})}}
    layers = [{"name": "out", "type": "multiply", "inputs": ["a", "a"]}]
    description = {"inputs": inputs, "layers": layers, "loss": {"target": "t", "input": "a", **loss}}
    result = forward(description, {"a": output, "t": target}, output.shape[0])
    return float(result["loss"])


LOSS_CASES: list[tuple[dict[str, Any], Any]] = [
    ({"type": "mse"}, F.mse_loss),
    ({"type": "mae"}, F.l1_loss),
    ({"type": "huber"}, F.huber_loss),
    ({"type": "huber", "delta": 0.3}, lambda a, t: F.huber_loss(a, t, delta=0.3)),
    ({"type": "bce_with_logits"}, F.binary_cross_entropy_with_logits),
    ({"type": "bce"}, F.binary_cross_entropy),
    ({"type": "cross_entropy"}, lambda a, t: F.cross_entropy(a.flatten(0, -2), t.flatten(0, -2))),
    (
        {"type": "cross_entropy", "label_smoothing": 0.1},
        lambda a, t: F.cross_entropy(a.flatten(0, -2), t.flatten(0, -2), label_smoothing=0.1),
    ),
]


@pytest.mark.parametrize("shape", [(3, 4), (1, 1), (2, 3, 2), (4, 4)], ids=str)
@pytest.mark.parametrize(("loss", "reference"), LOSS_CASES, ids=lambda case: getattr(case, "__name__", str(case)[:60]))
def test_loss(loss: dict[str, Any], reference: Any, shape: tuple[int, ...]) -> None:
    output, target = numbers(shape), np.random.default_rng(5).random(shape)
    if loss["type"] == "bce":
        output = 1 / (1 + np.exp(-output))
    expected = float(reference(torch.tensor(output), torch.tensor(target)))
    assert loss_of(loss, output, target) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("shape", [(3, 4), (1, 2), (2, 3, 5), (2, 1, 3)], ids=str)
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_cross_entropy_of_labels(shape: tuple[int, ...], smoothing: float) -> None:
    output = numbers(shape)
    labels = np.random.default_rng(1).integers(0, shape[-1], shape[:-1])
    expected = F.cross_entropy(
        torch.tensor(output).flatten(0, -2), torch.tensor(labels).flatten(), label_smoothing=smoothing
    )
    loss = {"type": "cross_entropy", "label_smoothing": smoothing}
    found = loss_of(loss, output, labels.astype(np.int32), {"dtype": "int32", "classes": shape[-1]})
    assert found == pytest.approx(float(expected), rel=1e-12)


def test_a_loss_equation_reads_layers_inputs_and_parameters() -> None:
    x, y, weight = numbers((2, 3)), numbers((2, 1)), numbers((1, 3), 1)
    equation = "r[b] = fc[b, 0] - y[b, 0]\nL = mean[b](r[b]**2) + 0.1 * sum[o, i](fc.weight[o, i]**2)"
    description = {
        "inputs": {"x": {"shape": ["B", 3]}, "y": {"shape": ["B", 1]}},
        "layers": [{"name": "fc", "type": "linear", "units": 1, "bias": False}],
        "loss": {"type": "equation", "equation": equation},
    }
    result = forward(description, {"x": x, "y": y, "fc.weight": weight}, 2)
    expected = np.mean((x @ weight.T - y) ** 2) + 0.1 * np.sum(weight**2)
    assert float(result["loss"]) == pytest.approx(expected, rel=1e-12)


def test_losses_are_summed_by_their_weights() -> None:
    x, y = numbers((2, 3)), numbers((2, 3), 1)
    losses = [{"type": "mse", "target": "y", "weight": 2}, {"type": "mae", "target": "y", "weight": 0.5}]
    description = {
        "inputs": {"x": {"shape": ["B", 3]}, "y": {"shape": ["B", 3]}},
        "layers": [{"name": "h", "type": "tanh"}],
        "losses": losses,
    }
    result = forward(description, {"x": x, "y": y}, 2)
    difference = np.tanh(x) - y
    assert float(result["loss.mse"]) == pytest.approx(np.mean(difference**2), rel=1e-12)
    assert float(result["loss"]) == pytest.approx(
        2 * np.mean(difference**2) + 0.5 * np.mean(abs(difference)), rel=1e-12
    )
