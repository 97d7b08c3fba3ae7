"""What a verdict says beside right or wrong: how sure it is, by how much it differs, how names were read."""

from __future__ import annotations

import numpy as np
import pytest
from networks import CLASSES, LOGISTIC, MLP, SOFT, SQUARE, network, proof

import bpgen


def test_what_differs_at_a_kink_alone_is_equal_in_numbers_and_not_proved():
    verdict = proof(CLASSES).check_claim("delta1 = (delta2 W2) * (z1 >= 0)")
    assert verdict.status == "equal at random points" and verdict
    assert "no proof" in str(verdict)
    assert proof(CLASSES).check_claim("delta1 = (delta2 W2) * (z1 > 0)").status == "proved"


def test_a_name_written_out_inside_a_sum_keeps_its_own_index():
    """All sizes are equal, so that an index captured by the sum around it would go unseen by shapes."""
    derived = proof(SQUARE)
    assert derived.check_claim("g = delta3 W3\ndh1 = (g * f2'(z2)) W2").status == "proved"
    assert derived.check_claim("g[b, o] = sum[j](delta3[b, j] * W3[j, o])\ndW2[o, i] = "
                               "sum[b](g[b, o] * s2[b, o] * (1 - s2[b, o]) * h1[b, i])").status == "proved"  # fmt: skip
    assert not derived.check_claim("g = delta3 W3'\ndh1 = (g * f2'(z2)) W2")


def test_the_example_is_made_of_whole_numbers_and_its_two_values_are_right():
    verdict = proof(LOGISTIC).check_claim("dz = (y - p)/m")
    found = verdict.counterexample
    tables = {table.name: np.array(table.values, float) for table in (*found.given, *found.read)}
    for table in found.given:
        assert np.array_equal(tables[table.name], np.round(tables[table.name])), table
    z = tables["x"] @ tables["fc1.weight"].T + tables["fc1.bias"]
    right = (1 / (1 + np.exp(-z)) - tables["y"]) / found.batch
    assert found.derived == pytest.approx(right[found.at], rel=1e-5)
    assert found.claimed == pytest.approx(-right[found.at], rel=1e-5)


def test_the_example_of_a_shape_shows_both_tables():
    found = proof(MLP).check_claim("db3 = delta3").counterexample
    assert np.allclose(np.sum(found.claimed, axis=0), found.derived, rtol=1e-4)
    assert np.shape(found.claimed) == (found.batch, 2) and np.shape(found.derived) == (2,)


def test_the_first_term_that_differs():
    verdict = proof(SQUARE).check_claim("dz3 = fc3/m")
    assert (verdict.claimed_term, verdict.derived_term) == ("", "-y[b, o] / B")
    verdict = proof(SQUARE).check_claim("dz3 = (fc3 - 2 y)/m")
    assert (verdict.claimed_term, verdict.derived_term) == ("-2 * y[b, o] / B", "-y[b, o] / B")


def test_numbers_of_the_description_have_their_names():
    assert "(T is 3)" in proof(SOFT).check_claim("dz = softmax(z/T) - q").diagnosis
    assert "`m` is B, the number of rows" in proof(LOGISTIC).check_claim("dz = (p - y)/m").notes


def test_the_prediction_is_what_the_loss_compares_with_its_target():
    logits = proof(network((2, None), loss={"type": "bce_with_logits", "target": "y"}))
    verdict = logits.check_claim("dfc1 = (p - y)/(2 m)")
    assert verdict.status == "proved" and "`p` is `sigmoid(fc1[b, o])`" in verdict.notes
    assert proof(SQUARE).check_claim("dfc3 = (yhat - y)/m").status == "proved"


def test_a_place_beside_the_right_one():
    description = {
        "bpgen": 1, "inputs": {"x": {"shape": ["B", 5, 2]}, "y": {"shape": ["B", 5, 3]}},
        "layers": [{"name": "h", "type": "equation", "sizes": {"j": 3, "k": 3}, "parameters": {"U": {}, "V": {}},
                    "equation": "y[b, t, j] = tanh(sum[i](x[b, t, i] * V[j, i]) + sum[k](y[b, t - 1, k] * U[j, k]))"}],
        "loss": {"type": "mse", "target": "y"},
    }  # fmt: skip
    derived = bpgen.derive(description)
    right = str(derived.gradient("h.U"))
    assert derived.check_claim(right).status == "proved"
    verdict = derived.check_claim(right.replace(" - 1,", ","))
    assert right != right.replace(" - 1,", ",") and verdict.slip == "place", verdict


def test_a_claim_as_printed_is_right():
    for description in (MLP, CLASSES, SOFT, LOGISTIC):
        derived = proof(description)
        for equation in derived.derivation.simplified:
            assert derived.check_claim(str(equation)), equation
