"""Large values that the backward pass computes again, instead of reading them back from memory.

    h[b, j] = tanh(f(z[b, j]));  y[b, j] = z[b, j] * (1 + h[b, j]) / 2;  d.z[b, j] = g(h[b, j], z[b, j]) * d.y[b, j]
->  the same but for                                           d.z[b, j] = g(tanh(f(z[b, j])), z[b, j]) * d.y[b, j]

Where z is read anyway, a function of it costs less than h's way to memory and back; h is a local value then.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from bpgen.lower.cuts import is_cut
from bpgen.lower.hoist import EXPENSIVE
from bpgen.lower.recurrence import Recurrence, reads_of
from bpgen.lower.rewrite import Substitution, loads, plain_indices, reduction, transform
from bpgen.lower.scalar import Affine, Load, Operation, Scalar, walk
from bpgen.lower.schedule import Assign, Buffer

LARGE = 1 << 14
"""Reals for each row of the batch, of which a few dozen rows fill a cache."""


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
        if buffers[item.target].size < LARGE or not _is_cheap(item):
            continue
        places = [n for n, other in enumerate(found) if item.target in reads_of(other)]
        later = [n for n in places if _target(found[n]) in backward]
        if later and len(places) > len(later) and all(_reads_both(found[n], item) for n in later):
            for n in later:
                found[n] = _with_value(found[n], item)
    return found


def _target(item: Assign | Recurrence) -> str:
    return item.target if isinstance(item, Assign) else ""


def _is_cheap(statement: Assign) -> bool:
    """Whether it is one function of one array at the same element, with one costly operation at most."""
    plain = statement.indices == plain_indices(statement.loops) and not statement.follows and not statement.accumulate
    read = list(loads(statement.value))
    alike = len({load.buffer for load in read}) == 1 and all(load.indices == statement.indices for load in read)
    costly = [n for n in walk(statement.value) if isinstance(n, Operation) and n.op in EXPENSIVE]
    whole = reduction(statement.value) is None and not is_cut(statement) and statement.dtype == "real"
    return plain and alike and whole and len(costly) <= 1


def _reads_both(reader: Assign | Recurrence, computed: Assign) -> bool:
    """Whether it reads, wherever it reads the value, what that is computed from."""
    if isinstance(reader, Recurrence) or reduction(reader.value) is not None:
        return False
    source = next(loads(computed.value)).buffer
    places = [load.indices for load in loads(reader.value) if load.buffer == computed.target]
    known = {load.indices for load in loads(reader.value) if load.buffer == source}
    affine = all(isinstance(index, Affine) for indices in places for index in indices)
    return bool(places) and affine and all(indices in known for indices in places)


def _with_value(reader: Assign | Recurrence, computed: Assign) -> Assign:
    """The statement with the value's own expression in the place of the value."""
    assert isinstance(reader, Assign), "a step of a recurrence reads no such value"
    names = [loop.name for loop in computed.loops]

    def change(node: Scalar) -> Scalar | None:
        if not isinstance(node, Load) or node.buffer != computed.target:
            return None
        moved = {name: i for name, i in zip(names, node.indices, strict=True) if isinstance(i, Affine)}
        return Substitution(moved).scalar(computed.value)

    return replace(reader, value=transform(reader.value, change))
