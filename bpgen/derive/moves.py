"""Moves: the lines of a proof that two expressions are equal, each with its rule and what it was applied to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from sympy import Expr, Symbol

from bpgen.algebra.expressions import Access, Reduction
from bpgen.algebra.printing import print_expression

# A longer description than this is harder to read than the line that it is about.
LONGEST = 60


@dataclass(frozen=True)
class Said:
    """A rule and what it was applied to; tensors in backquotes."""

    rule: str
    reason: str


@dataclass(frozen=True)
class Move:
    """after: what the expression becomes; said: by which rule; back: the rule that leads from there to what was."""

    after: Expr
    said: Said
    back: Said


Path = tuple[Move, ...]


class Between(Protocol):
    """What finds a path from one expression to another, or None."""

    def __call__(self, before: Expr, after: Expr, /) -> Path | None: ...


def lifted(path: Path, build: Callable[[Expr], Expr]) -> Path:
    """The path of a part, as one of the whole that `build` makes of it."""
    return tuple(replace(move, after=build(move.after)) for move in path)


def turned(start: Expr, path: Path) -> Path:
    """The path from its end back to its start."""
    places = [start, *(move.after for move in path)]
    return tuple(Move(places[n], path[n].back, path[n].said) for n in reversed(range(len(path))))


def without_detours(start: Expr, path: Path) -> Path:
    """The path without what comes back to a place where it has been."""
    places = [start]
    kept: list[Move] = []
    for move in path:
        if move.after in places:
            del kept[places.index(move.after) :]
            del places[len(kept) + 1 :]
        else:
            kept.append(move)
            places.append(move.after)
    return tuple(kept)


def describe(expression: Expr) -> str:
    """An expression in a sentence: tensors in backquotes, without their indices; "" where it is too long for one."""
    names = {access: Symbol(f"`{access.tensor}`", real=True) for access in expression.atoms(Access)}
    if expression.has(Reduction) or expression.count(Access) > 4:
        return ""
    found = print_expression(expression.xreplace(names))
    return found if len(found) <= LONGEST else ""


def listed(expressions: Iterable[Expr]) -> str:
    """Several expressions in a sentence, by `describe`."""
    found = [describe(expression) for expression in expressions]
    return ", ".join(dict.fromkeys(found)) if found and all(found) else ""
