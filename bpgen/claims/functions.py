"""Functions in claims: those of the language, and f, g or sigma for the activation of a layer."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import sympy
from sympy import Expr, Symbol

from bpgen.algebra.activations import DEFINITIONS
from bpgen.algebra.bindings import Bindings
from bpgen.algebra.build import Builder
from bpgen.algebra.diagnose import SourceText, nearest
from bpgen.algebra.errors import EquationError
from bpgen.algebra.expressions import fresh_index, rename, sum_over
from bpgen.algebra.functions import FUNCTIONS
from bpgen.algebra.records import dataclass
from bpgen.algebra.scope import Scope
from bpgen.algebra.syntax import parse
from bpgen.algebra.system import Tensor
from bpgen.claims.names import Names
from bpgen.claims.theory import Activation
from bpgen.claims.tokens import ALONG_ROWS, is_generic_function

if TYPE_CHECKING:
    from bpgen.claims.shapes import Value
    from bpgen.claims.tree import Term

_ARGUMENT = sympy.Dummy("u", real=True)


@cache
def _definition(name: str) -> Expr | None:
    """A function of the language applied to `_ARGUMENT`; None for one that needs more than one argument."""
    if name in FUNCTIONS:
        found: Expr = FUNCTIONS[name](_ARGUMENT)
        return found
    if name not in DEFINITIONS:
        return None
    parameters, _ = DEFINITIONS[name]
    if any(default is None for _, default in parameters[1:]):
        return None
    text = f"y = {name}(u)"
    builder = Builder(SourceText(text), Scope(), {}, {})
    return builder.value(parse(text)[0].value, Bindings({}, {"u": _ARGUMENT}))


@dataclass
class Functions:
    """Applies functions and their derivatives to values."""

    names: Names

    def knows(self, name: str) -> bool:
        """Whether a name is a function of the language."""
        return name in ALONG_ROWS or _definition(name) is not None

    def derivative(self, name: str, order: int, inner: Value, base: Tensor | None, term: Term) -> Value:
        """name(inner), differentiated so many times.  base: the tensor that inner is, where it is one.

        Raises EquationError for a name that is no function, or no function of each element.
        """
        if name in ALONG_ROWS:
            if order:
                message = f"{name} works along rows, so its derivative is no function of each element"
                raise self._error("no-derivative", message, term, "write the product with its Jacobian out")
            return _along_rows(name, inner)
        variable, body = self._body(name, base, term)
        function = body.diff(variable, order) if order else body
        return inner.with_expression(function.xreplace({variable: inner.expression}))

    def _body(self, name: str, base: Tensor | None, term: Term) -> tuple[Symbol, Expr]:
        if is_generic_function(name):
            found = self._generic(name, base)
            if found is not None:
                self.names.note(f"`{name}` is the activation that gives `{found.result.name}`")
                return found.variable, found.body
            if name == "sigma":
                return _ARGUMENT, FUNCTIONS["sigmoid"](_ARGUMENT)
            known = [f"f{n}" for n in self._numbered()]
            message = f"which activation `{name}` is does not follow"
            raise self._error(
                "unknown-activation", message, term, f"name its layer: {', '.join(known) or 'there are none'}"
            )
        body = _definition(name)
        if body is None:
            message = f"unknown function `{name}`{nearest(name, [*FUNCTIONS, *DEFINITIONS, *ALONG_ROWS])}"
            help = "functions are those of the equation language, and f or sigma for a layer's activation"
            raise self._error("unknown-function", message, term, help)
        return _ARGUMENT, body

    def _generic(self, name: str, base: Tensor | None) -> Activation | None:
        """The activation meant by f: by the number of its layer, by what it is applied to, by its layer."""
        theory = self.names.theory
        number = name[len(name.rstrip("0123456789")) :]
        if number:
            return self._numbered().get(int(number))
        if base is not None:
            direct = theory.applied_to(base.name)
            if len(direct) == 1:
                return direct[0]
            of_layer = [found for found in self._of_layers() if found.result.layer == base.layer]
            if len(of_layer) == 1:
                return of_layer[0]
        bodies = {found.body.xreplace({found.variable: _ARGUMENT}) for found in self._of_layers()}
        return self._of_layers()[0] if len(bodies) == 1 else None

    def _of_layers(self) -> list[Activation]:
        return [found for found in self.names.theory.activations.values() if found.result.role == "forward"]

    def _numbered(self) -> dict[int, Activation]:
        numbers = self.names.theory.layer_numbers
        return {numbers[found.result.layer]: found for found in self._of_layers() if found.result.layer in numbers}

    def _error(self, code: str, message: str, term: Term, help: str) -> EquationError:
        return self.names.source.error(code, message, term.position, help)


def _along_rows(name: str, inner: Value) -> Value:
    axis = inner.axes[-1] if inner.axes else None
    if axis is None:
        return inner
    other = fresh_index(axis.extent)
    total = sum_over(sympy.exp(rename(inner.expression, {axis: other})), [other])
    if name == "softmax":
        return inner.with_expression(sympy.exp(inner.expression) / total)
    if name == "log_softmax":
        return inner.with_expression(inner.expression - sympy.log(total))
    kind = type(inner)
    rest = tuple(a for a in inner.axes if a != axis)
    return kind(sympy.log(total), rest)
