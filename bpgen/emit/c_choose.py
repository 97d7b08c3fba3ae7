"""Which way a kernel is written in C: plain loops, or one of the products of templates/c."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bpgen.emit.c_expressions import Expressions
from bpgen.emit.c_lines import Lines, find_lines
from bpgen.emit.c_products import Product, find_product
from bpgen.emit.c_sums import sums_along_lines
from bpgen.lower.schedule import Kernel


@dataclass(frozen=True)
class Choice:
    """way: loops, panels, strip, across, along, lines or sums; with the product, and its lines, where there are any."""

    way: str
    product: Product | None = None
    lines: Lines | None = None


def choose(kernel: Kernel, expressions: Expressions, *, alike: bool = False) -> Choice:
    """alike: a row must come out the same whatever number of rows each thread has."""
    product = find_product(kernel, expressions)
    if product is None:
        return Choice("loops")
    lines = find_lines(product, expressions)
    if lines is not None:
        return Choice("lines", product, lines)
    if sums_along_lines(product, expressions):
        return Choice("sums", product)
    way = "along" if product.along else "across" if product.across else "strip" if product.strip else "panels"
    return Choice(way, replace(product, alike=alike))
