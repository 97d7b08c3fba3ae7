"""Reductions at one element, as loops over what they reduce."""

from __future__ import annotations

from bpgen.emit.c_code import Code, Collect, For, Let, Store, When
from bpgen.emit.c_expressions import Expressions, Stride, strides
from bpgen.lower.rewrite import loads
from bpgen.lower.scalar import BATCH, Affine, Load, Loop, Reduce

PARTS = 16  # partial results of one long reduction: a full vector of floats, see templates/c/helpers.c.j2
FEW_PARTS = 4  # a shorter innermost loop is no vector

START = {"sum": "0", "prod": "1", "max": "-INFINITY"}
COLLECTED = {"sum": "sum_of", "max": "largest_of"}  # by functions of templates/c/helpers.c.j2
RESULT_NAMES = {"sum": "sum", "prod": "product", "max": "largest", "argmax": "place"}


def bound_of(loop: Loop) -> str:
    return "batch" if loop.extent == BATCH else str(loop.start + int(loop.extent))


def wrap(expressions: Expressions, loops: tuple[Loop, ...], body: list[Code]) -> list[Code]:
    """The body inside loops, the first one outermost."""
    for loop in reversed(loops):
        free = loop.name in expressions.independent
        body = [For(expressions.names[loop.name], str(loop.start), bound_of(loop), tuple(body), independent=free)]
    return body


def reduce(expressions: Expressions, node: Reduce, name: str = "") -> list[Code]:
    """Code that leaves the reduction in a variable, which stands for it in expressions from then on."""
    name = name or expressions.names.fresh(RESULT_NAMES[node.op])
    if node.op == "argmax":
        code = _argmax(expressions, node, name)
    elif _is_long(expressions, node):
        code = _in_parts(expressions, node, name)
    else:
        code = [Let(expressions.type(node.dtype), name, START[node.op], constant=False)]
        code += wrap(expressions, node.loops, [_accumulate(expressions, node, name)])
    expressions.results[node] = name
    return code


def _accumulate(expressions: Expressions, node: Reduce, target: str, value: str = "") -> Store:
    """value: what the target takes in; where it is not given, the body of the reduction."""
    body = value or expressions.scalar(node.body)
    if node.op == "max":
        return Store(target, f"{expressions.function('maximum', node.dtype)}({target}, {body})")
    return Store(target, body, "+=" if node.op == "sum" else "*=")


def _argmax(expressions: Expressions, node: Reduce, name: str) -> list[Code]:
    """The first place of the largest value."""
    largest, value = expressions.names.fresh("largest"), expressions.names.fresh("value")
    kind = expressions.type(node.body.dtype)
    place = ""  # counted in row-major order
    for loop in node.loops:
        place = f"({place}) * {_extent(loop)} + " if " " in place else f"{place} * {_extent(loop)} + " if place else ""
        place += expressions.names[loop.name] + (f" - {loop.start}" if loop.start else "")
    body: list[Code] = [
        Let(kind, value, expressions.scalar(node.body)),
        When(f"{value} > {largest}", (Store(largest, value), Store(name, place))),
    ]
    begin: list[Code] = [
        Let(kind, largest, "INT32_MIN" if kind == "int32_t" else "-INFINITY", constant=False),
        Let("int32_t", name, "0", constant=False),
    ]
    return begin + wrap(expressions, node.loops, body)


def _extent(loop: Loop) -> str:
    return "batch" if loop.extent == BATCH else str(loop.extent)


def _is_long(expressions: Expressions, node: Reduce) -> bool:
    last = node.loops[-1]
    return (
        node.op in COLLECTED
        and node.dtype == "real"
        and isinstance(last.extent, int)
        and (last.extent >= 2 * PARTS or (node.op == "sum" and len(node.loops) > 1 and last.extent >= FEW_PARTS))
        and last.start == 0
        and any(stride_along(expressions, load, last.name) == (1, 0) for load in loads(node.body))
    )


def _in_parts(expressions: Expressions, node: Reduce, name: str) -> list[Code]:
    """A long reduction as parts beside each other, one for each lane of a vector: C may not reorder a sum itself.

    There are PARTS of them, or as many as a shorter innermost loop has turns.
    """
    names, last = expressions.names, node.loops[-1]
    parts, part = names.fresh("parts"), names.fresh("part")
    variable, extent = names[last.name], int(last.extent)
    count = PARTS if extent >= 2 * PARTS else extent
    rolled = node.op == "max"  # gcc leaves selections scalar where it has unrolled what could have been a vector
    if count == extent:
        body: list[Code] = [For(variable, "0", str(extent), (_accumulate(expressions, node, f"{parts}[{variable}]"),))]
    else:
        first, whole = names.fresh(f"{last.name}_first"), extent // PARTS * PARTS
        lanes = (Let("int", variable, f"{first} + {part}"), _accumulate(expressions, node, f"{parts}[{part}]"))
        body = [For(first, "0", str(whole), (For(part, "0", str(PARTS), lanes, rolled=rolled),), str(PARTS))]
        if whole < extent:
            body.append(For(variable, str(whole), str(extent), (_accumulate(expressions, node, f"{parts}[0]"),)))
    begin: list[Code] = [Let("real", parts, constant=False, size=str(count))]
    if START[node.op] != "0":
        begin.append(For(part, "0", str(count), (Store(f"{parts}[{part}]", START[node.op]),)))
    body = [*begin, *wrap(expressions, node.loops[:-1], body)]
    if count == PARTS:
        return [*body, Collect(name, COLLECTED[node.op], parts)]
    collect = _accumulate(expressions, node, name, f"{parts}[{part}]")
    return [*body, Let("real", name, START[node.op], constant=False), For(part, "0", str(count), (collect,))]


def stride_along(expressions: Expressions, load: Load, name: str) -> Stride | None:
    """The stride with which a loop variable moves a load; None where it does not, or not by an index of its own."""
    shape = expressions.formals[load.buffer].shape
    for index, stride in zip(load.indices, strides(shape), strict=True):
        if isinstance(index, Affine) and index.shifted == name:
            return stride
    return None
