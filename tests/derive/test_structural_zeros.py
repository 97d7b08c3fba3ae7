"""Gradients that are 0 whatever the data, and conditions that tensors beside them are 0 without: found, and said."""

from __future__ import annotations

import numpy as np
import pytest
from derive_networks import given, network

from bpgen.derive.derive import derive
from bpgen.derive.sample import compute, sample_values

MASKS = {
    "no mask": "",
    "causal": "if j <= i else -inf",
    "strictly causal but for itself": "if j < i or j == i else -inf",
    "a window": "if j <= i and i - j < 2 else -inf",
    "a mask of the data": "if M[b, j] > 0 else -inf",
    "both": "if j <= i and M[b, j] > 0 else -inf",
}
NOT_ZERO = {
    "what is masked still counts": "if j <= i else -3",
    "what is masked counts as 0": "if j <= i",
}


def attention(mask: str, heads: int = 1, time: int = 3, width: int = 2, scale: str = "1"):
    """Attention of `heads` heads of `width` features each, with biases of its queries and keys."""
    lines = f"""
        q[b, i, f] = sum[d](x[b, i, d]*Q[f, d]) + qb[f]
        k[b, j, f] = sum[d](x[b, j, d]*K[f, d]) + kb[f]
        s[b, h, i, j] = {scale}*sum[e](q[b, i, h*{width} + e]*k[b, j, h*{width} + e]) {mask}
        p[b, h, i, j] = softmax[j](s[b, h, i, j])
        y[b, i, f] = sum[j](p[b, f // {width}, i, j]*v[b, j, f])
        L = sum[b, i, f](y[b, i, f]**2*g[b, i, f])
    """
    all_of_them = heads * width
    matrices = [given(name, f"f:{all_of_them} d:2", role="parameter") for name in "QK"]
    biases = [given(name, f"f:{all_of_them}", role="parameter") for name in ("qb", "kb")]
    tensors = [given("x", f"b i:{time} d:2"), given("M", f"b j:{time}"),
               *(given(name, f"b i:{time} f:{all_of_them}") for name in "vg")]  # fmt: skip
    text = "\n".join(line.strip() for line in lines.strip().splitlines())
    return network(text, *tensors, *matrices, *biases, sizes={"h": heads, "e": width})


def adjoint(derivation, name: str) -> str:
    return next(str(e) for e in derivation.simplified if e.tensor.name == f"d.{name}")


@pytest.mark.parametrize("sizes", [(1, 3, 2), (2, 3, 2), (3, 1, 1), (1, 2, 1)], ids=str)
@pytest.mark.parametrize("mask", MASKS)
def test_the_bias_of_the_keys_has_no_gradient(mask, sizes):
    derivation = derive(attention(MASKS[mask], *sizes))
    assert adjoint(derivation, "kb") == "d.kb[f] = 0"
    if sizes[1] > 1:
        assert any(note.startswith("`d.kb` is 0, whatever the data: ") for note in derivation.notes)
        assert adjoint(derivation, "qb") != "d.qb[f] = 0"


@pytest.mark.parametrize("mask", NOT_ZERO)
def test_what_is_not_masked_by_infinity_has_a_gradient(mask):
    derivation = derive(attention(NOT_ZERO[mask]))
    assert adjoint(derivation, "kb") == "d.kb[f] = sum[b, i](d.net.k[b, i, f])"
    assert ">= j)" in adjoint(derivation, "net.k")
    assert measured(derivation, "d.kb") > 1e-3


def measured(derivation, name: str) -> float:
    """The largest element of a tensor, by the equations alone."""
    values = sample_values(derivation.forward)
    backward = [e for e in derivation.system.equations if e.tensor.name not in values.tensors]
    compute(backward, values)
    return float(np.max(np.abs(values.tensors[name])))


@pytest.mark.parametrize("mask", [name for name in MASKS if MASKS[name]])
def test_no_condition_is_asked_beside_a_softmax_that_is_0_without_it(mask):
    derivation = derive(attention(MASKS[mask], heads=2))
    for name in ("net.q", "net.k"):
        assert ">" not in adjoint(derivation, name).partition("=")[2]
    reasons = [step.reason for step in derivation.steps["net.k"]]
    assert "`d.net.s` is 0 where the condition does not hold" in reasons
