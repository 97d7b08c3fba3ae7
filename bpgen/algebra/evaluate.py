"""The brute-force evaluator: the judge of everything else.

Every element by itself, in Python loops over every value of every index, in float64, with the math module
alone.  It shares no code with any other stage, and does nothing clever; which axis a recurrence runs along is the
one thing that it is told.
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

from bpgen.algebra import digits, functions
from bpgen.algebra.errors import InternalError
from bpgen.algebra.expressions import Access, Reduction
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.recurrence import components
from bpgen.algebra.system import Equation, System

Array = NDArray[Any]
Values = Mapping[str, Array]
Place = dict[int, int]  # number of an index -> its value
Rule = Callable[[Place], float]


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
    recurrences = {name: component for component in components(equations) for name in component.names}
    for equation in equations:
        name = equation.tensor.name
        component = recurrences.get(name)
        if component is None:
            known[name] = defined[name] = unknown(equation, batch)
            fill(equation, known, batch)
        elif name == component.names[0]:
            partners = [other for other in equations if other.tensor.name in component.names]
            known |= {other.tensor.name: unknown(other, batch) for other in partners}
            defined |= {other: known[other] for other in component.names}
            steps = range(batch if component.extent == BATCH else int(component.extent))
            for step in reversed(steps) if component.backwards else steps:
                for other in partners:
                    fill(other, known, batch, {component.axis(other.tensor.name): step})
    return defined


def unknown(equation: Equation, batch: int) -> Array:
    """The tensor of an equation before it is computed: a value read too early shows as nan."""
    shape = tuple(extent(index, batch) for index in equation.indices)
    whole = equation.tensor.dtype == "int32"
    return np.zeros(shape, np.int64) if whole else np.full(shape, np.nan)


def fill(equation: Equation, known: Mapping[str, Array], batch: int, fixed: Mapping[int, int] | None = None) -> None:
    """Compute the elements of an equation's tensor.  fixed: axes that have one value each."""
    result = known[equation.tensor.name]
    value = rule(equation.rhs, {index: n for n, index in enumerate(equation.indices)}, known, batch)
    ranges = [range(size) for size in result.shape]
    for axis, number in (fixed or {}).items():
        ranges[axis] = range(number, number + 1)
    for place in product(*ranges):
        result[place] = value(dict(enumerate(place)))


def evaluate_expression(
    expression: Expr, indices: Mapping[Index, int], values: Mapping[str, Array | float], batch: int = 1
) -> float:
    """One value of an expression, its free indices being given."""
    known = {name: np.asarray(value) for name, value in values.items()}
    return rule(expression, {index: n for n, index in enumerate(indices)}, known, batch)(
        dict(enumerate(indices.values()))
    )


def extent(index: Index, batch: int) -> int:
    return batch if index.extent == BATCH else int(index.extent)


def rule(expression: Expr, numbers: Mapping[Index, int], values: Values, batch: int) -> Rule:
    """How to compute an expression at a place: each part of it by itself, from its own parts.

    numbers: every index in scope -> its number in a place.
    """

    def below(part: Expr) -> Rule:
        return rule(part, numbers, values, batch)

    if isinstance(expression, Index):
        number = numbers[expression]
        return lambda place: place[number]
    if isinstance(expression, Access):
        return element(expression, [below(index) for index in expression.indices], values)
    if isinstance(expression, Reduction):
        return reduced(expression, numbers, values, batch)
    if isinstance(expression, functions.where):  # only the branch that counts: the other may be undefined
        condition, chosen, otherwise = (below(part) for part in expression.args)
        return lambda place: chosen(place) if condition(place) != 0 else otherwise(place)
    if expression == BATCH:
        return lambda place: batch
    if expression.is_number and not expression.args:
        constant = number_value(expression)
        return lambda place: constant
    function = next((FUNCTIONS[kind] for kind in FUNCTIONS if isinstance(expression, kind)), None)
    if function is None:
        raise InternalError(f"the evaluator does not know {type(expression).__name__}: {expression}")
    arguments = [below(argument) for argument in expression.args]
    return lambda place: function([argument(place) for argument in arguments])


def number_value(number: Expr) -> float:
    if isinstance(number, sympy.Integer):
        return int(number)
    if isinstance(number, sympy.Rational):
        return int(number.p) / int(number.q)
    return float(number)  # pi, e, the infinities


def element(access: Access, indices: Sequence[Rule], values: Values) -> Rule:
    """An element of a tensor; 0 outside it."""
    if access.tensor not in values:
        raise InternalError(f"no value for tensor {access.tensor}")
    array = values[access.tensor]
    if array.ndim != len(indices):
        raise InternalError(f"{access.tensor} has {array.ndim} axes, accessed with {len(indices)}")

    def read(place: Place) -> float:
        where = tuple(int(index(place)) for index in indices)
        inside = all(0 <= index < size for index, size in zip(where, array.shape, strict=True))
        found: float = array[where].item() if inside else 0
        return found

    return read


def reduced(reduction: Reduction, numbers: Mapping[Index, int], values: Values, batch: int) -> Rule:
    """A sum, product, greatest value, or place of the first greatest value, counted in row-major order."""
    if reduction.op not in REDUCTIONS:
        raise InternalError(f"the evaluator does not know the reduction {reduction.op}")
    bound = {index: len(numbers) + n for n, index in enumerate(reduction.bound)}
    body = rule(reduction.body, {**numbers, **bound}, values, batch)
    ranges = [range(extent(index, batch)) for index in reduction.bound]

    def reduce(place: Place) -> float:
        inner = (dict(zip(bound.values(), point, strict=True)) for point in product(*ranges))
        return REDUCTIONS[reduction.op]([body({**place, **point}) for point in inner])

    return reduce


def power(base: float, exponent: float) -> float:
    """base ** exponent; dividing by 0 gives infinity, what is not real gives nan, as in C."""
    if base == 0 and exponent < 0:
        return math.inf
    if base < 0 and exponent != int(exponent):
        return math.nan
    size = saturated(lambda: float(abs(base)) ** exponent)
    return -size if base < 0 and exponent % 2 else size


def saturated(compute: Callable[[], float]) -> float:
    """A value, or infinity where it is too large for float64."""
    try:
        return compute()
    except OverflowError:
        return math.inf


def hyperbolic_sine(argument: float) -> float:
    return math.copysign(saturated(lambda: math.sinh(abs(argument))), argument)


def logarithm(argument: float) -> float:
    if argument == 0:
        return -math.inf
    return math.log(argument) if argument > 0 else math.nan


def sigmoid(argument: float) -> float:
    return 1 / (1 + math.exp(-argument)) if argument >= 0 else 1 - 1 / (1 + math.exp(argument))


def softplus(argument: float) -> float:
    return max(argument, 0) + math.log1p(math.exp(-abs(argument)))


def uniform(arguments: Sequence[float]) -> float:
    """The random number of (seed, step, stream, position): words of 32 bits mixed by lowbias32, see algebra.random."""

    def mixed(word: int) -> int:
        word = ((word ^ (word >> 16)) * 0x7FEB352D) % 2**32
        word = ((word ^ (word >> 15)) * 0x846CA68B) % 2**32
        return word ^ (word >> 16)

    seed, step, stream, position = (int(argument) % 2**32 for argument in arguments)
    key = mixed(mixed(mixed(seed ^ 0x9E3779B9) ^ step) ^ stream)
    word = mixed((mixed(position ^ key) + mixed((key + 0x9E3779B9) % 2**32)) % 2**32)
    return (word // 2**8) / 2**24


def total(terms: Sequence[float]) -> float:
    return sum(terms)


def of_one(rule: Callable[[float], float]) -> Callable[[Sequence[float]], float]:
    return lambda arguments: rule(arguments[0])


def of_finite(rule: Callable[[float], float]) -> Callable[[float], float]:
    """A function that infinity has no value of: nan there, as in C, where Python raises."""
    return lambda argument: math.nan if math.isinf(argument) else rule(argument)


FUNCTIONS: dict[type[Expr], Callable[[Sequence[float]], float]] = {
    sympy.Add: total,
    sympy.Mul: math.prod,
    sympy.Pow: lambda arguments: power(*arguments),
    sympy.exp: lambda arguments: saturated(lambda: math.exp(arguments[0])),
    sympy.log: of_one(logarithm),
    sympy.sin: of_one(of_finite(math.sin)),
    sympy.cos: of_one(of_finite(math.cos)),
    sympy.tan: of_one(of_finite(math.tan)),
    sympy.sinh: of_one(hyperbolic_sine),
    sympy.cosh: lambda arguments: saturated(lambda: math.cosh(arguments[0])),
    sympy.tanh: of_one(math.tanh),
    sympy.atan: of_one(math.atan),
    sympy.erf: of_one(math.erf),
    sympy.Abs: of_one(abs),
    sympy.sign: of_one(lambda argument: (argument > 0) - (argument < 0)),
    functions.absolute: of_one(abs),
    functions.sign: of_one(lambda argument: (argument > 0) - (argument < 0)),
    functions.stop: of_one(lambda argument: argument),
    functions.uniform: uniform,
    functions.sigmoid: of_one(sigmoid),
    functions.softplus: of_one(softplus),
    functions.log1p: of_one(lambda argument: math.log1p(argument) if argument > -1 else logarithm(1 + argument)),
    functions.expm1: lambda arguments: saturated(lambda: math.expm1(arguments[0])),
    functions.maximum: max,
    functions.minimum: min,
    functions.greater: lambda arguments: int(arguments[0] > arguments[1]),
    functions.greater_equal: lambda arguments: int(arguments[0] >= arguments[1]),
    functions.equal: lambda arguments: int(arguments[0] == arguments[1]),
    digits.quotient: lambda arguments: arguments[0] // arguments[1],
    digits.remainder: lambda arguments: arguments[0] % arguments[1],
}

REDUCTIONS: dict[str, Callable[[Sequence[float]], float]] = {
    "sum": total,
    "prod": math.prod,
    "max": max,
    "argmax": lambda terms: terms.index(max(terms)),
}
