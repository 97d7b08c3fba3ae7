"""Reductions over windows: a few large steps, one for each place in the window, instead of many small ones.

y[...] = -np.inf
for r in range(2):
    for s in range(2):
        np.maximum(y, x[:, :, r:r + 27:2, s:s + 27:2], out=y)
"""

from __future__ import annotations

from math import prod

from bpgen.emit.numpy_fixed import IDENTITIES
from bpgen.emit.numpy_scalars import constant_text
from bpgen.emit.numpy_views import Operand, assign
from bpgen.emit.numpy_writer import Writer
from bpgen.lower.scalar import Affine, Constant, Load, Loop, Reduce, walk

MOST_PLACES = 64
FUNCTIONS = {"sum": "add", "max": "maximum", "prod": "multiply"}
SIGNS = {"sum": "+=", "prod": "*="}


def window_loops(writer: Writer, node: Reduce) -> tuple[Loop, ...]:
    """The loops of a reduction that run over a window: each shares an index with an axis.  Empty where none do."""
    loads = [part for part in walk(node.body) if isinstance(part, Load)]
    shared: set[str] = set()
    for load in loads:
        for index in load.indices:
            terms = writer.variables.split(index)[0] if isinstance(index, Affine) else []
            if len(terms) > 1:
                shared |= {name for name, _ in terms}
    found = tuple(loop for loop in node.loops if loop.name in shared and loop.name not in writer.python)
    few = all(isinstance(loop.extent, int) for loop in found)
    few = few and prod(int(loop.extent) for loop in found) <= MOST_PLACES
    inside = all(writer.is_inside(load) for load in loads)
    complete = node.op != "argmax" or len(found) == len(node.loops)
    return found if few and inside and complete else ()


def reduce_windows(writer: Writer, node: Reduce, windows: tuple[Loop, ...], destination: Operand) -> None:
    """Append the lines that reduce place by place into the destination, which the body does not read."""
    if node.op == "argmax":
        _argmax(writer, node, destination)
        return
    rest = tuple(loop for loop in node.loops if loop not in windows)
    body = Reduce(node.dtype, node.op, rest, node.body) if rest else node.body
    start = _lowest(node.dtype) if node.op == "max" else constant_text(Constant(node.dtype, IDENTITIES[node.op])).text
    writer.lines.append(assign(destination.text, start))
    with writer.python_loops(windows):
        writer.order = destination.axes
        operand = writer.operand(body) if writer.axes(body) else None
        text = writer.text(body, operand, destination.axes)
        if node.op in SIGNS and destination.text.isidentifier():
            writer.lines.append(f"{destination.text} {SIGNS[node.op]} {text}")
        else:
            out = destination.text
            writer.lines.append(f"np.{FUNCTIONS[node.op]}({out}, {text}, out={out})")
        if operand is not None:
            writer.release(operand)


def _argmax(writer: Writer, node: Reduce, destination: Operand) -> None:
    """The row-major position of the first largest element."""
    largest = writer.scratch(destination.axes, node.body.dtype)
    reduce_windows(writer, Reduce(node.body.dtype, "max", node.loops, node.body), node.loops, largest)
    found = writer.scratch(destination.axes, "bool")
    writer.lines.append(assign(destination.text, "0"))
    # Backwards, so that the first of several equal ones comes last and stays.
    with writer.python_loops(node.loops, backwards=True):
        writer.order = destination.axes
        operand = writer.operand(node.body) if writer.axes(node.body) else None
        text = writer.text(node.body, operand, destination.axes)
        place = writer.variables.number(_position(node.loops))
        writer.lines.append(f"np.equal({text}, {largest.text}, out={found.text})")
        writer.lines.append(f"np.copyto({destination.text}, {place}, where={found.text})")
        if operand is not None:
            writer.release(operand)
    writer.release(largest, found)


def _position(loops: tuple[Loop, ...]) -> Affine:
    terms: list[tuple[str, int]] = []
    constant, stride = 0, 1
    for loop in reversed(loops):
        terms.insert(0, (loop.name, stride))
        constant -= loop.start * stride
        stride *= int(loop.extent)
    return Affine(tuple(terms), constant)


def _lowest(dtype: str) -> str:
    return "np.iinfo(np.int32).min" if dtype == "int32" else "-np.inf"
