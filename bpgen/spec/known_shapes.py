"""The shapes that built-in layers give and need, known before there is an equation: without SymPy."""

from __future__ import annotations

from bpgen.library.activations import ACTIVATIONS
from bpgen.library.layer import Operand, Shape
from bpgen.library.layers import LAYERS
from bpgen.spec.model import Model


def known_shapes(model: Model) -> tuple[list[Shape], list[Shape]] | None:
    """Of parameters, and of inputs and what layers give; None where a layer is an equation.

    The model is right: what does not fit has been reported.
    """
    known = {item.name: Operand(item.name, item.shape, item.dtype == "int32", item.classes) for item in model.inputs}
    parameters: list[Shape] = []
    for layer in model.layers:
        if layer.type == "equation":
            return None
        operands = [known[name] for name in layer.inputs]
        entry = LAYERS.get(layer.type)
        if entry is None:
            shape = ACTIVATIONS[layer.type].fit(layer.options, operands).result
        else:
            fit = entry.fit(layer.options, operands)
            extents = [rule.extents(fit.sizes) for rule in entry.rules(layer.options)]
            parameters += [shape for shape in extents if shape is not None]
            shape = fit.result
        if entry is not None and layer.activation is not None:
            shape = ACTIVATIONS[layer.activation].fit(layer.activation_options, [Operand(layer.name, shape)]).result
        known[layer.name] = Operand(layer.name, shape)
    return parameters, [operand.shape for operand in known.values()]
