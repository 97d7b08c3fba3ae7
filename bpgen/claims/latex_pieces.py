"""LaTeX as a row of commands, letters, numbers and signs, without what only says how it looks."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bpgen.algebra.diagnose import SourceText
from bpgen.algebra.errors import Position

_PIECE = re.compile(r"\\\\|\\[A-Za-z]+|\\.|[A-Za-z]|\d+(?:\.\d*)?|\.\d+|\n|[^\S\n]+|%[^\n]*|.")
_SKIPPED = {
    "left", "right", "big", "Big", "bigl", "bigr", "Bigl", "Bigr", "bigg", "Bigg", "displaystyle", "textstyle",
    "limits", "nolimits", "quad", "qquad", "nonumber", "notag", "mathstrut", "!", ",", ";", ":", " ", ">",
}  # fmt: skip


@dataclass(frozen=True)
class Piece:
    """A command without its backslash (command), or a sign, a letter, a number."""

    text: str
    place: Position
    command: bool = False


def latex_pieces(source: SourceText) -> list[Piece]:
    found: list[Piece] = []
    for number, line in enumerate(source.text.splitlines(keepends=True), start=1):
        for match in _PIECE.finditer(line):
            text, place = match[0], source.place(number, match.start() + 1, len(match[0]))
            if text in ("\n", r"\\"):
                found.append(Piece("\n", place))
            elif not text.isspace() and text not in "$&~" and not text.startswith("%"):
                command = text.startswith("\\")
                name = text[1:] if command else text
                if not (command and name in _SKIPPED):
                    found.append(Piece(name, place, command))
    return found
