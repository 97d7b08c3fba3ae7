"""Parts of an axis on which a gradient is 0 whatever the data: the keys' third of the one bias of an attention.

    d.bias[w] = sum[b, i](d.u[b, i, w])  ->  0 for 4 <= w < 8, else that sum

An adjoint that gathers from several readers, each of which reads a range of an axis, is another sum on each of these
ranges.  Where such a sum is proved to be 0, by definitions and facts as any sum is, the gradient says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby

import numpy as np
import sympy
from sympy import Expr, Integer

from bpgen.algebra.digits import lies_beyond, lies_within
from bpgen.algebra.expressions import Access, Reduction, accesses, fresh_index, open_reduction, rename, without_outside
from bpgen.algebra.functions import greater, greater_equal, where
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.system import Equation
from bpgen.derive.check import random_points
from bpgen.derive.definitions import Definitions
from bpgen.derive.forms import cheapest
from bpgen.derive.measured import VARIATION
from bpgen.derive.sums import SumRules, opened
from bpgen.derive.values import Values

Place = tuple[Expr, Expr]  # where an axis is read, and its extent

# Ranges of one axis that are looked at; what has more is cut by something else than readers.
MOST_RANGES = 16


def without_zero_ranges(equation: Equation, definitions: Definitions, values: Values) -> tuple[Expr, str, str]:
    """The right-hand side with 0 on such ranges of one index; the rule, and the reasons."""
    rhs, reasons = equation.rhs, []
    reductions = sorted(rhs.atoms(Reduction), key=sympy.default_sort_key)
    written = rhs.xreplace({reduction: _written_out(reduction, definitions) for reduction in reductions})
    for index in equation.indices if reductions else ():
        for low, high in _ranges(written, index):
            if _is_seen(equation, index, low, high, values):
                continue
            rules = SumRules(definitions)
            inside = fresh_index(high - low)
            part = without_outside(rename(written, {index: inside + low}))
            if cheapest(rules.apply(part)) == 0:
                rhs = where(greater_equal(index, Integer(low)) * greater(Integer(high), index), Integer(0), rhs)
                reasons += rules.reasons
    return rhs, "sum", "; ".join(dict.fromkeys(reasons))


def _is_seen(equation: Equation, index: Index, low: int, high: int, values: Values) -> bool:
    """Whether the right-hand side is other than 0 at some point of the range, so that no proof is looked for."""
    points = dict(random_points(equation.indices, values, equation.tensor.name))
    points[index] = low + points[index] % (high - low)
    found, sizes = values.at(equation.rhs, points), values.size_at(equation.rhs, points)
    return bool(np.isfinite(sizes).all() and np.any(np.abs(found) > VARIATION * sizes.max()))


def ranges_said(equation: Equation) -> list[str]:
    """The conditions, as they are printed, under which `without_zero_ranges` has found 0."""
    return re.findall(r"(?:= |else )0 if (.*?) (?=else )", str(equation)) if equation.rhs.has(where) else []


def _written_out(reduction: Expr, definitions: Definitions) -> Expr:
    """A sum of a product with an adjoint of several terms, that adjoint written out: sums of each term."""
    bound, body = open_reduction(reduction)
    for factor in sympy.Mul.make_args(body) if reduction.op == "sum" else ():
        definition = definitions.unfold(factor) if isinstance(factor, Access) else None
        if definition is not None and factor.tensor in definitions.adjoints and isinstance(definition, sympy.Add):
            terms = sympy.Add.make_args(sympy.expand(definition))
            return sympy.Add(*(_turned(term * body / factor, bound) for term in terms))
    return reduction


def _turned(term: Expr, bound: tuple[Index, ...]) -> Expr:
    """sum[b, i](a[b, i] * sum[j](f[b, i, j])) -> sum[b, j](sum[i](a[b, i] * f[b, i, j]))"""
    body, indices = opened(term, bound)
    first = [index for index in bound if index.extent != BATCH]
    return Reduction("sum", Reduction("sum", body, *first), *(index for index in indices if index not in first))


def _ranges(expression: Expr, index: Index) -> list[tuple[int, int]]:
    """The ranges of an index on each of which the same places that depend on it alone are inside; none for one."""
    places = {
        (place, extent)
        for access in accesses(expression)
        for place, extent in zip(access.indices, access.args[0].extents, strict=True)
        if place != index and place.free_symbols == {index}
    }
    if not places or not index.extent.is_Integer:
        return []
    ranges = _cut(tuple(sorted(places, key=str)), index)
    return ranges if 1 < len(ranges) <= MOST_RANGES else []


@lru_cache(maxsize=64)  # a weight and its bias are read in the same places, and so are those of alike layers
def _cut(places: tuple[Place, ...], index: Index) -> list[tuple[int, int]]:
    pieces = _pieces(places, index, 0, int(index.extent))
    alike = [list(group) for _, group in groupby(pieces, key=lambda piece: piece[2])]
    return [(group[0][0], group[-1][1]) for group in alike]


def _pieces(
    places: tuple[Place, ...], index: Index, low: int, high: int
) -> Iterator[tuple[int, int, tuple[bool, ...]]]:
    """Ranges on which each place is inside its axis, or outside, and which of them are: halved until it is known."""
    here = {index: fresh_index(high - low) + low}
    moved = [(rename(place, here), extent) for place, extent in places]
    inside = tuple(lies_within(place, extent) for place, extent in moved)
    known = all(within or lies_beyond(*place) for within, place in zip(inside, moved, strict=True))
    if known or high - low == 1:
        yield low, high, inside
    else:
        middle = (low + high) // 2
        yield from _pieces(places, index, low, middle)
        yield from _pieces(places, index, middle, high)
