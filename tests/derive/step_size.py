"""How much of an expression a line changes: what a reader has to compare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import sympy
from sympy import Expr

from bpgen.algebra.expressions import Access, Reduction, fresh_index


def change(before: Expr, after: Expr) -> int:
    """Nodes in the one place that differs, on both sides; what stands in both of them there counts as one node."""
    left, right = place(before, after)
    shared = {part for node in left for part in parts(node)} & {part for node in right for part in parts(node)}
    return sum(nodes(node, shared) for node in (*left, *right))


def place(before: Expr, after: Expr) -> tuple[list[Expr], list[Expr]]:
    """The smallest part around everything that differs, on both sides, as terms or factors of one sum or product."""
    if before == after:
        return [], []
    if isinstance(before, Reduction) and isinstance(after, Reduction) and before.op == after.op:
        if before.bound == after.bound:
            fresh = {index: fresh_index(index.extent) for index in before.bound}
            return place(before.body.xreplace(fresh), after.body.xreplace(fresh))
        return [before], [after]
    if type(before) is type(after) and isinstance(before, sympy.Add | sympy.Mul):
        ours, theirs = Counter(before.args), Counter(after.args)
        left, right = list((ours - theirs).elements()), list((theirs - ours).elements())
        return place(left[0], right[0]) if len(left) == len(right) == 1 else (left, right)
    if type(before) is type(after) and len(before.args) == len(after.args) and not isinstance(before, Access):
        pairs = [(one, other) for one, other in zip(before.args, after.args, strict=True) if one != other]
        if len(pairs) == 1:
            return place(*pairs[0])
    return [before], [after]


def parts(node: Expr) -> Iterable[Expr]:
    yield node
    if not isinstance(node, Access):
        for argument in node.args:
            if isinstance(argument, Expr):
                yield from parts(argument)


def nodes(node: Expr, shared: set[Expr]) -> int:
    if node.is_Atom or isinstance(node, Access) or node in shared:
        return 1
    return 1 + sum(nodes(argument, shared) for argument in node.args if isinstance(argument, Expr))
