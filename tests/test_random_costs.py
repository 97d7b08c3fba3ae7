"""The simplified backward pass of random systems costs no more operations than the chain rule, or as many and no more
traffic.

But for what keeps the digits of 1 - s, which the chain rule leaves to rounding.
"""

from __future__ import annotations

import pytest
from random_rich import rich_case
from random_systems import random_case

from bpgen.algebra.errors import EquationError
from bpgen.derive.account import account
from bpgen.derive.derive import derive
from bpgen.derive.keep import excess

CASES = [
    *((random_case, seed) for seed in (*range(20), 28, 32, 36, 58, 66, 70, 76, 85, 90, 103, 132, 198, 199, 216, 333)),
    *((rich_case, seed) for seed in (*range(8), 31, 70, 84, 102, 108, 112, 124, 140)),
]


@pytest.mark.parametrize(("draw", "seed"), CASES, ids=lambda item: getattr(item, "__name__", str(item)))
def test_simplification_costs_no_operation_and_no_byte(draw, seed: int) -> None:
    try:
        system = draw(seed).system()
    except EquationError:
        pytest.skip("what came out by chance is refused")
    cost = account(derive(system))
    operations, traffic = excess(cost.rounded, cost.chain)
    assert operations == 0, f"{cost.rounded.operations}, {cost.chain.operations}"
    # What the forward pass has saved is read where it takes operations to compute it again from less.
    saves = any(excess(cost.chain, cost.rounded)[:1])
    assert traffic == 0 or saves, f"{cost.rounded.traffic}, {cost.chain.traffic}"
