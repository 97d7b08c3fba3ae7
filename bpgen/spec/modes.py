"""Two builds of one network become one system: that for training, and what is computed otherwise outside of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bpgen.algebra.expressions import Access
from bpgen.algebra.recurrence import circles
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
    for group in _groups(_needed(inference, wanted)):
        merged.add(group)
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

    def add(self, group: tuple[Equation, ...]) -> None:
        """The next equation, or all equations of a recurrence: where one of these differs, they all do."""
        if all(self._is_known(self._moved(equation)) for equation in group):
            return
        (first, *others) = group
        passed = None if others else self._passed_on(self._moved(first))
        if passed is not None:
            self.places[first.tensor.name] = passed
            return
        for equation in group:
            tensor = replace(equation.tensor, name=equation.tensor.name + SUFFIX, role=ROLE)
            self.places[equation.tensor.name] = replace(equation, tensor=tensor, role=ROLE)
        for equation in group:
            self.equations.append(
                replace(self._moved(equation), tensor=self.places[equation.tensor.name].tensor, role=ROLE)
            )

    def _moved(self, equation: Equation) -> Equation:
        """It with what it reads where that is."""
        atoms = {
            self.inference.tensors[read].atom: self.places[read].tensor.atom
            for read in equation.reads
            if read in self.places
        }
        return replace(equation, rhs=equation.rhs.xreplace(atoms))

    def _is_known(self, equation: Equation) -> bool:
        known = self.training.defining.get(equation.tensor.name)
        return known is not None and (known.indices, known.rhs) == (equation.indices, equation.rhs)

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
    needed: set[str] = set()
    pending = list(names)
    while pending:
        name = pending.pop()
        if name in system.defining and name not in needed:
            needed.add(name)
            pending += system.defining[name].reads
    return [equation for equation in system.equations if equation.tensor.name in needed]


def _groups(equations: Sequence[Equation]) -> list[tuple[Equation, ...]]:
    """The equations in order, those of a recurrence together."""
    circle = {name: names for names in circles({e.tensor.name: e.reads for e in equations}) for name in names}
    groups: dict[tuple[str, ...], list[Equation]] = {}
    for equation in equations:
        name = equation.tensor.name
        groups.setdefault(circle.get(name, (name,)), []).append(equation)
    return [tuple(group) for group in groups.values()]
