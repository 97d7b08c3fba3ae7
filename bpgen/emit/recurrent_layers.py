"""Which layers go step by step along an axis: their matrices have samples as rows, one for each step."""

from __future__ import annotations

from bpgen.algebra.expressions import Access
from bpgen.algebra.system import Equation, System


def find_recurrent(system: System) -> frozenset[str]:
    return frozenset(e.tensor.layer for e in system.equations if e.role == "forward" and _looks_back(e, system))


def _looks_back(equation: Equation, system: System) -> bool:
    """Whether it reads a tensor of its own layer at t - 1, or at t + 1."""
    found = [a for a in equation.rhs.atoms(Access) if system.tensors[a.tensor].layer == equation.tensor.layer]
    steps = [index - own for a in found for index in a.indices[:-1] for own in equation.indices[:-1]]
    return any(step in (1, -1) for step in steps)
