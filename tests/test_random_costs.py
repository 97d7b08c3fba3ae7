"""The simplified backward pass of random systems costs no more operations, and no more traffic, than the chain rule."""

from __future__ import annotations

import pytest
from random_rich import rich_case
from random_systems import random_case

from bpgen.algebra.errors import EquationError
from bpgen.derive.account import account
from bpgen.derive.derive import derive
from bpgen.derive.keep import excess

CASES = [
    *((random_case, seed) for seed in (*range(24), 28, 32, 36, 37, 58, 66, 70, 76, 85, 90, 103, 132, 198, 199, 333)),
    *((rich_case, seed) for seed in (*range(8), 84, 112, 124)),
]


@pytest.mark.parametrize(("draw", "seed"), CASES, ids=lambda item: getattr(item, "__name__", str(item)))
def test_simplification_costs_no_operation_and_no_byte(draw, seed: int) -> None:
    try:
        system = draw(seed).system()
    except EquationError:
        pytest.skip("what came out by chance is refused")
    cost = account(derive(system))
    assert excess(cost.backward, cost.chain) == (0, 0), f"{cost.backward.operations}, {cost.chain.operations}"
