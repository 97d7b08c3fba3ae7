"""What names in equation text may mean, and what a text comes to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import field
from fractions import Fraction
from typing import Protocol

import sympy
from sympy import Expr

from bpgen.algebra.expressions import Access
from bpgen.algebra.index import BATCH
from bpgen.algebra.records import dataclass
from bpgen.algebra.syntax import KEYWORDS
from bpgen.algebra.system import Equation, Tensor

CONSTANTS: dict[str, Expr] = {"B": BATCH, "pi": sympy.pi, "inf": sympy.oo}
"""Names with a meaning of their own everywhere; nothing else may be called so."""

RESERVED = (*KEYWORDS, *CONSTANTS)

RESULTS = ("y", "L")


class Differentiate(Protocol):
    """The derivative of an element by an element, and the equations of the tensors in it: see bpgen.derive.partial.

    given, equations: what the text adds to the network around it
    """

    def __call__(
        self, given: Iterable[Tensor], equations: tuple[Equation, ...], element: Access, variable: Access, *,
        name: Callable[[str], str], role: str,
    ) -> tuple[Expr, tuple[Equation, ...]]: ...  # fmt: skip


@dataclass(frozen=True)
class Scope:
    """The surroundings of a text.

    tensors: names as written -> tensors that exist already
    sizes: named sizes, and extents of indices that no tensor fixes
    constants: names that stand for exact numbers (options such as alpha, eps)
    parameters: names that are parameters -> tensor, or None where the shape follows from the use
    names: name in the text -> the tensor's name in the system, for results and parameters
    prefix: every other name becomes prefix + "." + name; generated ones prefix + "." + letter
    layer: the layer it is; symbols: letters of formulas by name in the text
    differentiate: what d(u, x) in the text comes to; None where texts have no derivatives
    states: those of the parameters that are not learnt, but kept between steps: the text defines NAME_next
    random: the seed and the step that random(...) depends on; None where it may not stand
    """

    tensors: Mapping[str, Tensor] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    constants: Mapping[str, Expr] = field(default_factory=dict)
    parameters: Mapping[str, Tensor | None] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    prefix: str = ""
    layer: str = ""
    symbols: Mapping[str, str] = field(default_factory=dict)
    differentiate: Differentiate | None = None
    states: Collection[str] = ()
    random: tuple[Tensor, Tensor] | None = None

    def known(self, name: str) -> Tensor | None:
        """The tensor of a name, where its shape is known beforehand."""
        return self.tensors.get(name) or self.parameters.get(name)

    def system_name(self, name: str) -> str:
        return self.names.get(name) or (f"{self.prefix}.{name}" if self.prefix else name)

    def number(self, name: str) -> Expr | None:
        """The exact value of a name that stands for one: a constant, a size, B, pi or inf."""
        if name in self.constants:
            return exact(self.constants[name])
        if name in self.sizes:
            return exact(self.sizes[name])
        return CONSTANTS.get(name)

    @property
    def written_names(self) -> tuple[str, ...]:
        """Everything that a name may refer to, for suggestions."""
        return (*self.tensors, *self.parameters, *self.constants, *self.sizes, *CONSTANTS)


@dataclass(frozen=True)
class Elaborated:
    """Flat equations in order, the tensors of the parameters used, and the result.

    result: the last tensor defined as `y` or `L`; with role "update", where these are not needed, the last one
    defined: every name on a left-hand side of the text -> its tensor
    """

    equations: tuple[Equation, ...]
    parameters: Mapping[str, Tensor]
    result: Tensor
    defined: Mapping[str, Tensor]


def exact(value: Expr | float | Fraction) -> Expr:
    """A number as an exact expression: a float is the decimal fraction that it prints as."""
    if isinstance(value, float):
        return sympy.Rational(repr(value))
    if isinstance(value, Fraction):
        return sympy.Rational(value.numerator, value.denominator)
    return sympy.Integer(value) if isinstance(value, int) else value
