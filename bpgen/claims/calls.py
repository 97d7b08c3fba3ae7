"""Functions of several arguments and of whole matrices: max(a, b), where(c, a, b), outer(u, v), diag(v), ones(m)."""

from __future__ import annotations

from collections.abc import Callable

import sympy
from sympy import Expr, Integer

from bpgen.algebra.expressions import Reduction, fresh_index
from bpgen.algebra.functions import equal, greater, maximum, minimum
from bpgen.algebra.system import Tensor
from bpgen.claims.tree import Call
from bpgen.claims.value import Misfit, Value, diagonal, elementwise, matrix_product, shape_text

# Name -> the functions of so many arguments that it may be.
_JOINED: dict[str, Callable[[Expr, Expr], Expr]] = {
    "max": maximum, "maximum": maximum, "min": minimum, "minimum": minimum,
}  # fmt: skip
COUNTS = {
    "max": (1, 2), "min": (2,), "maximum": (2,), "minimum": (2,), "rowmax": (1,), "onehot": (1,), "one_hot": (1,),
    "diag": (1,), "outer": (2,), "ones": (1, 2), "where": (3,), "heaviside": (1, 2), "step": (1,),
}  # fmt: skip


def call(term: Call, values: list[Value]) -> Value:
    """The value of a call.  Raises Misfit where its arguments do not fit together."""
    name, first = term.function, values[0]
    if name in _JOINED and len(values) == 2:
        return elementwise(first, values[1], _JOINED[name], term)
    match name:
        case "max":
            return _largest(first, first.axes)
        case "rowmax":
            return _largest(first, first.axes[-1:])
        case "diag":
            return diagonal(first, term)
        case "outer":
            return _outer(first, values[1], term)
        case "ones":
            return _ones(values, term)
        case "where":
            chosen = elementwise(first, values[1], lambda c, a: c * a, term)
            other = elementwise(first, values[2], lambda c, a: (1 - c) * a, term)
            return elementwise(chosen, other, lambda a, b: a + b, term)
        case "heaviside" if len(values) == 2:  # NumPy's: the second is the value at 0
            return elementwise(first, values[1], lambda z, v: greater(z, 0) + equal(z, 0) * v, term)
        case "heaviside" | "step":
            return first.with_expression(greater(first.expression, 0))
        case _:  # onehot: labels stand one-hot anyway
            return first


def is_one_hot(tensor: Tensor | None) -> bool:
    return tensor is not None and tensor.dtype == "int32" and tensor.classes is not None


def _largest(value: Value, over: tuple[sympy.Symbol, ...]) -> Value:
    expression = Reduction("max", value.expression, *over) if over else value.expression
    rest = [tuple(axis for axis in part if axis not in over) for part in (value.rows, value.columns)]
    return Value(expression, *rest) if rest[0] else Value(expression, rest[1])


def _outer(left: Value, right: Value, term: Call) -> Value:
    if len(left.axes) != 1 or len(right.axes) != 1:
        shapes = f"{shape_text(left)} and {shape_text(right)}"
        raise Misfit("shape", f"outer takes two vectors, not {shapes}", term)
    return matrix_product(Value(left.expression, left.axes), Value(right.expression, (), right.axes), term)


def _ones(sizes: list[Value], term: Call) -> Value:
    if any(size.axes for size in sizes):
        raise Misfit("shape", "ones takes numbers: how many there are", term)
    axes = tuple(fresh_index(size.expression) for size in sizes)
    return Value(Integer(1), axes[:1], axes[1:])
