"""An outermost loop that walks along the memory runs innermost, in strips.

    for d, for b:  E[token[b], d] += g[b, d]
->  for strips of d, for b, for d in the strip:  E[token[b], d] += g[b, d]

Rows that may meet keep the divided loop outside, for threads; but row after row, a vector at a time, is what memory
likes.  What an element adds up keeps its order.
"""

from __future__ import annotations

from bpgen.emit.c_code import Code, For, Let, computing
from bpgen.emit.c_expressions import Expressions
from bpgen.emit.c_nests import levels_of, run_code
from bpgen.emit.c_reductions import stride_along, wrap
from bpgen.lower.rewrite import elements, reduction
from bpgen.lower.scalar import Load
from bpgen.lower.schedule import Kernel

STRIP = 32  # at least: two vectors
STRIPS = 4  # at most, which leaves threads their shares: each walks through all rows


def in_strips(kernel: Kernel, expressions: Expressions) -> list[Code] | None:
    """The whole kernel; None where its outermost loop is no such loop."""
    if len(kernel.loops) < 2 or kernel.loops[0].name not in expressions.independent:
        return None
    outer, inner = kernel.loops[0], kernel.loops[-1]
    if not isinstance(outer.extent, int) or outer.start or outer.extent % STRIP:
        return None
    if any(level != len(kernel.loops) for level in levels_of(kernel).values()):
        return None
    if any(statement.loops or reduction(statement.value) for statement in kernel.statements):
        return None
    touched = [Load("real", *element) for statement in kernel.statements for element in elements(statement)]
    written = [Load("real", statement.target, statement.indices) for statement in kernel.statements]
    along = {stride_along(expressions, load, outer.name) for load in touched}
    if not {(1, 0)} <= along <= {(1, 0), None} or any(
        stride_along(expressions, load, inner.name) == (1, 0) for load in written
    ):
        return None
    names, code = expressions.names, run_code(expressions, list(kernel.statements))
    strip = STRIP * -(-outer.extent // (STRIP * STRIPS))
    strip = strip if outer.extent % strip == 0 else STRIP
    if outer.extent == strip:
        return wrap(expressions, (*kernel.loops[1:], outer), code)
    first, column = names.fresh(f"{outer.name}_first"), names.fresh("c")
    own = tuple(number for number, _ in kernel.equations)
    here = computing([Let("int", names[outer.name], f"{first} + {column}")], own)
    code = wrap(expressions, kernel.loops[1:], [For(column, "0", str(strip), (*here, *code))])
    return [For(first, "0", str(outer.extent), tuple(code), str(strip), independent=True)]
