"""Gathers: elements at positions read from integer arrays, or computed from loop variables and kept inside."""

from __future__ import annotations

from fractions import Fraction

from bpgen.emit.numpy_strides import Size, row_major
from bpgen.emit.numpy_views import Operand, align, assign, is_inside
from bpgen.emit.numpy_writer import Writer
from bpgen.lower.scalar import (
    Affine,
    BatchSize,
    Constant,
    IndexExpression,
    IndexValue,
    Indirect,
    Load,
    Loop,
    Operation,
    Scalar,
)


def gather_into(writer: Writer, node: Load, destination: Operand) -> None:
    """Append the lines that gather; np.take with mode="clip" writes straight into `out`."""
    formal = writer.formals[node.buffer]
    name = writer.arguments[node.buffer]
    target = destination if _is_piece(destination) else writer.scratch(destination.axes, destination.dtype)
    if not _take_rows(writer, node, target):
        flat = flat_positions(writer, node.indices, formal.shape, destination.axes)
        writer.lines.append(f'np.take({name}, {flat.text}, out={target.text}, mode="clip")')
        writer.release(flat)
    if target is not destination:
        writer.lines.append(assign(destination.text, target.text))
        writer.release(target)


def _is_piece(destination: Operand) -> bool:
    """Whether np.take writes into it at once; it would fill a copy of anything that is not contiguous."""
    return destination.whole


def _take_rows(writer: Writer, node: Load, target: Operand) -> bool:
    """Whole rows (or columns) at positions of one axis, where the other axes are read as they stand."""
    formal = writer.formals[node.buffer]
    places = [n for n, index in enumerate(node.indices) if isinstance(index, Indirect)]
    plain = [_is_whole_axis(writer, e, i) for e, i in zip(formal.shape, node.indices, strict=True)]
    if len(places) != 1 or sum(plain) != len(plain) - 1:
        return False
    indirect = node.indices[places[0]]
    assert isinstance(indirect, Indirect)
    own = writer.axes(indirect.load)
    names = [_variable(index) for index in node.indices]
    axes = (*names[: places[0]], *own, *names[places[0] + 1 :])
    if axes != target.axes or len(set(axes)) < len(axes):
        return False
    index = writer.operand(indirect.load)
    position = writer.scratch(own, "intp")  # np.take would convert int32 in an array of its own
    writer.lines.append(assign(position.text, align(index, own)))
    writer.lines.append(
        f'np.take({writer.arguments[node.buffer]}, {position.text}, axis={places[0]}, out={target.text}, mode="clip")'
    )
    writer.release(index, position)
    return True


def _is_whole_axis(writer: Writer, extent: int | str, index: IndexExpression) -> bool:
    name = _variable(index)
    return name is not None and name not in writer.python and writer.loops[name] == Loop(name, extent)


def _variable(index: IndexExpression) -> str | None:
    return index.variable if isinstance(index, Affine) else None


def flat_positions(
    writer: Writer, indices: tuple[IndexExpression, ...], shape: tuple[int | str, ...], axes: tuple[str, ...]
) -> Operand:
    """Positions in the flattened array: what the loops contribute is prepared, what is read is added here.

    An affine index that leaves its axis is kept inside: its element is read under a condition, and not used.
    """
    prepared: Scalar | None = None
    plain = Affine()  # what needs no more than a ramp
    reads: list[tuple[Scalar, Size]] = []
    for extent, position, stride in zip(shape, indices, row_major(shape), strict=True):
        if isinstance(position, Indirect):
            reads.append((position.load, stride))
            continue
        if any(name in writer.python for name, _ in position.terms):
            reads.append((IndexValue("int32", position), stride))
            continue
        if stride[1:] == (0, 0) and is_inside((extent,), (position,), writer.loops):
            plain = _plus(plain, position, stride[0])
            continue
        prepared = _sum(prepared, _scaled(_clipped(position, extent), stride))
    if plain.terms or (prepared is not None and plain.constant):
        prepared = _sum(prepared, IndexValue("intp", plain))
    start = align(writer.ramp(prepared), axes) if prepared is not None else str(plain.constant)
    if prepared is not None and not reads and set(writer.axes(prepared)) == set(axes):
        return writer.ramp(prepared)
    found = writer.scratch(axes, "intp")
    if not reads:
        writer.lines.append(assign(found.text, start))
    for part, stride in reads:
        start = _add_read(writer, part, stride, start, found)
    return found


def _add_read(writer: Writer, part: Scalar, stride: Size, start: str, found: Operand) -> str:
    """start + stride * what is read, into the positions; the text of these."""
    factor = _stride_text(writer, stride)
    if not writer.axes(part):
        number = writer.scalar(part).text
        writer.lines.append(
            f"np.add({start}, {number if factor == '1' else f'({number}) * {factor}'}, out={found.text})"
        )
        return found.text
    read = writer.operand(part)
    if factor != "1":
        scaled = writer.scratch(read.axes, "intp")
        writer.lines.append(f"np.multiply({read.text}, {factor}, out={scaled.text})")
        writer.release(read)
        read = scaled
    writer.lines.append(f"np.add({start}, {align(read, found.axes)}, out={found.text})")
    writer.release(read)
    return found.text


def _stride_text(writer: Writer, stride: Size) -> str:
    """A stride in `batch`; a row-major one has a single term."""
    power, factor = next((n, count) for n, count in enumerate(stride) if count)
    writer.uses_batch |= power > 0
    parts = [str(factor)] if factor > 1 or not power else []
    return " * ".join([*parts, *(["batch"] * power)])


def _plus(index: Affine, other: Affine, factor: int) -> Affine:
    terms = dict(index.terms)
    for name, coefficient in other.terms:
        terms[name] = terms.get(name, 0) + factor * coefficient
    return Affine(tuple(terms.items()), index.constant + factor * other.constant)


def _clipped(index: Affine, extent: int | str) -> Scalar:
    last: Scalar = (
        Constant("intp", Fraction(extent - 1))
        if isinstance(extent, int)
        else _operation("subtract", BatchSize("intp"), Constant("intp", Fraction(1)))
    )
    return _operation("minimum", _operation("maximum", IndexValue("intp", index), _number(0)), last)


def _scaled(value: Scalar, stride: Size) -> Scalar:
    power, factor = next((n, count) for n, count in enumerate(stride) if count)
    for _ in range(power):
        value = _operation("multiply", value, BatchSize("intp"))
    return value if factor == 1 else _operation("multiply", value, _number(factor))


def _sum(left: Scalar | None, right: Scalar) -> Scalar:
    return right if left is None else _operation("add", left, right)


def _operation(op: str, *arguments: Scalar) -> Operation:
    return Operation("intp", op, arguments)


def _number(value: int) -> Constant:
    return Constant("intp", Fraction(value))


def add_offset(writer: Writer, node: IndexValue, destination: Operand) -> None:
    """An index of loops that are axes and of Python's own."""
    terms, rest = writer.variables.split(node.index)
    ramp = writer.ramp(IndexValue(node.dtype, Affine(tuple(terms))))
    text = align(ramp, destination.axes)
    writer.lines.append(f"np.add({text}, {writer.variables.number(rest)}, out={destination.text})")
