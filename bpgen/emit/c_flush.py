"""Updates of states take subnormal numbers for 0.

    m = 0.9 * m + 0.1 * d_weight, with d_weight = 0 from some step on, as that of a unit that ReLU has switched off

The moment decays to a subnormal number after some 800 steps, and by rounding stays at one; a processor takes a hundred
times as long over each.  So the mode of its floating-point unit is set while a kernel runs that updates states, and set
back after it: nothing else in the process, nor another equation of the network, is computed in that mode.
"""

from __future__ import annotations

from bpgen.lower.schedule import Schedule, size_of

LEAST = 256
"""Numbers of a state, below which setting the mode may take longer than all that it saves."""


def flush_subnormals(schedule: Schedule) -> set[str]:
    """The kernels that update such states."""
    kernels = {kernel.name: kernel for kernel in schedule.kernels}
    states = {buffer.name for buffer in schedule.buffers if buffer.storage == "state"}
    return {
        call.kernel
        for program in schedule.programs
        for call in program.flat_calls
        for formal, name in zip(kernels[call.kernel].formals, call.arguments, strict=True)
        if formal.written and name in states and size_of(formal.shape) >= LEAST
    }
