"""Name scores whose mask leaves rows empty: e = exp(where(j < i, f, -inf)) -> s = where(j < i, f, -inf), e = exp(s).

The adjoint of s is 0 in such a row (see `bpgen.derive.empty_rows`); what f is made of may be read in other rows too.
"""

from __future__ import annotations

from dataclasses import replace

import sympy
from sympy import Expr

from bpgen.algebra.expressions import Access, free_indices
from bpgen.algebra.recurrence import arrange
from bpgen.algebra.system import REAL, Equation, System, Tensor
from bpgen.derive.definitions import Definitions
from bpgen.derive.empty_rows import leaves_rows_empty
from bpgen.derive.name_shared import unique_name


def name_scores(system: System) -> tuple[System, tuple[str, ...]]:
    """The system with an equation for each such exponent, and a note for each."""
    tensors = dict(system.tensors)
    equations: list[Equation] = []
    notes: list[str] = []
    known: dict[Expr, Expr] = {}
    definitions: Definitions | None = None
    for equation in system.equations:
        for exponent in _masked(equation.rhs) if equation.reduction is None else ():
            definitions = definitions or Definitions.of(system.equations, system.tensors)
            if exponent in known or not leaves_rows_empty(equation.tensor.name, definitions):
                continue
            layer = equation.tensor.layer
            name = unique_name(f"{equation.origin.layer or equation.tensor.name}.s", tensors.__contains__)
            indices = tuple(index for index in equation.indices if index in free_indices(exponent))
            tensors[name] = tensor = Tensor(name, indices, REAL, equation.role, symbol="s", layer=layer)
            equations.append(replace(equation, tensor=tensor, indices=indices, rhs=exponent))
            known[exponent] = tensor.element
            notes.append(f"`{name}` is named because its adjoint is 0 in rows that its conditions leave empty")
        equations.append(replace(equation, rhs=equation.rhs.xreplace(known)))
    return replace(system, tensors=tensors, equations=arrange(equations)), tuple(notes)


def _masked(rhs: Expr) -> list[Expr]:
    """Exponents that are -inf under conditions, and have no name."""
    found = {node.args[0] for node in rhs.atoms(sympy.exp)} if rhs.has(sympy.exp) else set()
    masked = (exponent for exponent in found if exponent.has(-sympy.oo) and not isinstance(exponent, Access))
    return sorted(masked, key=sympy.default_sort_key)
