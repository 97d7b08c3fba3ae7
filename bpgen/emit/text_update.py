"""The optimiser's step in plain text: what is the same for all parameters once, for a parameter T."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from sympy import Expr, Symbol

from bpgen.algebra.expressions import Access, accesses
from bpgen.algebra.index import Index
from bpgen.algebra.printing import print_equation
from bpgen.algebra.system import Equation, System
from bpgen.emit.document import Family, Update

Numbered = Callable[[str, Sequence[str]], list[str]]


def write_update(system: System, update: Update | None, numbered: Numbered, full: bool) -> list[str]:
    """Equations, and what takes the place of what.

    numbered: an equation behind its numbers; full: with the equations of every parameter
    """
    if update is None:
        return []
    found = {equation.number: equation for equation in system.equations}
    families = [] if full else [(family, _rules(family, found)) for family in update.families]
    together = {number for family, rules in families if rules for _, numbers in family.members for number in numbers}
    lines = [
        line
        for equation in system.equations
        if equation.role == "update" and equation.number not in together
        for line in numbered(print_equation(equation, system.tensors), (str(equation.number),))
    ]
    for family, rules in families:
        if rules:
            lines += ["", "For each parameter T below, element by element:", ""]
            lines += [line for rule in rules for line in numbered(rule, ())]
            lines += ["", *_table(family)]
    odd = [f"{following} that of {name}" for name, following in system.updates if following != f"{name}.next"]
    return [*lines, "", "; ".join(["After the step, every T.next takes the place of T", *odd]) + "."]


def _table(family: Family) -> list[str]:
    """Each parameter with the numbers of the equations that the rules stand for."""
    width = max(len(name) for name in family.parameters)
    rows = zip(family.parameters, family.members, strict=True)
    return [f"    {name:{width}}   {' '.join(f'({n})' for n in numbers)}" for name, (_, numbers) in rows]


def _rules(family: Family, equations: Mapping[int, Equation]) -> list[str]:
    """The equations with T for the parameter and without indices; none where they do not read the same for all."""
    rows = zip(family.parameters, family.members, strict=True)
    found = [[_elementwise(equations[number], name) for number in numbers] for name, (_, numbers) in rows]
    return found[0] if all(rules == found[0] for rules in found) else []


def _elementwise(equation: Equation, parameter: str) -> str:
    """fc1.weight.m.next[o, i] = ... -> T.m.next = ..."""
    place = Index("i", 1)  # stands for all, so that tensors and numbers keep their order
    names: dict[Expr, Expr] = {
        access: Access(Symbol(_for_any(access.tensor, parameter), real=True), *(place for _ in access.indices[:1]))
        for access in accesses(equation.rhs)
    }
    tensor = replace(equation.tensor, name=_for_any(equation.tensor.name, parameter), axes=())
    rule = print_equation(replace(equation, tensor=tensor, indices=(), rhs=equation.rhs.xreplace(names)))
    return rule.replace("[i]", "")


def _for_any(name: str, parameter: str) -> str:
    """fc1.weight.m -> T.m, d.fc1.weight -> d.T"""
    plain = name.removeprefix("d.")
    if plain != parameter and not plain.startswith(parameter + "."):
        return name
    return name.removesuffix(plain) + "T" + plain.removeprefix(parameter)
