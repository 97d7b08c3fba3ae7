"""A sum is said to vary only where it does: of all its elements, at places of its own, and beyond rounding."""

from __future__ import annotations

import numpy as np
import pytest
from derive_networks import given, network
from sympy import Integer

from bpgen.algebra.index import Index
from bpgen.algebra.system import Tensor
from bpgen.derive.adjoints import Adjoints
from bpgen.derive.differentiate import ADJOINT
from bpgen.derive.measured import Measured
from bpgen.derive.sample import sample_values

B, K, J = Index("b", 3), Index("k", 4), Index("j", 5)
DRAWN = np.random.default_rng(5).normal(size=(3, 4, 5))
CENTRED = DRAWN - DRAWN.mean(axis=2, keepdims=True)
SCALED = DRAWN / DRAWN.sum(axis=(1, 2), keepdims=True)
UNIT = DRAWN / np.sqrt((DRAWN**2).sum(axis=1, keepdims=True))
CASES = {
    "values as drawn": (DRAWN, 1, (J,), True),
    "over the batch": (DRAWN, 1, (B,), True),
    "over the batch and more": (DRAWN, 1, (B, K), True),
    "their squares": (DRAWN, 2, (J,), True),
    "centred, along that axis": (CENTRED, 1, (J,), False),
    "centred, their squares": (CENTRED, 2, (J,), True),
    "centred, along another": (CENTRED, 1, (K,), True),
    "sums to 1 over two": (SCALED, 1, (J, K), False),
    "over one of the two": (SCALED, 1, (J,), True),
    "of unit length": (UNIT, 2, (K,), False),
    "over all": (DRAWN, 1, (B, K, J), False),
    "not finite": (np.where(DRAWN > 1.5, np.inf, DRAWN), 1, (J,), False),
    "all 0": (0 * DRAWN, 1, (J,), False),
}


@pytest.mark.parametrize("name", CASES)
def test_whether_a_sum_varies(name):
    values, power, indices, expected = CASES[name]
    access = Tensor("t", (B, K, J)).element
    assert Measured({"t": values}.get).varies(access, power, indices) is expected


def test_what_is_read_elsewhere_is_not_judged():
    tensor = Tensor("t", (B, K, J))
    measured = Measured({"t": DRAWN, "turned": DRAWN[0]}.get)
    shorter = Index("j", 4)
    for places in ((B, K, J + 1), (B, K, Integer(2)), (B, K, K), (B, K, shorter)):
        access = tensor.element.func(tensor.atom, *places)
        assert not measured.varies(access, 1, (K,)), places
    assert not measured.varies(Tensor("turned", (B, K, J)).element, 1, (J,))  # of other axes than it has now
    assert not measured.varies(Tensor("unknown", (B, K, J)).element, 1, (J,))
    assert not measured.varies(tensor.element, 1, (Index("o", 5),))


def test_a_copy_keeps_answers_and_no_values():
    measured = Measured({"t": DRAWN}.get)
    element = Tensor("t", (B, K, J)).element
    assert measured.varies(element, 1, (J,))
    copy = measured.copy()
    assert copy.sample("t") is None
    assert copy.varies(element, 1, (J,)) and not copy.varies(element, 1, (K,))


def test_nothing_is_simplified_otherwise():
    """A batch norm's and a softmax's adjoints, whose sums over rows and classes vanish by proof."""
    text = """
    m[j] = mean[b](x[b, j])
    v[j] = mean[b]((x[b, j] - m[j])**2)
    n[b, j] = (x[b, j] - m[j])/sqrt(v[j] + 1e-5)
    p[b, j] = softmax[j](n[b, j]*w[j])
    L = sum[b, j](g[b, j]*p[b, j])
    """
    system = network(text, given("x", "b j:4"), given("g", "b j:4"), given("w", "j:4", role="parameter"))
    found = []
    for measuring in (True, False):
        adjoints = Adjoints.of(system, sample_values(system))
        if not measuring:
            adjoints.definitions.measured = Measured()
        adjoints.derive_all()
        assert bool(adjoints.definitions.measured.found) is measuring
        found.append({name: str(equation) for name, equation in adjoints.final.items()})
    assert found[0] == found[1] and ADJOINT + "x" in found[0]
