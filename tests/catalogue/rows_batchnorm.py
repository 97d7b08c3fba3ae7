"""Batch normalisation on one to three axes behind the batch, and dropout that drops nothing.

What dropout drops depends on random numbers that PyTorch does not have: tests/run/test_random_layers.py.
"""

from __future__ import annotations

from catalogue_runner import LayerRow, torch

BATCHNORMS = {1: torch.nn.BatchNorm1d, 2: torch.nn.BatchNorm1d, 3: torch.nn.BatchNorm2d}
CENTRED = """
m[i] = mean[b](x[b, i]) if training else running[i]
y[b, i] = x[b, i] - m[i]
running_next[i] = 3 * running[i] / 4 + m[i] / 4
"""


class Centred(torch.nn.Module):
    def __init__(self, width):
        super().__init__()
        self.register_buffer("running", torch.zeros(width))

    def forward(self, x):
        if not self.training:
            return x - self.running
        mean = x.mean(0)
        self.running.copy_(0.75 * self.running + 0.25 * mean.detach())
        return x - mean


SHAPES = [(5, (3,)), (4, (4,)), (3, (2, 5)), (4, (1, 4)), (3, (2, 4, 3)), (2, (3, 1, 1)), (1, (2, 3, 3))]
OPTIONS = [{}, {"affine": False}, {"eps": 0.01, "momentum": 0.3}]


def normalised(batch, shape, options):
    make = BATCHNORMS[len(shape)]
    return LayerRow("batchnorm", options, (shape,), shape, module=lambda: make(shape[0], **options), batch=batch)


LAYERS = [
    *(normalised(batch, shape, options) for batch, shape in SHAPES for options in OPTIONS),
    LayerRow("equation", {"equation": CENTRED, "states": {"running": {"init": "zeros"}}}, ((3,),), (3,),
             module=lambda: Centred(3), batch=4),
    *(
        LayerRow("dropout", {"p": 0.0}, (shape,), shape, module=lambda: torch.nn.Dropout(0.0), batch=batch)
        for batch, shape in SHAPES[:3]
    ),
]  # fmt: skip
