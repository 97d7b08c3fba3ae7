"""Lookups at places that may lie outside, by words of other places, and in a recurrence, against PyTorch in float64."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import bpgen

WORDS, PLACES = 4, 6
padded = torch.nn.functional.pad


def neighbours(p, k):
    """A word outside is 0, as everything is that is read there."""
    return (
        p["E"][k] * p["F"][padded(k, (0, 1))[:, 1:]] * p["G"][padded(k, (1, 0))[:, :-1], padded(k, (0, 2))[:, 2:], None]
    )


def window(p, k):
    places = [[p["F"][k[:, i + r - 1]] * p["g"][r] for r in range(3) if 0 <= i + r - 1 < PLACES] for i in range(PLACES)]
    return p["E"][k] * torch.stack([sum(terms) for terms in places], 1)


def weights_of_a_word(p, k):
    h, found = torch.zeros(len(k), 3, dtype=torch.float64), []
    for t in range(PLACES):
        h = torch.tanh(p["E"][k[:, t]] + torch.einsum("bi,bji->bj", h, p["W"][k[:, t]]))
        found.append(h)
    return torch.stack(found, 1)


def experts(p, k):
    best = p["W"].argmax(1)
    return p["W"][k, best[k]] * p["E"][best[k.flip(1)], 0]


# name -> shapes of parameters, sizes, equations, what they mean
LAYERS = {
    "neighbours": (
        {"E": [4, 2], "F": [4, 2], "G": [4, 4]}, {"d": 2},
        "y[b, i, d] = E[x[b, i], d] * F[x[b, i + 1], d] * G[x[b, i - 1], x[b, i + 2]]", neighbours,
    ),
    "a window": (
        {"E": [4, 2], "F": [4, 2], "g": [3]}, {"d": 2, "r": 3},
        "y[b, i, d] = E[x[b, i], d] * sum[r](F[x[b, i + r - 1], d] * g[r] if 0 <= i + r - 1 < 6 else 0)", window,
    ),
    "weights of a word": (
        {"E": [4, 3], "W": [4, 3, 3]}, {},
        "y[b, t, j] = tanh(E[x[b, t], j] + sum[i](y[b, t - 1, i] * W[x[b, t], j, i]))", weights_of_a_word,
    ),
    "computed places": (
        {"E": [5, 2], "W": [4, 5]}, {},
        """best[v] = argmax[c](W[v, c])
        y[b, i] = W[x[b, i], best[x[b, i]]] * E[best[x[b, 5 - i]], 0]""", experts,
    ),
}  # fmt: skip


@pytest.mark.parametrize("target", ["numpy", "c"])
@pytest.mark.parametrize("name", LAYERS)
def test_values_and_gradients(name, target):
    parameters, sizes, equation, judge = LAYERS[name]
    layer = {
        "name": "own", "type": "equation", "equation": equation, "input": "x", **({"sizes": sizes} if sizes else {}),
        "parameters": {key: {"shape": extents, "init": "normal"} for key, extents in parameters.items()},
    }  # fmt: skip
    generator = np.random.default_rng(6)
    x = generator.integers(0, WORDS, (3, PLACES)).astype(np.int32)
    drawn = {key: generator.normal(size=extents) for key, extents in parameters.items()}
    learnt = {key: torch.tensor(value, requires_grad=True) for key, value in drawn.items()}
    y = judge(learnt, torch.tensor(x).long())
    t = generator.normal(size=y.shape)
    expected = ((y - torch.tensor(t)) ** 2).mean()
    expected.backward()

    inputs = {"x": {"shape": ["B", PLACES], "dtype": "int32", "classes": WORDS}, "t": {"shape": ["B", *y.shape[1:]]}}
    model = {"bpgen": 1, "name": "lookup", "inputs": inputs, "layers": [layer], "loss": {"type": "mse", "target": "t"}}
    net = bpgen.build(model, target=target, dtype="float64")
    for key, value in drawn.items():
        net.parameters[f"own.{key}"][...] = value
    np.testing.assert_allclose(net.forward(x=x), y.detach().numpy(), rtol=1e-10, atol=1e-12)
    loss, gradients = net.gradients(x=x, t=t)
    assert loss == pytest.approx(expected.item(), rel=1e-11)
    for key, tensor in learnt.items():
        reference = tensor.grad.numpy()
        assert np.abs(gradients[f"own.{key}"] - reference).max() <= 1e-9 * np.abs(reference).max(), key
