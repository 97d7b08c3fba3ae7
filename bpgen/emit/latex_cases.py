"""Choices as formulas: one case under the other, each with its condition."""

from __future__ import annotations

from collections.abc import Sequence

from bpgen.emit.latex_layout import INDENT, PRODUCT, Formula, Part, break_lines, measure

CASE_WIDTH = 22.0  # em; a case that is wider takes several lines
OTHERWISE_WIDTH = 4.5
BRACE_WIDTH = 2.0


def write_cases(said: str, formulas: Sequence[Formula]) -> Formula:
    """The first where the condition holds, else the second; what is too wide for a line goes on in the next."""
    lines = [break_lines(formula, CASE_WIDTH) for formula in formulas]
    rows = []
    for (first, *more), text in zip(lines, (rf"\text{{if }} {said}", r"\text{otherwise}"), strict=True):
        rows += [rf"\displaystyle {first} & {text}", *(rf"\qquad \displaystyle {line} &" for line in more)]
    end = r" \\[1ex] " if any(formula.height > 1 for formula in formulas) else r" \\ "
    text = rf"\left\{{\begin{{array}}{{@{{}}l@{{\quad}}l@{{}}}} {end.join(rows)} \end{{array}}\right."
    widest = max(INDENT * (n > 0) + measure(line) for found in lines for n, line in enumerate(found))
    width = widest + max(OTHERWISE_WIDTH, measure(said) + 1.0) + BRACE_WIDTH
    return Formula((Part(text, width),), PRODUCT, 3, trailing=True)
