"""From a system to a schedule, and to the interface of the network that it makes."""

from __future__ import annotations

from bpgen.algebra.system import System
from bpgen.lower.buffers import lay_out
from bpgen.lower.classify import classify
from bpgen.lower.describe import describe
from bpgen.lower.pad import Padding
from bpgen.lower.programs import Builder, plans
from bpgen.lower.scalars import convert
from bpgen.lower.schedule import Assign, Schedule
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
    statements: dict[str, Assign] = {}
    padding = Padding(buffers)
    for equation in system.equations:
        for statement in padding.pad(convert(equation, system.tensors)):
            parts, intermediates = split(classify(statement), buffers.keys())
            buffers |= {buffer.name: buffer for buffer in intermediates}
            statements |= {part.target: part for part in parts}
    builder = Builder(system, statements, buffers, Workshop(equations))
    programs = tuple(builder.build(plan) for plan in plans(system))
    kernels = tuple(builder.workshop.kernels.values())
    used = {name for program in programs for call in program.flat_calls for name in call.arguments}
    flat = [b for b in builder.buffers.values() if b.storage != "workspace" or b.name in used]
    schedule = Schedule(system.name, tuple(flat), kernels, programs, system.loss or "")
    verify_schedule(schedule)
    return schedule
