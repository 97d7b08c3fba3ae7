"""A line of a claim in the equation language -> its expression; and its tree in matrix notation, for other readings."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Expr

from bpgen.algebra import syntax_tree as written
from bpgen.algebra.bindings import Bindings
from bpgen.algebra.build import Builder
from bpgen.algebra.errors import EquationError
from bpgen.algebra.expand import expand
from bpgen.algebra.index import Index
from bpgen.algebra.infer import infer
from bpgen.algebra.records import dataclass
from bpgen.algebra.scope import Scope
from bpgen.algebra.syntax_tree import Node, ParsedEquation, Reduce, Subscript, walk
from bpgen.algebra.system import Tensor
from bpgen.claims.names import Names
from bpgen.claims.shapes import Misfit
from bpgen.claims.tree import (
    ELEMENTWISE,
    Apply,
    Comparison,
    Divide,
    Element,
    IndexSum,
    Line,
    Name,
    Number,
    Power,
    Product,
    Sum,
    Term,
)

# Errors that make a claim wrong, not unreadable: the kind of slip that each of them is.
_SLIPS = {"unbound-index": "sum missing", "index-extent": "indices", "wrong-axes": "shape"}


@dataclass(frozen=True)
class Indexed:
    """axes: the indices on the left side"""

    axes: tuple[Index, ...]
    expression: Expr


def read_indexed(equation: ParsedEquation, names: Names, target: Tensor | None) -> Indexed:
    """The expression of one line.  target: the tensor on the left side, where it exists.

    Raises EquationError, and Misfit where extents or indices do not fit.
    """
    source = names.source
    indices = {node.name for item in _indices(equation) for node in walk(item) if isinstance(node, written.Name)}
    tensors: dict[str, Tensor] = {}
    numbers: dict[str, Expr] = {}
    for node, within in _names(equation.value, within=False):
        if node.name in indices and isinstance(node, written.Name):
            continue
        found = names.theory.numbers.get(node.name) if within else names.meaning(node.name, node.position)
        if isinstance(found, Tensor):
            tensors[node.name] = found
        elif found is not None:
            numbers[node.name] = found
        elif isinstance(node, Subscript):
            raise names.unknown(node.name, node.position)
    if target is not None:
        tensors[equation.name] = target
    sizes = {name: int(value) for name, value in names.theory.numbers.items() if value.is_Integer and value > 0}
    scope = Scope(tensors=tensors, constants=numbers, sizes={n: v for n, v in sizes.items() if n in indices})
    try:
        (expanded,) = expand((equation,), scope, source)
        inferred = infer((expanded,), scope, source)
        builder = Builder(source, scope, dict(tensors), inferred.extents)
        left = [item.name for item in expanded.indices if isinstance(item, written.Name)]
        axes = tuple(Index(name, inferred.extents[name]) for name in left)
        if target is not None and len(axes) != len(target.axes):
            count = len(target.axes)
            message = (
                f"`{equation.name}` has {count} {'axis' if count == 1 else 'axes'}, but is given {len(axes)} indices"
            )
            raise source.error("wrong-axes", message, equation.position)
        expression = builder.right_hand_side(expanded.value, Bindings.of(axes))
        for problem in inferred.problems:
            raise problem
    except EquationError as error:
        found_slip = error.diagnostics[0]
        if found_slip.code not in _SLIPS or found_slip.position is None:
            raise
        place = Name(equation.name, found_slip.position)
        raise Misfit(_SLIPS[found_slip.code], found_slip.message, place) from error
    return Indexed(axes, expression)


def _names(node: Node, within: bool) -> Iterator[tuple[Subscript | written.Name, bool]]:
    """Every name of a tensor or a number, and whether it stands within the brackets of another."""
    if isinstance(node, written.Name):
        yield node, within
        return
    if isinstance(node, Subscript):
        yield node, False
    for child in written.children(node):
        yield from _names(child, within or (isinstance(node, Subscript | Reduce) and child in node.indices))


def _indices(equation: ParsedEquation) -> tuple[Node, ...]:
    bound = (item for node in walk(equation.value) if isinstance(node, Reduce) for item in node.indices)
    return (*equation.indices, *bound)


def as_line(equation: ParsedEquation) -> Line | None:
    """The line in the tree of matrix notation; None where it says what that tree cannot."""
    right = _term(equation.value)
    letters = [item.name for item in equation.indices if isinstance(item, written.Name)]
    left = (
        Element(equation.name, tuple(letters), equation.position) if letters else Name(equation.name, equation.position)
    )
    return None if right is None else Line(left, right, equation.position, "")


def _term(node: Node) -> Term | None:
    place = node.position
    match node:
        case written.Number():
            return Number(node.value, place)
        case written.Name():
            return Name(node.name, place)
        case Subscript():
            letters = tuple(item.name for item in node.indices if isinstance(item, written.Name))
            return Element(node.name, letters, place) if len(letters) == len(node.indices) else None
        case written.Sum():
            terms = [(-1 if mark == "-" else 1, _term(part)) for mark, part in node.terms]
            return Sum(tuple((s, t) for s, t in terms if t is not None), place) if all(t for _, t in terms) else None
        case written.Negate():
            inner = _term(node.operand)
            return inner and Sum(((-1, inner),), place)
        case written.Product():
            return _product(node)
        case written.Power():
            base, exponent = _term(node.base), _term(node.exponent)
            return Power(base, exponent, place) if base and exponent else None
        case written.Call() if len(node.arguments) == 1 and not node.keywords:
            inner = _term(node.arguments[0])
            return inner and Apply(node.name, 0, inner, place)
        case Reduce() if node.name == "sum" and len(node.arguments) == 1:
            inner = _term(node.arguments[0])
            letters = tuple(item.name for item in node.indices if isinstance(item, written.Name))
            return inner and IndexSum(letters, inner, place)
        case written.Compare() if len(node.rest) == 1:
            left, right = _term(node.first), _term(node.rest[0][1])
            return Comparison(node.rest[0][0], left, right, place) if left and right else None
    return None


def _product(node: written.Product) -> Term | None:
    result: Term | None = None
    for operator, part in node.factors:
        factor = _term(part)
        if factor is None or operator not in ("*", "/"):
            return None
        if result is None:
            result = factor
        elif operator == "*":
            result = Product(result, factor, ELEMENTWISE, node.position)
        else:
            result = Divide(result, factor, node.position)
    return result
