"""Which way a kernel is written in C: plain loops, or one of the products of templates/c.

`choose` takes the way that a model of their costs has for the best; a measurement may name another of `find_ways`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import prod

from bpgen.algebra.records import dataclass
from bpgen.emit.c_expressions import Expressions
from bpgen.emit.c_lines import Lines, find_lines
from bpgen.emit.c_products import Product, as_product, find_product
from bpgen.emit.c_spans import Spans, find_spans
from bpgen.emit.c_steps import Steps
from bpgen.emit.c_sums import FULL_ENOUGH, LANES, sums_along_lines
from bpgen.emit.c_tiles import Axis, enough_tiles
from bpgen.lower.scalar import BATCH, Loop
from bpgen.lower.schedule import Kernel

LONGEST_LOOPS = 2**13
"""Multiplications of a row for which plain loops may be the fastest way."""
HEIGHTS, WIDTHS = (1, 2, 4, 8), (1, 4)  # parts of the highest and of the widest tile


@dataclass(frozen=True)
class Choice:
    """way: loops, panels, copied, dots, strip, across, along, lines, spans or sums.

    product, lines, spans: in the form that the way asks for, if it does.

    panels are copied columns, or single sums where these take less time; copied and dots are the one or the other
    """

    way: str
    product: Product | None = None
    lines: Lines | None = None
    spans: Spans | None = None

    @property
    def name(self) -> str:
        """It, and what part of the largest tiles its own are, if that is not left to the model: "panels 1/2"."""
        if self.product is None or self.product.parts is None:
            return self.way
        heights, widths = self.product.parts
        return f"{self.way} 1/{heights}" + (f" x 1/{widths}" if self.product.across else "")


def choose(kernel: Kernel, expressions: Expressions, *, alike: bool = False, wanted: str = "") -> Choice:
    """alike: a row must come out the same whatever number of rows each thread has.

    wanted: the name of the way to take, if the kernel has it
    """
    if wanted:
        for way in find_ways(kernel, expressions, alike=alike):
            if way.name == wanted:
                return way
    return _best_by_model(kernel, expressions, alike=alike)


def _best_by_model(kernel: Kernel, expressions: Expressions, *, alike: bool) -> Choice:
    product = find_product(kernel, expressions)
    if product is None:
        return Choice("loops")
    lines = find_lines(product, expressions)
    if lines is not None:
        return Choice("lines", product, lines)
    spans = find_spans(product, expressions)
    if spans is not None:
        return Choice("spans", product, spans=spans)
    if sums_along_lines(product, expressions):
        return Choice("sums", product)
    if product.along or product.across or product.strip:
        way = "along" if product.along else "across" if product.across else "strip"
    else:
        way = "copied" if alike else "panels"
    return Choice(way, replace(product, alike=alike))


def find_ways(kernel: Kernel, expressions: Expressions, *, alike: bool = False) -> tuple[Choice, ...]:
    """Every way that the kernel can be written in, the one that the model takes first; names differ."""
    best = _best_by_model(kernel, expressions, alike=alike)
    ways = [best, *_others(kernel, expressions, alike=alike)]
    ways += [tiled for way in ways[:1] for tiled in _in_other_tiles(way)]
    ways += [tiled for way in ways[1:] if way.way == "across" for tiled in _in_other_tiles(way)]
    return tuple({way.name: way for way in reversed(ways)}[name] for name in dict.fromkeys(way.name for way in ways))


def _others(kernel: Kernel, expressions: Expressions, *, alike: bool) -> Iterator[Choice]:
    known = as_product(kernel, expressions)
    if known is None:
        return
    if _constant(*kernel.loops, *known.total.loops) <= LONGEST_LOOPS:
        yield Choice("loops")
    walked = as_product(kernel, expressions, along=True)
    if walked is not None and (known.along or len(walked.columns.loops) > 1):
        lines = find_lines(walked, expressions, paying=False)
        if lines is not None:
            yield Choice("lines", walked, lines)
        spans = find_spans(walked, expressions, paying=False)
        if spans is not None:
            yield Choice("spans", walked, spans=spans)
        if sums_along_lines(walked, expressions, FULL_ENOUGH):
            yield Choice("sums", walked)
        yield Choice("along", replace(walked, alike=alike))
    plain = as_product(kernel, expressions, along=False)
    if plain is None:
        return
    if plain.strip:
        yield Choice("strip", plain)
    plain = replace(plain, alike=alike, across=False, strip=0)
    if not alike:
        yield Choice("panels", plain)
    yield Choice("copied", replace(plain, alike=True))
    if _lie_along_terms(plain, expressions):
        yield Choice("dots", replace(plain, dots=True))
    if plain.rows.loops:
        yield Choice("across", replace(plain, across=True))


def _in_other_tiles(way: Choice) -> Iterator[Choice]:
    product = way.product
    if product is None or way.way not in ("panels", "copied", "dots", "across", "along"):
        return
    for heights in HEIGHTS:
        for widths in WIDTHS if product.across else (1,):
            parts = heights, widths
            if enough_tiles(Axis(product.outer), product.rows, product.columns, product.across, parts):
                yield replace(way, product=replace(product, parts=parts))


def _lie_along_terms(product: Product, expressions: Expressions) -> bool:
    """Whether both operands do, with terms for a vector of any machine."""
    terms, steps = product.terms.loops, Steps(expressions)
    if any(loop.extent == BATCH for loop in terms) or _constant(*terms) < LANES:
        return False
    return all(steps.of(load, terms[-1].name) == (1, 0) for load in (product.left, product.right))


def _constant(*loops: Loop) -> int:
    return prod(int(loop.extent) for loop in loops if loop.extent != BATCH)
