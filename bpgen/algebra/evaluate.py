"""The brute-force evaluator: the judge of everything else.

Every element by itself, in Python loops over every value of every index, in float64, with the math module
alone.  It shares no code with any other stage, and does nothing clever.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray
from sympy import Expr

from bpgen.algebra import functions
from bpgen.algebra.errors import InternalError
from bpgen.algebra.expressions import Access, Reduction
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.system import Equation, System

Array = NDArray[Any]
Values = Mapping[str, Array]
Point = dict[Index, int]


def evaluate(
    source: System | Iterable[Equation], values: Mapping[str, Array | float], batch: int = 1
) -> dict[str, Array]:
    """Values of every tensor that a system or a list of equations defines.

    values: tensors that are read and not defined, by name, in the shapes of their axes; batch: the extent B.
    Returns name -> float64 array (int64 for integer tensors), shape () for scalars.  Nested reductions are
    allowed.  Raises InternalError for a tensor that is missing.
    """
    equations = source.equations if isinstance(source, System) else tuple(source)
    known: dict[str, Array] = {name: np.asarray(value) for name, value in values.items()}
    defined: dict[str, Array] = {}
    for equation in equations:
        shape = tuple(extent(index, batch) for index in equation.indices)
        result = np.zeros(shape, dtype=np.int64 if equation.tensor.dtype == "int32" else np.float64)
        for place in product(*(range(size) for size in shape)):
            point = dict(zip(equation.indices, place, strict=True))
            result[place] = value_at(equation.rhs, point, known, batch)
        known[equation.tensor.name] = defined[equation.tensor.name] = result
    return defined


def evaluate_expression(
    expression: Expr, indices: Mapping[Index, int], values: Mapping[str, Array | float], batch: int = 1
) -> float:
    """One value of an expression, its free indices being given."""
    known = {name: np.asarray(value) for name, value in values.items()}
    return value_at(expression, dict(indices), known, batch)


def extent(index: Index, batch: int) -> int:
    return batch if index.extent == BATCH else int(index.extent)


def value_at(expression: Expr, point: Point, values: Values, batch: int) -> float:
    """The value of an expression where its free indices have the values of the point."""

    def value(part: Expr) -> float:
        return value_at(part, point, values, batch)

    if isinstance(expression, Index):
        return point[expression]
    if isinstance(expression, Access):
        return element(expression, [value(index) for index in expression.indices], values)
    if isinstance(expression, Reduction):
        return reduced(expression, point, values, batch)
    if isinstance(expression, functions.where):  # only the branch that counts: the other may be undefined
        condition, chosen, otherwise = expression.args
        return value(chosen) if value(condition) != 0 else value(otherwise)
    if expression == BATCH:
        return batch
    if isinstance(expression, sympy.Integer):
        return int(expression)
    if isinstance(expression, sympy.Rational):
        return int(expression.p) / int(expression.q)
    if expression.is_number and not expression.args:  # pi, E, infinities
        return float(expression)
    arguments = [value(argument) for argument in expression.args]
    for kind, rule in RULES.items():
        if isinstance(expression, kind):
            return rule(arguments)
    raise InternalError(f"the evaluator does not know {type(expression).__name__}: {expression}")


def element(access: Access, place: Sequence[float], values: Values) -> float:
    """An element of a tensor; 0 outside it."""
    if access.tensor not in values:
        raise InternalError(f"no value for tensor {access.tensor}")
    array = values[access.tensor]
    if array.ndim != len(place):
        raise InternalError(f"{access.tensor} has {array.ndim} axes, accessed with {len(place)}")
    whole = tuple(int(index) for index in place)
    if any(not 0 <= index < size for index, size in zip(whole, array.shape, strict=True)):
        return 0
    found = array[whole]
    return int(found) if np.issubdtype(array.dtype, np.integer) else float(found)


def reduced(reduction: Reduction, point: Point, values: Values, batch: int) -> float:
    """A sum, product, greatest value, or place of the first greatest value, counted in row-major order."""
    places = product(*(range(extent(index, batch)) for index in reduction.bound))
    terms = [
        value_at(reduction.body, point | dict(zip(reduction.bound, place, strict=True)), values, batch)
        for place in places
    ]
    match reduction.op:
        case "sum":
            return sum(terms)
        case "prod":
            return math.prod(terms)
        case "max":
            return max(terms)
        case "argmax":
            return terms.index(max(terms))
    raise InternalError(f"the evaluator does not know the reduction {reduction.op}")


def power(base: float, exponent: float) -> float:
    """base ** exponent; dividing by 0 gives infinity, what is not real gives nan, as in C."""
    if base == 0 and exponent < 0:
        return math.inf
    if base < 0 and exponent != int(exponent):
        return math.nan
    return saturated(lambda: float(base) ** exponent)


def saturated(compute: Callable[[], float]) -> float:
    """A value, or infinity where it is too large for float64."""
    try:
        return compute()
    except OverflowError:
        return math.inf


def logarithm(argument: float) -> float:
    if argument == 0:
        return -math.inf
    return math.log(argument) if argument > 0 else math.nan


def sigmoid(argument: float) -> float:
    return 1 / (1 + math.exp(-argument)) if argument >= 0 else 1 - 1 / (1 + math.exp(argument))


def softplus(argument: float) -> float:
    return max(argument, 0) + math.log1p(math.exp(-abs(argument)))


def total(terms: Sequence[float]) -> float:
    return sum(terms)


def of_one(rule: Callable[[float], float]) -> Callable[[Sequence[float]], float]:
    return lambda arguments: rule(arguments[0])


RULES: dict[type[Expr], Callable[[Sequence[float]], float]] = {
    sympy.Add: total,
    sympy.Mul: math.prod,
    sympy.Pow: lambda arguments: power(*arguments),
    sympy.exp: lambda arguments: saturated(lambda: math.exp(arguments[0])),
    sympy.log: of_one(logarithm),
    sympy.sin: of_one(math.sin),
    sympy.cos: of_one(math.cos),
    sympy.tan: of_one(math.tan),
    sympy.sinh: lambda arguments: saturated(lambda: math.sinh(arguments[0])),
    sympy.cosh: lambda arguments: saturated(lambda: math.cosh(arguments[0])),
    sympy.tanh: of_one(math.tanh),
    sympy.atan: of_one(math.atan),
    sympy.erf: of_one(math.erf),
    sympy.Abs: of_one(abs),
    sympy.sign: of_one(lambda argument: (argument > 0) - (argument < 0)),
    functions.absolute: of_one(abs),
    functions.sign: of_one(lambda argument: (argument > 0) - (argument < 0)),
    functions.stop: of_one(lambda argument: argument),
    functions.sigmoid: of_one(sigmoid),
    functions.softplus: of_one(softplus),
    functions.log1p: of_one(lambda argument: math.log1p(argument) if argument > -1 else logarithm(1 + argument)),
    functions.expm1: lambda arguments: saturated(lambda: math.expm1(arguments[0])),
    functions.maximum: max,
    functions.minimum: min,
    functions.greater: lambda arguments: int(arguments[0] > arguments[1]),
    functions.greater_equal: lambda arguments: int(arguments[0] >= arguments[1]),
    functions.equal: lambda arguments: int(arguments[0] == arguments[1]),
}
