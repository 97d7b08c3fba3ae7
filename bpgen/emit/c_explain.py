"""Of each contraction, the way that it is computed in C, and why: what `bpgen bench --explain` prints.

The estimates count vectors that are multiplied, numbers that are copied for them, and visits of tiles, for vectors
of 512 bits and data in the second cache.  They tell ways apart; what a step takes is measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import ceil, prod

from bpgen.algebra.records import dataclass
from bpgen.emit.c import prepare
from bpgen.emit.c_choose import Choice, choose
from bpgen.emit.c_expressions import Expressions
from bpgen.emit.c_products import Product, as_product, is_small
from bpgen.emit.c_rows import find_alike, find_rows
from bpgen.emit.c_steps import Steps
from bpgen.emit.c_ways import find_signatures
from bpgen.emit.numbers import numbers_text
from bpgen.lower.rewrite import reduction
from bpgen.lower.scalar import BATCH, Loop
from bpgen.lower.schedule import Assign, Kernel, Schedule

BYTES, TILE_ROWS, STRIP_PANELS, DEPTH = 64, 96, 32, 256  # see templates/c/product.c.j2
COPIED, TURNED = 0.25, 0.5  # cycles a number
VISIT = 3.0  # cycles a vector of a tile that is stored, loaded again and finished


@dataclass(frozen=True)
class Explained:
    """share: of the rate of full tiles, estimated; None where compilers decide.  by: "model", or "measured"."""

    equations: tuple[int, ...]
    sizes: str
    strategy: str
    reason: str
    share: float | None
    by: str = "model"

    @property
    def cells(self) -> tuple[str, ...]:
        """For a table."""
        share = "" if self.share is None else f"{self.share:.0%}"
        return numbers_text(self.equations), self.sizes, self.strategy, self.by, share, self.reason


def explain(schedule: Schedule, dtype: str, batch: int, measured: Mapping[str, str] | None = None) -> list[Explained]:
    """The contractions of a schedule, each once, in the order of its kernels.

    measured: the ways that were measured to be the fastest, by what the contraction is (bpgen.emit.c_ways)
    """
    signatures = find_signatures(schedule, dtype, batch) if measured else {}
    wanted = {name: measured[found] for name, found in signatures.items() if found in measured} if measured else {}
    found: dict[Explained, None] = {}
    alike = find_alike(schedule, find_rows(schedule))
    for kernel in schedule.kernels:
        prepared = prepare(kernel, dtype)
        statement = next((s for s in prepared.kernel.statements if s.contraction is not None), None)
        if statement is not None:
            name = wanted.get(kernel.name, "")
            choice = choose(prepared.kernel, prepared.expressions, alike=kernel.name in alike, wanted=name)
            lanes = BYTES // (4 if dtype == "float32" else 8)
            way = _explained(prepared.kernel, statement, choice, prepared.expressions, batch=batch, lanes=lanes)
            found[replace(way, by="measured") if choice.name == name else way] = None
    return list(found)


def _explained(
    kernel: Kernel, statement: Assign, choice: Choice, expressions: Expressions, *, batch: int, lanes: int
) -> Explained:
    product = choice.product
    if product is None:
        sizes, reason = _without_product(kernel, statement, expressions)
        return Explained(statement.numbers, sizes, "loops", reason, None)
    counts = [_extent(axis.loops, batch) for axis in (product.rows, product.columns, product.terms)]
    outer = _extent(product.outer, batch)
    texts = [axis.extent.replace("batch", "B") for axis in (product.rows, product.columns, product.terms)]
    sizes = f"{texts[0]} x {texts[1]}, sums of {texts[2]}" + (f", {outer} times" if outer > 1 else "")
    if choice.lines is not None:
        extent, step = int(choice.lines.along.extent), choice.lines.step
        share = extent / min(step, ceil(extent / lanes) * lanes) if step >= extent else 1.0
        return Explained(statement.numbers, sizes, "lines", f"columns are lines of {extent} numbers, {step} apart: "
                         "read where they lie", share)  # fmt: skip
    if choice.spans is not None:
        channels, places = int(choice.spans.channels.extent), choice.spans.places
        reason = f"both operands are summed along lines, at {places} places: {channels} columns are turned once for all"
        return Explained(statement.numbers, sizes, "spans", reason, channels / (ceil(channels / lanes) * lanes))
    if choice.way == "sums":
        extent = int(product.terms.loops[-1].extent)
        reason = f"both operands are summed along lines of {extent} numbers: each lane keeps a sum, nothing is copied"
        return Explained(statement.numbers, sizes, "sums", reason, extent / (ceil(extent / lanes) * lanes))
    strategy, reason, copied = _copies(choice, product, Steps(expressions), counts, lanes)
    summed = strategy == "dot products"
    share = counts[2] / lanes / _vectors_of_a_sum(counts[2], lanes) if summed else _share(counts, copied, lanes)
    return Explained(statement.numbers, sizes, strategy, reason, share)


def _without_product(kernel: Kernel, statement: Assign, expressions: Expressions) -> tuple[str, str]:
    total = reduction(statement.value)
    loops = (*kernel.loops, *(total.loops if total is not None else ()))
    texts = ["B" if loop.extent == BATCH else str(loop.extent) for loop in loops]
    constant = prod(int(loop.extent) for loop in loops if loop.extent != BATCH)
    small = f"{constant} multiplications a row, in short loops: compilers keep them in registers"
    if total is not None and is_small(kernel, total):
        return " x ".join(texts), small
    if as_product(kernel, expressions) is not None:
        return " x ".join(texts), "sums of few terms, along rows of whole vectors: no tile is stored for them"
    return " x ".join(texts), "its operands are not read like matrices"


def _copies(choice: Choice, product: Product, steps: Steps, counts: list[int], lanes: int) -> tuple[str, str, float]:
    """Strategy, reason, and the cycles in which operands are copied."""
    rows, columns, terms = counts
    if choice.way == "along":
        return "panels", "columns or terms lead through several axes: each number is copied from its place", (
            columns * terms * 2 * TURNED
        )  # fmt: skip
    last = product.terms.loops[-1].name
    turned = steps.of(product.right, last) == (1, 0)
    each = TURNED if turned else COPIED
    if choice.way == "across":
        strips = ceil(columns / (STRIP_PANELS * 2 * lanes))
        again = 1 if terms <= DEPTH else ceil(rows / TILE_ROWS)
        copied = rows * terms * strips * COPIED + columns * terms * again * each
        return "block and panels", "the left operand is read across its rows: blocks of it are copied too", copied
    if choice.way == "dots" or (choice.way == "panels" and turned and _few(rows, columns, terms, lanes)):
        return "dot products", "few sums, along both operands: nothing is copied", 0.0
    if choice.way == "strip":
        reason = f"the panels of {product.strip} columns are kept, so that rows are walked through once"
        return "strip", reason, columns * terms * each
    how = "turned into" if turned else "copied to"
    return "panels", f"columns of the right operand are {how} panels once for all rows", columns * terms * each


def _few(rows: int, columns: int, terms: int, lanes: int) -> bool:
    """Whether tiles are summed one by one: `multiply` in templates/c/product.c.j2."""
    rows, columns = min(rows, TILE_ROWS), min(columns, 2 * lanes)
    summing = rows * ceil(columns / 4) * 4 * _vectors_of_a_sum(terms, lanes)
    copying = columns * terms * 2 // 3 + rows * terms * (2 if columns > lanes else 1)
    return terms >= lanes and summing < copying and (columns <= lanes or rows * terms <= DEPTH * 2 * lanes)


def _vectors_of_a_sum(terms: int, lanes: int) -> int:
    """How many could be multiplied while one is summed, and its lanes are added up."""
    return terms // lanes + (3 if terms % lanes else 0) + 7


def _share(counts: list[int], copied: float, lanes: int) -> float:
    """Of two vectors a cycle."""
    rows, columns, terms = counts
    vectors = rows * ceil(columns / lanes)
    useful = rows * columns * terms / (2 * lanes)
    return useful / (vectors * terms / 2 + copied + vectors * VISIT * ceil(terms / DEPTH))


def _extent(loops: Iterable[Loop], batch: int) -> int:
    return prod(batch if loop.extent == BATCH else int(loop.extent) for loop in loops)
