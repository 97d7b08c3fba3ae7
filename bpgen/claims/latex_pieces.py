"""The pieces LaTeX is made of, without those that only say how it looks, and without numbers and labels."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bpgen.algebra.diagnose import SourceText
from bpgen.algebra.errors import Position
from bpgen.algebra.records import dataclass

_PIECE = re.compile(r"\\\\|\\[A-Za-z]+|\\.|[A-Za-z]|\d+(?:\.\d*)?|\.\d+|\n|[^\S\n]+|%[^\n]*|.")
_SIZES = (
    "left",
    "right",
    "big",
    "Big",
    "bigl",
    "bigr",
    "Bigl",
    "Bigr",
    "bigg",
    "Bigg",
    "biggl",
    "biggr",
    "Biggl",
    "Biggr",
)
_SKIPPED = {
    *_SIZES, "displaystyle", "textstyle", "limits", "nolimits", "quad", "qquad", "nonumber", "notag", "mathstrut", "!",
    ",", ";", ":", " ", ">",
}  # fmt: skip
_UNREAD = ("tag", "label")  # what stands in braces behind them is no part of the formula


@dataclass(frozen=True)
class Piece:
    """A command without its backslash (command), or a sign, a letter, a number."""

    text: str
    place: Position
    command: bool = False


def latex_pieces(source: SourceText) -> list[Piece]:
    found: list[Piece] = []
    for piece in _without_labels(_pieces(source)):
        if piece.text == "}" and not piece.command and found and found[-1].text == "{" and not found[-1].command:
            found.pop()  # {} is there for the space around it
        else:
            found.append(piece)
    return found


def _pieces(source: SourceText) -> Iterator[Piece]:
    for number, line in enumerate(source.text.splitlines(keepends=True), start=1):
        size = ""
        for match in _PIECE.finditer(line):
            text, place = match[0], source.place(number, match.start() + 1, len(match[0]))
            command = text.startswith("\\")
            name = text[1:] if command else text
            if text in ("\n", r"\\"):
                yield Piece("\n", place)
            elif command and name in _SKIPPED:
                size = name if name in _SIZES else ""
                continue
            elif text == "|" and size[-1:] in ("l", "r", "t"):  # \bigl| and \bigr|, \left| and \right|
                yield Piece("rvert" if size[-1] == "r" or size == "right" else "lvert", place, command=True)
            elif not text.isspace() and text not in "$&~" and not text.startswith("%"):
                yield Piece(name, place, command)
            size = ""


def _without_labels(pieces: Iterator[Piece]) -> Iterator[Piece]:
    for piece in pieces:
        if not (piece.command and piece.text in _UNREAD):
            yield piece
            continue
        depth = 0
        for inside in pieces:
            depth += {"{": 1, "}": -1}.get(inside.text, 0) if not inside.command else 0
            if depth == 0:
                break
