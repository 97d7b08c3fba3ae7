"""Sums along lines of both operands at many places of a window: the gradients of a convolution's weights.

    tile[k, place, c] = sum over lines and q of a[k, line + q] * b[c, place + line + q]

What all places of the window come to while a few lines are summed is a span of the numbers of each channel c.  It is
turned once, so that the channels lie next to each other: then a place is so many rows of this panel further on, and
its sums are those of a matrix product.
"""

from __future__ import annotations

from math import prod

from bpgen.algebra.records import dataclass
from bpgen.emit.c_borders import Border, find_border
from bpgen.emit.c_code import Code, For, Let, MultiplySpans, computing
from bpgen.emit.c_expressions import Expressions
from bpgen.emit.c_lines import operand, walk_text
from bpgen.emit.c_nests import assign, levels_of
from bpgen.emit.c_products import Product, places
from bpgen.emit.c_reductions import wrap
from bpgen.emit.c_steps import Steps
from bpgen.emit.c_tiles import APART, COLUMNS, DEPTH, ROWS, Axis, at_most
from bpgen.lower.scalar import BATCH, Loop
from bpgen.lower.schedule import Kernel

LANES = 16  # of the widest vectors there are, in single precision
SPAN = 768  # numbers of a channel that are turned at once, at most; see templates/c/spans.c.j2
NEAR = 256  # of which panels stay in the nearest cache
MOST_PLACES = 256
FEWEST_ROWS = ROWS // 2  # that a panel is read by, or turning it costs too much
TILE = 2**16  # numbers of a tile


@dataclass(frozen=True)
class Spans:
    """A product, and its loops: over channels, places, blocks of lines, the lines of one, and along each of them.

    block: lines that are turned at once; reach: from the first place of the window to the last one
    border: of what the window is moved over; `each` row of the window has so many places
    """

    product: Product
    channels: Loop
    window: tuple[Loop, ...]
    outer: tuple[Loop, ...]
    over: Loop | None
    along: Loop
    block: int
    reach: int
    border: Border | None = None
    each: int = 1

    @property
    def rows(self) -> int:
        """Of a tile: even ones, and two at least, for threads."""
        rows, width = self.product.rows.usual, self.places * COLUMNS
        most = min(3 * ROWS, TILE // (width + APART))
        return -(-rows // max(2, -(-rows // most)))

    @property
    def columns(self) -> int:
        """The channels of a tile."""
        groups = max(1, TILE // (self.rows * self.places * COLUMNS))
        return min(groups, -(-int(self.channels.extent) // COLUMNS)) * COLUMNS

    @property
    def places(self) -> int:
        return prod(int(loop.extent) for loop in self.window)

    @property
    def width(self) -> int:
        return self.places * self.columns + APART


def find_spans(product: Product, expressions: Expressions, *, paying: bool = True) -> Spans | None:
    """The product in that form; None where it has no such lines or window, or few channels or rows (if paying)."""
    loops, terms, steps = product.columns.loops, product.terms.loops, Steps(expressions)
    if not product.along or len(loops) < 2 or any(loop.extent == BATCH for loop in (*loops, terms[-1])):
        return None
    channels = max(loops, key=lambda loop: _filled(int(loop.extent)))
    window, along = tuple(loop for loop in loops if loop is not channels), terms[-1]
    of_b = {loop.name: steps.of(product.right, loop.name) for loop in (*loops, *terms)}
    moving = [of_b[loop.name] for loop in (*window, along)]
    if any(power or step < 0 for step, power in moving) or of_b[channels.name][1] or of_b[along.name] != (1, 0):
        return None
    if steps.of(product.left, product.rows.loops[-1].name)[1] or steps.of(product.left, along.name)[1]:
        return None
    few = _filled(int(channels.extent)) < 1 or product.rows.usual < FEWEST_ROWS
    reach = sum(of_b[loop.name][0] * (int(loop.extent) - 1) for loop in window)
    extent, outer = int(along.extent), terms[:-1]
    if extent > DEPTH or extent + reach > SPAN or (paying and few):
        return None
    over, block = None, 1
    if outer and outer[-1].extent != BATCH and _steps_on(product, outer[-1], steps):
        over, outer = outer[-1], outer[:-1]
        step, lines = of_b[over.name][0], int(over.extent)
        most = max(1, min(DEPTH // extent, (NEAR - extent - reach) // step + 1, lines))
        block = -(-lines // -(-lines // most))
    border = None if over is None else find_border(product.right, over, window[:1], expressions)
    each = prod(int(loop.extent) for loop in window[1:])
    found = Spans(product, channels, window, outer, over, along, block, reach, border, each)
    return found if found.places <= MOST_PLACES else None


def _filled(extent: int) -> float:
    """What part of the lanes of vectors so many channels fill."""
    return extent / (-(-extent // LANES) * LANES)


def _steps_on(product: Product, over: Loop, steps: Steps) -> bool:
    """Whether lines lie one behind the other by a number of elements."""
    (_, of_batch), step = steps.of(product.left, over.name), steps.of(product.right, over.name)
    return not of_batch and step[0] > 0 and not step[1]


def spanned(kernel: Kernel, spans: Spans, expressions: Expressions) -> list[Code]:
    """Loops over tiles of rows and channels: multiply, then the statements of the kernel for each element."""
    product, names = spans.product, expressions.names
    i, j, row = names.fresh("i_tile"), names.fresh("j_tile"), names.fresh("r")
    channel = names[spans.channels.name] + (f" - {spans.channels.start}" if spans.channels.start else "")
    place = _place(spans.window, expressions)
    total = f"tile[{row} * {spans.width} + {place} * {spans.columns} + {channel} - {j}]"
    expressions.results[product.total] = total
    levels = levels_of(kernel)
    before = [s for s in kernel.statements if levels[s.target] == 0 and kernel.loops]
    finish: list[Code] = [assign(expressions, s) for s in kernel.statements if s not in before]
    for loop in reversed(product.columns.loops):
        if loop is spans.channels:
            start = f"{j} + {loop.start}" if loop.start else j
            finish = [For(names[loop.name], start, f"{start} + columns", tuple(finish))]
        else:
            finish = wrap(expressions, (loop,), finish)
    free = [
        all(loop.name in expressions.independent for loop in loops) for loops in (product.rows.loops, [spans.channels])
    ]
    code: list[Code] = [
        Let("_Alignas(BYTES) real", "tile", constant=False, size=f"{spans.rows} * {spans.width}", kind="array"),
        Let("int", "rows", at_most(str(spans.rows), product.rows.extent, i)),
        Let("int", "columns", at_most(str(spans.columns), str(spans.channels.extent), j)),
        _multiply(spans, expressions, i, j),
        For(row, "0", "rows", (*places(product.rows, expressions, f"{i} + {row}"), *finish)),
    ]
    code = [For(j, "0", str(spans.channels.extent), tuple(code), str(spans.columns), independent=free[1])]
    code = [For(i, "0", product.rows.extent, tuple(code), str(spans.rows), independent=free[0])]
    code = [*(assign(expressions, s) for s in before), *wrap(expressions, product.outer, code)]
    return computing(code, product.statement.numbers)


def _place(window: tuple[Loop, ...], expressions: Expressions) -> str:
    """The number of the place that the loops over a window are at."""
    text = ""
    for loop in window:
        at = expressions.names[loop.name] + (f" - {loop.start}" if loop.start else "")
        text = f"({text}) * {loop.extent} + {at}" if " " in text else f"{text} * {loop.extent} + {at}" if text else at
    return f"({text})" if " " in text else text


def _multiply(spans: Spans, expressions: Expressions, i: str, j: str) -> MultiplySpans:
    product, steps = spans.product, Steps(expressions)
    (a, _), (b, _) = (operand(load, product, expressions) for load in (product.left, product.right))
    a_row = expressions.stride_text(steps.of(product.left, product.rows.loops[-1].name))
    b_column = expressions.stride_text(steps.of(product.right, spans.channels.name))
    window, outer = Axis(spans.window), Axis(spans.outer)
    line, line_of_a = (0, 0) if spans.over is None else (
        steps.of(load, spans.over.name)[0] for load in (product.right, product.left)
    )  # fmt: skip
    extent, along = spans.along.extent, steps.of(product.left, spans.along.name)[0]
    lines = f"{1 if spans.over is None else spans.over.extent}, {spans.block}, {extent}"
    from_a, from_b = (
        walk_text(steps, load, outer) if spans.outer else "(walk){1, {1}, {0}}"
        for load in (product.left, product.right)
    )
    return MultiplySpans(
        tile=f"tile, {spans.width}, {spans.columns}, rows, columns",
        lines=f"{outer.extent if spans.outer else 1}, {lines}",
        a=f"{a} + {i} * {a_row}, {a_row}, {from_a}, {line_of_a}, {along}",
        b=f"{b} + {j} * {b_column}, {b_column}, {from_b}, {line}",
        window=f"{window.extent}, {walk_text(steps, product.right, window)}, {spans.reach}",
        border=f"{spans.each}, {spans.border.low}, {spans.border.high}" if spans.border else "0, 0, 0",
    )
