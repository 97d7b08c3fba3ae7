"""Expressions of the algebra as formulas in index notation.  Indices and labels count from 1 here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sympy
from sympy import Expr, Integer, Rational

from bpgen.algebra import functions
from bpgen.algebra.digits import quotient, remainder
from bpgen.algebra.expressions import ORDERED, Access, Reduction, free_indices
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.index_names import pretty_indices
from bpgen.algebra.named_number import NamedNumber
from bpgen.algebra.order import common_coefficient, is_whole
from bpgen.algebra.slope import slope
from bpgen.emit.latex_cases import write_cases
from bpgen.emit.latex_constants import constant
from bpgen.emit.latex_layout import (
    ATOM,
    POWER,
    PRODUCT,
    SUM,
    Break,
    Formula,
    atom,
    bracketed,
    concatenate,
    held,
)
from bpgen.emit.latex_letters import batch_first, signs
from bpgen.emit.latex_positions import compared, from_one, is_position
from bpgen.emit.latex_symbols import Symbols, index_letter
from bpgen.emit.latex_terms import (
    UNBROKEN_WIDTH,
    applied,
    fraction,
    is_condition,
    is_negative,
    juxtaposed,
    negated_bracket,
    number,
    plain_number,
    relation_of,
    split_product,
    split_sign,
)

# A quotient with more in its numerator is written 1/d times the rest.
NUMERATOR_WIDTH = 16.0

NAMED: dict[Any, str] = {
    sympy.exp: r"\exp", sympy.log: r"\log", sympy.sin: r"\sin", sympy.cos: r"\cos", sympy.tan: r"\tan",
    sympy.sinh: r"\sinh", sympy.cosh: r"\cosh", sympy.tanh: r"\tanh", sympy.atan: r"\arctan",
    sympy.erf: r"\operatorname{erf}", sympy.sign: r"\operatorname{sign}", functions.sign: r"\operatorname{sign}",
    functions.stop: r"\operatorname{stop}", functions.sigmoid: r"\sigma",
    functions.softplus: r"\operatorname{softplus}", functions.maximum: r"\max", functions.minimum: r"\min",
}  # fmt: skip


class IndexNotation:
    """Prints expressions over one system's tensors.  letters: of the indices that are free."""

    def __init__(self, symbols: Symbols, letters: Mapping[Index, str] | None = None) -> None:
        self.symbols = symbols
        self.letters = dict(letters or {})

    def formula(self, node: Expr) -> Formula:
        if isinstance(node, Access):
            return self.access(node)
        if isinstance(node, Reduction):
            return self._sum([node]) if is_negative(node) else self._reduction(node)
        if node == BATCH:
            return atom("B")
        if is_whole(node) and not node.is_number:  # the value of indices: these count from 1 here
            value = from_one(node, 0)
            return atom(self._affine(value), tight=ATOM if isinstance(value, Index) else SUM)
        if node.is_Rational:
            return number(node)
        if isinstance(node, NamedNumber):
            return atom(constant(node, self.symbols))
        if node == sympy.pi:
            return atom(r"\pi")
        if node in (sympy.oo, -sympy.oo):
            return atom(r"\infty" if node == sympy.oo else r"-\infty", tight=ATOM if node == sympy.oo else SUM)
        if isinstance(node, sympy.Add):
            negated = negated_bracket(node)
            common, rest = common_coefficient(node)
            if common != 1:
                return self._product(sympy.Mul(common, rest, evaluate=False))
            return self._bracket(negated, True) if negated is not None else self._sum(node.args)
        if isinstance(node, sympy.Mul):
            return self._product(node)
        if isinstance(node, sympy.Pow):
            return self._power(node.base, node.exp)
        return self._function(node)

    # --- accesses and indices

    def access(self, node: Access) -> Formula:
        text = self.symbols.element(node.tensor, [self.place(index) for index in node.indices])
        return atom(text, height=2 if self.symbols.is_quotient(node.tensor) else 0)

    def place(self, index: Expr) -> str:
        """An index expression inside an access, counted from 1."""
        return self._affine(from_one(index, 1))

    def _affine(self, index: Expr) -> str:
        if isinstance(index, Index):
            return self.letters.get(index) or index_letter(index.name)
        if isinstance(index, Access):
            return self.access(index).text
        if isinstance(index, sympy.Add):
            terms = sorted(
                index.args,
                key=lambda term: (
                    is_negative(term),
                    bool(term.is_number),
                    -abs(term.as_coeff_Mul()[0]),
                    sympy.default_sort_key(term),
                ),
            )
            text = ""
            for term in terms:
                sign = "-" if is_negative(term) else "+" if text else ""
                text += sign + self._affine(-term if is_negative(term) else term)
            return text
        if isinstance(index, sympy.Mul):
            coefficient, rest = index.as_coeff_Mul()
            head = "" if coefficient == 1 else "-" if coefficient == -1 else number(coefficient).text
            return head + " ".join(self._affine(factor) for factor in sympy.Mul.make_args(rest))
        if isinstance(index, quotient | remainder):
            return self._digit(index)
        return self.formula(index).text

    def _digit(self, node: Expr) -> str:
        """A quotient, rounded down, or up where that is simpler; a remainder."""
        inside, divisor = node.args
        number = inside.as_coeff_Add()[0]
        if isinstance(node, quotient) and number == divisor - 1:  # (j + n - 1) // n, from j - 1 = 0, 1, ...
            return rf"\lceil {self._dividend(inside - number)}/{divisor} \rceil"
        if isinstance(node, quotient):
            return rf"\lfloor {self._dividend(inside)}/{divisor} \rfloor"
        nearest = inside - divisor if 2 * number >= divisor else inside
        return rf"({self._dividend(nearest)} \bmod {divisor})"

    def _dividend(self, node: Expr) -> str:
        text = self._affine(node)
        return f"({text})" if isinstance(node, sympy.Add) else text

    # --- sums and products

    def _sum(self, terms: Sequence[Expr]) -> Formula:
        pieces: list[Formula | Break | str] = []
        ordered = self.signed_terms(terms)
        for negative, term in ordered:
            if pieces:
                pieces += [Break(0, "{}"), " - " if negative else " + "]
            elif negative:
                pieces.append("-")
            formula = held(self.formula(term), PRODUCT)
            last = term == ordered[-1][1]
            pieces.append(bracketed(formula) if _ends_in_cases(term) and not last else formula)
        return concatenate(*pieces, tight=SUM)

    def signed_terms(self, terms: Sequence[Expr]) -> list[tuple[bool, Expr]]:
        """(negative, term without its sign) in the order in which they are printed."""
        ordered = sorted(terms, key=self._term_key)
        return [split_sign(term) for term in ordered]

    def _term_key(self, term: Expr) -> tuple[Any, ...]:
        """What is added before what is subtracted; sums before biases; numbers first, or last as in t + 1."""
        if term.is_number:
            kind = 4 if term.has(NamedNumber) else 0  # v + eps
        elif term.has(Reduction):
            kind = 1
        elif isinstance(term, Index) or (isinstance(term, Access) and not term.indices and not self._is_setting(term)):
            kind = -1  # an index or a counter
        else:
            kind = 3 if all(not access.indices for access in term.atoms(Access)) else 2
        return (is_negative(term), kind, sympy.count_ops(term), self._tensor_order(term), sympy.default_sort_key(term))

    def _tensor_order(self, node: Expr) -> list[tuple[int, str]]:
        return sorted({self.symbols.order(access.tensor) for access in node.atoms(Access)})

    def _is_setting(self, access: Access) -> bool:
        tensor = self.symbols.tensors.get(access.tensor)
        return tensor is not None and tensor.role == "setting"

    def _product(self, node: Expr) -> Formula:
        negative, above, below = split_product(node)
        sign = "-" if negative else ""
        if not below:
            return self._signed(sign, self.factors(above))
        bottom = self.factors(below)
        quotients = [f for f in above if isinstance(f, Access) and self.symbols.is_quotient(f.tensor)]
        others = [f for f in above if f not in quotients]
        top = self.factors(others)
        if (
            top.width > NUMERATOR_WIDTH
            or top.height > 1
            or any(factor.has(Reduction, functions.where) for factor in others)
        ):
            inside = [factor for factor in others if factor.is_number]
            beside = [factor for factor in others if not factor.is_number]
        else:
            inside, beside = others, []
        pieces = [held(self.formula(q), PRODUCT) for q in sorted(quotients, key=self.factor_key)]
        pieces.append(fraction(self.factors(inside), bottom))
        pieces += [held(self.factors(beside), PRODUCT)] if beside else []
        return self._signed(sign, juxtaposed(pieces) if len(pieces) > 1 else pieces[0])

    @staticmethod
    def _signed(sign: str, formula: Formula) -> Formula:
        return concatenate(sign, formula, tight=SUM, trailing=formula.trailing) if sign else formula

    def factors(self, factors: Sequence[Expr]) -> Formula:
        """A product: numbers, adjoints, activations, parameters, then functions, sums in brackets, sum signs."""
        if not factors:
            return atom("1")
        ordered = sorted(factors, key=self.factor_key)
        if len(ordered) == 1:
            return self.formula(ordered[0])
        formulas = [held(self.formula(factor), PRODUCT) for factor in ordered]
        formulas[:-1] = [bracketed(f) if f.trailing else f for f in formulas[:-1]]
        return juxtaposed(formulas)

    def factor_key(self, factor: Expr) -> tuple[Any, ...]:
        base = factor.base if isinstance(factor, sympy.Pow) else factor
        if factor.is_number:
            kind = 0
        elif base == BATCH or (isinstance(base, Access) and not base.indices):
            kind = 1
        elif isinstance(base, Access):
            tensor = self.symbols.tensors.get(base.tensor)
            adjoint = self.symbols.adjoint_base(base.tensor) is not None
            kind = 2 if adjoint else 4 if tensor is not None and tensor.role == "parameter" else 3
        elif isinstance(base, Reduction):
            kind = 8
        elif isinstance(base, functions.where):
            kind = 9
        elif isinstance(base, sympy.Add):
            kind = 6 if any(access.indices for access in base.atoms(Access)) else 1
        else:
            kind = 7 if isinstance(base, functions.Bracket) else 5
        return (kind, self._tensor_order(factor), sympy.default_sort_key(factor))

    def _power(self, base: Expr, exponent: Expr) -> Formula:
        if exponent.is_Rational and exponent < 0:
            return fraction(atom("1"), self._positive_power(base, -exponent))
        return self._positive_power(base, exponent)

    def _positive_power(self, base: Expr, exponent: Expr) -> Formula:
        if exponent == 1:
            return self.formula(base)
        if type(base) in NAMED and len(base.args) == 1 and exponent.is_Integer:
            inside = bracketed(self.formula(base.args[0]))
            return concatenate(rf"{NAMED[type(base)]}^{{{exponent}}}", inside, tight=ATOM)
        return self.raised(self.formula(base), exponent)

    def raised(self, below: Formula, exponent: Expr) -> Formula:
        """A formula to a power."""
        if exponent == Rational(1, 2) and below.width <= UNBROKEN_WIDTH:
            return atom(rf"\sqrt{{{below.text}}}", height=min(3, below.height))
        raised = self.formula(exponent).text if not exponent.is_Rational else plain_number(exponent)
        if below.tight < ATOM or "^" in below.text or below.height > 0:
            below = bracketed(below)
        return concatenate(below, f"^{{{raised}}}", tight=POWER)

    # --- reductions and functions

    def _reduction(self, node: Reduction) -> Formula:
        letters = self.letters
        if any(index not in letters for index in node.bound):
            found = pretty_indices(node, list(letters.values()), self.symbols.tensors)
            letters = {index: index_letter(name) for index, name in found.items()} | letters
        inner = IndexNotation(self.symbols, letters)
        body = inner.formula(node.body)
        body = body if isinstance(node.body, functions.where) else held(body, PRODUCT)
        order = node.bound if node.op in ORDERED else sorted(node.bound, key=batch_first)
        ranges = signs(node.op, [(letters[index], index) for index in order], self.symbols)
        height = 3 if node.op in ("sum", "prod") else max(1, body.height)
        return concatenate(ranges, body, tight=PRODUCT, height=height, trailing=True)

    def _function(self, node: Expr) -> Formula:
        if isinstance(node, functions.Bracket):
            return self._bracket(node)
        if isinstance(node, functions.where):
            return write_cases(self.condition(node.args[0]), [self.formula(value) for value in node.args[1:]])
        if isinstance(node, functions.uniform):
            indices = ", ".join(self.letters[index] for index in sorted(free_indices(node.args[3]), key=batch_first))
            stream = rf"\operatorname{{random}}_{{\mathtt{{{int(node.args[2]):x}}}}}"
            return atom(rf"{stream}({indices})")
        arguments = [self.formula(argument) for argument in node.args]
        if isinstance(node, slope):
            by = atom(rf"\frac{{\partial}}{{\partial {arguments[1].text}}}", height=2)
            return concatenate(by, bracketed(arguments[0]), tight=PRODUCT)
        if isinstance(node, functions.absolute | sympy.Abs):
            return (
                bracketed(arguments[0], r"\lvert ", r" \rvert")
                if arguments[0].height == 0
                else bracketed(arguments[0], "|", "|")
            )
        if isinstance(node, functions.log1p):
            return concatenate(r"\log", bracketed(self._sum([Integer(1), node.args[0]])), tight=ATOM)
        if isinstance(node, functions.expm1):
            return self._sum([sympy.exp(node.args[0]), Integer(-1)])
        return applied(NAMED.get(type(node)) or rf"\operatorname{{{type(node).__name__}}}", arguments)

    def _bracket(self, node: Expr, negated: bool = False) -> Formula:
        relation = self.relation(node, negated)
        return bracketed(relation, "[", "]")

    def relation(self, node: Expr, negated: bool = False) -> Formula:
        """The condition of an Iverson bracket, without the bracket; a number stands on the right."""
        left, right, sign = relation_of(node, negated)
        left, right = compared(left, right)
        return concatenate(self._side(left), f" {sign} ", self._side(right), tight=SUM)

    def _side(self, side: Expr) -> Formula:
        if is_position(side):
            return atom(self._affine(side))
        return self.formula(side)

    def condition(self, node: Expr) -> str:
        """A condition in words and relations: brackets, their products and negations."""
        if isinstance(node, sympy.Mul) and all(is_condition(factor) for factor in node.args):
            return r"\text{ and }".join(
                self.condition(factor) for factor in sorted(node.args, key=sympy.default_sort_key)
            )
        negated = negated_bracket(node)
        if negated is not None:
            return self.relation(negated, True).text
        if isinstance(node, functions.Bracket):
            return self.relation(node).text
        return self.formula(node).text + r" \ne 0"


def _ends_in_cases(term: Expr) -> bool:
    return any(isinstance(factor, functions.where) for factor in sympy.Mul.make_args(term))
