"""Other readings of a claim whose shapes do not fit: as a product of the tensors it names, however these are turned.

An axis is the target's axis of its extent, or it is summed over.  What comes out is not what was written; where it is
right, it tells that only a transpose or a sum is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, pairwise, product

import sympy
from sympy import Expr, Integer

from bpgen.algebra.expressions import fresh_index, sum_over
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.system import Tensor
from bpgen.claims.functions import Functions
from bpgen.claims.names import Names
from bpgen.claims.shapes import Misfit, Shapes, Value
from bpgen.claims.tree import (
    Derivative,
    Divide,
    Element,
    IndexSum,
    Name,
    Product,
    Sum,
    Term,
    Total,
    Transpose,
    with_children,
)

MOST = 200  # readings that are tried
SUMMED = 2  # indices of one extent that are summed over


def loose_readings(term: Term, target: Tensor, names: Names) -> Iterator[Expr]:
    """Expressions over the target's axes, each once."""
    shapes = Shapes(names, Functions(names))
    seen: set[Expr] = set()
    for expression in islice(_readings(_without_letters(term), target, shapes), MOST):
        if expression not in seen:
            seen.add(expression)
            yield expression


def _without_letters(term: Term) -> Term:
    """Elements as the tensors they are of: which axis is which is what is in question."""
    if isinstance(term, Element):
        return Name(term.name, term.position)
    if isinstance(term, Derivative):
        of, by = (Name(part.name, part.position) for part in (term.of, term.by))
        return Derivative(of, by, term.position)
    return with_children(term, _without_letters)


def _readings(term: Term, target: Tensor, shapes: Shapes) -> Iterator[Expr]:
    terms = term.terms if isinstance(term, Sum) and len(term.terms) > 1 else ((1, term),)
    choices = []
    for sign, part in terms:
        try:
            factors = list(_factors(part, shapes))
        except Misfit:
            return
        choices.append([sign * expression for expression in islice(_products(factors, target), MOST)])
    for choice in islice(product(*choices), MOST):
        yield sympy.Add(*choice)


def _factors(term: Term, shapes: Shapes) -> Iterator[Value]:
    """The factors of a product, each a value whose own shapes fit.  Raises Misfit where they do not."""
    match term:
        case Product():
            yield from _factors(term.left, shapes)
            yield from _factors(term.right, shapes)
        case Divide():
            yield from _factors(term.top, shapes)
            bottom = shapes.value(term.bottom)
            yield bottom.with_expression(1 / bottom.expression)
        case Transpose():
            yield from _factors(term.operand, shapes)
        case Total(op="sum", operand=inner) | IndexSum(body=inner):
            yield from _factors(inner, shapes)
        case Sum(terms=((sign, inner),)):
            yield Value(Integer(sign))
            yield from _factors(inner, shapes)
        case _:
            yield shapes.value(term)


def _products(factors: list[Value], target: Tensor) -> Iterator[Expr]:
    """The product of factors with every choice of indices for their axes that leaves just the target's."""
    summed: dict[Expr, list[Index]] = {}
    options: list[list[tuple[Index, ...]]] = []
    for factor in factors:
        choices = [_indices(axis, target, summed) for axis in factor.axes]
        options.append([choice for choice in product(*choices) if len(set(choice)) == len(choice)])
    for chosen in product(*options):
        used = {index for choice in chosen for index in choice}
        if not set(target.axes) <= used:
            continue
        over = [index for indices in summed.values() for index in indices if index in used]
        pairs = (pair for indices in summed.values() for pair in pairwise(indices))
        if any(later in used and earlier not in used for earlier, later in pairs):
            continue
        body = sympy.Mul(*(factor.at(choice) for factor, choice in zip(factors, chosen, strict=True)))
        yield sum_over(body, over)


def _indices(axis: Index, target: Tensor, summed: dict[Expr, list[Index]]) -> list[Index]:
    """What an axis may be: an axis of the target, or one that is summed over.  The batch is always one and the same."""
    fitting = [own for own in target.axes if own.extent == axis.extent]
    if axis.extent == BATCH and fitting:
        return fitting
    count = 1 if axis.extent == BATCH else SUMMED
    known = summed.setdefault(axis.extent, [])
    while len(known) < count:
        known.append(fresh_index(axis.extent))
    return [*fitting, *known]
