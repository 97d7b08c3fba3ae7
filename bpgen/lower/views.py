"""Equations that only copy in row-major order: their tensor is the other one's memory, in another shape.

y[b, j] = x[b, j // 6, j // 3 % 2, j % 3]        q[b, h, i, d] = p[b, 8 h + i, d]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy
from sympy import Expr, Integer

from bpgen.algebra.digits import index_range, join_digits
from bpgen.algebra.expressions import Access
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.system import Equation, Tensor


def copied(equation: Equation, tensors: Mapping[str, Tensor]) -> str | None:
    """The tensor that the equation copies element by element; None where it computes, picks or moves."""
    if not isinstance(equation.rhs, Access):
        return None
    source, access = tensors[equation.rhs.tensor], equation.rhs
    if source.dtype != equation.tensor.dtype or any(index.has(Access) for index in access.indices):
        return None
    if sympy.expand(_volume(source.axes) - _volume(equation.indices)) != 0:
        return None
    if not all(_is_inside(index, axis) for index, axis in zip(access.indices, source.axes, strict=True)):
        return None
    there = _flat(access.indices, source.axes)
    here = _flat(equation.indices, equation.indices)
    difference = sympy.expand(there - here)
    single = {symbol: Integer(0) for symbol in difference.free_symbols if symbol in equation.indices}
    single = {index: zero for index, zero in single.items() if index.extent == 1}
    return source.name if sympy.expand(difference.xreplace(single)) == 0 else None


def _volume(axes: Sequence[Index]) -> Expr:
    return sympy.Mul(*(axis.extent for axis in axes))


def _flat(indices: Sequence[Expr], axes: Sequence[Index]) -> Expr:
    """The place in memory."""
    place: Expr = Integer(0)
    for index, axis in zip(indices, axes, strict=True):
        place = place * axis.extent + index
    return join_digits(place)


def _is_inside(index: Expr, axis: Index) -> bool:
    if axis.extent == BATCH:
        return isinstance(index, Index) and index.extent == BATCH
    low, high = index_range(index)
    return low is not None and high is not None and low >= 0 and high < int(axis.extent)
