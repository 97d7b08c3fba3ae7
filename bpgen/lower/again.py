"""Large values that the backward pass computes again, instead of reading them back from memory.

    h[b, j] = tanh(f(z[b, j]));  y[b, j] = z[b, j] * (1 + h[b, j]) / 2;  d.z[b, j] = g(h[b, j], z[b, j]) * d.y[b, j]
->  the same but for                                           d.z[b, j] = g(tanh(f(z[b, j])), z[b, j]) * d.y[b, j]

Where z is read anyway, a function of it costs less than h's way to memory and back; h is a local value then.  The
function may have numbers that all rows have in common, such as the mean and the scale of a channel.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from bpgen.lower.cuts import is_cut
from bpgen.lower.hoist import EXPENSIVE
from bpgen.lower.recompute import is_free_of
from bpgen.lower.recurrence import Recurrence, reads_of
from bpgen.lower.rewrite import Substitution, is_whole, loads, reduction, transform
from bpgen.lower.scalar import BATCH, Affine, Load, Operation, Scalar, walk
from bpgen.lower.schedule import Assign, Buffer

LARGE = 1 << 14
"""Reals for each row of the batch, of which a few dozen rows fill a cache."""
MOST_OPERATIONS = 12
"""That cost less than an element's way to the memory and back."""


def computed_again(
    items: Sequence[Assign | Recurrence],
    backward: Collection[str],
    kept: Collection[str],
    buffers: Mapping[str, Buffer],
) -> list[Assign | Recurrence]:
    """The statements, those of the backward pass with such values computed again.

    backward: targets of the backward pass; kept: names that are stored for others
    """
    found = list(items)
    viewed = {buffer.view_of for buffer in buffers.values()}
    for item in items:
        if not isinstance(item, Assign) or item.target in backward or item.target in viewed or item.target in kept:
            continue
        if buffers[item.target].size < LARGE or not is_elementwise(item):
            continue
        places = [n for n, other in enumerate(found) if item.target in reads_of(other)]
        later = [n for n in places if _target(found[n]) in backward]
        if not later or len(places) == len(later):
            continue
        whole = _whole(item, found)
        source = _source(whole)
        # Where all its readers are loops, it need not be stored at all; its source is read later anyway.
        read_later = any(source in reads_of(other) for other in found if _target(other) in backward)
        free = read_later and all(_is_loop(found[n]) for n in places)
        if source and all(_takes(found[n], whole, None if free else source) for n in later):
            for n in later:
                found[n] = _with_value(found[n], whole)
    return found


def _target(item: Assign | Recurrence) -> str:
    return item.target if isinstance(item, Assign) else ""


def _is_loop(item: Assign | Recurrence) -> bool:
    return isinstance(item, Assign) and item.contraction is None


def is_elementwise(statement: Assign) -> bool:
    return is_whole(statement) and reduction(statement.value) is None and not is_cut(statement)


def _whole(item: Assign, items: Sequence[Assign | Recurrence]) -> Assign:
    """The statement with what it alone reads, at the same element, put in."""
    for other in items:
        if isinstance(other, Assign) and is_elementwise(other) and item is not other:
            at = {load.indices for load in loads(item.value) if load.buffer == other.target}
            if at == {item.indices} and sum(other.target in reads_of(reader) for reader in items) == 1:
                return _whole(_with_value(item, other), [i for i in items if i is not other])
    return item


def _source(statement: Assign) -> str:
    """The one array, read at the same element, that it is a cheap function of; "" where it is none."""
    rows = {loop.name for loop in statement.loops if loop.extent == BATCH}
    read = list(loads(statement.value))
    arrays = {load.buffer for load in read if load.indices == statement.indices}
    others = [load for load in read if load.indices != statement.indices]
    operations = [node.op for node in walk(statement.value) if isinstance(node, Operation)]
    cheap = len(operations) <= MOST_OPERATIONS and sum(op in EXPENSIVE for op in operations) <= 1
    return arrays.pop() if cheap and len(arrays) == 1 and all(is_free_of(load, rows) for load in others) else ""


def _takes(reader: Assign | Recurrence, computed: Assign, source: str | None) -> bool:
    """Whether a reader can compute the value, and reads its source, if one is given, wherever it reads the value."""
    if isinstance(reader, Recurrence) or reduction(reader.value) is not None:
        return False
    places = [load.indices for load in loads(reader.value) if load.buffer == computed.target]
    known = {load.indices for load in loads(reader.value) if load.buffer == source}
    affine = all(isinstance(index, Affine) for indices in places for index in indices)
    return bool(places) and affine and (source is None or all(indices in known for indices in places))


def _with_value(reader: Assign | Recurrence, computed: Assign) -> Assign:
    """The statement with the value's own expression in the place of the value."""
    assert isinstance(reader, Assign), "a step of a recurrence reads no such value"
    names = [loop.name for loop in computed.loops]

    def change(node: Scalar) -> Scalar | None:
        match node:
            case Load(buffer=computed.target, indices=indices):
                moved = {name: i for name, i in zip(names, indices, strict=True) if isinstance(i, Affine)}
                return Substitution(moved).scalar(computed.value)
            case Operation(op="greater", arguments=(Load(buffer=computed.target) as left, right)):
                value = change(left)
                if isinstance(value, Operation) and value.op == "maximum" and value.arguments[0] == right:
                    value = value.arguments[1]  # max(c, a) > c -> a > c
                return None if value is None else replace(node, arguments=(value, right))
            case _:
                return None

    numbers = tuple(sorted({*reader.numbers, *computed.numbers}))
    return replace(reader, value=transform(reader.value, change), numbers=numbers)
