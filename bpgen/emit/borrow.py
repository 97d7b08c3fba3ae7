"""The first of several layers that are alike reads what is no layer's: x, which a textbook then calls a^{(0)}.

Only the printed form decides: a tensor is written like that where nothing else is written so, and where its reader
then reads as the layer after it does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from bpgen.algebra.records import dataclass
from bpgen.algebra.system import REAL, Tensor
from bpgen.emit.describe_once import Run
from bpgen.emit.document import Block
from bpgen.emit.latex_rows import Writer
from bpgen.emit.prose import Math

Borrowed = tuple[str, str, int]  # tensor, the one whose letter it borrows, number of the layer


@dataclass
class Borrower:
    """write: the blocks of one layer in a section, as the symbols are now."""

    writer: Writer
    write: Callable[[str], tuple[Block, ...]]

    def find(self, runs: Sequence[Run]) -> dict[int, Run]:
        """By place, runs that are like the next layer's once a tensor from outside is written like one of a layer."""
        found: dict[int, Run] = {}
        for place, run in enumerate(runs):
            follower = self._follower(runs, run)
            if follower is None or follower.key == run.key or [r.layer for r in runs].count(run.layer) > 1:
                continue
            for borrowed in self._candidates(run, follower):
                other = replace(run, blocks=self._written(run.layer, borrowed))
                if other.key == follower.key:
                    mine, _, layer = borrowed
                    found[place] = replace(other, borrowed=(Math(self._equality(borrowed)),), lent=((mine, layer),))
                    break
        return found

    @staticmethod
    def _follower(runs: Sequence[Run], run: Run) -> Run | None:
        """The nearest later layer whose equations are for the same things."""
        later = [r for r in runs if r.number is not None and run.number is not None and r.number > run.number]
        alike = [other for other in later if _outline(other) == _outline(run)]
        return min(alike, key=lambda other: other.number or 0, default=None)

    def _candidates(self, run: Run, follower: Run) -> Iterator[Borrowed]:
        symbols = self.writer.symbols
        shift = (follower.number or 0) - (run.number or 0)
        for mine in self._read_from_outside(run):
            for theirs in self._read_from_outside(follower):
                layer = symbols.numbers.get(theirs.layer, -1) - shift
                if layer < 0 or len(mine.axes) != len(theirs.axes) or mine.name == theirs.name:
                    continue
                if symbols.stands_alone(replace(symbols.plain_head(theirs.name), superscript=f"({layer})")):
                    yield mine.name, theirs.name, layer

    def _read_from_outside(self, run: Run) -> list[Tensor]:
        rows = [row.equation for block in run.blocks for row in block.rows if row.equation is not None]
        names = sorted({name for equation in rows for name in equation.reads})
        tensors = [self.writer.symbols.tensors[name] for name in names if name in self.writer.symbols.tensors]
        return [t for t in tensors if t.role in ("input", "forward") and t.dtype == REAL and t.layer != run.layer]

    def _written(self, layer: str, borrowed: Borrowed) -> tuple[Block, ...]:
        mine, theirs, number = borrowed
        self.writer.symbols.borrowed = {mine: (theirs, number)}
        blocks = self.write(layer)
        self.writer.symbols.borrowed = {}
        return blocks

    def _equality(self, borrowed: Borrowed) -> str:
        """a^{(0)} = x, without marks."""
        mine, theirs, layer = borrowed
        symbols = self.writer.symbols
        symbols.marked, marked = False, symbols.marked
        name = self.writer.name(mine)
        symbols.borrowed = {mine: (theirs, layer)}
        written = self.writer.name(mine)
        symbols.borrowed, symbols.marked = {}, marked
        return f"{written} = {name}"


def _outline(run: Run) -> tuple[tuple[object, ...], ...]:
    equations = [row.equation for block in run.blocks for row in block.rows if row.equation is not None]
    return tuple((e.tensor.symbol, e.origin.type, len(e.indices)) for e in equations)
