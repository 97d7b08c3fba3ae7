"""What stops a wrong gradient: the gate every rewrite passes, and the whole-gradient check."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from derive_networks import axes, given, network
from sympy import Integer

from bpgen.algebra.errors import BpgenError, InternalError, RewriteError
from bpgen.algebra.evaluate import evaluate
from bpgen.algebra.expressions import Reduction
from bpgen.algebra.functions import equal
from bpgen.algebra.system import Equation
from bpgen.derive import adjoints
from bpgen.derive.check import check_rewrite, check_slope
from bpgen.derive.derive import derive
from bpgen.derive.sample import sample_values
from bpgen.derive.values import Values

TEXT = "h[b, o] = tanh(sum[i](x[b, i]*W[o, i]))\nL = mean[b, o](h[b, o]**2)"
TENSORS = [given("x", "b i:3"), given("W", "o:2 i:3", role="parameter")]


def test_a_wrong_rewrite_rule_is_stopped_with_both_sides_printed(monkeypatch):
    monkeypatch.setattr(adjoints, "cheapest", lambda expression: 2 * expression)
    with pytest.raises(RewriteError) as raised:
        derive(network(TEXT, *TENSORS))
    assert "before:" in str(raised.value) and "after:" in str(raised.value)


def test_a_wrong_chain_rule_is_stopped_by_the_slope():
    system = network(TEXT, *TENSORS)
    complete = derive(system).system
    wrong = tuple(replace(e, rhs=-e.rhs) if e.tensor.name == "d.W" else e for e in complete.equations)
    values = sample_values(system)
    for equation in complete.equations:
        if equation.tensor.name not in values.tensors:
            values.tensors[equation.tensor.name] = values.everywhere(equation)
    check_slope(complete, values)
    with pytest.raises(InternalError, match="derivative of the loss by W is wrong"):
        check_slope(replace(complete, equations=wrong), values)


def test_what_is_zero_almost_everywhere_is_looked_at_where_it_is_not():
    """[o = label[b]] among 1000 classes: five random places would tell nothing of it."""
    b, o = axes("b o:1000")
    z, label = given("z", "b o:1000"), given("label", "b", classes=1000)
    values = Values(3, {"z": np.ones((3, 1000)), "label": np.array([17, 0, 999])})
    for condition in (equal(o, label[b]), equal(label[b], o), equal(o, 2 * b + 500)):
        right = Equation(given("y", "b o:1000"), (b, o), z[b, o] - condition)
        with pytest.raises(RewriteError):
            check_rewrite(right, right.rhs, z[b, o], "planted", values)
        check_rewrite(right, right.rhs, z[b, o] * 1 - condition * z[b, o], "planted", values)
    beyond = z[b, o] + equal(o, label[b] + 2000)  # no place: nothing to look at
    check_rewrite(replace(right, rhs=beyond), beyond, z[b, o], "planted", values)


def test_the_terms_of_a_sum_within_a_sum_count_as_well():
    """sum[i](u[i] * sum[j](v[j] - w[j])), with v near w: what is left of the inner sum is the rounding of its terms."""
    i, j = axes("i:2 j:3")
    u, v, w = given("u", "i:2"), given("v", "j:3"), given("w", "j:3")
    nested = Reduction("sum", u[i] * Reduction("sum", v[j] - w[j], j), i)
    values = Values(1, {"u": np.array([1.0, -3.0]), "v": np.array([1.0, 2.0, 3.0]), "w": np.array([1.0, 2.0, 3.0])})
    assert values.size_at(nested, {}) == pytest.approx(4 * 12)
    values.tensors["v"] = values.tensors["v"] + [2e-16, 0, 0]
    equation = Equation(given("y"), (), nested)
    check_rewrite(equation, nested, Integer(0), "planted", values)
    values.tensors["v"] = values.tensors["v"] + [1e-11, 0, 0]
    with pytest.raises(RewriteError):
        check_rewrite(equation, nested, Integer(0), "planted", values)


def test_gradients_that_nothing_reads_are_evaluated_when_they_are_asked_for():
    system = network(TEXT, *TENSORS)
    values = sample_values(system)
    found = adjoints.Adjoints.of(system, values)
    found.derive_all()
    for name in ("d.W", "d.x"):
        equation = found.final[name]
        (read,) = (other for other in equation.reads if other.startswith("d."))
        assert name in values and name not in values.tensors
        expected = evaluate([equation], values.tensors, values.batch)[name]
        points = {index: np.arange(2) for index in equation.indices}
        np.testing.assert_allclose(values.at(equation.tensor.element, points), expected[[0, 1], [0, 1]], rtol=1e-12)
        np.testing.assert_allclose(values.tensors[name], expected, rtol=1e-12)
        values.tensors[read] = 2 * values.tensors[read]
        values.add(equation, later=True)  # derived again: what was computed before is not kept
        np.testing.assert_allclose(values.of(name), 2 * expected, rtol=1e-12)


def test_the_size_of_what_is_undefined_in_parts_is_asked_without_a_warning(recwarn):
    (i,) = axes("i:2")
    u, v = given("u", "i:2"), given("v", "i:2")
    values = Values(1, {"u": np.array([np.inf, 1.0]), "v": np.array([0.0, 2.0])})
    np.testing.assert_array_equal(values.size_at(u[i] * v[i], {i: np.array([0, 1])}), [np.nan, 2.0])
    assert not recwarn.list


def test_no_loss_is_said():
    system = replace(network(TEXT, *TENSORS), loss=None)
    with pytest.raises(BpgenError, match="no loss"):
        derive(system)


def test_stop_passes_no_gradient():
    derivation = derive(network("L = sum[b](stop(x[b])*x[b])", given("x", "b")))
    values = {"x": np.array([2.0, -3.0])}
    assert evaluate(derivation.system, values, 2)["d.x"].tolist() == [2.0, -3.0]


@pytest.mark.parametrize("size", [800.0, -800.0])
def test_large_logits_stay_finite(size):
    text = "L = mean[b](logsumexp[k](z[b, k]) - z[b, label[b]])"
    derivation = derive(network(text, given("z", "b j:3"), given("label", "b", classes=3)))
    values = {"z": np.array([[size, 0.0, 1.0], [size, size, size]]), "label": np.array([1, 2])}
    result = evaluate(derivation.system, values, 2)
    assert np.isfinite(result["loss"]) and np.isfinite(result["d.z"]).all()
    np.testing.assert_allclose(result["d.z"].sum(axis=1), 0, atol=1e-15)


@pytest.mark.parametrize("size", [800.0, -800.0, 40.0])
def test_binary_cross_entropy_of_a_saturated_sigmoid_stays_finite(size):
    text = "s[b] = sigmoid(z[b])\nL = -mean[b](y[b]*log(s[b]) + (1 - y[b])*log(1 - s[b]))"
    derivation = derive(network(text, given("z", "b"), given("y", "b")))
    result = evaluate(derivation.system, {"z": np.array([size, size]), "y": np.array([0.0, 1.0])}, 2)
    assert result["loss"] == pytest.approx(abs(size) / 2, rel=1e-12)
    assert np.isfinite(result["d.z"]).all()


def test_the_same_description_gives_the_same_derivation():
    first, second = (derive(network(TEXT, *TENSORS)) for _ in range(2))
    assert [str(e) for e in first.system.equations] == [str(e) for e in second.system.equations]


def test_every_step_starts_where_the_last_ended():
    derivation = derive(network(TEXT, *TENSORS))
    final = {equation.tensor.name: equation.rhs for equation in derivation.simplified}
    for name, steps in derivation.steps.items():
        for before, after in pairwise(steps):
            assert before.after.rhs == after.before.rhs
        if steps and "d." + name in final:
            assert steps[-1].after.rhs == final["d." + name]


def test_one_class_gives_a_gradient_of_zero():
    text = "u[b, j] = sum[i](x[b, i]*W[j, i])\nL = mean[b](logsumexp[k](u[b, k]) - u[b, label[b]])"
    tensors = [given("x", "b i:3"), given("W", "j:1 i:3", role="parameter"), given("label", "b", classes=1)]
    derivation = derive(network(text, *tensors))
    values = {"x": np.ones((2, 3)), "W": np.ones((1, 3)), "label": np.zeros(2, int)}
    assert np.abs(evaluate(derivation.system, values, 2)["d.W"]).max() <= 1e-15


@pytest.mark.parametrize(
    "body, slope",
    [("x[b]*(softplus(3*i) - softplus(-3*i))", lambda x: 9.0), ("softplus(i*x[b]) - x[b]",
     lambda x: sum(i / (1 + np.exp(-i * x)) - 1 for i in range(3)))],
)  # fmt: skip
def test_no_softplus_is_divided_by_an_index(body, slope):
    """softplus(u) - c u has a form by both sides of u; softplus(i x) - x has none, for i may be 0."""
    derivation = derive(network(f"L = sum[b, i]({body})", given("x", "b"), sizes={"i": 3}))
    x = np.array([2.0, -3.0])
    assert evaluate(derivation.system, {"x": x}, 2)["d.x"].tolist() == pytest.approx([slope(v) for v in x])
