"""Indices: the variables of index equations, each with the extent it runs over."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import sympy
from sympy import Expr, Symbol

# The batch size: the one extent that is known only at run time.
BATCH = Symbol("B", integer=True, positive=True)


class Index(Symbol):  # type: ignore[misc]
    """An index variable, running over 0 ... extent - 1.

    The extent is an int, or BATCH.  Two indices are equal when name and extent are, so an expression
    knows the range of each of its indices without a table beside it.
    """

    __slots__ = ("content", "extent")
    extent: Expr
    content: tuple[str, str]

    def __new__(cls, name: str, extent: int | Expr) -> Index:
        return _new_index(name, sympy.Integer(extent) if isinstance(extent, int) else extent)

    def __getnewargs_ex__(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return (self.name, self.extent), {}

    def _hashable_content(self) -> tuple[Any, ...]:
        return self.content

    def renamed(self, name: str) -> Index:
        return Index(name, self.extent)


@lru_cache(maxsize=4096)  # most are asked for again and again; what SymPy finds out of one is kept with it
def _new_index(name: str, extent: Expr) -> Index:
    index: Index = Symbol.__xnew__(Index, name, integer=True, nonnegative=True)
    index.extent = extent
    index.content = (name, str(extent))
    return index


class TensorName(Symbol):  # type: ignore[misc]
    """The symbol of a tensor in its accesses; it knows the extents of the axes, so an access can tell whether it
    may lie outside."""

    __slots__ = ("content", "extents", "known")
    extents: tuple[Expr, ...]
    known: dict[str, bool]
    content: tuple[str, ...]

    def __new__(cls, name: str, extents: tuple[Expr, ...], **known: bool) -> TensorName:
        symbol: TensorName = Symbol.__xnew__(cls, name, **known)
        symbol.extents, symbol.known = extents, known
        symbol.content = (name, *map(str, extents), *(f"{fact}={holds}" for fact, holds in sorted(known.items())))
        return symbol

    def __getnewargs_ex__(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return (self.name, self.extents), self.known

    def _hashable_content(self) -> tuple[Any, ...]:
        return self.content


@lru_cache(maxsize=4096)
def extent_of(index: Index) -> int | str:
    """The extent as the stages after the algebra want it: an int, or "B"."""
    return "B" if index.extent == BATCH else int(index.extent)
