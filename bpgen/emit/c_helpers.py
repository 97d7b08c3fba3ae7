"""Which functions an emitted file has to define for itself: those that its kernels call, and what these call."""

from __future__ import annotations

from collections.abc import Iterator

from bpgen.emit.c_expressions import HELPER_NAMES, HELPERS, SINGLE, is_chosen
from bpgen.lower.scalar import Operation, Reduce, walk
from bpgen.lower.schedule import Schedule

CALLED = {"tanh": ("decay",), "erf": ("exp",), "sigmoid": ("decay",), "softplus": ("exp", "log1p")}
"""By which of SINGLE, and of what templates/c/functions.c.j2 has besides, they are computed in single precision."""


def find_helpers(schedule: Schedule, dtype: str) -> dict[str, object]:
    """What templates/c/helpers.c.j2 writes.

    elementary: those of SINGLE; helpers: (operation, C name, C type, suffix of the math library)
    """
    single = dtype == "float32"
    called = set(_called(schedule))
    functions = {op for op, kind in called if single and kind == "real"}
    functions |= {needed for op in functions for needed in CALLED.get(op, ())}
    kinds = {(op, kind if single else "real") for op, kind in called if op in HELPERS}  # in double, both are one
    helpers = []
    for op, kind in sorted(kinds):
        name = HELPER_NAMES.get(op, op) + ("_d" if kind == "float64" else "")
        helpers.append((op, name, "double" if kind == "float64" else "real", "f" if single and kind == "real" else ""))
    return {"elementary": sorted(functions & {*SINGLE, "decay"}), "helpers": helpers}


def _called(schedule: Schedule) -> Iterator[tuple[str, str]]:
    """The operations of all kernels, each with the dtype that it computes in."""
    for kernel in schedule.kernels:
        for statement in kernel.statements:
            for node in walk(statement.value):
                if isinstance(node, Operation) and (node.op != "select" or is_chosen(node)):
                    yield node.op, node.dtype
                elif isinstance(node, Reduce) and node.op == "max":
                    yield "maximum", node.dtype
