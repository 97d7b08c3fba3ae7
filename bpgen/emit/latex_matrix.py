"""Equations as matrices: samples are rows, vectors are columns.

The recogniser looks at the index structure alone.  A product under a sum is a path: the row index, the
bound indices, the column index; factors that join two neighbours on the path are matrices, multiplied
in its order, and what hangs on one bound index is a diagonal (or the vector at an open end).  Whatever
is no such path, or has an axis too many, stays in index notation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any

import sympy
from sympy import Expr, Integer, Rational

from bpgen.algebra import functions
from bpgen.algebra.expressions import Access, Reduction, free_indices, open_reduction
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.system import Equation
from bpgen.emit.latex_expressions import (
    NAMED,
    IndexNotation,
    applied,
    fraction,
    negated_bracket,
    relation_of,
    split_product,
)
from bpgen.emit.latex_layout import ATOM, POWER, PRODUCT, SUM, Break, Formula, atom, bracketed, concatenate, held
from bpgen.emit.latex_symbols import Symbols

ONES = r"\mathbf{1}"
Axis = Index | None


class Unfit(Exception):
    """The expression is no matrix expression; the caller prints indices instead."""


def matrix_form(equation: Equation, symbols: Symbols) -> Formula | None:
    """The right-hand side in matrices, or None where it is not of that form."""
    if len(equation.indices) > 2:
        return None
    row, column = (*equation.indices, None, None)[:2]
    try:
        return MatrixNotation(symbols).expression(equation.rhs, row, column)
    except Unfit:
        return None


class MatrixNotation:
    """Prints expressions as matrices with given row and column index; scalars are broadcast over elements."""

    def __init__(self, symbols: Symbols) -> None:
        self.symbols = symbols
        self.scalars = IndexNotation(symbols)

    def expression(self, node: Expr, row: Axis, column: Axis) -> Formula:
        """A whole right-hand side: what depends on neither index is spread out over them."""
        if row is not None and not self._depends(node, row, column) and not node.is_number:
            ones = ONES if column is None else rf"{ONES}{ONES}^{{\top}}"
            return concatenate(held(self.convert(node, None, None), ATOM), r"\,", ones, tight=PRODUCT)
        return self.convert(node, row, column)

    def convert(self, node: Expr, row: Axis, column: Axis) -> Formula:
        if set(free_indices(node)) - {row, column}:
            raise Unfit
        if isinstance(node, Access):
            return self._access(node, row, column)
        if isinstance(node, Reduction):
            return self._spread(node, row, column)
        if isinstance(node, sympy.Add):
            negated = negated_bracket(node)
            return self._bracket(negated, True, row, column) if negated is not None else self._sum(node, row, column)
        if isinstance(node, sympy.Mul):
            return self._product(node, row, column)
        if isinstance(node, sympy.Pow):
            return self._power(node, row, column)
        if isinstance(node, functions.Bracket):
            return self._bracket(node, False, row, column)
        if not self._depends(node, row, column) and not node.has(Access):
            return self.scalars.formula(node)
        return self._function(node, row, column)

    def _depends(self, node: Expr, *indices: Axis) -> bool:
        return any(index is not None and index in node.free_symbols for index in indices)

    # --- tensors

    def _access(self, node: Access, row: Axis, column: Axis) -> Formula:
        quotient = self.symbols.is_quotient(node.tensor) and node.tensor not in self.symbols.overrides
        tight = PRODUCT if quotient else ATOM
        if node.indices == (row, column) and row is not None:
            return atom(self.symbols.matrix(node.tensor), tight=tight)
        if node.indices == (column, row) and row is not None:
            return atom(self.symbols.matrix(node.tensor, transposed=True))
        if node.indices in ((), (row,)) and column is None:
            return atom(self.symbols.matrix(node.tensor), tight=tight)
        if not node.indices:
            return atom(self.symbols.matrix(node.tensor), tight=tight)
        if node.indices == (row,):
            return concatenate(held(self._access(node, row, None), ATOM), rf"{ONES}^{{\top}}", tight=PRODUCT)
        if node.indices == (column,):
            row_vector = self.symbols.matrix(node.tensor, transposed=True)
            return atom(row_vector if row is None else rf"{ONES} {row_vector}", tight=ATOM if row is None else PRODUCT)
        return self._gathered(node, row, column)

    def _gathered(self, node: Access, row: Axis, column: Axis) -> Formula:
        """A[b, label[b]]: from each row the element that the label chooses."""
        if len(node.indices) != 2 or column is not None:
            raise Unfit
        first, label = node.indices
        if first != row or not _is_label(label, row):
            raise Unfit
        matrix = atom(self.symbols.matrix(node.tensor))
        chosen = concatenate(matrix, r" \odot ", self._one_hot(label), tight=PRODUCT)
        return concatenate(bracketed(chosen), ONES, tight=PRODUCT)

    def _one_hot(self, label: Expr) -> Formula:
        return atom(rf"\operatorname{{onehot}}({self.symbols.matrix(label.tensor)})")

    # --- sums and products

    def _sum(self, node: Expr, row: Axis, column: Axis) -> Formula:
        pieces: list[Formula | Break | str] = []
        for negative, term in self.scalars.signed_terms(node.args):
            if pieces:
                pieces += [Break(0, "{}"), "- " if negative else "+ "]
            elif negative:
                pieces.append("-")
            pieces.append(held(self.convert(term, row, column), PRODUCT))
        return concatenate(*pieces, tight=SUM)

    def _product(self, node: Expr, row: Axis, column: Axis) -> Formula:
        negative, above, below = split_product(node)
        plain_above = [f for f in above if not self._depends(f, row, column)]
        plain_below = [f for f in below if not self._depends(f, row, column)]
        factors = [f for f in above if self._depends(f, row, column)]
        factors += [1 / f for f in below if self._depends(f, row, column)]
        if not factors:
            return self._scalar_product(node)
        result = self._elementwise(factors, row, column)
        scalar = self._scalar_factor(plain_above, plain_below, result)
        sign = "-" if negative else ""
        return concatenate(sign, scalar, tight=SUM) if sign else scalar

    def _scalar_factor(self, above: Sequence[Expr], below: Sequence[Expr], result: Formula) -> Formula:
        if not above and not below:
            return result
        top = self._scalar_factors(above)
        first = fraction(top, self._scalar_factors(below)) if below else top
        body = result if result.tight >= PRODUCT and not above and below else held(result, PRODUCT)
        return concatenate(held(first, PRODUCT), r"\,", body, tight=PRODUCT)

    def _scalar_factors(self, factors: Sequence[Expr]) -> Formula:
        if not factors:
            return atom("1")
        formulas = [held(self.convert(f, None, None), PRODUCT if len(factors) == 1 else POWER) for f in factors]
        if len(formulas) == 1:
            return formulas[0]
        spaced = [piece for formula in formulas for piece in (r"\,", formula)][1:]
        return concatenate(*spaced, tight=PRODUCT)

    def _scalar_product(self, node: Expr) -> Formula:
        negative, above, below = split_product(node)
        vectors = [f for f in above if f.has(Reduction)]
        rest = [f for f in above if not f.has(Reduction)]
        sign = "-" if negative else ""
        if len(vectors) == 1:
            scalar = self._scalar_factor(rest, below, held(self.convert(vectors[0], None, None), PRODUCT))
        elif below:
            scalar = fraction(self._scalar_factors(above), self._scalar_factors(below))
        else:
            scalar = self._scalar_factors(above)
        return concatenate(sign, scalar, tight=SUM) if sign else scalar

    def _elementwise(self, factors: Sequence[Expr], row: Axis, column: Axis) -> Formula:
        """A product of factors over (row, column): full ones elementwise, one-index ones as diagonals."""
        if column is None or row is None:
            return self._hadamard(factors, row, column)
        full = [f for f in factors if self._depends(f, row) and self._depends(f, column)]
        left = [f for f in factors if not self._depends(f, column)]
        right = [f for f in factors if not self._depends(f, row)]
        if not full:
            first = held(self._hadamard(left, row, None), POWER) if left else atom(ONES)
            second = self._transposed(self._hadamard(right, column, None)) if right else atom(rf"{ONES}^{{\top}}")
            return concatenate(first, r"\,", second, tight=PRODUCT)
        middle = self._hadamard(full, row, column)
        if not left and not right:
            return middle
        pieces: list[Formula | str] = []
        if left:
            pieces += [self._diagonal(left, row), r"\,"]
        pieces.append(held(middle, POWER))
        if right:
            pieces += [r"\,", self._diagonal(right, column)]
        return concatenate(*pieces, tight=PRODUCT)

    def _diagonal(self, factors: Sequence[Expr], index: Axis) -> Formula:
        inverse = [1 / f for f in factors]
        if all(isinstance(f, sympy.Pow) and f.exp.is_negative for f in factors):
            return concatenate(r"\operatorname{diag}", bracketed(self._hadamard(inverse, index, None)), "^{-1}", tight=POWER)
        return concatenate(r"\operatorname{diag}", bracketed(self._hadamard(factors, index, None)), tight=ATOM)

    def _hadamard(self, factors: Sequence[Expr], row: Axis, column: Axis) -> Formula:
        """Elementwise product and quotient; matrix products inside are bracketed."""
        above, below = [], []
        for factor in sorted(factors, key=self.scalars.factor_key):
            inverse = isinstance(factor, sympy.Pow) and factor.exp.is_Rational and factor.exp < 0
            below += [1 / factor] if inverse else []
            above += [] if inverse else [factor]
        operands = [self._operand(f, row, column, len(factors) > 1) for factor in above for f in _repeated(factor)]
        if not operands:
            operands = [atom("1")]
        top = operands[0]
        if len(operands) > 1:
            pieces: list[Formula | Break | str] = [held(operands[0], POWER)]
            for operand in operands[1:]:
                pieces += [" ", Break(1, "{}"), r"\odot ", held(operand, POWER)]
            top = concatenate(*pieces, tight=PRODUCT)
        if not below:
            return top
        bottom = self._hadamard(below, row, column)
        return concatenate(held(top, POWER), Break(1, "{}"), r" \oslash ", held(bottom, POWER), tight=PRODUCT)

    def _operand(self, factor: Expr, row: Axis, column: Axis, among: bool) -> Formula:
        formula = self.convert(factor, row, column)
        return held(formula, POWER) if among else formula

    def _transposed(self, formula: Formula) -> Formula:
        body = formula.text
        if formula.tight == ATOM and not body.startswith("\\operatorname") and "(" not in body:
            return atom(_with_top(body))
        return concatenate(bracketed(formula), r"^{\top}", tight=ATOM)

    # --- contractions

    def _spread(self, node: Reduction, row: Axis, column: Axis) -> Formula:
        """A reduction over what it depends on, then broadcast to row and column."""
        needs = [index if index is not None and self._depends(node, index) else None for index in (row, column)]
        if needs == [row, column]:
            return self._reduction(node, row, column)
        if needs[0] is None and needs[1] is None:
            return self._reduction(node, None, None)
        if needs[1] is None:
            return concatenate(held(self._reduction(node, row, None), POWER), rf"{ONES}^{{\top}}", tight=PRODUCT)
        vector = self._transposed(self._reduction(node, column, None))
        return vector if row is None else concatenate(ONES, vector, tight=PRODUCT)

    def _reduction(self, node: Reduction, row: Axis, column: Axis) -> Formula:
        bound, body = open_reduction(node)
        if node.op == "max" and column is None and len(bound) == 1:
            name = r"\operatorname{rowmax}" if row is not None else r"\max"
            axes = (row, bound[0]) if row is not None else (bound[0], None)
            return applied(name, [self.convert(body, *axes)])
        if node.op != "sum" or len(bound) > 2:
            raise Unfit
        orders = list(permutations(sorted(bound, key=lambda index: index.extent != BATCH)))
        for order in orders[:-1]:
            try:
                return self._path(body, row, order, column)
            except Unfit:  # the other order of the bound indices may be the path
                continue
        return self._path(body, row, orders[-1], column)

    def _path(self, body: Expr, row: Axis, bound: tuple[Index, ...], column: Axis) -> Formula:
        """The product along row, bound indices, column; see the module's docstring."""
        negative, above, below = split_product(body) if isinstance(body, sympy.Mul) else (False, [body], [])
        if negative:
            raise Unfit
        nodes = [index for index in (row, *bound, column) if index is not None]
        edges: dict[tuple[Index, Index], list[Expr]] = {}
        weights: dict[Index, list[Expr]] = {}
        outside: list[Expr] = []
        for factor in [*above, *(1 / f for f in below)]:
            touched = [index for index in nodes if index in factor.free_symbols]
            if not set(touched) & set(bound):
                outside.append(factor)
            elif len(touched) == 1:
                weights.setdefault(touched[0], []).append(factor)
            elif len(touched) == 2 and nodes.index(touched[1]) == nodes.index(touched[0]) + 1:
                edges.setdefault((touched[0], touched[1]), []).append(factor)
            else:
                raise Unfit
        chain = self._chain(nodes, row, bound, column, edges, weights)
        return self._with_outside(outside, chain, row, column)

    def _chain(
        self, nodes: list[Index], row: Axis, bound: tuple[Index, ...], column: Axis,
        edges: Mapping[tuple[Index, Index], list[Expr]], weights: Mapping[Index, list[Expr]],
    ) -> Formula:  # fmt: skip
        pairs = list(zip(nodes, nodes[1:], strict=False))
        if any(pair not in edges for pair in pairs):
            raise Unfit
        if not pairs:  # a sum of one index's products: an inner product
            vectors = [self._operand(f, bound[0], None, False) for factor in weights[bound[0]] for f in _repeated(factor)]
            if len(vectors) == 1:
                return juxtapose([atom(rf"{ONES}^{{\top}}"), vectors[0]])
            last = self._hadamard(weights[bound[0]], bound[0], None)
            return self._inner_product(weights[bound[0]], bound[0], last)
        pieces: list[Formula] = []
        if row is None:
            pieces.append(self._open_end(weights.get(bound[0]), bound[0], transposed=True))
        for start, end in pairs:
            if pieces and start in weights and not (row is None and start == bound[0]):
                pieces.append(self._diagonal(weights[start], start))
            pieces.append(self._edge(edges[start, end], start, end))
        if column is None:
            pieces.append(self._open_end(weights.get(bound[-1]), bound[-1], transposed=False))
        return juxtapose(pieces)

    def _inner_product(self, factors: Sequence[Expr], index: Index, product: Formula) -> Formula:
        parts = [part for factor in factors for part in _repeated(factor)]
        parts.sort(key=self.scalars.factor_key)
        if len(parts) == 2 and not any(isinstance(p, sympy.Pow) and p.exp.is_negative for p in parts):
            return juxtapose([self._transposed(self.convert(parts[0], index, None)), self.convert(parts[1], index, None)])
        return juxtapose([atom(rf"{ONES}^{{\top}}"), product])

    def _open_end(self, factors: list[Expr] | None, index: Index, transposed: bool) -> Formula:
        vector = self._hadamard(factors, index, None) if factors else atom(ONES)
        return self._transposed(vector) if transposed else vector

    def _edge(self, factors: Sequence[Expr], start: Index, end: Index) -> Formula:
        """Factors over two neighbours; written the way most of its tensors lie, then transposed if need be."""
        body = sympy.Mul(*factors)
        along = across = 0
        for access in sorted(body.atoms(Access), key=sympy.default_sort_key):
            along += access.indices == (start, end)
            across += access.indices == (end, start)
        if across > along:
            return self._transposed(self._hadamard(factors, end, start))
        return self._hadamard(factors, start, end)

    def _with_outside(self, outside: list[Expr], chain: Formula, row: Axis, column: Axis) -> Formula:
        """Factors that do not take part in the sum multiply its result elementwise."""
        if not outside:
            return chain
        free = [f for f in outside if not self._depends(f, row, column)]
        dependent = [f for f in outside if self._depends(f, row, column)]
        if dependent:
            others = held(self._elementwise(dependent, row, column), POWER)
            chain = concatenate(others, Break(1, "{}"), r" \odot ", held(chain, POWER), tight=PRODUCT)
        return self._scalar_factor(free, [], chain)

    # --- powers, functions, brackets

    def _power(self, node: Expr, row: Axis, column: Axis) -> Formula:
        if not self._depends(node, row, column):
            return self._scalar_power(self.convert(node.base, None, None), node.exp)
        if node.exp.is_Rational and node.exp < 0 or node.exp == 2:
            return self._hadamard([node], row, column)
        base = self.convert(node.base, row, column)
        if node.exp == Rational(1, 2):
            return atom(rf"\sqrt{{{base.text}}}", height=min(3, base.height))
        exponent = self.scalars.formula(node.exp).text
        body = base if base.tight == ATOM and "^" not in base.text else bracketed(base)
        return concatenate(body, rf"^{{\odot {exponent}}}", tight=POWER)

    def _scalar_power(self, base: Formula, exponent: Expr) -> Formula:
        if exponent.is_Rational and exponent < 0:
            return fraction(atom("1"), self._scalar_power(base, -exponent))
        return base if exponent == 1 else self.scalars.raised(base, exponent)

    def _function(self, node: Expr, row: Axis, column: Axis) -> Formula:
        arguments = [self.convert(argument, row, column) for argument in node.args]
        if isinstance(node, functions.absolute | sympy.Abs):
            return bracketed(arguments[0], "|", "|")
        if isinstance(node, functions.log1p):
            inside = concatenate("1 + ", held(arguments[0], PRODUCT), tight=SUM)
            return concatenate(r"\log", bracketed(inside), tight=ATOM)
        if isinstance(node, functions.expm1):
            return concatenate(r"\exp", bracketed(arguments[0]), " - 1", tight=SUM)
        if type(node) not in NAMED:
            raise Unfit
        return applied(NAMED[type(node)], arguments)

    def _bracket(self, node: Expr, negated: bool, row: Axis, column: Axis) -> Formula:
        left, right, sign = relation_of(node, negated)
        for label, position in ((left, right), (right, left)):
            if isinstance(node, functions.equal) and not negated and _is_label(label, row) and position == column:
                return self._one_hot(label)
        if any(isinstance(side, Index) or side.has(Index) and not side.has(Access) for side in (left, right)):
            raise Unfit
        if any(access.args[0].is_integer for access in node.atoms(Access)):
            raise Unfit
        sides = self.convert(left, row, column), self.convert(right, row, column)
        return bracketed(concatenate(sides[0], f" {sign} ", sides[1], tight=SUM), "[", "]")


def juxtapose(formulas: Sequence[Formula]) -> Formula:
    """A matrix product; sums, products and scalars inside it are bracketed."""
    pieces: list[Formula | Break | str] = []
    for formula in formulas:
        pieces += [Break(1, r"{}\times "), r"\,"] if pieces else []
        pieces.append(held(formula, POWER))
    return concatenate(*pieces, tight=PRODUCT)


def _repeated(factor: Expr) -> list[Expr]:
    """A square as its two factors; anything else alone."""
    if isinstance(factor, sympy.Pow) and factor.exp == Integer(2):
        return [factor.base, factor.base]
    return [factor]


def _is_label(label: Any, row: Axis) -> bool:
    return isinstance(label, Access) and row is not None and label.indices == (row,) and bool(label.args[0].is_integer)


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
