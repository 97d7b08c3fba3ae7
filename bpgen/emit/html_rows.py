"""Rows and prose of a document as HTML: formulas in MathML, cut where a line may end, so that any window holds them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element, tostring

from markupsafe import Markup, escape

from bpgen.emit.html_links import Links
from bpgen.emit.latex_layout import Break, Formula, Part
from bpgen.emit.latex_rows import Row
from bpgen.emit.mathml import mathml
from bpgen.emit.prose import Emphasis, Inline, Math, Name, Prose, Reference, Title

PIECE_WIDTH = 16.0  # em; a formula no wider stays in one piece
PRIME = "\N{PRIME}"


@dataclass(frozen=True)
class ShownRow:
    """One equation.  id: "" for none; numbers: those of the equations it states, as generated code carries them.

    pieces: of its right-hand side, between which lines may end
    """

    id: str
    tag: str
    numbers: str
    left: Markup
    pieces: tuple[Markup, ...]


def anchor(label: str) -> str:
    """The id of the row with a label: eq:5p -> eq-5p."""
    return label.replace(":", "-")


class HtmlWriter:
    """Writes rows and prose.  numbers: of equations, by the tensor that they define.

    links, chain: where symbols lead to, and where they do in rows of the chain rule
    """

    def __init__(self, rows: Iterable[Row], names: Mapping[str, str], numbers: Mapping[str, int], loss: str | None):
        labelled = [row for row in rows if row.label]
        self.tags = {row.label: _tag(row) for row in labelled}
        self.numbers = numbers
        defined = [(row.equation.tensor.name, anchor(row.label)) for row in labelled if row.equation is not None]
        chain = {name: place for name, place in defined if place.startswith("eq-C") and not place.endswith("p")}
        stated = {name: place for name, place in reversed(defined) if name not in chain or place != chain[name]}
        computed = {name: f"eq-{number}" for name, number in numbers.items()}
        self.links = Links(names, chain | stated | computed, loss)
        self.chain_links = Links(names, stated | computed | chain, loss)
        self.tensors = {text: name for name, text in reversed(list(names.items()))}

    # --- rows

    def row(self, row: Row, numbers: str | None = None) -> ShownRow:
        """numbers: where the row stands for several equations"""
        own = row.equation.tensor.name if row.equation is not None else ""
        pieces = [
            self._formula(row, f"{{}} {relation} {piece}" if n == 0 else piece)
            for relation, formula in row.sides
            for n, piece in enumerate(cut(formula))
        ]
        found = str(self.numbers[own]) if own in self.numbers else ""
        left = _markup(mathml(row.left))
        return ShownRow(anchor(row.label), _tag(row), found if numbers is None else numbers, left, tuple(pieces))

    def _formula(self, row: Row, latex: str) -> Markup:
        formula = mathml(latex)
        if row.equation is not None:
            links = self.chain_links if row.label.startswith("eq:C") else self.links
            links.add(formula, row.equation.reads, row.equation.tensor.name)
        return _markup(formula)

    # --- prose

    def prose(self, prose: Prose) -> Markup:
        return Markup().join(map(self._inline, prose))

    def _inline(self, item: Inline) -> Markup:
        match item:
            case Math(text):
                return self._symbol(text)
            case Name(text):
                return Markup("<code>{}</code>").format(text)
            case Title(text):
                return Markup("<strong>{}</strong>").format(text)
            case Emphasis(text):
                return Markup("<em>{}</em>").format(text)
            case Reference(label):
                return Markup('<a href="#{}">({})</a>').format(anchor(label), self.tags[label])
            case str():
                return escape(item)

    def _symbol(self, latex: str) -> Markup:
        formula = _markup(mathml(latex, display=False))
        target = self.links.targets.get(self.tensors.get(latex, ""))
        return Markup('<a href="#{}">{}</a>').format(target, formula) if target else formula


def breakable(name: str) -> Markup:
    """A name that may be broken behind a dot or a line: for a narrow column."""
    return Markup("<wbr>").join(re.split(r"(?<=[._])", name))


def cut(formula: Formula) -> list[str]:
    """A formula in pieces of LaTeX, cut at its outermost breaks that leave none too wide, or at all."""
    levels = sorted({part.level for part in formula.parts if isinstance(part, Break)})
    pieces = [list(formula.parts)]
    for level in levels:
        if all(_width(piece) <= PIECE_WIDTH for piece in pieces):
            break
        pieces = _cut_at(formula, level)
    return ["".join(_text(part, n == 0) for n, part in enumerate(piece)) for piece in pieces]


def _cut_at(formula: Formula, level: int) -> list[list[Part | Break]]:
    pieces: list[list[Part | Break]] = [[]]
    for part in formula.parts:
        if isinstance(part, Break) and part.level <= level:
            pieces.append([])
        pieces[-1].append(part)
    return pieces


def _text(part: Part | Break, first: bool) -> str:
    """What follows a break is set as in the middle of a line, for only the browser knows where lines begin."""
    if isinstance(part, Part):
        return part.text
    return "{}" if first else ""


def _width(piece: Iterable[Part | Break]) -> float:
    return sum(part.width for part in piece if isinstance(part, Part))


def _tag(row: Row) -> str:
    return row.tag.replace("$'$", PRIME)


def _markup(formula: Element) -> Markup:
    return Markup(tostring(formula, "unicode", short_empty_elements=False))
