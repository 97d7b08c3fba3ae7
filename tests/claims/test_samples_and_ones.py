"""Sums over samples that are written with their index, ones, brackets that are 1 where they hold, the total loss."""

from __future__ import annotations

import pytest
from networks import CLASSES, LOGISTIC, MLP, SQUARE, proof

import bpgen
from bpgen.algebra.errors import EquationError

TWO = {
    "bpgen": 1,
    "inputs": {"x": {"shape": ["B", 3]}, "y": {"shape": ["B", 2]}, "t": {"shape": ["B", 4]}},
    "layers": [{"name": "trunk", "type": "linear", "units": 5, "activation": "tanh"},
               {"name": "left", "type": "linear", "units": 2},
               {"name": "right", "type": "linear", "input": "trunk", "units": 4}],
    "losses": [{"name": "one", "type": "mse", "input": "left", "target": "y"},
               {"name": "other", "type": "mse", "input": "right", "target": "t", "weight": 0.25}],
}  # fmt: skip


@pytest.mark.parametrize("description", [MLP, SQUARE])
@pytest.mark.parametrize("claim", [
    r"\frac{\partial L}{\partial b^{(1)}} = \sum_{i=1}^m \delta^{(1)}_i",
    r"\frac{\partial L}{\partial W^{(2)}} = \sum_{b=1}^{B} \delta^{(2)}_b (h^{(1)}_b)^T",
    r"\frac{\partial L}{\partial W^{(2)}} = \sum_{i=1}^{N} \delta^{(2)}_i h^{(1)\top}_i",
    "dW2 = sum_b delta2_b h1_b^T", "db1 = sum_b delta1_b", "db1 = sum_{i=1}^{m} delta1_i",
    "dW2_oi = sum_b delta2_bo h1_bi",
])  # fmt: skip
def test_a_lone_index_of_a_sum_over_the_batch_is_the_sample(description, claim):
    assert proof(description).check_claim(claim).status == "proved"


def test_a_sum_over_samples_of_one_unit_each_is_a_number():
    derived = proof(LOGISTIC)
    loss = r"L = -\frac{1}{m} \sum_{i=1}^m (y_i \log p_i + (1 - y_i) \log(1 - p_i))"
    assert derived.check_claim(loss).status == "proved"
    assert derived.check_claim(loss.replace("L = -", "L = ")).slip == "sign"
    assert not proof(MLP).check_claim("L = 1/(2m) sum_{i=1}^m (yhat_i - y_i)^2")


def test_a_lone_index_elsewhere_is_a_unit():
    for claim in ("dh2_j = sum_b dz3_b W3_bj", "dh2_j = sum_{i=1}^{n} dz3_i W3_ij", "dh2_j = sum_i dz3_i W3_ij"):
        assert proof(SQUARE).check_claim(claim).status == "proved", claim
    wrong = proof(MLP).check_claim("dW2 = sum_b h1_b delta2_b^T")
    assert not wrong and wrong.slip == "transpose"
    assert not proof(SQUARE).check_claim("dW2 = sum_b h1_b delta2_b^T")
    assert "nothing sums" not in proof(MLP).check_claim("db1 = sum_i delta1_i").diagnosis


@pytest.mark.parametrize("one", [r"\mathbb{1}", r"\mathbf{1}", ""])
@pytest.mark.parametrize(
    "bracket", [r"[z^{(1)} > 0]", r"(z^{(1)} > 0)", r"\{z^{(1)} > 0\}", r"\left[z^{(1)} > 0\right]"]
)
def test_a_comparison_in_brackets_is_one_where_it_holds(one, bracket):
    verdict = proof(CLASSES).check_claim(rf"\delta^{{(1)}} = (\delta^{{(2)}} W^{{(2)}}) \odot {one}{bracket}")
    assert verdict.status == "proved", verdict


@pytest.mark.parametrize("claim", ["db1 = 1^T delta1", "db1 = 1' delta1", r"db_1 = \mathbf{1}^\top (\delta_1)",
                                   r"db_1 = 1^\top \delta_1", r"db_1 = \mathbf{1}^\top \Delta^{(1)}"])  # fmt: skip
def test_a_transposed_one_is_the_vector_of_ones(claim):
    assert proof(MLP).check_claim(claim).status == "proved"


def test_of_several_losses_the_total_is_meant():
    derived = bpgen.derive(TWO)
    latex = r"\frac{\partial L}{\partial W^{(1)}} = \delta^{(1)\top} x"
    for claim in ("dL/dW1 = delta1^T x", latex, r"\nabla_{W_1} J = \delta_1^\top x"):
        assert derived.check_claim(claim).status == "proved", claim
    assert not derived.check_claim("dL/dW1 = 2 delta1^T x")


def test_an_error_in_a_derivative_has_its_place_in_the_claim():
    with pytest.raises(EquationError) as raised:
        proof(MLP).check_claim("dL/dW = delta1^T x")
    assert str(raised.value).startswith("claim:1:1: ")
