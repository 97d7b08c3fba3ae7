"""The classes that rows hold: what depends on a row only through its class can be computed for each class."""

from __future__ import annotations

from math import prod

from sympy import Expr

from bpgen.algebra.expressions import Access, accesses, rename
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.records import dataclass
from bpgen.lower.split import NOMINAL_BATCH

WORTH = 8
"""So many times as many rows as classes, with a batch of the usual size: with a batch of four, they are as many."""


@dataclass(frozen=True)
class Class:
    """A class that rows hold.  label: token[b, t]; count: how many classes there are"""

    label: Access
    count: int

    @property
    def rows(self) -> tuple[Index, ...]:
        return self.label.indices

    @property
    def is_worth(self) -> bool:
        extents = (NOMINAL_BATCH if index.extent == BATCH else int(index.extent) for index in self.rows)
        return prod(extents) >= WORTH * self.count

    def at(self, entry: Index, value: Expr) -> Expr:
        """The value for one class."""
        return rename(value, {self.label: entry})


def classes_of(value: Expr) -> list[Class]:
    """The classes by which a value selects from tables, in an order that names do not decide."""
    found = {each for access in accesses(value) if (each := class_of(access)) is not None}
    return sorted(found, key=lambda each: (each.label.tensor, each.count, *(str(row) for row in each.rows)))


def class_of(access: Access) -> Class | None:
    """The class by which an element is selected: E[token[b, t], d]."""
    labels = [place for place in enumerate(access.indices) if isinstance(place[1], Access)]
    if len(labels) != 1 or not access.is_inside:
        return None
    position, label = labels[0]
    return class_with(label, access.args[0].extents[position])


def class_with(label: Access, count: Expr) -> Class | None:
    """The class that a label says, of so many; None where each row does not hold one label of its own."""
    plain = label.is_plain and label.is_inside and len(set(label.indices)) == len(label.indices)
    return Class(label, int(count)) if plain and count.is_Integer else None
