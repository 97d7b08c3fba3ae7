"""Shapes and options of layers that do not fit: what is said, and where it points."""

from __future__ import annotations

import pytest
from marked_descriptions import require_error

INPUTS = """\
[inputs]
image = { shape = ["B", 4, 5, 6] }
row = { shape = ["B", 6] }
words = { shape = ["B", 3, 4] }
other = { shape = ["B", 2, 6] }
h = { shape = ["B", 7] }
token = { shape = ["B", 3], dtype = "int32", classes = 9 }
code = { shape = ["B", 3], dtype = "int32" }
"""
# Reads them all, so that none is unused.
REST = """\
{ name = "rest", type = "equation", inputs = ["image", "row", "words", "other", "h", "token", "code"],
    equation = "y[b] = image[b, 0, 0, 0]" }"""


def layer(text: str) -> str:
    rest = " ".join(REST.split())
    return f"bpgen = 1\nlayers = [\n  {rest},\n  {{ name = 'a', {text} }},\n]\n{INPUTS}"


CASES = {
    "kernel beyond the padded image": (
        "type = 'conv2d', input = 'image', channels = 2, kernel = «[8, 3]», padding = 1", "shape", "spans 8 of 7",
    ),
    "kernel that dilation widens": (
        "type = 'conv1d', input = 'words', channels = 2, kernel = «3», dilation = 2", "shape", "spans 5 of 4",
    ),
    "groups and channels": (
        "type = 'conv2d', input = 'image', channels = 4, kernel = 1, groups = «3»", "shape", "4 channels are no",
    ),
    "groups and channels of the result": (
        "type = 'conv2d', input = 'image', channels = 3, kernel = 1, groups = «2»", "shape", "has 3 channels",
    ),
    "a row is no image": (
        "type = 'conv2d', input = «'row'», channels = 3, kernel = 1", "shape", '["B", channels, height, width]',
    ),
    "same padding and a stride": (
        "type = 'conv2d', input = 'image', channels = 3, kernel = 1, stride = 2, padding = «'same'»", "shape", "stride",
    ),
    "kernel of three": (
        "type = 'conv2d', input = 'image', channels = 3, kernel = «[1, 1, 1]»", "wrong-type", "a list of 2 integers",
    ),
    "stride of 0": (
        "type = 'conv2d', input = 'image', channels = 3, kernel = 1, stride = «0»", "wrong-value", "at least 1",
    ),
    "unknown padding": (
        "type = 'conv2d', input = 'image', channels = 3, kernel = 1, padding = «'sane'»", "wrong-type", '"same"',
    ),
    "padding of a pool": ("type = 'maxpool2d', input = 'image', kernel = 3, padding = «2»", "shape", "half of its"),
    "output padding": (
        "type = 'conv_transpose2d', input = 'image', channels = 1, kernel = 2, output_padding = «1»", "shape", "stride",
    ),
    "padding takes all": (
        "type = 'conv_transpose2d', input = 'image', channels = 1, kernel = 1, padding = «3»", "shape", "leaves",
    ),
    "axis of concat": (
        "type = 'concat', inputs = ['words', 'other'], axis = «3»", "shape", "axis 3",
    ),
    "batch as axis of concat": (
        "type = 'concat', inputs = ['words', 'other'], axis = «0»", "shape", "axis 0",
    ),
    "concat of different rows": ("type = 'concat', inputs = «['words', 'other']»", "shape", "differ in another"),
    "reshape loses elements": ("type = 'reshape', input = 'words', shape = «[5, 2]»", "shape", "12 elements a row"),
    "reshape with two unknown": ("type = 'reshape', input = 'words', shape = «[-1, -1]»", "shape", "one extent"),
    "heads and features": ("type = 'attention', input = 'words', heads = «3»", "shape", "3 heads"),
    "attention to other features": (
        "type = 'attention', inputs = «['words', 'other']», heads = 2", "shape", '["B", 2, 4]',
    ),
    "mask of another length": (
        "type = 'attention', inputs = «['words', 'h']», heads = 2, mask = true", "shape", "the mask",
    ),
    "a mask alone": (
        "type = 'attention', input = «'words'», mask = true", "wrong-value", "and the mask behind them",
    ),
    "a recurrent layer without time": ("type = 'lstm', input = «'row'», units = 2", "shape", "time"),
    "initial state of another size": (
        "type = 'gru', inputs = «['words', 'h']», units = 2", "shape", '["B", 2]',
    ),
    "initial state of two layers": (
        "type = 'rnn', inputs = «['words', 'h']», units = 7, layers = 2", "shape", '["B", 2, 7]',
    ),
    "bias of a recurrent layer": (
        "type = 'lstm', input = 'words', units = 2, bias = «'double'»", "wrong-value", "single",
    ),
    "embedding of reals": ("type = 'embedding', input = «'words'», units = 2", "dtype", "needs integers"),
    "embedding without classes": ("type = 'embedding', input = «'code'», units = 2", "shape", "add classes"),
    "linear of tokens": ("type = 'linear', input = «'token'», units = 2", "dtype", "holds integers"),
    "groups of a norm": ("type = 'groupnorm', input = 'image', groups = «3»", "shape", "3 groups"),
    "axes of a norm": ("type = 'layernorm', input = «'row'», axes = 2", "shape", "..., ..."),
    "axis of softmax": ("type = 'softmax', input = 'row', axis = «2»", "shape", "no such axis"),
    "odd axis of glu": ("type = 'glu', input = «'image'», axis = 2", "shape", "odd"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_layer_that_does_not_fit_is_pointed_at(case: str) -> None:
    text, code, message = CASES[case]
    require_error(layer(text), code, message)
