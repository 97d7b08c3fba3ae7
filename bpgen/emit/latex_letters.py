"""Letters of indices, and the signs of reductions with their ranges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy
from sympy import Expr

from bpgen.algebra.expressions import Access
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.index_names import is_written, pretty_indices
from bpgen.algebra.letters import fresh_letter
from bpgen.algebra.system import Equation, Tensor
from bpgen.emit.latex_symbols import Symbols, index_letter


def ranged(sign: str, letter: str, index: Index, symbols: Symbols) -> str:
    """A sum or product sign with its range."""
    return rf"{sign}_{{{letter}=1}}^{{{symbols.extent(index)}}} "


SIGNS = {"sum": r"\sum", "prod": r"\prod", "max": r"\max", "argmax": r"\operatorname*{arg\,max}"}


def signs(op: str, over: Sequence[tuple[str, Index]], symbols: Symbols) -> str:
    """The signs of a reduction over indices: a sum sign for each, one max for all."""
    if op in ("sum", "prod"):
        return "".join(ranged(SIGNS[op], letter, index, symbols) for letter, index in over)
    return rf"{SIGNS[op]}_{{{','.join(letter for letter, _ in over)}}} "


def equation_letters(equation: Equation, symbols: Symbols) -> dict[Index, str]:
    """Letters of all indices, the same that the equation's text has."""
    names = {index: index.name for index in equation.indices}
    names |= pretty_indices(equation.rhs, list(names.values()), symbols.tensors)
    return {index: index_letter(name) for index, name in names.items()}


def batch_first(index: Index) -> tuple[bool, str]:
    return index.extent != BATCH, index.name


def lead_letter(index: Index, body: Expr, taken: Mapping[Index, str], symbols: Symbols) -> str:
    """What a bound index is called that chooses matrices: as the first axis that it runs over."""
    used = set(taken.values())
    for access in sorted(body.atoms(Access), key=sympy.default_sort_key):
        tensor: Tensor | None = symbols.tensors.get(access.tensor)
        for place, axis in zip(access.indices, tensor.axes if tensor is not None else (), strict=False):
            if place == index and is_written(axis.name) and index_letter(axis.name) not in used:
                return index_letter(axis.name)
    return index_letter(fresh_letter(used, index.extent == BATCH))
