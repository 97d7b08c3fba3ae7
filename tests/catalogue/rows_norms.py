"""Normalisation, against PyTorch's modules: their state_dict fits by name."""

from __future__ import annotations

from functools import partial

from catalogue_runner import LayerRow, torch

NN = torch.nn


def layer_norm(shape, axes=1, options=(), batch=3, **given):
    features = list(shape[len(shape) - axes :])
    keys = {**dict(options), **({"axes": axes} if axes > 1 else {})}
    module = partial(NN.LayerNorm, features, **given)
    return LayerRow("layernorm", keys, (shape,), shape, module=module, batch=batch)


def rms_norm(shape, axes=1, options=(), eps=2**-23, batch=3, **given):
    features = list(shape[len(shape) - axes :])
    keys = {**dict(options), **({"axes": axes} if axes > 1 else {})}
    return LayerRow("rmsnorm", keys, (shape,), shape, module=partial(NN.RMSNorm, features, eps, **given), batch=batch)


def group_norm(shape, groups, options=(), batch=3, **given):
    module = partial(NN.GroupNorm, groups, shape[0], **given)
    return LayerRow("groupnorm", {"groups": groups, **dict(options)}, (shape,), shape, module=module, batch=batch)


LAYERS = [
    layer_norm((5,)),
    layer_norm((3, 4), options={"eps": 0.1}, eps=0.1),
    layer_norm((2, 3), axes=2),
    layer_norm((3, 2), options={"affine": False}, elementwise_affine=False),
    layer_norm((3, 3), options={"bias": False}, bias=False),
    layer_norm((1, 2), batch=1),
    rms_norm((5,)),
    rms_norm((3, 4), options={"eps": 0.1}, eps=0.1),
    rms_norm((2, 3), axes=2),
    rms_norm((3, 2), options={"affine": False}, elementwise_affine=False),
    rms_norm((1, 1), options={"eps": 0.01}, eps=0.01, batch=1),
    group_norm((4,), 2),
    group_norm((4, 3), 2, {"eps": 0.1}, eps=0.1),
    group_norm((6, 2, 3), 3),
    group_norm((4, 2, 2), 1, {"affine": False}, affine=False),
    group_norm((3, 2, 2), 3),
]
