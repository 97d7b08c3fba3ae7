"""What differs at a kink alone: z >= 0 where the derivation has z > 0."""

from __future__ import annotations

import sympy
from sympy import Expr, Integer

from bpgen.algebra.functions import Bracket, equal, greater, greater_equal
from bpgen.algebra.printing import print_expression
from bpgen.claims.prove import Prover


def kinks(claimed: Expr, right: Expr, prover: Prover) -> str:
    """In words where two sides differ that are proved equal everywhere else; "" where they are not."""
    if not prover.equal(_beside(claimed), _beside(right)):
        return ""
    own = {bracket.args for bracket in right.atoms(Bracket) if bracket == _beside(bracket)}
    places = {bracket.args for bracket in claimed.atoms(Bracket) if bracket != _beside(bracket)} - own
    tensors = prover.theory.tensors
    texts = sorted({" = ".join(print_expression(side, tensors=tensors) for side in _ordered(*pair)) for pair in places})
    where = " or ".join(f"`{text}`" for text in texts)
    return f"it differs at a kink alone, where {where}: the derivation takes the other side there" if texts else ""


def _beside(expression: Expr) -> Expr:
    """The expression as it is beside its kinks: z >= 0 is z > 0, 0 > z is not z > 0, and z is not 0."""
    table: dict[Expr, Expr] = {}
    for bracket in sorted(expression.atoms(Bracket), key=sympy.default_sort_key):
        left, right = bracket.args
        if isinstance(bracket, equal):
            if Integer(0) in (left, right) and not left.is_integer:
                table[bracket] = Integer(0)
        elif isinstance(bracket, greater | greater_equal):
            first, second = _ordered(left, right)
            table[bracket] = greater(first, second) if first == left else 1 - greater(first, second)
    return expression.xreplace(table)


def _ordered(left: Expr, right: Expr) -> tuple[Expr, Expr]:
    """A number stands on the right."""
    return (right, left) if left.is_number and not right.is_number else (left, right)
