"""Slips with a name: a summand left out, f for f', indices exchanged; and what a kink or a size of 1 hides."""

from __future__ import annotations

import pytest
from networks import CLASSES, LOGISTIC, MLP, SQUARE, proof


@pytest.mark.parametrize(("description", "claim", "term"), [
    (SQUARE, "dz3 = fc3/m", "-y[b, o] / B"), (MLP, "dz3 = fc3/m * f3'(z3)", "-y[b, o]"),
    (CLASSES, "delta2 = p/m", "-(o == label[b]) / B"), (SQUARE, "dW3 = fc3' h2 / m", "y[b, o]"),
])  # fmt: skip
def test_a_missing_summand_is_named(description, claim, term):
    verdict = proof(description).check_claim(claim)
    assert verdict.slip == "term" and "is missing" in verdict.diagnosis and term in verdict.diagnosis, verdict
    assert proof(description).check_claim(verdict.repaired)


@pytest.mark.parametrize("claim", [
    "delta1 = (delta2 W2) * f1(z1)", "delta1 = (delta2 W2) * h1", "delta1 = (delta2 W2) * tanh(z1)",
    "delta2 = (delta3 W3) * f2(z2)",
])  # fmt: skip
def test_an_activation_in_place_of_its_derivative(claim):
    verdict = proof(MLP).check_claim(claim)
    assert verdict.slip == "activation derivative" and "itself stands" in verdict.diagnosis, verdict
    assert proof(MLP).check_claim(verdict.repaired)


@pytest.mark.parametrize("claim", [
    "dW2_ij = sum_b delta2_bj h1_bi", "dW2_ij = delta2_bj h1_bi", "dW2_ij = delta2_j h1_i",
    "dh1_bj = sum_i delta2_bi W2_ji", "dW2[i, o] = sum[b](delta2[b, o] * h1[b, i])",
])  # fmt: skip
def test_indices_the_wrong_way_round_are_no_missing_sum(claim):
    verdict = proof(MLP).check_claim(claim)
    assert verdict.slip == "transpose" and "wrong way round" in verdict.diagnosis, verdict


def test_a_wrong_index_is_named_where_all_extents_are_equal():
    verdict = proof(SQUARE).check_claim("dh1_bj = sum_i delta2_bj W2_ij")
    assert verdict.slip == "transpose" and "~" not in verdict.diagnosis, verdict
    assert proof(SQUARE).check_claim(verdict.repaired)


def test_a_sum_over_the_wrong_index_and_one_that_is_missing():
    assert "wrong index" in proof(MLP).check_claim("db1 = sum_i delta1_bi").diagnosis
    verdict = proof(MLP).check_claim("dx_j = dz1_j W1_jj")
    assert verdict.slip == "sum" and "is missing" in verdict.diagnosis


@pytest.mark.parametrize(("step", "status"), [
    ("where(z1 > 0, 1, 0)", "proved"), ("np.where(z1 > 0, 1, 0)", "proved"), ("heaviside(z1)", "proved"),
    ("np.heaviside(z1, 0)", "proved"), ("np.heaviside(z1, 1)", "equal at random points"),
    ("(1 - (z1 < 0))", "equal at random points"), ("(z1 >= 0)", "equal at random points"),
])  # fmt: skip
def test_what_differs_at_a_kink_alone_says_so(step, status):
    verdict = proof(CLASSES).check_claim(f"delta1 = (delta2 W2) * {step}")
    assert verdict.status == status, verdict
    assert ("kink" in verdict.diagnosis) == (status != "proved")
    assert not verdict.diagnosis or "`fc1.z[b, o] = 0`" in str(verdict)


def test_functions_of_several_arguments():
    for claim in (
        "db1 = ones(m)' delta1",
        "db1 = delta1' ones(m)",
        "dW1 = sum_b outer(delta1_b, x_b)",
        "dW1 = delta1' x + 0 ones(4, 3)",
        "dW1 = diag(ones(4)) delta1' x",
        "dh2 = max(delta3 W3, delta3 W3)",
    ):
        assert proof(MLP).check_claim(claim).status == "proved", claim
    assert not proof(MLP).check_claim("dW1 = sum_b outer(x_b, delta1_b)")
    assert not proof(MLP).check_claim("dh2 = max(delta3 W3, 0)")


def test_an_extent_of_one_that_hides_a_slip_is_said():
    derived = proof(LOGISTIC)
    for claim in ("dx = dz * W", "db = sum(dz)"):
        verdict = derived.check_claim(claim)
        assert verdict and "an extent of 1 hides" in str(verdict), verdict
    for claim in ("dz = (p - y)/m", "dx = dz W", "db = 1^T dz", "dW = dz^T x"):
        assert "extent" not in str(derived.check_claim(claim)), claim
