"""Layers.  x is the layer's input (x1, x2, ... of several), y its output.

A built-in layer may also say `activation = "name"`; then its own result is the pre-activation, "fc1.z".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bpgen.library.activations import ACTIVATIONS
from bpgen.library.options import Option
from bpgen.library.parameters import ParameterRule


@dataclass(frozen=True)
class Layer:
    """One type of layer.

    text: its equations; `{inputs}` in it is every input, joined by `join`
    inputs: least and greatest number of inputs
    extents: index letter -> the option that is its extent
    last: the option that is the extent of the result's last axis; else the result has its input's shape
    activated: whether it takes `activation`
    """

    text: str
    options: tuple[Option, ...] = ()
    parameters: tuple[ParameterRule, ...] = ()
    inputs: tuple[int, int | None] = (1, 1)
    extents: Mapping[str, str] = field(default_factory=dict)
    last: str | None = None
    join: str = ""
    symbol: str = "z"
    activated: bool = True
    meaning: str = ""


ACTIVATION = Option("activation", "activation", None, "applied to the result")
EQUATION = Option("equation", "equation", meaning="the layer's equations; the last one defines y")

LAYERS: dict[str, Layer] = {
    "linear": Layer(
        "y[..., o] = sum[i](x[..., i] * W[o, i]) {bias: + c[o]}",
        options=(
            Option("units", "size", meaning="extent of the last axis of the result"),
            Option("bias", "boolean", True, "whether c is added"),
            Option("init", "initializer", None, "initialiser of the weight"),
            Option("bias_init", "initializer", None, "initialiser of the bias"),
        ),
        parameters=(
            ParameterRule("W", "weight", override="init"),
            ParameterRule("c", "bias", fan_of="W", override="bias_init", when="bias", symbol="b"),
        ),
        extents={"o": "units"},
        last="units",
        meaning="affine in the last axis",
    ),
    "add": Layer("y[...] = {inputs}", inputs=(2, None), join=" + ", meaning="sum of its inputs"),
    "multiply": Layer("y[...] = {inputs}", inputs=(2, None), join=" * ", meaning="product of its inputs"),
    "equation": Layer(
        "",
        options=(
            EQUATION,
            Option("sizes", "sizes", None, "extents of the indices that no input fixes"),
            Option("parameters", "parameters", None, "the names that are parameters, and how they begin"),
        ),
        inputs=(1, None),
        meaning="equations of your own",
    ),
}

# Types of the catalogue that this version does not have yet.
PLANNED_LAYERS = (
    "conv1d", "conv2d", "conv_transpose2d", "maxpool2d", "avgpool2d", "global_avgpool2d", "flatten", "batchnorm",
    "layernorm", "rmsnorm", "groupnorm", "dropout", "embedding", "positional_embedding", "rnn", "gru", "lstm",
    "attention", "concat", "reshape",
)  # fmt: skip

# The type that stands for the layers of [blocks.NAME], opened before anything else is asked of them.
BLOCK = "block"
BLOCK_OPTIONS = (
    Option("block", "text", meaning="the name of the block, whose layers are in [blocks.NAME]"),
    Option("repeat", "size", 1, "how often its layers stand one after the other"),
)

LAYER_TYPES = (*LAYERS, *ACTIVATIONS, BLOCK)


def layer_options(kind: str) -> tuple[Option, ...]:
    """Every option that a layer of this type takes, `activation` among them."""
    if kind == BLOCK:
        return BLOCK_OPTIONS
    if kind in ACTIVATIONS:
        return ACTIVATIONS[kind].options
    layer = LAYERS[kind]
    return (*layer.options, ACTIVATION) if layer.activated else layer.options
