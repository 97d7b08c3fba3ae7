"""The syntax tree of equation text: what was written and where, before any name means anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import TypeAlias

from bpgen.algebra.errors import Position
from bpgen.algebra.records import dataclass


@dataclass(frozen=True)
class Number:
    """A literal, exact: 1e-5 is 1/100000."""

    value: Fraction
    position: Position


@dataclass(frozen=True)
class Name:
    """A name without brackets: an index, a scalar, a size or a constant."""

    name: str
    position: Position


@dataclass(frozen=True)
class Dots:
    """`...` in brackets: all leading axes of the first tensor it meets."""

    position: Position


@dataclass(frozen=True)
class Subscript:
    """name[indices]: an element of a tensor."""

    name: str
    indices: tuple[Node, ...]
    position: Position


@dataclass(frozen=True)
class Call:
    """name(arguments, keyword=argument)."""

    name: str
    arguments: tuple[Node, ...]
    keywords: tuple[tuple[str, Node], ...]
    position: Position


@dataclass(frozen=True)
class Reduce:
    """name[indices](arguments): sum, mean, max, softmax, ... over indices."""

    name: str
    indices: tuple[Node, ...]
    arguments: tuple[Node, ...]
    position: Position


@dataclass(frozen=True)
class Sum:
    """Terms, each with its sign "+" or "-"."""

    terms: tuple[tuple[str, Node], ...]
    position: Position


@dataclass(frozen=True)
class Product:
    """Factors, each with the operator before it: "*", "/", "//" or "%"; the first has "*"."""

    factors: tuple[tuple[str, Node], ...]
    position: Position


@dataclass(frozen=True)
class Negate:
    operand: Node
    position: Position


@dataclass(frozen=True)
class Power:
    base: Node
    exponent: Node
    position: Position


@dataclass(frozen=True)
class Compare:
    """first operator operand operator operand ...: a chain holds where each of its comparisons does."""

    first: Node
    rest: tuple[tuple[str, Node], ...]
    position: Position


@dataclass(frozen=True)
class Logic:
    """operator "and", "or" (two or more operands) or "not" (one)."""

    operator: str
    operands: tuple[Node, ...]
    position: Position


@dataclass(frozen=True)
class Conditional:
    """value if condition else otherwise; without else it is 0 elsewhere."""

    value: Node
    condition: Node
    otherwise: Node | None
    position: Position


Node: TypeAlias = (
    Number | Name | Dots | Subscript | Call | Reduce | Sum | Product | Negate | Power | Compare | Logic | Conditional
)


@dataclass(frozen=True)
class ParsedEquation:
    """name[indices] = value; position: of the left-hand side."""

    name: str
    indices: tuple[Node, ...]
    value: Node
    position: Position


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below, as written from left to right."""
    match node:
        case Number() | Name() | Dots():
            return ()
        case Subscript():
            return node.indices
        case Call():
            return node.arguments + tuple(value for _, value in node.keywords)
        case Reduce():
            return node.indices + node.arguments
        case Sum():
            return tuple(term for _, term in node.terms)
        case Product():
            return tuple(factor for _, factor in node.factors)
        case Negate():
            return (node.operand,)
        case Power():
            return (node.base, node.exponent)
        case Compare():
            return (node.first, *(operand for _, operand in node.rest))
        case Logic():
            return node.operands
        case Conditional():
            return (node.value, node.condition) + ((node.otherwise,) if node.otherwise else ())


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, from left to right."""
    yield node
    for child in children(node):
        yield from walk(child)


def with_children(node: Node, change: Callable[[Node], tuple[Node, ...]]) -> Node:
    """The node with each child replaced; in brackets a child may become several or none, elsewhere it is one."""

    def one(child: Node) -> Node:
        (changed,) = change(child)
        return changed

    def several(items: tuple[Node, ...]) -> tuple[Node, ...]:
        return tuple(changed for item in items for changed in change(item))

    def paired(items: tuple[tuple[str, Node], ...]) -> tuple[tuple[str, Node], ...]:
        return tuple((mark, one(item)) for mark, item in items)

    match node:
        case Number() | Name() | Dots():
            return node
        case Subscript():
            return replace(node, indices=several(node.indices))
        case Call():
            return replace(node, arguments=several(node.arguments), keywords=paired(node.keywords))
        case Reduce():
            return replace(node, indices=several(node.indices), arguments=tuple(map(one, node.arguments)))
        case Sum():
            return replace(node, terms=paired(node.terms))
        case Product():
            return replace(node, factors=paired(node.factors))
        case Negate():
            return replace(node, operand=one(node.operand))
        case Power():
            return replace(node, base=one(node.base), exponent=one(node.exponent))
        case Compare():
            return replace(node, first=one(node.first), rest=paired(node.rest))
        case Logic():
            return replace(node, operands=tuple(map(one, node.operands)))
        case Conditional():
            otherwise = one(node.otherwise) if node.otherwise else None
            return replace(node, value=one(node.value), condition=one(node.condition), otherwise=otherwise)
