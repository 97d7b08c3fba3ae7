"""Activations, with their kinks and tails."""

from __future__ import annotations

from functools import partial

from catalogue_runner import F, LayerRow, Row, torch

ACTIVATIONS = [
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


def along(kind, function, shape, axis, result=None):
    return LayerRow(kind, {"axis": axis}, (shape,), result or shape, partial(function, dim=axis))


# On images, where the axis of the channels is meant as often as the last one.
LAYERS = [
    along("softmax", torch.softmax, (3, 2, 2), 1),
    along("log_softmax", torch.log_softmax, (2, 3, 2), -2),
    along("glu", F.glu, (4, 2, 3), 1, (2, 2, 3)),
]
