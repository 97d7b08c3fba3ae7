"""A derivation as an article for pdflatex: forward pass, loss, chain rule, gradients, update."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment

from bpgen.algebra.errors import BpgenError
from bpgen.derive.derivation import Derivation
from bpgen.emit.environment import environment
from bpgen.emit.latex_document import build_document
from bpgen.emit.latex_prose import breakable, write_block, write_prose
from bpgen.emit.latex_rows import align
from bpgen.emit.latex_symbols import escape

NOTATIONS = ("index", "matrix")


def latex(derivation: Derivation, notation: str = "index", steps: bool = False) -> str:
    """The derivation as a complete LaTeX document.

    notation: "index", or "matrix": whatever is a matrix equation is printed as one, the rest by indices
    steps: print every rewrite between the chain rule and the final gradient, not only its rule and reason
    Equation numbers are those of `derivation.system`, which generated code carries too.
    Raises BpgenError for another notation.
    """
    if notation not in NOTATIONS:
        raise BpgenError(f'notation is "index" or "matrix", not {notation!r}')
    template = _environment().get_template("latex/article.tex.j2")
    return template.render(document=build_document(derivation, notation, steps))


@cache
def _environment() -> Environment:
    """The emitters' environment with delimiters that LaTeX leaves alone, and a document's parts as filters."""
    found = environment().overlay(
        block_start_string=r"\BLOCK{", block_end_string="}", variable_start_string=r"\VAR{", variable_end_string="}",
        comment_start_string=r"\COMMENT{", comment_end_string="}",
    )  # fmt: skip
    found.filters = found.filters | {
        "align": align, "block": write_block, "breakable": breakable, "escape": escape, "prose": write_prose
    }  # fmt: skip
    return found
