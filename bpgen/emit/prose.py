"""The prose of a printed derivation: text with formulas, names and references in it, for every target that prints.

A derivation is written once as a Document; bpgen.emit.latex and bpgen.emit.html say how it reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bpgen.algebra.records import dataclass


@dataclass(frozen=True)
class Math:
    """A formula inside a sentence, in LaTeX of our own making."""

    text: str


@dataclass(frozen=True)
class Name:
    """What a user has named, shown letter by letter."""

    text: str


@dataclass(frozen=True)
class Title:
    """The network's name."""

    text: str


@dataclass(frozen=True)
class Emphasis:
    text: str


@dataclass(frozen=True)
class Reference:
    """The number of an equation that stands elsewhere; label: that of its row, or several with spaces between them."""

    label: str


Inline = str | Math | Name | Title | Emphasis | Reference
Prose = tuple[Inline, ...]  # a plain string is text: whoever prints it escapes it


def phrase(text: str) -> Prose:
    """Text of our own making with formulas between dollars, ~ for a space that no line ends at: "from~1 to $B$"."""
    pieces = text.split("$")
    return tuple(Math(p) if n % 2 else p.replace("~", "\N{NO-BREAK SPACE}") for n, p in enumerate(pieces) if p)


def enumerated(items: Sequence[Prose]) -> Prose:
    """a; a and b; a, b and c."""
    if len(items) < 2:
        return joined(items)
    return (*joined(items[:-1], ", "), " and ", *items[-1])


def joined(items: Iterable[Prose], between: str = "") -> Prose:
    """One after the other, with text between them."""
    found: list[Inline] = []
    for item in items:
        found += [between] if found and between else []
        found += item
    return tuple(found)
