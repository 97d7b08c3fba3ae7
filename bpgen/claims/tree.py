"""The syntax tree of a claim in matrix notation or LaTeX: what was written and where.

A claim in the equation language has the tree of that language (bpgen.algebra.syntax_tree).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from fractions import Fraction
from typing import Any, TypeAlias

from bpgen.algebra.errors import Position
from bpgen.algebra.records import dataclass

MATRIX, ELEMENTWISE = "matrix product", "elementwise product"


@dataclass(frozen=True)
class Number:
    value: Fraction
    position: Position


@dataclass(frozen=True)
class Name:
    """A tensor, a number or a size by its name."""

    name: str
    position: Position


@dataclass(frozen=True)
class Element:
    """name_{indices}: an element of a tensor, by letters."""

    name: str
    indices: tuple[str, ...]
    position: Position


@dataclass(frozen=True)
class Ones:
    """The vector of ones, as long as what it is multiplied with."""

    position: Position


@dataclass(frozen=True)
class Derivative:
    """d of / d by, as one writes it."""

    of: Name | Element
    by: Name | Element
    position: Position


@dataclass(frozen=True)
class Transpose:
    operand: Term
    position: Position


@dataclass(frozen=True)
class Product:
    """kind: MATRIX (written side by side, or with @) or ELEMENTWISE."""

    left: Term
    right: Term
    kind: str
    position: Position


@dataclass(frozen=True)
class Divide:
    top: Term
    bottom: Term
    position: Position


@dataclass(frozen=True)
class Sum:
    """Terms, each with its sign 1 or -1."""

    terms: tuple[tuple[int, Term], ...]
    position: Position


@dataclass(frozen=True)
class Power:
    base: Term
    exponent: Term
    position: Position


@dataclass(frozen=True)
class Apply:
    """function(argument), differentiated `primes` times."""

    function: str
    primes: int
    argument: Term
    position: Position


@dataclass(frozen=True)
class Call:
    """A function of several arguments, or of whole matrices."""

    function: str
    arguments: tuple[Term, ...]
    position: Position


@dataclass(frozen=True)
class Total:
    """A sum or a mean over an axis counted from 0, or over all of them."""

    op: str
    operand: Term
    axis: int | None
    position: Position


@dataclass(frozen=True)
class IndexSum:
    """A sum over the letters of indices.  upper: where the numbers of a single one end, as it is written."""

    indices: tuple[str, ...]
    body: Term
    position: Position
    upper: str = ""


@dataclass(frozen=True)
class Comparison:
    """1 where it holds, else 0."""

    operator: str
    left: Term
    right: Term
    position: Position


Term: TypeAlias = (
    Number | Name | Element | Ones | Derivative | Transpose | Product | Divide | Sum | Power | Apply | Call
    | Total | IndexSum | Comparison
)  # fmt: skip

TERMS = (
    Number, Name, Element, Ones, Derivative, Transpose, Product, Divide, Sum, Power, Apply, Call, Total, IndexSum,
    Comparison,
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """left = right; text: as it was written."""

    left: Name | Element | Derivative
    right: Term
    position: Position
    text: str


def children(term: Term) -> tuple[Term, ...]:
    """The terms directly below, from left to right."""
    if isinstance(term, Sum):
        return tuple(part for _, part in term.terms)
    if isinstance(term, Call):
        return term.arguments
    found = (getattr(term, field.name) for field in fields(term))
    return tuple(part for part in found if isinstance(part, TERMS))


def walk(term: Term) -> Iterator[Term]:
    yield term
    for child in children(term):
        yield from walk(child)


def with_children(term: Term, change: Callable[[Term], Term]) -> Term:
    """The term with each child replaced."""
    if isinstance(term, Sum):
        return replace(term, terms=tuple((mark, change(part)) for mark, part in term.terms))
    if isinstance(term, Call):
        return replace(term, arguments=tuple(map(change, term.arguments)))
    changed: dict[str, Any] = {}
    for field in fields(term):
        part = getattr(term, field.name)
        if isinstance(part, TERMS):
            changed[field.name] = change(part)
    return replace(term, **changed) if changed else term
