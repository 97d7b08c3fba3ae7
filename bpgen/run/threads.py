"""How many threads share the work of a call, and what becomes of them when the process forks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bpgen.algebra.errors import BpgenError

VARIABLES = ("BPGEN_NUM_THREADS", "OMP_NUM_THREADS")
WAITING = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")
"""What users tell gcc's library of threads about how they wait."""
SPINS = "3000"
"""How often its threads look out for work before they sleep: for 50 to 150 us.

By itself it looks 300,000 times.  Where other work keeps cores busy, threads at a barrier then take the time that the
one they wait for needs: steps take ten to a hundred times as long.
"""

# gcc's library waits forever for threads that a fork did not copy: so they end before it, and begin anew afterwards
# on both sides.  Other compilers' libraries take care of it themselves.
RELEASE = """
#if defined(_OPENMP) && defined(__GNUC__) && !defined(__clang__)
#include <omp.h>
static void release_threads(void) { omp_pause_resource_all(omp_pause_hard); }
#else
static void release_threads(void) {}
#endif
"""
RELEASE_DECLARATION = "void release_threads(void);"

_releases: list[Callable[[], None]] = []


def default_threads() -> int:
    """BPGEN_NUM_THREADS or OMP_NUM_THREADS where one is set, or the cores that this process may use.

    Raises BpgenError where the variable is not a positive whole number.
    """
    for name in VARIABLES:
        text = os.environ.get(name, "").partition(",")[0].strip()
        if text:
            if not text.isdigit() or int(text) < 1:
                raise BpgenError(f"{name}: expected a positive whole number, got {os.environ[name]!r}")
            return int(text)
    return available_cores()


def available_cores() -> int:
    """Cores that the process may run on: two hardware threads of one core count once."""
    if not hasattr(os, "sched_getaffinity"):
        return os.cpu_count() or 1
    allowed = os.sched_getaffinity(0)
    return len({_siblings(processor) for processor in allowed})


def _siblings(processor: int) -> str:
    """The processors of the same core, as the system writes them down."""
    path = Path(f"/sys/devices/system/cpu/cpu{processor}/topology/thread_siblings_list")
    try:
        return path.read_text(encoding="ascii")
    except OSError:
        return str(processor)


@contextmanager
def sleeping_soon() -> Iterator[None]:
    """Have the threads of gcc's library sleep soon when they wait, if it is loaded in here; users' settings stand.

    It reads its settings from the environment when it is loaded, and knows no other way.
    """
    if any(name in os.environ for name in WAITING):
        yield
        return
    os.environ[WAITING[0]] = SPINS
    try:
        yield
    finally:
        del os.environ[WAITING[0]]


def end_before_fork(release: Callable[[], None]) -> None:
    """Have the threads of a compiled module's library end when this process is about to fork.  Once is enough."""
    if not _releases and hasattr(os, "register_at_fork"):
        _releases.append(release)
        os.register_at_fork(before=release)
