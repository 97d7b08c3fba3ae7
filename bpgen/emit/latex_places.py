"""Where an access of a tensor lies in a matrix: which of its indices are rows and columns, and which choose the matrix.

Of u[b, t, 16 h + k] over the rows t and the columns k, b and h choose the matrix, and the columns are a part of U_b.
"""

from __future__ import annotations

import sympy
from sympy import Expr

from bpgen.algebra.digits import lies_within, quotient
from bpgen.algebra.expressions import Access
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.records import dataclass
from bpgen.algebra.system import Equation
from bpgen.emit.latex_contractions import Axis, Unfit
from bpgen.emit.latex_expressions import IndexNotation


@dataclass(frozen=True)
class Place:
    """leads: the indices that choose the matrix, as text; axes: the others; parts: of each axis, "" for the whole."""

    leads: tuple[str, ...]
    axes: tuple[Index, ...]
    parts: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        return not self.leads and not any(self.parts)


def read_place(access: Access, row: Axis, column: Axis, scalars: IndexNotation) -> Place:
    """Raises Unfit where the access is no part of a matrix; the letters of `scalars` are those of leading indices."""
    leads: list[str] = []
    axes: list[Index] = []
    parts: list[str] = []
    places: list[int] = []
    extents = getattr(access.args[0], "extents", (None,) * len(access.indices))
    for place, (index, extent) in enumerate(zip(access.indices, extents, strict=True)):
        on = [axis for axis in (row, column) if axis is not None and axis in index.free_symbols]
        if not on:
            if any(isinstance(symbol, Index) and symbol not in scalars.letters for symbol in index.free_symbols):
                raise Unfit
            leads.append(scalars.place(index))
            continue
        axes.append(on[0])
        places.append(place)
        parts.append(_part(index, on, extent, scalars))
    if len(set(axes)) != len(axes) or (leads and not _is_told(axes, places, len(access.indices))):
        raise Unfit
    return Place(tuple(leads), tuple(axes), tuple(parts))


def _is_told(axes: list[Index], places: list[int], rank: int) -> bool:
    """Whether the letters below tell which axes are left: the last ones, or samples and what stands last or alone."""
    if places == list(range(rank - len(axes), rank)):
        return True
    return bool(axes) and axes[0].extent == BATCH and (places == [0, rank - 1] or (rank == 2 and places == [0]))


def _part(index: Expr, on: list[Index], extent: Expr | None, scalars: IndexNotation) -> str:
    """17:32 of an axis of which these elements are read; "" for all."""
    (axis, *more) = on
    start = sympy.expand(index - axis)
    if more or start.has(axis) or start.atoms(Access):
        raise Unfit
    if start == 0 and extent in (None, axis.extent):
        return ""
    known = all(symbol in scalars.letters for symbol in start.free_symbols if isinstance(symbol, Index))
    if extent is None or not known or axis.extent == BATCH or not lies_within(index, extent):
        raise Unfit
    return f"{scalars.place(start)}:{scalars.place(start + axis.extent - 1)}"


def split_blocks(equation: Equation) -> tuple[Expr, tuple[Expr, ...], tuple[Index, ...]]:
    """Right-hand side, left-hand places and indices, with 16 h + k for an index d of which d // 16 is read."""
    rhs, places, indices = equation.rhs, list[Expr](equation.indices), list(equation.indices)
    taken = {index.name for index in indices}
    for place, index in enumerate(equation.indices):
        divisors = {node.args[1] for node in rhs.atoms(quotient) if node.args[0].has(index)}
        width = divisors.pop() if len(divisors) == 1 else None
        if width is None or index.extent == BATCH or index.extent % width:
            continue
        block = Index(_free(("h", "g", "n"), taken), index.extent / width)
        inner = Index(_free(("k", "j", "m"), taken | {block.name}), width)
        taken |= {block.name, inner.name}
        places[place] = width * block + inner
        rhs = rhs.xreplace({index: places[place]})
        indices[indices.index(index)] = inner
        indices.insert(0 if not place else 1, block)
    return rhs, tuple(places), tuple(indices)


def _free(wishes: tuple[str, ...], taken: set[str]) -> str:
    return next((wish for wish in wishes if wish not in taken), wishes[0] + "'")
