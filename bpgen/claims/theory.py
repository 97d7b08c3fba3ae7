"""What a claim is compared with: the equations of the network, and of every derivative of its loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from functools import cached_property

import sympy
from sympy import Expr, Symbol

from bpgen.algebra.expressions import Access, Reduction
from bpgen.algebra.index import Index
from bpgen.algebra.named_number import named_numbers, valued
from bpgen.algebra.records import dataclass
from bpgen.algebra.recurrence import arrange
from bpgen.algebra.system import Equation, System, Tensor
from bpgen.derive.definitions import Definitions
from bpgen.derive.derivation import Derivation
from bpgen.derive.differentiate import ADJOINT


@dataclass(frozen=True)
class Activation:
    """result = body at every element, where body is a function of the one element of `argument`, as `variable`."""

    result: Tensor
    argument: Tensor
    variable: Symbol
    body: Expr

    def at(self, value: Expr, order: int = 0) -> Expr:
        """The function, differentiated so many times, at a value."""
        function = self.body.diff(self.variable, order) if order else self.body
        result: Expr = function.xreplace({self.variable: value})
        return result


@dataclass(frozen=True)
class Theory:
    """A derivation as claims see it: the forward equations as they were given, and the simplified adjoints.

    numbers: names of sizes and options -> their exact values, for formulas that name them
    symbols: gives what the printed derivation writes for a tensor: as a whole, and before the indices of an element
    """

    derivation: Derivation
    numbers: Mapping[str, Expr] = field(default_factory=dict)
    symbols: Callable[[], Mapping[str, tuple[str, str]]] = dict

    @property
    def system(self) -> System:
        return self.derivation.forward

    @cached_property
    def tensors(self) -> dict[str, Tensor]:
        defined = {equation.tensor.name: equation.tensor for equation in self.equations}
        return dict(self.system.tensors) | defined

    @cached_property
    def equations(self) -> tuple[Equation, ...]:
        """Forward as given, what the derivation named besides, and every adjoint, in an order to compute them in."""
        return arrange([*self.system.equations, *self.derivation.named, *self.derivation.simplified])

    @cached_property
    def defining(self) -> dict[str, Equation]:
        return {equation.tensor.name: equation for equation in self.equations}

    @cached_property
    def definitions(self) -> Definitions:
        """For folding: forward tensors, by what they are."""
        forward = [equation for equation in self.equations if equation.role != "backward"]
        return Definitions.of(forward, self.tensors)

    @cached_property
    def activations(self) -> dict[str, Activation]:
        """Name of a tensor -> the function that gives it from one other, element by element."""
        found = {}
        for equation in self.equations:
            if equation.role == "backward":
                continue
            activation = _activation(equation, self.tensors)
            if activation is not None:
                found[equation.tensor.name] = activation
        return found

    def applied_to(self, name: str) -> tuple[Activation, ...]:
        """The activations of a tensor."""
        return tuple(found for found in self.activations.values() if found.argument.name == name)

    def adjoint(self, name: str) -> Tensor | None:
        """The tensor of the loss's derivative by a tensor; None where there is none."""
        equation = self.defining.get(ADJOINT + name)
        return None if equation is None else equation.tensor

    @cached_property
    def predicted(self) -> tuple[Tensor, Expr] | None:
        """What the loss compares with its target: (output, g) where its derivative by the output is c (g - target).

        A logit's g is its sigmoid, what softmax is taken of has its shares.  None where there is no such g, or where it
        is the output itself.
        """
        for name in self.system.outputs:
            equation = self.defining.get(ADJOINT + name)
            for target in self._targets() if equation is not None else ():
                found = _compared(equation.rhs, target[equation.indices]) if equation is not None else None
                if equation is not None and found is not None and found != self.tensors[name][equation.indices]:
                    return equation.tensor, found
        return None

    def _targets(self) -> list[Tensor]:
        """Real inputs that the loss reads, with the axes of an output."""
        shapes = [self.tensors[name].shape for name in self.system.outputs]
        read = {name for equation in self.system.equations if equation.role == "loss" for name in equation.reads}
        inputs = [tensor for tensor in self.system.tensors.values() if tensor.role == "input" and tensor.name in read]
        return [tensor for tensor in inputs if tensor.shape in shapes and tensor.dtype != "int32"]

    @cached_property
    def layer_numbers(self) -> dict[str, int]:
        """Layers in the order of their equations, numbered from 1, as the printed derivation numbers them."""
        found = (e.origin.layer or e.tensor.layer for e in self.system.equations if e.role == "forward")
        return {name: n for n, name in enumerate(dict.fromkeys(name for name in found if name), start=1)}


def theory_of(
    derivation: Derivation, numbers: Mapping[str, Expr], symbols: Callable[[], Mapping[str, tuple[str, str]]]
) -> Theory:
    """The theory in which named numbers are what they come to: claims may call them layernorm.eps (or eps_layernorm,
    as formulas do), or eps where all of them are the same, or write their value."""
    forward = replace(derivation.forward, equations=valued(derivation.forward.equations))
    simplified, further = valued(derivation.simplified), valued(derivation.named)
    theory = Theory(replace(derivation, forward=forward, simplified=simplified, named=further), symbols=symbols)
    named, known = named_numbers(derivation.system.equations), dict(numbers)
    for number in named:
        known |= {number.name: number.value, f"{number.symbol}_{number.owner}": number.value}
        if number.owner in theory.layer_numbers:  # eps of layer 2 is eps2
            known[f"{number.symbol}{theory.layer_numbers[number.owner]}"] = number.value
        if all(other.value == number.value for other in named if other.symbol == number.symbol):
            known.setdefault(number.symbol, number.value)
    return replace(theory, numbers=known)


def _compared(adjoint: Expr, target: Access) -> Expr | None:
    """g, where the adjoint is c * (g - target) with a c that is no tensor."""
    symbol = sympy.Dummy(real=True)
    written = sympy.expand(adjoint.xreplace({target: symbol}))
    factor = written.coeff(symbol, 1)
    rest = sympy.expand(written - factor * symbol)
    if factor == 0 or factor.has(Access, Reduction, symbol) or rest.has(symbol):
        return None
    return sympy.expand(-rest / factor)


def _activation(equation: Equation, tensors: Mapping[str, Tensor]) -> Activation | None:
    if equation.reduction is not None or not equation.rhs.has(sympy.Function):
        return None
    read = equation.rhs.atoms(Access)
    if len(read) != 1:
        return None
    (access,) = read
    rest = equation.rhs.free_symbols - access.free_symbols
    if access.indices != equation.indices or any(isinstance(symbol, Index) for symbol in rest):
        return None
    variable = sympy.Dummy("z", real=True)
    return Activation(equation.tensor, tensors[access.tensor], variable, equation.rhs.xreplace({access: variable}))
