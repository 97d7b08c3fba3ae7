"""Which statements are contractions: matrix products in general position."""

from __future__ import annotations

from dataclasses import replace

from bpgen.lower.cuts import is_cut
from bpgen.lower.rewrite import loads, reduction, transform, variables
from bpgen.lower.scalar import Affine, Load, Operation, Reduce
from bpgen.lower.schedule import Assign, Contraction


def classify(statement: Assign) -> Assign:
    """The statement, with its contraction filled in where its reduction is one.

    A sum of a product of two loads of reals, each at affine indices, no loop missing from both; whatever stands
    around the sum (factors, a bias) stays around it as the epilogue.  The operand that has the target's first
    loop is put on the left, so that x w and w x are one kernel.
    """
    found = reduction(statement.value)
    contraction = None if found is None else find_contraction(found, statement)
    if found is None or contraction is None or is_cut(statement):
        return statement
    first = next((loop.name for loop in statement.loops if loop.name not in contraction.batch), "")
    if first not in contraction.n:
        return replace(statement, contraction=contraction)
    body = Operation(found.body.dtype, "multiply", (contraction.right, contraction.left))
    swapped = replace(found, body=body)
    value = transform(statement.value, lambda node: swapped if node is found else None)
    contraction = replace(contraction, m=contraction.n, n=contraction.m, left=contraction.right, right=contraction.left)
    return replace(statement, value=value, contraction=contraction)


def find_contraction(total: Reduce, statement: Assign) -> Contraction | None:
    body = total.body
    if total.op != "sum" or not isinstance(body, Operation) or body.op != "multiply":
        return None
    left, right = body.arguments
    if not (isinstance(left, Load) and isinstance(right, Load)) or not (_is_affine(left) and _is_affine(right)):
        return None
    in_left, in_right = variables(left, {}), variables(right, {})
    k = tuple(loop.name for loop in total.loops)
    if not all(name in in_left and name in in_right for name in k):
        return None
    groups: dict[tuple[bool, bool], list[str]] = {}
    for loop in statement.loops:
        groups.setdefault((loop.name in in_left, loop.name in in_right), []).append(loop.name)
    if (False, False) in groups:
        return None
    batch, m, n = (tuple(groups.get(key, ())) for key in ((True, True), (True, False), (False, True)))
    if not m and not n:
        return None
    return Contraction(batch, m, n, k, left, right)


def _is_affine(load: Load) -> bool:
    """Whether every loop variable walks through the array with one constant stride."""
    return load.dtype == "real" and all(isinstance(index, Affine) for index in load.indices)


def kind(statements: tuple[Assign, ...]) -> str:
    """A kernel's kind, after its main statement: "contraction", "reduction", "gather" or "elementwise"."""
    if any(statement.contraction for statement in statements):
        return "contraction"
    if any(reduction(statement.value) for statement in statements):
        return "reduction"
    if any(_is_indirect(statement) for statement in statements):
        return "gather"
    return "elementwise"


def _is_indirect(statement: Assign) -> bool:
    return any(not isinstance(index, Affine) for load in loads(statement.value) for index in load.indices)
