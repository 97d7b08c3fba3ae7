"""Gradients that are 0 whatever the data: the bias of attention's keys, a bias before a batch norm."""

from __future__ import annotations

from collections.abc import Mapping

from bpgen.algebra.system import System
from bpgen.derive.derivation import Step
from bpgen.derive.differentiate import ADJOINT
from bpgen.derive.zero_ranges import ranges_said


def structural_zeros(system: System, steps: Mapping[str, tuple[Step, ...]]) -> tuple[str, ...]:
    """A sentence for each parameter and input whose gradient the rewrites have found to be 0, with the reason.

    Also for each part of one.  steps: for each tensor the rewrites of its adjoint
    """
    notes = []
    for name, record in steps.items():
        if system.tensors[name].role not in ("parameter", "input") or not record:
            continue
        if record[-1].after.rhs == 0:
            reason = next(step.reason for step in record if step.after.rhs == 0)
            notes.append(f"`{ADJOINT}{name}` is 0, whatever the data: {reason}")
        for said in ranges_said(record[-1].after):
            notes.append(f"`{ADJOINT}{name}` is 0 for `{said}`, whatever the data: {record[-1].reason}")
    return tuple(notes)
