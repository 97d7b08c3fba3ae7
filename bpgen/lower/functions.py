"""The operation that each function of the algebra is."""

from __future__ import annotations

import sympy

from bpgen.algebra import functions

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
