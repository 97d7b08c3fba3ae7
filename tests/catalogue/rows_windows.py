"""Convolution and pooling: strides, padding, dilation, groups, and rows that no window reaches."""

from __future__ import annotations

from functools import partial

from catalogue_runner import F, LayerRow, torch

NN = torch.nn


def convolution(kind, maker, shape, channels, kernel, *, batch=3, **options):
    """With PyTorch's names of the same options; the shape of the result is PyTorch's."""
    made = partial(maker, shape[0], channels, kernel, **options)
    result = tuple(made()(torch.zeros(1, *shape)).shape[1:])
    keys = {"channels": channels, "kernel": kernel, **options}
    return LayerRow(kind, keys, (shape,), result, module=made, batch=batch)


conv1d = partial(convolution, "conv1d", NN.Conv1d)
conv2d = partial(convolution, "conv2d", NN.Conv2d)
transposed = partial(convolution, "conv_transpose2d", NN.ConvTranspose2d)


def pooling(kind, function, shape, kernel, *, batch=3, extra=(), **options):
    reference = partial(function, kernel_size=kernel, **options)
    result = tuple(reference(torch.zeros(1, *shape)).shape[1:])
    return LayerRow(kind, {"kernel": kernel, **options, **dict(extra)}, (shape,), result, reference, batch=batch)


maximum = partial(pooling, "maxpool2d", F.max_pool2d)
average = partial(pooling, "avgpool2d", F.avg_pool2d)


def split_maximum(x, kernel, **options):
    """Ties share the gradient, as in amax."""
    padding = options.get("padding", 0)
    stride = options.get("stride", kernel)
    padded = F.pad(x, (padding,) * 4, value=-torch.inf)
    return padded.unfold(-2, kernel, stride).unfold(-2, kernel, stride).amax((-2, -1))


def tied(shape, kernel, result, **options):
    """Behind relu most values are 0: ties are the rule."""
    keys = {"kernel": kernel, "ties": "split", **options}
    return LayerRow("maxpool2d", keys, (shape,), result, partial(split_maximum, kernel=kernel, **options))


WITH_INIT = {"init": "normal", "bias_init": "ones"}


def initialised(row):
    return LayerRow(row.type, {**row.options, **WITH_INIT}, row.inputs, row.result, row.reference, row.module)


LAYERS = [
    conv1d((2, 7), 3, 3),
    conv1d((2, 8), 3, 2, stride=3),
    conv1d((4, 7), 6, 3, stride=2, padding=2, dilation=2, groups=2),
    conv1d((2, 6), 2, 3, padding="same"),
    conv1d((3, 6), 3, 2, padding="valid", bias=False, groups=3),
    conv1d((1, 1), 1, 1, batch=1),
    initialised(conv1d((2, 5), 2, 2, padding="same")),
    conv2d((2, 5, 6), 3, 3),
    conv2d((3, 4, 4), 3, 3, padding=1),
    conv2d((2, 7, 8), 3, 2, stride=3),
    conv2d((2, 6, 7), 3, [3, 2], stride=[2, 1], padding=[1, 0], dilation=[1, 2]),
    conv2d((4, 5, 5), 6, 3, padding=1, groups=2, bias=False),
    conv2d((3, 4, 5), 3, 3, padding="same", groups=3),
    conv2d((2, 4, 5), 2, 2, padding="valid"),
    conv2d((1, 1, 1), 1, 1, batch=1),
    conv2d((1, 3, 3), 2, 3, batch=1),
    initialised(conv2d((2, 3, 4), 2, 2)),
    transposed((2, 3, 4), 3, 3),
    transposed((2, 3, 4), 3, 2, stride=2),
    transposed((4, 3, 3), 6, 3, stride=2, padding=1, output_padding=1, groups=2),
    transposed((2, 3, 3), 2, [3, 2], stride=[3, 1], dilation=[2, 2], bias=False),
    transposed((1, 1, 1), 1, 1, batch=1),
    initialised(transposed((2, 2, 2), 2, 2)),
    maximum((2, 4, 6), 2),
    maximum((2, 5, 7), 3, stride=2, padding=1),
    maximum((1, 7, 8), [2, 3], stride=3, padding=[0, 1]),
    maximum((1, 1, 1), 1, batch=1),
    tied((2, 4, 6), 2, (2, 2, 3)),
    tied((1, 5, 5), 3, (1, 3, 3), stride=2, padding=1),
    average((2, 4, 6), 2),
    average((2, 5, 7), 3, stride=2, padding=1),
    average((2, 5, 7), [3, 2], stride=2, padding=1, count_include_pad=False),
    average((1, 1, 1), 1, batch=1),
    LayerRow("global_avgpool2d", {}, ((2, 3, 4),), (2,), lambda x: x.mean((-2, -1))),
    LayerRow("global_avgpool2d", {}, ((1, 1, 1),), (1,), lambda x: x.mean((-2, -1)), batch=1),
]
