"""Two builds of one network become one system: that for training, and what is computed otherwise outside of it."""

from __future__ import annotations

from dataclasses import replace

from bpgen.algebra.expressions import Access
from bpgen.algebra.system import Equation, System

SUFFIX = ".inference"
ROLE = "inference"


def merge_inference(training: System, inference: System) -> System:
    """The system for training, with the equations at its end that differ outside of training.

    Both have the same layers and names.  Equal equations are shared; others define NAME.inference, with the role
    "inference"; an equation that only passes a tensor on has none: the tensor itself is read.
    """
    merged = _Merge(training, inference)
    wanted = [*inference.outputs, *([inference.loss] if inference.loss else [])]
    for equation in _needed(inference, wanted):
        merged.add(equation)
    equations = tuple(
        replace(equation, number=len(training.equations) + n) for n, equation in enumerate(merged.equations, start=1)
    )
    places = tuple((name, merged.place(name)) for name in wanted if merged.place(name) != name)
    return training.extended(equations, inference=places)


class _Merge:
    """places: name in the inference build -> an equation of the tensor that holds it, where that is another one."""

    def __init__(self, training: System, inference: System) -> None:
        self.training, self.inference = training, inference
        self.places: dict[str, Equation] = {}
        self.equations: list[Equation] = []

    def place(self, name: str) -> str:
        found = self.places.get(name)
        return name if found is None else found.tensor.name

    def add(self, equation: Equation) -> None:
        name = equation.tensor.name
        moved = {
            self.inference.tensors[read].atom: self.places[read].tensor.atom
            for read in equation.reads
            if read in self.places
        }
        equation = replace(equation, rhs=equation.rhs.xreplace(moved))
        known = self.training.defining.get(name)
        if known is not None and (known.indices, known.rhs) == (equation.indices, equation.rhs):
            return
        passed = self._passed_on(equation)
        if passed is None:
            tensor = replace(equation.tensor, name=name + SUFFIX, role=ROLE)
            passed = replace(equation, tensor=tensor, role=ROLE)
            self.equations.append(passed)
        self.places[name] = passed

    def _passed_on(self, equation: Equation) -> Equation | None:
        """An equation y[i] = x[i] of nothing else, as if it defined x."""
        rhs = equation.rhs
        if not isinstance(rhs, Access) or rhs.indices != equation.indices:
            return None
        made = {item.tensor.name: item.tensor for item in self.equations}
        source = made.get(rhs.tensor) or self.training.tensors[rhs.tensor]
        return replace(equation, tensor=source) if source.dtype == equation.tensor.dtype else None


def _needed(system: System, names: list[str]) -> list[Equation]:
    """The equations that these tensors need, in order."""
    wanted, kept = set(names), []
    for equation in reversed(system.equations):
        if equation.tensor.name in wanted:
            wanted.update(equation.reads)
            kept.append(equation)
    return kept[::-1]
