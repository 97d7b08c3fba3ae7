"""Conditions that another factor of a product has in its definition: k * [c] -> k, for k = [c] / n.

Where c does not hold the product is 0 whatever stands there for [c], so that it may as well be 1.  Only conditions on
integers are looked at, and none of `where`: those may keep what is infinite from the product.
"""

from __future__ import annotations

import sympy
from sympy import Expr, Integer

from bpgen.algebra.expressions import Access
from bpgen.algebra.functions import Bracket, where
from bpgen.derive.contract import is_partial
from bpgen.derive.definitions import Definitions

# Definitions that are looked into, one within the other.
MOST_UNFOLDED = 3


def without_held(expression: Expr, definitions: Definitions) -> tuple[Expr, tuple[str, ...]]:
    """The expression with the conditions settled that tensors beside them are 0 without; and these tensors."""
    used: list[str] = []

    def product(*factors: Expr) -> Expr:
        settled = list(factors)
        for number, factor in enumerate(factors):
            base, exponent = factor.as_base_exp()
            if not isinstance(base, Access) or not exponent.is_positive:
                continue
            others = [n for n, other in enumerate(settled) if n != number and other.has(Bracket)]
            held = held_by(base, definitions) if others else {}
            for n in others:
                assumed = settled[n].xreplace(held)
                guards = settled[n].has(where) or any(map(is_partial, settled[n].atoms(sympy.Pow, sympy.log)))
                if assumed != settled[n] and not guards:
                    settled[n] = assumed
                    used.append(base.tensor)
        return sympy.Mul(*settled)

    if not expression.has(Bracket):
        return expression, ()
    result: Expr = expression.replace(sympy.Mul, product)
    return result, tuple(dict.fromkeys(used))


def held_by(access: Access, definitions: Definitions, depth: int = 0) -> dict[Expr, Expr]:
    """The conditions without which an element is 0, each with the value it then has: k = 1 - [c] -> {[c]: 0}."""
    definition = definitions.unfold(access) if depth < MOST_UNFOLDED else None
    if definition is None or definition.has(where):
        return {}
    held: dict[Expr, Expr] = {}
    for factor in sympy.Mul.make_args(definition):
        if isinstance(factor, Access):
            held |= held_by(factor, definitions, depth + 1)
    for bracket in sorted(definition.atoms(Bracket), key=sympy.default_sort_key):
        of_integers = all(access.is_integer for access in bracket.atoms(Access))
        for value in (Integer(0), Integer(1)) if of_integers else ():
            if definition.xreplace({bracket: value}) == 0:
                held[bracket] = 1 - value
    return held
