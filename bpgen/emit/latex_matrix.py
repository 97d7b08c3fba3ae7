"""Equations as matrices: samples are rows, vectors are columns.

The recogniser looks at the index structure alone.  Whatever has an axis too many, or is no product of
matrices (see latex_contractions), stays in index notation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sympy
from sympy import Expr, Rational

from bpgen.algebra import functions
from bpgen.algebra.expressions import Access, Reduction, free_indices
from bpgen.algebra.index import Index
from bpgen.algebra.order import common_coefficient
from bpgen.algebra.system import Equation
from bpgen.emit.latex_cases import write_cases
from bpgen.emit.latex_contractions import ONES, Axis, Unfit, depends, repeated, transposed, write_reduction
from bpgen.emit.latex_expressions import NAMED, IndexNotation
from bpgen.emit.latex_layout import ATOM, POWER, PRODUCT, SUM, Break, Formula, atom, bracketed, concatenate, held
from bpgen.emit.latex_letters import equation_letters
from bpgen.emit.latex_places import Place, read_place, split_blocks
from bpgen.emit.latex_symbols import Symbols, index_letter
from bpgen.emit.latex_terms import applied, fraction, negated_bracket, relation_of, split_product, split_sign


def matrix_form(equation: Equation, symbols: Symbols) -> tuple[str, Formula] | None:
    """Both sides in matrices, or None where they are not of that form.

    Of more than two indices, those before the last two choose the matrix; or all but the first and the last, as time
    does in a recurrence; or all but the last, where each row is stated by itself.
    """
    rhs, places, indices = split_blocks(equation)
    letters = equation_letters(equation, symbols)
    named = {index: letters.get(index) or index_letter(index.name) for index in indices}
    own = Access(equation.tensor.atom, *places)
    for strict in (True, False):
        for row, column in _choices(indices, equation.tensor.layer in symbols.recurrent):
            leads = {index: named[index] for index in indices if index not in (row, column)}
            notation = MatrixNotation(symbols, leads, named, strict)
            try:
                left = notation.convert(own, row, column).text if leads else symbols.matrix(equation.tensor.name)
                right = notation.expression(rhs, row, column)
            except Unfit:
                continue
            if row is not None or not indices or notation.matrices:
                return left, right
    return None


def _choices(indices: Sequence[Index], recurrent: bool) -> list[tuple[Axis, Axis]]:
    """Row and column, the likelier first; at last, where there are matrices in it, each element by itself."""
    if len(indices) < 2:
        return [(indices[0] if indices else None, None)]
    *before, last = indices
    rows = before if recurrent else [before[-1], *before[:-1]]
    return [*((row, last) for row in rows), (last, None), (None, None)]


class MatrixNotation:
    """Prints expressions as matrices with given row and column index; scalars are broadcast over elements.

    leads: letters of the indices that choose matrices; axes: of all, where rows and columns are spoken of
    strict: without sums of matrices over their columns; matrices: how many were written
    """

    def __init__(
        self,
        symbols: Symbols,
        leads: Mapping[Index, str] | None = None,
        axes: Mapping[Index, str] | None = None,
        strict: bool = False,
    ) -> None:
        self.symbols = symbols
        self.scalars = IndexNotation(symbols, leads)
        self.axes = axes or {}
        self.strict = strict
        self.matrices = 0

    def expression(self, node: Expr, row: Axis, column: Axis) -> Formula:
        """A whole right-hand side: what depends on neither index is spread out over them."""
        if row is not None and not depends(node, row, column) and not node.is_number:
            ones = ONES if column is None else rf"{ONES}{ONES}^{{\top}}"
            return concatenate(held(self.convert(node, None, None), ATOM), r"\,", ones, tight=PRODUCT)
        return self.convert(node, row, column)

    def convert(self, node: Expr, row: Axis, column: Axis) -> Formula:
        if set(free_indices(node)) - {row, column} - self.scalars.letters.keys():
            raise Unfit
        if isinstance(node, Access):
            return self._access(node, row, column)
        if column is not None and depends(node, row, column):
            if not depends(node, column):
                vector = held(self.convert(node, row, None), POWER)
                return concatenate(vector, rf"{ONES}^{{\top}}", tight=PRODUCT)
            if not depends(node, row):
                vector = transposed(self.convert(node, column, None))
                return vector if row is None else concatenate(ONES, vector, tight=PRODUCT)
        return self._composite(node, row, column)

    def _composite(self, node: Expr, row: Axis, column: Axis) -> Formula:
        """Anything but an access, over all the indices given."""
        if isinstance(node, Reduction):
            return self._sum([node], row, column) if split_sign(node)[0] else write_reduction(self, node, row, column)
        if isinstance(node, sympy.Add):
            negated = negated_bracket(node)
            if negated is not None:
                return self._bracket(negated, True, row, column)
            common, rest = common_coefficient(node)
            if common != 1:
                return self._product(sympy.Mul(common, rest, evaluate=False), row, column)
            return self._sum(node.args, row, column)
        if isinstance(node, sympy.Mul):
            return self._product(node, row, column)
        if isinstance(node, sympy.Pow):
            return self._power(node, row, column)
        if isinstance(node, functions.Bracket):
            return self._bracket(node, False, row, column)
        if not depends(node, row, column) and not node.has(Access):
            return self.scalars.formula(node)
        return self._function(node, row, column)

    # --- tensors

    def _access(self, node: Access, row: Axis, column: Axis) -> Formula:
        if any(isinstance(index, Access) and depends(index, row, column) for index in node.indices):
            return self._gathered(node, row, column)
        place = read_place(node, row, column, self.scalars)
        self.matrices += len(place.axes) == 2
        tight = PRODUCT if self.symbols.is_quotient(node.tensor) else ATOM
        plain, turned = (self._symbol(node.tensor, place, transposed) for transposed in (False, True))
        if not place.axes or (
            row is not None and place.axes == tuple(axis for axis in (row, column) if axis is not None)
        ):
            return atom(plain, tight=tight)
        if place.axes == (column, row):
            return atom(turned)
        if place.axes == (row,):
            return concatenate(held(atom(plain, tight=tight), ATOM), rf"{ONES}^{{\top}}", tight=PRODUCT)
        return atom(turned if row is None else rf"{ONES} {turned}", tight=ATOM if row is None else PRODUCT)

    def _symbol(self, name: str, place: Place, transposed: bool) -> str:
        if place.is_whole:
            return self.symbols.matrix(name, transposed)
        return self.symbols.part(name, place.leads, place.parts, transposed)

    def _gathered(self, node: Access, row: Axis, column: Axis) -> Formula:
        """A[b, label[b]]: from each row the element that the label chooses; A[label[b], j]: the row."""
        *leads, first, label = (None, *node.indices)
        if first is not None and self._is_label(first, row) and label == column and leads == [None]:
            rows = atom(self.symbols.matrix(node.tensor))
            return concatenate(self._one_hot(first, row), r"\,", rows, tight=PRODUCT)
        if row is None or column is not None or first != row or not self._is_label(label, row):
            raise Unfit
        if any(index not in self.scalars.letters for index in leads[1:]):
            raise Unfit
        place = Place(tuple(self.scalars.place(index) for index in leads[1:]), (row, row), ("", ""))
        matrix = atom(self._symbol(node.tensor, place, False))
        chosen = concatenate(matrix, r" \odot ", self._one_hot(label, row), tight=PRODUCT)
        return concatenate(bracketed(chosen), ONES, tight=PRODUCT)

    def _one_hot(self, label: Expr, row: Axis) -> Formula:
        place = read_place(label, row, None, self.scalars)
        return atom(rf"\operatorname{{onehot}}({self._symbol(label.tensor, place, False)})")

    def _is_label(self, label: Any, row: Axis) -> bool:
        """Whether an integer is given for each row."""
        if not isinstance(label, Access) or row is None or not label.args[0].is_integer:
            return False
        return [index for index in label.indices if index not in self.scalars.letters] == [row]

    # --- sums and products

    def _sum(self, terms: Sequence[Expr], row: Axis, column: Axis) -> Formula:
        pieces: list[Formula | Break | str] = []
        for negative, term in self.scalars.signed_terms(terms):
            if pieces:
                pieces += [Break(0, "{}"), " - " if negative else " + "]
            elif negative:
                pieces.append("-")
            pieces.append(held(self.convert(term, row, column), PRODUCT))
        return concatenate(*pieces, tight=SUM)

    def _product(self, node: Expr, row: Axis, column: Axis) -> Formula:
        negative, above, below = split_product(node)
        plain_above = [f for f in above if not depends(f, row, column)]
        plain_below = [f for f in below if not depends(f, row, column)]
        factors = [f for f in above if depends(f, row, column)]
        factors += [1 / f for f in below if depends(f, row, column)]
        if not factors:
            return self._scalar_product(node)
        result = self.elementwise(factors, row, column)
        scalar = self.scalar_factor(plain_above, plain_below, result)
        sign = "-" if negative else ""
        return concatenate(sign, scalar, tight=SUM) if sign else scalar

    def scalar_factor(self, above: Sequence[Expr], below: Sequence[Expr], result: Formula) -> Formula:
        if not above and not below:
            return result
        top = self._scalar_factors(above)
        first = fraction(top, self._scalar_factors(below)) if below else top
        body = result if result.tight >= PRODUCT and not above and below else held(result, PRODUCT)
        return concatenate(held(first, PRODUCT), r"\,", body, tight=PRODUCT)

    def _scalar_factors(self, factors: Sequence[Expr]) -> Formula:
        if not factors:
            return atom("1")
        if len(factors) == 1:
            return self.convert(factors[0], None, None)
        formulas = [held(self.convert(f, None, None), POWER) for f in factors]
        spaced = [piece for formula in formulas for piece in (r"\,", formula)][1:]
        return concatenate(*spaced, tight=PRODUCT)

    def _scalar_product(self, node: Expr) -> Formula:
        negative, above, below = split_product(node)
        vectors = [f for f in above if f.has(Reduction)]
        rest = [f for f in above if not f.has(Reduction)]
        sign = "-" if negative else ""
        if len(vectors) == 1:
            scalar = self.scalar_factor(rest, below, held(self.convert(vectors[0], None, None), PRODUCT))
        elif below:
            scalar = fraction(self._scalar_factors(above), self._scalar_factors(below))
        else:
            scalar = self._scalar_factors(above)
        return concatenate(sign, scalar, tight=SUM) if sign else scalar

    def elementwise(self, factors: Sequence[Expr], row: Axis, column: Axis, core: Formula | None = None) -> Formula:
        """A product of factors over (row, column): full ones elementwise, one-index ones as diagonals.

        core: a further factor, over both indices, that is written already.
        """
        if column is None or row is None:
            return self.hadamard(factors, row, column, core)
        full = [f for f in factors if depends(f, row) and depends(f, column)]
        left = [f for f in factors if not depends(f, column)]
        right = [f for f in factors if not depends(f, row)]
        if not full and core is None:
            first = held(self.hadamard(left, row, None), POWER) if left else atom(ONES)
            second = transposed(self.hadamard(right, column, None)) if right else atom(rf"{ONES}^{{\top}}")
            return concatenate(first, r"\,", second, tight=PRODUCT)
        middle = self.hadamard(full, row, column, core)
        if not left and not right:
            return middle
        pieces: list[Formula | str] = []
        if left:
            pieces += [self.diagonal(left, row), r"\,"]
        pieces.append(held(middle, POWER))
        if right:
            pieces += [r"\,", self.diagonal(right, column)]
        return concatenate(*pieces, tight=PRODUCT)

    def diagonal(self, factors: Sequence[Expr], index: Axis) -> Formula:
        inverse = [1 / f for f in factors]
        if all(isinstance(f, sympy.Pow) and f.exp.is_negative for f in factors):
            return concatenate(
                r"\operatorname{diag}", bracketed(self.hadamard(inverse, index, None)), "^{-1}", tight=POWER
            )
        return concatenate(r"\operatorname{diag}", bracketed(self.hadamard(factors, index, None)), tight=ATOM)

    def hadamard(self, factors: Sequence[Expr], row: Axis, column: Axis, core: Formula | None = None) -> Formula:
        """Elementwise product and quotient; matrix products inside are bracketed.  core: as in elementwise."""
        above, below = [], []
        for factor in sorted(factors, key=self.scalars.factor_key):
            inverse = isinstance(factor, sympy.Pow) and factor.exp.is_Rational and factor.exp < 0
            below += [1 / factor] if inverse else []
            above += [] if inverse else [factor]
        operands = [self.convert(f, row, column) for factor in above for f in repeated(factor)]
        operands += [core] if core is not None else []
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
        bottom = self.hadamard(below, row, column)
        return concatenate(held(top, POWER), Break(1, "{}"), r" \oslash ", held(bottom, POWER), tight=PRODUCT)

    # --- powers, functions, brackets

    def _power(self, node: Expr, row: Axis, column: Axis) -> Formula:
        if not depends(node, row, column):
            return self._scalar_power(self.convert(node.base, None, None), node.exp)
        if (node.exp.is_Rational and node.exp < 0) or (node.exp == 2 and isinstance(node.base, Access)):
            return self.hadamard([node], row, column)
        base = self.convert(node.base, row, column)
        if node.exp == Rational(1, 2):
            return atom(rf"\sqrt{{{base.text}}}", height=min(3, base.height))
        exponent = self.scalars.formula(node.exp).text
        plain = base.tight == ATOM and ("^" not in base.text or base.text.endswith(")"))
        body = base if plain else bracketed(base)
        return concatenate(body, rf"^{{\odot {exponent}}}", tight=POWER)

    def _scalar_power(self, base: Formula, exponent: Expr) -> Formula:
        if exponent.is_Rational and exponent < 0:
            return fraction(atom("1"), self._scalar_power(base, -exponent))
        return base if exponent == 1 else self.scalars.raised(base, exponent)

    def _function(self, node: Expr, row: Axis, column: Axis) -> Formula:
        if isinstance(node, functions.where):
            return self._cases(node, row, column)
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
            if isinstance(node, functions.equal) and not negated and self._is_label(label, row) and position == column:
                return self._one_hot(label, row)
        if self._is_of_both(node, row, column):
            return bracketed(atom(self._said(node, row, column)), "[", "]")
        if any(isinstance(side, Index) or (side.has(Index) and not side.has(Access)) for side in (left, right)):
            raise Unfit
        if any(access.args[0].is_integer for access in node.atoms(Access)):
            raise Unfit
        sides = self.convert(left, row, column), self.convert(right, row, column)
        return bracketed(concatenate(sides[0], f" {sign} ", sides[1], tight=SUM), "[", "]")

    # --- conditions on rows and columns

    def _is_of_both(self, node: Expr, row: Axis, column: Axis) -> bool:
        """Whether a condition compares the numbers of rows and columns, which have letters."""
        both = {row, column} == {index for index in node.free_symbols if isinstance(index, Index)}
        return both and not node.has(Access) and {row, column} <= self.axes.keys()

    def _said(self, node: Expr, row: Axis, column: Axis) -> str:
        return IndexNotation(self.symbols, self.axes).condition(node)

    def _cases(self, node: Expr, row: Axis, column: Axis) -> Formula:
        if not self._is_of_both(node.args[0], row, column):
            raise Unfit
        said = self._said(node.args[0], row, column)
        return write_cases(said, [self.convert(value, row, column) for value in node.args[1:]])
