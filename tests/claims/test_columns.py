"""What is right where samples are columns is refused, and said to be so, with the formula as it reads in rows."""

from __future__ import annotations

import pytest
from networks import CLASSES, MLP, SQUARE, proof


@pytest.mark.parametrize("description", [MLP, SQUARE])
@pytest.mark.parametrize(("claim", "rows"), [
    (r"\delta^{(2)} = (W^{(3)\top}\delta^{(3)}) \odot \sigma'(z^{(2)})", "delta2 = (delta3 W3) * sigma'(z2)"),
    (r"\frac{\partial L}{\partial W^{(2)}} = \delta^{(2)} h^{(1)\top}", "dL/dW2 = delta2' h1"),
    ("dh2 = W3' delta3", "dh2 = delta3 W3"),
    ("dW1 = delta1 x'", "dW1 = delta1' x"),
    ("dh1 = 2 (W2' delta2) - W2' delta2", "dh1 = (2 (delta2 W2)) - (delta2 W2)"),
])  # fmt: skip
def test_the_diagnosis_speaks_of_columns_and_reads_it_in_rows(description, claim, rows):
    derived = proof(description)
    verdict = derived.check_claim(claim)
    assert not verdict and verdict.slip == "transpose", verdict
    assert "samples are rows here" in verdict.diagnosis
    assert f"with rows it reads `{rows}`" in verdict.diagnosis, verdict.diagnosis
    assert derived.check_claim(rows).status == "proved"


def test_what_has_no_other_writing_is_said_to_be_about_columns_all_the_same():
    verdict = proof(MLP).check_claim(r"\nabla_{b_1} L = \delta_1 \mathbf{1}")
    assert not verdict and verdict.diagnosis == "samples are rows here, and this is right where they are columns"


def test_what_is_wrong_in_columns_too_is_not_said_to_be_right_there():
    for claim in ("dh2 = W3 delta3", "dW1 = x delta1'", "dh2 = 2 W3' delta3"):
        verdict = proof(MLP).check_claim(claim)
        assert not verdict and "columns" not in verdict.diagnosis, verdict
    verdict = proof(CLASSES).check_claim("delta1 = (W2' delta2) * (z1 > 0)")
    assert "with rows it reads `delta1 = (delta2 W2) * (z1 > 0)`" in verdict.diagnosis
