"""Building typed scalars: products, quotients, powers, selections."""

from __future__ import annotations

from fractions import Fraction

from bpgen.lower.scalar import Constant, Operation, Scalar


def multiplied(parts: list[Scalar], dtype: str) -> Scalar:
    """The product, from left to right; 1 for none."""
    value: Scalar | None = None
    for part in parts:
        value = part if value is None else Operation(dtype, "multiply", (value, part))
    return Constant(dtype, Fraction(1)) if value is None else value


def divided(over: Scalar, under: Scalar) -> Scalar:
    if under == Constant(under.dtype, Fraction(1)):
        return over
    if over == Constant(over.dtype, Fraction(1)):
        return reciprocal(under)
    return Operation(over.dtype, "divide", (over, under))


def reciprocal(value: Scalar) -> Scalar:
    return Operation(value.dtype, "reciprocal", (value,))


def negated(value: Scalar) -> Scalar:
    if isinstance(value, Constant):
        return Constant(value.dtype, -value.value)
    return Operation(value.dtype, "negative", (value,))


def integer_power(base: Scalar, exponent: int) -> Scalar:
    """x ** n by squaring: x ** 5 -> square(square(x)) * x."""
    if exponent == 1:
        return base
    half = integer_power(base, exponent // 2)
    even = Operation(base.dtype, "square", (half,))
    return even if exponent % 2 == 0 else Operation(base.dtype, "multiply", (even, base))


def selected(condition: Scalar, value: Scalar) -> Scalar:
    # [c] * a -> select(c, a, 0): an a that is not selected may be infinite or undefined.
    if isinstance(value, Operation) and value.op == "select" and value.arguments[2] == _zero(value.dtype):
        # select(c, select(d, a, 0), 0) -> select(c and d, a, 0)
        both = Operation("bool", "and", (condition, value.arguments[0]))
        return Operation(value.dtype, "select", (both, *value.arguments[1:]))
    return Operation(value.dtype, "select", (condition, value, _zero(value.dtype)))


def _zero(dtype: str) -> Scalar:
    return Constant(dtype, Fraction(0))
