"""Counting arithmetic: of equations (for a person), and of the kernels that run (for a rate)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bpgen.lower.scalar import Loop, Operation, Reduce, Scalar, children

if TYPE_CHECKING:
    from bpgen.algebra.system import Equation
    from bpgen.lower.schedule import Program, Schedule


def equation_operations(equation: Equation, batch: int) -> int:
    """Additions, multiplications and function calls of one evaluation of a tensor, all elements."""
    from bpgen.algebra.operations import operations

    return operations(equation).at(batch)


def program_operations(schedule: Schedule, program: Program, batch: int) -> int:
    """Arithmetic of one call of a program, as its kernels do it: after sharing and fusion."""
    kernels = {kernel.name: kernel for kernel in schedule.kernels}
    total = 0
    for call, times in program.counted_calls:
        kernel = kernels[call.kernel]
        for statement in kernel.statements:
            once = _scalar_operations(statement.value, batch)
            total += times * once * _times((*kernel.loops, *statement.loops), batch)
    return total


def _scalar_operations(scalar: Scalar, batch: int) -> int:
    below = sum(_scalar_operations(child, batch) for child in children(scalar))
    match scalar:
        case Reduce(loops=loops):
            return (below + 1) * _times(loops, batch)
        case Operation(op=op):
            return below + (0 if op == "cast" else 1)
        case _:
            return below


def _times(loops: tuple[Loop, ...], batch: int) -> int:
    product = 1
    for loop in loops:
        product *= batch if isinstance(loop.extent, str) else loop.extent
    return product
