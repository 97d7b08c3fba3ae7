"""Assignments to elements that several values of the loops meet in, or whose positions are read from arrays.

target[.., S * p + r] += value[.., p, r]    slice by slice, a loop of Python's over r
target[label[b], d] += value[b, d]          np.add.at, which counts every duplicate
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod

from bpgen.emit.numpy_gathers import flat_positions
from bpgen.emit.numpy_views import Operand, assign, has_indirection
from bpgen.emit.numpy_writer import Writer
from bpgen.lower.scalar import Affine, IndexExpression, Load, Local, Loop, Operation, Reduce, Scalar, walk
from bpgen.lower.schedule import Assign

MOST_TURNS = 64
"""Slices that a loop of Python's may write, where strides would do as well."""
SHORT = 8
"""An innermost axis of less is slower than slices."""


def accumulate(writer: Writer, statement: Assign, loops: tuple[Loop, ...]) -> None:
    """Append the lines that add a statement's value to its target, summed over the loops that meet there."""
    used = {name for index in statement.indices for name in _variables(index)}
    kept = tuple(loop for loop in loops if loop.name in used)
    missing = tuple(loop for loop in loops if loop.name not in used)
    statement = replace(statement, value=_summed(statement.value, missing))
    writer.order = tuple(loop.name for loop in kept)
    if has_indirection(statement.indices):
        put(writer, statement)
        return
    turns = _turns(statement.indices, kept)
    if turns is None:
        turns = _overlapping(statement.indices, kept)
    value, held = before_turns(writer, statement.value, turns)
    if turns and (not _is_inside(writer, value) or writer.reads(value, statement.target)):
        value = _computed(writer, value, held)
    with writer.python_loops(turns):
        load = Load(statement.dtype, statement.target, statement.indices)
        destination = writer.load(load)
        writer.order = destination.axes
        if destination.axes:
            writer.evaluate(Operation(statement.dtype, "add", (load, value)), destination)
        else:
            writer.lines.append(assign(destination.text, writer.scalar(value).text, "+="))
    writer.release(*held)


def loops_to_turn(writer: Writer, statement: Assign, loops: tuple[Loop, ...]) -> list[Loop]:
    """The loops that a target with several variables in one index is written in, one value at a time.

    Empty where strides serve better, or where a part that is written may still be read by another.
    """
    if writer.reads(statement.value, statement.target) or not _is_inside(writer, statement.value):
        return []
    return _turns(statement.indices, loops) or []


def put(writer: Writer, statement: Assign) -> None:
    """target[read[b], d] = value or += value, by positions in the flattened target."""
    formal = writer.formals[statement.target]
    name = writer.arguments[statement.target]
    used = {name for index in statement.indices for name in _variables(index)}
    axes = tuple(name for name in writer.order if name in used)
    writer.order = axes
    value = _whole(writer, statement, axes)
    positions = flat_positions(writer, statement.indices, formal.shape, axes)
    if not axes:
        operator = "+=" if statement.accumulate else "="
        writer.lines.append(f"{name}.reshape(-1)[{positions.text}] {operator} {value.text}")
    elif statement.accumulate:
        # One index and flat arrays: the case that np.add.at is fast in.
        ends = [_flat(operand) for operand in (positions, value)]
        writer.lines.append(f"np.add.at({_flat(Operand(name, ('',) * len(formal.shape), ''))}, {ends[0]}, {ends[1]})")
    else:
        writer.lines.append(f"np.put({name}, {positions.text}, {value.text})")
    writer.release(positions, value)


def _flat(operand: Operand) -> str:
    return operand.text if len(operand.axes) == 1 else f"{operand.text}.reshape(-1)"


def _whole(writer: Writer, statement: Assign, axes: tuple[str, ...]) -> Operand:
    """The value as an array over exactly these axes, in one piece."""
    if not axes:
        return Operand(writer.number(statement.value), (), statement.dtype)
    if writer.axes(statement.value) == axes and statement.value.dtype == statement.dtype:
        operand = writer.operand(statement.value)
        if operand.whole and operand.axes == axes:
            return operand
        writer.release(operand)
    whole = writer.scratch(axes, statement.dtype)
    writer.evaluate(statement.value, whole)
    return whole


def _variables(index: IndexExpression) -> list[str]:
    if isinstance(index, Affine):
        return [name for name, _ in index.terms]
    return [name for inner in index.load.indices for name in _variables(inner)]


def _summed(value: Scalar, loops: tuple[Loop, ...]) -> Scalar:
    if not loops:
        return value
    if isinstance(value, Reduce) and value.op == "sum":
        return replace(value, loops=(*loops, *value.loops))
    return Reduce(value.dtype, "sum", loops, value)


def before_turns(writer: Writer, value: Scalar, turns: Sequence[Loop]) -> tuple[Scalar, list[Operand]]:
    """The value with what is the same in all turns computed before them; and the arrays that hold it.

    Worth it where several turns would compute it, and it is not there already.
    """
    names = {loop.name for loop in turns}
    held: list[Operand] = []

    def settle(node: Scalar) -> Scalar:
        if not writer.axes(node) or writer.is_view(node):
            return node
        if names.isdisjoint(writer.free(node)) and node.dtype != "bool":
            return _computed(writer, node, held)
        if isinstance(node, Operation):
            return replace(node, arguments=tuple(settle(argument) for argument in node.arguments))
        return node

    return (settle(value) if turns else value), held


def _computed(writer: Writer, value: Scalar, held: list[Operand]) -> Scalar:
    """The value in an array of its own, as a local that only this statement reads."""
    if not writer.axes(value):
        return value
    kept = writer.scratch(writer.axes(value), value.dtype)
    writer.evaluate(value, kept)
    held.append(kept)
    name = writer.names.fresh("same")
    writer.locals[name] = replace(kept, storage=f"local {name}", scratch=False)
    return Local(value.dtype, name)


def _is_inside(writer: Writer, value: Scalar) -> bool:
    return all(writer.is_inside(part) for part in walk(value) if isinstance(part, Load))


def _turns(indices: Sequence[IndexExpression], loops: Sequence[Loop]) -> list[Loop] | None:
    """All but the longest loop of each index with several; none where strides serve better; None where these fail."""
    found = _overlapping(indices, loops)
    shared = _shared(indices, loops)
    injective = all(_is_injective(terms) for terms in shared)
    many = prod(loop.extent if isinstance(loop.extent, int) else 1000 for loop in found) > MOST_TURNS
    if injective and (many or all(terms[0][1] >= SHORT for terms in shared)):
        return []
    return found if injective else None


def _overlapping(indices: Sequence[IndexExpression], loops: Sequence[Loop]) -> list[Loop]:
    names: set[str] = set()
    for terms in _shared(indices, loops):
        longest = max(terms, key=lambda term: term[1])
        names |= {name for _, _, name in terms if name != longest[2]}
    return [loop for loop in loops if loop.name in names]


def _shared(indices: Sequence[IndexExpression], loops: Sequence[Loop]) -> list[list[tuple[int, float, str]]]:
    """The indices of several loops: (step, extent, loop) of each, small steps first."""
    lengths = {loop.name: float("inf") if isinstance(loop.extent, str) else loop.extent for loop in loops}
    terms = [
        sorted((abs(coefficient), lengths[name], name) for name, coefficient in index.terms if name in lengths)
        for index in indices
        if isinstance(index, Affine)
    ]
    return [found for found in terms if len(found) > 1]


def _is_injective(terms: list[tuple[int, float, str]]) -> bool:
    """Whether each value of the loops has an element of its own: every step is beyond what smaller ones reach."""
    reach = 0.0
    for step, length, _ in terms:
        if step <= reach:
            return False
        reach += step * (length - 1)
    return True
