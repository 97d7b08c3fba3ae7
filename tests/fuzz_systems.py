"""Many random systems by hand: python tests/fuzz_systems.py FIRST LAST [--c SHARE] [--kind plain|rich].

Prints a line for each system that fails or is refused, and at the end how many did what.
"""

from __future__ import annotations

import argparse
import collections
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from check_systems import Derived, check_c, check_numpy, derived, generated, is_settled
from random_rich import rich_case
from random_systems import Case, random_case

from bpgen.algebra.errors import EquationError, LoweringError
from bpgen.lower.interface import Interface
from bpgen.lower.schedule import Schedule

LIMIT = 60  # seconds for one system
KINDS = {"plain": random_case, "rich": rich_case}
TOGETHER = 10  # systems that are compiled at once

Waiting = list[tuple[Derived, Schedule, Interface]]


def too_slow(*_: object) -> None:
    raise TimeoutError(f"not done after {LIMIT} s")


class Tally:
    """Counts of what became of systems; prints what did not pass."""

    def __init__(self) -> None:
        self.counts: collections.Counter[str] = collections.Counter()
        self.start = time.time()

    def report(self, seed: int, error: Exception) -> None:
        if isinstance(error, EquationError | LoweringError):
            self.counts["refused"] += 1
            first = error.diagnostics[0].message if isinstance(error, EquationError) else str(error).splitlines()[0]
            print(f"[{seed}] refused: {first}")
            return
        self.counts["FAILED"] += 1
        print(f"[{seed}] FAILED {type(error).__name__}: {str(error)[:1500]}")
        if not isinstance(error, AssertionError):
            print("".join(traceback.format_exception(error)[-3:]))

    def __str__(self) -> str:
        return f"{dict(self.counts)}, {time.time() - self.start:.0f} s"


def try_case(make: Callable[[int], Case], seed: int, tally: Tally) -> Waiting:
    """One system through everything but C; what there is to compile."""
    signal.alarm(LIMIT)
    try:
        found = derived(make(seed))
        tally.counts["slopes"] += found.compared
        tally.counts["slopes skipped"] += found.skipped
        check_numpy(found, *generated(found))
        schedule, interface = generated(found, in_c=True)
    except Exception as error:  # every one is counted and shown
        if isinstance(error, EquationError | LoweringError) or can_be_compared(make, seed):
            tally.report(seed, error)
        else:
            tally.counts["not settled"] += 1
        return []
    finally:
        signal.alarm(0)
    tally.counts["passed"] += 1
    return [(found, schedule, interface)]


def can_be_compared(make: Callable[[int], Case], seed: int) -> bool:
    """Whether rounding settles nothing in the system; what fails before that can be told is no matter of rounding."""
    signal.alarm(LIMIT)
    try:
        return is_settled(make(seed))
    except Exception:
        return True


def compile_all(waiting: Waiting, tally: Tally) -> None:
    """All at once; where that fails, each by itself."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            check_c(waiting, Path(folder))
            tally.counts["in C"] += len(waiting)
        except Exception as error:
            if len(waiting) == 1:
                tally.report(waiting[0][0].case.seed, error)
            else:
                for one in waiting:
                    compile_all([one], tally)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("first", type=int)
    parser.add_argument("last", type=int)
    parser.add_argument("--c", type=float, default=0.05, help="share of the systems that are compiled as C as well")
    parser.add_argument("--kind", choices=KINDS, default="plain", help="which systems the seeds stand for")
    options = parser.parse_args()
    signal.signal(signal.SIGALRM, too_slow)
    tally = Tally()
    waiting: Waiting = []
    every = round(1 / options.c) if options.c else 0
    for seed in range(options.first, options.last):
        done = try_case(KINDS[options.kind], seed, tally)
        if every and seed % every == 0:
            waiting += done
        if len(waiting) == TOGETHER or (waiting and seed == options.last - 1):
            compile_all(waiting, tally)
            waiting = []
        sys.stdout.flush()
    print(f"seeds {options.first} to {options.last - 1}: {tally}")


if __name__ == "__main__":
    main()
