"""Products of many rows, a block of rows after the other.

    for j, for i:  tile i, j   ->   for blocks of i, for j, for i in the block:  tile i, j

A batch may have more rows than a cache has room for; then each panel of columns would read all of them from memory
again.  Tiles stay as they were, and so do their sums.
"""

from __future__ import annotations

from dataclasses import replace

from bpgen.emit.c_code import Code, For, Let
from bpgen.emit.c_expressions import Expressions
from bpgen.emit.c_tiles import IN_CACHE, TILE_ROWS, Axis
from bpgen.lower.scalar import BATCH

LEAST = 3
"""Tiles of rows, for which it is worth to copy the panels anew."""


def in_blocks(
    code: list[Code], variable: str, axes: tuple[Axis, Axis, Axis], high: str, expressions: Expressions
) -> list[Code]:
    """The loops over columns and, inside, over rows.

    variable: of the tiles' rows, `high` of them each; axes: of rows, columns and terms.  Where tiles are not of the
    usual height, there are few columns.
    """
    rows, columns, terms = axes
    (across,) = code
    batch = [any(loop.extent == BATCH for loop in axis.loops) for axis in axes]
    if batch != [True, False, False] or high != "TILE_ROWS" or not isinstance(across, For):
        return code
    block = f"{max(LEAST, IN_CACHE // (terms.usual + columns.usual) // TILE_ROWS)} * {high}"
    first, end = expressions.names.fresh("i_block"), expressions.names.fresh("i_end")
    end_of_block = Let("int", end, f"{rows.extent} - {first} < {block} ? {rows.extent} : {first} + {block}")
    lines = (
        replace(line, first=first, bound=end) if isinstance(line, For) and line.variable == variable else line
        for line in across.body
    )
    inside = replace(across, body=tuple(lines))
    return [For(first, "0", rows.extent, (end_of_block, inside), block, independent=across.independent)]
