"""Softmax and logsumexp of numbers in the hundreds, wherever they stand, against PyTorch in float64."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import bpgen

LARGE = 400.0


def over_a_window(p, x):
    u = torch.nn.functional.pad(x, (1, 2)).unfold(1, 3, 2) * p["w"][0]
    return (torch.softmax(u, -1) * u).sum(-1) / LARGE


def of_a_window(p, x):
    return torch.logsumexp(torch.nn.functional.pad(x, (1, 2)).unfold(1, 3, 2) * p["w"][0], -1) / LARGE


def of_products(p, x):
    return torch.softmax(x * p["w"], 1) * torch.log_softmax(x, 1) / LARGE


def attention_in_a_step(p, x):
    h, found = torch.zeros(len(x), 1, dtype=x.dtype), []
    for t in range(x.shape[1]):
        a = torch.softmax(1000 + h * x * p["w"] / LARGE, 1)
        h = torch.tanh((a * x).sum(1, keepdim=True) / LARGE + x[:, t : t + 1] / LARGE)
        found.append(h)
    return torch.cat(found, 1)


def forward_algorithm(p, x):
    a, found = x[:, :1] * p["w"], []
    for t in range(x.shape[1]):
        a = torch.logsumexp(a[:, :, None] + p["M"], 1) + x[:, t : t + 1] * p["w"]
        found.append(torch.logsumexp(a, 1))
    return torch.stack(found, 1) / LARGE


# name -> shapes of parameters, sizes, equations, what they mean
LAYERS = {
    "softmax over a window": (
        {"w": [1]}, {"p": 4, "r": 3},
        """a[b, p, r] = softmax[r](w[0] * x[b, 2*p + r - 1])
        y[b, p] = sum[r](a[b, p, r] * w[0] * x[b, 2*p + r - 1]) / 400""", over_a_window,
    ),
    "logsumexp of a window": (
        {"w": [1]}, {"p": 4, "r": 3}, "y[b, p] = logsumexp[r](w[0] * x[b, 2*p + r - 1]) / 400", of_a_window,
    ),
    "softmax of products": (
        {"w": [7]}, {}, "y[b, i] = softmax[i](x[b, i] * w[i]) * log_softmax[i](x[b, i]) / 400", of_products,
    ),
    "attention in a step": (
        {"w": [7]}, {},
        """a[b, t, u] = softmax[u](1000 + y[b, t - 1] * x[b, u] * w[u] / 400)
        y[b, t] = tanh((sum[u](a[b, t, u] * x[b, u]) + x[b, t]) / 400)""", attention_in_a_step,
    ),
    "forward algorithm": (
        {"w": [3], "M": [3, 3]}, {},
        """a[b, t, s] = logsumexp[r](a[b, t - 1, r] + M[r, s]) + x[b, t] * w[s]
        a[b, -1, s] = x[b, 0] * w[s]
        y[b, t] = logsumexp[s](a[b, t, s]) / 400""", forward_algorithm,
    ),
}  # fmt: skip


@pytest.mark.parametrize("target", ["numpy", "c"])
@pytest.mark.parametrize("name", LAYERS)
def test_values_and_gradients(name, target):
    parameters, sizes, equation, judge = LAYERS[name]
    layer = {
        "name": "own", "type": "equation", "equation": equation, **({"sizes": sizes} if sizes else {}),
        "parameters": {key: {"shape": extents, "init": "normal"} for key, extents in parameters.items()},
    }  # fmt: skip
    generator = np.random.default_rng(8)
    x = LARGE * generator.normal(size=(3, 7))
    drawn = {key: generator.uniform(1.0, 3.0, extents) for key, extents in parameters.items()}
    learnt = {key: torch.tensor(value, requires_grad=True) for key, value in drawn.items()}
    at = torch.tensor(x, requires_grad=True)
    y = judge(learnt, at)
    t = generator.normal(size=y.shape)
    expected = ((y - torch.tensor(t)) ** 2).mean()
    expected.backward()
    assert expected.isfinite() and np.abs(x).max() > 745  # exp of it is beyond float64

    inputs = {"x": {"shape": ["B", 7]}, "t": {"shape": ["B", *y.shape[1:]]}}
    model = {"bpgen": 1, "name": "large", "inputs": inputs, "layers": [layer], "loss": {"type": "mse", "target": "t"}}
    net = bpgen.build(model, target=target, dtype="float64")
    for key, value in drawn.items():
        net.parameters[f"own.{key}"][...] = value
    loss, gradients = net.gradients(x=x, t=t, wrt=["x", *net.parameters])
    assert loss == pytest.approx(expected.item(), rel=1e-11)
    for key, tensor in {"x": at, **{f"own.{key}": value for key, value in learnt.items()}}.items():
        reference = tensor.grad.numpy()
        assert np.abs(gradients[key] - reference).max() <= 1e-9 * np.abs(reference).max(), key
