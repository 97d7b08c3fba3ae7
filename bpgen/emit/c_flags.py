"""How generated C is compiled: what the head of a file names, and what the compiler is asked for."""

from __future__ import annotations

# -std=c11 alone forbids fused multiply-adds, which matrix products live on.  None of these gives up IEEE values.
FLAGS = (
    "-std=c11", "-march=native", "-fvect-cost-model=dynamic", "-fpeel-loops", "-ffp-contract=fast", "-fno-math-errno",
    "-fno-trapping-math",
)  # fmt: skip
SHORT_LEVEL = "-O2"
"""Compiles in less time than LONG_LEVEL, into code as fast where there are no convolutions."""
LONG_LEVEL = "-O3"
SHARED_FLAGS = (LONG_LEVEL, "-fno-version-loops-for-strides", *FLAGS)
"""Of functions that networks share, which are compiled while a network is derived: time there is less dear.

A second copy of loops, for strides of 1, would take a fifth of it, and be no faster: panels are copied for that."""
THREADS_FLAG = "-fopenmp"
"""Asked for where some loop is divided among threads; without one, no library of threads is loaded."""
