"""Labels that are ignored need be no classes: they are compared with, and nothing is read at them."""

from __future__ import annotations

import pytest
from derive_networks import given, network

from bpgen.algebra.expressions import Access, accesses
from bpgen.algebra.printing import print_equation
from bpgen.derive.derive import derive

TEXT = """
a[b, j] = sum[r](x[b, r]*w[r, j])
p[b, j] = softmax[j](a[b, j])
c[b] = (label[b] != NUMBER) + 0
n = sum[b](c[b])
L = -sum[b](c[b]*sum[j]((j == label[b])*log(p[b, j])))/n
"""


def derived(ignored: int):
    label = given("label", "b", classes=3, ignored=ignored)
    tensors = given("x", "b r:2"), given("w", "r:2 j:3", role="parameter"), label
    return derive(network(TEXT.replace("NUMBER", str(ignored)), *tensors)).system


@pytest.mark.parametrize("ignored", [-100, 3])
def test_nothing_is_read_at_a_label(ignored: int) -> None:
    for equation in derived(ignored).equations:
        read = [place for access in accesses(equation.rhs) for place in access.indices if isinstance(place, Access)]
        assert not read, print_equation(equation, {})


@pytest.mark.parametrize("ignored", [-100, 0, 3])
def test_the_rows_that_count(ignored: int) -> None:
    """A softmax sums to 1, and so do the brackets of a label that counts: others have a factor of 0."""
    system = derived(ignored)
    (rhs,) = (
        equation.rhs
        for equation in system.equations
        if equation.tensor.name.endswith(".a") and equation.role == "backward"
    )
    assert str(rhs).count("equal") == 1
