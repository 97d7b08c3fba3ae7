"""Values with what is known put in: variables of one value, reductions over nothing, functions of what is negative."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import inf

from bpgen.lower.rewrite import Substitution, transform
from bpgen.lower.scalar import Affine, Constant, Operation, Reduce, Scalar

IDENTITIES: dict[str, Fraction | float] = {
    "sum": Fraction(0), "prod": Fraction(1), "max": -inf, "argmax": Fraction(0)
}  # fmt: skip


def without_empty(node: Scalar) -> Scalar:
    """The value with reductions over no elements as what they start from."""

    def change(part: Scalar) -> Scalar | None:
        if isinstance(part, Reduce) and any(loop.extent == 0 for loop in part.loops):
            return Constant(part.dtype, IDENTITIES[part.op])
        return None

    return transform(node, change)


def fix_loops(node: Scalar, fixed: Mapping[str, int]) -> Scalar:
    """The value with loops of extent 1 replaced by the one value their variable has."""
    return Substitution({name: Affine((), value) for name, value in fixed.items()}).scalar(node) if fixed else node


def without_signs(node: Scalar) -> Scalar:
    """sigmoid(-u) -> 1 / (1 + exp(u)), which is how it is computed.  Where exp is infinite that is 0."""

    def change(part: Scalar) -> Scalar | None:
        if not isinstance(part, Operation) or part.op != "sigmoid":
            return None
        (argument,) = part.arguments
        if not isinstance(argument, Operation) or argument.op != "negative":
            return None
        power = Operation(part.dtype, "exp", (without_signs(argument.arguments[0]),))
        return Operation(
            part.dtype, "reciprocal", (Operation(part.dtype, "add", (Constant(part.dtype, Fraction(1)), power)),)
        )

    return transform(node, change)
