"""What is declared of an input is used, and cited; what is not declared is not assumed."""

from __future__ import annotations

import numpy as np
import pytest
from derive_networks import given, network

from bpgen.algebra.errors import EquationError
from bpgen.algebra.system import Fact
from bpgen.derive.derive import derive
from bpgen.derive.partial import partial_derivative
from bpgen.derive.sample import sample_values

Z = given("z", "b j:3")
LIKELIHOOD = "L = mean[b](-sum[j](y[b, j]*log_softmax[j](z[b, j])))"
CHOSEN = "p[b, j] = softmax[j](z[b, j])\nL = -mean[b](log(sum[j](y[b, j]*p[b, j])))"
FORM = "L = sum[i, j](x[i]*A[i, j]*x[j])"
VECTORS = "L = sum[i, j](x[i]*A[i, j]*v[j] + v[i]*A[i, j]*x[j])"
VECTOR = [given("x", "i:3"), given("v", "i:3")]

# text, tensors without the one that has the fact, that tensor, its fact, whose adjoint, its form without, with
USES = {
    "sums to one": (
        LIKELIHOOD, [Z], given("y", "b j:3"), Fact("sums_to_one", (1,)), "z",
        "d.z[b, j] = (net.p[b, j] * sum[i](y[b, i]) - y[b, j]) / B", "d.z[b, j] = (net.p[b, j] - y[b, j]) / B",
    ),
    "sums to one over two axes": (
        "L = sum[b, i, j](y[b, i, j]*z[b]**2)", [given("z", "b")], given("y", "b i:2 j:3"),
        Fact("sums_to_one", (1, 2)), "z", "d.z[b] = 2 * z[b] * sum[i, j](y[b, i, j])", "d.z[b] = 2 * z[b]",
    ),
    "one-hot, its sum": (
        LIKELIHOOD, [Z], given("y", "b j:3"), Fact("one_hot", (1,)), "z",
        "d.z[b, j] = (net.p[b, j] * sum[i](y[b, i]) - y[b, j]) / B", "d.z[b, j] = (net.p[b, j] - y[b, j]) / B",
    ),
    "one-hot, its square": (
        "L = sum[b, j](y[b, j]**2*z[b, j]**2)", [Z], given("y", "b j:3"), Fact("one_hot", (1,)), "z",
        "d.z[b, j] = 2 * z[b, j] * y[b, j]**2", "d.z[b, j] = 2 * y[b, j] * z[b, j]",
    ),
    "one-hot, two of its elements": (
        "L = sum[b, i, j](y[b, i]*y[b, j]*z[b, i]*z[b, j])", [Z], given("y", "b j:3"), Fact("one_hot", (1,)), "z",
        "d.z[b, j] = 2 * y[b, j] * sum[i](y[b, i] * z[b, i])", "d.z[b, j] = 2 * y[b, j] * z[b, j]",
    ),
    "one-hot, what it chooses": (
        "a[b] = sum[j](y[b, j]*z[b, j])\nL = mean[b](a[b]**2/sum[j](y[b, j]*z[b, j]**2))", [Z], given("y", "b j:3"),
        Fact("one_hot", (1,)), "z",
        "d.z[b, j] = y[b, j] * (2 * d.net.t[b] * z[b, j] + d.net.a[b])", "d.z[b, j] = 0",
    ),
    "mask": (
        "L = sum[b, j](m[b, j]*(m[b, j]*z[b, j] - x[b, j])**2)", [Z, given("x", "b j:3")], given("m", "b j:3"),
        Fact("mask", (0, 1)), "z",
        "d.z[b, j] = 2 * m[b, j]**2 * (m[b, j] * z[b, j] - x[b, j])", "d.z[b, j] = 2 * m[b, j] * (z[b, j] - x[b, j])",
    ),
    "mask, compared with 0": (
        "L = sum[b, j](where(m[b, j] > 0, z[b, j], 0)*m[b, j]*z[b, j])", [Z], given("m", "b j:3"),
        Fact("mask", (0, 1)), "z",
        "d.z[b, j] = 2 * m[b, j] * z[b, j] if m[b, j] > 0", "d.z[b, j] = 2 * m[b, j] * z[b, j]",
    ),
    "positive": (
        "L = sum[b, j](abs(a[b, j]*z[b, j])*sign(a[b, j]) + max(0, a[b, j]*z[b, j]))", [Z], given("a", "b j:3"),
        Fact("positive", (0, 1)), "z",
        "d.z[b, j] = abs(a[b, j]) * sign(a[b, j] * z[b, j]) + a[b, j] * (a[b, j] * z[b, j] > 0)",
        "d.z[b, j] = a[b, j] * ((z[b, j] > 0) + sign(z[b, j]))",
    ),
    "symmetric": (
        FORM, VECTOR[:1], given("A", "i:3 j:3"), Fact("symmetric", (0, 1)), "x",
        "d.x[i] = sum[j](x[j] * (A[j, i] + A[i, j]))", "d.x[i] = 2 * sum[j](x[j] * A[i, j])",
    ),
    "symmetric, between two vectors": (
        VECTORS, VECTOR, given("A", "i:3 j:3"), Fact("symmetric", (0, 1)), "v",
        "d.v[i] = sum[j](x[j] * (A[j, i] + A[i, j]))", "d.v[i] = 2 * sum[j](x[j] * A[i, j])",
    ),
}  # fmt: skip


def with_facts(tensor, *facts):
    return given(tensor.name, " ".join(_axis(a) for a in tensor.axes), facts=facts)


def _axis(axis) -> str:
    return axis.name if str(axis.extent) == "B" else f"{axis.name}:{axis.extent}"


def adjoint(derivation, name: str) -> str:
    return next(str(e) for e in derivation.simplified if e.tensor.name == "d." + name)


@pytest.mark.parametrize("use", USES)
def test_what_is_declared_is_used_and_cited(use):
    text, others, tensor, fact, name, without, using = USES[use]
    derivation = derive(network(text, *others, with_facts(tensor, fact)))
    assert adjoint(derivation, name) == using
    reasons = [step.reason for steps in derivation.steps.values() for step in steps]
    assert any(f"`{tensor.name}`" in said and "declared" in said for said in (*reasons, *derivation.notes))
    assert without != using


@pytest.mark.parametrize("use", USES)
def test_what_is_not_declared_is_not_assumed(use):
    text, others, tensor, _, name, without, _ = USES[use]
    derivation = derive(network(text, *others, tensor))
    assert adjoint(derivation, name) == without
    reasons = [step.reason for steps in derivation.steps.values() for step in steps]
    assert not any("declared" in said for said in (*reasons, *derivation.notes))


@pytest.mark.parametrize("kind", ["sums_to_one", "one_hot", "mask", "positive", "symmetric"])
def test_sampled_values_obey_the_facts(kind):
    axes = {"symmetric": (1, 2), "sums_to_one": (1,), "one_hot": (2,)}.get(kind, (0, 1, 2))
    tensor = given("A", "b i:4 j:4", facts=(Fact(kind, axes),))
    values = sample_values(network("L = sum[b, i, j](A[b, i, j]**2)", tensor)).tensors["A"]
    holds = {
        "sums_to_one": np.allclose(values.sum(axis=1), 1),
        "one_hot": np.allclose(values.sum(axis=2), 1) and set(np.unique(values)) == {0, 1},
        "mask": set(np.unique(values)) == {0, 1},
        "positive": values.min() > 0,
        "symmetric": np.array_equal(values, np.swapaxes(values, 1, 2)),
    }
    assert holds[kind]


def test_a_derivative_in_the_loss_that_uses_a_fact_leaves_out_the_gradient_by_what_has_it():
    """d(L, z) is p - y where y sums to 1: by y, that is no derivative of sum(y) p - y."""
    text = LIKELIHOOD.replace("L =", "c =") + "\ng[b, j] = d(c, z[b, j])\nL = sum[b, j](g[b, j]**2)"
    y = given("y", "b j:3", facts=(Fact("sums_to_one", (1,)),))
    derivation = derive(network(text, Z, y, differentiate=partial_derivative))
    assert "z" in dict(derivation.system.gradients)
    assert "y" not in dict(derivation.system.gradients)
    assert any("no gradient by `y`" in note for note in derivation.notes)
    assert "y" in dict(derive(network(text, Z, given("y", "b j:3"), differentiate=partial_derivative)).system.gradients)


def test_nothing_is_differentiated_by_what_a_derivative_takes_as_declared():
    text = LIKELIHOOD.replace("L =", "c =") + "\ng[b, j] = d(c, z[b, j])\nu[b] = sum[j](g[b, j]**2)\n"
    y = given("y", "b j:3", facts=(Fact("sums_to_one", (1,)),))
    with pytest.raises(EquationError, match="uses what is declared of `y`"):
        network(text + "L = sum[b](d(u[b], y[b, 0]))", Z, y, differentiate=partial_derivative)
