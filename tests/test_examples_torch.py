"""Every example against PyTorch in float64: gradients of all parameters and inputs, and 20 optimiser steps."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import bpgen

torch = pytest.importorskip("torch")
# Those of linear layers, sums and equations written out below; the other layers are in the catalogue's table.
NAMES = (
    "autoencoder", "bilinear", "digits_mlp", "digits_small", "gated_unit", "logistic_regression",
    "mlp_2331", "mnist_mlp", "multitask_digits", "squared_distance", "two_heads", "xor",
)  # fmt: skip
EXAMPLES = [Path(__file__).parent.parent / "examples" / f"{name}.toml" for name in NAMES]
BATCH = 7
FUNCTIONS = torch.nn.functional


def bilinear(p, x):
    return torch.einsum("bi,kij,bj->bk", x, p["W"], x) + p["c"]


def gated_unit(p, x):
    return (x @ p["V"].T) * torch.sigmoid(x @ p["G"].T + p["c"])


def squared_distance(p, x):
    return -((x[:, None, :] - p["centre"]) ** 2).sum(-1)


CUSTOM = {"pair": bilinear, "gated": gated_unit, "nearest": squared_distance}
ACTIVATIONS = {
    None: lambda z: z, "relu": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh, "silu": FUNCTIONS.silu,
}  # fmt: skip


def forward(model, parameters, inputs):
    """Outputs of all layers."""
    values = dict(inputs)
    for layer in model.layers:
        own = {n.removeprefix(layer.name + "."): v for n, v in parameters.items() if n.startswith(layer.name + ".")}
        arguments = [values[name] for name in layer.inputs]
        if layer.type == "linear":
            z = FUNCTIONS.linear(arguments[0], own["weight"], own["bias"])
        elif layer.type == "add":
            z = sum(arguments)
        else:
            z = CUSTOM[layer.name](own, *arguments)
        values[layer.name] = ACTIVATIONS[layer.activation](z)
    return values


def loss_of(model, parameters, inputs):
    values = forward(model, parameters, inputs)
    total = 0.0
    for loss in model.losses:
        output, target = values[loss.input], inputs[loss.target]
        kind = {
            "mse": FUNCTIONS.mse_loss, "bce": FUNCTIONS.binary_cross_entropy, "cross_entropy": FUNCTIONS.cross_entropy,
            "bce_with_logits": FUNCTIONS.binary_cross_entropy_with_logits,
            "huber": partial(FUNCTIONS.huber_loss, delta=loss.options.get("delta", 1.0)),
        }[loss.type]  # fmt: skip
        total = total + loss.weight * kind(output, target.long() if target.dtype == torch.int32 else target)
    return total


def optimizer_of(model, parameters):
    spec, options = model.optimizer, dict(model.optimizer.options)
    kinds = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
    known = {k: v for k, v in options.items() if k in ("lr", "momentum", "nesterov", "weight_decay", "betas", "eps")}
    optimizer = kinds[spec.type](list(parameters.values()), **known)
    steps = spec.schedule_options.get("steps") if spec.schedule == "cosine" else None
    rate = (lambda t: 0.5 * (1 + math.cos(math.pi * t / steps))) if steps else (lambda t: 1.0)
    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, rate)


def draw(model):
    generator = np.random.default_rng(3)
    arrays = {}
    for item in model.inputs:
        shape = tuple(BATCH if extent == "B" else extent for extent in item.shape)
        if item.classes:
            arrays[item.name] = generator.integers(0, item.classes, shape).astype(np.int32)
        else:
            arrays[item.name] = generator.uniform(0.05, 0.95, shape)
    return arrays


@pytest.mark.parametrize("target", ["c", "numpy"])
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example(path, target):
    model = bpgen.load(path)
    net = bpgen.build(model, target=target, dtype="float64")
    net.init(seed=1)
    arrays = draw(model)
    parameters = {n: torch.tensor(np.array(v), requires_grad=True) for n, v in net.state_dict().items()}
    inputs = {n: torch.tensor(a, requires_grad=a.dtype == np.float64) for n, a in arrays.items()}

    outputs = forward(model, parameters, inputs)
    given = net.forward(**{n: a for n, a in arrays.items() if n in net.interface.entry("forward").inputs})
    for name, array in given.items() if isinstance(given, dict) else [(model.outputs[0], given)]:
        np.testing.assert_allclose(array, outputs[name].detach().numpy(), rtol=1e-10, atol=1e-12)

    expected = loss_of(model, parameters, inputs)
    expected.backward()
    real = [n for n, a in arrays.items() if a.dtype == np.float64]
    loss, gradients = net.gradients(**arrays, wrt=[*parameters, *real])
    assert loss == pytest.approx(expected.item(), rel=1e-11)
    for name, tensor in {**parameters, **{n: inputs[n] for n in real}}.items():
        reference = tensor.grad.numpy()
        scale = np.abs(reference).max()
        assert scale > 0, name
        assert np.abs(gradients[name] - reference).max() <= 1e-9 * scale, name

    optimizer, schedule = optimizer_of(model, parameters)
    for _ in range(20):
        optimizer.zero_grad()
        reference = loss_of(model, parameters, {n: t.detach() for n, t in inputs.items()})
        reference.backward()
        optimizer.step()
        schedule.step()
        assert net.step(**arrays) == pytest.approx(reference.item(), rel=1e-8)
