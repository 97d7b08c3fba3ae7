"""From a system to a schedule, and to the interface of the network that it makes."""

from __future__ import annotations

from collections.abc import Mapping

from bpgen.algebra.recurrence import components
from bpgen.algebra.system import System
from bpgen.lower.attribute import attributed
from bpgen.lower.buffers import lay_out
from bpgen.lower.describe import describe
from bpgen.lower.join import join
from bpgen.lower.lead import with_time_leading
from bpgen.lower.prepare import Preparation
from bpgen.lower.programs import Builder, plans
from bpgen.lower.recurrence import Recurrence, unroll
from bpgen.lower.schedule import Assign, Buffer, Schedule
from bpgen.lower.share import Workshop
from bpgen.lower.spread import spread_rows
from bpgen.lower.tabulate import tabulate
from bpgen.lower.verify import verify_schedule

__all__ = ["describe", "lower"]


def lower(
    system: System,
    *,
    stacked: bool = False,
    panels: bool = False,
    recomputes: bool = False,
    by_time: bool = False,
    by_rows: bool = False,
    by_class: bool = False,
    spread: bool = False,
) -> Schedule:
    """The schedule of a flat system: its kernels, and the programs that the system has equations for.

    stacked: updates that are alike run as one over flat blocks (bpgen.lower.stack), rather than each with its gradient
    panels: matrices are laid out for the steps of recurrences (bpgen.lower.panels), as products in C read them
    recomputes: what costs little is computed again, not kept (bpgen.lower.recompute, .again), loops are interchanged
        where what is kept stays near then (bpgen.lower.interchange), as fused loops do well
    by_time: what recurrences read and write is laid out by time (bpgen.lower.lead)
    by_rows: calls may be made for a few rows of the batch at a time (bpgen.lower.rows), as kernels in C can be
    by_class: products of what rows select from a table are made for each class (bpgen.lower.tabulate), which adds up
        rows where they belong
    spread: rows of intermediates lie where products do not read them from the same lines (bpgen.lower.spread)
    Raises LoweringError, naming equation and missing pass, for what has no lowering yet.
    """
    equations = {equation.number: equation for equation in system.equations if equation.number}
    kept = {name for plan in plans(system) for name in plan.needed}
    instead: Mapping[str, str] = {}
    numbers: Mapping[str, tuple[int, ...]] = {}
    if by_class:
        changed = tabulate(system, kept)
        system, instead, numbers = changed.system, changed.instead, changed.numbers
    buffers = lay_out(system)
    preparation = Preparation(dict(system.tensors), buffers)
    circles = {name: found for found in components(system.equations) for name in found.names}
    steps = {name: circle.axis(name) for name, circle in circles.items()}
    converted = {name: preparation.converted(e, circles.get(name)) for name, e in system.defining.items()}
    statements: dict[str, Assign | Recurrence] = {table.target: table for table in preparation.tables()}
    viewed = {name for buffer in buffers.values() if buffer.view_of for name in (buffer.name, buffer.view_of)}
    converted = join(converted, {*circles, *viewed}, kept)
    for equation in system.equations:
        name = equation.tensor.name
        if name not in converted:
            continue  # it is part of the one statement that reads it
        if name not in circles:
            prepared = preparation.statements(equation, converted[name])
            statements |= {statement.target: statement for statement in prepared}
        elif name == circles[name].names[-1]:
            names = circles[name].names
            members = {member: piece for member in names for piece in converted[member]}
            statements |= dict.fromkeys(names, preparation.recurrence(unroll(circles[name], members)))
    statements = attributed(statements, numbers)
    if by_time:
        statements = with_time_leading(statements, buffers, steps, kept)
    if spread:
        spread_rows(statements.values(), buffers, viewed | kept)
    laid_out: dict[str, Buffer] | None = {} if panels else None
    builder = Builder(system, statements, buffers, Workshop(equations, instead), stacked, laid_out, recomputes, by_rows)
    programs = tuple(builder.build(plan) for plan in plans(system))
    kernels = builder.workshop.kernels
    used = {name for program in programs for call in program.flat_calls for name in call.arguments}
    used |= {name for program in programs for name in program.results}
    used |= {b.view_of for b in builder.buffers.values() if b.name in used}
    by_name = {buffer.name: buffer for buffer in (*builder.buffers.values(), *(builder.panels or {}).values())}
    flat = [b for b in by_name.values() if (b.storage != "workspace" and not b.view_of) or b.name in used]
    schedule = Schedule(system.name, tuple(flat), kernels, programs, system.loss or "")
    verify_schedule(schedule)
    return schedule
