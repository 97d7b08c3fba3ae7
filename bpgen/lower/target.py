"""The schedule of a system as each target likes it."""

from __future__ import annotations

from bpgen.algebra.system import System
from bpgen.lower.lower import lower
from bpgen.lower.schedule import Schedule
from bpgen.lower.transpose import transposed
from bpgen.lower.turn import turned


def lower_for_c(system: System) -> Schedule:
    """Recurrences read panels, loops are interchanged, large values are computed again: memory costs most."""
    return transposed(
        lower(system, panels=True, recomputes=True, by_time=True, by_rows=True, by_class=True, spread=True)
    )


def lower_for_numpy(system: System) -> Schedule:
    """Updates that are alike run as one: calls cost most."""
    return turned(lower(system, stacked=True))
