"""Layers that read quotients and remainders of indices, of whatever number systems, against PyTorch in float64."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import bpgen

FUNCTIONS = torch.nn.functional


def doubled(x):
    return x.repeat_interleave(2, dim=1)


def stepwise(step, x):
    """step(t, x[:, t], h) -> the next h, for every t; h begins at 0."""
    h, found = torch.zeros_like(x[:, 0]), []
    for t in range(x.shape[1]):
        h = step(t, x[:, t], h)
        found.append(h)
    return torch.stack(found, 1)


def between_neighbours(p, x):
    up = x.repeat_interleave(3, -1)
    return p["a"] * up + (1 - p["a"]) * FUNCTIONS.pad(up, (0, 1))[..., 1:]


def antidiagonals(p, x):
    i, j = torch.arange(3)[:, None], torch.arange(4)[None]
    return x[:, (i + j) // 2] * p["w"][(i + 2 * j) % 5]


def largest_in_pairs(p, x):
    rows = [torch.stack([x[:, (q + r) // 2] * p["w"][(r + 1) // 3] for r in range(5)], -1) for q in range(3)]
    return torch.stack([row.amax(-1) for row in rows], 1)


def attend_to_every_second(p, x):
    return torch.softmax((x * p["w"]) @ x[:, 1::2].transpose(1, 2), -1) @ x[:, ::2]


def rotated_pairs(p, x):
    angle = torch.arange(x.shape[1], dtype=x.dtype)[:, None] * p["w"]
    even, odd = x[..., ::2], x[..., 1::2]
    turned = (even * angle.cos() - odd * angle.sin(), odd * angle.cos() + even * angle.sin())
    return torch.stack(turned, -1).flatten(2)


# name -> shape of x, shapes of parameters, sizes, equations, what they mean
LAYERS = {
    "two number systems": (
        (2, 5), {"a": []}, {"h": 15}, "y[b, c, h] = a * x[b, c, h // 3] + (1 - a) * x[b, c, (h + 1) // 3]",
        between_neighbours,
    ),
    "beside a rotation": (
        (2, 8), {"g": [2]}, {"i": 8}, "y[b, c, i] = g[c] * x[b, c, 2 * (i // 2)] * x[b, c, (i + 1) % 8]",
        lambda p, x: p["g"][:, None] * doubled(x[..., ::2].mT).mT * x.roll(-1, -1),
    ),
    "of two indices": (
        (7,), {"w": [5]}, {"i": 3, "j": 4}, "y[b, i, j] = x[b, (i + j) // 2] * w[(i + 2*j) % 5]", antidiagonals,
    ),
    "in a max": (
        (7,), {"w": [2]}, {"p": 3, "r": 5}, "y[b, p] = max[r](x[b, (p + r) // 2] * w[(r + 1) // 3])",
        largest_in_pairs,
    ),
    "in a sum": (
        (7,), {"w": [2, 5]}, {"p": 3, "r": 5}, "y[b, p] = sum[r](x[b, p + r // 2] * w[(r + 1) // 3, r])",
        lambda p, x: sum(x[:, r // 2 : r // 2 + 3] * p["w"][(r + 1) // 3, r] for r in range(5)),
    ),
    "outside reads 0": (
        (6,), {"w": []}, {"i": 9}, "y[b, i] = w * x[b, (i + 1) // 2 + 2] + x[b, i // 3]",
        lambda p, x: p["w"] * FUNCTIONS.pad(x, (0, 1))[:, (torch.arange(9) + 1) // 2 + 2] + x[:, torch.arange(9) // 3],
    ),
    "as values": (
        (6,), {"w": []}, {}, "y[b, i] = x[b, i] * (i // 2 + (i + 1) // 4) + w * (i % 3)",
        lambda p, x: x * torch.tensor([0, 0, 1, 2, 3, 3]) + p["w"] * (torch.arange(6) % 3),
    ),
    "of strided keys": (
        (6, 4), {"w": [4]}, {"j": 3},
        """s[b, i, j] = sum[d](x[b, i, d] * x[b, 2*j + 1, d] * w[d])
        a[b, i, j] = softmax[j](s[b, i, j])
        y[b, i, d] = sum[j](a[b, i, j] * x[b, 2*j, d])""", attend_to_every_second,
    ),
    "rotary places": (
        (5, 6), {"w": [3]}, {},
        """a[b, t, d] = x[b, t, d - 1] if d % 2 == 1 else -x[b, t, d + 1]
        y[b, t, d] = x[b, t, d] * cos(t * w[d // 2]) + a[b, t, d] * sin(t * w[d // 2])""",
        rotated_pairs,
    ),
    "of a state": (
        (5, 4), {"u": [4]}, {}, "y[b, t, j] = tanh(x[b, t, j] + u[j] * y[b, t - 1, (j + 3) % 4])",
        lambda p, x: stepwise(lambda t, x, h: torch.tanh(x + p["u"] * h.roll(1, 1)), x),
    ),
    "of a step that is read": (
        (3, 4), {"u": [4]}, {"t": 6}, "y[b, t, j] = tanh(x[b, t // 2, j] + u[j] * y[b, t - 1, j])",
        lambda p, x: stepwise(lambda t, x, h: torch.tanh(x + p["u"] * h), doubled(x)),
    ),
    "of a step that decides": (
        (6, 4), {"u": [4], "v": [4]}, {},
        "y[b, t, j] = tanh(x[b, t, j] + u[j] * y[b, t - 1, j]) if t % 2 == 0 else v[j] * y[b, t - 1, j]",
        lambda p, x: stepwise(lambda t, x, h: p["v"] * h if t % 2 else torch.tanh(x + p["u"] * h), x),
    ),
    "blocks of a state": (
        (5, 6), {"U": [6, 2]}, {}, "y[b, t, j] = tanh(x[b, t, j] + sum[k](y[b, t - 1, 2 * (j // 2) + k] * U[j, k]))",
        lambda p, x: stepwise(
            lambda t, x, h: torch.tanh(x + (doubled(h.view(-1, 3, 1, 2)[:, :, 0]) * p["U"]).sum(-1)), x
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("target", ["numpy", "c"])
@pytest.mark.parametrize("name", LAYERS)
def test_values_and_gradients(name, target):
    shape, parameters, sizes, equation, judge = LAYERS[name]
    layer = {
        "name": "own", "type": "equation", "equation": equation, **({"sizes": sizes} if sizes else {}),
        "parameters": {key: {"shape": extents, "init": "normal"} for key, extents in parameters.items()},
    }  # fmt: skip
    generator = np.random.default_rng(4)
    x = generator.normal(size=(3, *shape))
    learnt = {
        key: torch.tensor(generator.normal(size=extents), requires_grad=True) for key, extents in parameters.items()
    }
    at = torch.tensor(x, requires_grad=True)
    y = judge(learnt, at)
    t = generator.normal(size=y.shape)
    expected = ((y - torch.tensor(t)) ** 2).mean()
    expected.backward()

    net = bpgen.build({
        "bpgen": 1, "name": "digits", "layers": [layer], "loss": {"type": "mse", "target": "t"},
        "inputs": {"x": {"shape": ["B", *shape]}, "t": {"shape": ["B", *y.shape[1:]]}},
    }, target=target, dtype="float64")  # fmt: skip
    for key, value in learnt.items():
        net.parameters[f"own.{key}"][...] = value.detach().numpy()
    np.testing.assert_allclose(net.forward(x=x), y.detach().numpy(), rtol=1e-10, atol=1e-12)
    loss, gradients = net.gradients(x=x, t=t, wrt=["x", *net.parameters])
    assert loss == pytest.approx(expected.item(), rel=1e-11)
    for key, tensor in {"x": at, **{f"own.{key}": value for key, value in learnt.items()}}.items():
        reference = tensor.grad.numpy()
        assert np.abs(gradients[key] - reference).max() <= 1e-9 * np.abs(reference).max(), key
