"""A derivation as an article for pdflatex: forward pass, loss, chain rule, gradients, update."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment
from sympy import Rational

from bpgen.algebra.errors import BpgenError
from bpgen.algebra.system import Tensor
from bpgen.derive.derivation import Derivation
from bpgen.emit.environment import environment
from bpgen.emit.latex_overview import conventions, facts, layer_table, overview
from bpgen.emit.latex_rows import Writer
from bpgen.emit.latex_sections import Sections
from bpgen.emit.latex_symbols import Symbols, escape
from bpgen.emit.latex_terms import number
from bpgen.emit.latex_update import write_update

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
    symbols = Symbols(derivation.system, _further_tensors(derivation))
    writer = Writer(symbols, notation)
    sections = Sections(derivation, writer, steps)
    system = derivation.system
    return _environment().get_template("latex/article.tex.j2").render(
        title=escape(system.name),
        overview=overview(derivation, writer),
        layers=layer_table(derivation, writer),
        conventions=conventions(derivation, writer),
        forward=sections.mathematical("forward"),
        loss=sections.mathematical("loss"),
        inference=sections.computed(("inference",), again=True),
        places=[(writer.name(name), writer.name(place)) for name, place in system.inference],
        computed_forward=sections.computed(("forward", "loss")),
        notes=[sections.sentence(note, capital=True) for note in derivation.notes],
        facts=facts(system, writer),
        chain=sections.chain(),
        gradients=sections.gradients(),
        computed_backward=sections.computed(("backward",)),
        update=write_update(system, writer),
        name=writer.name,
        settings=[(symbols.whole(name), _default(value)) for name, value in system.settings],
        steps=steps,
    )  # fmt: skip


def _further_tensors(derivation: Derivation) -> list[Tensor]:
    """Tensors that the forward system and the derivation had, and the final system may lack."""
    equations = [*derivation.chain, *derivation.simplified]
    equations += [e for record in derivation.steps.values() for step in record for e in (step.before, step.after)]
    return [*derivation.forward.tensors.values(), *(equation.tensor for equation in equations)]


def _default(value: float) -> str:
    return number(Rational(str(value))).text


@cache
def _environment() -> Environment:
    """The emitters' environment with delimiters that LaTeX leaves alone."""
    return environment().overlay(
        block_start_string=r"\BLOCK{", block_end_string="}", variable_start_string=r"\VAR{", variable_end_string="}",
        comment_start_string=r"\COMMENT{", comment_end_string="}",
    )  # fmt: skip
