"""Sums run only over what is read: where a condition makes their body 0, their loops end.

    sum[b, t](d[b, t, j] * select(t >= 1, h[b, t - 1, k], 0)) for t in 0 ... T - 1
->  sum[b, t](d[b, t, j] * h[b, t - 1, k])                    for t in 1 ... T - 1

So the weight gradient of a recurrence is a matrix product.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from bpgen.lower.cuts import cuts, ranges_of
from bpgen.lower.rewrite import reduction, transform
from bpgen.lower.scalar import Loop, Reduce
from bpgen.lower.schedule import Assign
from bpgen.lower.simplify import is_zero, simplify, zero


def narrow(statement: Assign) -> Assign:
    """The statement with the loops of its sum over the range in which the body may be other than 0."""
    found = reduction(statement.value)
    if found is None or found.op != "sum":
        return statement
    loops = tuple(_narrowed(found, loop, statement) for loop in found.loops)
    if loops == found.loops:
        return statement
    body = simplify(found.body, ranges_of((*statement.loops, *loops)))
    shorter = zero(found.dtype) if is_zero(body) else replace(found, loops=loops, body=body)
    value = transform(statement.value, lambda node: shorter if node is found else None)
    return replace(statement, value=value)


def _narrowed(found: Reduce, loop: Loop, statement: Assign) -> Loop:
    places = cuts(found.body, (loop,)).get(loop.name, ())
    if not places or not isinstance(loop.extent, int):
        return loop
    around = ranges_of((*statement.loops, *found.loops))
    pieces = [
        Loop(loop.name, end - start, start) for start, end in pairwise([loop.start, *places, loop.start + loop.extent])
    ]
    needed = [p for p in pieces if not is_zero(simplify(found.body, {**around, **ranges_of((p,))}))]
    if not needed:
        return loop
    start = needed[0].start
    return Loop(loop.name, needed[-1].start + int(needed[-1].extent) - start, start)
