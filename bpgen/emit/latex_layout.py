"""Formulas as parts between which a line may be broken, and the choice of the breaks.

Brackets are of fixed sizes (\\bigl and its kin), never \\left and \\right, for those cannot be broken
across lines.  Widths are estimated in em from the Computer Modern metrics; TeX itself decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from bpgen.algebra.records import dataclass
from bpgen.emit.latex_marks import END, LAYER, SIZE

# How tightly a formula holds together; an operand that holds less tightly than its place is bracketed.
SUM, PRODUCT, POWER, ATOM = 1, 2, 3, 4

# Heights of a formula, and the brackets that enclose it.
OPENING = ("", r"\bigl", r"\Bigl", r"\biggl")
CLOSING = ("", r"\bigr", r"\Bigr", r"\biggr")

INDENT = 2.0  # em, of a continued line


@dataclass(frozen=True)
class Part:
    """A piece of LaTeX that stays on one line."""

    text: str
    width: float


@dataclass(frozen=True)
class Break:
    """A place where a line may end: the lower the level the better; `mark` starts the next line."""

    level: int
    mark: str = ""


@dataclass(frozen=True)
class Formula:
    """parts: Part and Break; tight: one of SUM ... ATOM; height: 0 (letters) to 3 (sums with limits).

    trailing: it ends in the body of a sum sign, so that a factor to its right would be swallowed.
    """

    parts: tuple[Part | Break, ...]
    tight: int = ATOM
    height: int = 0
    trailing: bool = False

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, Part))

    @property
    def width(self) -> float:
        return sum(part.width for part in self.parts if isinstance(part, Part))


def atom(text: str, height: int = 0, tight: int = ATOM) -> Formula:
    return Formula((Part(text, measure(text)),), tight, height)


def concatenate(
    *pieces: Formula | Part | Break | str, tight: int = ATOM, height: int | None = None, trailing: bool = False
) -> Formula:
    """Pieces one after the other; as high as the highest unless said."""
    parts: list[Part | Break] = []
    highest = 0
    for piece in pieces:
        if isinstance(piece, Formula):
            parts += piece.parts
            highest = max(highest, piece.height)
        else:
            parts.append(Part(piece, measure(piece)) if isinstance(piece, str) else piece)
    return Formula(tuple(parts), tight, highest if height is None else height, trailing)


def bracketed(formula: Formula, left: str = "(", right: str = ")") -> Formula:
    height = min(formula.height, len(OPENING) - 1)
    return concatenate(
        OPENING[height] + left, _deepened(formula), CLOSING[height] + right, tight=ATOM, height=formula.height
    )


def held(formula: Formula, tight: int) -> Formula:
    """The formula, in brackets if it holds less tightly than asked."""
    return formula if formula.tight >= tight else bracketed(formula)


def _deepened(formula: Formula) -> Formula:
    parts = tuple(replace(part, level=part.level + 2) if isinstance(part, Break) else part for part in formula.parts)
    return replace(formula, parts=parts)


def break_lines(formula: Formula, width: float) -> list[str]:
    """The formula in lines no wider than `width` em, if breaks allow; outer breaks go before inner ones.

    The first line starts at the left, continued ones after INDENT.
    """
    parts = formula.parts
    places = [-1] + [n for n, part in enumerate(parts) if isinstance(part, Break)] + [len(parts)]
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(places)):
        choices = []
        for start in range(end):
            used = _width(parts, places[start], places[end]) + (INDENT if start else 0.0)
            cost = best[start][0] + _cost(parts, places[end], used, width)
            choices.append((cost, start))
        best.append(min(choices))
    lines = []
    end = len(places) - 1
    while end > 0:
        start = best[end][1]
        lines.append(_line(parts, places[start], places[end]))
        end = start
    return lines[::-1]


def _width(parts: tuple[Part | Break, ...], start: int, end: int) -> float:
    return sum(part.width for part in parts[start + 1 : end] if isinstance(part, Part))


def _cost(parts: tuple[Part | Break, ...], end: int, used: float, width: float) -> float:
    """A line's cost: what it runs over the margin, the depth of the break, and a little for emptiness."""
    over = 1000.0 * max(0.0, used - width)
    place = parts[end] if end < len(parts) else None
    depth = 10.0 * (1 + 2 * place.level) if isinstance(place, Break) else 0.0
    empty = (max(0.0, width - used) / width) ** 2 if place is not None else 0.0
    return over + depth + empty


def _line(parts: tuple[Part | Break, ...], start: int, end: int) -> str:
    opening = parts[start] if start >= 0 else None
    mark = opening.mark if isinstance(opening, Break) else ""
    return mark + "".join(part.text for part in parts[start + 1 : end] if isinstance(part, Part))


# --- widths -------------------------------------------------------------------------------------

_TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|[{}^_&]|.", re.DOTALL)

# Control words: width in em, with the space TeX puts around operators and relations.
_WORDS = {
    r"\sum": 1.6, r"\prod": 1.4, r"\odot": 1.22, r"\oslash": 1.22, r"\cdot": 0.72, r"\times": 1.22, r"\quad": 1.0,
    r"\qquad": 2.0, r"\,": 0.17, r"\;": 0.28, r"\partial": 0.56, r"\nabla": 0.83, r"\top": 0.78, r"\le": 1.33,
    r"\ge": 1.33, r"\ne": 1.33, r"\neq": 1.33, r"\gets": 1.56, r"\leftarrow": 1.56, r"\dots": 1.2, r"\infty": 1.0,
    r"\bigl": 0.06, r"\bigr": 0.06, r"\Bigl": 0.2, r"\Bigr": 0.2, r"\biggl": 0.35, r"\biggr": 0.35,
    r"\notag": 0.0, r"\in": 1.22, r"\prime": 0.28, r"\displaystyle": 0.0, r"\textstyle": 0.0, r"\ell": 0.42,
    r"\bigm": 0.1, r"\operatorname": 0.17, r"\mathrm": 0.0, r"\mathbf": 0.0, r"\boldsymbol": 0.0, r"\text": 0.0,
    r"\tilde": 0.0, r"\hat": 0.0, r"\bar": 0.0, r"\check": 0.0, r"\sqrt": 0.9, r"\mathbb": 0.1, r"\land": 1.1,
    r"\mathit": 0.0,
}  # fmt: skip
_NAMED = {r"\exp", r"\log", r"\max", r"\min", r"\tanh", r"\sinh", r"\cosh", r"\sin", r"\cos", r"\tan", r"\arctan"}
_GLYPHS = {"+": 1.22, "-": 1.22, "=": 1.33, "<": 1.33, ">": 1.33, ",": 0.45, "(": 0.39, ")": 0.39, "[": 0.28,
           "]": 0.28, "|": 0.28, " ": 0.0, ".": 0.28, "'": 0.28, "/": 0.5, "&": 0.0, "^": 0.0, "_": 0.0,
           LAYER: 0.78, SIZE: 0.0, END: 0.0}  # fmt: skip


def measure(text: str) -> float:
    """The estimated width of LaTeX of our own making, in em, in display style."""
    tokens = _TOKEN.findall(text)
    width, _ = _run(tokens, 0)
    return width


def _run(tokens: list[str], place: int) -> tuple[float, int]:
    """The width of tokens up to the brace that closes the group."""
    width = 0.0
    limits = False
    while place < len(tokens) and tokens[place] != "}":
        token = tokens[place]
        if token == r"\frac":
            above, place = _operand(tokens, place + 1)
            below, place = _operand(tokens, place)
            width += max(above, below) + 0.24
        elif token in "^_":
            scripts = []
            while place < len(tokens) and tokens[place] in ("^", "_"):
                script, place = _operand(tokens, place + 1)
                scripts.append(0.72 * script)
            width += max(0.0, max(scripts) - 1.44) if limits else max(scripts) + 0.05
        else:
            operand, place = _operand(tokens, place)
            width += operand
        limits = token in (r"\sum", r"\prod")
    return width, place


def _operand(tokens: list[str], place: int) -> tuple[float, int]:
    """The width of one token or one group."""
    if place >= len(tokens):
        return 0.0, place
    token = tokens[place]
    if token == "{":
        width, place = _run(tokens, place + 1)
        return width, place + 1
    return _glyph(token), place + 1


def _glyph(token: str) -> float:
    if token in _WORDS:
        return _WORDS[token]
    if token in _NAMED:
        return 0.5 * (len(token) - 1) + 0.17
    if token in _GLYPHS:
        return _GLYPHS[token]
    if token.startswith("\\"):
        return 0.62
    return 0.75 if token.isupper() else 0.52


def widest(formulas: Iterable[Formula]) -> float:
    return max((formula.width for formula in formulas), default=0.0)
