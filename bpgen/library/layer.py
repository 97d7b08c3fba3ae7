"""What a type of layer is: its equations, its options, and what it makes of the shapes that it reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Any

from bpgen.algebra.errors import BpgenError
from bpgen.algebra.records import dataclass
from bpgen.library.options import Option
from bpgen.library.parameters import ParameterRule

Shape = tuple[int | str, ...]
Options = Mapping[str, Any]


@dataclass(frozen=True)
class Operand:
    """What a layer reads: its name in messages, its shape with "B" for the batch; of an integer tensor the classes."""

    name: str
    shape: Shape
    integer: bool = False
    classes: int | None = None

    def __str__(self) -> str:
        return f'"{self.name}" {shape_text(self.shape)}'


@dataclass(frozen=True)
class Fit:
    """result: the shape that comes out.

    sizes: numbers by their names in the text: extents of its indices, and the constants of its accesses
    """

    result: Shape
    sizes: Mapping[str, int] = field(default_factory=dict)


class Misfit(BpgenError):
    """Shapes and options that do not fit.  The message goes on after the layer's name; help says what to do.

    option: the key that is to blame; None: what the layer reads
    """

    def __init__(self, message: str, help: str, *, option: str | None = None, code: str = "shape") -> None:
        super().__init__(message)
        self.message, self.help, self.option, self.code = message, help, option, code


def unchanged(options: Options, operands: Sequence[Operand]) -> Fit:
    """The result has the shape of what comes in."""
    return Fit(operands[0].shape)


@dataclass(frozen=True)
class Layer:
    """One type of layer.

    text: its equations, or what makes them from options and operands, as where the number of lines depends on these;
        then `training` may not stand in them
    fit: the result's shape and the sizes in the text, from options and operands; raises Misfit
    parameters: their rules, or what makes them from the options
    states: what is kept between steps, as the running mean: their rules, or what makes them from the options; the
        text defines NAME_next; `training` in a text is 1 while training, else 0
    inputs: least and greatest number of inputs; integers: which of them, counted from 0, hold integers
    activated: whether it takes `activation`
    """

    text: str | Callable[[Options, Sequence[Operand]], str]
    options: tuple[Option, ...] = ()
    parameters: tuple[ParameterRule, ...] | Callable[[Options], tuple[ParameterRule, ...]] = ()
    states: tuple[ParameterRule, ...] | Callable[[Options], tuple[ParameterRule, ...]] = ()
    fit: Callable[[Options, Sequence[Operand]], Fit] = unchanged
    inputs: tuple[int, int | None] = (1, 1)
    integers: tuple[int, ...] = ()
    symbol: str = "z"
    activated: bool = True
    meaning: str = ""

    def written(self, options: Options, operands: Sequence[Operand]) -> str:
        return self.text if isinstance(self.text, str) else self.text(options, operands)

    def rules(self, options: Options) -> tuple[ParameterRule, ...]:
        """The rules of the parameters that it has with these options."""
        rules = self.parameters if isinstance(self.parameters, tuple) else self.parameters(options)
        return tuple(rule for rule in rules if rule.when is None or options[rule.when])

    def kept(self, options: Options) -> tuple[ParameterRule, ...]:
        """The rules of the states that it has with these options."""
        return self.states if isinstance(self.states, tuple) else self.states(options)


def shape_text(shape: Shape) -> str:
    """A shape in TOML's spelling: ["B", 10]."""
    return "[" + ", ".join(f'"{extent}"' if isinstance(extent, str) else str(extent) for extent in shape) + "]"


def extents(operand: Operand, axes: int, spelled: str) -> tuple[int, ...]:
    """The extents of the last axes of an operand.  Raises Misfit where it has not so many besides the batch."""
    found = operand.shape[len(operand.shape) - axes :] if len(operand.shape) >= axes else ()
    numbers = tuple(extent for extent in found if isinstance(extent, int))
    if len(numbers) < axes or not numbers:
        wanted = f'["B", {spelled}]'
        raise Misfit(f"reads {operand}, which should be {wanted}", f"give it something of shape {wanted}")
    return numbers


def last_extent(operand: Operand, kind: str) -> int:
    """The extent of the last axis."""
    last = operand.shape[-1] if operand.shape else "B"
    if isinstance(last, str):
        help = f'{kind} works along the last axis: give the input one, such as ["B", 1]'
        raise Misfit(f"reads {operand}, which has no axis beside the batch", help)
    return last


def require_equal(kind: str, operands: Sequence[Operand]) -> None:
    first, *others = operands
    for other in others:
        if other.shape != first.shape:
            message = f"of type {kind} reads {first} and {other}: the shapes differ"
            raise Misfit(message, "all inputs must have one shape")
