"""Prose and blocks of a document as LaTeX."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from bpgen.algebra.records import dataclass
from bpgen.emit.alike_blocks import shortened
from bpgen.emit.document import Block, Origin
from bpgen.emit.latex_rows import TEXT_WIDTH, Row, align
from bpgen.emit.latex_symbols import escape
from bpgen.emit.prose import Emphasis, Inline, Math, Name, Prose, Reference, Title, joined

LIST_INDENT = 2.6  # em
TYPOGRAPHY = {"\N{NO-BREAK SPACE}": "~", "\N{EN DASH}": "--"}
_SPLIT = re.compile(f"([{''.join(TYPOGRAPHY)}])")


@dataclass(frozen=True)
class Printed:
    """A block of which all is LaTeX; several remarks are a list."""

    heading: str
    opening: str
    display: str
    remarks: tuple[str, ...]


class Printer:
    """Writes prose and blocks.  places: label of an equation that others are stated with -> (label of the row, tag)."""

    def __init__(self, rows: Iterable[Row]) -> None:
        stated = [(row, [member for member in row.members if member.tag]) for row in rows]
        self.places = {member.label: (row.label, member.tag) for row, members in stated for member in members}
        self.members = {row.label: [member.label for member in members] for row, members in stated if members}

    def prose(self, prose: Prose) -> str:
        return "".join(map(self._inline, prose))

    def lines(self, proses: Iterable[Prose]) -> str:
        """One under the other, in a cell."""
        return r" \newline ".join(map(self.prose, proses))

    def cells(self, proses: Iterable[Prose]) -> str:
        """Beside each other, in a row of a table."""
        return " & ".join(map(self.prose, proses))

    def _inline(self, item: Inline) -> str:
        match item:
            case Math(text):
                return f"${text}$"
            case Name(text):
                return rf"\texttt{{{escape(text)}}}"
            case Title(text):
                return rf"\textsf{{{escape(text)}}}"
            case Emphasis(text):
                return rf"\emph{{{escape(text)}}}"
            case Reference(label):
                return self._reference(label.split(" "))
            case str():
                return "".join(TYPOGRAPHY.get(piece) or escape(piece) for piece in _SPLIT.split(item))

    def _reference(self, labels: Sequence[str]) -> str:
        """(5); (1, 3, 5) where one row states just these; one by one otherwise."""
        row, _ = self.places.get(labels[0], (labels[0], ""))
        if list(labels) in (self.members.get(row), [row]) and (len(labels) > 1 or row not in self.members):
            return rf"\eqref{{{row}}}"
        return ", ".join(shortened([self._single(label) for label in labels], r"\dots"))

    def _single(self, label: str) -> str:
        if label not in self.places:
            return rf"\eqref{{{label}}}"
        row, tag = self.places[label]
        return rf"\hyperref[{row}]{{({tag})}}"

    def block(self, block: Block) -> Printed:
        remarks = self._remarks(block.origin) if block.origin is not None else (block.remark,) if block.remark else ()
        texts = [r if isinstance(r, str) else self.prose(r) for r in remarks]
        return Printed(self.prose(block.heading), self.prose(block.opening), align(block.rows), tuple(texts))

    def _remarks(self, origin: Origin) -> tuple[Prose | str, ...]:
        """How a gradient came of the chain rule: every rewrite if they are there, else the reasons in one sentence."""
        said = [(Emphasis(reason.rule), ": ", *reason.text) for reason in origin.reasons]
        start = Reference(origin.start)
        if all(reason.row is None for reason in origin.reasons):
            return (("From ", start, " by ", *joined(dict.fromkeys(said), "; "), "."),)
        steps = [
            f"{self.prose(text)}.\n{align([reason.row], TEXT_WIDTH - LIST_INDENT)}"
            for text, reason in zip(said[:-1], origin.reasons[:-1], strict=True)
            if reason.row is not None
        ]
        last: Prose = (*said[-1], "; this is ", Reference(origin.label), ".")
        return (("We begin with ", start, "."), *steps, last)


def breakable(name: str) -> str:
    """A name that may be broken behind a dot or a line, and anywhere where a part is long: for a narrow column."""
    parts = re.split(r"(?<=[._])", name)
    shown = (escape(part) if len(part) <= 10 else r"\allowbreak{}".join(map(escape, part)) for part in parts)
    return r"\allowbreak{}".join(shown)
