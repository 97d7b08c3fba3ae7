"""Where things stand in a description's text: a mapping from key paths back to lines and columns.

`tomllib` and `json` read a description; they keep no positions.  The scanners in `toml_places` and
`json_places` go over the same text, which is known to be valid by then, and fill a `Places`.  Line
ends are "\\n" by then.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import field

from bpgen.algebra.errors import Diagnostic, Position
from bpgen.algebra.records import dataclass

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Span:
    """Characters start ... end - 1 of the text."""

    start: int
    end: int


@dataclass
class Places:
    """Spans of keys and values by path.

    contents: path of a string -> where each of its characters stands, and its end; repeated: keys given twice
    """

    text: str
    file: str | None = None
    keys: dict[Path, Span] = field(default_factory=dict)
    values: dict[Path, Span] = field(default_factory=dict)
    contents: dict[Path, tuple[int, ...]] = field(default_factory=dict)
    repeated: list[tuple[str, Span]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._starts = [0]
        for offset, character in enumerate(self.text):
            if character == "\n":
                self._starts.append(offset + 1)

    def position(self, start: int, end: int) -> Position:
        """The line and column of an offset; a span over several lines is cut at the end of its first."""
        line = bisect_right(self._starts, start)
        first = self._starts[line - 1]
        stop = self._starts[line] - 1 if line < len(self._starts) else len(self.text)
        return Position(line, start - first + 1, max(1, min(end, stop) - start), self.file)

    def line(self, number: int) -> str:
        stop = self._starts[number] if number < len(self._starts) else len(self.text)
        return self.text[self._starts[number - 1] : stop].rstrip("\n")

    def at(self, path: Path, *, key: bool) -> Position | None:
        """Where the key or the value at a path stands; else the nearest thing that holds it."""
        order = (self.keys, self.values) if key else (self.values, self.keys)
        while path:
            for spans in order:
                if path in spans:
                    return self.position(spans[path].start, spans[path].end)
            path = path[:-1]
        return self.position(0, 1) if self.text or self.file else None

    def inside(self, path: Path, line: int, column: int, length: int, value: str) -> Position | None:
        """Where a place in a string's value (1-based line and column) stands in the text."""
        content = self.contents.get(path)
        if content is None:
            return None
        lines = value.split("\n")
        first = sum(len(part) + 1 for part in lines[: line - 1]) + column - 1
        first = min(first, len(content) - 1)
        last = min(first + max(length, 1), len(content) - 1)
        return self.position(content[first], max(content[last], content[first] + 1))

    def diagnostic(self, code: str, message: str, help: str, position: Position | None) -> Diagnostic:
        return Diagnostic(code, message, help, position, self.line(position.line) if position else "")


class Cursor:
    """A place in a text that moves forward."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    @property
    def done(self) -> bool:
        return self.at >= len(self.text)

    def sees(self, *texts: str) -> bool:
        return self.text.startswith(texts, self.at)

    def skip(self, characters: str) -> None:
        while not self.done and self.text[self.at] in characters:
            self.at += 1

    def until(self, characters: str) -> Span:
        """The text up to one of these characters or the end, without white space behind it."""
        start = self.at
        while not self.done and self.text[self.at] not in characters:
            self.at += 1
        return Span(start, start + len(self.text[start : self.at].rstrip()))


# Backslash, and how many characters follow the one that says so.
ESCAPES: dict[str, int] = {"u": 4, "U": 8, "x": 2}
_HIGH_SURROGATE = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}")


def quoted(cursor: Cursor, quote: str, *, escapes: bool) -> tuple[Span, tuple[int, ...]]:
    """A string at the cursor: its span with quotes, and where each character of its value stands."""
    start = cursor.at
    cursor.at += len(quote)
    long = len(quote) == 3
    if long and cursor.sees("\n"):  # TOML drops a line break right behind the quotes
        cursor.at += 1
    places = []
    while not (cursor.sees(quote) and not (long and cursor.sees(quote + quote[0]))):
        if escapes and cursor.sees("\\"):
            escape = cursor.text[cursor.at + 1]
            if escape in " \t\n":  # a line ending in a backslash goes on at the next text
                cursor.at += 1
                cursor.skip(" \t\n")
                continue
            places.append(cursor.at)
            cursor.at += 2 + ESCAPES.get(escape, 0)
            if _HIGH_SURROGATE.fullmatch(cursor.text, places[-1], cursor.at):  # JSON: two escapes, one character
                cursor.at += 6
            continue
        places.append(cursor.at)
        cursor.at += 1
    places.append(cursor.at)
    cursor.at += len(quote)
    return Span(start, cursor.at), tuple(places)
