"""Shapes: what each layer gives, and whether what it reads fits.

Built-in layers need no SymPy for this.  A layer or loss that is an equation is elaborated, which imports it;
where a description is known to be right already (a cached network), that is left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bpgen.algebra.errors import EquationError
from bpgen.library.activations import ACTIVATIONS
from bpgen.library.layers import LAYERS
from bpgen.spec.checker import LARGEST, Checker, shape_text
from bpgen.spec.model import InputSpec, LayerSpec, LossSpec, Model
from bpgen.spec.objectives import check_target
from bpgen.spec.places import Path

if TYPE_CHECKING:
    from bpgen.library.apply import Applied
    from bpgen.spec.system import Builder

Shape = tuple[int | str, ...]


def check_shapes(model: Model, paths: Mapping[str, Path], losses: Mapping[str, Path], checker: Checker) -> None:
    """Report every shape that does not fit.  paths, losses: where each layer and each loss stands."""
    shapes: dict[str, Shape] = {item.name: item.shape for item in model.inputs if item.name not in checker.unshaped}
    inputs = {item.name: item for item in model.inputs}
    for layer in model.layers:
        if layer.type != "equation" and all(name in shapes for name in layer.inputs):
            shape = _layer_shape(layer, paths[layer.name], shapes, inputs, checker)
            if shape is not None:
                shapes[layer.name] = shape
    for loss in model.losses:
        if loss.input in shapes and loss.target in shapes:
            check_target(loss, losses[loss.name], shapes[loss.input], inputs[loss.target], checker)


def check_equations(model: Model, paths: Mapping[str, Path], losses: Mapping[str, Path], checker: Checker) -> None:
    """The same for a description with equations: builds its system piece by piece and reports what fails."""
    from bpgen.spec.system import Builder, differs_in_training

    builders = [Builder(model, training=mode) for mode in (True, False) if mode or differs_in_training(model)]
    builder = builders[0]
    shapes: dict[str, Shape] = {item.name: item.shape for item in model.inputs if item.name not in checker.unshaped}
    inputs = {item.name: item for item in model.inputs}
    before = len(checker.diagnostics)
    for layer in model.layers:
        if not all(name in shapes for name in layer.inputs):
            continue
        path = paths[layer.name]
        if layer.type == "equation":
            if not _check_equation_layer(layer, path, builders, checker):
                continue
        elif _layer_shape(layer, path, shapes, inputs, checker) is None:
            continue
        else:
            for each in builders:
                each.add_layer(layer)
        shapes[layer.name] = builder.tensors[layer.name].shape
    complete = len(checker.diagnostics) == before
    for loss in model.losses:
        if loss.type == "equation" and complete:
            _check_loss_equation(loss, losses[loss.name], builder, checker)
        elif loss.input in shapes and loss.target in shapes:
            check_target(loss, losses[loss.name], shapes[loss.input], inputs[loss.target], checker)


def _check_equation_layer(layer: LayerSpec, path: Path, builders: Sequence[Builder], checker: Checker) -> bool:
    before = len(checker.diagnostics)
    _check_letters(layer, path, checker)
    if len(checker.diagnostics) > before:
        return False
    try:
        applied, *_ = [builder.add_layer(layer) for builder in builders]
    except EquationError as error:
        checker.report_equation(error, (*path, "equation"), layer.options["equation"])
        return False
    for tensor in (applied.result, *(tensor for tensor, _ in applied.parameters)):
        _fits_memory(f'"{tensor.name}"', tensor.shape, path, checker)
    used = {tensor.name for tensor, _ in applied.parameters}
    for key in ("parameters", "states"):
        for letter in layer.options[key]:
            if f"{layer.name}.{letter}" not in used:
                message = f'the {key[:-1]} "{letter}" of layer "{layer.name}" is not in its equation'
                at = (*path, key, letter)
                checker.report(f"unused-{key[:-1]}", message, at, "use it, or take it away", key=True)
    _check_next_values(layer, path, applied, builders[0], checker)
    return len(checker.diagnostics) == before


def _check_next_values(layer: LayerSpec, path: Path, applied: Applied, builder: Builder, checker: Checker) -> None:
    """Every state has a next value, of its own shape."""
    following = dict(applied.updates)
    for tensor, _ in applied.parameters:
        if tensor.role != "state":
            continue
        letter = tensor.name.rpartition(".")[2]
        at = (*path, "states", letter)
        letters = ", ".join(axis.name for axis in tensor.axes)
        name = f"{letter}_next[{letters}]" if letters else f"{letter}_next"
        help = f"add a line {name} = ... to the equation"
        if tensor.name not in following:
            message = f'the state "{letter}" of layer "{layer.name}" has no next value'
            checker.report("no-next-value", message, at, help, key=True)
        elif builder.tensors[following[tensor.name]].shape != tensor.shape:
            shapes = [shape_text(shape) for shape in (builder.tensors[following[tensor.name]].shape, tensor.shape)]
            message = f'the next value of the state "{letter}" of layer "{layer.name}" has shape {shapes[0]}'
            checker.report("shape", message, at, f"{letter} itself has shape {shapes[1]}", key=True)


def _check_letters(layer: LayerSpec, path: Path, checker: Checker) -> None:
    """Report parameters and states that are called like something else the equation can speak of."""
    letters = ["x"] if len(layer.inputs) == 1 else [f"x{n + 1}" for n in range(len(layer.inputs))]
    taken = {"y": "the result"} | {name: f'"{name}", which it reads' for name, _ in layer.reads}
    taken |= {letter: f'"{name}", which it reads' for letter, (name, _) in zip(letters, layer.reads, strict=True)}
    taken |= {name: f'the size "{name}"' for name in layer.options["sizes"]}
    for key, what in (("parameters", "a parameter"), ("states", "a state")):
        for letter in layer.options[key]:
            if letter in taken:
                message = f'the name "{letter}" of {what} of layer "{layer.name}" is already that of {taken[letter]}'
                checker.report("duplicate-name", message, (*path, key, letter), "every name is given once", key=True)
        taken |= {letter: f'the parameter "{letter}"' for letter in layer.options[key]}


def _fits_memory(what: str, shape: Shape, path: Path, checker: Checker) -> bool:
    """Whether a tensor has no more elements (a row, with a batch) than generated code can count; reports it."""
    count = math.prod(extent for extent in shape if isinstance(extent, int))
    if count > LARGEST:
        text = f"{what} {shape_text(shape)} would have {count} elements"
        checker.report("wrong-value", text, path, f"at most {LARGEST}, without the batch")
    return count <= LARGEST


def _check_loss_equation(loss: LossSpec, path: Path, builder: Builder, checker: Checker) -> None:
    try:
        builder.add_loss(loss)
    except EquationError as error:
        checker.report_equation(error, (*path, "equation"), loss.options["equation"])


def _layer_shape(
    layer: LayerSpec, path: Path, shapes: Mapping[str, Shape], inputs: Mapping[str, InputSpec], checker: Checker
) -> Shape | None:
    """The shape of a built-in layer's result, or None where its inputs do not fit."""
    for name in layer.inputs:
        if name in inputs and inputs[name].dtype == "int32":
            text = f'layer "{layer.name}" needs real numbers, and its input "{name}" holds integers'
            checker.report("dtype", text, _input_path(path, checker), "let it read another, or take dtype away")
            return None
    shape: Shape | None = shapes[layer.inputs[0]]
    if layer.type in LAYERS:
        entry = LAYERS[layer.type]
        if entry.rank is not None and shape is not None and not _has_rank(layer, path, shape, entry.rank, checker):
            return None
        if entry.join:
            shape = _equal_shapes(layer, path, shapes, checker)
        if entry.last and shape is not None:
            shape = _with_last(layer, path, shape, layer.options[entry.last], checker)
        kind = layer.activation
    else:
        kind = layer.type
    if shape is None or kind is None:
        return shape
    return _activated(layer, kind, path, shape, checker)


def _has_rank(layer: LayerSpec, path: Path, shape: Shape, rank: tuple[int, int], checker: Checker) -> bool:
    """Whether the input has the batch as its first axis and as many axes as the layer takes; reports it."""
    least, most = rank
    if shape[:1] == ("B",) and least <= len(shape) <= most:
        return True
    text = f'layer "{layer.name}" reads "{layer.inputs[0]}" {shape_text(shape)}'
    count = f"{least - 1} axis" if least == most == 2 else f"{least - 1} to {most - 1} axes"
    help = f"{layer.type} takes the batch and {count} behind it"
    checker.report("shape", text, _input_path(path, checker), help)
    return False


def _equal_shapes(layer: LayerSpec, path: Path, shapes: Mapping[str, Shape], checker: Checker) -> Shape | None:
    first, *others = layer.inputs
    for other in others:
        if shapes[other] != shapes[first]:
            text = (
                f'layer "{layer.name}" of type {layer.type} reads "{first}" {shape_text(shapes[first])} and '
                f'"{other}" {shape_text(shapes[other])}: the shapes differ'
            )
            checker.report("shape", text, _input_path(path, checker), "all inputs must have one shape")
            return None
    return shapes[first]


def _with_last(layer: LayerSpec, path: Path, shape: Shape, extent: int, checker: Checker) -> Shape | None:
    if not shape or not isinstance(shape[-1], int):
        text = f'layer "{layer.name}" reads "{layer.inputs[0]}" {shape_text(shape)}, which has no axis beside the batch'
        help = f'{layer.type} works along the last axis: give the input one, such as ["B", 1]'
        checker.report("shape", text, _input_path(path, checker), help)
        return None
    weight, result = (extent, shape[-1]), (*shape[:-1], extent)
    fits = _fits_memory(f'the weight of layer "{layer.name}"', weight, path, checker)
    return result if fits and _fits_memory(f'the result of layer "{layer.name}"', result, path, checker) else None


def _activated(layer: LayerSpec, kind: str, path: Path, shape: Shape, checker: Checker) -> Shape | None:
    along_last = "j]" in ACTIVATIONS[kind].text
    if not along_last:
        return shape
    last = shape[-1] if shape else None
    at = (*path, "activation") if layer.activation else _input_path(path, checker)
    if not isinstance(last, int):
        text = f'{kind} of layer "{layer.name}" works along the last axis, and {shape_text(shape)} has only the batch'
        checker.report("shape", text, at, "give it an axis of its own")
        return None
    if not ACTIVATIONS[kind].halves:
        return shape
    if last % 2:
        text = f'glu of layer "{layer.name}" halves the last axis of {shape_text(shape)}, which is odd'
        checker.report("shape", text, at, "make the last axis even")
        return None
    return (*shape[:-1], last // 2)


def _input_path(path: Path, checker: Checker) -> Path:
    """Where a layer says what it reads; the layer itself where it does not."""
    named: Sequence[Path] = [(*path, key) for key in ("input", "inputs")]
    return next((place for place in named if place in checker.places.values), path)
