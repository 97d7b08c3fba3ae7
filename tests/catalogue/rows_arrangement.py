"""Layers that only rearrange what they read, and embeddings."""

from __future__ import annotations

import math
from functools import partial

from catalogue_runner import LayerRow, torch


def join(*inputs, axis):
    return torch.cat(inputs, axis)


def concat(shapes, result, batch=3, **options):
    return LayerRow("concat", options, shapes, result, partial(join, axis=options.get("axis", -1)), batch=batch)


def reshaped(shape, wished, result, batch=3):
    reference = lambda x: x.reshape(len(x), *result)  # noqa: E731
    return LayerRow("reshape", {"shape": wished}, (shape,), result, reference, batch=batch)


def flattened(shape, batch=3):
    return LayerRow("flatten", {}, (shape,), (math.prod(shape),), lambda x: x.flatten(1), batch=batch)


def embedding(shape, classes, units, batch=3, **options):
    module = partial(torch.nn.Embedding, classes, units)
    keys = {"units": units, **options}
    return LayerRow("embedding", keys, ((shape, classes),), (*shape, units), module=module, batch=batch)


def waves(x):
    """Vaswani et al. (2017), section 3.5."""
    time, width = x.shape[-2:]
    places = torch.arange(time, dtype=x.dtype)[:, None]
    rates = 10000 ** (-torch.arange(0, width, 2, dtype=x.dtype) / width)
    table = torch.zeros(time, width, dtype=x.dtype)
    table[:, 0::2] = torch.sin(places * rates)
    table[:, 1::2] = torch.cos(places * rates)[:, : width // 2]
    return x + table


LAYERS = [
    concat(((2,), (3,)), (5,)),
    concat(((2, 3), (4, 3), (1, 3)), (7, 3), axis=1),
    concat(((2, 2), (2, 2)), (2, 4), axis=2),
    concat(((1,), (1,)), (2,), batch=1),
    reshaped((6,), [2, 3], (2, 3)),
    reshaped((2, 6), ["B", 3, -1], (3, 4)),
    reshaped((2, 3, 4), [4, 3, 2], (4, 3, 2)),
    reshaped((1, 1), [1], (1,), batch=1),
    flattened((2, 3)),
    flattened((2, 3, 4)),
    flattened((1, 1, 1), batch=1),
    embedding((), 5, 3),
    embedding((4,), 3, 2),
    embedding((4,), 3, 2, init="ones"),
    embedding((1,), 1, 1, batch=1),
    LayerRow("positional_embedding", {}, ((3, 4),), (3, 4), lambda x, weight: x + weight),
    LayerRow("positional_embedding", {"init": "zeros"}, ((1, 1),), (1, 1), lambda x, weight: x + weight, batch=1),
    LayerRow("positional_embedding", {"kind": "sinusoidal"}, ((3, 5),), (3, 5), waves),
    LayerRow("positional_embedding", {"kind": "sinusoidal"}, ((4, 4),), (4, 4), waves),
]
