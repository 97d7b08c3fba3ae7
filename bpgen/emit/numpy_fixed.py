"""Values with what is known of their loops put in: variables of one value, and reductions over nothing."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import inf

from bpgen.lower.rewrite import Substitution, transform
from bpgen.lower.scalar import Affine, Constant, Reduce, Scalar

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
