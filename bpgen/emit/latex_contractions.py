"""What matrix formulas are made of: transposes, ones, products; and how a path under a sum becomes one.

A product under a sum is a path: the row index, the bound indices, the column index.  Factors that join two
neighbours on the path are matrices, multiplied in its order; what hangs on one bound index is a diagonal, or
the vector at an open end; what touches no bound index multiplies the result element by element.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import field
from itertools import pairwise, permutations
from typing import TYPE_CHECKING

import sympy
from sympy import Expr, Integer

from bpgen.algebra.expressions import Access, Reduction, open_reduction
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.records import dataclass
from bpgen.emit.latex_layout import ATOM, POWER, PRODUCT, Break, Formula, atom, bracketed, concatenate, held
from bpgen.emit.latex_letters import lead_letter, ranged
from bpgen.emit.latex_terms import applied, split_product

if TYPE_CHECKING:
    from bpgen.emit.latex_matrix import MatrixNotation

ONES = r"\mathbf{1}"
Axis = Index | None

# One tensor's symbol: letter (perhaps accented), superscript, subscript.
_SYMBOL = re.compile(r"\\?\w(\w*|\w*\{\\?\w+\})(\^\{[^{}]*\})?(_\{[^{}]*\})?")


class Unfit(Exception):
    """The expression is no matrix expression; the caller prints indices instead."""


def depends(node: Expr, *indices: Axis) -> bool:
    return any(index is not None and index in node.free_symbols for index in indices)


def transposed(formula: Formula) -> Formula:
    if _SYMBOL.fullmatch(formula.text):
        return atom(_with_top(formula.text))
    return concatenate(bracketed(formula), r"^{\top}", tight=ATOM)


def _with_top(text: str) -> str:
    """v^{(1)} -> v^{(1)\\top}: one superscript, not two."""
    head, mark, rest = text.partition("^{")
    if not mark:
        below = text.find("_{")
        return text + r"^{\top}" if below < 0 else text[:below] + r"^{\top}" + text[below:]
    depth = 1
    for place, character in enumerate(rest):
        depth += (character == "{") - (character == "}")
        if depth == 0:
            return head + "^{" + rest[:place] + r"\top" + rest[place:]
    return text


def juxtapose(formulas: Sequence[Formula]) -> Formula:
    """A matrix product; sums, products and scalars inside it are bracketed."""
    pieces: list[Formula | Break | str] = []
    for formula in formulas:
        pieces += [Break(1, r"{}\times "), r"\,"] if pieces else []
        pieces.append(held(formula, POWER))
    return concatenate(*pieces, tight=PRODUCT)


def repeated(factor: Expr) -> list[Expr]:
    """The square of a tensor as its two factors; anything else alone."""
    if isinstance(factor, sympy.Pow) and factor.exp == Integer(2) and isinstance(factor.base, Access):
        return [factor.base, factor.base]
    return [factor]


# --- sums


def write_reduction(notation: MatrixNotation, node: Reduction, row: Axis, column: Axis) -> Formula:
    if row is not None and not depends(node, row):  # a number, to be added to every element
        row = None
    bound, body = open_reduction(node)
    if node.op == "max" and column is None and len(bound) == 1:
        name = r"\operatorname{rowmax}" if row is not None else r"\max"
        axes = (row, bound[0]) if row is not None else (bound[0], None)
        return applied(name, [notation.convert(body, *axes)])
    if node.op != "sum":
        raise Unfit
    ordered = sorted(bound, key=lambda index: index.extent != BATCH)
    for signs in range(len(bound) + 1):
        found = _product_along(notation, body, ordered, row, column, signs=signs)
        if found is not None:
            return found
    raise Unfit


def _product_along(
    notation: MatrixNotation, body: Expr, bound: Sequence[Index], row: Axis, column: Axis, *, signs: int
) -> Formula | None:
    """Matrices along a path of the indices, behind so many sum signs over indices that choose matrices."""
    if not bound:
        return _or_none(lambda: notation.convert(body, row, column))
    for order in permutations(bound) if len(bound) <= 2 and not signs else ():
        found = _or_none(lambda order=order: _path(notation, body, row, order, column))  # type: ignore[misc]
        if found is not None:  # else another order of the bound indices may be the path
            return found
    letters = notation.scalars.letters
    for lead in bound if signs else ():
        if notation.strict and _is_last(lead, body):
            continue
        letters[lead] = lead_letter(lead, body, {**letters, **notation.axes}, notation.symbols)
        inner = _product_along(
            notation, body, [index for index in bound if index != lead], row, column, signs=signs - 1
        )
        letter = letters.pop(lead)
        if inner is not None:
            sign = ranged(r"\sum", letter, lead, notation.symbols)
            return concatenate(sign, held(inner, PRODUCT), tight=PRODUCT, height=3, trailing=True)
    return None


def _or_none(write: Callable[[], Formula]) -> Formula | None:
    try:
        return write()
    except Unfit:
        return None


def _is_last(index: Index, body: Expr) -> bool:
    """Whether it runs over the columns of a tensor."""
    return any(len(access.indices) > 1 and index in access.indices[-1].free_symbols for access in body.atoms(Access))


@dataclass
class _Path:
    """edges: factors over two neighbouring nodes; weights: factors over one bound index; outside: all others."""

    row: Axis
    bound: tuple[Index, ...]
    column: Axis
    edges: dict[tuple[Index, Index], list[Expr]] = field(default_factory=dict)
    weights: dict[Index, list[Expr]] = field(default_factory=dict)
    outside: list[Expr] = field(default_factory=list)

    @property
    def nodes(self) -> list[Index]:
        return [index for index in (self.row, *self.bound, self.column) if index is not None]

    def add(self, factor: Expr) -> None:
        nodes = self.nodes
        touched = [n for n, index in enumerate(nodes) if index in factor.free_symbols]
        if not any(nodes[n] in self.bound for n in touched):
            self.outside.append(factor)
        elif len(touched) == 1:
            self.weights.setdefault(nodes[touched[0]], []).append(factor)
        elif len(touched) == 2 and touched[1] == touched[0] + 1:
            self.edges.setdefault((nodes[touched[0]], nodes[touched[1]]), []).append(factor)
        else:
            raise Unfit


def _path(notation: MatrixNotation, body: Expr, row: Axis, bound: tuple[Index, ...], column: Axis) -> Formula:
    """The product along row, bound indices, column."""
    negative, above, below = split_product(body) if isinstance(body, sympy.Mul) else (False, [body], [])
    if negative:
        raise Unfit
    path = _Path(row, bound, column)
    for factor in [*above, *(1 / f for f in below)]:
        path.add(factor)
    return _with_outside(notation, path.outside, _chain(notation, path), row, column)


def _chain(notation: MatrixNotation, path: _Path) -> Formula:
    first, last = path.bound[0], path.bound[-1]
    pairs = list(pairwise(path.nodes))
    if any(pair not in path.edges for pair in pairs):
        raise Unfit
    if not pairs:
        if first not in path.weights:
            raise Unfit
        return _inner_product(notation, path.weights[first], first)
    pieces: list[Formula] = []
    if path.row is None:
        pieces.append(transposed(_open_end(notation, path, first)))
    for start, end in pairs:
        if start in path.weights and not (path.row is None and start == first):
            pieces.append(notation.diagonal(path.weights[start], start))
        pieces.append(_edge(notation, path.edges[start, end], start, end))
    if path.column is None:
        pieces.append(_open_end(notation, path, last))
    return juxtapose(pieces)


def _open_end(notation: MatrixNotation, path: _Path, index: Index) -> Formula:
    """The vector at an end of the path that is summed over."""
    factors = path.weights.get(index)
    return notation.hadamard(factors, index, None) if factors else atom(ONES)


def _inner_product(notation: MatrixNotation, factors: Sequence[Expr], index: Index) -> Formula:
    """A sum of products over one index."""
    parts = [part for factor in factors for part in repeated(factor)]
    parts.sort(key=notation.scalars.factor_key)
    if len(parts) == 2 and not any(isinstance(p, sympy.Pow) and p.exp.is_negative for p in parts):
        return juxtapose([transposed(notation.convert(parts[0], index, None)), notation.convert(parts[1], index, None)])
    return juxtapose([atom(rf"{ONES}^{{\top}}"), notation.hadamard(factors, index, None)])


def _edge(notation: MatrixNotation, factors: Sequence[Expr], start: Index, end: Index) -> Formula:
    """Factors over two neighbours; written the way most of its tensors lie, then transposed if need be."""
    body = sympy.Mul(*factors)
    along = across = 0
    for access in sorted(body.atoms(Access), key=sympy.default_sort_key):
        axes = [axis for index in access.indices for axis in (start, end) if axis in index.free_symbols]
        along += axes == [start, end]
        across += axes == [end, start]
    if across > along:
        return transposed(notation.hadamard(factors, end, start))
    try:
        return notation.hadamard(factors, start, end)
    except Unfit:  # one-hot labels lie one way only
        return transposed(notation.hadamard(factors, end, start))


def _with_outside(notation: MatrixNotation, outside: list[Expr], chain: Formula, row: Axis, column: Axis) -> Formula:
    """Factors that do not take part in the sum multiply its result elementwise."""
    if not outside:
        return chain
    free = [f for f in outside if not depends(f, row, column)]
    dependent = [f for f in outside if depends(f, row, column)]
    if dependent:
        chain = notation.elementwise(dependent, row, column, chain)
    return notation.scalar_factor(free, [], chain)
