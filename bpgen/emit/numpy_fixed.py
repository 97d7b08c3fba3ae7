"""Values with what is known of their loops put in: variables of one value, and reductions over nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from math import inf

from bpgen.lower.scalar import (
    Affine,
    Constant,
    IndexExpression,
    IndexValue,
    Indirect,
    Load,
    Operation,
    Reduce,
    Scalar,
)

IDENTITIES: dict[str, Fraction | float] = {
    "sum": Fraction(0), "prod": Fraction(1), "max": -inf, "argmax": Fraction(0)
}  # fmt: skip


def without_empty(node: Scalar) -> Scalar:
    """The value with reductions over no elements as what they start from."""
    match node:
        case Reduce(op=op, loops=loops) if any(loop.extent == 0 for loop in loops):
            return Constant(node.dtype, IDENTITIES[op])
        case Reduce(body=body):
            return replace(node, body=without_empty(body))
        case Operation(arguments=arguments):
            return replace(node, arguments=tuple(without_empty(argument) for argument in arguments))
        case _:
            return node


def fix_loops(node: Scalar, fixed: Mapping[str, int]) -> Scalar:
    """The value with loops of extent 1 replaced by the one value their variable has."""
    if not fixed:
        return node

    def fix_index(index: IndexExpression) -> IndexExpression:
        if isinstance(index, Indirect):
            return Indirect(fix_load(index.load))
        kept = tuple(term for term in index.terms if term[0] not in fixed)
        return Affine(kept, index.constant + sum(c * fixed[name] for name, c in index.terms if name in fixed))

    def fix_load(load: Load) -> Load:
        return replace(load, indices=tuple(fix_index(index) for index in load.indices))

    match node:
        case Load():
            return fix_load(node)
        case IndexValue(index=index):
            fixed_index = fix_index(index)
            assert isinstance(fixed_index, Affine)
            return replace(node, index=fixed_index)
        case Operation(arguments=arguments):
            return replace(node, arguments=tuple(fix_loops(argument, fixed) for argument in arguments))
        case Reduce(body=body):
            return replace(node, body=fix_loops(body, fixed))
        case _:
            return node
