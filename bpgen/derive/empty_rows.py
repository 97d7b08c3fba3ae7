"""Rows that a mask leaves empty: d.s -> where(j < i, d.s, 0), for s = where(j < i, ..., -inf) with no j < 0 for i = 0.

A softmax over a row of -inf alone is 0/0, and so is the adjoint of its scores.  The scores of that row are no numbers
that anything could change: their adjoint is 0, and a loss that leaves the row out has a finite gradient.

Where every row has an element that counts, whatever the data, the adjoint is 0 beside the mask by itself, and needs
no condition.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache
from itertools import product

import numpy as np
import sympy
from sympy import Expr, Integer

from bpgen.algebra.expressions import Access, accesses, open_reduction
from bpgen.algebra.functions import Bracket, where
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.system import Equation, Tensor
from bpgen.derive.definitions import Definitions
from bpgen.derive.held import finite_by, held_by
from bpgen.derive.values import Values

# A mask of more places than this is not looked at: it may leave rows empty.
LARGEST = 1 << 24
# Nor one that asks the data for more.
MOST_ASKED = 4


def guard_empty_rows(adjoint: Expr, tensor: Tensor, definitions: Definitions) -> Expr:
    """The adjoint of a tensor, with the conditions without which the tensor is -inf where these leave rows empty."""
    asked = _asked(tensor, definitions)
    if adjoint == 0 or asked == 1 or not leaves_rows_empty(tensor.name, definitions):
        return adjoint
    return where(asked, adjoint, Integer(0))


def without_guard(adjoint: Equation, tensor: Tensor, definitions: Definitions) -> Equation:
    """The same but for rows that are empty: in others the adjoint is 0 beside the conditions by itself."""
    rhs = adjoint.rhs
    if isinstance(rhs, where) and rhs.args[2] == 0 and rhs.args[0] == _asked(tensor, definitions):
        return replace(adjoint, rhs=rhs.args[1])
    return adjoint


def leaves_rows_empty(name: str, definitions: Definitions) -> bool:
    """Whether a reduction of the tensor, or of what is made of it element by element, may have rows without an element.

    Data may hold any condition, and any may not.
    """
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
                if _is_empty(_whatever_data(_all(needs)), bound):
                    return True
    return False


def _asked(tensor: Tensor, definitions: Definitions) -> Expr:
    return _all(finite_by(tensor.element, definitions))


def _all(needs: dict[Expr, Expr]) -> Expr:
    """The product of all that has to hold; of where(c, 1, 0), for a c made of several, that c."""
    conditions = (c.args[0] if isinstance(c, where) else c if value == 1 else 1 - c for c, value in needs.items())
    return sympy.Mul(*dict.fromkeys(part for condition in conditions for part in sympy.Mul.make_args(condition)))


def _whatever_data(condition: Expr) -> Expr:
    """What has to hold of indices for a condition to hold whatever the data: [i >= j] for [i >= j] or [m[j] > 0]."""
    asked = sorted((part for part in condition.atoms(Bracket) if _is_open(part)), key=sympy.default_sort_key)
    if len(asked) > MOST_ASKED:
        return Integer(0)
    values = product((Integer(0), Integer(1)), repeat=len(asked))
    return sympy.Mul(*(condition.xreplace(dict(zip(asked, chosen, strict=True))) for chosen in values))


def _is_open(bracket: Expr) -> bool:
    """Whether it depends on data, or on how many rows a batch has."""
    return bool(bracket.has(Access)) or any(index.extent == BATCH for index in bracket.atoms(Index))


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
