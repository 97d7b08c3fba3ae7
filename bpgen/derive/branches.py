"""A choice that the forward pass made holds its branches: where(x > 0, 1, alpha*e) -> where(x > 0, 1, y + alpha).

For y = where(x > 0, x, alpha*(e - 1)), where x > 0 does not hold, alpha*e is y + alpha; then e need not be kept.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy
from sympy import Expr

from bpgen.algebra.expressions import Access
from bpgen.algebra.functions import where
from bpgen.derive.definitions import Definitions, key_of
from bpgen.derive.unify import apart, match


def fold_branches(expression: Expr, definitions: Definitions) -> tuple[Expr, tuple[str, ...]]:
    """The expression with its branches read from tensors that made the same choice; and these tensors."""
    used: list[str] = []

    def choice(condition: Expr, *branches: Expr) -> Expr:
        folded = []
        for number, branch in enumerate(branches, start=1):
            held = next((found for found in _held(condition, number, definitions) if found[1] == branch), None)
            used.extend([held[0]] if held else [])
            folded.append(held[2] if held else branch)
        return where(condition, *folded)

    if not definitions.choices or not expression.has(where):
        return expression, ()
    return expression.replace(where, choice), tuple(dict.fromkeys(used))


def _held(condition: Expr, number: int, definitions: Definitions) -> Iterator[tuple[str, Expr, Expr]]:
    """(tensor, product, what it equals) in the branch, for tensors whose own branch is that product and a number."""
    for equation in definitions.choices.get(key_of(condition), ()):
        places = apart(equation.indices)
        rhs = equation.rhs.xreplace(places)
        (own,) = rhs.atoms(where)
        binding = match(own.args[0], condition, tuple(places.values()))
        if binding is None:
            continue
        branch = rhs.xreplace({own: own.args[number]})
        terms = sympy.Add.make_args(sympy.expand(branch))
        varied = [term for term in terms if any(access.indices for access in term.atoms(Access))]
        if len(varied) == 1 and len(terms) > 1:
            rest = sympy.Add(*terms) - varied[0]
            yield (
                equation.tensor.name,
                varied[0].xreplace(binding),
                equation.lhs.xreplace(places).xreplace(binding) - rest.xreplace(binding),
            )
