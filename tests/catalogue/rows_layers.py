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


def beside(x, steps, outside, w):
    """x[..., i + steps] + w[i]; outside of x the identity of max, min or prod, for such a term takes no part."""
    place = torch.arange(x.shape[-1]) + steps
    return torch.where((place >= 0) & (place < x.shape[-1]), later(x, steps) + w, outside)


def leaky(x, w):
    """h[..., t] = tanh(x[..., t] + w[t] * h[..., t - 1]), times what comes back from the end."""
    there, back = [torch.zeros_like(x[..., 0])], [torch.zeros_like(x[..., 0])]
    for t in range(x.shape[-1]):
        there.append(torch.tanh(x[..., t] + w[t] * there[-1]))
    for t in reversed(range(x.shape[-1])):
        back.append(x[..., t] * w[t] + back[-1] / 2)
    return torch.stack(there[1:], -1) * torch.stack(back[:0:-1], -1)


def middle(x):
    return torch.where(torch.arange(x.shape[-1]) < 2, x, 0.5)


def halved(x):
    return torch.arange(x.shape[-1]) // 2


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
    ("y[..., i] = x[..., i] + max[j](x[..., j // 2] * w[j]) * prod[j](where(j < 2, x[..., j], 0.5))",
     lambda x, w: x + (x[..., halved(x)] * w).amax(-1, keepdim=True) * middle(x).prod(-1, keepdim=True), ("w",)),
    ("y[..., i] = x[..., i] + prod[j](x[..., j - 1] + w[j])",
     lambda x, w: x + beside(x, -1, 1.0, w).prod(-1, keepdim=True), ("w",)),
    ("y[..., i] = x[..., i // 2] * w[i] + w[i % 2] + x[..., i - i % 2]**2",
     lambda x, w: x[..., halved(x)] * w + w[torch.arange(x.shape[-1]) % 2] + x[..., 2 * halved(x)] ** 2, ("w",)),
    ("h[..., t] = tanh(x[..., t] + w[t] * h[..., t - 1])\nk[..., t] = x[..., t] * w[t] + k[..., t + 1] / 2\n"
     "y[..., t] = h[..., t] * k[..., t]", leaky, ("w",)),
    ("y[..., i] = x[..., i] + max[j](where(j == 1, 2 * x[..., j], 0 - x[..., j]))",
     lambda x: x + torch.where(torch.arange(x.shape[-1]) == 1, 2 * x, -x).amax(-1, keepdim=True), ()),
    ("y[..., i] = x[..., i] + exp(x[..., i - 2]) + (2 if i == 1 else x[..., i + 2] * x[..., i])",
     lambda x: x + later(x, -2).exp() + torch.where(torch.arange(x.shape[-1]) == 1, 2.0, later(x, 2) * x), ()),
    ("y[..., i] = x[..., i] * (i < 2) + sum[j](x[..., j] * x[..., j - 1] * (i == 0) + x[..., j] * (j > i))",
     lambda x: x * head(x, 2) + (x * later(x, -1)).sum(-1, keepdim=True) * head(x, 1) + above(x), ()),
]  # fmt: skip

# Over one element, no term would be left.
OF_SEVERAL = (
    "y[..., i] = x[..., i] + max[j](x[..., j - 1] + w[j]) * min[j](x[..., j + 1] + w[j])",
    lambda x, w: (
        x + beside(x, -1, -torch.inf, w).amax(-1, keepdim=True) * beside(x, 1, torch.inf, w).amin(-1, keepdim=True)
    ),
    ("w",),
)


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
          for text, reference, names in [*EQUATIONS, *([OF_SEVERAL] if shape[-1] > 1 else [])]),
    ]  # fmt: skip


def rules(names, shape):
    return {name: {"init": "normal", "shape": [shape[-1]]} for name in names}


REPEATED = LayerRow(
    "equation", {"equation": "y[b, i] = x[b, i // 3] * x[b, i % 3]", "sizes": {"i": 7}}, ((3,),), (7,),
    lambda x: x[:, torch.arange(7) // 3] * x[:, torch.arange(7) % 3],
)  # fmt: skip

LAYERS = [REPEATED, *(row for batch, shape, units in SHAPES for row in dense(batch, shape, units))]
