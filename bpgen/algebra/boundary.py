"""Boundary lines of recurrences: `h[b, -1, j] = h0[b, j]` says what stands before the first step.

Beside the equation `h[b, t, j] = ...` such a line has a number in one place of its left-hand side: -1, -2, ...
before the first step, or T, T + 1, ... behind the last one of a recurrence that runs backwards.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from bpgen.algebra.diagnose import SourceText
from bpgen.algebra.records import dataclass
from bpgen.algebra.scope import Scope
from bpgen.algebra.syntax_tree import Name, Negate, Node, Number, ParsedEquation, Subscript, Sum, walk


@dataclass(frozen=True)
class Boundary:
    """equation: without the fixed index, under a name that nobody can write; tensor: the one it speaks of

    axis, place: which index is fixed, and at which number
    access: the left-hand side as it was written, which tells the extents of its other indices
    """

    equation: ParsedEquation
    tensor: str
    axis: int
    place: int
    access: Subscript


def separate(
    parsed: tuple[ParsedEquation, ...], scope: Scope, source: SourceText
) -> tuple[tuple[ParsedEquation, ...], tuple[Boundary, ...]]:
    """Equations, and boundary lines of tensors that an equation defines.  Raises EquationError for a second one."""
    fixed = [(equation, _fixed(equation, parsed, scope)) for equation in parsed]
    equations = tuple(equation for equation, places in fixed if not places)
    names = {equation.name: equation for equation in equations}
    boundaries: dict[tuple[str, int], Boundary] = {}
    for equation, places in fixed:
        if not places:
            continue
        axis, place = places[0]
        if equation.name not in names or len(places) > 1 or place is None:
            item = equation.indices[axis]
            message = f"the left-hand side of `{equation.name}` has something that is no name of an index"
            help = "write y[b, i] = ..., a name for each axis"
            if equation.name in names:
                help += "; a boundary has one integer: h[b, -1, j] = h0[b, j]"
            raise source.error("left-hand-index", message, item.position, help)
        if len(names[equation.name].indices) != len(equation.indices):
            message = (
                f"`{equation.name}` has {len(names[equation.name].indices)} axes, its boundary {len(equation.indices)}"
            )
            raise source.error("wrong-axes", message, equation.position, "give every axis an index")
        boundary = _boundary(equation, axis, place)
        if boundaries.setdefault((boundary.tensor, place), boundary) is not boundary:
            message = f"`{equation.name}` is given twice at {place}"
            raise source.error("assigned-twice", message, equation.position, "leave one of the two boundaries")
    return equations, tuple(boundaries.values())


def _boundary(equation: ParsedEquation, axis: int, place: int) -> Boundary:
    rest = (*equation.indices[:axis], *equation.indices[axis + 1 :])
    # Its number teaches nothing about extents, and may be a name such as T.
    mark = Number(Fraction(0), equation.indices[axis].position)
    access = Subscript(equation.name, (*rest[:axis], mark, *rest[axis:]), equation.position)
    local = replace(equation, name=f"{equation.name}[{place}]", indices=rest)
    return Boundary(local, equation.name, axis, place, access)


def _fixed(equation: ParsedEquation, parsed: tuple[ParsedEquation, ...], scope: Scope) -> list[tuple[int, int | None]]:
    """The axes that have no index of their own, each with the number that stands there, if it is one.

    A size that is a name, such as T, may be meant as an index of this extent as well; it is a number where another
    line has another name in its place, and the right-hand side does not use it.
    """
    others = [other for other in parsed if other.name == equation.name and len(other.indices) == len(equation.indices)]
    used = {node.name for node in walk(equation.value) if isinstance(node, Name)}
    found = []
    for axis, item in enumerate(equation.indices):
        if isinstance(item, Name):
            letters = {other.indices[axis].name for other in others if isinstance(other.indices[axis], Name)}  # type: ignore[union-attr]
            if item.name not in scope.sizes or item.name in used or letters == {item.name}:
                continue
        found.append((axis, whole(item, scope)))
    return found


def whole(node: Node, scope: Scope) -> int | None:
    """The integer that a sum of integers and sizes comes to, or None."""
    match node:
        case Number() if node.value.denominator == 1:
            return int(node.value)
        case Name() if node.name in scope.sizes:
            return scope.sizes[node.name]
        case Negate():
            value = whole(node.operand, scope)
            return None if value is None else -value
        case Sum():
            total = 0
            for sign, term in node.terms:
                value = whole(term, scope)
                if value is None:
                    return None
                total += -value if sign == "-" else value
            return total
    return None
