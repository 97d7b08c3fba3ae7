"""From a system to a schedule, and to the interface of the network that it makes."""

from __future__ import annotations

from dataclasses import replace

from bpgen.algebra.system import System
from bpgen.lower.buffers import lay_out
from bpgen.lower.classify import classify
from bpgen.lower.describe import describe
from bpgen.lower.narrow import narrow
from bpgen.lower.pad import Padding
from bpgen.lower.programs import Builder, plans
from bpgen.lower.recurrence import Recurrence, find_recurrences, unroll
from bpgen.lower.scalars import convert
from bpgen.lower.schedule import Assign, Buffer, Schedule
from bpgen.lower.share import Workshop
from bpgen.lower.split import split
from bpgen.lower.verify import verify_schedule

__all__ = ["describe", "lower"]


def lower(system: System) -> Schedule:
    """The schedule of a flat system: its kernels, and the programs that the system has equations for.

    Raises LoweringError, naming equation and missing pass, for what has no lowering yet.
    """
    equations = {equation.number: equation for equation in system.equations if equation.number}
    buffers = lay_out(system)
    converted = {equation.tensor.name: convert(equation, system.tensors) for equation in system.equations}
    circles = {name: circle for circle in find_recurrences(converted) for name in circle}
    padding = Padding(buffers)
    statements: dict[str, Assign | Recurrence] = {}
    for name, statement in converted.items():
        if name not in circles:
            for padded in padding.pad(narrow(statement)):
                statements |= {part.target: part for part in _prepared(padded, buffers)}
        elif name == circles[name][-1]:
            recurrence = _prepared_steps(unroll([converted[member] for member in circles[name]]), buffers)
            statements |= dict.fromkeys(circles[name], recurrence)
    builder = Builder(system, statements, buffers, Workshop(equations))
    programs = tuple(builder.build(plan) for plan in plans(system))
    kernels = tuple(builder.workshop.kernels.values())
    used = {name for program in programs for call in program.flat_calls for name in call.arguments}
    flat = [b for b in builder.buffers.values() if b.storage != "workspace" or b.name in used]
    schedule = Schedule(system.name, tuple(flat), kernels, programs, system.loss or "")
    verify_schedule(schedule)
    return schedule


def _prepared(statement: Assign, buffers: dict[str, Buffer]) -> tuple[Assign, ...]:
    """The statement as the targets like it, after those of intermediates, whose buffers are added."""
    parts, intermediates = split(classify(statement), buffers.keys())
    buffers |= {buffer.name: buffer for buffer in intermediates}
    return parts


def _prepared_steps(recurrence: Recurrence, buffers: dict[str, Buffer]) -> Recurrence:
    """The same, for every statement of every stretch."""
    stretches = []
    for stretch in recurrence.stretches:
        statements = tuple(part for statement in stretch.statements for part in _prepared(narrow(statement), buffers))
        stretches.append(replace(stretch, statements=statements))
    return replace(recurrence, stretches=tuple(stretches))
