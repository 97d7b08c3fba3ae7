"""Dense layers, and equations of one's own: what they read outside of x, and conditions on indices."""

from __future__ import annotations

import math

from catalogue_runner import F, LayerRow, torch


def linear(x, weight, bias=None):
    return F.linear(x, weight, bias)


def later(x, steps=1):
    """x[..., i + steps], which is 0 outside."""
    count = x.shape[-1]
    padded = F.pad(x, (abs(steps), abs(steps)))
    return padded[..., abs(steps) + steps : abs(steps) + steps + count]


def middle(x):
    return torch.where(torch.arange(x.shape[-1]) < 2, x, 0.5)


def head(x, count):
    return (torch.arange(x.shape[-1]) < count).to(x)


def above(x):
    """sum[j](x[..., j] * (j > i))"""
    return x @ torch.ones(x.shape[-1], x.shape[-1], dtype=x.dtype).tril(-1)


def product(*inputs):
    return math.prod(inputs)


def total(*inputs):
    return sum(inputs)


SHAPES = [(5, (3,), 4), (3, (2, 3), 6), (4, (4, 4), 4), (1, (1, 1), 1)]  # batch, an input's shape, units

# (equation, what it is in PyTorch, parameters)
EQUATIONS = [
    ("y[..., i] = x[..., i]**2 * w[i]", lambda x, w: x**2 * w, ("w",)),
    ("y[..., i] = x[..., i + 1] * w[i] + x[..., i - 1]**2", lambda x, w: later(x) * w + later(x, -1) ** 2, ("w",)),
    ("y[..., i] = x[..., i] * sum[j](x[..., j + 1] * w[j])",
     lambda x, w: x * (later(x) * w).sum(-1, keepdim=True), ("w",)),
    ("y[..., i] = x[..., i] + max[j](x[..., j - 1]) * prod[j](where(j < 2, x[..., j], 0.5))",
     lambda x: x + later(x, -1).amax(-1, keepdim=True) * middle(x).prod(-1, keepdim=True), ()),
    ("y[..., i] = x[..., i] + max[j](where(j == 1, 2 * x[..., j], 0 - x[..., j]))",
     lambda x: x + torch.where(torch.arange(x.shape[-1]) == 1, 2 * x, -x).amax(-1, keepdim=True), ()),
    ("y[..., i] = x[..., i] + exp(x[..., i - 2]) + (2 if i == 1 else x[..., i + 2] * x[..., i])",
     lambda x: x + later(x, -2).exp() + torch.where(torch.arange(x.shape[-1]) == 1, 2.0, later(x, 2) * x), ()),
    ("y[..., i] = x[..., i] * (i < 2) + sum[j](x[..., j] * x[..., j - 1] * (i == 0) + x[..., j] * (j > i))",
     lambda x: x * head(x, 2) + (x * later(x, -1)).sum(-1, keepdim=True) * head(x, 1) + above(x), ()),
]  # fmt: skip


def dense(batch, shape, units):
    result = (*shape[:-1], units)
    normal = {"init": "normal", "bias_init": {"type": "constant", "value": 0.2}}
    return [
        *(LayerRow("linear", {"units": units, **options}, (shape,), result, linear, batch=batch)
          for options in ({}, {"bias": False}, normal)),
        LayerRow("linear", {"units": units}, (shape,), result, batch=batch,
                 module=lambda: torch.nn.Linear(shape[-1], units)),
        LayerRow("add", {}, (shape,) * 3, shape, total, batch=batch),
        LayerRow("multiply", {}, (shape,) * 3, shape, product, batch=batch),
        *(LayerRow("equation", {"equation": text, "parameters": rules(names, shape)}, (shape,), shape, reference,
                   batch=batch)
          for text, reference, names in EQUATIONS),
    ]  # fmt: skip


def rules(names, shape):
    return {name: {"init": "normal", "shape": [shape[-1]]} for name in names}


LAYERS = [row for batch, shape, units in SHAPES for row in dense(batch, shape, units)]
