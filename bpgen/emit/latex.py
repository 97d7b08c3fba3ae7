"""A derivation as an article for pdflatex: forward pass, loss, chain rule, gradients, update."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from jinja2 import Environment

from bpgen.algebra.errors import BpgenError
from bpgen.derive.derivation import Derivation
from bpgen.emit.environment import environment
from bpgen.emit.latex_document import build_document
from bpgen.emit.latex_layout import measure
from bpgen.emit.latex_prose import Printer, breakable
from bpgen.emit.latex_rows import TEXT_WIDTH, Row, align
from bpgen.emit.latex_symbols import escape

NOTATIONS = ("index", "matrix")


def latex(derivation: Derivation, notation: str = "index", steps: bool = False, full: bool = False) -> str:
    """The derivation as a complete LaTeX document.

    notation: "index", or "matrix": whatever is a matrix equation is printed as one, the rest by indices
    steps: print every rewrite between the chain rule and the final gradient, not only its rule and reason
    full: write every layer out, in place of describing those that are alike once, for l = 1, 2, ...
    Equation numbers are those of `derivation.system`, which generated code carries too.
    Raises BpgenError for another notation.
    """
    if notation not in NOTATIONS:
        raise BpgenError(f'notation is "index" or "matrix", not {notation!r}')
    template = _environment().get_template("latex/article.tex.j2")
    document = build_document(derivation, notation, steps, full)
    return template.render(document=document, print=Printer(document.rows))


def notebook(derivation: Derivation) -> str:
    """The simplified derivatives, for MathJax in a notebook's cell: aligned, no packages, no references."""
    rows = [
        row for block in build_document(derivation, "index", steps=False, full=True).gradients for row in block.rows
    ]
    lines = [line for row in rows for line in _notebook_lines(row)]
    return "$$\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}$$"


def _notebook_lines(row: Row) -> list[str]:
    """The lines of one equation, its number behind the last."""
    lines = replace(row, tag="").lines(TEXT_WIDTH - measure(row.left))
    tag = row.tag.replace("$'$", "'")
    *first, last = [line.removesuffix(r" \notag") for line in lines]
    return [*first, f"{last} && ({tag})" if tag else last]


@cache
def _environment() -> Environment:
    """The emitters' environment with delimiters that LaTeX leaves alone, and a document's parts as filters."""
    found = environment().overlay(
        block_start_string=r"\BLOCK{", block_end_string="}", variable_start_string=r"\VAR{", variable_end_string="}",
        comment_start_string=r"\COMMENT{", comment_end_string="}",
    )  # fmt: skip
    found.filters = found.filters | {
        "align": align, "breakable": breakable, "escape": escape
    }  # fmt: skip
    return found
