"""Name the place of every maximum that is differentiated: m = max[j](z) gets k = argmax[j](z) beside it.

The adjoint of m goes to place k.  Computed where m is, k has one value for each m, whatever then reads it.
"""

from __future__ import annotations

from dataclasses import replace

import sympy

from bpgen.algebra.expressions import Reduction
from bpgen.algebra.recurrence import arrange
from bpgen.algebra.system import Equation, System, Tensor
from bpgen.derive.differentiate import active_tensors, places
from bpgen.derive.name_shared import unique_name


def name_places(system: System) -> tuple[System, tuple[str, ...]]:
    """The system with an equation for each such place, and a note for each."""
    active = active_tensors(system)
    known = places(system)
    tensors = dict(system.tensors)
    equations: list[Equation] = []
    notes: list[str] = []
    for equation in system.equations:
        equations.append(equation)
        place = _place(equation)
        differentiated = equation.tensor.name in active and active.intersection(equation.reads)
        if place is None or not differentiated or (equation.indices, place) in known:
            continue
        name = unique_name(f"{equation.origin.layer or equation.tensor.name}.k", tensors.__contains__)
        extent = sympy.Mul(*(index.extent for index in place.bound))
        tensor = Tensor(
            name, equation.indices, "int32", equation.role, classes=int(extent) if extent.is_Integer else None,
            symbol="k", layer=equation.tensor.layer,
        )  # fmt: skip
        tensors[name] = tensor
        known[equation.indices, place] = tensor.element
        equations.append(replace(equation, tensor=tensor, rhs=place))
        notes.append(
            f"`{name}` is where the greatest element of `{equation.tensor.name}` stands: its adjoint goes there"
        )
    return replace(system, tensors=tensors, equations=arrange(equations)), tuple(notes)


def _place(equation: Equation) -> Reduction | None:
    reduction = equation.reduction
    if reduction is None or reduction.op != "max":
        return None
    place = Reduction("argmax", reduction.body, *reduction.bound)
    return place if isinstance(place, Reduction) else None
