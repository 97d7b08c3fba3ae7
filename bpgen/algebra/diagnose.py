"""Errors that point into equation text: places, source lines, the nearest known name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from bpgen.algebra.errors import Diagnostic, EquationError, Position
from bpgen.algebra.records import dataclass


@dataclass(frozen=True)
class SourceText:
    """Equation text, and where it begins in its file.

    start: line of the first line of the text and column of its first character; None for a text of its
    own, which begins at 1:1.  Following lines begin at column 1 with their indentation as written, as
    in a multi-line string of TOML.
    """

    text: str
    start: Position | None = None

    @property
    def origin(self) -> Position:
        return self.start or Position(1, 1)

    def place(self, line: int, column: int, length: int = 1) -> Position:
        """A place in the file, from 1-based line and column in the text."""
        shift = self.origin.column - 1 if line == 1 else 0
        return Position(self.origin.line + line - 1, column + shift, max(1, length), self.origin.file)

    def line(self, number: int) -> str:
        """A line of the file by its number, as far as this text knows it: what stood before is blank."""
        lines = self.text.splitlines()
        index = number - self.origin.line
        if not 0 <= index < len(lines):
            return ""
        return " " * (self.origin.column - 1) + lines[0] if index == 0 else lines[index]

    def error(self, code: str, message: str, position: Position, help: str = "") -> EquationError:
        return EquationError(Diagnostic(code, message, help, position, self.line(position.line)))


def nearest(name: str, known: Iterable[str]) -> str:
    """'; did you mean `x`?' for the known name that is most like it, or ''"""
    found = difflib.get_close_matches(name, sorted(set(known)), n=1, cutoff=0.6)
    return f"; did you mean `{found[0]}`?" if found else ""


def listing(names: Iterable[str]) -> str:
    """Names in backquotes, sorted, the first dozen of them."""
    ordered = sorted(set(names))
    shown = ", ".join(f"`{name}`" for name in ordered[:12])
    return shown + (f" and {len(ordered) - 12} more" if len(ordered) > 12 else "")
