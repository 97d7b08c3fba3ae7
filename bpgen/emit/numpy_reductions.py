"""Reductions, contractions and gathers: sums become matmul where they can, einsum or a sum over axes else."""

from __future__ import annotations

from dataclasses import replace

from bpgen.emit.numpy_contractions import einsum, matrix_product
from bpgen.emit.numpy_views import Operand, align
from bpgen.emit.numpy_writer import Ramp, Writer
from bpgen.lower.scalar import Affine, IndexExpression, Indirect, Load, Loop, Operation, Reduce, Scalar

FUNCTIONS = {"sum": "np.sum", "max": "np.max", "prod": "np.prod"}


def reduce_into(writer: Writer, node: Reduce, destination: Operand) -> None:
    """Append the lines that leave a reduction in the destination, which has exactly its axes."""
    bound = tuple(loop.name for loop in node.loops)
    outer, writer.order = writer.order, (*destination.axes, *bound)
    factors, numbers = product_of_views(writer, node)
    if len(factors) > 1:
        _contract(writer, factors, bound, destination)
        for number in numbers:
            writer.lines.append(f"np.multiply({destination.text}, {number}, out={destination.text})")
    elif node.op == "argmax":
        _argmax_into(writer, node, destination)
    else:
        operand = _all_axes(writer, node, writer.operand(node.body))
        axes = [n for n, name in enumerate(operand.axes) if name in bound]
        kept = tuple(name for name in operand.axes if name not in bound)
        out = align(replace(destination, text=destination.text), kept)
        writer.lines.append(f"{FUNCTIONS[node.op]}({operand.text}, axis={_axes_text(axes)}, out={out})")
        writer.release(operand)
    writer.order = outer


def reduce_to_number(writer: Writer, node: Reduce) -> str:
    """The text of a reduction over everything its body depends on; what it needs is computed before."""
    outer, writer.order = writer.order, tuple(loop.name for loop in node.loops)
    factors, numbers = product_of_views(writer, node)
    if len(factors) > 1:
        text = _inner_product(factors, writer.order)
        text = " * ".join([text, *numbers])
        text = f"({text})" if numbers else text
    else:
        operand = _all_axes(writer, node, writer.operand(node.body))
        function = "np.argmax" if node.op == "argmax" else FUNCTIONS[node.op]
        if node.op == "argmax" and operand.axes != writer.order:
            operand = replace(operand, text=align(operand, writer.order))
        text = f"{function}({operand.text})"
        writer.release(operand)
    writer.order = outer
    return text


def product_of_views(writer: Writer, node: Reduce) -> tuple[list[Operand], list[str]]:
    """The factors of a summed product whose factors are all there already, and its factors that are numbers.

    Empty where the body is anything else, or a factor is not of the network's dtype.
    """
    found: list[Scalar] = []

    def collect(part: Scalar) -> bool:
        if isinstance(part, Operation) and part.op == "multiply":
            return all(collect(argument) for argument in part.arguments)
        if isinstance(part, Operation) and part.op == "square":
            return collect(part.arguments[0]) and collect(part.arguments[0])
        found.append(part)
        return not writer.axes(part) or (writer.is_view(part) and part.dtype == "real")

    if node.op != "sum" or not collect(node.body):
        return [], []
    views = [part for part in found if writer.axes(part)]
    if any(not any(loop.name in writer.axes(view) for view in views) for loop in node.loops):
        return [], []
    numbers = [writer.number(part) for part in found if not writer.axes(part)]
    return [writer.operand(view) for view in views], numbers


def _contract(writer: Writer, factors: list[Operand], bound: tuple[str, ...], destination: Operand) -> None:
    line = None
    if len(factors) == 2:
        extents = {name: loop.extent for name, loop in writer.loops.items()}
        line = matrix_product(factors[0], factors[1], bound, destination, extents)
    writer.lines.append(line or einsum(factors, destination))


def _inner_product(factors: list[Operand], bound: tuple[str, ...]) -> str:
    if len(factors) == 2 and all(factor.whole and factor.axes == factors[0].axes for factor in factors):
        return f"np.vdot({factors[0].text}, {factors[1].text})"
    return einsum(factors, None)


def _all_axes(writer: Writer, node: Reduce, operand: Operand) -> Operand:
    """The body's array with every axis that is reduced; one that the body lacks would be counted once only."""
    missing = [loop.name for loop in node.loops if loop.name not in operand.axes and loop.extent != 1]
    if missing and node.op != "max":
        raise writer.error(f"a {node.op} over {', '.join(missing)}, on which its body does not depend")
    return operand


def _argmax_into(writer: Writer, node: Reduce, destination: Operand) -> None:
    """The position of the first largest element, counted over the reduced loops together."""
    bound = tuple(loop.name for loop in node.loops)
    operand = writer.operand(node.body)
    axes = (*destination.axes, *bound)
    if len(bound) > 1 and not (operand.whole and operand.axes == axes):
        copied = writer.scratch(axes, operand.dtype)
        writer.lines.append(f"np.copyto({copied.text}, {align(operand, axes)})")
        writer.release(operand)
        operand = copied
    text = align(operand, axes)
    if len(bound) > 1:
        kept = ", ".join(f"{text}.shape[{n}]" for n in range(len(destination.axes)))
        text = f"{text}.reshape({kept}, -1)"
    index = writer.scratch(destination.axes, "intp")
    writer.lines.append(f"np.argmax({text}, axis={len(destination.axes)}, out={index.text})")
    writer.lines.append(f'np.copyto({destination.text}, {index.text}, casting="unsafe")')
    writer.release(operand, index)


def _axes_text(axes: list[int]) -> str:
    return str(axes[0]) if len(axes) == 1 else f"({', '.join(map(str, axes))})"


def gather_into(writer: Writer, node: Load, destination: Operand) -> None:
    """Elements at positions read from integer arrays; np.take with mode="clip" writes straight into `out`."""
    formal = writer.formals[node.buffer]
    name = writer.arguments[node.buffer]
    places = [n for n, index in enumerate(node.indices) if isinstance(index, Indirect)]
    plain = [_is_whole_axis(writer, e, i) for e, i in zip(formal.shape, node.indices, strict=True)]
    if len(places) == 1 and sum(plain) == len(plain) - 1:
        indirect = node.indices[places[0]]
        assert isinstance(indirect, Indirect)
        index = writer.operand(indirect.load)
        names = [_variable(index_) for index_ in node.indices]
        axes = (*names[: places[0]], *index.axes, *names[places[0] + 1 :])
        if axes == destination.axes and len(set(axes)) == len(axes):
            position = writer.scratch(index.axes, "intp")  # np.take would convert int32 in an array of its own
            writer.lines.append(f"np.copyto({position.text}, {index.text})")
            writer.lines.append(
                f'np.take({name}, {position.text}, axis={places[0]}, out={destination.text}, mode="clip")'
            )
            writer.release(index, position)
            return
        writer.release(index)
    flat = _flat_positions(writer, node, formal.shape, destination.axes)
    writer.lines.append(f'np.take({name}, {flat.text}, out={destination.text}, mode="clip")')
    writer.release(flat)


def _is_whole_axis(writer: Writer, extent: int | str, index: IndexExpression) -> bool:
    name = _variable(index)
    return name is not None and writer.loops[name] == Loop(name, extent)


def _variable(index: IndexExpression) -> str | None:
    return index.variable if isinstance(index, Affine) else None


def _flat_positions(writer: Writer, node: Load, shape: tuple[int | str, ...], axes: tuple[str, ...]) -> Operand:
    """Positions in the flattened array: what the loops contribute is prepared, what is read is added here."""
    if "B" in shape[1:]:
        raise writer.error(f"{node.buffer} is gathered from, but its batch axis is not the first")
    terms: list[tuple[Loop, int]] = []
    reads: list[tuple[Load, int]] = []
    constant, stride = 0, 1
    for extent, position in reversed(list(zip(shape, node.indices, strict=True))):
        if isinstance(position, Affine):
            terms.extend((writer.loops[name], c * stride) for name, c in position.terms)
            constant += position.constant * stride
        else:
            reads.append((position.load, stride))
        stride *= extent if isinstance(extent, int) else 1
    start = str(constant)
    if terms:
        ordered = tuple(sorted(terms, key=lambda term: axes.index(term[0].name)))
        start = align(writer.ramp(Ramp("", "intp", constant, ordered)), axes)
    index = writer.scratch(axes, "intp")
    for load, step in reads:
        read = writer.operand(load)
        if step > 1:
            scaled = writer.scratch(read.axes, "intp")
            writer.lines.append(f"np.multiply({read.text}, {step}, out={scaled.text})")
            writer.release(read)
            read = scaled
        writer.lines.append(f"np.add({start}, {align(read, axes)}, out={index.text})")
        writer.release(read)
        start = index.text
    return index
