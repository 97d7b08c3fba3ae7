"""Tensors that are declared positive: known to be so from the beginning, and cited where that has made a difference.

|a x| -> a |x|        sign(a x) -> sign(x)        [a x > 0] -> [x > 0]        sqrt(a**2) -> a
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import sympy
from sympy import Expr

from bpgen.algebra.system import DECLARED, Equation, System, Tensor


def use_positive(system: System) -> tuple[System, tuple[str, ...]]:
    """The system with tensors that are declared positive known to be so, and a note for each equation that changes."""
    declared = {
        name: replace(tensor, positive=True) for name, tensor in system.tensors.items() if is_declared_positive(tensor)
    }
    forth: dict[Expr, Expr] = {system.tensors[name].atom: tensor.atom for name, tensor in declared.items()}
    equations, notes = [], []
    for equation in system.equations if declared else ():
        rhs = equation.rhs.xreplace(forth)
        if _is_used(equation.rhs, rhs, forth):
            notes.append(f"`{equation.tensor.name}` is simplified: {_reason(equation.reads, declared)}")
        equations.append(replace(equation, rhs=rhs))
    if not declared:
        return system, ()
    return replace(system, tensors=dict(system.tensors) | declared, equations=tuple(equations)), tuple(notes)


def is_declared_positive(tensor: Tensor) -> bool:
    """Whether a tensor is positive because the description says so, and for no other reason."""
    return any(fact.kind == "positive" and fact.reason == DECLARED for fact in tensor.facts)


def without_positive(
    consumers: tuple[Equation, ...], tensors: Mapping[str, Tensor], rule: Callable[[tuple[Equation, ...]], list[Expr]]
) -> tuple[Expr, str] | None:
    """What the chain rule gives where nothing is known of signs, and the reason for what it becomes.

    rule: the terms from the equations that read a tensor.  None where what is declared makes no difference.
    """
    read = sorted({name for equation in consumers for name in equation.reads})
    declared = {name: tensors[name] for name in read if name in tensors and is_declared_positive(tensors[name])}
    if not declared:
        return None
    back: dict[Expr, Expr] = {t.atom: replace(t, positive=False).atom for t in declared.values()}
    signless = tuple(replace(equation, rhs=equation.rhs.xreplace(back)) for equation in consumers)
    before = sympy.Add(*rule(signless))
    forth = {old: new for new, old in back.items()}
    if not _is_used(before, before.xreplace(forth), forth):
        return None
    return before, _reason(tuple(read), declared)


def _is_used(before: Expr, after: Expr, forth: Mapping[Expr, Expr]) -> bool:
    """Whether an expression has become another one, beside that its symbols are positive now."""
    return bool(after.xreplace({new: old for old, new in forth.items()}) != before)


def _reason(reads: tuple[str, ...], declared: Mapping[str, Tensor]) -> str:
    names = [f"`{name}`" for name in reads if name in declared]
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} positive: {DECLARED}"
