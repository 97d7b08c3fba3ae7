"""Moves: the lines of a proof that two expressions are equal, each with its rule and what it was applied to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Protocol

from sympy import Expr, Symbol

from bpgen.algebra.expressions import Access, Reduction
from bpgen.algebra.printing import print_expression
from bpgen.algebra.records import dataclass

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


def without_detours(start: Expr, path: Path, seen_as: Callable[[Expr], object] = lambda place: place) -> Path:
    """The path without what comes back to a place where it has been.

    seen_as: what two places have in common that are one to a reader
    """
    places = [seen_as(start)]
    kept: list[Move] = []
    for number, move in enumerate(path, start=1):
        place = seen_as(move.after)
        if place in places:
            del kept[places.index(place) :]
            del places[len(kept) + 1 :]
            if kept and number == len(path):  # the end is the same in what no reader sees, too
                kept[-1] = replace(kept[-1], after=move.after)
        else:
            kept.append(move)
            places.append(place)
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
