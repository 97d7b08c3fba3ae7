"""What differs by little is wrong: a comparison in numbers allows for rounding alone."""

from __future__ import annotations

import pytest
from networks import CLASSES, LOGISTIC, proof

RIGHT = "dp = -(y/p - (1-y)/(1-p))/m"


@pytest.mark.parametrize("claim", [
    "dz = (p - y)/m + 1e-9", "dz = (p - y)/m + 1e-17", "dz = (p - y)/(m + 1e-12)", "dz = (p - y)/(m + 1e-17)",
    "dp = (p - y)/(p*(1-p) + 1e-12)/m", "dp = -(y/(p + 1e-10) - (1-y)/(1 - p + 1e-10))/m",
    "dp = -(y/p - (1-y)/(1 - p + 1e-17))/m",
])  # fmt: skip
def test_a_small_number_too_many_is_wrong_and_named(claim):
    derived = proof(LOGISTIC)
    verdict = derived.check_claim(claim)
    assert not verdict and verdict.slip == "term", verdict
    assert f"1e-{claim.split('1e-')[1][:2].strip(')').zfill(2)}" in verdict.diagnosis
    assert derived.check_claim(verdict.repaired).status == "proved"


def test_a_factor_that_is_nearly_one_is_wrong():
    verdict = proof(LOGISTIC).check_claim("dz = (p - y)/m * (1 + 1e-10)")
    assert not verdict and "comes near" in verdict.diagnosis
    assert not proof(LOGISTIC).check_claim("dz = (p - y)/m * 1.00000000000001")


def test_the_right_one_is_right_still():
    assert proof(LOGISTIC).check_claim(RIGHT).status == "proved"
    assert proof(LOGISTIC).check_claim(f"{RIGHT} + 1e-9 - 1e-9").status == "proved"
    assert proof(CLASSES).check_claim("delta1 = (delta2 W2) * (z1 >= 0)").status == "equal at random points"
