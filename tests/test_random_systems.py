"""Random systems of equations through every stage: finite differences, brute force, NumPy, and some of them C.

`python tests/fuzz_systems.py FIRST LAST` tries any range of seeds by hand; tests/README.md tells what was tried.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from check_systems import check_c, check_numpy, derived, generated
from random_rich import rich_case
from random_systems import Case, random_case

from bpgen.algebra.errors import EquationError, LoweringError

SEEDS = 520
RICH = 60
TOGETHER = 20
IN_C = 2  # of them


@pytest.mark.parametrize("first", range(0, SEEDS, TOGETHER))
def test_random_systems(first: int, tmp_path: Path) -> None:
    """Values, gradients and programs agree; what is refused is refused with a message for its author."""
    check(random_case, first, tmp_path)


@pytest.mark.parametrize("first", range(0, RICH, TOGETHER))
def test_rich_systems(first: int, tmp_path: Path) -> None:
    """The same of systems with facts, labels that are ignored, stop, and derivatives inside expressions."""
    check(rich_case, first, tmp_path)


def check(make: Callable[[int], Case], first: int, tmp_path: Path) -> None:
    refused, compared, skipped, waiting = 0, 0, 0, []
    for seed in range(first, first + TOGETHER):
        try:
            found = derived(make(seed))
            for_numpy, for_c = generated(found), generated(found, in_c=True)
        except (EquationError, LoweringError):
            refused += 1
            continue
        check_numpy(found, *for_numpy)
        compared, skipped = compared + found.compared, skipped + found.skipped
        if len(waiting) < IN_C:
            waiting.append((found, *for_c))
    if shutil.which("cc") or shutil.which("gcc"):
        check_c(waiting, tmp_path)
    assert refused <= TOGETHER // 2
    assert compared >= 10 * skipped
