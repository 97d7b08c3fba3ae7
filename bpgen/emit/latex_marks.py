"""Marks around the numbers of layers and the sizes in formulas, by which layers that are alike are told.

A formula is written with marks, compared with others, and only then printed: with its own numbers, or, where it
stands for several layers, with `l` in place of theirs.  The marks are characters that no text of a user's has here.
"""

from __future__ import annotations

import re
from collections.abc import Callable

LAYER, SIZE, END = "\ue000", "\ue001", "\ue002"
_LAYERED = re.compile(r"^\((\d+)\)")
_MARKED = re.compile(f"([{LAYER}{SIZE}])([0-9]+){END}")


def mark_layer(superscript: str) -> str:
    """(3)+ -> the same with its number marked."""
    return _LAYERED.sub(rf"{LAYER}\1{END}", superscript)


def mark_size(size: object) -> str:
    return f"{SIZE}{size}{END}"


def replace_marks(text: str, shown: Callable[[str, int], str]) -> str:
    """shown: (LAYER or SIZE, number) -> what takes its place."""
    return _MARKED.sub(lambda found: shown(found[1], int(found[2])), text)


def as_they_are(kind: str, number: int) -> str:
    return f"({number})" if kind == LAYER else str(number)


def relative_layer(distance: int) -> str:
    """l, l+1, l-2."""
    return f"l{distance:+d}" if distance else "l"
