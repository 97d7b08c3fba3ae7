"""Values that are computed again where they are read: they differ from another array by what all rows have in common.

    u[b, c, p, q] = z[b, c, p, q] - m[c];  v[c] = sum[b, p, q](u[b, c, p, q]**2) / N
->  v[c] = sum[b, p, q]((z[b, c, p, q] - m[c])**2) / N

Where z is kept anyway, u would be written and read for nothing: an operation costs less than an element's way to the
memory and back.  A value that needs sums over the rows cannot be made in one pass with what it is made of.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from bpgen.lower.cuts import is_cut
from bpgen.lower.recurrence import Recurrence, reads_of
from bpgen.lower.rewrite import Substitution, is_whole, loads, reduction, transform
from bpgen.lower.scalar import BATCH, Affine, Indirect, Load, Operation, Scalar, walk
from bpgen.lower.schedule import Assign

CHEAP = ("add", "subtract", "multiply", "negative")
MOST_OPERATIONS = 2

Item = Assign | Recurrence


def recomputed(items: Sequence[Item], kept: Collection[str], bases: Mapping[str, str]) -> list[Item]:
    """The statements, without those whose readers compute their values themselves.

    kept: names whose values something else needs; bases: of views, what they are views of
    """
    found = list(items)
    for name in [item.target for item in items if isinstance(item, Assign)]:
        item = next(i for i in found if isinstance(i, Assign) and i.target == name)
        if name in kept or name in bases or name in bases.values() or not _differs_little(item, found):
            continue
        readers = [other for other in found if other is not item and name in reads_of(other)]
        if readers and all(_takes(other, name) for other in readers):
            found = [_with(other, item) if name in reads_of(other) else other for other in found if other is not item]
    return found


def _differs_little(item: Assign, items: Sequence[Item]) -> bool:
    """Whether it is made of one array of its size, which others read as well, and of what does not have the batch."""
    operations = [node.op for node in walk(item.value) if isinstance(node, Operation)]
    if not 0 < len(operations) <= MOST_OPERATIONS or any(op not in CHEAP for op in operations):
        return False
    if not is_whole(item):
        return False
    rows = {loop.name for loop in item.loops if loop.extent == BATCH}
    whole = [load for load in loads(item.value) if load.indices == item.indices]
    others = [load for load in loads(item.value) if load.indices != item.indices]
    if not rows or len(whole) != 1 or not others or reduction(item.value) is not None:
        return False
    common = all(is_free_of(load, rows) for load in others)
    return common and sum(whole[0].buffer in reads_of(other) for other in items) > 1


def is_free_of(load: Load, rows: Collection[str]) -> bool:
    """Whether none of these loops moves what is read."""
    return all(isinstance(at, Affine) and not any(name in rows for name, _ in at.terms) for at in load.indices)


def _takes(item: Item, name: str) -> bool:
    """Whether a reader can compute the value: in a product, operands are arrays."""
    if not isinstance(item, Assign) or item.contraction is not None or item.follows == name or is_cut(item):
        return False
    at = [index for load in loads(item.value) if load.buffer == name for index in load.indices]
    inside = [index for load in loads(item.value) for index in load.indices]
    looked_up = [index.load.buffer for index in (*inside, *item.indices) if isinstance(index, Indirect)]
    return name not in looked_up and all(isinstance(index, Affine) for index in at)


def _with(reader: Item, item: Assign) -> Item:
    """The reader, which computes the value where it has read it."""
    assert isinstance(reader, Assign)

    def change(node: Scalar) -> Scalar | None:
        if not isinstance(node, Load) or node.buffer != item.target:
            return None
        places = zip(item.loops, node.indices, strict=True)
        return Substitution({loop.name: at for loop, at in places if isinstance(at, Affine)}).scalar(item.value)

    numbers = tuple(sorted({*reader.numbers, *item.numbers}))
    return replace(reader, value=transform(reader.value, change), numbers=numbers)
