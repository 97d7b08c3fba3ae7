"""Factors of the backward pass that are computed in the forward pass, where what they are made of is at hand.

    h[b, j] = tanh(f(z[b, j]));  y[b, j] = z[b, j] * (1 + h[b, j]) / 2;  d.z[b, j] = g(h[b, j], z[b, j]) * d.y[b, j]
->  the same but for      d.z@factor[b, j] = g(h[b, j], z[b, j]);        d.z[b, j] = d.z@factor[b, j] * d.y[b, j]

Then one array is kept for the backward pass instead of two, or instead of one from which the other is computed again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import replace
from functools import reduce

from bpgen.lower.again import is_elementwise
from bpgen.lower.recurrence import Recurrence, reads_of
from bpgen.lower.rewrite import is_whole, loads, reads, transform
from bpgen.lower.scalar import Constant, Load, Operation, Scalar, children
from bpgen.lower.schedule import Assign, Buffer

FACTOR = "@factor"
"""What marks the name of such a factor: no name of a description has such a letter."""

Items = list[Assign | Recurrence]


def computed_early(
    items: Sequence[Assign | Recurrence],
    backward: Collection[str],
    kept: Collection[str],
    buffers: MutableMapping[str, Buffer],
) -> Items:
    """The statements, with such factors as statements of their own behind what they are made of.

    backward: targets of the backward pass; kept: names that are stored for others; buffers: grows by the factors
    """
    made = _made_before(items, backward, kept, buffers)
    later = _readers(items, backward)
    found = list(items)
    for item in items:
        if not isinstance(item, Assign) or item.target not in backward or not is_elementwise(item):
            continue
        grouped = _grouped(item, made)
        factor = _factor(grouped, made)
        if factor is None:
            continue
        name, like = item.target + FACTOR, buffers[item.target]
        rest = _with_factor(grouped, factor, name)
        parts = {load.buffer for load in loads(factor)}
        elsewhere = any(later[part] != {item.target} or buffers[part].shape != like.shape for part in parts)
        if elsewhere or parts & reads(rest):
            continue
        buffers[name] = Buffer(name, like.shape, "real", "workspace", spare=like.spare)
        last = max(n for n, other in enumerate(found) if isinstance(other, Assign) and other.target in parts)
        found[found.index(item)] = rest
        found.insert(last + 1, replace(item, target=name, value=factor))
    return found


def _made_before(
    items: Sequence[Assign | Recurrence],
    backward: Collection[str],
    kept: Collection[str],
    buffers: Mapping[str, Buffer],
) -> dict[str, Assign]:
    """Statements of the forward pass for whole arrays that nothing else needs stored, by target."""
    viewed = {name for buffer in buffers.values() if buffer.view_of for name in (buffer.name, buffer.view_of)}
    apart = {*backward, *kept, *viewed}
    own = (item for item in items if isinstance(item, Assign) and item.target not in apart)
    return {item.target: item for item in own if is_whole(item)}


def _readers(items: Sequence[Assign | Recurrence], backward: Collection[str]) -> dict[str, set[str]]:
    """Of every name, the targets of the backward pass that are computed from it, "" for those of recurrences."""
    found: dict[str, set[str]] = {}
    for item in items:
        target = item.target if isinstance(item, Assign) else ""
        if not target or target in backward:
            for name in reads_of(item):
                found.setdefault(name, set()).add(target)
    return found


def _grouped(item: Assign, made: Collection[str]) -> Assign:
    """(h * d.y) * (1 + z) -> (h * (1 + z)) * d.y"""

    def change(node: Scalar) -> Scalar | None:
        factors = list(_factors(node))
        if len(factors) < 2 or any(factor.dtype != "real" for factor in factors) or _is_part(node, item, made):
            return None
        parts = [factor for factor in factors if _is_part(factor, item, made)]
        others = [transform(factor, change) for factor in factors if not _is_part(factor, item, made)]
        return reduce(_product, [*([reduce(_product, parts)] if parts else []), *others])

    return replace(item, value=transform(item.value, change))


def _product(left: Scalar, right: Scalar) -> Scalar:
    return Operation("real", "multiply", (left, right))


def _factors(node: Scalar) -> Iterator[Scalar]:
    if isinstance(node, Operation) and node.op == "multiply":
        for argument in node.arguments:
            yield from _factors(argument)
    else:
        yield node


def _factor(item: Assign, made: Mapping[str, Assign]) -> Scalar | None:
    """The one largest part of the value that is a function of such an array, and of others computed from it alone."""
    found = set(_parts(item.value, item, made))
    part = found.pop() if len(found) == 1 else None
    if not isinstance(part, Operation) or part.dtype != "real":
        return None
    names = {load.buffer for load in loads(part)}
    sources = [name for name in names if not _is_made_of(made[name], names)]
    return part if len(names) > 1 and len(sources) == 1 else None


def _is_made_of(statement: Assign, names: Collection[str]) -> bool:
    """Whether it is computed element by element from these."""
    read = list(loads(statement.value))
    return is_elementwise(statement) and all(r.buffer in names and r.indices == statement.indices for r in read)


def _parts(node: Scalar, item: Assign, made: Collection[str]) -> Iterator[Scalar]:
    """The largest parts of a value that are made of such arrays, at the value's own element, and of constants."""
    if _is_part(node, item, made):
        if any(True for _ in loads(node)):
            yield node
    else:
        for child in children(node):
            yield from _parts(child, item, made)


def _is_part(node: Scalar, item: Assign, made: Collection[str]) -> bool:
    if isinstance(node, Load):
        return node.buffer in made and node.indices == item.indices
    if isinstance(node, Constant):
        return True
    return isinstance(node, Operation) and all(_is_part(child, item, made) for child in children(node))


def _with_factor(item: Assign, factor: Scalar, name: str) -> Assign:
    """The statement with a load in the place of the factor."""
    load = Load(item.dtype, name, item.indices)
    return replace(item, value=transform(item.value, lambda node: load if node == factor else None))
