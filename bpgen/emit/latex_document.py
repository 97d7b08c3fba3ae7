"""Writes a derivation as a document; its formulas are LaTeX, whatever target prints it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from sympy import Rational

from bpgen.algebra.system import REAL, System, Tensor
from bpgen.derive.derivation import Derivation
from bpgen.emit.borrow import Borrower
from bpgen.emit.describe_once import describe_once, split_runs
from bpgen.emit.document import Block, Document
from bpgen.emit.latex_costs import write_costs
from bpgen.emit.latex_overview import conventions, facts, layer_table, overview
from bpgen.emit.latex_rows import Writer
from bpgen.emit.latex_sections import Sections
from bpgen.emit.latex_symbols import Symbols
from bpgen.emit.latex_terms import number
from bpgen.emit.latex_update import write_update
from bpgen.emit.prose import Math, phrase

ALIKE = (
    "Layers that are alike are described once, with the values of $l$ above them; a number of theirs stands for each "
    "value of $l$, in the same order."
)
PARTS = (
    r"A tensor with more axes is a matrix for each value of those that stand below it: of $Z_b$, row~$t$ and "
    r"column~$j$ are $z_{btj}$; $Z_t$, where time stands below, has samples as rows, and $z_b$ is a column. "
    r"$A[:, n:m]$ are the columns $n$ to $m$ of $A$; a condition such as $i \ge j$ speaks of row~$i$ and column~$j$."
)
INDICES = "What is no equation of matrices is written with indices."


def build_document(derivation: Derivation, notation: str, steps: bool, full: bool) -> Document:
    """notation: "index" or "matrix"; steps: with every rewrite between the chain rule and the final gradient.

    full: with every layer written out, in place of describing those that are alike once
    """
    symbols = _symbols(derivation)
    writer = Writer(symbols, notation)
    sections = Sections(derivation, writer, steps)
    system = derivation.system
    widths = _widths(derivation.forward, symbols)

    def once(write: Callable[[], tuple[Block, ...]]) -> tuple[Block, ...]:
        return write() if full else _describe_once(write, sections, widths)

    def computed(*roles: str) -> tuple[Block, ...]:
        """By layers where some are alike, else as one."""
        blocks = once(lambda: sections.computed_blocks(roles))
        rows = tuple(row for block in blocks for row in block.rows)
        return blocks if any(row.members for row in rows) else (Block((), rows),) if rows else ()

    document = Document(
        name=system.name,
        overview=overview(derivation, writer),
        layers=layer_table(derivation, writer),
        conventions=conventions(derivation, writer),
        facts=facts(system, writer),
        forward=once(lambda: sections.mathematical("forward")),
        loss=sections.mathematical("loss"),
        inference=sections.computed(("inference",), again=True),
        places=tuple((Math(writer.name(name)), Math(writer.name(place))) for name, place in system.inference),
        notes=tuple(sections.sentence(note, capital=True) for note in derivation.notes),
        computed_forward=computed("forward", "loss"),
        chain=once(sections.chain),
        gradients=once(sections.gradients),
        computed_backward=computed("backward"),
        settings=tuple((Math(symbols.whole(name)), _default(value)) for name, value in system.settings),
        update=write_update(system, writer),
        costs=write_costs(derivation, writer),
        names={name: writer.name(name) for name in symbols.tensors},
    )
    said = [PARTS] if symbols.has_parts else []
    said += [INDICES] if writer.fell_back else []
    said += [ALIKE] if any(row.members for row in document.rows) else []
    return replace(document, conventions=(*document.conventions, *map(phrase, said)))


def write_symbols(derivation: Derivation) -> dict[str, tuple[str, str]]:
    """Name of a tensor -> what the document writes for it, as a matrix and before the indices of an element."""
    symbols = _symbols(derivation)
    names = [name for name in symbols.tensors if not symbols.is_quotient(name)]
    return {name: (symbols.matrix(name), symbols.head(name).whole()) for name in names}


def _symbols(derivation: Derivation) -> Symbols:
    return Symbols(derivation.system, _further_tensors(derivation))


def _describe_once(
    write: Callable[[], tuple[Block, ...]], sections: Sections, widths: Mapping[int, int]
) -> tuple[Block, ...]:
    def write_layer(layer: str) -> tuple[Block, ...]:
        sections.only = layer
        blocks = write()
        sections.only = None
        return blocks

    symbols = sections.writer.symbols
    symbols.marked = True
    runs = split_runs(write(), symbols.numbers)
    others = Borrower(sections.writer, write_layer).find(runs)
    symbols.marked = False
    return describe_once(runs, others, widths)


def _widths(system: System, symbols: Symbols) -> dict[int, int]:
    """How many values a layer gives for a sample, where that is a row; 0: the input that there is."""
    read = {name for equation in system.equations if equation.role == "forward" for name in equation.reads}
    rows = [t for t in system.with_role("input") if t.name in read and len(t.axes) == 2 and t.dtype == REAL]
    found = {0: rows[0]} if len(rows) == 1 else {}
    for equation in system.equations:
        number = symbols.numbers.get(equation.tensor.layer)
        if number is not None and equation.role == "forward":
            found[number] = equation.tensor
    return {number: extent for number, tensor in found.items() if (extent := _row(tensor)) is not None}


def _row(tensor: Tensor) -> int | None:
    extent = tensor.shape[-1] if len(tensor.axes) == 2 else None
    return extent if isinstance(extent, int) else None


def _further_tensors(derivation: Derivation) -> list[Tensor]:
    """Tensors that the forward system and the derivation had, and the final system may lack."""
    equations = [*derivation.chain, *derivation.simplified]
    equations += [e for record in derivation.steps.values() for step in record for e in (step.before, step.after)]
    return [*derivation.forward.tensors.values(), *(equation.tensor for equation in equations)]


def _default(value: float) -> Math:
    return Math(number(Rational(str(value))).text)
