"""Vectorised values of expressions: what every rewrite is checked against.

An expression is evaluated at points (a value for each free index) or on the full grid of a tensor.
Each index is an integer array; NumPy's broadcasting does the rest.  Reductions add an axis for each
bound index; of a sum of products each factor is evaluated on its own indices alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray
from sympy import Expr

from bpgen.algebra import digits, functions
from bpgen.algebra.digits import quotient
from bpgen.algebra.errors import InternalError
from bpgen.algebra.expressions import Access, Reduction
from bpgen.algebra.index import BATCH, Index, extent_of
from bpgen.algebra.random import uniform_numbers
from bpgen.algebra.recurrence import Component
from bpgen.algebra.slope import slope
from bpgen.algebra.system import Equation
from bpgen.derive.grids import contract, gather, slope_at
from bpgen.derive.narrow import narrowed
from bpgen.derive.split_digits import split_digits

Array = NDArray[Any]
Frame = Mapping[Expr, Array]

# Where a part of an expression has a larger grid than this, the tensor is evaluated piece by piece.
PIECE = 1 << 20
# What is smaller than this is compared with its terms, of which it may be no more than the rounding.
FAINT = 1e-10
ROUNDING = 1e-14


def _sigmoid(x: Array) -> Array:
    tail = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, tail) / (1.0 + tail)


def _erf(x: Array) -> Array:
    values = np.asarray(x, float)
    return np.fromiter(map(math.erf, values.ravel().tolist()), float, values.size).reshape(values.shape)


FUNCTIONS: dict[Any, Callable[..., Any]] = {
    sympy.exp: np.exp, sympy.log: np.log, sympy.sin: np.sin, sympy.cos: np.cos, sympy.tan: np.tan,
    sympy.sinh: np.sinh, sympy.cosh: np.cosh, sympy.tanh: np.tanh, sympy.atan: np.arctan, sympy.erf: _erf,
    sympy.Abs: np.abs, sympy.sign: np.sign, functions.absolute: np.abs, functions.sign: np.sign,
    functions.maximum: np.maximum, functions.minimum: np.minimum, functions.stop: lambda x: x,
    functions.sigmoid: _sigmoid, functions.softplus: lambda x: np.logaddexp(0.0, x),
    functions.log1p: np.log1p, functions.expm1: np.expm1,
    functions.greater: lambda a, b: np.asarray(a > b, float),
    functions.greater_equal: lambda a, b: np.asarray(a >= b, float),
    functions.equal: lambda a, b: np.asarray(a == b, float),
    digits.quotient: np.floor_divide, digits.remainder: np.mod,
    functions.where: lambda c, a, b: np.where(c != 0, a, b),
    functions.uniform: uniform_numbers,
}  # fmt: skip

REDUCTIONS: dict[str, Callable[..., Any]] = {"max": np.max, "prod": np.prod, "argmax": np.argmax}


class Values:
    """The value of every tensor, for one batch size, and of expressions over them.

    later: equations of tensors that nothing may ever read, such as gradients by parameters: as large as these, they
        are evaluated when they are asked for
    smaller: by size, what stands for it (`stand_ins`)
    made: by tensor, the equation that gave its values; those that are given have none
    """

    def __init__(
        self, batch: int, tensors: dict[str, Array], later: Mapping[str, Equation] | None = None,
        smaller: Mapping[int, int] | None = None,
    ) -> None:  # fmt: skip
        self.batch = batch
        self.tensors = tensors
        self.later = dict(later or {})
        self.smaller = dict(smaller or {})
        self.made: dict[str, Equation] = {}

    def __contains__(self, name: str) -> bool:
        return name in self.tensors or name in self.later

    def of(self, name: str) -> Array | None:
        """The value of a tensor, if it has one."""
        if name not in self.tensors and name in self.later:
            self.made[name] = self.later.pop(name)
            self.tensors[name] = self.everywhere(self.made[name])
        return self.tensors.get(name)

    def add(self, equation: Equation, *, later: bool = False) -> None:
        """Let the tensor of an equation have the values that this gives.  later: once they are asked for."""
        self.tensors.pop(equation.tensor.name, None)
        self.later[equation.tensor.name] = equation
        if not later:
            self.of(equation.tensor.name)

    def adopt(self, name: str, other: Values) -> None:
        """Let a tensor have the values that it has there; what it is computed from has the same in both."""
        if name in other.tensors:
            self.tensors[name] = other.tensors[name]
            self.made |= {name: other.made[name]} if name in other.made else {}
        else:
            self.later[name] = other.later[name]

    def alike(self, tensors: dict[str, Array]) -> Values:
        """Values for the same sizes, of these tensors."""
        return Values(self.batch, tensors, smaller=self.smaller)

    def copy(self) -> Values:
        copied = Values(self.batch, dict(self.tensors), self.later, self.smaller)
        copied.made.update(self.made)
        return copied

    def clear(self) -> None:
        self.tensors.clear()
        self.later.clear()

    def extent(self, index: Index) -> int:
        extent = extent_of(index)
        return self.batch if isinstance(extent, str) else self.smaller.get(extent, extent)

    def at(self, expression: Expr, points: Frame) -> Array:
        """The expression at points: each free index maps to an array of the points' coordinates."""
        with np.errstate(all="ignore"):
            count = max((len(v) for v in points.values()), default=1)
            return np.broadcast_to(np.asarray(self._value(expression, dict(points), 1), float), (count,))

    def size_at(self, expression: Expr, points: Frame) -> Array:
        """The sum of the absolute values of the terms at points: what rounding errors are relative to."""
        with np.errstate(all="ignore"):  # a part may be infinite, or undefined, where the whole is not
            return self._size_at(expression, points)

    def _size_at(self, expression: Expr, points: Frame) -> Array:
        if isinstance(expression, sympy.Add):
            return np.asarray(sum(self._size_at(term, points) for term in expression.args))
        if isinstance(expression, sympy.Mul):
            return np.asarray(math.prod(self._size_at(factor, points) for factor in expression.args))
        if isinstance(expression, functions.where):
            condition, *branches = expression.args
            return np.where(self.at(condition, points) != 0, *(self._size_at(branch, points) for branch in branches))
        if isinstance(expression, Reduction) and expression.op == "sum":
            return self.at(Reduction("sum", _size(expression.body), *expression.bound), points)
        return np.abs(self.at(expression, points))

    def everywhere(self, equation: Equation) -> Array:
        """All elements of the tensor that the equation defines."""
        split = split_digits(equation) if equation.rhs.has(quotient) else equation
        found = self._over(split, tuple(np.arange(self.extent(index)) for index in split.indices))
        return self._without_noise(found.reshape([self.extent(index) for index in equation.indices]), equation)

    def sizes(self, equation: Equation) -> Array:
        """For all elements of the tensor that the equation defines, the size of their terms."""
        return self.everywhere(replace(equation, rhs=_size(equation.rhs)))

    def _without_noise(self, found: Array, equation: Equation) -> Array:
        """0 where all elements are rounding errors of larger terms: what is made of them would be compared with 0."""
        sizes = np.abs(found)
        if not found.size or not 0 < np.max(sizes) < FAINT:
            return found
        place = np.unravel_index(np.argmax(sizes), found.shape)
        point: Frame = {index: np.array([number]) for index, number in zip(equation.indices, place, strict=True)}
        return found * 0 if np.max(sizes) <= ROUNDING * np.max(self.size_at(equation.rhs, point)) else found

    def recur(self, component: Component, equations: Iterable[Equation]) -> None:
        """All elements of the tensors of a recurrence, step by step; the equations are its own, in their order."""
        own = list(equations)
        for equation in own:  # what is read too early shows as nan
            self.made[equation.tensor.name] = equation
            self.tensors[equation.tensor.name] = np.full([self.extent(index) for index in equation.indices], np.nan)
        steps = range(self.batch if component.extent == BATCH else int(component.extent))
        for step in reversed(steps) if component.backwards else steps:
            for equation in own:
                time = component.axis(equation.tensor.name)
                places = [np.arange(self.extent(index)) for index in equation.indices]
                places[time] = np.array([step])
                here = (*(slice(None),) * time, slice(step, step + 1))
                self.tensors[equation.tensor.name][here] = self._over(equation, tuple(places))

    def _over(self, equation: Equation, places: tuple[Array, ...]) -> Array:
        """The values of an equation for all combinations of its indices' values."""
        shape = tuple(len(numbers) for numbers in places)
        parts = min(shape[0], -(-_largest(equation.rhs, self.batch) // PIECE)) if shape else 1
        pieces = np.array_split(places[0], parts) if parts > 1 else places[:1]
        found = [self._on_grid(equation, (piece, *places[1:])) for piece in pieces]
        return np.concatenate(found) if found else self._on_grid(equation, ())

    def _on_grid(self, equation: Equation, places: tuple[Array, ...]) -> Array:
        rank = len(places)
        frame: dict[Expr, Array] = {
            index: numbers.reshape([-1 if axis == n else 1 for axis in range(rank)])
            for n, (index, numbers) in enumerate(zip(equation.indices, places, strict=True))
        }
        with np.errstate(all="ignore"):
            value = np.asarray(self._value(equation.rhs, frame, rank), float)
        return np.array(np.broadcast_to(value, tuple(len(numbers) for numbers in places)))

    def _value(self, node: Expr, frame: dict[Expr, Array], rank: int) -> Any:
        if isinstance(node, Access):
            return self._access(node, frame, rank)
        if isinstance(node, Reduction):
            return self._reduction(node, frame, rank)
        if node in frame:
            return frame[node]
        if not node.args and (node.is_number or node == BATCH):
            return float(self.batch if node == BATCH else node)
        if isinstance(node, slope):
            return self._slope(node, frame, rank)
        arguments = [self._value(argument, frame, rank) for argument in node.args]
        if isinstance(node, sympy.Add):
            return sum(arguments[1:], arguments[0])
        if isinstance(node, sympy.Mul):
            return math.prod(arguments[1:], start=arguments[0])
        if isinstance(node, sympy.Pow):
            return _power(node, arguments)
        function = FUNCTIONS.get(node.func)
        if function is None:
            raise InternalError(f"no numerical value is known for {node.func}: {node}")
        return function(*arguments)

    def _access(self, node: Access, frame: dict[Expr, Array], rank: int) -> Any:
        array = self.of(node.tensor)
        if array is None:
            raise InternalError(f"no value is known for {node}")
        if not node.indices:
            return array[()]
        places = [np.asarray(self._value(index, frame, rank), np.int64) for index in node.indices]
        return gather(array, places)

    def _slope(self, node: Expr, frame: dict[Expr, Array], rank: int) -> Any:
        """The slope at the element's value, by differences, without any rule of derivatives."""
        function, access = node.args
        mark = sympy.Dummy(real=True)
        held = {reduction: sympy.Dummy(real=True) for reduction in function.atoms(Reduction)}
        around = frame | {stand: self._value(reduction, frame, rank) for reduction, stand in held.items()}
        of_mark = function.xreplace(held).xreplace({access: mark})
        return slope_at(lambda x: self._value(of_mark, around | {mark: x}, rank), self._value(access, frame, rank))

    def _inner(self, bound: tuple[Index, ...], frame: dict[Expr, Array], rank: int) -> dict[Expr, Array]:
        """The frame with an axis more for each bound index."""
        count = len(bound)
        inner = {key: np.asarray(value).reshape(np.shape(value) + (1,) * count) for key, value in frame.items()}
        for position, index in enumerate(bound):
            shape = [1] * (rank + count)
            shape[rank + position] = self.extent(index)
            inner[index] = np.arange(self.extent(index)).reshape(shape)
        return inner

    def _sum(self, node: Reduction, frame: dict[Expr, Array], rank: int) -> Any:
        total: Any = 0.0
        for term in sympy.Add.make_args(node.body):
            narrow, bound = narrowed(term, node.bound)
            inner = self._inner(bound, frame, rank)
            factors = [self._value(factor, inner, rank + len(bound)) for factor in sympy.Mul.make_args(narrow)]
            total = total + contract(factors, rank, [self.extent(index) for index in bound])
        return total

    def _reduction(self, node: Reduction, frame: dict[Expr, Array], rank: int) -> Any:
        if node.op == "sum":
            return self._sum(node, frame, rank)
        count = len(node.bound)
        inner = self._inner(node.bound, frame, rank)
        body = np.asarray(self._value(node.body, inner, rank + count), float)
        extents = tuple(self.extent(index) for index in node.bound)
        full = np.broadcast_to(body, np.broadcast_shapes(body.shape, (1,) * rank + extents))
        flat = full.reshape((*full.shape[:rank], -1))
        return REDUCTIONS[node.op](flat, axis=-1)


@lru_cache(maxsize=4096)  # for each way of evaluating the same equation, of which there are dozens
def _largest(node: Expr, batch: int) -> int:
    """The size of the largest grid on which a part of the expression is evaluated."""
    if isinstance(node, Reduction) and node.op == "sum":
        terms = (narrowed(term, node.bound)[0] for term in sympy.Add.make_args(node.body))
        return max(_largest(factor, batch) for term in terms for factor in sympy.Mul.make_args(term))
    if isinstance(node, Reduction):
        return max(_largest(node.body, batch), _grid(node.body, batch))
    return max([_grid(node, batch), *(_largest(part, batch) for part in node.args)])


def _grid(node: Expr, batch: int) -> int:
    extents = (index.extent for index in node.free_symbols if isinstance(index, Index))
    return math.prod(batch if extent == BATCH else int(extent) for extent in extents)


def _size(node: Expr) -> Expr:
    """The size of a value, term by term and factor by factor."""
    if isinstance(node, sympy.Add | sympy.Mul):
        return node.func(*(_size(part) for part in node.args))
    if isinstance(node, functions.where):
        return functions.where(node.args[0], _size(node.args[1]), _size(node.args[2]))
    if isinstance(node, Reduction) and node.op == "sum":
        return Reduction("sum", _size(node.body), *node.bound)
    return functions.absolute(node)


def _power(node: Expr, arguments: list[Any]) -> Any:
    exponent = node.args[1]
    if exponent.is_Integer and abs(int(exponent)) <= 4:
        base = arguments[0]
        product = math.prod([base] * abs(int(exponent)))
        return product if int(exponent) > 0 else 1.0 / product
    return np.power(np.asarray(arguments[0], float), arguments[1])
