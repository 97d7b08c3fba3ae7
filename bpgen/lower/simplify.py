"""Scalars in a given range of their loops: conditions that are known there are folded away."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from bpgen.lower.cuts import Ranges, decide, ranges_of
from bpgen.lower.scalar import Constant, Operation, Reduce, Scalar


def zero(dtype: str) -> Constant:
    return Constant(dtype, Fraction(0))


def is_zero(scalar: Scalar) -> bool:
    return isinstance(scalar, Constant) and scalar.value == 0


def simplify(scalar: Scalar, ranges: Ranges) -> Scalar:
    """The scalar, from the inside out; 0 * a -> 0 whatever a is, as everywhere in the algebra."""
    match scalar:
        case Operation(arguments=arguments):
            known = decide(scalar, ranges)
            if known is not None:
                return Constant(scalar.dtype, Fraction(known))
            return _folded(replace(scalar, arguments=tuple(simplify(argument, ranges) for argument in arguments)))
        case Reduce(op=op, loops=loops, body=body):
            body = simplify(body, {**ranges, **ranges_of(loops)})
            return zero(scalar.dtype) if op == "sum" and is_zero(body) else replace(scalar, body=body)
        case _:
            return scalar


def _folded(node: Operation) -> Scalar:
    match node.op, node.arguments:
        case "select", (Constant(value=value), chosen, otherwise):
            return chosen if value else otherwise
        case "select", (_, chosen, otherwise) if chosen == otherwise:
            return chosen
        case "and" | "or" as op, (left, right):
            return _combined(node, op, left, right)
        case "not", (Constant(value=value),):
            return Constant(node.dtype, Fraction(not value))
        case (("cast" | "negative" | "square" | "sqrt" | "abs"), (Constant(),)) if is_zero(node.arguments[0]):
            return zero(node.dtype)
        case "multiply", (left, right) if is_zero(left) or is_zero(right):
            return zero(node.dtype)
        case "divide", (over, _) if is_zero(over):
            return zero(node.dtype)
        case "add", (left, right) if is_zero(left) or is_zero(right):
            return right if is_zero(left) else left
        case "subtract", (left, right) if is_zero(right):
            return left
        case "subtract", (left, right) if is_zero(left):
            return _folded(Operation(node.dtype, "negative", (right,)))
        case _:
            return node


def _combined(node: Operation, op: str, left: Scalar, right: Scalar) -> Scalar:
    """and, or: a side that is known decides, or leaves the other."""
    for known, other in ((left, right), (right, left)):
        if isinstance(known, Constant):
            return other if bool(known.value) == (op == "and") else replace(known, dtype=node.dtype)
    return node
