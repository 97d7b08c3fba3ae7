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
    states: what is kept between steps, as the running mean: the text defines NAME_next; `training` in a text is
        1 while training, else 0
    inputs: least and greatest number of inputs
    rank: least and greatest number of axes of its input, the batch among them; None for any
    extents: index letter -> the option that is its extent
    last: the option that is the extent of the result's last axis; else the result has its input's shape
    activated: whether it takes `activation`
    """

    text: str
    options: tuple[Option, ...] = ()
    parameters: tuple[ParameterRule, ...] = ()
    states: tuple[ParameterRule, ...] = ()
    inputs: tuple[int, int | None] = (1, 1)
    rank: tuple[int, int] | None = None
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
    # Ioffe and Szegedy (2015).  N is how many values a channel has; the variance that is kept is the unbiased one.
    "batchnorm": Layer(
        """
        m[c] = mean[b, ...](x[b, c, ...]) if training else running_mean[c]
        u[b, c, ...] = x[b, c, ...] - m[c]
        v[c] = mean[b, ...](u[b, c, ...]**2) if training else running_var[c]
        r[c] = 1 / sqrt(v[c] + eps)
        n[b, c, ...] = u[b, c, ...] * r[c]
        y[b, c, ...] = n[b, c, ...] {affine: * w[c] + a[c]}
        N = sum[b, ...](0 * x[b, 0, ...] + 1)
        running_mean_next[c] = (1 - momentum) * running_mean[c] + momentum * m[c]
        running_var_next[c] = (1 - momentum) * running_var[c] + momentum * v[c] * N / max(N - 1, 1)
        """,
        options=(
            Option("eps", "number", 1e-5, "added to the variance", minimum=0.0),
            Option("momentum", "number", 0.1, "share of the batch in the running statistics", minimum=0.0, maximum=1.0),
            Option("affine", "boolean", True, "whether the result is scaled by a weight and shifted by a bias"),
        ),
        parameters=(
            ParameterRule("w", "weight", "ones", (), when="affine", symbol="gamma"),
            ParameterRule("a", "bias", "zeros", (), when="affine", symbol="beta"),
        ),
        states=(
            ParameterRule("running_mean", "running_mean", "zeros", (), symbol="mu"),
            ParameterRule("running_var", "running_var", "ones", (), symbol="nu"),
        ),
        rank=(2, 4),
        meaning="each channel normalised over the batch and what follows it; running statistics outside of training",
    ),
    "dropout": Layer(
        "y[...] = where(random(...) >= p, x[...], 0) / (1 - p) if training else x[...]",
        options=(Option("p", "number", 0.5, "share that is set to 0", minimum=0.0, maximum=1.0, open=True),),
        symbol="d",
        activated=False,
        meaning="while training, random elements set to 0 and the others scaled up; otherwise its input",
    ),
    "add": Layer("y[...] = {inputs}", inputs=(2, None), join=" + ", meaning="sum of its inputs"),
    "multiply": Layer("y[...] = {inputs}", inputs=(2, None), join=" * ", meaning="product of its inputs"),
    "equation": Layer(
        "",
        options=(
            EQUATION,
            Option("sizes", "sizes", None, "extents of the indices that no input fixes"),
            Option("parameters", "parameters", None, "the names that are parameters, and how they begin"),
            Option("states", "states", None, "the names that are kept between steps; NAME_next is the next value"),
        ),
        inputs=(1, None),
        meaning="equations of your own",
    ),
}

# Types of the catalogue that this version does not have yet.
PLANNED_LAYERS = (
    "conv1d", "conv2d", "conv_transpose2d", "maxpool2d", "avgpool2d", "global_avgpool2d", "flatten",
    "layernorm", "rmsnorm", "groupnorm", "embedding", "positional_embedding", "rnn", "gru", "lstm",
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
