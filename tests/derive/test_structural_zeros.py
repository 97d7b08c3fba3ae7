"""Gradients that are 0 whatever the data, and conditions that tensors beside them are 0 without: found, and said."""

from __future__ import annotations

import numpy as np
import pytest
from derive_networks import given, network

import bpgen
from bpgen.algebra.system import System
from bpgen.derive.derive import derive
from bpgen.derive.sample import compute, sample_values
from bpgen.spec.read import read
from bpgen.spec.system import build_system

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


LIBRARY = {
    "one head": {"heads": 1},
    "heads, causal": {"heads": 2, "causal": True},
    "a mask": {"heads": 2, "mask": True},
    "keys and values from elsewhere": {"heads": 2, "inputs": ["x", "memory"]},
    "one feature a head": {"heads": 4, "causal": True},
}


def library_attention(options: dict, width: int = 4) -> System:
    inputs = list(options.get("inputs", ["x"])) + (["seen"] if options.get("mask") else [])
    shapes = {"x": ["B", 3, width], "t": ["B", 3, width]}
    shapes |= {"memory": ["B", 2, width]} if "memory" in inputs else {}
    shapes |= {"seen": ["B", 3]} if "seen" in inputs else {}
    return build_system(read({
        "bpgen": 1, "name": "n", "inputs": {name: {"shape": shape} for name, shape in shapes.items()},
        "layers": [{"name": "a", "type": "attention", **options, "inputs": inputs}],
        "loss": {"type": "mse", "target": "t"},
    }))  # fmt: skip


@pytest.mark.parametrize("layer", LIBRARY)
def test_the_keys_part_of_one_bias_has_no_gradient(layer):
    derivation = derive(library_attention(LIBRARY[layer]))
    zero = [step.after for step in derivation.steps["a.in_proj_bias"] if "0 if 4 <= w < 8 else" in str(step.after)]
    assert zero
    assert any(note.startswith("`d.a.in_proj_bias` is 0 for `4 <= w < 8`, ") for note in derivation.notes)
    found = np.abs(sample_values(derivation.system).tensors["d.a.in_proj_bias"])
    assert found[4:8].max() == 0
    assert found[:4].min() > 1e-6 and found[8:].min() > 1e-6


def test_the_bias_of_a_layer_that_reads_all_alike_has_no_zero_range():
    for options in ({"bias": False}, {"causal": True}):
        derivation = derive(library_attention(options))
        for name in ("in_proj_weight", "out_proj.weight"):
            assert " if " not in adjoint(derivation, f"a.{name}")


PARTS = {  # places of queries, keys and values in one tensor -> where its bias has no gradient
    (0, 1, 2): "2 <= f < 4",
    (2, 0, 1): "f < 2",
    (1, 2, 0): "f >= 4",
    (0, 1, 1): None,  # keys that are values as well
    (1, 1, 0): None,
}


@pytest.mark.parametrize("parts", PARTS, ids=str)
def test_a_part_of_a_bias_is_zero_where_all_that_read_it_are_keys(parts):
    query, key, value = parts
    size = 2 * max(parts) + 2
    derivation = derive(network(
        "u[b, i, f] = sum[d](x[b, i, d]*W[f, d]) + a[f]\n"
        f"p[b, i, j] = softmax[j](sum[e](u[b, i, {query}*D + e]*u[b, j, {key}*D + e]))\n"
        f"y[b, i, e] = sum[j](p[b, i, j]*u[b, j, {value}*D + e])\nL = sum[b, i, e](y[b, i, e]**2*g[b, i, e])",
        given("x", "b i:3 d:2"), given("g", "b i:3 e:2"), given("W", f"f:{size} d:2", role="parameter"),
        given("a", f"f:{size}", role="parameter"), sizes={"D": 2},
    ))  # fmt: skip
    expected = {f"d.a[f] = 0 if {PARTS[parts]} else sum[b, i](d.net.u[b, i, f])"} if PARTS[parts] else set()
    assert {line for line in [adjoint(derivation, "a")] if " 0 if " in line} == expected
    found = np.abs(sample_values(derivation.system).tensors["d.a"])
    if PARTS[parts]:
        assert found[2 * key : 2 * key + 2].max() == 0
    assert found[2 * value : 2 * value + 2].min() > 1e-6


BEFORE_BATCHNORM = {
    "linear": ([{"name": "a", "type": "linear", "units": 3}, {"name": "n", "type": "batchnorm"}], ["B", 2]),
    "conv2d": (
        [{"name": "a", "type": "conv2d", "channels": 2, "kernel": 2}, {"name": "n", "type": "batchnorm"}],
        ["B", 1, 3, 3],
    ),
    "one unit": ([{"name": "a", "type": "linear", "units": 1}, {"name": "n", "type": "batchnorm"}], ["B", 2]),
}


@pytest.mark.parametrize("kind", BEFORE_BATCHNORM)
def test_a_bias_before_a_batch_norm_is_said_to_have_no_gradient(kind):
    layers, shape = BEFORE_BATCHNORM[kind]
    target = {"linear": ["B", 3], "conv2d": ["B", 2, 2, 2], "one unit": ["B", 1]}[kind]
    model = {"bpgen": 1, "name": "n", "inputs": {"x": {"shape": shape}, "t": {"shape": target}}, "layers": layers,
             "loss": {"type": "mse", "target": "t"}}  # fmt: skip
    proof = bpgen.derive(bpgen.load(model))
    assert proof.gradient("a.bias").rhs == 0
    assert proof.gradient("a.weight").rhs != 0 and proof.gradient("n.bias").rhs != 0
    text, latex = proof.text(), proof.latex()
    (line,) = [line for line in text.splitlines() if "  d.a.bias[" in line and line.endswith("= 0")]
    assert "sums to 0" in text.partition(line)[2].partition("d.n.weight")[0]
    assert r"\frac{\partial L}{\partial b^{(1)}_{" in latex
    assert any("= 0" in row for row in latex.splitlines() if r"\partial b^{(1)}_{" in row)
