"""Reductions of a body over part of its range, where it may have come to depend on fewer loops."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from bpgen.lower.rewrite import reduction, transform, variables
from bpgen.lower.scalar import (
    BATCH,
    Affine,
    BatchSize,
    Constant,
    IndexValue,
    Indirect,
    Load,
    Loop,
    Operation,
    Reduce,
    Scalar,
)
from bpgen.lower.schedule import Assign
from bpgen.lower.simplify import is_zero, zero


def reduced(found: Reduce, loops: tuple[Loop, ...], body: Scalar) -> Scalar:
    """sum, max or prod of the body over the loops: n equal terms are n times one."""
    needed = variables(body, {})
    value: Scalar = body
    over = tuple(loop for loop in loops if loop.name in needed)
    if over:
        value = replace(found, loops=over, body=body)
    if found.op == "max":
        return value
    for loop in loops:
        if loop in over:
            continue
        if is_zero(body):
            return zero(found.dtype)
        count = BatchSize(value.dtype) if loop.extent == BATCH else Constant(value.dtype, Fraction(loop.extent))
        value = Operation(value.dtype, "multiply" if found.op == "sum" else "power", (value, count))
    return value


def counted(statement: Assign) -> Assign:
    """The statement whose sum or product has the loops alone that its body depends on: sum[i](a) -> n a."""
    found = reduction(statement.value)
    if found is None or found.op == "argmax" or not found.loops:
        return statement
    whole = reduced(found, found.loops, found.body)
    if whole == found:
        return statement
    return replace(statement, value=transform(statement.value, lambda node: whole if node is found else None))


def place_of(loops: tuple[Loop, ...], body: Scalar) -> Scalar:
    """The value of the loop's variable where the body is largest; the loop is counted from 0."""
    (loop,) = loops
    start = Constant("int32", Fraction(loop.start))
    if loop.name not in variables(body, {}):
        return start
    place = Reduce("int32", "argmax", (replace(loop, start=0),), moved(body, loop.name, loop.start))
    return Operation("int32", "add", (place, start)) if loop.start else place


def moved(scalar: Scalar, name: str, by: int) -> Scalar:
    """The scalar with name + by in the place of a loop variable."""

    def affine(index: Affine) -> Affine:
        return Affine(index.terms, index.constant + by * dict(index.terms).get(name, 0))

    def load(node: Load) -> Load:
        return replace(
            node, indices=tuple(affine(i) if isinstance(i, Affine) else Indirect(load(i.load)) for i in node.indices)
        )

    def change(node: Scalar) -> Scalar | None:
        match node:
            case Load():
                return load(node)
            case IndexValue(index=index):
                return replace(node, index=affine(index))
            case _:
                return None

    return transform(scalar, change)
