"""Names of loops: the letters that the axes like to be called by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bpgen.algebra.expressions import Access, accesses
from bpgen.algebra.index import Index
from bpgen.algebra.system import Equation, Tensor


def loop_names(equation: Equation, tensors: Mapping[str, Tensor]) -> dict[Index, str]:
    """A name for every index of an equation.

    Left-hand indices keep theirs; a bound one, whose name is canonical (_1_0), takes the letter of the axis
    that it runs over in a tensor read, or the next letter that is free.
    """
    names = {index: index.name for index in equation.indices}
    reduction = equation.reduction
    if reduction is None:
        return names
    read = list(accesses(reduction.body))
    for index in reduction.bound:
        liked = list(_liked(index, read, tensors))
        names[index] = free_name([*liked, *"ijkrspq"], names.values())
    return names


def _liked(index: Index, read: list[Access], tensors: Mapping[str, Tensor]) -> Iterable[str]:
    for access in read:
        for axis, position in zip(tensors[access.tensor].axes, access.indices, strict=True):
            if position == index and axis.name.isidentifier() and not axis.name.startswith("_"):
                yield axis.name


def free_name(liked: list[str], taken: Iterable[str]) -> str:
    """The first name liked that nobody has; else the first with a number."""
    used = set(taken)
    for name in liked:
        if name not in used:
            return name
    number = 2
    while f"{liked[0]}{number}" in used:
        number += 1
    return f"{liked[0]}{number}"


def place_of(equation: Equation) -> str:
    """Where an equation was written, as far as that is known, and what it defines."""
    at = equation.origin.position
    where_ = "" if at is None else f"{at.file or '<text>'}:{at.line}:{at.column}: "
    return f"{where_}({equation.number}) {equation.tensor.name}"
