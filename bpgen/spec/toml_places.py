"""Key paths of a TOML text and where they stand."""

from __future__ import annotations

import tomllib

from bpgen.spec.places import Cursor, Path, Places, Span, quoted

_BLANK = " \t\n"


def toml_places(text: str, file: str | None) -> Places:
    """The places of a text that tomllib has read without error."""
    return _Scanner(text, file).scan()


class _Scanner:
    def __init__(self, text: str, file: str | None) -> None:
        self.cursor = Cursor(text)
        self.places = Places(text, file)
        self.tables: dict[Path, int] = {}  # array of tables -> its last element so far

    def scan(self) -> Places:
        table: Path = ()
        self._blank()
        while not self.cursor.done:
            if self.cursor.sees("["):
                table = self._header()
            else:
                self._pair(table)
            self._blank()
        return self.places

    def _blank(self) -> None:
        """White space, line ends and comments."""
        self.cursor.skip(_BLANK)
        while self.cursor.sees("#"):
            self.cursor.until("\n")
            self.cursor.skip(_BLANK)

    def _header(self) -> Path:
        start = self.cursor.at
        array = self.cursor.sees("[[")
        self.cursor.skip("[")
        names = [name for name, _ in self._key()]
        self.cursor.skip("]")
        span = Span(start, self.cursor.at)
        path: Path = ()
        for n, name in enumerate(names):
            path = (*path, name)
            if array and n == len(names) - 1:
                self.tables[path] = self.tables.get(path, -1) + 1
            self.places.keys.setdefault(path, span)
            if path in self.tables:
                path = (*path, self.tables[path])
        self.places.keys[path] = span
        return path

    def _key(self) -> list[tuple[str, Span]]:
        """A dotted key: its names and where they stand."""
        names: list[tuple[str, Span]] = []
        while True:
            self.cursor.skip(" \t")
            if self.cursor.sees('"', "'"):
                quote = self.cursor.text[self.cursor.at]
                span, _ = quoted(self.cursor, quote, escapes=quote == '"')
                name = next(iter(tomllib.loads(f"{self.cursor.text[span.start : span.end]} = 0")))
            else:
                span = self.cursor.until(" \t.=]\n")
                name = self.cursor.text[span.start : span.end]
            names.append((name, span))
            self.cursor.skip(" \t")
            if not self.cursor.sees("."):
                return names
            self.cursor.at += 1

    def _pair(self, table: Path) -> None:
        path = table
        for name, span in self._key():
            path = (*path, name)
            self.places.keys.setdefault(path, span)
        self.cursor.skip(" \t=")
        self._value(path)

    def _value(self, path: Path) -> None:
        start = self.cursor.at
        if self.cursor.sees('"', "'"):
            quote = self.cursor.text[start]
            long = quote * 3 if self.cursor.sees(quote * 3) else quote
            span, content = quoted(self.cursor, long, escapes=quote == '"')
            self.places.contents[path] = content
        elif self.cursor.sees("["):
            span = self._array(path)
        elif self.cursor.sees("{"):
            span = self._inline(path)
        else:
            span = self.cursor.until(",]}#\n")
        self.places.values[path] = span

    def _array(self, path: Path) -> Span:
        start = self.cursor.at
        self.cursor.at += 1
        self._blank()
        count = 0
        while not self.cursor.sees("]"):
            self._value((*path, count))
            count += 1
            self._blank()
            self.cursor.skip(",")
            self._blank()
        self.cursor.at += 1
        return Span(start, self.cursor.at)

    def _inline(self, path: Path) -> Span:
        start = self.cursor.at
        self.cursor.at += 1
        self._blank()
        while not self.cursor.sees("}"):
            self._pair(path)
            self._blank()
            self.cursor.skip(",")
            self._blank()
        self.cursor.at += 1
        return Span(start, self.cursor.at)
