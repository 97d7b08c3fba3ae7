"""Loops of one turn are no loops.

for o < 1:  z[b, o] = sum[i < 1](x[b, i] * w[o, i])   ->   z[b, 0] = x[b, 0] * w[0, 0]
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bpgen.lower.rewrite import Substitution, reduction, transform
from bpgen.lower.scalar import Affine, Loop, Reduce, Scalar
from bpgen.lower.schedule import Assign, Kernel


def without_single_turns(kernel: Kernel) -> Kernel:
    """The kernel without them, but for those around products: their groups of loops have to stay whole."""
    if any(formal.slices is not None for formal in kernel.formals):
        return kernel  # the turns of its loop are counted
    statements = [_without_single_terms(statement) for statement in kernel.statements]
    kept = {statement.loops for statement in statements if statement.contraction is not None}
    shared = () if kept else kernel.loops
    written = []
    for statement in statements:
        own = () if statement.loops in kept else statement.loops
        written.append(_substituted(statement, _firsts((*shared, *own))))
    return replace(kernel, loops=_longer(kernel.loops, _firsts(shared)), statements=tuple(written))


def _without_single_terms(statement: Assign) -> Assign:
    """sum[i < 1](a[i]) -> a[0]; a product that sums nothing else is none."""

    def change(node: Scalar) -> Scalar | None:
        if not isinstance(node, Reduce) or node.op == "argmax":
            return None
        single = _firsts(node.loops)
        loops, body = _longer(node.loops, single), single.scalar(node.body)
        return replace(node, loops=loops, body=body) if loops else body

    product = statement.contraction
    if product is None:
        return replace(statement, value=transform(statement.value, change))
    found = reduction(statement.value)
    assert found is not None, "a contraction is a sum"
    if any(loop.extent != 1 for loop in found.loops):
        return statement
    return replace(statement, value=transform(statement.value, change), contraction=None)


def _firsts(loops: Iterable[Loop]) -> Substitution:
    """The only values that the variables of loops of one turn have."""
    return Substitution({loop.name: Affine((), loop.start) for loop in loops if loop.extent == 1})


def _longer(loops: tuple[Loop, ...], single: Substitution) -> tuple[Loop, ...]:
    return tuple(loop for loop in loops if loop.name not in single.table)


def _substituted(statement: Assign, values: Substitution) -> Assign:
    if not values.table:
        return statement
    return replace(
        statement,
        indices=tuple(map(values.index, statement.indices)),
        loops=_longer(statement.loops, values),
        value=values.scalar(statement.value),
    )
