"""Guards: the conditions under which accesses lie inside their tensors.

A sum reads 0 outside, which adds nothing.  In a max, min, argmax or product a term that reads outside takes no
part: it is replaced by the identity, by a condition that stands in the equation for all to see.
"""

from __future__ import annotations

import sympy
from sympy import Expr

from bpgen.algebra.expressions import Access, Reduction
from bpgen.algebra.functions import where


def guarded(body: Expr, identity: Expr) -> Expr:
    """where(inside, body, identity), without the conditions that are known to hold or that the body asks itself."""
    asked: set[Expr] = set()
    conditions: list[Expr] = []
    if isinstance(body, where) and body.args[2] == identity:
        conditions = list(sympy.Mul.make_args(body.args[0]))
        asked, body = set(conditions), body.args[1]
    for access in _read(body):
        conditions += [condition for condition in access.inside() if condition not in asked]
        asked.update(conditions)
    return where(sympy.Mul(*conditions), body, identity)


def _read(body: Expr) -> list[Access]:
    """The accesses that a body reads itself: not those that it sums over, nor those in an index."""
    found: list[Access] = []
    pending = [body]
    while pending:
        node = pending.pop()
        if isinstance(node, Access):
            found.append(node)
        elif not isinstance(node, Reduction):
            pending.extend(node.args)
    return sorted(dict.fromkeys(found), key=sympy.default_sort_key)
