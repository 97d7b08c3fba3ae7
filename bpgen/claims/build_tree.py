"""What the grammar of matrix notation has parsed -> the tree of a claim."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from lark import Token, Tree

from bpgen.algebra.diagnose import SourceText
from bpgen.algebra.errors import Position
from bpgen.algebra.syntax import LARGEST_EXPONENT
from bpgen.claims.calls import COUNTS
from bpgen.claims.tokens import REDUCING, SPELLINGS, is_known_function, place_of, unscripted
from bpgen.claims.tree import (
    ELEMENTWISE,
    MATRIX,
    Apply,
    Call,
    Comparison,
    Derivative,
    Divide,
    Element,
    IndexSum,
    Line,
    Name,
    Number,
    Ones,
    Power,
    Product,
    Sum,
    Term,
    Total,
    Transpose,
)


class TreeBuilder:
    """Builds lines of a claim; raises EquationError for arguments and left sides that have no meaning."""

    def __init__(self, source: SourceText) -> None:
        self.source = source

    def place(self, tree: Tree[Token] | Token) -> Position:
        """From the first token to the last, or to the end of the first line."""
        tokens = [tree] if isinstance(tree, Token) else list(tree.scan_values(lambda part: isinstance(part, Token)))
        first = place_of(tokens[0], self.source)
        here = [place_of(found, self.source) for found in tokens if found.line == tokens[0].line]
        return replace(first, length=max(place.column + place.length for place in here) - first.column)

    def line(self, tree: Tree[Token], text: str) -> Line:
        left, _, right = tree.children
        place = self.place(left)
        term = self.term(left)
        if not isinstance(term, Name | Element | Derivative):
            message = "the left side of a claim is what it speaks of"
            raise self.source.error("left-side", message, place, "such as dW, delta2, dL/dW or L")
        return Line(term, self.term(right), place, text)

    def term(self, tree: Tree[Token] | Token) -> Term:
        assert isinstance(tree, Tree)
        place, parts = self.place(tree), tree.children
        match str(tree.data):
            case "comparison":
                left, operator, right = parts
                return Comparison(str(operator), self.term(left), self.term(right), place)
            case "sum":
                return self._sum(parts, place)
            case "product":
                return self._elementwise(parts)
            case "minus":
                return Sum(((-1, self.term(parts[1])),), place)
            case "chain":
                return self._chain(parts)
            case "indexsum":
                written, _, upper = str(parts[0]).partition("|")
                return IndexSum(tuple(written.split(",")), self.term(parts[1]), place, upper)
            case "postfix":
                return self._postfix(parts)
            case "exponent":
                term = self.term(parts[-1])
                return Sum(((-1, term),), place) if len(parts) == 2 else term
            case "equal":
                return Comparison("==", self.term(parts[1]), self.term(parts[3]), place)
            case "group":
                return self.term(parts[1])
            case "call":
                return self._call(tree)
            case _:  # atom
                (part,) = parts
                return self._atom(part) if isinstance(part, Token) else self.term(part)

    def _sum(self, parts: list[Any], place: Position) -> Term:
        sign, terms = 1, []
        for part in parts:
            if isinstance(part, Token):
                sign = -1 if part.type == "MINUS" else 1
            else:
                terms.append((sign, self.term(part)))
        return terms[0][1] if len(terms) == 1 and terms[0][0] == 1 else Sum(tuple(terms), place)

    def _elementwise(self, parts: list[Any]) -> Term:
        """a * b / c, element by element, from left to right."""
        result = self.term(parts[0])
        for operator, part in zip(parts[1::2], parts[2::2], strict=True):
            factor = self.term(part)
            place = _span(result, factor)
            divides = operator.type == "DIVIDE"
            result = Divide(result, factor, place) if divides else Product(result, factor, ELEMENTWISE, place)
        return result

    def _chain(self, parts: list[Any]) -> Term:
        """a b / c @ d, from left to right; a function's name takes the next factor: log p."""
        result: Term | None = None
        operator, sign = "", 1
        waiting: list[Name] = []
        for part in parts:
            if isinstance(part, Token):
                operator, sign = (
                    ("/", 1) if part.type == "SLASH" else (operator, -1) if part.type == "MINUS" else ("@", 1)
                )
                continue
            term = self.term(part)
            if isinstance(term, Name) and is_known_function(term.name) and part is not parts[-1]:
                waiting.append(term)
                continue
            for name in reversed(waiting):
                term = self._applied(name.name, 0, term, _span(name, term))
            waiting = []
            if sign < 0:
                term = Sum(((-1, term),), term.position)
            if result is None:
                result = term
            elif operator == "/":
                result = Divide(result, term, _span(result, term))
            else:
                result = Product(result, term, MATRIX, _span(result, term))
            operator, sign = "", 1
        assert result is not None  # a chain begins with a factor
        return result

    def _postfix(self, parts: list[Any]) -> Term:
        term = self.term(parts[0])
        for part in parts[1:]:
            place = _span(term, self.place(part))
            if isinstance(part, Token):
                if isinstance(term, Number) and term.value == 1:
                    term = Ones(term.position)  # a number has no transpose
                term = Transpose(term, place)
            elif part.data == "power":
                term = Power(term, self.term(part.children[1]), place)
            else:
                term = self._method(str(part.children[0]), term, part, place)
        return term

    def _method(self, name: str, operand: Term, tree: Tree[Token], place: Position) -> Term:
        arguments = [child for child in tree.children if isinstance(child, Tree)]
        given, axis = self._arguments(arguments)
        if name == "dot":
            if len(given) != 1:
                raise self.source.error("argument-count", "`.dot` takes one argument", place)
            return Product(operand, given[0], MATRIX, place)
        if axis is None and len(given) == 1:
            axis, given = self._axis(given[0]), []
        if given:
            raise self.source.error("argument-count", f"`.{name}` takes an axis and nothing else", place)
        return Total(name, operand, axis, place)

    def _call(self, tree: Tree[Token]) -> Term:
        head, place = tree.children[0], self.place(tree)
        name, _, primes = unscripted(str(head))
        given, axis = self._arguments([child for child in tree.children if isinstance(child, Tree)])
        if name in REDUCING:
            if len(given) == 2 and axis is None:
                axis = self._axis(given.pop())
            if len(given) == 1 and not primes:
                return Total("sum" if name == "sum" else "mean", given[0], axis, place)
        elif name in ("dot", "matmul") and len(given) == 2:
            return Product(given[0], given[1], MATRIX, place)
        elif name == "transpose" and len(given) == 1:
            return Transpose(given[0], place)
        elif name in COUNTS and axis is None and not primes and given:
            return Call(name, tuple(given), place)
        elif len(given) == 1 and axis is None:
            return self._applied(name, primes, given[0], place)
        message = f"`{name}` is given {len(given)} arguments"
        raise self.source.error("argument-count", message, place, "functions take one, sum and mean an axis besides")

    def _applied(self, name: str, primes: int, argument: Term, place: Position) -> Term:
        return Apply(SPELLINGS.get(name, name), primes, argument, place)

    def _arguments(self, lists: list[Tree[Token]]) -> tuple[list[Term], int | None]:
        given: list[Term] = []
        axis: int | None = None
        for argument in (item for tree in lists for item in tree.children if isinstance(item, Tree)):
            if len(argument.children) == 1:
                given.append(self.term(argument.children[0]))
                continue
            key = unscripted(str(argument.children[0]))[0]
            if key == "axis":
                axis = self._axis(self.term(argument.children[2]))
            elif key != "keepdims":
                message = f"`{key}` is no argument known here"
                raise self.source.error("unknown-argument", message, self.place(argument), "sum and mean take axis = 0")
        return given, axis

    def _axis(self, term: Term) -> int:
        sign = 1
        if isinstance(term, Sum) and len(term.terms) == 1:
            sign, term = term.terms[0]
        if not isinstance(term, Number) or term.value.denominator != 1:
            raise self.source.error("axis", "an axis is a whole number", term.position, "axis = 0 is the batch")
        return sign * int(term.value)

    def _atom(self, found: Token) -> Term:
        place = place_of(found, self.source)
        match found.type:
            case "NUMBER":
                return Number(self._exact(str(found), place), place)
            case "ONES":
                return Ones(place)
            case "DERIVATIVE":
                of, by = (self._reference(part, place) for part in str(found).split("/"))
                return Derivative(of, by, place)
            case _:
                return self._reference(str(found), place)

    def _exact(self, text: str, place: Position) -> Fraction:
        _, _, exponent = text.lower().partition("e")
        if exponent and abs(int(exponent)) > LARGEST_EXPONENT:
            message = f"{text} is beyond the numbers of float64"
            raise self.source.error("number-range", message, place, "use a smaller exponent")
        return Fraction(text)

    def _reference(self, value: str, place: Position) -> Name | Element:
        name, indices, _ = unscripted(value)
        return Element(name, indices, place) if indices else Name(name, place)


def _span(first: Term, last: Term | Position) -> Position:
    """From the beginning of one to the end of the other, if they stand in one line."""
    begin, end = first.position, last if isinstance(last, Position) else last.position
    if begin.line != end.line or end.column < begin.column:
        return begin
    return replace(begin, length=end.column + end.length - begin.column)
