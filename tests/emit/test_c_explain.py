"""What is said of contractions is what the emitted C does with them."""

import pytest
from c_runner import emitted, trained
from test_c_values import network

from bpgen.emit.c_explain import explain
from bpgen.lower.lower import lower

FUNCTIONS = {
    "panels": "multiply(",
    "dot products": "multiply(",
    "strip": "multiply_strip(",
    "block and panels": "multiply_across(",
}


@pytest.fixture(scope="module")
def system():
    return trained(network([40, 300, 2], "cross_entropy", "relu"))


def test_each_contraction_is_explained_by_the_function_that_computes_it(system):
    text = next(text for name, text in emitted(system).files.items() if name.endswith(".c"))
    kernels = text.split("\nstatic void ")[1:]
    found = explain(lower(system), "float32", 64)
    assert {way.sizes for way in found} >= {"B x 300, sums of 40", "300 x 40, sums of B", "2 x 300, sums of B"}
    for way in found:
        heading = f"\n   ({way.equations[0]}) "
        bodies = [
            body
            for before, body in zip([text.split("\nstatic void ")[0], *kernels], kernels, strict=False)
            if heading in before[before.rfind("/*") :]
        ]
        assert bodies
        assert all(FUNCTIONS[way.strategy] in body for body in bodies), way


def test_estimates_are_shares_that_grow_with_the_rows(system):
    few, many = (explain(lower(system), "float32", batch) for batch in (8, 512))
    assert len(few) == len(many) > 3
    for before, after in zip(few, many, strict=True):
        assert 0 < before.share <= after.share <= 1


def test_small_contractions_are_loops():
    found = explain(lower(trained(network([2, 3, 1]))), "float32", 10)
    assert found
    assert {way.strategy for way in found} == {"loops"}
    assert all(way.share is None and "registers" in way.reason for way in found)
