"""What is held still while a network is derived: the collector of cycles, and the threads of NumPy's products."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


@contextmanager
def collector_paused() -> Iterator[None]:
    """Expressions hold no cycles: the collector of cycles would walk through all of them again and again in vain.

    What was made meanwhile is old when it goes on, as if it had been walked through: frozen and thawed, which is free.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if not gc.get_freeze_count():  # else these would be thawed too
            gc.freeze()
            gc.unfreeze()
        if enabled:
            gc.enable()


_limiting = Lock()


@contextmanager
def one_thread() -> Iterator[None]:
    """NumPy's products are made by one thread.

    Its library's threads wait for the next product in a loop, for a tenth of a second each time, on the core where the
    compiler works.  The limit is the process's own: whoever comes first sets it for all, until it leaves.
    """
    if not _limiting.acquire(blocking=False):
        yield
        return
    try:
        import numpy as np  # noqa: F401 - limits are set for libraries that are loaded
        from threadpoolctl import threadpool_limits  # which a warm start does not need

        with threadpool_limits(1, user_api="blas"):
            yield
    finally:
        _limiting.release()
