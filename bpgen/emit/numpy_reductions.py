"""Reductions: sums of products become matrix products, windows a loop over their places, others one call over axes."""

from __future__ import annotations

from dataclasses import replace
from math import prod

from bpgen.emit.numpy_contractions import contract, einsum, sum_by_product
from bpgen.emit.numpy_matmul import elements
from bpgen.emit.numpy_numbers import number_beside_arrays
from bpgen.emit.numpy_scalars import PRODUCT
from bpgen.emit.numpy_views import Operand, align, assign
from bpgen.emit.numpy_windows import reduce_windows, window_loops
from bpgen.emit.numpy_writer import Writer
from bpgen.lower.scalar import Operation, Reduce, Scalar

# np.sum and its like check their arguments in Python, for three times as long as a small sum takes.
FUNCTIONS = {"sum": "np.add.reduce", "max": "np.maximum.reduce", "prod": "np.multiply.reduce"}
SMALL = 1024
"""Elements that a product with ones sums sooner than np.add.reduce does."""
SHORT, MANY = 32, 16
"""Elements of rows that are short, and how many rows are many."""


def reduce_into(writer: Writer, node: Reduce, destination: Operand) -> None:
    """Append the lines that leave a reduction in the destination, which has exactly its axes."""
    node, repeated = _over_what_counts(writer, node)
    bound = tuple(loop.name for loop in node.loops)
    outer, writer.order = writer.order, (*destination.axes, *bound)
    factors = product_factors(writer, node)
    arrays = [factor for factor in factors if writer.axes(factor)]
    windows = window_loops(writer, node)
    if len(arrays) > 1:
        numbers = [number_beside_arrays(writer, factor) for factor in factors if not writer.axes(factor)]
        contract(writer, [writer.operand(factor) for factor in arrays], destination)
        for number in numbers:
            writer.lines.append(f"np.multiply({destination.text}, {number}, out={destination.text})")
    elif windows or not bound:
        reduce_windows(writer, node, windows, destination)
    elif node.op == "argmax":
        _argmax_into(writer, node, destination)
    else:
        operand = writer.operand(node.body)
        if node.op != "sum":
            operand = _columns(writer, operand, bound)
        axes = [n for n, name in enumerate(operand.axes) if name in bound]
        kept = tuple(name for name in operand.axes if name not in bound)
        out = align(replace(destination, text=destination.text), kept)
        if node.op != "sum" or not sum_by_product(writer, operand, destination):
            writer.lines.append(f"{FUNCTIONS[node.op]}({operand.text}, axis={_axes_text(axes)}, out={out})")
        writer.release(operand)
    _repeat(writer, node.op, repeated, destination)
    writer.order = outer


def _over_what_counts(writer: Writer, node: Reduce) -> tuple[Reduce, str]:
    """The reduction without loops that its body does not depend on, and how often a sum or product repeats it.

    In an argmax these change the position, so they stay.
    """
    free = set(writer.free(node.body))
    idle = [loop for loop in node.loops if loop.name not in free]
    if not idle or node.op == "argmax":
        return node, "1"
    numbers = [loop.extent for loop in idle if isinstance(loop.extent, int)]
    batches = ["batch" for loop in idle if isinstance(loop.extent, str)]
    writer.uses_batch |= bool(batches)
    times = " * ".join([*([str(prod(numbers))] if prod(numbers) > 1 or not batches else []), *batches])
    return replace(node, loops=tuple(loop for loop in node.loops if loop not in idle)), times


def _repeat(writer: Writer, op: str, times: str, destination: Operand) -> None:
    """sum[i](a) -> n a, prod[i](a) -> a**n"""
    if times != "1" and op in ("sum", "prod"):
        function = "multiply" if op == "sum" else "power"
        writer.lines.append(f"np.{function}({destination.text}, {times}, out={destination.text})")


def reduce_to_number(writer: Writer, node: Reduce) -> str:
    """The text of a reduction over everything its body depends on; what it needs is computed before."""
    node, repeated = _over_what_counts(writer, node)
    outer, writer.order = writer.order, tuple(loop.name for loop in node.loops)
    factors = product_factors(writer, node)
    arrays = [factor for factor in factors if writer.axes(factor)]
    if not writer.axes(node.body):
        text = "0" if node.op == "argmax" else f"({writer.number(node.body)})"
    elif len(arrays) > 1:
        numbers = [writer.number(factor, PRODUCT) for factor in factors if not writer.axes(factor)]
        operands = [writer.operand(factor) for factor in arrays]
        text = " * ".join([_inner_product(operands, writer.order), *numbers])
        text = f"({text})" if numbers else text
        writer.hold(*operands)
    elif squared := _squared(writer, node):
        operand = writer.operand(squared)
        text = _inner(operand, operand.text)
        writer.hold(operand)
    else:
        text = _reduced(writer, node)
    writer.order = outer
    if repeated != "1" and node.op in ("sum", "prod"):
        text = f"({text} {'*' if node.op == 'sum' else '**'} ({repeated}))"
    return text


def _reduced(writer: Writer, node: Reduce) -> str:
    if node.op == "argmax" and writer.axes(node.body) != writer.order:
        operand = writer.scratch(writer.order, node.body.dtype)
        writer.evaluate(node.body, operand)
    else:
        operand = writer.operand(node.body)
    if node.op == "argmax" and operand.axes != writer.order:
        operand = replace(operand, text=align(operand, writer.order))
    writer.hold(operand)
    if node.op == "argmax":
        return f"np.argmax({operand.text})"
    if node.op == "sum" and node.dtype == operand.dtype == "real" and _is_small(writer, operand):
        return _inner(operand, writer.ones(operand.axes).text)
    several = ", axis=None" if len(operand.axes) > 1 else ""
    return f"{FUNCTIONS[node.op]}({operand.text}{several})"


def _is_small(writer: Writer, operand: Operand) -> bool:
    """Whether it is read so soon that what np.add.reduce asks before it begins takes longer."""
    extents = {name: loop.extent for name, loop in writer.loops.items()}
    return operand.whole and elements(operand.axes, extents) <= SMALL


def _columns(writer: Writer, operand: Operand, bound: tuple[str, ...]) -> Operand:
    """Many short rows as columns, which are reduced side by side: in a tenth of the time, the copy included."""
    extents = {name: loop.extent for name, loop in writer.loops.items()}
    rows = tuple(name for name in operand.axes if name not in bound)
    columns = tuple(name for name in operand.axes if name in bound)
    short = 1 < elements(columns, extents) <= SHORT and elements(rows, extents) >= MANY
    if not short or operand.axes != rows + columns:
        return operand
    turned = writer.scratch(columns + rows, operand.dtype)
    writer.lines.append(assign(turned.text, align(operand, turned.axes)))
    writer.release(operand)
    return turned


def _squared(writer: Writer, node: Reduce) -> Scalar | None:
    """sum[b, i]((y[b, i] - t[b, i])**2): what is squared, if it is computed, and so lies in one piece."""
    body = node.body
    is_square = node.op == "sum" and isinstance(body, Operation) and body.op == "square" and body.dtype == "real"
    if not is_square or not isinstance(body, Operation):
        return None
    computed = body.arguments[0]
    return None if writer.is_view(computed) or computed.dtype != "real" else computed


def product_factors(writer: Writer, node: Reduce) -> list[Scalar]:
    """The factors of a sum of products that is worth a contraction; empty where the body is anything else.

    That is where all are arrays that are there already, or where some loop is missing from each: to multiply them
    all out would take an array larger than any of them.
    """
    found: list[Scalar] = []

    def collect(part: Scalar) -> None:
        if isinstance(part, Operation) and part.op == "multiply":
            for argument in part.arguments:
                collect(argument)
        elif isinstance(part, Operation) and part.op == "square" and writer.is_view(part.arguments[0]):
            found.extend(part.arguments * 2)
        else:
            found.append(part)

    if node.op == "sum" and node.dtype == "real":
        collect(node.body)
    arrays = [part for part in found if writer.axes(part)]
    if len(arrays) < 2 or any(part.dtype != "real" for part in arrays):
        return []
    if all(writer.is_view(part) for part in arrays):
        return found
    computed = [part for part in arrays if not writer.is_view(part)]
    everything = set(writer.axes(node.body))
    spread = all(set(writer.axes(part)) < everything for part in computed) and len(arrays) == 2
    return found if spread else []


def _inner_product(factors: list[Operand], bound: tuple[str, ...]) -> str:
    if len(factors) == 2 and all(factor.whole and factor.axes == factors[0].axes for factor in factors):
        return _inner(factors[0], factors[1].text)
    return einsum(factors, None)


def _inner(left: Operand, right: str) -> str:
    """The sum of products of elements that lie alike; np.vdot sees arrays of several axes as flat."""
    return f"{left.text}.dot({right})" if len(left.axes) == 1 else f"np.vdot({left.text}, {right})"


def _argmax_into(writer: Writer, node: Reduce, destination: Operand) -> None:
    """The position of the first largest element, counted over the reduced loops together."""
    bound = tuple(loop.name for loop in node.loops)
    operand = writer.operand(node.body)
    axes = (*destination.axes, *bound)
    if set(operand.axes) < set(axes) or (len(bound) > 1 and not (operand.whole and operand.axes == axes)):
        copied = writer.scratch(axes, operand.dtype)
        writer.lines.append(assign(copied.text, align(operand, axes)))
        writer.release(operand)
        operand = copied
    text = align(operand, axes)
    if len(bound) > 1:
        kept = ", ".join(f"{text}.shape[{n}]" for n in range(len(destination.axes)))
        text = f"{text}.reshape({kept}, -1)"
    index = writer.scratch(destination.axes, "intp")
    writer.lines.append(f"np.argmax({text}, axis={len(destination.axes)}, out={index.text})")
    writer.lines.append(assign(destination.text, index.text))
    writer.release(operand, index)


def _axes_text(axes: list[int]) -> str:
    return str(axes[0]) if len(axes) == 1 else f"({', '.join(map(str, axes))})"
