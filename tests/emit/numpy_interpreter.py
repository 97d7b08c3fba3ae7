"""A schedule run by the book: loops in order, one element at a time, in float64.  The oracle of the emitter's tests."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np

from bpgen.lower.scalar import (
    Affine,
    BatchSize,
    Constant,
    IndexValue,
    Indirect,
    Load,
    Local,
    Loop,
    Operation,
    Reduce,
    Scalar,
)
from bpgen.lower.schedule import Kernel, Schedule

UNARY = {
    "negative": lambda a: -a, "square": lambda a: a * a, "reciprocal": lambda a: np.float64(1) / a, "sqrt": np.sqrt,
    "exp": np.exp, "log": np.log, "log1p": np.log1p, "expm1": np.expm1, "abs": np.abs, "sign": np.sign, "sin": np.sin,
    "cos": np.cos, "tan": np.tan, "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "atan": np.arctan,
    "erf": math.erf, "not": lambda a: not a,
    "sigmoid": lambda a: np.float64(1) / (1 + np.exp(-a)), "softplus": lambda a: np.logaddexp(0, a),
}  # fmt: skip
BINARY = {
    "add": lambda a, b: a + b, "subtract": lambda a, b: a - b, "multiply": lambda a, b: a * b,
    "divide": np.divide, "power": np.float_power, "maximum": np.maximum, "minimum": np.minimum,
    "greater": lambda a, b: a > b, "greater_equal": lambda a, b: a >= b, "equal": lambda a, b: a == b,
    "and": lambda a, b: bool(a) and bool(b), "or": lambda a, b: bool(a) or bool(b),
}  # fmt: skip


def interpret(schedule: Schedule, program: str, buffers: Mapping[str, np.ndarray], batch: int) -> None:
    """Run a program on arrays by buffer's name, in place."""
    kernels = {kernel.name: kernel for kernel in schedule.kernels}
    found = next(item for item in schedule.programs if item.name == program)
    with np.errstate(all="ignore"):
        for call in found.flat_calls:
            kernel = kernels[call.kernel]
            names = (formal.name for formal in kernel.formals)
            _run(kernel, {n: buffers[b] for n, b in zip(names, call.arguments, strict=True)}, batch)


def _run(kernel: Kernel, arrays: Mapping[str, np.ndarray], batch: int) -> None:
    for outer in _values(kernel.loops, batch):
        local: dict[str, object] = {}
        for statement in kernel.statements:
            for inner in _values(statement.loops, batch):
                where = outer | inner
                value = _evaluate(statement.value, arrays, local, where, batch)
                if statement.local:
                    local[statement.target] = value
                else:
                    place = tuple(_index(index, arrays, where) for index in statement.indices)
                    before = arrays[statement.target][place] if statement.accumulate else 0
                    arrays[statement.target][place] = before + value


def _values(loops: tuple[Loop, ...], batch: int) -> Iterator[dict[str, int]]:
    if not loops:
        yield {}
        return
    first = loops[0]
    extent = batch if first.extent == "B" else int(first.extent)
    for value in range(first.start, first.start + extent):
        for rest in _values(loops[1:], batch):
            yield {first.name: value} | rest


def _index(index: Affine | Indirect, arrays: Mapping[str, np.ndarray], where: Mapping[str, int]) -> int:
    if isinstance(index, Affine):
        return index.constant + sum(c * where[name] for name, c in index.terms)
    load = index.load
    return int(arrays[load.buffer][tuple(_index(i, arrays, where) for i in load.indices)])


def _evaluate(node: Scalar, arrays, local, where: Mapping[str, int], batch: int):
    match node:
        case Constant(value=value, dtype=dtype):
            return int(value) if dtype == "int32" else np.float64(float(value))
        case BatchSize():
            return np.float64(batch)
        case IndexValue(index=index):
            return _index(index, arrays, where)
        case Local(name=name):
            return local[name]
        case Load(buffer=buffer, indices=indices):
            array = arrays[buffer]
            value = array[tuple(_index(i, arrays, where) for i in indices)]
            return int(value) if array.dtype == np.int32 else np.float64(value)
        case Reduce(op=op, loops=loops, body=body):
            values = [_evaluate(body, arrays, local, where | inner, batch) for inner in _values(loops, batch)]
            if not values:
                return {"sum": 0, "max": -np.inf, "prod": 1, "argmax": 0}[op]
            return {"sum": np.sum, "max": np.max, "prod": np.prod, "argmax": np.argmax}[op](values)
        case Operation(op="select", arguments=(condition, chosen, otherwise)):
            branch = chosen if _evaluate(condition, arrays, local, where, batch) else otherwise
            return _evaluate(branch, arrays, local, where, batch)
        case Operation(op="cast", dtype=dtype, arguments=(argument,)):
            value = _evaluate(argument, arrays, local, where, batch)
            return int(value) if dtype == "int32" else np.float64(value)
        case Operation(op=op, arguments=arguments):
            values = [_evaluate(argument, arrays, local, where, batch) for argument in arguments]
            result = UNARY[op](values[0]) if len(values) == 1 else BINARY[op](*values)
            return np.float64(result) if node.dtype == "real" else result
    raise AssertionError(node)
