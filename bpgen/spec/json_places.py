"""Key paths of a JSON text and where they stand."""

from __future__ import annotations

import json

from bpgen.spec.places import Cursor, Path, Places, Span, quoted

_BLANK = " \t\n"


def json_places(text: str, file: str | None) -> Places:
    """The places of a text that json has read without error."""
    scanner = _Scanner(text, file)
    scanner.cursor.skip(_BLANK)
    scanner.value(())
    return scanner.places


class _Scanner:
    def __init__(self, text: str, file: str | None) -> None:
        self.cursor = Cursor(text)
        self.places = Places(text, file)

    def value(self, path: Path) -> None:
        if self.cursor.sees('"'):
            span, content = quoted(self.cursor, '"', escapes=True)
            self.places.contents[path] = content
        elif self.cursor.sees("{", "["):
            span = self._container(path, keyed=self.cursor.sees("{"))
        else:
            span = self.cursor.until(",]} \t\n")
        self.places.values[path] = span

    def _container(self, path: Path, *, keyed: bool) -> Span:
        start = self.cursor.at
        self.cursor.at += 1
        self.cursor.skip(_BLANK)
        count = 0
        while not self.cursor.sees("}", "]"):
            part: str | int = count
            if keyed:
                span, _ = quoted(self.cursor, '"', escapes=True)
                part = str(json.loads(self.cursor.text[span.start : span.end]))
                if (*path, part) in self.places.keys:  # json keeps the last of two without a word
                    self.places.repeated.append((part, span))
                self.places.keys[(*path, part)] = span
                self.cursor.skip(_BLANK + ":")
            self.value((*path, part))
            count += 1
            self.cursor.skip(_BLANK + ",")
        self.cursor.at += 1
        return Span(start, self.cursor.at)
