"""What names are bound at one place of an expression."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from sympy import Expr

from bpgen.algebra.index import Index
from bpgen.algebra.records import dataclass


@dataclass(frozen=True)
class Bindings:
    """indices: in scope, left-hand ones first; values: arguments, inside the definition of a function."""

    indices: Mapping[str, Index] = field(default_factory=dict)
    values: Mapping[str, Expr] | None = None

    @classmethod
    def of(cls, indices: tuple[Index, ...]) -> Bindings:
        return cls({index.name: index for index in indices})

    def with_indices(self, added: tuple[Index, ...]) -> Bindings:
        return Bindings({**self.indices, **{index.name: index for index in added}}, self.values)

    @property
    def order(self) -> tuple[Index, ...]:
        return tuple(self.indices.values())
