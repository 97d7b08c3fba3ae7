"""Which operation a function is, and which dtype an expression would have of itself."""

from __future__ import annotations

from collections.abc import Mapping

import sympy
from sympy import Expr

from bpgen.algebra import functions
from bpgen.algebra.expressions import Access, Reduction
from bpgen.algebra.functions import uniform
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.system import REAL, Tensor

UNARY: dict[type, str] = {
    sympy.exp: "exp", sympy.log: "log", functions.log1p: "log1p", functions.expm1: "expm1",
    sympy.Abs: "abs", functions.absolute: "abs", functions.sign: "sign", sympy.sign: "sign",
    sympy.sin: "sin", sympy.cos: "cos", sympy.tan: "tan", sympy.sinh: "sinh", sympy.cosh: "cosh",
    sympy.tanh: "tanh", sympy.atan: "atan", sympy.erf: "erf",
    functions.sigmoid: "sigmoid", functions.softplus: "softplus",
}  # fmt: skip
BINARY: dict[type, str] = {functions.maximum: "maximum", functions.minimum: "minimum"}
COMPARISONS: dict[type, str] = {
    functions.greater: "greater", functions.greater_equal: "greater_equal", functions.equal: "equal",
}  # fmt: skip


class Kinds:
    """Finds kinds, each once: "number" (fits any dtype), "int32", "float64" or "real"."""

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self._tensors = tensors
        self._known: dict[Expr, str] = {}

    def of(self, expression: Expr) -> str:
        """Numbers take the dtype they meet; integers count as reals where they are more than added and multiplied."""
        known = self._known.get(expression)
        if known is None:
            known = self._known[expression] = self._find(expression)
        return known

    def _is_whole(self, expression: Expr) -> bool:
        """Whether a value is an integer: 1 / B and 1/2 are none."""
        return self.of(expression) == "int32" or bool(expression.is_Integer) or expression == BATCH

    def of_body(self, expression: Expr) -> str:
        """The dtype in which the body of an argmax is compared."""
        kind = self.of(expression)
        return REAL if kind == "number" else kind

    def _find(self, expression: Expr) -> str:
        if isinstance(expression, Access):
            return self._tensors[expression.tensor].dtype
        if isinstance(expression, Index):
            return "int32"
        if isinstance(expression, uniform):
            return REAL
        if isinstance(expression, Reduction):
            return "int32" if expression.op == "argmax" else REAL
        if not expression.args or expression == BATCH:
            return "number"
        kinds = {self.of(argument) for argument in expression.args}
        for kind in (REAL, "float64", "int32"):
            if kind in kinds:
                break
        else:
            kind = "number"
        integral = expression.is_Add or expression.is_Mul
        if kind == "int32" and not (integral and all(map(self._is_whole, expression.args))):
            return REAL
        if kind == "float64" and "int32" in kinds:
            return REAL
        return kind
