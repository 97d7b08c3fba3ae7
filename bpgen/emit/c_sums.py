"""Products that sum along lines of both operands: the gradients of a convolution's weights.

    tile[k, column] = sum over lines and q of a[k, line + q] * b[column, line + q]

Vectors of both are read where they lie; each lane keeps a sum of its own, until all lines are through.
"""

from __future__ import annotations

from itertools import pairwise

from bpgen.emit.c_code import Code, MultiplySums
from bpgen.emit.c_expressions import Expressions
from bpgen.emit.c_lines import operand, walk_text
from bpgen.emit.c_products import Product, tiled
from bpgen.emit.c_steps import Steps
from bpgen.emit.c_tiles import Axis
from bpgen.lower.scalar import BATCH, Load
from bpgen.lower.schedule import Kernel

LANES = 16  # of the widest vectors there are, in single precision
FULL = 0.8  # of the lanes of a line's vectors, at least, or else copies cost less
FULL_ENOUGH = 0.5  # below that, lines before the last one reach beyond the array too


def sums_along_lines(product: Product, expressions: Expressions, full: float = FULL) -> bool:
    """Whether the product has that form, with lines that are worth it.  full: of the lanes, at least."""
    terms = product.terms.loops
    if not product.along or len(terms) < 2 or terms[-1].extent == BATCH or not _fills(int(terms[-1].extent), full):
        return False
    steps = Steps(expressions)
    ways = [steps.of(product.right, loop.name) for loop in product.columns.loops]
    if any(power or step < 0 for step, power in ways) or any(loop.extent == BATCH for loop in product.columns.loops):
        return False
    return steps.of(product.left, product.rows.loops[-1].name)[1] == 0 and all(
        _in_order(product, load, steps) for load in (product.left, product.right)
    )


def _fills(extent: int, full: float) -> bool:
    return extent >= full * LANES * -(-extent // LANES)


def _in_order(product: Product, load: Load, steps: Steps) -> bool:
    """Whether each line begins behind the end of the one before: then only the last can end where the array ends."""
    terms = product.terms.loops
    ways = [steps.of(load, loop.name) for loop in terms]
    if ways[-1] != (1, 0) or any(power for _, power in ways) or any(loop.extent == BATCH for loop in terms[1:]):
        return False
    steps_of = [step for step, _ in ways]
    return all(
        outer >= inner * int(loop.extent) for (outer, inner), loop in zip(pairwise(steps_of), terms[1:], strict=True)
    )


def summed(kernel: Kernel, product: Product, expressions: Expressions) -> list[Code]:
    """Loops over tiles of such sums."""
    steps, lines = Steps(expressions), Axis(product.terms.loops[:-1])
    (a, a_inside), (b, b_inside) = (operand(load, product, expressions) for load in (product.left, product.right))
    a_row = expressions.stride_text(steps.of(product.left, product.rows.loops[-1].name))

    def multiply(i: str, j: str) -> Code:
        return MultiplySums(
            head=f"rows, columns, {lines.extent}, {product.terms.loops[-1].extent}",
            a=f"{a} + {i} * {a_row}",
            a_row=a_row,
            a_lines=walk_text(steps, product.left, lines),
            a_inside=f"{a_inside} - {i} * {a_row}",
            b=b,
            b_lines=walk_text(steps, product.right, lines),
            b_inside=b_inside,
            columns=f"{j}, {walk_text(steps, product.right, product.columns)}",
        )

    return tiled(kernel, product, expressions, multiply)
