"""What indices are called where an expression is written: by their own letters, their axes' or the next free one."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sympy import Expr

from bpgen.algebra.expressions import Access, Reduction
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.letters import fresh_letter
from bpgen.algebra.order import reading_order
from bpgen.algebra.scope import RESERVED
from bpgen.algebra.system import Tensor


def pretty_indices(
    expression: Expr, taken: Collection[str] = (), tensors: Mapping[str, Tensor] | None = None
) -> dict[Index, str]:
    """Index -> display name, for every index of an expression, bound ones included.

    A free index keeps its name.  A bound one gets the letter of the first tensor axis that it indexes, where
    `tensors` tells and the letter is free, else the next free letter.  Names differ from each other, from
    `taken` and from the tensors of the expression.
    """
    bound = {index for reduction in expression.atoms(Reduction) for index in reduction.bound}
    found = [symbol for symbol in reading_order(expression) if isinstance(symbol, Index)]
    names: dict[Index, str] = {}
    used = {*taken, *RESERVED, *(access.tensor for access in expression.atoms(Access))}
    for index in found:
        if index not in bound and index not in names and is_written(index.name):
            clash = any(name == index.name for name in names.values())
            names[index] = fresh_letter(used, index.extent == BATCH) if clash else index.name
            used.add(names[index])
    wishes = _axis_letters(expression, tensors or {})
    for index in found:
        if index not in names:
            wish = wishes.get(index, "")
            free = wish and wish not in used
            names[index] = wish if free else fresh_letter(used, index.extent == BATCH)
            used.add(names[index])
    return names


def is_written(name: str) -> bool:
    """Whether an index was named by someone: bound and fresh ones begin with _ and ~."""
    return name.isidentifier() and not name.startswith("_")


def _axis_letters(expression: Expr, tensors: Mapping[str, Tensor]) -> dict[Index, str]:
    wishes: dict[Index, str] = {}
    for part in reading_order(expression):
        if isinstance(part, Access) and part.tensor in tensors:
            for index, axis in zip(part.indices, tensors[part.tensor].axes, strict=False):
                if isinstance(index, Index) and is_written(axis.name):
                    wishes.setdefault(index, axis.name)
    return wishes
