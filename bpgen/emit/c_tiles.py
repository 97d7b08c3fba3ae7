"""How large the tiles of a product are: even ones, and enough of them for a few threads.

A product of few tiles is cut into smaller ones, of at least one block of the registers; sums are not cut, so that
every size gives the same bits.
"""

from __future__ import annotations

from math import prod

from bpgen.algebra.records import dataclass
from bpgen.emit.c_code import Code, Let
from bpgen.lower.scalar import BATCH, Loop

USUAL_BATCH = 64
ENOUGH = 4  # tiles; of strips, whose columns are copied for each tile anew, half as many
FEW = 8  # tiles of which it matters that they are even
TILE_ROWS, ROWS, STRIP, COLUMNS = 96, 12, 1024, 32  # see templates/c/product.c.j2
DEPTH = 256  # terms that are summed between two visits of a tile
LOW = 2 * ROWS  # rows of tiles below which panels are kept
IN_CACHE = 2**18  # numbers of an operand: half of a cache of 2 MB
KEPT = 2**17  # numbers of panels that are kept beside each other: a quarter of a cache of 2 MB
APART = 16  # numbers between the rows of a wide tile, else they would meet in the same lines of the first cache


@dataclass(frozen=True)
class Axis:
    """Loops that both operands (or the target) walk through as through one: its text, and a name for it."""

    loops: tuple[Loop, ...]

    @property
    def usual(self) -> int:
        """How long it is, about."""
        return prod(USUAL_BATCH if loop.extent == BATCH else int(loop.extent) for loop in self.loops)

    @property
    def extent(self) -> str:
        factors = ["batch" if loop.extent == BATCH else str(loop.extent) for loop in self.loops]
        constant = prod(int(f) for f in factors if f != "batch")
        batch = ["batch"] * factors.count("batch")
        return " * ".join([*batch, *([str(constant)] if constant != 1 or not batch else [])])


@dataclass(frozen=True)
class Size:
    """The step from one tile to the next; turns: how many there are, about, where the step does not say."""

    step: str
    turns: int = 0


@dataclass(frozen=True)
class Tiling:
    """How a product is cut into tiles.

    high, wide: the steps from tile to tile; variables: that hold them; rows: the most of a tile, and width: numbers
    from one of them to the next; panels: the name and the size of what columns are copied to
    """

    high: Size
    wide: Size
    variables: tuple[Code, ...]
    rows: str
    width: str
    panels: tuple[str, str]


Parts = tuple[int, int] | None
"""Of the highest and of the widest tile, what part is used: 1 / this; None where it is left to the model."""


def tiling(
    outer: Axis, rows: Axis, columns: Axis, terms: Axis, *, across: bool, strip: int, parts: Parts = None
) -> Tiling:
    """outer: the loops around all tiles; across: the left operand is read across its rows; strip: see `strip_of`"""
    if strip:
        panels = ("panels", f"{terms.extent} * {strip}")
        return Tiling(Size("STRIP_ROWS"), Size(str(strip)), (), "STRIP_ROWS", str(strip + APART), panels)
    large = large_tile(outer, rows, columns, terms) if across and parts is None else None
    if large is not None:
        most, wide = large
        panels = ("panels", f"DEPTH * {wide}")
        return Tiling(Size(str(most)), Size(str(wide)), (), str(most), str(wide + APART), panels)
    sizes = _in_parts(rows, columns, across, parts) if parts else tile_sizes(outer, rows, columns, terms, across)
    if across:  # no wider than need be: of few terms, a tile is written and read as fast as the nearest cache is
        whole = STRIP if any(loop.extent == BATCH for loop in columns.loops) else columns.usual
        width = min(STRIP, _tiles(whole, COLUMNS) * COLUMNS) + APART
        tall = 0 if parts else tall_tile(rows, terms, width)
        if tall:
            height = Let("int", "high", f"{terms.extent} > DEPTH ? {tall} : {LOW // ROWS} * ROWS")
            sizes = sizes[0], sizes[1], (height, *sizes[2][1:])
        return Tiling(*sizes, str(tall or "TILE_ROWS"), str(width), ("panels", "DEPTH * STRIP"))
    return Tiling(*sizes, "TILE_ROWS", "COLUMNS", ("panel", "PANEL_DEPTH * COLUMNS"))


def large_tile(outer: Axis, rows: Axis, columns: Axis, terms: Axis) -> tuple[int, int] | None:
    """The rows and columns of tiles of many terms, of those that fit into the second cache where least is copied.

    Rows are copied for each strip of columns anew, and columns for all the tiles below each other.
    """
    if terms.usual <= DEPTH or any(loop.extent == BATCH for loop in (*rows.loops, *columns.loops)):
        return None
    best: tuple[int, int, int] | None = None
    for strips in range(_tiles(columns.usual, STRIP), _tiles(columns.usual, COLUMNS) + 1):
        wide = _tiles(columns.usual, strips * COLUMNS) * COLUMNS
        most = TILE_ROWS * STRIP // (wide + APART) // ROWS * ROWS
        below = max(_tiles(rows.usual, most), _tiles(ENOUGH // 2, strips * outer.usual))
        copied = strips * rows.usual + below * columns.usual
        if best is None or copied < best[0]:
            best = copied, _tiles(rows.usual, below * ROWS) * ROWS, wide
    return best and best[1:]


def tall_tile(rows: Axis, terms: Axis, width: int) -> int:
    """The rows of tiles of perhaps many terms, of which columns are copied anew for each tile below another one.

    0 where tiles of the usual height are as high.  width: from a row of a tile to the next one
    """
    if not any(loop.extent == BATCH for loop in terms.loops) or any(loop.extent == BATCH for loop in rows.loops):
        return 0
    most = TILE_ROWS * STRIP // width // ROWS * ROWS
    below = 2 * _tiles(rows.usual, 2 * most)  # as many for each of two threads
    tall = _tiles(rows.usual, below * ROWS) * ROWS
    return tall if tall > TILE_ROWS else 0


def copying_rows_pays(rows: Axis, columns: Axis, terms: Axis) -> bool:
    """Whether an operand that is read across its rows is better copied to blocks.

    Few columns read it a few times, as it is, while it is in the second cache; and where there are few rows, or few of
    both, what they are added to and finished with does not need rows of more than a panel's columns.
    """
    few = columns.usual <= 4 * COLUMNS or (rows.usual <= 64 and columns.usual <= 8 * COLUMNS) or rows.usual <= LOW
    return not few or rows.usual * terms.usual > IN_CACHE


def strip_of(rows: Axis, columns: Axis, terms: Axis) -> int:
    """How many columns have their panels kept for all rows, so that row after row is read and written as a whole.

    0 where there is one panel, and where there may be so few rows that nothing should be copied for them.
    """
    always = prod(int(loop.extent) for loop in rows.loops if loop.extent != BATCH)
    fixed = all(loop.extent != BATCH for loop in (*columns.loops, *terms.loops))
    if not fixed or always < LOW or rows.usual < 2 * TILE_ROWS:
        return 0
    most = min(KEPT // max(terms.usual, 1), STRIP) // COLUMNS * COLUMNS
    if min(most, columns.usual) <= COLUMNS:
        return 0
    return _tiles(columns.usual, _tiles(columns.usual, most) * COLUMNS) * COLUMNS


def tile_sizes(
    outer: Axis, rows: Axis, columns: Axis, terms: Axis, across: bool
) -> tuple[Size, Size, tuple[Code, ...]]:
    """The height and the width of a product's tiles, and the variables that hold them.

    outer: the loops around all of them; across: tiles are as wide as a strip
    """
    width, enough = (STRIP, ENOUGH // 2) if across else (COLUMNS, ENOUGH)
    beside = _tiles(columns.usual, width) * outer.usual
    below, parts = _tiles(rows.usual, TILE_ROWS), 1
    while beside * below < enough and TILE_ROWS // parts > ROWS and rows.usual > TILE_ROWS // parts // 2:
        parts *= 2
        below = _tiles(rows.usual, TILE_ROWS // parts)
    code: list[Code] = []
    high = Size("TILE_ROWS")
    if across or parts > 1 or (1 < below <= FEW and beside < ENOUGH):
        most = _part_of_rows(parts)
        if across:  # where panels are kept, half as many rows: what they update stays in the cache
            parts = max(parts, 2)
            below = _tiles(rows.usual, TILE_ROWS // parts)
            if _part_of_rows(parts) != most:
                most = f"{terms.extent} > DEPTH ? {most} : {_part_of_rows(parts)}"
        height = f"even({rows.extent}, {most}, ROWS)"
        code.append(Let("int", "high", height))
        high = Size("high", below)
    wide = Size("STRIP" if across else "COLUMNS")
    if across and (1 < beside <= FEW or beside * below < enough <= _tiles(columns.usual, COLUMNS)):
        parts = 1 if beside * below >= enough else ENOUGH
        code.append(Let("int", "wide", f"even({columns.extent}, STRIP{f' / {parts}' if parts > 1 else ''}, COLUMNS)"))
        wide = Size("wide", _tiles(columns.usual, STRIP // parts))
    return high, wide, tuple(code)


def _part_of_rows(parts: int) -> str:
    """A part of the rows of the highest tile."""
    return "ROWS" if TILE_ROWS // parts == ROWS else f"TILE_ROWS / {parts}" if parts > 1 else "TILE_ROWS"


def _in_parts(rows: Axis, columns: Axis, across: bool, parts: tuple[int, int]) -> tuple[Size, Size, tuple[Code, ...]]:
    heights, widths = parts
    code: list[Code] = [Let("int", "high", f"even({rows.extent}, TILE_ROWS{_over(heights)}, ROWS)")]
    high, wide = Size("high", _tiles(rows.usual, TILE_ROWS // heights)), Size("STRIP" if across else "COLUMNS")
    if across:
        code.append(Let("int", "wide", f"even({columns.extent}, STRIP{_over(widths)}, COLUMNS)"))
        wide = Size("wide", _tiles(columns.usual, STRIP // widths))
    return high, wide, tuple(code)


def _over(parts: int) -> str:
    return f" / {parts}" if parts > 1 else ""


def enough_tiles(outer: Axis, rows: Axis, columns: Axis, across: bool, parts: tuple[int, int]) -> bool:
    """Whether that many tiles are left for a few threads."""
    width = STRIP // parts[1] if across else COLUMNS
    return _tiles(rows.usual, TILE_ROWS // parts[0]) * _tiles(columns.usual, width) * outer.usual >= ENOUGH


def columns_of_tile(most: str, extent: str, first: str) -> str:
    """A constant where every tile has as many: loops over them have no rest then, and compile in less time."""
    even = most == "COLUMNS" and extent.isdigit() and int(extent) % COLUMNS == 0
    return most if even else at_most(most, extent, first)


def at_most(most: str, extent: str, first: str) -> str:
    return f"{extent} - {first} < {most} ? {extent} - {first} : {most}"


def _tiles(extent: int, size: int) -> int:
    return -(-extent // size)
