"""Writes a derivation as a document; its formulas are LaTeX, whatever target prints it."""

from __future__ import annotations

from sympy import Rational

from bpgen.algebra.system import Tensor
from bpgen.derive.derivation import Derivation
from bpgen.emit.document import Document
from bpgen.emit.latex_costs import write_costs
from bpgen.emit.latex_overview import conventions, facts, layer_table, overview
from bpgen.emit.latex_rows import Writer
from bpgen.emit.latex_sections import Sections
from bpgen.emit.latex_symbols import Symbols
from bpgen.emit.latex_terms import number
from bpgen.emit.latex_update import write_update
from bpgen.emit.prose import Math


def build_document(derivation: Derivation, notation: str, steps: bool) -> Document:
    """notation: "index" or "matrix"; steps: with every rewrite between the chain rule and the final gradient."""
    symbols = Symbols(derivation.system, _further_tensors(derivation))
    writer = Writer(symbols, notation)
    sections = Sections(derivation, writer, steps)
    system = derivation.system
    return Document(
        name=system.name,
        overview=overview(derivation, writer),
        layers=layer_table(derivation, writer),
        conventions=conventions(derivation, writer),
        facts=facts(system, writer),
        forward=sections.mathematical("forward"),
        loss=sections.mathematical("loss"),
        inference=sections.computed(("inference",), again=True),
        places=tuple((Math(writer.name(name)), Math(writer.name(place))) for name, place in system.inference),
        notes=tuple(sections.sentence(note, capital=True) for note in derivation.notes),
        computed_forward=sections.computed(("forward", "loss")),
        chain=sections.chain(),
        gradients=sections.gradients(),
        computed_backward=sections.computed(("backward",)),
        settings=tuple((Math(symbols.whole(name)), _default(value)) for name, value in system.settings),
        update=write_update(system, writer),
        costs=write_costs(derivation, writer),
        names={name: writer.name(name) for name in symbols.tensors},
    )


def _further_tensors(derivation: Derivation) -> list[Tensor]:
    """Tensors that the forward system and the derivation had, and the final system may lack."""
    equations = [*derivation.chain, *derivation.simplified]
    equations += [e for record in derivation.steps.values() for step in record for e in (step.before, step.after)]
    return [*derivation.forward.tensors.values(), *(equation.tensor for equation in equations)]


def _default(value: float) -> Math:
    return Math(number(Rational(str(value))).text)
