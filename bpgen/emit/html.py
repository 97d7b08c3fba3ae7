"""A derivation as one HTML file that needs nothing else: equations in MathML, and beside them the generated source.

Pointing at an equation lights up the lines that compute it, and pointing at a line its equations: both carry the
equations' numbers (`data-n`), those of equations from the derivation, those of lines from `Source.trace`.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from functools import cache

from jinja2 import Environment

from bpgen.derive.derivation import Derivation
from bpgen.emit.document import Family
from bpgen.emit.environment import environment
from bpgen.emit.html_code import write_panes
from bpgen.emit.html_rows import HtmlWriter, ShownRow, breakable
from bpgen.emit.latex_document import build_document
from bpgen.emit.prose import Math, Reference
from bpgen.emit.source import Source


def html(
    derivation: Derivation,
    sources: Sequence[Source] = (),
    notation: str = "index",
    steps: bool = False,
    full: bool = False,
) -> str:
    """The derivation as a page.

    sources: generated from the same network, to stand beside the equations
    notation: "index" or "matrix"; steps: every rewrite, not only its rule and reason
    full: with every layer written out, in place of describing those that are alike once
    Equation numbers are those of `derivation.system`, which generated code carries too.
    Raises BpgenError where math-core is not installed.
    """
    system = derivation.system
    document = build_document(derivation, notation, steps, full)
    numbers = {name: equation.number for name, equation in system.defining.items()}
    writer = HtmlWriter(document.rows, document.names, numbers, system.loss)
    panes = write_panes(sources)
    script = _environment().get_template("html/page.js.j2").render()
    return (
        _environment()
        .get_template("html/page.html.j2")
        .render(
            document=document,
            prose=writer.prose,
            math=lambda text: writer.prose((Math(text),)),
            reference=Reference,
            row=writer.row,
            family_rows=lambda family: _family_rows(writer, family),
            panes=panes,
            computed={number for pane in panes for group in pane.groups for number in group.numbers.split()},
            script=script,
            digest=b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        )
    )


def notebook(derivation: Derivation) -> str:
    """The equations alone, for a notebook's cell: no links, no script.  Raises BpgenError as `html` does."""
    document = build_document(derivation, "index", steps=False, full=True)
    writer = HtmlWriter((), {}, {}, None)
    blocks = (("Forward", document.forward), ("Loss", document.loss), ("Gradients", document.gradients))
    return _environment().get_template("html/notebook.html.j2").render(document=document, blocks=blocks, row=writer.row)


def _family_rows(writer: HtmlWriter, family: Family) -> list[ShownRow]:
    """Rules stated once carry the numbers of all the equations that they stand for."""
    columns = zip(*(numbers for _, numbers in family.members), strict=True)
    return [writer.row(row, " ".join(map(str, column))) for row, column in zip(family.rows, columns, strict=True)]


@cache
def _environment() -> Environment:
    """The emitters' environment, but every value is escaped that is not HTML of our own making."""
    found = environment().overlay(autoescape=True)
    found.filters = found.filters | {"breakable": breakable}
    return found
