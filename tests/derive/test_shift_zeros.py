"""No gradient passes through a maximum that is taken off an exponent: an equation of its own, with its reasons."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from derive_networks import given, network, sums_to_one

from bpgen.algebra.recurrence import arrange
from bpgen.derive.derive import derive
from bpgen.derive.sample import compute, sample_values

Z = given("z", "b j:3")
LABEL = given("label", "b", classes=3)
SHIFTED = {
    "softmax": ("p[b, j] = softmax[j](z[b, j])\nL = sum[b, j](g[b, j]*p[b, j]**2)", [Z, given("g", "b j:3")]),
    "log-softmax": ("L = sum[b, j](g[b, j]*log_softmax[j](z[b, j]))", [Z, given("g", "b j:3")]),
    "log-sum-exp": ("L = sum[b](g[b]*logsumexp[j](z[b, j])**2)", [Z, given("g", "b")]),
    "cross-entropy of labels": ("L = mean[b](logsumexp[k](z[b, k]) - z[b, label[b]])", [Z, LABEL]),
    "the logarithm of a softmax": ("p[b, j] = softmax[j](z[b, j])\nL = -mean[b](log(p[b, label[b]]))", [Z, LABEL]),
    "cross-entropy of distributions": (
        "L = mean[b](-sum[j](y[b, j]*log_softmax[j](z[b, j])))", [Z, given("y", "b j:3", facts=sums_to_one(1))],
    ),
    "what sums to anything": ("L = mean[b](-sum[j](y[b, j]*log_softmax[j](z[b, j])))", [Z, given("y", "b j:3")]),
    "behind a layer": (
        "u[b, j] = sum[i](x[b, i]*W[j, i])\np[b, j] = softmax[j](u[b, j])\nL = sum[b, j](g[b, j]*p[b, j])",
        [given("x", "b i:2"), given("W", "j:4 i:2", role="parameter"), given("g", "b j:4")],
    ),
    "a mask": (
        "p[i, j] = softmax[j](z[i, j] if j <= i else -inf)\nL = sum[i, j](g[i, j]*p[i, j])",
        [given("z", "i:3 j:3"), given("g", "i:3 j:3")],
    ),
    "two axes": ("p[b, i, j] = softmax[i, j](z[b, i, j])\nL = sum[b, i, j](g[b, i, j]*p[b, i, j])",
                 [given("z", "b i:2 j:3"), given("g", "b i:2 j:3")]),
    "one class": ("p[b, j] = softmax[j](z[b, j])\nL = sum[b, j](g[b, j]*p[b, j])",
                  [given("z", "b j:1"), given("g", "b j:1")]),
}  # fmt: skip


@pytest.mark.parametrize("form", SHIFTED)
def test_the_adjoint_of_a_shift_is_derived_to_be_0(form):
    text, tensors = SHIFTED[form]
    derivation = derive(network(text, *tensors))
    maxima = [e.tensor.name for e in derivation.system.equations if e.note == "shift"]
    assert maxima
    simplified = {e.tensor.name: e for e in derivation.simplified}
    raw = {e.tensor.name: e for e in derivation.chain}
    for name in maxima:
        assert simplified[f"d.{name}"].rhs == 0
        assert raw[f"d.{name}"].rhs != 0
        for steps in (derivation.steps[name], derivation.after_chain(name)):
            assert steps[0].before.rhs == raw[f"d.{name}"].rhs and steps[-1].after.rhs == 0
            assert all(left.after.rhs == right.before.rhs for left, right in pairwise(steps))


@pytest.mark.parametrize("form", SHIFTED)
def test_the_chain_rule_through_a_shift_vanishes_in_numbers(form):
    """Each of its terms counts; together they are 0."""
    text, tensors = SHIFTED[form]
    derivation = derive(network(text, *tensors))
    maxima = [e.tensor.name for e in derivation.system.equations if e.note == "shift"]
    forward = [e for e in derivation.system.equations if e.role in ("forward", "loss")]
    values = sample_values(derivation.forward)
    compute(forward, values)
    known = {e.tensor.name for e in forward}
    adjoints = [e for e in derivation.simplified if e.tensor.name not in known]
    compute(arrange(adjoints), values)
    for name in maxima:
        raw = next(e for e in derivation.chain if e.tensor.name == f"d.{name}")
        assert np.max(np.abs(values.everywhere(raw))) < 1e-12


def test_a_maximum_that_is_no_shift_keeps_its_gradient():
    text = "m[b] = max[j](z[b, j])\np[b, j] = softmax[j](z[b, j])\nL = sum[b, j](m[b]*g[b, j]*p[b, j])"
    derivation = derive(network(text, Z, given("g", "b j:3")))
    simplified = {e.tensor.name: e for e in derivation.simplified}
    assert simplified["d.net.m"].rhs != 0
    (shift,) = [e.tensor.name for e in derivation.system.equations if e.note == "shift"]
    assert shift != "net.m" and simplified[f"d.{shift}"].rhs == 0
