"""Gradients as they are wrongly written: each refused with its diagnosis, each right form accepted and proved."""

from __future__ import annotations

import pytest
from networks import CLASSES, LOGISTIC, MLP, SOFT, SQUARE, proof

# network, claimed, right, slip, words of the diagnosis
ROWS = [
    (MLP, "dz3 = (y - yh)/m * f'(z3)", "dz3 = (yh - y)/m * f'(z3)", "sign", "-1 times"),
    (MLP, "dz3 = (yh - y)/m * f'(z3); dW3 = 1/m dz3' h2", "dz3 = (yh - y)/m * f'(z3); dW3 = dz3' h2",
     "factor", "1/B stands once too often"),
    (MLP, "dW3 = delta3 * W3", "dW3 = delta3' h2", "wrong tensor", "`W3` stands where"),
    (MLP, "dW2 = delta3 W3 * h1", "delta2 = (delta3 W3) * f2'(z2); dW2 = delta2' h1",
     "activation derivative", "`f2'(z2)`"),
    (LOGISTIC, "dz = (y - p)/m", "dz = (p - y)/m", "sign", "-1 times"),
    (LOGISTIC, "L = mean(y log p + (1-y) log(1-p))", "L = -mean(y log p + (1-y) log(1-p))", "sign", "-1 times"),
    (MLP, "db3 = delta3", "db3 = sum(delta3, axis=0)", "batch sum", "sum over the batch is missing"),
    (MLP, "delta2 = dJ/da2 * df/da2", "delta2 = dJ/da2 * f'(z2)", "wrong variable", "of `a2` where it is of `z2`"),
    (MLP, "dh2_j = dz3_j * W3_jj", "dh2_j = sum_i dz3_i W3_ij", "sum", "a sum is missing"),
    (MLP, "dJ/dh2_i = dJ/dz2_i * dz2/dh2", "dJ/dz2_i = dJ/dh2_i * f2'(z2_i)", "chain rule reversed", "`h2` from `z2`"),
    (MLP, "dW1 = x' delta1", "dW1 = delta1' x", "transpose", "transpose"),
    (SOFT, "dz = softmax(z/T) - q", "dz = (softmax(z/T) - q)/T", "factor", "1/T is missing"),
]  # fmt: skip

# The same slips in other words: LaTeX, the equation language, square shapes where every product fits.
OTHERS = [
    (MLP, r"\delta^{(3)} = \frac{1}{m} (y - \hat{y}) \odot \sigma'\left(z^{(3)}\right)",
     r"\delta^{(3)} = \frac{1}{m} (\hat{y} - y) \odot \sigma'\left(z^{(3)}\right)", "sign"),
    (MLP, r"\frac{\partial L}{\partial W^{(2)}} = \frac{1}{m} \delta^{(2)\top} h^{(1)}",
     r"\frac{\partial L}{\partial W^{(2)}} = \delta^{(2)\top} h^{(1)}", "factor"),
    (MLP, r"\nabla_{W_2} L = \left(\delta_3 W_3\right)^T h_1",
     r"\nabla_{W_2} L = \left[ \left(\delta_3 W_3\right) \odot \sigma'(z_2) \right]^T h_1", "activation derivative"),
    (MLP, r"\frac{\partial L}{\partial W^{(1)}_{oi}} = \delta^{(1)}_{bo} x_{bi}",
     r"\frac{\partial L}{\partial W^{(1)}_{oi}} = \sum_{b} \delta^{(1)}_{bo} x_{bi}", "batch sum"),
    (MLP, r"\frac{\partial L}{\partial W_1} = x^\top \delta_1", r"\frac{\partial L}{\partial W_1} = \delta_1^\top x",
     "transpose"),
    (MLP, "db1[o] = delta1[b, o]", "db1[o] = sum[b](delta1[b, o])", "batch sum"),
    (MLP, "dx[b, i] = sum[o](delta1[b, o] * W1[i, o])", "dx[b, i] = sum[o](delta1[b, o] * W1[o, i])", "transpose"),
    (MLP, "dz2[b, o] = sum[j](dz3[b, j] * W3[j, o])",
     "dz2[b, o] = sum[j](dz3[b, j] * W3[j, o]) * s2[b, o] * (1 - s2[b, o])", "activation derivative"),
    (MLP, "dz2 = (dz3 W3) * h2", "dz2 = (dz3 W3) * h2 * (1 - h2)", "activation derivative"),
    (MLP, "dW1 = delta1' h1", "dW1 = delta1' x", "wrong tensor"),
    (SQUARE, "dW1 = x' delta1", "dW1 = delta1' x", "transpose"),
    (SQUARE, "dz2 = (delta3 W3') * f2'(z2)", "dz2 = (delta3 W3) * f2'(z2)", "transpose"),
    (SQUARE, "dW2 = (delta3 W3)' h1", "dW2 = ((delta3 W3) * f2'(z2))' h1", "activation derivative"),
    (SQUARE, "dW3 = delta3' W3", "dW3 = delta3' h2", "wrong tensor"),
    (SQUARE, "dh2_j = dz3_j W3_jj", "dh2_j = sum_i dz3_i W3_ij", "sum"),
    (SQUARE, "dh1 = dz1 * f1'(z1)", "dz1 = dh1 * f1'(z1)", "chain rule reversed"),
    (SQUARE, "dz1 = dh1 * (1 - tanh(h1)^2)", "dz1 = dh1 * (1 - tanh(z1)^2)", "wrong variable"),
    (SQUARE, "dz3 = 2 (fc3 - y)/m", "dz3 = (fc3 - y)/m", "factor"),
    (SQUARE, "dz3 = fc3 - y", "dz3 = (fc3 - y)/m", "factor"),
    (SQUARE, "dz3 = (fc3 + y)/m", "dz3 = (fc3 - y)/m", "sign"),
    (CLASSES, "dz2 = (y - p)/m", "dz2 = (p - y)/m", "sign"),
    (CLASSES, "dz2 = p - y", "dz2 = (p - y)/m", "factor"),
    (CLASSES, "delta1 = delta2 W2", "delta1 = (delta2 W2) * relu'(z1)", "activation derivative"),
    (CLASSES, "delta1 = (delta2 W2) * relu'(z1) * h1", "delta1 = (delta2 W2) * (z1 > 0)", "factor"),
]  # fmt: skip


@pytest.mark.parametrize("number", range(1, 13))
def test_the_slip_is_named(number):
    description, claimed, _, slip, words = ROWS[number - 1]
    verdict = proof(description).check_claim(claimed)
    assert not verdict and not verdict.right
    assert verdict.status == "different"
    assert verdict.slip == slip, verdict
    assert words in verdict.diagnosis


@pytest.mark.parametrize("number", range(1, 13))
def test_the_right_form_is_proved(number):
    description, _, right, *_ = ROWS[number - 1]
    verdict = proof(description).check_claim(right)
    assert verdict and verdict.status == "proved", verdict
    assert verdict.slip == verdict.diagnosis == verdict.repaired == ""
    assert verdict.counterexample is None


@pytest.mark.parametrize("row", OTHERS, ids=[row[1] for row in OTHERS])
def test_slips_in_other_words(row):
    description, claimed, right, slip = row
    verdict = proof(description).check_claim(claimed)
    assert not verdict and verdict.slip == slip, verdict
    verdict = proof(description).check_claim(right)
    assert verdict.status == "proved", verdict


def test_the_first_wrong_line_is_judged():
    verdict = proof(MLP).check_claim("dz3 = (y - yh)/m * f'(z3)\ndW3 = dz3' h1")
    assert verdict.claim == "dz3 = (y - yh)/m * f'(z3)" and verdict.slip == "sign"
    verdict = proof(MLP).check_claim("g = (yh - y)/m * f'(z3)\ndW3 = g' h2")
    assert verdict.claim == "dW3 = g' h2" and verdict.status == "proved"
    verdict = proof(MLP).check_claim("g = (yh - y)/m\ndW3 = g' h2")
    assert verdict.slip == "activation derivative"
