"""A checked Model becomes a flat System: the equations of its layers and losses, in reading order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import sympy
from sympy import Expr

from bpgen.algebra.errors import Diagnostic, EquationError
from bpgen.algebra.expressions import Access
from bpgen.algebra.functions import uniform
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.system import Equation, Fact, Origin, Parameter, System, Tensor, verify
from bpgen.library.activations import ACTIVATIONS
from bpgen.library.apply import (
    Applied,
    apply_activation,
    apply_equation,
    apply_layer,
    apply_loss,
    apply_loss_equation,
    apply_penalty,
)
from bpgen.library.layers import LAYERS
from bpgen.library.losses import LOSSES
from bpgen.library.mode import Mode, speaks_of_training
from bpgen.library.update import append_update, elaborate_scalars, scalar
from bpgen.spec.model import InputSpec, LayerSpec, LossSpec, Model
from bpgen.spec.modes import merge_inference

# Letters for the axes behind the batch, by how many there are.
_LETTERS = {1: "i", 2: "ti", 3: "cpq", 4: "cpqr"}


def build_system(model: Model) -> System:
    """The forward and loss equations of a model, numbered from 1 in reading order.

    The system is flat and verified.  It has no gradients and no updates yet: `bpgen.derive` and
    `bpgen.library.update` add them.  Raises EquationError where an equation of the model does not fit,
    with positions counted from the beginning of its text.  It is built for training; where layers differ outside
    of it, what they compute there stands beside it (`System.inference`).
    """
    system = _built(model, training=True)
    if differs_in_training(model):
        system = merge_inference(system, _built(model, training=False))
    verify(system)
    return system


def _built(model: Model, training: bool) -> System:
    builder = Builder(model, training)
    for layer in model.layers:
        builder.add_layer(layer)
    for loss in model.losses:
        builder.add_loss(loss)
    return builder.system()


def differs_in_training(model: Model) -> bool:
    """Whether the text of any layer, or of a loss, says what it does while training."""
    losses = [loss.options["equation"] for loss in model.losses if loss.type == "equation"]
    texts = (text for layer in model.layers for text in _texts(layer))
    return any(speaks_of_training(text) for text in (*losses, *texts))


def _texts(layer: LayerSpec) -> tuple[str, ...]:
    if layer.type == "equation":
        return (layer.options["equation"],)
    kinds = (layer.type, layer.activation or "")
    texts = (table[kind].text for table in (LAYERS, ACTIVATIONS) for kind in kinds if kind in table)
    return tuple(text for text in texts if isinstance(text, str))


class Builder:
    """Collects the equations of a model, layer by layer.  tensors: every tensor so far, by name."""

    def __init__(self, model: Model, training: bool = True) -> None:
        self.model = model
        taken = {*(item.name for item in model.inputs), *(layer.name for layer in model.layers)}
        names = [name if name not in taken else f"random.{name}" for name in ("seed", "t")]
        self.mode = Mode(training, (scalar(names[0], "setting", "seed"), scalar(names[1], "state", "t")))
        self.updates: list[tuple[str, str]] = []
        self.tensors: dict[str, Tensor] = {
            item.name: replace(input_tensor(item), ignored=ignored_label(item.name, model)) for item in model.inputs
        }
        self.equations: list[Equation] = []
        self.parameters: list[Parameter] = []
        self.losses: list[tuple[str, Tensor, float]] = []

    def add_layer(self, layer: LayerSpec) -> Applied:
        """Append a layer's equations; what it reads must be there already."""
        inputs = {written: self.tensors[name] for written, name in layer.reads}
        if layer.type == "equation":
            applied = apply_equation(
                layer.name, layer.options, inputs, self.model.sizes, mode=self.mode,
                position=layer.position, differentiate=self._differentiate,
            )  # fmt: skip
            activated = False
        else:
            activated = layer.activation is not None
            ordered = [self.tensors[name] for name in layer.inputs]
            applied = apply_layer(
                layer.name, layer.type, layer.options, ordered, activated=activated,
                owner=self._owner_of_numbers(layer), mode=self.mode, position=layer.position,
            )  # fmt: skip
        if activated and layer.activation is not None:
            applied = applied.followed_by(
                apply_activation(
                    layer.name, layer.activation, layer.activation_options, applied.result,
                    prefix=f"{layer.name}.activation", mode=self.mode, position=layer.position,
                )
            )  # fmt: skip
        self._append(applied)
        return applied

    def _owner_of_numbers(self, layer: LayerSpec) -> str:
        """What eps of a layer is called after: the type, where all its layers have the same, else the layer."""
        numbers = [option.name for option in getattr(LAYERS.get(layer.type), "options", ()) if option.symbol]
        others = [other for other in self.model.layers if other.type == layer.type] if numbers else []
        alike = all(other.options[name] == layer.options[name] for other in others for name in numbers)
        is_name = any(other.name.partition(".")[0] == layer.type for other in self.model.layers)
        return layer.type if alike and not is_name else layer.name

    def add_loss(self, loss: LossSpec) -> Applied:
        """Append a loss's equations.  A single loss of weight 1 is called "loss", others "loss.NAME"."""
        single = len(self.model.losses) == 1 and loss.weight == 1
        name = "loss" if single else f"loss.{loss.name}"
        letter = "" if len(self.model.losses) == 1 else loss.name
        if loss.type == "equation":
            tensors = self.tensors | {block: self.tensors[result] for block, result in self.model.blocks.items()}
            applied = apply_loss_equation(
                name, loss.options, tensors, self.model.sizes, layer=letter, mode=self.mode,
                position=loss.position, differentiate=self._differentiate,
            )  # fmt: skip
        elif LOSSES[loss.type].penalty:
            applied = apply_penalty(name, loss.type, self._penalized(loss), layer=letter, position=loss.position)
        else:
            output, target = self.tensors[loss.input or ""], self.tensors[loss.target or ""]
            reads = {key: self.tensors[read] for key, read in loss.reads}
            applied = apply_loss(
                name, loss.type, loss.options, output, target, reads=reads, layer=letter, position=loss.position
            )
        self._append(applied)
        self.losses.append((loss.name, applied.result, loss.weight))
        return applied

    def _differentiate(
        self, given: Iterable[Tensor], equations: tuple[Equation, ...], element: Access, variable: Access, *,
        name: Callable[[str], str], role: str,
    ) -> tuple[Expr, tuple[Equation, ...]]:  # fmt: skip
        """d(element, variable) in a text, with the network so far around it."""
        from bpgen.derive.partial import partial_derivative

        everything = (*self.tensors.values(), *given)
        return partial_derivative(everything, (*self.equations, *equations), element, variable, name=name, role=role)

    def _penalized(self, loss: LossSpec) -> list[Tensor]:
        """The parameters that a penalty names; by default those with two or more axes, no biases or gains."""
        named = loss.options["parameters"]
        parameters = [tensor for tensor in self.tensors.values() if tensor.role == "parameter"]
        return [t for t in parameters if (t.name in named if named else len(t.axes) > 1)]

    def _append(self, applied: Applied) -> None:
        for tensor, parameter in applied.parameters:
            self.tensors[tensor.name] = tensor
            self.parameters.append(parameter)
        self.updates += applied.updates
        for equation in applied.equations:
            self.tensors[equation.tensor.name] = equation.tensor
            self.equations.append(equation)

    def system(self) -> System:
        if self.losses and "loss" not in self.tensors:
            total = sympy.Add(*(sympy.Rational(str(weight)) * part.element for _, part, weight in self.losses))
            tensor = Tensor("loss", role="loss", symbol="L")
            equation = Equation(tensor, (), total, "loss", Origin("loss", "sum"), note="the losses, weighted")
            self.tensors["loss"] = tensor
            self.equations.append(equation)
        settings = self._random_numbers()
        numbered = tuple(replace(equation, number=n + 1) for n, equation in enumerate(self.equations))
        return System(
            name=self.model.name,
            tensors=self.tensors,
            equations=numbered,
            parameters=tuple(self.parameters),
            outputs=self.model.outputs,
            loss="loss" if self.losses else None,
            losses=tuple((tensor.name, weight) for _, tensor, weight in self.losses),
            updates=tuple(self.updates),
            settings=settings,
        )

    def _random_numbers(self) -> tuple[tuple[str, float], ...]:
        """The seed and the step as tensors, where an equation reads them; the seed as a setting."""
        if self.mode.random is None or not any(equation.rhs.has(uniform) for equation in self.equations):
            return ()
        seed, step = self.mode.random
        self.tensors |= {seed.name: seed, step.name: step}
        return ((seed.name, 0.0),)


def ignored_label(name: str, model: Model) -> int | None:
    """The value of labels that every reader of them ignores; where others read them, all values must be classes."""
    values = {loss.options.get("ignore_index") for loss in model.losses if loss.target == name}
    written = [item.options.get("equation", "") for item in model.losses]
    texts = " ".join(map(str, [*written, *(item.options.get("equation", "") for item in model.layers)]))
    read = any(name in layer.inputs for layer in model.layers) or re.search(rf"\b{name}\b", texts)
    return None if read or len(values) != 1 else values.pop()


def input_tensor(item: InputSpec) -> Tensor:
    """An input as a tensor: its axes b, i; or b, t, i; or b, c, p, q; its declared facts."""
    rest = [extent for extent in item.shape if extent != "B"]
    letters = _LETTERS.get(len(rest), "".join(chr(ord("i") + n) for n in range(len(rest))))
    axes = [Index(letter, int(extent)) for letter, extent in zip(letters, rest, strict=False)]
    if item.shape[:1] == ("B",):
        axes.insert(0, Index("b", BATCH))
    facts = tuple(Fact(kind, axes_of) for kind, axes_of in item.facts)
    return Tensor(
        item.name, tuple(axes), "int32" if item.dtype == "int32" else "real", "input", facts,
        classes=item.classes, symbol=item.name,
    )  # fmt: skip


def check_schedule(expression: str) -> None:
    """Whether a schedule's expression speaks of t and lr alone.  Raises EquationError, positions within it."""
    known = {"lr": scalar("lr", "setting", "lr"), "t": scalar("t", "state", "t")}
    before = "eta = "
    try:
        elaborate_scalars(before + expression, known, ("t",), "schedule")
    except EquationError as error:
        raise EquationError(*(_shifted(item, len(before)) for item in error.diagnostics)) from error


def check_update(options: Mapping[str, Any]) -> list[str]:
    """What the equations of an optimiser should define and do not: y, or the next value of a state.

    They are tried on parameters of one and of two axes.  Raises EquationError, positions within the text.
    """
    parameters = [
        Tensor(name, tuple(Index(letter, 2 + n) for n, letter in enumerate(axes)), role="parameter", symbol="w")
        for name, axes in (("v", "i"), ("w", "ij"))
    ]
    adjoints = [replace(tensor, name=f"d.{tensor.name}", role="backward") for tensor in parameters]
    tensors = {tensor.name: tensor for tensor in (*parameters, *adjoints)}
    gradients = tuple((tensor.name, f"d.{tensor.name}") for tensor in parameters)
    system = append_update(System("update", tensors, gradients=gradients), "equation", options)
    next_value = "updated" if options["accumulate"] > 1 else "next"
    names = {"y": f"w.{next_value}"} | {f"{letter}_next": f"w.{letter}.{next_value}" for letter in options["states"]}
    return [name for name, tensor in names.items() if tensor not in system.defining]


def _shifted(item: Diagnostic, width: int) -> Diagnostic:
    """A diagnostic without the characters put in front of its text's first line."""
    place = item.position
    if place is None or place.line > 1:
        return item
    moved = replace(place, column=max(1, place.column - width))
    return replace(item, position=moved, source_line=item.source_line[width:])
