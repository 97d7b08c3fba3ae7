"""The adjoint of a maximum that is taken off an exponent: 0, by the rule and the simplification of any other adjoint.

    m = max[j](z),  e = exp(z - m),  S = sum[j](e),  p = e / S
    d.m = -sum[j](d.e e) = -sum[j](p (d.p - sum[k](p d.p))) = 0

So no gradient passes through the maximum, though the shifted exponentials depend on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from sympy import Expr

from bpgen.algebra.expressions import rename
from bpgen.algebra.recurrence import arrange, downstream, upstream
from bpgen.algebra.system import Equation, System
from bpgen.derive.adjoint_order import derivation_order
from bpgen.derive.adjoints import Adjoints
from bpgen.derive.check import agree
from bpgen.derive.definitions import Definitions
from bpgen.derive.differentiate import ADJOINT
from bpgen.derive.measured import Measured
from bpgen.derive.rounding import ROUNDING
from bpgen.derive.sample import compute
from bpgen.derive.stabilise import SHIFT
from bpgen.derive.values import Values


def derive_shifts(stable: System, adjoints: Adjoints, values: Values) -> Adjoints:
    """The adjoints of such maxima, derived in the stable system beside those that are known; only those that are 0.

    values: of the stable system.  Where a stable form reads something else (log(S) + m - z for log(e/S)), adjoints on
    the way to the maximum differ from the known ones; they are written out in the chain rule.
    """
    forward = tuple(equation for equation in stable.equations if equation.role in ("forward", "loss"))
    maxima = {e.tensor.name for e in forward if e.note == SHIFT and adjoints.active.intersection(e.reads)}
    trial = _trial(replace(stable, equations=forward if maxima else ()), adjoints, values, maxima)
    changed = {e.tensor.name for e in forward if e.rhs != _as_before(e, adjoints)}
    fresh: set[str] = set()
    for names in derivation_order(trial.system, trial.consumers, trial.active) if maxima else ():
        name = names[0]
        readers = _readers(trial, name)
        same = name not in maxima and readers == _readers(adjoints, name) and not readers & (fresh | changed)
        if len(names) > 1 or name in readers or same:
            continue
        known, before = trial.final.get(ADJOINT + name), trial.upstream.get(name)
        value = trial.values.of(ADJOINT + name)
        trial.derive_one(stable.tensors[name], written_out=name in maxima)
        final = trial.final[ADJOINT + name]
        if name in maxima and final.rhs == 0:
            continue
        del trial.steps[name], trial.raw[ADJOINT + name]
        alike = value is not None and agree(value, np.asarray(trial.values.of(ADJOINT + name)), ROUNDING)
        if known is not None and before is not None and alike:
            trial.final[ADJOINT + name], trial.upstream[name] = known, before
        else:
            fresh.add(name)
            trial.upstream[name] = rename(final.rhs, dict(zip(final.indices, stable.tensors[name].axes, strict=False)))
    return trial


def _readers(adjoints: Adjoints, name: str) -> set[str]:
    return {e.tensor.name for e in adjoints.consumers.get(name, ()) if e.tensor.name in adjoints.active}


def _as_before(equation: Equation, adjoints: Adjoints) -> Expr | None:
    known = adjoints.system.defining.get(equation.tensor.name)
    return known.rhs if known is not None else None


def _trial(system: System, adjoints: Adjoints, values: Values, maxima: set[str]) -> Adjoints:
    """A derivation in the stable system that knows the adjoints found."""
    consumers: dict[str, tuple[Equation, ...]] = {}
    for equation in system.equations:
        for name in equation.reads:
            consumers[name] = (*consumers.get(name, ()), equation)
    found = values.copy()
    known = Definitions.of(system.equations, {**system.tensors, **adjoints.definitions.tensors})
    known.adjoints.update(adjoints.definitions.adjoints)
    known.measured = Measured(found.of)
    reached = downstream(system.equations, maxima) & upstream(system.equations, [str(system.loss)]) if maxima else set()
    if maxima:
        backward = arrange(tuple(adjoints.final.values()))
        sampled = adjoints.values.tensors
        other = {name for name, array in found.tensors.items() if array is not sampled.get(name)}
        other = downstream(backward, other) | {e.tensor.name for e in backward if e.tensor.name not in adjoints.values}
        compute((e for e in backward if e.tensor.name in other and e.tensor.name not in found.later), found)
    return Adjoints(
        system, found, known, consumers, frozenset(reached & (adjoints.active | maxima)), dict(adjoints.upstream),
        maxima=adjoints.maxima, recurring=set(adjoints.recurring), final=dict(adjoints.final),
    )  # fmt: skip


def beside(equations: Mapping[str, Equation], added: Mapping[str, Equation], shifted: Adjoints) -> list[Equation]:
    """The equations, each of those added behind the adjoints of the tensors that read its maximum."""
    ordered = list(equations)
    for name in added:
        readers = {ADJOINT + e.tensor.name for e in shifted.consumers[name.removeprefix(ADJOINT)]}
        ordered.insert(max((ordered.index(read) for read in readers & equations.keys()), default=-1) + 1, name)
    return [added[name] if name in added else equations[name] for name in ordered]
