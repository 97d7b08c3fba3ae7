"""Index expressions: affine in the loops, and whether they stay inside their axis."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from sympy import Add, Expr

from bpgen.algebra.expressions import Reduction, accesses
from bpgen.algebra.index import Index, extent_of
from bpgen.lower.scalar import BATCH, Affine, BatchSize, Constant, IndexValue, Operation, Scalar


def affine(expression: Expr, names: Mapping[Index, str]) -> Affine | None:
    """The index as an integer combination of loop variables; None where it is none."""
    terms: list[tuple[str, int]] = []
    constant = 0
    for term in Add.make_args(expression):
        coefficient, rest = term.as_coeff_Mul()
        if not coefficient.is_Integer or not (isinstance(rest, Index) or rest == 1):
            return None
        if isinstance(rest, Index):
            terms.append((names[rest], int(coefficient)))
        else:
            constant += int(coefficient)
    return Affine(tuple(terms), constant)


def bounds(index: Affine, extent: int | str, formula: Expr, names: Mapping[Index, str]) -> list[Scalar]:
    """The conditions under which an index is inside its axis; none where it always is."""
    if extent == BATCH and index.variable is not None:
        (symbol,) = formula.free_symbols
        if extent_of(symbol) == BATCH:
            return []
    low, high = index.constant, index.constant
    batch = False
    coefficients = dict(index.terms)
    for symbol in formula.free_symbols:
        if extent_of(symbol) == BATCH:
            batch = True
            continue
        reach = coefficients[names[symbol]] * (int(symbol.extent) - 1)
        low, high = low + min(reach, 0), high + max(reach, 0)
    value = IndexValue("int32", index)
    found: list[Scalar] = []
    if low < 0 or batch:
        found.append(Operation("bool", "greater_equal", (value, Constant("int32", Fraction(0)))))
    if batch or extent == BATCH or high >= int(extent):
        end: Scalar = BatchSize("int32") if extent == BATCH else Constant("int32", Fraction(int(extent)))
        found.append(Operation("bool", "greater", (end, value)))
    return found


def memory_order(reduction: Reduction) -> list[Index]:
    """The bound indices in the order in which they step through the first tensor that has most of them."""
    bound = set(reduction.bound)
    widest = max(accesses(reduction.body), key=lambda a: len(bound.intersection(a.indices)), default=None)
    read = list(widest.indices) if widest is not None else []
    place = {index: read.index(index) if index in read else len(read) for index in reduction.bound}
    return sorted(reduction.bound, key=lambda index: place[index])
