"""Sums of products of arrays: as a matrix product on views where the axes fall into place, else as an einsum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bpgen.emit.numpy_views import Operand, align

Extents = Mapping[str, int | str]


def einsum(factors: list[Operand], destination: Operand | None) -> str:
    """np.einsum over any number of factors; without a destination, the text of its value."""
    letters: dict[str, str] = {}
    axes = [name for factor in factors for name in factor.axes]
    spare = [c for c in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" if c not in axes]
    for name in axes:
        if name not in letters:
            letters[name] = name if len(name) == 1 and name.isascii() and name.isalpha() else spare.pop(0)
    terms = ",".join("".join(letters[name] for name in factor.axes) for factor in factors)
    result = "".join(letters[name] for name in destination.axes) if destination else ""
    arrays = ", ".join(factor.text for factor in factors)
    out = f", out={destination.text}" if destination else ""
    return f'np.einsum("{terms}->{result}", {arrays}{out})'


def matrix_product(
    left: Operand, right: Operand, bound: tuple[str, ...], destination: Operand, extents: Extents
) -> str | None:
    """np.matmul of two views into the destination, or None where that would need a copy.

    Loops fall into four groups: batch (in both factors and the target), m (left and target), n (right and
    target) and k (summed).  A group of several loops becomes one axis by a reshape that copies nothing.
    """
    if not all(name in left.axes and name in right.axes for name in bound):
        return None
    if set(left.axes) | set(right.axes) != {*bound, *destination.axes}:
        return None
    if _columns_are_left(left, right, destination):
        left, right = right, left
    batch = tuple(n for n in destination.axes if n in left.axes and n in right.axes)
    m = tuple(n for n in destination.axes if n in left.axes and n not in batch)
    n = tuple(n for n in destination.axes if n in right.axes and n not in batch)
    k = tuple(name for name in left.axes if name in bound)
    if batch and not (m or n):
        return None
    groups = {name: group for group in (m, n, k) if len(group) > 1 for name in group}
    a, b, out = (_merged(operand, groups, extents) for operand in (left, right, destination))
    if a is None or b is None or out is None:
        return None
    return _matmul(a, b, out, batch, tuple(group[:1] for group in (m, k, n)))


def _matmul(a: Operand, b: Operand, out: Operand, batch: tuple[str, ...], groups: tuple[tuple[str, ...], ...]) -> str:
    m, k, n = groups
    a_text, b_text = align(a, (*batch, *m, *k)), align(b, (*batch, *k, *n))
    out_text = align(out, (*batch, *m, *n))
    if batch and not m:
        # A vector times a matrix in each row of the batch: as a matrix of one row.
        a_text, out_text = (_with_axis(text, len(batch)) for text in (a_text, out_text))
    elif batch and not n:
        b_text, out_text = f"{b_text}[..., None]", f"{out_text}[..., None]"
    return f"np.matmul({a_text}, {b_text}, out={out_text})"


def _with_axis(text: str, place: int) -> str:
    return f"{text}[{':, ' * place}None]"


def _columns_are_left(left: Operand, right: Operand, destination: Operand) -> bool:
    """Whether the target's last axis comes from the left factor, so that the factors trade places.

    The target's rows then stay contiguous, which is what BLAS writes fastest.
    """
    own = [name for name in destination.axes if not (name in left.axes and name in right.axes)]
    return bool(own) and own[-1] in left.axes and any(name in right.axes for name in own)


def _merged(operand: Operand, groups: Mapping[str, tuple[str, ...]], extents: Extents) -> Operand | None:
    """The operand with each group of loops as one axis, named by its first loop; None where that would copy."""
    if not any(name in groups for name in operand.axes):
        return operand
    if not operand.whole:
        return None
    axes: list[str] = []
    shape: list[str] = []
    rest = list(operand.axes)
    while rest:
        group = groups.get(rest[0], (rest[0],))
        if tuple(rest[: len(group)]) != group:
            return None
        axes.append(group[0])
        shape.append(_extent(operand, group, extents))
        rest = rest[len(group) :]
    if shape.count("-1") > 1:
        return None
    return replace(operand, text=f"{operand.text}.reshape({', '.join(shape)})", axes=tuple(axes))


def _extent(operand: Operand, group: tuple[str, ...], extents: Extents) -> str:
    product = 1
    for name in group:
        extent = extents[name]
        if isinstance(extent, str):
            return "-1"
        product *= extent
    return str(product)
