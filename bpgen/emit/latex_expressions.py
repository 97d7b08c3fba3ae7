"""Expressions of the algebra as formulas in index notation.  Indices and labels count from 1 here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sympy
from sympy import Expr, Integer, Rational

from bpgen.algebra import functions
from bpgen.algebra.expressions import Access, Reduction, free_indices
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.system import Equation
from bpgen.emit.latex_layout import (
    ATOM,
    POWER,
    PRODUCT,
    SUM,
    Break,
    Formula,
    Part,
    atom,
    bracketed,
    concatenate,
    held,
)
from bpgen.emit.latex_symbols import Symbols, index_letter

# A quotient with more in its numerator is written 1/d times the rest.
NUMERATOR_WIDTH = 16.0
# A root or a quotient wider than this is written so that it can be broken.
UNBROKEN_WIDTH = 28.0

_LETTERS = "ijkmnpqrstuv"

NAMED: dict[Any, str] = {
    sympy.exp: r"\exp", sympy.log: r"\log", sympy.sin: r"\sin", sympy.cos: r"\cos", sympy.tan: r"\tan",
    sympy.sinh: r"\sinh", sympy.cosh: r"\cosh", sympy.tanh: r"\tanh", sympy.atan: r"\arctan",
    sympy.erf: r"\operatorname{erf}", sympy.sign: r"\operatorname{sign}", functions.sign: r"\operatorname{sign}",
    functions.stop: r"\operatorname{stop}", functions.sigmoid: r"\sigma",
    functions.softplus: r"\operatorname{softplus}", functions.maximum: r"\max", functions.minimum: r"\min",
}  # fmt: skip

_RELATIONS: dict[Any, tuple[str, str, str]] = {  # as it stands, with its sides exchanged, negated
    functions.greater: (">", "<", r"\le"),
    functions.greater_equal: (r"\ge", r"\le", "<"),
    functions.equal: ("=", "=", r"\ne"),
}
_EXCHANGED = {">": "<", "<": ">", r"\ge": r"\le", r"\le": r"\ge", "=": "=", r"\ne": r"\ne"}


def choose_letters(indices: Iterable[Index], expression: Expr, symbols: Symbols, taken: Iterable[str]) -> dict[Index, str]:
    """A letter for each index: its own name, or the name of an axis it stands at, or the next free one."""
    used = set(taken)
    chosen = {}
    for index in indices:
        wishes = [index.name] if index.name[0].isalpha() else _axis_names(index, expression, symbols)
        wishes += [wish + "'" for wish in wishes if index.extent == BATCH] + list(_LETTERS)
        wishes += [f"{_LETTERS[0]}{n}" for n in range(1, len(used) + 2)]
        letter = next(wish for wish in map(index_letter, wishes) if wish not in used)
        used.add(letter)
        chosen[index] = letter
    return chosen


def _axis_names(index: Index, expression: Expr, symbols: Symbols) -> list[str]:
    """Names of the axes at which an index stands plainly, the most frequent first."""
    counts: dict[str, int] = {}
    for access in sorted(expression.atoms(Access), key=sympy.default_sort_key):
        tensor = symbols.tensors.get(access.tensor)
        for place, axis in zip(access.indices, tensor.axes if tensor else (), strict=False):
            if place == index and axis.name[0].isalpha():
                counts[axis.name] = counts.get(axis.name, 0) + 1
    return sorted(counts, key=lambda name: (-counts[name], name))


class IndexNotation:
    """Prints expressions over one system's tensors.  letters: of the indices that are free."""

    def __init__(self, symbols: Symbols, letters: Mapping[Index, str] | None = None) -> None:
        self.symbols = symbols
        self.letters = dict(letters or {})

    def formula(self, node: Expr) -> Formula:
        if isinstance(node, Access):
            return self.access(node)
        if isinstance(node, Reduction):
            return self._reduction(node)
        if node == BATCH:
            return atom("B")
        if isinstance(node, Index):  # the value of an index: the formula counts from 1
            return self._sum([node, Integer(-1)])
        if node.is_Rational:
            return number(node)
        if node == sympy.pi:
            return atom(r"\pi")
        if node in (sympy.oo, -sympy.oo):
            return atom(r"\infty" if node == sympy.oo else r"-\infty", tight=ATOM if node == sympy.oo else SUM)
        if isinstance(node, sympy.Add):
            negated = negated_bracket(node)
            return self._bracket(negated, True) if negated is not None else self._sum(node.args)
        if isinstance(node, sympy.Mul):
            return self._product(node)
        if isinstance(node, sympy.Pow):
            return self._power(node.base, node.exp)
        return self._function(node)

    # --- accesses and indices

    def access(self, node: Access) -> Formula:
        text = self.symbols.element(node.tensor, [self.place(index) for index in node.indices])
        tall = self.symbols.is_quotient(node.tensor) and node.tensor not in self.symbols.overrides
        return atom(text, height=2 if tall else 0)

    def place(self, index: Expr) -> str:
        """An index expression inside an access, counted from 1."""
        return self._affine(_from_one(index, 1))

    def _affine(self, index: Expr) -> str:
        if isinstance(index, Index):
            return self.letters.get(index) or index_letter(index.name)
        if isinstance(index, Access):
            return self.access(index).text
        if isinstance(index, sympy.Add):
            terms = sorted(index.args, key=lambda term: (bool(term.is_number), _negative(term), sympy.default_sort_key(term)))
            text = ""
            for term in terms:
                sign = "-" if _negative(term) else "+" if text else ""
                text += sign + self._affine(-term if _negative(term) else term)
            return text
        if isinstance(index, sympy.Mul):
            coefficient, rest = index.as_coeff_Mul()
            head = "" if coefficient == 1 else "-" if coefficient == -1 else number(coefficient).text
            return head + " ".join(self._affine(factor) for factor in sympy.Mul.make_args(rest))
        return self.formula(index).text

    # --- sums and products

    def _sum(self, terms: Sequence[Expr]) -> Formula:
        pieces: list[Formula | Break | str] = []
        for negative, term in self.signed_terms(terms):
            if pieces:
                pieces += [Break(0, "{}"), "- " if negative else "+ "]
            elif negative:
                pieces.append("-")
            pieces.append(held(self.formula(term), PRODUCT))
        return concatenate(*pieces, tight=SUM)

    def signed_terms(self, terms: Sequence[Expr]) -> list[tuple[bool, Expr]]:
        """(negative, term without its sign) in the order in which they are printed."""
        ordered = sorted(terms, key=self._term_key)
        return [(_negative(term), -term if _negative(term) else term) for term in ordered]

    def _term_key(self, term: Expr) -> tuple[Any, ...]:
        """What is added before what is subtracted; sums before biases; numbers first, or last as in t + 1."""
        if term.is_number:
            kind = 0
        elif term.has(Reduction):
            kind = 1
        elif all(not access.indices for access in term.atoms(Access)) and not isinstance(term, Index):
            kind = 3 if not isinstance(term, Access) else -1
        else:
            kind = 2 if not isinstance(term, Index) else -1
        return (_negative(term), kind, sympy.count_ops(term), sympy.default_sort_key(term))

    def _product(self, node: Expr) -> Formula:
        negative, above, below = split_product(node)
        sign = "-" if negative else ""
        if not below:
            return self._signed(sign, self.factors(above))
        bottom = self.factors(below) if len(below) > 1 else self.formula(below[0])
        top = self.factors(above)
        simple = top.width <= NUMERATOR_WIDTH and not any(factor.has(Reduction) for factor in above)
        if simple or not above:
            return self._signed(sign, fraction(top, bottom))
        numbers = [factor for factor in above if factor.is_number]
        others = [factor for factor in above if not factor.is_number]
        first = fraction(self.factors(numbers), bottom)
        rest = held(self.factors(others), PRODUCT)
        return self._signed(sign, concatenate(first, r"\,", rest, tight=PRODUCT, trailing=rest.trailing))

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
        elif isinstance(base, sympy.Add):
            kind = 6
        else:
            kind = 7 if isinstance(base, functions.Bracket) else 5
        return (kind, sympy.default_sort_key(factor))

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
        outside = {self.letters.get(index) or index_letter(index.name) for index in free_indices(node)}
        outside |= {letter for index, letter in self.letters.items() if index.name.startswith("_")}
        chosen = choose_letters(node.bound, node.body, self.symbols, outside)
        inner = IndexNotation(self.symbols, self.letters | chosen)
        body = held(inner.formula(node.body), PRODUCT)
        ranges = "".join(_SIGNS[node.op](chosen[index], index) for index in sorted(node.bound, key=_batch_first))
        return concatenate(ranges, body, tight=PRODUCT, height=3, trailing=True)

    def _function(self, node: Expr) -> Formula:
        if isinstance(node, functions.Bracket):
            return self._bracket(node)
        if isinstance(node, functions.where):
            return self._cases(node)
        arguments = [self.formula(argument) for argument in node.args]
        if isinstance(node, functions.absolute | sympy.Abs):
            return bracketed(arguments[0], r"\lvert ", r" \rvert") if arguments[0].height == 0 else bracketed(arguments[0], "|", "|")
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
        left, right = _compared(left, right)
        return concatenate(self._side(left), f" {sign} ", self._side(right), tight=SUM)

    def _side(self, side: Expr) -> Formula:
        if _is_position(side):
            return atom(self._affine(side))
        return self.formula(side)

    def condition(self, node: Expr) -> str:
        """A condition in words and relations: brackets, their products and negations."""
        if isinstance(node, sympy.Mul) and all(_is_condition(factor) for factor in node.args):
            return r"\text{ and }".join(self.condition(factor) for factor in sorted(node.args, key=sympy.default_sort_key))
        negated = negated_bracket(node)
        if negated is not None:
            return self.relation(negated, True).text
        if isinstance(node, functions.Bracket):
            return self.relation(node).text
        return self.formula(node).text + r" \ne 0"

    def _cases(self, node: Expr) -> Formula:
        condition, chosen, otherwise = node.args
        above, below = self.formula(chosen), self.formula(otherwise)
        text = (
            rf"\left\{{\begin{{array}}{{@{{}}l@{{\quad}}l@{{}}}} {above.text} & \text{{if }} {self.condition(condition)} \\ "
            rf"{below.text} & \text{{otherwise}} \end{{array}}\right."
        )
        width = max(above.width, below.width) + max(4.5, atom(self.condition(condition)).width + 1.0) + 2.0
        return Formula((Part(text, width),), PRODUCT, 3, trailing=True)


# --- helpers shared with matrix notation ---------------------------------------------------------


def juxtaposed(formulas: Sequence[Formula]) -> Formula:
    """Factors side by side; a line may be broken before one in brackets."""
    pieces: list[Formula | Break | str] = [formulas[0]]
    for before, factor in zip(formulas, formulas[1:], strict=False):
        digits = before.text[-1:].isdigit() and factor.text[:1].isdigit()
        pieces += [Break(1, r"{}\times "), r" \cdot " if digits else r"\,", factor]
    return concatenate(*pieces, tight=PRODUCT, trailing=formulas[-1].trailing)


def fraction(top: Formula, bottom: Formula) -> Formula:
    if max(top.width, bottom.width) > UNBROKEN_WIDTH:
        return concatenate(held(top, PRODUCT), Break(1, "{}"), r" \big/ ", held(bottom, ATOM), tight=PRODUCT)
    height = 3 if max(top.height, bottom.height) >= 2 else 2
    return atom(rf"\frac{{{top.text}}}{{{bottom.text}}}", height, PRODUCT)


def applied(name: str, arguments: Sequence[Formula]) -> Formula:
    inside: list[Formula | Break | str] = [arguments[0]]
    for argument in arguments[1:]:
        inside += [", ", Break(0), argument]
    return concatenate(name, bracketed(concatenate(*inside, tight=SUM)), tight=ATOM)


def number(value: Expr) -> Formula:
    """An exact number: a fraction of small numbers, a power of ten, or a decimal where it ends."""
    if value.is_Integer:
        return atom(plain_number(value), tight=SUM if value < 0 else ATOM)
    if value < 0:
        return concatenate("-", number(-value), tight=SUM)
    decimal = _decimal(value)
    if decimal is not None and (value.q > 16 or value.q == 10):
        return atom(decimal, tight=PRODUCT if "\\cdot" in decimal else POWER if "^" in decimal else ATOM)
    return fraction(atom(str(value.p)), atom(str(value.q)))


def plain_number(value: Expr) -> str:
    """An exact number on one line, as exponents want it."""
    text = str(value)
    return text if value.is_Integer else f"{value.p}/{value.q}"


def _decimal(value: Rational) -> str | None:
    """0.044715, 10^{-8}, 3 \\cdot 10^{-4}; None for a fraction that does not end."""
    rest = int(value.q)
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1:
        return None
    places = next(n for n in range(1, 400) if (value * 10**n).is_Integer)
    digits = str(int(value * 10**places))
    if len(digits) > 12:
        return None
    if len(digits) <= places - 3:  # 0.001 and smaller as powers of ten
        exponent = len(digits) - 1 - places
        mantissa = digits[0] + ("." + digits[1:] if digits[1:] else "")
        return rf"10^{{{exponent}}}" if mantissa == "1" else rf"{mantissa} \cdot 10^{{{exponent}}}"
    digits = digits.rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}"


def split_product(node: Expr) -> tuple[bool, list[Expr], list[Expr]]:
    """(negative, factors above, factors below the line) of a product."""
    coefficient, rest = node.as_coeff_Mul()
    negative = bool(coefficient < 0)
    coefficient = abs(coefficient)
    above, below = [], []
    if coefficient != 1:
        decimal = coefficient.is_Rational and _decimal(coefficient) is not None and coefficient.q > 16
        above += [coefficient if decimal else Integer(coefficient.p)] if decimal or coefficient.p != 1 else []
        below += [Integer(coefficient.q)] if not decimal and coefficient.q != 1 else []
    for factor in sympy.Mul.make_args(rest):
        if isinstance(factor, sympy.Pow) and factor.exp.is_Rational and factor.exp < 0:
            below.append(sympy.Pow(factor.base, -factor.exp))
        elif factor != 1:
            above.append(factor)
    return negative, above, below


def negated_bracket(node: Expr) -> Expr | None:
    """The bracket c of 1 - c, or None."""
    if isinstance(node, sympy.Add) and len(node.args) == 2 and Integer(1) in node.args:
        other = -(node - 1)
        if isinstance(other, functions.Bracket):
            return other
    return None


def relation_of(node: Expr, negated: bool = False) -> tuple[Expr, Expr, str]:
    """(left, right, sign) of a bracket's condition; a number stands on the right."""
    left, right = node.args
    straight, _, opposite = _RELATIONS[type(node)]
    sign = opposite if negated else straight
    if left.is_number and not right.is_number:
        return right, left, _EXCHANGED[sign]
    return left, right, sign


def _is_condition(node: Expr) -> bool:
    return isinstance(node, functions.Bracket) or negated_bracket(node) is not None


def _negative(term: Expr) -> bool:
    return bool(term.as_coeff_Mul()[0] < 0)


def _batch_first(index: Index) -> tuple[bool, str]:
    return index.extent != BATCH, index.name


def _is_position(node: Expr) -> bool:
    """Whether an expression speaks of positions: indices, labels, and integers added to them."""
    terms = sympy.Add.make_args(node)
    return any(_is_place(term) for term in terms) and all(_is_place(t) or t.is_Integer for t in terms)


def _is_place(term: Expr) -> bool:
    factor = term.as_coeff_Mul()[1]
    whole = isinstance(factor, Index) or (isinstance(factor, Access) and bool(factor.args[0].is_integer))
    return whole or (isinstance(factor, Reduction) and factor.op == "argmax")


def _from_one(index: Expr, offset: int) -> Expr:
    """A position counted from `offset`, written by indices and labels that count from 1."""
    marks: dict[Expr, Expr] = {}
    places = [node for node in index.atoms(Access, Reduction) if not _nested(node, index)]
    places += [node for node in free_indices(_without(index, places))]
    for place in places:
        marks[place] = sympy.Dummy(integer=True)
    marked = index.xreplace(marks)
    shifted = sympy.expand(marked.xreplace({mark: mark - 1 for mark in marks.values()}) + offset)
    result: Expr = shifted.xreplace({mark: place for place, mark in marks.items()})
    return result


def _without(index: Expr, places: Sequence[Expr]) -> Expr:
    result: Expr = index.xreplace({place: Integer(0) for place in places})
    return result


def _nested(node: Expr, whole: Expr) -> bool:
    """Whether a node occurs only inside another access or reduction."""
    others = [other for other in whole.atoms(Access, Reduction) if other != node and other.has(node)]
    return bool(others) and not _without(whole, others).has(node)


def _compared(left: Expr, right: Expr) -> tuple[Expr, Expr]:
    """Both sides of a comparison of positions, counted from 1.  Negative labels are marks and stay."""
    if not _is_position(left) and not _is_position(right):
        return left, right
    if right.is_Integer and right < 0 and isinstance(left, Access):
        return left, right
    if not all(_is_position(side) or side.is_Integer for side in (left, right)):
        return left, right
    left, right = _from_one(left, 1), _from_one(right, 1)
    constant = left.as_coeff_Add()[0]
    return left - constant, right - constant


def _sum_sign(sign: str) -> Any:
    def ranged(letter: str, index: Index) -> str:
        extent = "B" if index.extent == BATCH else str(index.extent)
        return rf"{sign}_{{{letter}=1}}^{{{extent}}} "

    return ranged


_SIGNS: Mapping[str, Any] = {
    "sum": _sum_sign(r"\sum"),
    "prod": _sum_sign(r"\prod"),
    "max": lambda letter, index: rf"\max_{{{letter}}} ",
    "argmax": lambda letter, index: rf"\operatorname*{{arg\,max}}_{{{letter}}} ",
}


def equation_letters(equation: Equation, symbols: Symbols) -> dict[Index, str]:
    """Letters of the left-hand indices."""
    return choose_letters(equation.indices, equation.lhs + equation.rhs, symbols, ())
