"""Layers.  x is the layer's input (x1, x2, ... of several), y its output.

A built-in layer may also say `activation = "name"`; then its own result is the pre-activation, "fc1.z".
"""

from __future__ import annotations

from bpgen.library.activations import ACTIVATIONS
from bpgen.library.layer import Layer
from bpgen.library.layers_attention import ATTENTION
from bpgen.library.layers_dense import DENSE
from bpgen.library.layers_modes import MODES
from bpgen.library.layers_norms import NORMS
from bpgen.library.layers_recurrent import RECURRENT
from bpgen.library.layers_windows import WINDOWS
from bpgen.library.options import Option

ACTIVATION = Option("activation", "activation", None, "applied to the result")

LAYERS: dict[str, Layer] = {**DENSE, **WINDOWS, **NORMS, **RECURRENT, **ATTENTION, **MODES}

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
