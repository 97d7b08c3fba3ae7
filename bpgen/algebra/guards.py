"""Guards: the conditions under which accesses lie inside their tensors.

A sum reads 0 outside, which adds nothing.  In a max, min, argmax or product a term that reads outside takes no
part: it is replaced by the identity, by a condition that stands in the equation for all to see.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy
from sympy import Expr

from bpgen.algebra.expressions import Access, Reduction
from bpgen.algebra.functions import where

IDENTITIES = {"max": -sympy.oo, "argmax": -sympy.oo, "prod": sympy.S.One}


def guarded(body: Expr, identity: Expr) -> Expr:
    """where(inside, body, identity), without the conditions that are known to hold or that the body asks itself."""
    conditions: list[Expr] = []
    for access, asked in sorted(_read(body, frozenset()), key=lambda found: sympy.default_sort_key(found[0])):
        conditions += [condition for condition in access.inside() if condition not in asked]
    if conditions and isinstance(body, where) and body.args[2] == identity:
        conditions.append(body.args[0])
        body = body.args[1]
    return where(sympy.Mul(*conditions), body, identity)


def guarded_reductions(expression: Expr) -> Expr:
    """The expression with the guards of every product and maximum in it written out."""
    found = {r: Reduction(r.op, guarded(r.body, IDENTITIES[r.op]), *r.bound)
             for r in expression.atoms(Reduction) if r.op in IDENTITIES}  # fmt: skip
    changed = {before: after for before, after in found.items() if before != after}
    result: Expr = expression.xreplace(changed)
    return result


def _read(node: Expr, asked: frozenset[Expr]) -> Iterator[tuple[Access, frozenset[Expr]]]:
    """The accesses that a body reads, each with the conditions under which it does.

    Not those that it sums over, nor those in an index.
    """
    if isinstance(node, Access):
        yield node, asked
    elif isinstance(node, where):
        condition, chosen, otherwise = node.args
        yield from _read(condition, asked)
        yield from _read(chosen, asked.union(sympy.Mul.make_args(condition)))
        yield from _read(otherwise, asked)
    elif not isinstance(node, Reduction):
        for argument in node.args:
            yield from _read(argument, asked)
