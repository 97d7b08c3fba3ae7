"""Which layers go step by step along an axis: their matrices have samples as rows, one for each step."""

from __future__ import annotations

from collections.abc import Mapping

from bpgen.algebra.expressions import Access
from bpgen.algebra.system import Equation, System


def find_recurrent(system: System) -> frozenset[str]:
    forward = [equation for equation in system.equations if equation.role == "forward"]
    layers = {equation.tensor.name: equation.tensor.layer for equation in forward}
    return frozenset(equation.tensor.layer for equation in forward if _looks_back(equation, layers))


def _looks_back(equation: Equation, layers: Mapping[str, str]) -> bool:
    """Whether it reads a tensor of its own layer at t - 1, or at t + 1."""
    found = [a for a in equation.rhs.atoms(Access) if layers.get(a.tensor) == equation.tensor.layer]
    steps = [index - own for a in found for index in a.indices[:-1] for own in equation.indices[:-1]]
    return any(step in (1, -1) for step in steps)
