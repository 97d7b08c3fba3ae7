"""The number that updates multiply gradients by enters where the backward pass begins, and there is least to multiply.

    d.z[b, o] = (p[b, o] - y[b, o]) / B
    d.W[o, i] = sum[b](d.z[b, o] * x[b, i]);  W.next[o, i] = W[o, i] - lr * d.W[o, i]
->  d.z[b, o] = lr / B * (p[b, o] - y[b, o])
    d.W[o, i] = sum[b](d.z[b, o] * x[b, i]);  W.next[o, i] = W[o, i] - d.W[o, i]

What lies between is linear in what is scaled, and nothing else reads it: so with stochastic gradient descent alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from bpgen.lower.recurrence import Recurrence, reads_of
from bpgen.lower.rewrite import loads, reads, transform
from bpgen.lower.scalar import BatchSize, Constant, Load, Operation, Reduce, Scalar, walk
from bpgen.lower.schedule import Assign, Buffer

Item = Assign | Recurrence
WORTH = 4
"""So many times as many elements of gradients as of what is scaled instead."""


def scaled(
    items: Sequence[Item], nexts: Collection[str], backward: Collection[str], buffers: Mapping[str, Buffer], rows: int
) -> list[Item]:
    """The statements of a program, scaled early where all updates let that be.

    nexts: targets of updates; backward: targets in the backward pass that nothing reads after the program; rows: of a
    batch of the usual size
    """
    steps = [item for item in items if isinstance(item, Assign) and item.target in nexts]
    products = {product for step in steps for node in walk(step.value) if (product := _product(node, backward))}
    gradients = {name for _, name in products}
    factors = {factor for factor, _ in products}
    members = _members(items, nexts, backward, buffers)
    if len(factors) != 1 or not gradients <= members:
        return list(items)
    (factor,) = factors
    first = [i for i in items if isinstance(i, Assign) and i.target in members and not reads(i) & members]
    if not _is_known(factor, items, first) or any(statement.contraction is not None for statement in first):
        return list(items)
    sizes = {name: buffers[name].size * rows ** buffers[name].degree for name in members}
    if WORTH * sum(sizes[statement.target] for statement in first) > sum(sizes[name] for name in gradients):
        return list(items)
    numbers = tuple(sorted(number for step in steps if reads(step) & gradients for number in step.numbers)[:1])

    def changed(item: Item) -> Item:
        if isinstance(item, Assign) and item in first:
            return replace(item, value=_times(factor, item.value), numbers=(*item.numbers, *numbers))
        if isinstance(item, Assign) and item.target in nexts:
            return replace(item, value=_without_products(item.value, members, 1))
        return item

    return [changed(item) for item in items]


def _is_known(factor: Scalar, items: Sequence[Item], first: Sequence[Assign]) -> bool:
    """Whether all that the factor is computed from stands before all that it is to enter."""
    known: set[str] = set()
    for item in items:
        if item in first:
            break
        known |= {item.target} if isinstance(item, Assign) else set(item.defined)
    later = {name for item in items for name in ([item.target] if isinstance(item, Assign) else item.defined)} - known
    return later.isdisjoint(load.buffer for load in loads(factor))


def _members(
    items: Sequence[Item], nexts: Collection[str], backward: Collection[str], buffers: Mapping[str, Buffer]
) -> set[str]:
    """All that may be scaled together: who reads it is scaled by that too, or multiplies it by the factor."""
    own = (item.target for item in items if isinstance(item, Assign) and _is_own(item, buffers))
    members = {name for name in own if name in backward}
    while True:
        gone: set[str] = set()
        for item in items:
            read = {base for name in reads_of(item) for base in (name, buffers[name].view_of) if base in members}
            if isinstance(item, Assign) and item.target in nexts:
                left = {load.buffer for load in loads(_without_products(item.value, members, 0))}
                gone |= read & left
            elif not (isinstance(item, Assign) and item.target in members and 1 in _degrees(item.value, members)):
                gone |= read
        if not gone:
            return members
        members -= gone


def _is_own(statement: Assign, buffers: Mapping[str, Buffer]) -> bool:
    """Whether one statement alone writes all of a buffer."""
    buffer = buffers[statement.target]
    whole = not (statement.accumulate or statement.follows or buffer.view_of) and buffer.name == statement.target
    return whole and buffer.storage in ("workspace", "gradient") and statement.dtype == "real"


def _product(node: Scalar, names: Collection[str]) -> tuple[Scalar, str] | None:
    """A number times an element of one of these arrays: the number, and the array's name."""
    match node:
        case Operation(op="multiply", arguments=(number, Load(buffer=name))) if name in names and _is_number(number):
            return number, name
        case _:
            return None


def _without_products(value: Scalar, names: Collection[str], argument: int) -> Scalar:
    """A value with one argument of such products in their place: 0 for the number, 1 for the element."""

    def change(node: Scalar) -> Scalar | None:
        return node.arguments[argument] if isinstance(node, Operation) and _product(node, names) else None

    return transform(value, change)


def _is_number(scalar: Scalar) -> bool:
    """Whether it has one value in all of a program's calls on one batch."""
    return all(
        isinstance(node, Constant | BatchSize | Operation) or (isinstance(node, Load) and not node.indices)
        for node in walk(scalar)
    )


def _times(factor: Scalar, value: Scalar) -> Scalar:
    """factor * value; factor * (number * rest) -> (factor * number) * rest"""
    match value:
        case Operation(op="multiply", arguments=(number, rest)) if _is_number(number):
            return replace(value, arguments=(Operation("real", "multiply", (factor, number)), rest))
        case _:
            return Operation("real", "multiply", (factor, value))


def _degrees(node: Scalar, members: Collection[str]) -> frozenset[int]:
    """Of 0 and 1 those powers of s with which a value grows where the members are s times what they were."""
    match node:
        case Constant(value=0):
            return frozenset((0, 1))
        case Load(buffer=buffer):
            return frozenset((1,)) if buffer in members else frozenset((0,))
        case Operation(op="add" | "subtract", arguments=(left, right)):
            return _degrees(left, members) & _degrees(right, members)
        case Operation(op="multiply", arguments=(left, right)):
            sums = (a + b for a in _degrees(left, members) for b in _degrees(right, members))
            return frozenset(found for found in sums if found < 2)
        case Operation(op="divide", arguments=(above, below)) if 0 in _degrees(below, members):
            return _degrees(above, members)
        case Operation(op="negative", arguments=(argument,)):
            return _degrees(argument, members)
        case Operation(op="select", arguments=(condition, chosen, otherwise)) if 0 in _degrees(condition, members):
            return _degrees(chosen, members) & _degrees(otherwise, members)
        case Reduce(op="sum", body=body):
            return _degrees(body, members)
        case Operation(arguments=parts):
            return frozenset((0,)) if all(0 in _degrees(part, members) for part in parts) else frozenset()
        case Reduce(body=body):
            return frozenset((0,)) & _degrees(body, members)
        case _:
            return frozenset((0,))
