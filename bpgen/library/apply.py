"""From a library text and its options to equations: one instance of a layer, an activation or a loss."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sympy
from sympy import Expr

from bpgen.algebra.elaborate import Elaborated, Scope, elaborate
from bpgen.algebra.errors import InternalError, Position
from bpgen.algebra.index import Index
from bpgen.algebra.named_number import NamedNumber
from bpgen.algebra.records import dataclass
from bpgen.algebra.scope import Differentiate
from bpgen.algebra.system import Equation, Origin, Parameter, Tensor
from bpgen.library.activations import ACTIVATIONS
from bpgen.library.layer import Operand
from bpgen.library.layers import LAYERS
from bpgen.library.losses import LOSSES
from bpgen.library.mode import TRAINING, Mode
from bpgen.library.parameters import DEFAULT_INIT, DEFAULT_INIT_OPTIONS, InitOptions, ParameterRule, fans
from bpgen.library.text import choose


@dataclass(frozen=True)
class Applied:
    """What a library entry comes to: flat equations, new parameters and states with their beginnings, the result.

    updates: (state, the tensor that becomes its next value)
    """

    equations: tuple[Equation, ...]
    parameters: tuple[tuple[Tensor, Parameter], ...]
    result: Tensor
    updates: tuple[tuple[str, str], ...] = ()

    def followed_by(self, other: Applied) -> Applied:
        return Applied(
            self.equations + other.equations, self.parameters + other.parameters, other.result,
            self.updates + other.updates,
        )  # fmt: skip


def apply_layer(
    name: str, kind: str, options: Mapping[str, Any], inputs: Sequence[Tensor], *, activated: bool = False,
    owner: str = "", mode: Mode = TRAINING, position: Position | None = None,
) -> Applied:  # fmt: skip
    """A layer of a built-in type.  Its result is called `name`, or `name`.z where an activation follows.

    owner: what its named numbers are called after; "" for the layer itself
    """
    if kind in ACTIVATIONS:
        return apply_activation(name, kind, options, inputs[0], prefix=name, mode=mode, position=position)
    layer = LAYERS[kind]
    operands = [operand(tensor) for tensor in inputs]
    sizes, rules = layer.fit(options, operands).sizes, layer.rules(options)
    states = layer.kept(options)
    numbers = exact({key: value for key, value in options.items() if key not in sizes})
    for option in layer.options:
        if option.symbol and numbers[option.name].is_positive:
            numbers[option.name] = NamedNumber(owner or name, option.symbol, numbers[option.name])
    scope = Scope(
        tensors={"x": inputs[0], **{f"x{n + 1}": tensor for n, tensor in enumerate(inputs)}},
        sizes=sizes,
        # A text that is made may not speak of `training`: whether it does is asked before shapes are known.
        constants={**numbers, **(mode.constants if isinstance(layer.text, str) else {})},
        parameters=_letters((*rules, *states), name, sizes),
        names={"y": f"{name}.z" if activated else name}
        | _names((*rules, *states), name)
        | {f"{rule.letter}_next": f"{name}.{rule.name}.next" for rule in states},
        prefix=name,
        layer=name,
        symbols={"y": layer.symbol}
        | _symbols((*rules, *states))
        | {f"{rule.letter}_next": rule.symbol or rule.letter for rule in states},
        states=[rule.letter for rule in states],
        random=mode.random,
    )
    text = choose(layer.written(options, operands), options)
    done = elaborate(text, scope, role="forward", origin=Origin(name, kind, position), position=None)
    applied = _applied(done, (*rules, *states), options)
    return _with_updates(applied, done, {rule.letter: f"{name}.{rule.name}" for rule in states})


def apply_activation(
    name: str, kind: str, options: Mapping[str, Any], x: Tensor, *, prefix: str, mode: Mode = TRAINING,
    position: Position | None = None,
) -> Applied:  # fmt: skip
    """An activation of x, called `name`; its parameters are prefix.weight.  Shape: x's, or its half (glu)."""
    activation = ACTIVATIONS[kind]
    fixed = {key: sympy.Rational(value) for key, value in activation.constants.items()}
    operands = [operand(x)]
    scope = Scope(
        tensors={"x": x},
        sizes=activation.fit(options, operands).sizes,
        constants={**exact(options), **fixed, **mode.constants},
        parameters=_letters(activation.parameters, prefix, {}),
        names={"y": name} | _names(activation.parameters, prefix),
        prefix=name,
        layer=name,
        symbols={"y": activation.symbol} | _symbols(activation.parameters),
        random=mode.random,
    )
    text = choose(activation.written(options, operands), options)
    done = elaborate(text, scope, role="forward", origin=Origin(name, kind, position), position=None)
    return _applied(done, activation.parameters, options)


def operand(tensor: Tensor) -> Operand:
    """A tensor as a layer's `fit` sees it."""
    return Operand(tensor.name, tensor.shape, tensor.dtype == "int32", tensor.classes)


def apply_equation(
    name: str, options: Mapping[str, Any], inputs: Mapping[str, Tensor], sizes: Mapping[str, int], *,
    mode: Mode = TRAINING, position: Position | None = None, start: Position | None = None,
    differentiate: Differentiate | None = None,
) -> Applied:  # fmt: skip
    """A layer written by the user.  inputs: names of the layers it reads -> tensors; start: where the text begins.

    differentiate: what d(u, x) comes to, in the network around it.

    Raises EquationError with positions counted from start.
    """
    tensors = dict(inputs) | {f"x{n + 1}": tensor for n, tensor in enumerate(inputs.values())}
    if len(inputs) == 1:
        tensors = dict(inputs) | {"x": next(iter(inputs.values()))}
    states: Mapping[str, Mapping[str, Any]] = options["states"]
    declared: Mapping[str, Mapping[str, Any]] = {**options["parameters"], **states}
    scope = Scope(
        tensors=tensors,
        sizes=dict(sizes) | dict(options["sizes"]),
        constants=mode.constants,
        parameters={
            letter: _shaped(
                f"{name}.{letter}", letter, rule.get("shape"), role="state" if letter in states else "parameter"
            )
            for letter, rule in declared.items()
        },
        names={"y": name} | {letter: f"{name}.{letter}" for letter in declared} | _next_names(states, name),
        prefix=name,
        layer=name,
        symbols={letter: letter for letter in declared} | {f"{letter}_next": letter for letter in states},
        states=tuple(states),
        random=mode.random,
        differentiate=differentiate,
    )
    done = elaborate(
        options["equation"], scope, role="forward", origin=Origin(name, "equation", position), position=start
    )
    parameters = tuple(
        (done.parameters[letter], _begin(done.parameters[letter], rule.get("init"), done.parameters[letter]))
        for letter, rule in declared.items()
        if letter in done.parameters
    )
    applied = Applied(done.equations, parameters, done.result)
    return _with_updates(applied, done, {letter: f"{name}.{letter}" for letter in states})


def apply_loss(
    name: str, kind: str, options: Mapping[str, Any], output: Tensor, target: Tensor, *,
    reads: Mapping[str, Tensor] | None = None, layer: str = "", position: Position | None = None,
) -> Applied:  # fmt: skip
    """A built-in loss, a scalar called `name`, of an output, its target, and what else it reads, by key."""
    loss = LOSSES[kind]
    # An option without a default chooses its part by being there: ignore_index = 0 does.
    given = {option.name: options[option.name] is not None for option in loss.options if option.default is None}
    text = choose(loss.labels if target.dtype == "int32" else loss.text, {**options, **given})
    classes = {"K": output.axes[-1].extent} if output.axes and output.axes[-1].extent.is_Integer else {}
    scope = Scope(
        tensors={"a": output, "y": target, **(reads or {})},
        sizes={},
        constants=exact(options) | classes,
        parameters={},
        names={"L": name},
        prefix=name,
        layer=layer,
        symbols={"L": "L", "p": "p"},
    )
    done = elaborate(text, scope, role="loss", origin=Origin(name, kind, position), position=None)
    return Applied(done.equations, (), done.result)


def apply_penalty(
    name: str, kind: str, parameters: Sequence[Tensor], *, layer: str = "", position: Position | None = None
) -> Applied:
    """A penalty, a scalar called `name`: the sum of its text over parameters, each an equation of its own."""
    terms = [LOSSES[kind].text.replace("L =", f"n{n} =").replace("w[", f"w{n}[") for n in range(len(parameters))]
    text = "\n".join([*terms, "L = " + " + ".join(f"n{n}" for n in range(len(parameters)))])
    scope = Scope(
        tensors={f"w{n}": tensor for n, tensor in enumerate(parameters)},
        names={"L": name}, prefix=name, layer=layer, symbols={"L": "L"},
    )  # fmt: skip
    done = elaborate(text, scope, role="loss", origin=Origin(name, kind, position), position=None)
    return Applied(done.equations, (), done.result)


def apply_loss_equation(
    name: str, options: Mapping[str, Any], tensors: Mapping[str, Tensor], sizes: Mapping[str, int], *, layer: str = "",
    mode: Mode = TRAINING, position: Position | None = None, start: Position | None = None,
    differentiate: Differentiate | None = None,
) -> Applied:  # fmt: skip
    """A loss written by the user, over the tensors given by name.  Raises EquationError as apply_equation does."""
    scope = Scope(
        tensors=tensors, sizes=dict(sizes) | dict(options["sizes"]), constants=mode.constants, parameters={},
        names={"L": name}, prefix=name, layer=layer, symbols={"L": "L"}, random=mode.random,
        differentiate=differentiate,
    )  # fmt: skip
    done = elaborate(options["equation"], scope, role="loss", origin=Origin(name, "equation", position), position=start)
    return Applied(done.equations, (), done.result)


def exact(options: Mapping[str, Any]) -> dict[str, Expr]:
    """The numbers among the options, as the decimal fractions they were written as."""
    numbers = {key: value for key, value in options.items() if isinstance(value, int | float)}
    return {key: sympy.Rational(str(value)) for key, value in numbers.items() if not isinstance(value, bool)}


def _with_updates(applied: Applied, done: Elaborated, states: Mapping[str, str]) -> Applied:
    """With the next values of the states, by letter, that the text defines; what only these need is an update."""
    following = {states[letter]: done.defined.get(f"{letter}_next") for letter in states}
    updates = {state: tensor.name for state, tensor in following.items() if tensor is not None}
    read = {name for equation in applied.equations for name in equation.reads}
    equations = tuple(
        replace(item, role="update", tensor=replace(item.tensor, role="update"))
        if item.tensor.name in updates.values() and item.tensor.name not in read
        else item
        for item in applied.equations
    )
    return replace(applied, equations=equations, updates=tuple(updates.items()))


def _letters(rules: tuple[ParameterRule, ...], prefix: str, sizes: Mapping[str, int]) -> dict[str, Tensor | None]:
    return {
        rule.letter: _shaped(
            f"{prefix}.{rule.name}",
            rule.symbol or rule.letter,
            rule.extents(sizes),
            layer=prefix,
            letters=rule.axes.split(),
        )
        for rule in rules
    }


def _names(rules: tuple[ParameterRule, ...], prefix: str) -> dict[str, str]:
    return {rule.letter: f"{prefix}.{rule.name}" for rule in rules}


def _next_names(letters: Iterable[str], prefix: str) -> dict[str, str]:
    return {f"{letter}_next": f"{prefix}.{letter}.next" for letter in letters}


def _symbols(rules: tuple[ParameterRule, ...]) -> dict[str, str]:
    return {rule.letter: rule.symbol or rule.letter for rule in rules}


def _shaped(
    name: str, symbol: str, shape: Sequence[int] | None, *, layer: str = "", role: str = "parameter",
    letters: Sequence[str] = (),
) -> Tensor | None:  # fmt: skip
    if shape is None:
        return None
    letters = letters or ["ijklmn"[n] if n < 6 else f"i{n}" for n in range(len(shape))]
    axes = tuple(Index(letter, extent) for letter, extent in zip(letters, shape, strict=True))
    return Tensor(name, axes, role=role, symbol=symbol, layer=layer or name.rsplit(".", 1)[0])


def _applied(done: Elaborated, rules: tuple[ParameterRule, ...], options: Mapping[str, Any]) -> Applied:
    begun = []
    for rule in rules:
        tensor = done.parameters.get(rule.letter)
        if tensor is not None:
            chosen = options.get(rule.override) if rule.override else None
            fan_tensor = done.parameters[rule.fan_of or rule.letter]
            begun.append((tensor, _begin(tensor, chosen, fan_tensor, rule)))
    return Applied(done.equations, tuple(begun), done.result)


def _begin(tensor: Tensor, chosen: Any, fan_tensor: Tensor, rule: ParameterRule | None = None) -> Parameter:
    """How a parameter begins: as chosen (a checked table, or a constant), else by its rule, else as PyTorch."""
    init, options = (rule.init, rule.options) if rule else (DEFAULT_INIT, DEFAULT_INIT_OPTIONS)
    if isinstance(chosen, int | float):
        init, options = "constant", (("value", float(chosen)),)
    elif chosen is not None:
        init, options = chosen["type"], _numbers(chosen)
    if "B" in tensor.shape:
        if tensor.role != "state":
            raise InternalError(f"parameter {tensor.name} has the batch axis")
        return Parameter(tensor.name, "zeros", (), 1, 1)  # how many rows there are is known with the first step only
    fan_in, fan_out = fans(tuple(int(extent) for extent in fan_tensor.shape))
    return Parameter(tensor.name, init, options, fan_in, fan_out)


def _numbers(chosen: Mapping[str, Any]) -> InitOptions:
    """An initialiser's options as numbers: mode = "fan_out" becomes fan_out = 1."""
    pairs = [(key, float(value)) for key, value in chosen.items() if key not in ("type", "mode")]
    if chosen.get("mode") == "fan_out":
        pairs.append(("fan_out", 1.0))
    return tuple(pairs)


def with_dtype(equations: Sequence[Equation], dtype: str) -> tuple[Equation, ...]:
    """The equations with their tensors in another dtype; an access does not carry one, so nothing else changes."""
    return tuple(replace(equation, tensor=replace(equation.tensor, dtype=dtype)) for equation in equations)
