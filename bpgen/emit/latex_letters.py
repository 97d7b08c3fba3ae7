"""Letters of indices, and the signs of reductions with their ranges."""

from __future__ import annotations

from collections.abc import Sequence

from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.index_names import pretty_indices
from bpgen.algebra.system import Equation
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
