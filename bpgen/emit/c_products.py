"""Contractions as tiles of a matrix product, each finished (bias, activation, update) while it is in the cache."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

from bpgen.algebra.records import dataclass
from bpgen.emit.c_blocks import in_blocks
from bpgen.emit.c_code import (
    Code,
    Fetch,
    For,
    Let,
    Multiply,
    MultiplyAcross,
    MultiplyAlong,
    MultiplyCopied,
    MultiplyDots,
    MultiplyStrip,
    Store,
    computing,
)
from bpgen.emit.c_expressions import Expressions
from bpgen.emit.c_fetches import CACHE, fetched, finished_with, is_cold
from bpgen.emit.c_nests import assign, levels_of
from bpgen.emit.c_reductions import wrap
from bpgen.emit.c_steps import Steps
from bpgen.emit.c_tiles import Axis, Parts, Size, Tiling, at_most, columns_of_tile, copying_rows_pays, strip_of, tiling
from bpgen.lower.rewrite import reduction
from bpgen.lower.scalar import BATCH, Load, Loop, Reduce
from bpgen.lower.schedule import Assign, Contraction, Kernel

SMALL = 256
"""Constant extents whose product is not above this are left to plain loops, if compilers unroll them."""
SMALL_SUMS = 384  # beside each other, over the batch: 24 vectors, which fit into registers
UNROLLED = 16  # turns at most of such loops, but for an innermost one of whole vectors
EVEN_WIDTHS = (*range(11), 12)  # of an innermost loop that compilers cut into few vectors, beside multiples of UNROLLED
FEW_TERMS, NEAR = 10, 2**12  # of a sum, and numbers that are read for every row anew: they stay in the first cache
NARROW = 32
"""An innermost loop with fewer turns fills no tile by itself: the loops around it run along the columns too."""
SUMS = Tiling(Size("SUM_ROWS"), Size("COLUMNS"), (), "SUM_ROWS", "COLUMNS", ("", ""))
"""Of products that are summed without copies."""
MOST_LOOPS = 8  # of a walk, see templates/c/walks.c.j2


@dataclass(frozen=True)
class Product:
    """A contraction in the form of the prelude's `multiply`: outer loops, then rows, columns and terms.

    along: its terms, or its columns, are walked through loop by loop (`multiply_along`)
    across: the left operand is read across its rows (`multiply_across`)
    strip: so many columns have their panels kept (`multiply_strip`)
    alike: a row is summed in the same way among many rows as among few (`multiply_copied`)
    dots: every sum for itself, in the lanes of vectors (`multiply_dots`)
    parts: the part of the largest tiles that its own are, if that is not left to the model
    """

    statement: Assign
    total: Reduce
    outer: tuple[Loop, ...]
    rows: Axis
    columns: Axis
    terms: Axis
    left: Load
    right: Load
    along: bool = False
    across: bool = False
    strip: int = 0
    alike: bool = False
    dots: bool = False
    parts: Parts = None


def find_product(kernel: Kernel, expressions: Expressions) -> Product | None:
    """The kernel's contraction as a tiled product; None where plain loops are better, or it has none."""
    product = as_product(kernel, expressions)
    if product is None or is_small(kernel, product.total) or _has_few_terms(product, expressions):
        return None
    return product


def as_product(kernel: Kernel, expressions: Expressions, along: bool | None = None) -> Product | None:
    """The same, however small.  along: whether its columns or terms are walked through; None: where that is better."""
    statement = next((s for s in kernel.statements if s.contraction is not None), None)
    if statement is None or statement.contraction is None:
        return None
    found = reduction(statement.value)
    if found is None or any(s.loops for s in kernel.statements):
        return None
    loops = {loop.name: loop for loop in (*kernel.loops, *found.loops)}
    return _arranged(kernel, statement, found, loops, expressions, wanted=along)


def is_small(kernel: Kernel, total: Reduce) -> bool:
    """Whether plain loops are better than tiles: compilers keep their sums in registers, and turn them into vectors."""
    extents, terms = (
        [int(loop.extent) for loop in loops if loop.extent != BATCH] for loops in (kernel.loops, total.loops)
    )
    width = extents.pop() if kernel.loops and kernel.loops[-1].extent != BATCH else 1
    others = max([prod(terms), *extents])
    even = width in EVEN_WIDTHS or width % UNROLLED == 0
    most = SMALL_SUMS if any(loop.extent == BATCH for loop in total.loops) else SMALL
    return even and others <= UNROLLED and prod([*extents, *terms]) * width <= most


def _has_few_terms(product: Product, expressions: Expressions) -> bool:
    """Whether tiles would be stored and loaded for sums so short that compilers keep a row of them in registers."""
    columns = product.columns.loops[-1:]
    extents = [loop.extent for loop in (*columns, *product.terms.loops)]
    if (
        product.along
        or not columns
        or BATCH in extents
        or Steps(expressions).of(product.right, columns[0].name) != (1, 0)
    ):
        return False
    width, terms = int(extents[0]), prod(map(int, extents[1:]))
    return terms <= FEW_TERMS and width % UNROLLED == 0 and width * terms <= NEAR


def _arranged(
    kernel: Kernel,
    statement: Assign,
    total: Reduce,
    loops: dict[str, Loop],
    expressions: Expressions,
    *,
    wanted: bool | None,
) -> Product | None:
    contraction = statement.contraction
    assert contraction is not None
    if _columns_first(kernel, contraction):
        m, n, left, right = contraction.n, contraction.m, contraction.right, contraction.left
    else:
        m, n, left, right = contraction.m, contraction.n, contraction.left, contraction.right
    steps = Steps(expressions)
    k = [loops[name] for name in contraction.k]
    if not steps.even(left) or not steps.even(right):
        return None
    if not steps.joined(k, left) or not steps.joined(k, right):
        k = sorted(k, key=lambda loop: steps.of(left, loop.name), reverse=True)
    rows, outer_m = steps.split([loops[name] for name in m], left)
    columns = [loop for loop in kernel.loops if loop.name in n]
    outer_n = columns[:-1]  # the innermost loop runs along the columns, and wants one variable
    along = not steps.joined(k, left) or not steps.joined(k, right)
    if along and wanted is False:
        return None
    narrow = len(columns) > 1 and columns[-1].extent != BATCH and int(columns[-1].extent) < NARROW
    if along or (narrow if wanted is None else wanted):
        along, outer_n = True, []
        if not rows or max(len(k), len(columns)) > MOST_LOOPS or any(loop.extent == BATCH for loop in columns[1:]):
            return None
    else:
        columns = columns[-1:]
    batch = [loops[name] for name in contraction.batch]
    outer = tuple(loop for loop in kernel.loops if loop in (*batch, *outer_m, *outer_n))
    axes = Axis(tuple(rows)), Axis(tuple(columns)), Axis(tuple(k))
    turned = not along and bool(rows) and steps.of(left, k[-1].name) != (1, 0)
    across = turned and copying_rows_pays(*axes)
    strip = 0 if along or turned or not rows else strip_of(*axes)
    return Product(statement, total, outer, *axes, left, right, along, across, strip)


def _columns_first(kernel: Kernel, contraction: Contraction) -> bool:
    """Whether the kernel's elements lie next to each other along m, so that m makes the better columns."""
    return not contraction.n or (bool(kernel.loops) and kernel.loops[-1].name in contraction.m)


def tiled(
    kernel: Kernel, product: Product, expressions: Expressions, by: Callable[[str, str], Code] | None = None
) -> list[Code]:
    """Loops over tiles: multiply, then the statements of the kernel for each element of the tile.

    by: what multiplies the tile of SUM_ROWS rows at i, j, where that is not `multiply` or `multiply_along`
    """
    names = expressions.names
    axes = Axis(product.outer), product.rows, product.columns, product.terms
    tiles = SUMS if by else tiling(*axes, across=product.across, strip=product.strip, parts=product.parts)
    i, j = names.fresh("i_tile"), names.fresh("j_tile")
    row = names.fresh("r")
    column = names.fresh("line" if len(product.columns.loops) > 1 else "c")
    several = len(product.columns.loops) > 1
    line = f" + {column} * {product.columns.loops[-1].extent} - {j}" if several else ""
    last = expressions.names[product.columns.loops[-1].name] if several else column
    expressions.results[product.total] = f"tile[{row} * {tiles.width}{line} + {last}]"
    levels = levels_of(kernel)
    first = [s for s in kernel.statements if levels[s.target] == 0 and kernel.loops]
    apart = [s for s in kernel.statements if s not in first]
    with expressions.joining(product.rows.loops, names.fresh("place")) as place:
        finish = [assign(expressions, s) for s in apart]
    inside = _columns(product.columns, expressions, column, j, finish)
    by_row = (*_row_places(product.rows, expressions, f"{i} + {row}", place), inside)
    code: list[Code] = [
        Let("int", "rows", at_most(tiles.high.step, product.rows.extent, i)),
        Let("int", "columns", columns_of_tile(tiles.wide.step, product.columns.extent, j)),
        by(i, j) if by else _multiply(product, expressions, (i, j), tiles.width, apart),
        For(row, "0", "rows", by_row),
    ]
    if not by and not product.across and not product.strip:
        code[2:2] = _fetches(apart, product, expressions, (i, j, row))
    tile = [_array("tile", f"{tiles.rows} * {tiles.width}")]
    over_rows, over_columns = (i, product.rows, tiles.high), (j, product.columns, tiles.wide)
    if by:
        code = _over(expressions, over_rows, tile, _over(expressions, over_columns, [], code))
    else:
        alone = not product.across and not product.strip
        fresh = "COLD" if alone and _is_cold(product, expressions) else "1"
        kept = tile
        if not product.dots:
            kept = [_array(*tiles.panels), *tile, Let("int", "fresh", fresh, constant=False)]
            code.insert(-1, Store("fresh", "0"))
        code = _over(expressions, over_columns, kept, _over(expressions, over_rows, [], code))
        if alone and not product.alike and not product.outer:
            code = in_blocks(code, i, axes[1:], tiles.high.step, expressions)
    code = [*tiles.variables, *(assign(expressions, s) for s in first), *wrap(expressions, product.outer, code)]
    return computing(code, product.statement.numbers)


def _is_cold(product: Product, expressions: Expressions) -> bool:
    """Whether what panels are made of is in no cache: the right operand, or all of it that one product reads."""
    step = Steps(expressions).of(product.right, product.terms.loops[-1].name)
    here = product.terms.usual * product.columns.usual >= CACHE and not product.along
    return is_cold(product.right, expressions) and (step == (1, 0) or here)


def _fetches(
    statements: Sequence[Assign], product: Product, expressions: Expressions, variables: tuple[str, str, str]
) -> list[Code]:
    """Of each row, that what it is finished with is brought into the cache.  variables: of tiles, and of a row."""
    i, j, row = variables
    with expressions.joining(product.rows.loops, expressions.names.fresh("place")) as place:
        lines = [
            Fetch(f"{expressions.names[load.buffer]} + {expressions.offset(load.buffer, load.indices)}")
            for load in fetched(statements, product.rows, product.columns, expressions)
        ]
    at = (*_row_places(product.rows, expressions, f"{i} + {row}", place), *places(product.columns, expressions, j))
    return [For(row, "0", "rows", (*at, *lines))] if lines else []


def _over(expressions: Expressions, way: tuple[str, Axis, Size], own: Sequence[Code], body: list[Code]) -> list[Code]:
    """The loop over tiles along an axis.  way: its variable, the axis, the size of a tile; own: arrays of each turn."""
    variable, axis, size = way
    free = all(loop.name in expressions.independent for loop in axis.loops)
    return [For(variable, "0", axis.extent, (*own, *body), size.step, independent=free, turns=size.turns)]


def _array(name: str, size: str) -> Let:
    return Let("_Alignas(BYTES) real", name, constant=False, size=size, kind="array")


def _columns(axis: Axis, expressions: Expressions, column: str, j: str, finish: list[Code]) -> For:
    """The loop over a tile's columns; of several loops, `column` numbers the lines of the innermost one."""
    if len(axis.loops) < 2:
        return For(column, "0", "columns", (*places(axis, expressions, f"{j} + {column}"), *finish))
    names, last = expressions.names, axis.loops[-1]
    first, end, length = names.fresh("first"), names.fresh("end"), int(last.extent)
    lines: tuple[Code, ...] = (
        *places(Axis(axis.loops[:-1]), expressions, column),
        Let("int", first, f"{column} * {length} < {j} ? {j} - {column} * {length} : 0"),
        Let("int", end, at_most(str(length), f"{j} + columns", f"{column} * {length}")),
        For(names[last.name], first, end, tuple(finish)),
    )
    return For(column, f"{j} / {length}", f"({j} + columns + {length - 1}) / {length}", lines)


def _row_places(axis: Axis, expressions: Expressions, at: str, place: str) -> list[Code]:
    """The loop variables of a tile's row, as far as they are needed where most elements are found by `place`."""
    if place not in expressions.printed:
        return places(axis, expressions, at)
    variables = places(axis, expressions, place)
    needed = [let for loop, let in zip(axis.loops, variables, strict=True) if loop.name in expressions.printed]
    return [Let("int", place, at), *needed]


def places(axis: Axis, expressions: Expressions, place: str) -> list[Code]:
    """The loop variables of an axis, from the place along it."""
    code: list[Code] = []
    shown = f"({place})" if " " in place and len(axis.loops) > 1 else place
    for number, loop in enumerate(axis.loops):
        below = Axis(axis.loops[number + 1 :]).extent
        text = shown if below == "1" else f"{shown} / {f'({below})' if ' ' in below else below}"
        text = f"{text} % {Axis((loop,)).extent}" if number else text
        text += f" + {loop.start}" if loop.start else ""
        code.append(Let("int", expressions.names[loop.name], text))
    return code


def base_of(load: Load, product: Product, expressions: Expressions) -> str:
    """Where the operand's element is at the beginning of rows, columns and terms."""
    return Steps(expressions).start(load, (product.rows, product.columns, product.terms))


def _multiply(
    product: Product, expressions: Expressions, tile: tuple[str, str], width: str, finish: Sequence[Assign]
) -> Code:
    """tile: its first row and column; width: from a row of it to the next one; finish: what it is finished with"""
    steps, (i, j) = Steps(expressions), tile
    if product.along:
        return _multiply_along(product, expressions, steps, i, j)

    def operand(load: Load, axis: Axis, first: str) -> tuple[str, str]:
        step = expressions.stride_text(steps.of(load, axis.loops[-1].name)) if axis.loops else "0"
        base = base_of(load, product, expressions)
        parts = [expressions.names[load.buffer], *([] if base == "0" else [base])]
        if axis.loops:
            parts.append(first if step == "1" else f"{first} * {step}")
        return " + ".join(parts), step

    left, a_row = operand(product.left, product.rows, i)
    right, b_column = operand(product.right, product.columns, j)
    last = product.terms.loops[-1].name
    a_step, b_step = (expressions.stride_text(steps.of(load, last)) for load in (product.left, product.right))
    depth = product.terms.extent
    arguments = (depth, left, a_row, a_step, right, b_step, b_column)
    if product.strip:
        return MultiplyStrip(arguments, width)
    if product.across:
        return MultiplyAcross(
            arguments, width, *finished_with(finish, product.rows, product.columns, expressions, tile)
        )
    return (MultiplyDots if product.dots else MultiplyCopied if product.alike else Multiply)(arguments)


def _multiply_along(product: Product, expressions: Expressions, steps: Steps, i: str, j: str) -> MultiplyAlong:
    def start(load: Load) -> str:
        base = base_of(load, product, expressions)
        return expressions.names[load.buffer] + ("" if base == "0" else f" + {base}")

    a_row = expressions.stride_text(steps.of(product.left, product.rows.loops[-1].name))
    return MultiplyAlong(
        head=f"fresh, rows, columns, {product.terms.extent}, {a_row}",
        a=f"{start(product.left)} + {i} * {a_row}",
        b=start(product.right),
        a_terms=steps.walk(product.left, product.terms),
        b_terms=steps.walk(product.right, product.terms),
        columns=steps.walk(product.right, product.columns),
        first_column=j,
        loops=(len(product.terms.loops), len(product.columns.loops)),
    )
