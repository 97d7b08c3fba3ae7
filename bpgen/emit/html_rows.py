"""Rows and prose of a document as HTML: formulas in MathML, cut where a line may end, so that any window holds them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from xml.etree.ElementTree import Element, tostring

from markupsafe import Markup, escape

from bpgen.algebra.records import dataclass
from bpgen.emit.html_links import Links, Reading
from bpgen.emit.latex_layout import Break, Formula, Part
from bpgen.emit.latex_rows import Member, Row
from bpgen.emit.mathml import mathml
from bpgen.emit.prose import Emphasis, Inline, Math, Name, Prose, Reference, Title

PIECE_WIDTH = 16.0  # em; a formula no wider stays in one piece
PRIME = "\N{PRIME}"


@dataclass(frozen=True)
class ShownTag:
    """The number of an equation.  id: of its place; number: as generated code carries it ("" for none)."""

    id: str
    text: str
    number: str


@dataclass(frozen=True)
class ShownRow:
    """One equation, or one for several layers.  tags: what it is cited by.

    numbers: those of the equations it states, as generated code carries them
    pieces: of its right-hand side, between which lines may end
    """

    tags: tuple[ShownTag, ...]
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
        stated = [member for row in rows for member in _stated(row) if member.label]
        self.tags = {member.label: _primed(member.tag) for member in stated}
        self.numbers = numbers
        defined = [(one.equation.tensor.name, anchor(one.label)) for one in stated if one.equation is not None]
        chain = {name: place for name, place in defined if place.startswith("eq-C") and not place.endswith("p")}
        given = {name: place for name, place in reversed(defined) if name not in chain or place != chain[name]}
        computed = {name: f"eq-{number}" for name, number in numbers.items()}
        self.links = Links(names, chain | given | computed, loss)
        self.chain_links = Links(names, given | computed | chain, loss)
        self.tensors = {text: name for name, text in reversed(list(names.items()))}

    # --- rows

    def row(self, row: Row, numbers: str | None = None) -> ShownRow:
        """numbers: where the row stands for several equations"""
        readings = [
            Reading(one.equation.reads, one.equation.tensor.name, one.layer if row.members else None)
            for one in _stated(row)
            if one.equation is not None
        ]
        links = self.chain_links if row.label.startswith("eq:C") else self.links
        pieces = [
            _formula(links, readings, f"{{}} {relation} {piece}" if n == 0 else piece)
            for relation, formula in row.sides
            for n, piece in enumerate(cut(formula))
        ]
        tags = tuple(ShownTag(anchor(one.label), _primed(one.tag), self._number(one)) for one in _stated(row))
        found = " ".join(dict.fromkeys(tag.number for tag in tags if tag.number)) if numbers is None else numbers
        return ShownRow(tuple(tag for tag in tags if tag.text), found, _markup(mathml(row.left)), tuple(pieces))

    def _number(self, stated: Member) -> str:
        name = "" if stated.equation is None else stated.equation.tensor.name
        return str(self.numbers.get(name, ""))

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
                return Markup("({})").format(Markup(", ").join(map(self._reference, label.split(" "))))
            case str():
                return escape(item)

    def _reference(self, label: str) -> Markup:
        return Markup('<a href="#{}">{}</a>').format(anchor(label), self.tags[label])

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


def _stated(row: Row) -> tuple[Member, ...]:
    """The equations that a row states, each with its own number."""
    return row.members or (Member(row.label, row.tag, row.equation, 0),)


def _primed(tag: str) -> str:
    return tag.replace("$'$", PRIME)


def _formula(links: Links, readings: Sequence[Reading], latex: str) -> Markup:
    formula = mathml(latex)
    links.add(formula, readings)
    return _markup(formula)


def _markup(formula: Element) -> Markup:
    return Markup(tostring(formula, "unicode", short_empty_elements=False))
