"""Equations as rows of an align environment: numbered, aligned at the relation, broken before the margin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bpgen.algebra.records import dataclass
from bpgen.algebra.system import Equation
from bpgen.emit.latex_expressions import IndexNotation
from bpgen.emit.latex_layout import Formula, break_lines, concatenate, measure
from bpgen.emit.latex_letters import equation_letters
from bpgen.emit.latex_matrix import matrix_form
from bpgen.emit.latex_symbols import Symbols

TEXT_WIDTH = 41.0  # em: 16 cm at 11 pt, less a little
RELATION_WIDTH = 1.4
TAG_GAP = 1.2


@dataclass(frozen=True)
class Member:
    """One of the equations that a row states: its label, its number as shown ("" for none), and itself.

    layer: the value of l that makes the row state it
    """

    label: str
    tag: str
    equation: Equation | None
    layer: int


@dataclass(frozen=True)
class Row:
    """left relation right, relation right, ...; tag: the number shown ("" for none), label: what \\ref refers to.

    equation: what the row states, for whoever looks up what its symbols stand for
    members: all equations that it states, where these are several
    """

    left: str
    sides: tuple[tuple[str, Formula], ...]
    tag: str = ""
    label: str = ""
    equation: Equation | None = None
    members: tuple[Member, ...] = ()

    @property
    def tag_width(self) -> float:
        return measure(self.tag) + 0.8 + TAG_GAP if self.tag else 0.0

    def room(self, width: float) -> float:
        """What is left for a side in a line of that width (less the left-hand sides)."""
        return width - RELATION_WIDTH - self.tag_width

    def fits(self, width: float) -> bool:
        """Whether no side needs a break."""
        return all(formula.width <= self.room(width) for _, formula in self.sides)

    def joined(self, width: float) -> Row:
        """With all sides on one line, if they fit there."""
        pieces: list[Formula | str] = [self.sides[0][1]]
        for relation, formula in self.sides[1:]:
            pieces += [f" {relation} ", formula]
        line = concatenate(*pieces)
        return replace(self, sides=((self.sides[0][0], line),)) if line.width <= self.room(width) else self

    def lines(self, width: float) -> list[str]:
        result = []
        for position, (relation, formula) in enumerate(self.joined(width).sides):
            first, *more = break_lines(formula, self.room(width))
            result.append(f"{self.left if position == 0 else ''} &{relation} {first}")
            result += [rf" &\qquad {line}" for line in more]
        end = rf" \tag{{{self.tag}}}\label{{{self.label}}}" if self.tag else r" \notag"
        return [line + r" \notag" for line in result[:-1]] + [result[-1] + end]


class Writer:
    """Writes equations in the notation asked for; what is no matrix equation falls back to indices."""

    def __init__(self, symbols: Symbols, notation: str) -> None:
        self.symbols = symbols
        self.notation = notation
        self.fell_back = False  # whether an equation was written with indices in place of matrices

    def sides(self, equation: Equation) -> tuple[str, Formula]:
        """(left-hand side, right-hand side)."""
        name = equation.tensor.name
        if self.notation == "matrix":
            form = matrix_form(equation, self.symbols)
            if form is not None:
                return form
            self.fell_back = True
        letters = equation_letters(equation, self.symbols)
        printer = IndexNotation(self.symbols, letters)
        return self.symbols.element(name, [letters[index] for index in equation.indices]), printer.formula(equation.rhs)

    def row(self, equation: Equation, tag: str = "", label: str = "", relation: str = "=") -> Row:
        left, right = self.sides(equation)
        return Row(left, ((relation, right),), tag, label, equation)

    def name(self, tensor: str) -> str:
        """The tensor as text speaks of it."""
        return self.symbols.matrix(tensor) if self.notation == "matrix" else self.symbols.whole(tensor)


def align(rows: Sequence[Row], width: float = TEXT_WIDTH) -> str:
    """One align environment in a text `width` em wide; a row broken only because of its neighbours gets its own."""
    if not rows:
        return ""
    room = width - _widest_left(rows)
    if len(rows) == 1 or all(row.fits(room) for row in rows):
        return _environment(rows, width)
    runs: list[list[Row]] = []
    joined = False
    for row in rows:
        fits = row.fits(room)
        if fits and joined:
            runs[-1].append(row)
        else:
            runs.append([row])
        joined = fits
    return "\n".join(_environment(run, width) for run in runs)


def _widest_left(rows: Sequence[Row]) -> float:
    return max(measure(row.left) for row in rows)


def _environment(rows: Sequence[Row], width: float) -> str:
    room = width - _widest_left(rows)
    lines = [line for row in rows for line in row.lines(room)]
    return "\\begin{align}\n" + " \\\\\n".join(lines) + "\n\\end{align}"
