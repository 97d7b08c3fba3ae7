"""Loops of one turn in C: which are written as no loop, which stay, and that the values stay."""

from __future__ import annotations

import pytest
from c_runner import compiler, emitted, trained
from test_c_accesses import check, layer

SINGLE = {
    "every axis": layer("y[b, c, p] = tanh(x[b, c, p])*K[c, p]", [1, 1], [1, 1]),
    "a sum of one term": layer("y[b, o] = sum[i](x[b, i]*K[i, o])", [1], [3], o=3),
    "a product with one output": layer("y[b, o] = sum[i](x[b, i]*K[i, o])", [37], [1], o=1),
    "a product with one row beside others": layer("y[b, c, o] = sum[i](x[b, c, i]*K[i, o])", [1, 20], [1, 33], o=33),
    "of two sums one": layer("y[b] = sum[c, p](x[b, c, p]**3)", [1, 4], []),
    "the largest of one": layer("y[b] = max[i](x[b, i]*x[b, i])", [1], []),
    "counted": layer("y[b, c, p] = x[b, c, p]*(c + 2*p + 1)", [1, 3], [1, 3]),
    "softmax of one": layer("y[b, j] = softmax[j](x[b, j])*K[j]", [1], [1]),
    "a window of one": layer("y[b, p] = sum[r](x[b, p + r]*K[r])", [5], [5], p=5, r=1),
    "through a table": layer("y[b, p] = sum[q](x[b, (p + q) % 1]**2)", [1], [1], p=1, q=1),
}  # fmt: skip


@pytest.mark.skipif(compiler() is None, reason="needs a C compiler")
@pytest.mark.parametrize("case", SINGLE)
def test_values_stay(case, tmp_path):
    check(trained(SINGLE[case]), "float64", tmp_path, batches=(1, 3, 19))


@pytest.mark.parametrize("case", ["every axis", "of two sums one", "counted", "softmax of one"])
def test_no_loop_has_one_turn(case):
    source = emitted(trained(SINGLE[case]))
    lines = [line for text in source.files.values() for line in text.splitlines()]
    assert not [line for line in lines if "= 0;" in line and "< 1;" in line]


def test_a_sum_of_one_term_is_that_term():
    source = emitted(trained(SINGLE["a sum of one term"]))
    assert "y[b * 3 + o] = x[b] * K[o];" in source.files["net.c"]
