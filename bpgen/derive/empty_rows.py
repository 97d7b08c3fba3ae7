"""Rows that a mask leaves empty: d.s -> where(j < i, d.s, 0), for s = where(j < i, ..., -inf) with no j < 0 for i = 0.

A softmax over a row of -inf alone is 0/0, and so is the adjoint of its scores.  The scores of that row are no numbers
that anything could change: their adjoint is 0, and a loss that leaves the row out has a finite gradient.

Where every row has an element that counts, the adjoint is 0 beside the mask by itself, and needs no condition.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import sympy
from sympy import Expr, Integer

from bpgen.algebra.expressions import Access, accesses, open_reduction
from bpgen.algebra.functions import where
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.system import Tensor
from bpgen.derive.definitions import Definitions
from bpgen.derive.held import finite_by, held_by
from bpgen.derive.values import Values

# A mask of more places than this is not looked at: it may leave rows empty.
LARGEST = 1 << 24


def guard_empty_rows(adjoint: Expr, tensor: Tensor, definitions: Definitions) -> Expr:
    """The adjoint of a tensor, with the conditions without which the tensor is -inf where these leave rows empty."""
    asked = _of_indices(finite_by(tensor.element, definitions)) if adjoint != 0 else ()
    if not asked or not leaves_rows_empty(tensor.name, definitions):
        return adjoint
    return where(sympy.Mul(*asked), adjoint, Integer(0))


def _of_indices(needs: dict[Expr, Expr]) -> tuple[Expr, ...]:
    """The conditions that can be looked at without any data."""
    plain = {c: value for c, value in needs.items() if not c.has(Access, where)}
    known = {c: value for c, value in plain.items() if all(index.extent != BATCH for index in c.atoms(Index))}
    return tuple(c if value == 1 else 1 - c for c, value in known.items())


def leaves_rows_empty(name: str, definitions: Definitions) -> bool:
    """Whether a reduction of the tensor, or of what is made of it element by element, has rows without an element."""
    made = {name}
    for equation in definitions.equations.values():
        if not made.intersection(equation.reads):
            continue
        if equation.reduction is None:
            made.add(equation.tensor.name)
            continue
        bound, body = open_reduction(equation.reduction)
        for access in accesses(body):
            if access.tensor in made:
                needs = held_by(access, definitions) | finite_by(access, definitions)
                if _is_empty(sympy.Mul(*_of_indices(needs)), bound):
                    return True
    return False


@lru_cache(maxsize=256)
def _is_empty(condition: Expr, bound: tuple[Index, ...]) -> bool:
    """Whether for some of the other indices it holds for none of the bound ones."""
    indices = sorted((i for i in condition.free_symbols if isinstance(i, Index)), key=lambda i: (i in bound, i.name))
    extents = [int(index.extent) for index in indices]
    if not indices or math.prod(extents) > LARGEST:
        return bool(condition != 1)
    grid = np.indices(extents).reshape(len(extents), -1)
    holds = Values(1, {}).at(condition, dict(zip(indices, grid, strict=True))) != 0
    rows = math.prod(extents[: sum(index not in bound for index in indices)])
    return not bool(holds.reshape(rows, -1).any(axis=1).all())
