"""Which lines of generated code compute which equations: emitters mark lines, and a file's marks become its trace.

An emitter knows the equations of a line when it writes it, but not the line's number, which templates decide.  So the
numbers travel at the end of the line, behind a character that no generated text contains, until the file is whole:

    x.dot(weight.T, out=z)<MARK>3 4
"""

from __future__ import annotations

from collections.abc import Iterable

MARK = "\x1f"


def mark(numbers: Iterable[int]) -> str:
    """What to append to a line that computes these equations, or a part of them; nothing for none."""
    found = " ".join(map(str, sorted(set(numbers))))
    return MARK + found if found else ""


def marked(lines: Iterable[str], numbers: Iterable[int]) -> list[str]:
    """The lines, each marked; a line that is several lines of text has a mark on each of them."""
    tail = mark(numbers)
    return ["\n".join(part + tail for part in line.split("\n")) for line in lines]


def read_marks(text: str) -> tuple[str, str]:
    """A file without its marks, and its trace: "12-14:3 4;20:5" where lines 12 to 14 compute equations 3 and 4."""
    lines: list[str] = []
    spans: list[tuple[int, int, str]] = []
    for number, line in enumerate(text.split("\n"), 1):
        plain, _, numbers = line.partition(MARK)
        lines.append(plain)
        if not numbers:
            continue
        if spans and spans[-1][1:] == (number - 1, numbers):
            spans[-1] = (spans[-1][0], number, numbers)
        else:
            spans.append((number, number, numbers))
    found = (f"{first}-{last}:{numbers}" if first < last else f"{first}:{numbers}" for first, last, numbers in spans)
    return "\n".join(lines), ";".join(found)
