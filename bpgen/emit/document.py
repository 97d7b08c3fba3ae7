"""A derivation as a document: what stands where, before any target says how it looks."""

from __future__ import annotations

from collections.abc import Mapping

from bpgen.algebra.records import dataclass
from bpgen.emit.latex_rows import Row
from bpgen.emit.prose import Math, Prose


@dataclass(frozen=True)
class Reason:
    """One rewrite: its rule, why it holds, and what it gives (None where only the reasons are asked for)."""

    rule: str
    text: Prose
    row: Row | None = None


@dataclass(frozen=True)
class Origin:
    """How a gradient came of the row of the chain rule with label `start`; label: that of the gradient's own row."""

    start: str
    reasons: tuple[Reason, ...]
    label: str


@dataclass(frozen=True)
class Block:
    """A heading (() for none), displayed equations, a remark below them, and how they were reached.

    layer: whose equations these are ("" for none); opening: what is said before them
    borrowed: (tensor from outside, number of the layer of which it is written like a tensor)
    """

    heading: Prose
    rows: tuple[Row, ...]
    remark: Prose = ()
    origin: Origin | None = None
    layer: str = ""
    opening: Prose = ()
    borrowed: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class LayerRow:
    """One line of the table of layers.  formulas: its equations, or the numbers of these."""

    number: int
    name: str
    kinds: tuple[str, ...]
    formulas: tuple[Prose, ...]
    parameters: tuple[Prose, ...]


@dataclass(frozen=True)
class Family:
    """Parameters with the same rule.  tags: of its equations; members: (parameter, numbers of its equations).

    parameters: the tensors' names, in the same order
    """

    rows: tuple[Row, ...]
    tags: tuple[str, ...]
    members: tuple[tuple[str, tuple[int, ...]], ...]
    parameters: tuple[str, ...]


@dataclass(frozen=True)
class Update:
    """shared: the scalars of a step; families: rules stated once; single: rules of one parameter each."""

    shared: tuple[Row, ...]
    families: tuple[Family, ...]
    single: tuple[tuple[Row, ...], ...]
    simultaneous: bool


@dataclass(frozen=True)
class Table:
    """columns: a letter for each, l or r, or p for a last one whose text may take several lines."""

    headings: tuple[Prose, ...]
    columns: str
    rows: tuple[tuple[Prose, ...], ...]


@dataclass(frozen=True)
class CostSection:
    """counted: how costs are counted; passes: a row each; saved, again: tensors kept, and what is computed again.

    total: of what is saved; nothing: what to say where nothing is computed again
    """

    counted: Prose
    passes: Table
    saved: Table
    total: Prose
    again: Table
    nothing: str


@dataclass(frozen=True)
class Document:
    """All sections of a derivation; empty ones are left out in print.

    inference: what is computed instead outside of training; places: (tensor, what takes its place there)
    computed_forward, computed_backward: equations that are evaluated in another form than the one stated
    names: tensor -> how prose speaks of it, in LaTeX
    """

    name: str
    overview: tuple[Prose, ...]
    layers: tuple[LayerRow, ...]
    conventions: tuple[Prose, ...]
    facts: tuple[Prose, ...]
    forward: tuple[Block, ...]
    loss: tuple[Block, ...]
    inference: tuple[Row, ...]
    places: tuple[tuple[Math, Math], ...]
    notes: tuple[Prose, ...]
    computed_forward: tuple[Block, ...]
    chain: tuple[Block, ...]
    gradients: tuple[Block, ...]
    computed_backward: tuple[Block, ...]
    settings: tuple[tuple[Math, Math], ...]
    update: Update | None
    costs: CostSection
    names: Mapping[str, str]

    @property
    def rows(self) -> tuple[Row, ...]:
        """Every row, in the order in which they stand."""
        before, inner, behind = (
            tuple(row for part in parts for block in part for row in block.rows)
            for parts in (
                (self.forward, self.loss),
                (self.computed_forward,),
                (self.chain, self.gradients, self.computed_backward),
            )
        )
        update = self.update
        families = tuple(row for family in update.families for row in family.rows) if update else ()
        single = tuple(row for rows in update.single for row in rows) if update else ()
        shared = update.shared if update else ()
        return (*before, *self.inference, *inner, *behind, *shared, *families, *single)
