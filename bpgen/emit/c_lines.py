"""Products whose columns are read where they lie: lines of an array, several to a tile, none of them copied.

A convolution's images are such lines.  Each of its terms, a channel and a place of the window, is the same lines
somewhere else, so one offset says where:

    tile[k, line, q] = sum over terms of a[k, a_term] * b[line * step + q + b_term]
"""

from __future__ import annotations

from dataclasses import replace
from math import prod

from bpgen.algebra.records import dataclass
from bpgen.emit.c_borders import Border, by_rows, find_border
from bpgen.emit.c_code import Code, For, Let, MultiplyLines, computing
from bpgen.emit.c_expressions import Expressions
from bpgen.emit.c_in_place import Home, find_home
from bpgen.emit.c_nests import assign, levels_of
from bpgen.emit.c_products import Product, base_of, places
from bpgen.emit.c_reductions import wrap
from bpgen.emit.c_steps import Steps
from bpgen.emit.c_tiles import Axis, at_most
from bpgen.lower.scalar import BATCH, Load, Loop
from bpgen.lower.schedule import Kernel, degree_of, size_of

MOST_TERMS = 4096  # whose offsets a kernel keeps
WIDEST = 256  # lanes of a tile, see templates/c/walks.c.j2
LANES = 16  # of the widest vectors there are, in single precision
COPY = 3  # times as long as a multiplication for each row: to copy a run of numbers into a panel


@dataclass(frozen=True)
class Lines:
    """A product, and the two innermost loops of its columns: over lines, and along each of them.

    step: from line to line; reach: how far the terms lead beyond the first of them
    border: of what is read through a window, with so many terms in `each` row of it
    """

    product: Product
    over: Loop
    along: Loop
    step: int
    reach: int
    border: Border | None = None
    each: int = 0


def find_lines(product: Product, expressions: Expressions, *, paying: bool = True) -> Lines | None:
    """The product in that form; None where its columns are no lines, or copying them costs less (if paying)."""
    loops = product.columns.loops
    if not product.along or len(loops) < 2:
        return None
    over, along = loops[-2:]
    steps = Steps(expressions)
    step, power = steps.of(product.right, over.name)
    if along.extent == BATCH or steps.of(product.right, along.name) != (1, 0) or power or step <= 0:
        return None
    terms = product.terms.loops
    if any(loop.extent == BATCH for loop in terms) or prod(int(loop.extent) for loop in terms) > MOST_TERMS:
        return None
    border, each = find_border(product.right, over, terms, expressions), 0
    if border is not None:
        product, each = by_rows(product, border)
    ways = [steps.of(product.right, loop.name)[0] * (int(loop.extent) - 1) for loop in terms]
    lowest, reach = sum(way for way in ways if way < 0), sum(way for way in ways if way > 0)
    extent = int(along.extent)
    # So large an array holds whole vectors that end where it ends: what lies before it is never read.
    large = size_of(expressions.formals[product.right.buffer].shape) >= reach - lowest + LANES
    if extent > WIDEST or not large or (paying and not _pays(product, extent, step)):
        return None
    return Lines(product, over, along, step, reach, border, each)


def _pays(product: Product, extent: int, step: int) -> bool:
    """Whether the lanes that are multiplied in vain cost less than to copy the lines without them."""
    rows = prod(WIDEST if loop.extent == BATCH else int(loop.extent) for loop in product.rows.loops)
    width = min(step, -(-extent // LANES) * LANES)
    return rows * (width - extent) <= COPY * (2 * LANES + extent)


def lined(kernel: Kernel, lines: Lines, expressions: Expressions) -> list[Code]:
    """Loops over tiles of several lines: multiply, then the statements of the kernel for each element of the tile."""
    product, names = lines.product, expressions.names
    i, first, row, line = names.fresh("i_tile"), names.fresh("first_line"), names.fresh("r"), names.fresh("line")
    extent, rows = int(lines.along.extent), product.rows
    width = names.fresh("width")
    levels = levels_of(kernel)
    before = [s for s in kernel.statements if levels[s.target] == 0 and kernel.loops]
    finish = [s for s in kernel.statements if s not in before]
    home = None
    if extent % LANES == 0 and lines.step >= extent:  # no vector is partly outside of its line
        home = find_home(finish, product.total, (rows.loops, lines.over, lines.along), expressions)
    if home is None:
        place = names[lines.along.name] + (f" - {lines.along.start}" if lines.along.start else "")
        expressions.results[product.total] = f"tile[LANES + {row} * LINES_WIDTH + {line} * {width} + {place}]"
    else:
        expressions.results[product.total] = expressions.load(home.element)
        finish = [s for s in finish if not home.done or s is not home.statement]
    count = Axis((lines.over,)).extent
    free = [all(loop.name in expressions.independent for loop in loops) for loops in (rows.loops, (lines.over,))]
    code: list[Code] = [
        Let("int", "rows", at_most("LINES_ROWS", rows.extent, i)),
        _multiply(lines, home, expressions, i, first),
    ]
    if any(not s.local for s in finish):
        inside = wrap(expressions, (lines.along,), [assign(expressions, s) for s in finish])
        inside = [For(row, "0", "rows", (*places(rows, expressions, f"{i} + {row}"), *inside))]
        at_line = places(Axis((lines.over,)), expressions, f"{first} + {line}")
        code.append(For(line, "0", "lines", (*at_line, *inside)))
    code = [For(i, "0", rows.extent, tuple(code), "LINES_ROWS", independent=free[0])]
    most = f"LINES_WIDTH / {width}"
    code = [Let("int", "lines", at_most(most, count, first)), *code]
    code = [For(first, "0", count, tuple(code), most, independent=free[1])]
    outer = [loop for loop in kernel.loops if loop in product.outer or loop in product.columns.loops[:-2]]
    code = wrap(expressions, tuple(outer), code)
    steps = Steps(expressions)
    arrays: list[Code] = [Let("int", width, f"LINE_WIDTH({extent}, {lines.step})")]
    if home is None:
        tile = Let(
            "_Alignas(BYTES) real", "tile", constant=False, size="LANES + LINES_ROWS * LINES_WIDTH", kind="array"
        )
        arrays.append(tile)
    for name, load in (("a_term", product.left), ("b_term", product.right)):
        walk = walk_text(steps, load, product.terms)
        arrays.append(Let("ptrdiff_t", name, walk, size=product.terms.extent, kind="terms"))
    return computing([*arrays, *(assign(expressions, s) for s in before), *code], product.statement.numbers)


def _multiply(lines: Lines, home: Home | None, expressions: Expressions, i: str, first: str) -> MultiplyLines:
    tile = replace(lines.product, columns=Axis((lines.over, lines.along)))  # the loops around these are loops
    (a, _), (b, inside) = (operand(load, tile, expressions) for load in (tile.left, tile.right))
    a_row = expressions.stride_text(Steps(expressions).of(tile.left, tile.rows.loops[-1].name))
    begins = f"{first} * {lines.step}"
    into, initial = "tile + LANES, LINES_WIDTH", "0, 0"
    if home is not None:
        row = expressions.stride_text(home.row)
        at, _ = operand(home.element, tile, expressions)
        into = f"{at} + {i} * {row} + {first} * {lines.along.extent}, {row}"
        if home.initial is not None:
            added, step = home.initial
            at, _ = operand(added, tile, expressions)
            row = expressions.stride_text(step)
            initial = f"{at} + {i}{f' * {row}' if row != '1' else ''}, {row}"
    return MultiplyLines(
        tile=into,
        initial=initial,
        head=f"rows, lines, {lines.along.extent}, {lines.step}, {tile.terms.extent}",
        a=f"{a} + {i} * {a_row}",
        a_row=a_row,
        b=f"{b} + {begins}",
        inside=f"{inside} - {begins} - {lines.reach}",
        border=_border_text(lines, first),
    )


def _border_text(lines: Lines, first: str) -> str:
    """Terms of a row of the window, how many rows it has, and the lines they are not 0 for, as the tile counts them."""
    border = lines.border
    if border is None:
        return "0, 0, 0, 0"
    low = f"{border.low} - {first}" if border.low else f"-{first}"
    return f"{lines.each}, {border.rows.extent}, {low}, {border.high} - {first}"


def operand(load: Load, product: Product, expressions: Expressions) -> tuple[str, str]:
    """Where an operand begins, and how many elements of its array there are from there on, as texts."""
    base = base_of(load, product, expressions)
    shape = expressions.formals[load.buffer].shape
    name, end = expressions.names[load.buffer], expressions.stride_text((size_of(shape), degree_of(shape)))
    if base == "0":
        return name, end
    return f"{name} + {base}", f"{end} - ({base})" if " + " in base or " - " in base else f"{end} - {base}"


def walk_text(steps: Steps, load: Load, axis: Axis) -> str:
    extents, ways = steps.walk(load, axis)
    return f"(walk){{{len(axis.loops)}, {{{extents}}}, {{{ways}}}}}"
