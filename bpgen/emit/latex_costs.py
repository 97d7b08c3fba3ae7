"""The table of costs at the end of a document."""

from __future__ import annotations

from collections.abc import Iterable

from bpgen.algebra.polynomial import Polynomial
from bpgen.derive.account import account
from bpgen.derive.derivation import Derivation
from bpgen.derive.recomputed import Recomputed
from bpgen.emit.costs import COUNTED, HEADINGS, NOTHING_AGAIN, passes
from bpgen.emit.document import CostSection, Table
from bpgen.emit.latex_expressions import IndexNotation
from bpgen.emit.latex_letters import equation_letters
from bpgen.emit.latex_rows import Writer
from bpgen.emit.prose import Math, Prose, Reference, joined, phrase


def write_costs(derivation: Derivation, writer: Writer) -> CostSection:
    costs = account(derivation)
    rows = tuple((phrase(name), _count(c.operations), _count(c.read), _count(c.written)) for name, c in passes(costs))
    saved = tuple(
        (
            (Reference(f"eq:{found.number}"),),
            (Math(rf"{writer.name(found.tensor.name)}"),),
            (Math(r" \times ".join(map(str, found.tensor.shape)) or "1"),),
            _count(found.bytes),
            _references(found.readers),
        )
        for found in costs.saved
    )
    again = tuple(
        ((Reference(f"eq:{found.number}"),), (_formula(found, derivation, writer),), _references(found.again))
        for found in costs.recomputed
    )
    total: Prose = ("Of the forward pass, the gradients need ", *_count(costs.saved_bytes), " bytes:")
    return CostSection(
        counted=phrase(COUNTED),
        passes=Table(tuple(map(phrase, HEADINGS)), "lrrr", rows),
        saved=Table(tuple(map(phrase, ("", "saved", "shape", "bytes", "for"))), "lllrp", saved),
        total=total if saved else (),
        again=Table(tuple(map(phrase, ("", "computed again", "in"))), "llp", again),
        nothing="" if again else NOTHING_AGAIN,
    )


def _count(count: Polynomial) -> Prose:
    return (Math(count.written("{:,}", r"{}\,{}", "B", "B^{{{}}}").replace(",", "{,}").replace(r"\{,}", r"\,")),)


def _references(numbers: Iterable[int]) -> Prose:
    return joined([(Reference(f"eq:{number}"),) for number in numbers], ", ")


def _formula(found: Recomputed, derivation: Derivation, writer: Writer) -> Math:
    """In the letters of the equation that has it first."""
    equation = next(e for e in derivation.system.equations if e.number == found.number)
    printer = IndexNotation(writer.symbols, equation_letters(equation, writer.symbols))
    return Math(printer.formula(found.expression).text)
