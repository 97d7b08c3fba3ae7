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
from bpgen.library.layer import Misfit, Operand, Shape, shape_text
from bpgen.library.layers import LAYERS
from bpgen.library.losses import LOSSES
from bpgen.spec.checker import Checker
from bpgen.spec.kinds import LARGEST
from bpgen.spec.model import InputSpec, LayerSpec, LossSpec, Model
from bpgen.spec.objectives import check_target
from bpgen.spec.places import Path

if TYPE_CHECKING:
    from bpgen.library.apply import Applied
    from bpgen.spec.system import Builder


def check_shapes(model: Model, paths: Mapping[str, Path], losses: Mapping[str, Path], checker: Checker) -> None:
    """Report every shape that does not fit.  paths, losses: where each layer and each loss stands."""
    inputs = {item.name: item for item in model.inputs}
    known = _operands(model, checker)
    for layer in model.layers:
        if layer.type != "equation" and all(name in known for name in layer.inputs):
            shape = _layer_shape(layer, paths[layer.name], known, checker)
            if shape is not None:
                known[layer.name] = Operand(layer.name, shape)
    for loss in model.losses:
        _check_judged(loss, losses[loss.name], known, inputs, checker)


def _operands(model: Model, checker: Checker) -> dict[str, Operand]:
    """The inputs, as far as their shapes are right."""
    return {
        item.name: Operand(item.name, item.shape, item.dtype == "int32", item.classes)
        for item in model.inputs
        if item.name not in checker.unshaped
    }


def check_equations(model: Model, paths: Mapping[str, Path], losses: Mapping[str, Path], checker: Checker) -> None:
    """The same for a description with equations: builds its system piece by piece and reports what fails."""
    from bpgen.spec.system import Builder, differs_in_training

    builders = [Builder(model, training=mode) for mode in (True, False) if mode or differs_in_training(model)]
    builder = builders[0]
    inputs = {item.name: item for item in model.inputs}
    known = _operands(model, checker)
    before = len(checker.diagnostics)
    for layer in model.layers:
        if not all(name in known for name in layer.inputs):
            continue
        path = paths[layer.name]
        if layer.type == "equation":
            if not _check_equation_layer(layer, path, builders, checker):
                continue
        elif _layer_shape(layer, path, known, checker) is None:
            continue
        else:
            for each in builders:
                each.add_layer(layer)
        result = builder.tensors[layer.name]
        known[layer.name] = Operand(layer.name, result.shape, result.dtype == "int32", result.classes)
    complete = len(checker.diagnostics) == before
    for loss in model.losses:
        if loss.type == "equation" and complete:
            _check_loss_equation(loss, losses[loss.name], builders, checker)
        elif LOSSES[loss.type].penalty and complete:
            _check_penalty(loss, losses[loss.name], builder, checker)
        else:
            _check_judged(loss, losses[loss.name], known, inputs, checker)


def _check_judged(
    loss: LossSpec, path: Path, known: Mapping[str, Operand], inputs: Mapping[str, InputSpec], checker: Checker
) -> None:
    read = [loss.input, loss.target, *(name for _, name in loss.reads)]
    if all(name in known for name in read):
        check_target(loss, path, known[loss.input or ""].shape, inputs, checker)


def _check_penalty(loss: LossSpec, path: Path, builder: Builder, checker: Checker) -> None:
    """Report what is no parameter, and a penalty of none."""
    parameters = {tensor.name: tensor for tensor in builder.tensors.values() if tensor.role == "parameter"}
    named = loss.options["parameters"]
    for n, name in enumerate(named):
        if name not in parameters:
            what = f'{loss.type} speaks of "{name}", which is no parameter'
            checker.unknown("unknown-parameter", what, name, parameters, (*path, "parameters", n))
    if not named and all(len(tensor.axes) < 2 for tensor in parameters.values()):
        help = "name what it speaks of: parameters = [...]"
        checker.report("wrong-value", f"{loss.type} speaks of no parameter: none has two axes", path, help)


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
        elif "B" in tensor.shape and layer.options["states"][letter]["init"] not in (None, {"type": "zeros"}):
            message = f'the state "{letter}" of layer "{layer.name}" has a row for each row of the batch'
            help = "such a state begins with 0: take init away"
            checker.report("wrong-value", message, (*at, "init"), help)


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


def _check_loss_equation(loss: LossSpec, path: Path, builders: Sequence[Builder], checker: Checker) -> None:
    try:
        for builder in builders:
            builder.add_loss(loss)
    except EquationError as error:
        checker.report_equation(error, (*path, "equation"), loss.options["equation"])


def _layer_shape(layer: LayerSpec, path: Path, known: Mapping[str, Operand], checker: Checker) -> Shape | None:
    """The shape of a built-in layer's result, or None where its inputs do not fit."""
    operands = [known[name] for name in layer.inputs]
    entry = LAYERS.get(layer.type)
    if not _right_types(layer, operands, entry.integers if entry else (), path, checker):
        return None
    owner = f'layer "{layer.name}"'
    try:
        if entry is None:
            owner = f"{layer.type} of {owner}"
            return ACTIVATIONS[layer.type].fit(layer.options, operands).result
        fit = entry.fit(layer.options, operands)
    except Misfit as misfit:
        _report_misfit(misfit, owner, path, _input_path(path, checker), checker)
        return None
    shapes = [(f"the {rule.name} of {owner}", rule.extents(fit.sizes)) for rule in entry.rules(layer.options)]
    for what, shape in (*shapes, (f"the result of {owner}", fit.result)):
        if shape is not None and not _fits_memory(what, shape, path, checker):
            return None
    if layer.activation is None:
        return fit.result
    result = Operand(f"{layer.name}.z", fit.result)
    try:
        return ACTIVATIONS[layer.activation].fit(layer.activation_options, [result]).result
    except Misfit as misfit:
        at = (*path, "activation")
        _report_misfit(misfit, f"{layer.activation} of {owner}", at, at, checker)
        return None


def _right_types(
    layer: LayerSpec, operands: Sequence[Operand], integers: Sequence[int], path: Path, checker: Checker
) -> bool:
    """Whether each input holds reals or integers as the type wants it; reports the first that does not."""
    for n, item in enumerate(operands):
        if item.integer == (n in integers):
            continue
        if item.integer:
            text = f'layer "{layer.name}" needs real numbers, and its input "{item.name}" holds integers'
            help = "let it read another, or take dtype away"
        else:
            text = f'layer "{layer.name}" needs integers, and its input "{item.name}" holds real numbers'
            help = f'give the input "{item.name}" dtype = "int32" and its number of classes'
        checker.report("dtype", text, _input_path(path, checker), help)
        return False
    return True


def _report_misfit(misfit: Misfit, owner: str, path: Path, reads: Path, checker: Checker) -> None:
    at = (*path, misfit.option) if misfit.option else reads
    checker.report(misfit.code, f"{owner} {misfit.message}", at if at in checker.places.values else path, misfit.help)


def _input_path(path: Path, checker: Checker) -> Path:
    """Where a layer says what it reads; the layer itself where it does not."""
    named: Sequence[Path] = [(*path, key) for key in ("input", "inputs")]
    return next((place for place in named if place in checker.places.values), path)
