"""What the backward pass computes again although the forward pass has computed it: parts of equations that both have.

Only what takes a function, a root or a reduction counts; a difference is computed again wherever it is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import sympy
from sympy import Expr

from bpgen.algebra.expressions import Access, Reduction, accesses
from bpgen.algebra.functions import Bracket, maximum, minimum, stop, where
from bpgen.algebra.index import Index
from bpgen.algebra.records import dataclass
from bpgen.algebra.system import Equation

CHEAP = (Bracket, maximum, minimum, stop, where)


@dataclass(frozen=True)
class Recomputed:
    """An expression of the forward equation `number`, over its indices, that the equations `again` have too."""

    expression: Expr
    number: int
    again: tuple[int, ...]


def find_recomputed(forward: Iterable[Equation], backward: Iterable[Equation]) -> tuple[Recomputed, ...]:
    """The largest such parts, in the order of the forward equations."""
    known: dict[Expr, tuple[Expr, int]] = {}
    for equation in forward:
        for part in _parts(equation.rhs):
            known.setdefault(_key(part), (part, equation.number))
    again: dict[Expr, list[int]] = {}
    for equation in backward:
        for part in _largest(equation.rhs, known):
            numbers = again.setdefault(part, [])
            if equation.number not in numbers:
                numbers.append(equation.number)
    return tuple(Recomputed(*known[part], tuple(again[part])) for part in known if part in again)


def _largest(expression: Expr, known: dict[Expr, tuple[Expr, int]]) -> Iterator[Expr]:
    """The keys of known parts in an expression, without those inside of others."""
    if _is_worth(expression):
        key = _key(expression)
        if key in known:
            yield key
            return
    if not isinstance(expression, Access):
        for argument in expression.args:
            yield from _largest(argument, known)


def _parts(expression: Expr) -> Iterator[Expr]:
    if isinstance(expression, Access):
        return
    if _is_worth(expression):
        yield expression
    for argument in expression.args:
        yield from _parts(argument)


def _is_worth(expression: Expr) -> bool:
    if not expression.has(Access) or isinstance(expression, CHEAP):
        return False
    if isinstance(expression, sympy.Pow):
        return not expression.args[1].is_Integer
    return isinstance(expression, Reduction | sympy.Function)


def _key(expression: Expr) -> Expr:
    """The same for expressions that differ in the names of their free indices: called after where they stand.

    A power below a division is the same root: sqrt(v) for 1/sqrt(v).
    """
    if isinstance(expression, sympy.Pow) and expression.args[1].is_negative:
        expression = 1 / expression
    names: dict[Index, Index] = {}
    for access in sorted(accesses(expression), key=lambda found: found.tensor):
        for index in access.indices:
            if isinstance(index, Index) and index in expression.free_symbols:
                names.setdefault(index, Index(f"~{len(names)}", index.extent))
    found: Expr = expression.xreplace(names)
    return found
