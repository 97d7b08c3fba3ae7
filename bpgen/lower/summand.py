"""What a sum adds up is stored, where that saves storing what it is made of.

    y = f(z);  t = g(z);  d.z = h(y, t, target)         at each element, by the kernel that computes z
    loss = sum[b, i]((y * (1 - target) - t * target)**2)
->  term[b, i] = (y * (1 - target) - t * target)**2;  loss = sum[b, i](term[b, i])

The term is one more element for the kernel that has y and t in registers; nothing else reads these, so that they are
local values then, and the sum reads one array.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from bpgen.lower.again import is_elementwise
from bpgen.lower.cuts import is_cut
from bpgen.lower.names import free_name
from bpgen.lower.recurrence import Recurrence, reads_of
from bpgen.lower.rewrite import loads, plain_indices, reduction, reductions, transform
from bpgen.lower.scalar import BATCH, Load, Reduce, Scalar
from bpgen.lower.schedule import Assign, Buffer

Item = Assign | Recurrence
LEAST = 256
"""Elements for each row of the batch: with fewer, what a sum reads stays in the first cache anyway."""
GIVEN = ("input", "parameter", "setting", "counter")


def with_summands(
    items: Sequence[Item], kept: Collection[str], buffers: dict[str, Buffer], tensors: Collection[str]
) -> list[Item]:
    """The statements, with such terms in arrays of their own, which `buffers` grows by; all programs share them.

    kept: names whose values something else needs; tensors: names that are taken
    """
    viewed = {buffer.view_of for buffer in buffers.values()} - {""}
    result: list[Item] = []
    for item in items:
        term = _term(item, items, {*kept, *viewed}, buffers) if isinstance(item, Assign) else None
        if term is None:
            result.append(item)
        else:
            assert isinstance(item, Assign)
            name = free_name([f"{item.target}.term"], tensors)
            buffers[name] = Buffer(name, tuple(loop.extent for loop in term.loops), term.dtype, "workspace")
            value = _summing(item.value, Load(term.dtype, name, term.indices))
            result += [replace(term, target=name), replace(item, value=value)]
    return result


def _summing(value: Scalar, term: Load) -> Scalar:
    return transform(value, lambda node: replace(node, body=term) if isinstance(node, Reduce) else None)


def _term(item: Assign, items: Sequence[Item], kept: Collection[str], buffers: dict[str, Buffer]) -> Assign | None:
    """What the item sums, as a statement of its own; None where that saves nothing."""
    found = reduction(item.value)
    if found is None or found.op != "sum" or item.contraction is not None or is_cut(item) or found.dtype != "real":
        return None
    places = {load.indices for load in loads(found.body) if len(load.indices) == len(found.loops)}
    here = plain_indices(found.loops)
    if item.loops or places != {here} or len(list(reductions(item.value))) > 1:
        return None
    parts = dict.fromkeys(load.buffer for load in loads(found.body) if load.indices == here)
    made = [name for name in parts if _is_made(name, items, buffers)]
    saved = [name for name in made if name not in kept and _is_read_beside(name, item, made, items, buffers)]
    if len(saved) < 2 or len(saved) < len(made):
        return None
    return Assign("", here, found.loops, found.body, found.dtype, numbers=item.numbers)


def _is_made(name: str, items: Sequence[Item], buffers: dict[str, Buffer]) -> bool:
    """Whether a statement computes the array, element by element, and it is large."""
    own = next((item for item in items if isinstance(item, Assign) and item.target == name), None)
    large = BATCH in buffers[name].shape and buffers[name].size >= LEAST
    return own is not None and large and is_elementwise(own)


def _is_read_beside(
    name: str, item: Assign, made: Collection[str], items: Sequence[Item], buffers: dict[str, Buffer]
) -> bool:
    """Whether all other readers of the array compute an element from its own, what is given and made with it."""
    for other in items:
        if other is item or name not in reads_of(other):
            continue
        if not isinstance(other, Assign) or not is_elementwise(other):
            return False
        for load in loads(other.value):
            beside = load.buffer in made and load.indices == other.indices
            if not beside and (load.buffer in made or buffers[load.buffer].storage not in GIVEN):
                return False
    return True
