"""Small matrices that a nest reads across its innermost loop, copied so that vectors lie along their rows.

for b, o:  sum over i of x[b, i] * weight[o, i]   ->   turned[i, o] = weight[o, i];
                                                       for b, o:  sum over i of x[b, i] * turned[i, o]
"""

from __future__ import annotations

from math import prod

from bpgen.emit.c_code import Code, For, Let, Store, computing
from bpgen.emit.c_expressions import Expressions, strides
from bpgen.emit.c_reductions import bound_of
from bpgen.lower.rewrite import reduction
from bpgen.lower.scalar import BATCH, Affine, Load, Loop
from bpgen.lower.schedule import Assign, Kernel

NARROWEST = 4  # an innermost loop with fewer turns is no vector
LARGEST_COPY = 256


def turn(kernel: Kernel, expressions: Expressions) -> list[Code]:
    """The copies of such matrices, which stand for them in expressions from then on."""
    statement = next((s for s in kernel.statements if s.contraction is not None), None)
    if statement is None or not kernel.loops:
        return []
    code: list[Code] = []
    for load in _read(statement):
        loops = _turned(kernel, statement, load, expressions)
        if loops:
            code += _copy(load, loops, statement, expressions)
    return code


def _read(statement: Assign) -> list[Load]:
    assert statement.contraction is not None
    return [statement.contraction.left, statement.contraction.right]


def _turned(kernel: Kernel, statement: Assign, load: Load, expressions: Expressions) -> tuple[Loop, ...]:
    """The loops that lead through such a matrix, in the order of its copy; none where it is read as it is."""
    found = reduction(statement.value)
    last, formal = kernel.loops[-1], expressions.formals[load.buffer]
    if found is None or formal.written or not all(isinstance(index, Affine) for index in load.indices):
        return ()
    moving = {name for index in load.indices if isinstance(index, Affine) for name, _ in index.terms}
    loops = (*found.loops, *kernel.loops)
    through = tuple(loop for loop in loops if loop.name in moving)
    reread = any(loop.name not in moving and loop.extent != 1 for loop in kernel.loops)
    if not reread or last not in through or len(through) < 2 or {loop.name for loop in through} != moving:
        return ()
    if any(loop.extent == BATCH or loop.start for loop in through) or int(last.extent) < NARROWEST:
        return ()
    steps = [
        times * size
        for index, (size, power) in zip(load.indices, strides(formal.shape), strict=True)
        if isinstance(index, Affine) and not power
        for name, times in index.terms
        if name == last.name
    ]
    return through if steps != [1] and prod(int(loop.extent) for loop in through) <= LARGEST_COPY else ()


def _copy(load: Load, loops: tuple[Loop, ...], statement: Assign, expressions: Expressions) -> list[Code]:
    names = expressions.names
    copy = names.fresh("turned")
    place = ""
    for loop in loops:
        place = f"({place}) * {loop.extent} + " if " " in place else f"{place} * {loop.extent} + " if place else ""
        place += names[loop.name]
    body: tuple[Code, ...] = (Store(f"{copy}[{place}]", expressions.load(load)),)
    for loop in reversed(loops):
        body = (For(names[loop.name], "0", bound_of(loop), body, private=True),)
    size = str(prod(int(loop.extent) for loop in loops))
    expressions.results[load] = f"{copy}[{place}]"
    return computing([Let("real", copy, constant=False, size=size, kind="array"), *body], statement.numbers)
