"""Generated source as HTML: lines that compute something stand in groups that know their equations."""

from __future__ import annotations

from collections.abc import Iterable

from bpgen.algebra.records import dataclass
from bpgen.emit.source import Source, Span

LANGUAGES = {"numpy": "NumPy", "c": "C"}
# How comments stand in what is generated: (before a line of its own, before several lines, behind them).
_COMMENTS = {"numpy": ("#", '"""', '"""'), "c": ("//", "/*", "*/")}


@dataclass(frozen=True)
class Line:
    text: str
    comment: bool


@dataclass(frozen=True)
class Group:
    """Lines that compute the equations with these numbers ("" for none)."""

    numbers: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Pane:
    """One file of source.  key: of its ids."""

    key: str
    language: str
    file: str
    groups: tuple[Group, ...]


def write_panes(sources: Iterable[Source]) -> tuple[Pane, ...]:
    """The files that compute something, of each target."""
    return tuple(
        Pane(source.target, LANGUAGES[source.target], file, _groups(_lines(source.files[file], source.target), spans))
        for source in sources
        for file, spans in sorted(source.trace.items())
    )


def _lines(text: str, target: str) -> list[Line]:
    """Lines that hold nothing but a comment are told apart."""
    single, opening, closing = _COMMENTS[target]
    lines = []
    inside = False
    for line in text.splitlines():
        bare = line.strip()
        starts = not inside and bare.startswith(opening)
        lines.append(Line(line, inside or bare.startswith((single, opening))))
        inside = (inside or starts) and closing not in (bare[len(opening) :] if starts else bare)
    return lines


def _groups(lines: list[Line], spans: tuple[Span, ...]) -> tuple[Group, ...]:
    groups = []
    place = 0
    for span in spans:
        groups.append(Group("", tuple(lines[place : span.first - 1])))
        groups.append(Group(" ".join(map(str, span.numbers)), tuple(lines[span.first - 1 : span.last])))
        place = span.last
    groups.append(Group("", tuple(lines[place:])))
    return tuple(group for group in groups if group.lines)
