"""Terms that are 0 because a line of them lies in a border of zeros, as above and below a padded image.

    sum over r, s of a[r, s] * b[line + r, q + s], and b is 0 but where its first index is first ... end - 1
->  the same over r from first - line on, and below end - line
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod

from bpgen.algebra.records import dataclass
from bpgen.emit.c_expressions import Expressions
from bpgen.emit.c_products import Product
from bpgen.emit.c_tiles import Axis
from bpgen.lower.rewrite import Substitution
from bpgen.lower.scalar import BATCH, Affine, Load, Loop


@dataclass(frozen=True)
class Border:
    """Lines that are read through a window.

    rows: the loop over the rows of the window; turned: whether it leads upwards
    low, high: the first line, and the one behind the last, that the window's top row reads nothing but zeros beyond;
        these are one less for each row below it
    """

    rows: Loop
    turned: bool
    low: int
    high: int


def find_border(load: Load, lines: Loop, window: Sequence[Loop], expressions: Expressions) -> Border | None:
    """The border that some rows of a window come to; None where the load has none."""
    border = expressions.formals[load.buffer].border
    for index, inside in zip(load.indices, border, strict=True) if border and lines.extent != BATCH else ():
        ways = dict(index.terms) if isinstance(index, Affine) else {}
        rows = next((loop for loop in window if abs(ways.get(loop.name, 0)) == 1), None)
        if inside is None or rows is None or ways.keys() != {lines.name, rows.name} or ways[lines.name] != 1:
            continue
        assert isinstance(index, Affine)
        turned, extent = ways[rows.name] < 0, int(rows.extent)
        lowest = -(rows.start + extent - 1) if turned else rows.start
        at = index.constant + lines.start + lowest  # the first line, as the window's lowest row reads it
        low, high = inside[0] - at, inside[1] - at
        if low > 0 or high < int(lines.extent) + extent - 1:
            return Border(rows, turned, low, high)
    return None


def by_rows(product: Product, border: Border) -> tuple[Product, int]:
    """The product with the window's rows as its outermost terms, the lowest first, and how many terms each has."""
    rows = border.rows
    left, right = product.left, product.right
    if border.turned:
        turn = Substitution({rows.name: Affine(((rows.name, -1),), 2 * rows.start + int(rows.extent) - 1)})
        left, right = (replace(load, indices=tuple(map(turn.index, load.indices))) for load in (left, right))
    others = tuple(loop for loop in product.terms.loops if loop != rows)
    return replace(product, left=left, right=right, terms=Axis((rows, *others))), prod(int(o.extent) for o in others)
