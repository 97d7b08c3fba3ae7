"""A place in the pieces of LaTeX, and the way forward from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bpgen.algebra.diagnose import SourceText
from bpgen.algebra.errors import EquationError, Position
from bpgen.claims.latex_pieces import Piece, latex_pieces
from bpgen.claims.latex_scripts import Scripts, above, below
from bpgen.claims.latex_words import ACCENTS, NAMED, OPERATORS, SIGNS, STYLES


class Cursor:
    """Moves along pieces, and reads names."""

    def __init__(self, pieces: list[Piece], source: SourceText) -> None:
        self.pieces, self.source = pieces, source
        self.at = 0

    def peek(self, ahead: int = 0) -> Piece | None:
        return self.pieces[self.at + ahead] if self.at + ahead < len(self.pieces) else None

    def take(self) -> Piece:
        piece = self.peek()
        if piece is None:
            last = self.pieces[-1].place if self.pieces else self.source.place(1, 1)
            raise self.error("the formula ends here", last, "something is missing behind it")
        self.at += 1
        return piece

    def error(self, message: str, place: Position, help: str = "") -> EquationError:
        return self.source.error("latex", message, place, help)

    def group(self) -> list[Piece]:
        """What stands in braces, or the one piece that comes next."""
        first = self.take()
        if first.command or first.text != "{":
            if first.command and first.text in (*STYLES, *ACCENTS):
                return [first, *self.group()]
            return [first]
        depth, inside = 1, []
        while depth:
            piece = self.take()
            if not piece.command:
                depth += {"{": 1, "}": -1}.get(piece.text, 0)
            inside.append(piece)
        return inside[:-1]

    def enclosed(self) -> list[Piece]:
        """What stands in the parentheses that open next."""
        depth, inside = 0, []
        while True:
            piece = self.take()
            depth += opens(piece)
            inside.append(piece)
            if depth == 0:
                return inside[1:-1]

    def base(self, piece: Piece) -> str:
        r"""The name of a symbol without its scripts: W, delta, yhat, softmax."""
        if not piece.command:
            return piece.text
        if piece.text in STYLES:
            return "".join(self._spelled(self.group()))
        if piece.text in ACCENTS:
            return "".join(self._spelled(self.group())) + ACCENTS[piece.text]
        return NAMED.get(piece.text, piece.text)

    def _spelled(self, pieces: list[Piece]) -> Iterator[str]:
        inner = Cursor(pieces, self.source)
        while inner.peek() is not None:
            piece = inner.take()
            yield inner.base(piece) if piece.command else piece.text

    def scripts(self) -> Scripts:
        found = Scripts()
        while (piece := self.peek()) is not None and not piece.command and piece.text in ("_", "^", "'"):
            self.take()
            if piece.text == "'":
                found = replace(found, primes=found.primes + 1)
            elif piece.text == "_":
                read = below(found, self.group())
                if read is None:
                    message = "what stands below is neither the number of a layer nor letters of indices"
                    raise self.error(message, piece.place)
                found = read
            else:
                found = above(found, self.group())
        return found


def read_symbol(text: str) -> tuple[str, str, str]:
    """The key of a symbol that stands alone."""
    cursor = Cursor(latex_pieces(SourceText(text)), SourceText(text))
    cursor.base(cursor.take())
    return symbol_key(cursor.pieces[: cursor.at], cursor.scripts())


def opens(piece: Piece) -> int:
    """1 for what opens a bracket, -1 for what closes one."""
    kind = OPERATORS.get(piece.text) if piece.command else SIGNS.get(piece.text)
    return {"LPAR": 1, "RPAR": -1}.get(str(kind), 0)


def symbol_key(pieces: list[Piece], scripts: Scripts) -> tuple[str, str, str]:
    """What tells a symbol from all others: what it is written with but for braces, its number above, its mark below."""
    written = " ".join(f"\\{piece.text}" if piece.command else piece.text for piece in pieces)
    return written.replace("{ ", "").replace(" }", ""), scripts.layer, scripts.mark
