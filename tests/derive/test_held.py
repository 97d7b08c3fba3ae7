"""Conditions without which a tensor is 0, or -inf, found through what it is made of."""

from __future__ import annotations

import sys

import sympy

from bpgen.algebra.expressions import Access
from bpgen.algebra.functions import greater_equal, where
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.system import Equation, Tensor
from bpgen.derive.definitions import Definitions
from bpgen.derive.held import finite_by, held_by

b, i, j = Index("b", BATCH), Index("i", 5), Index("j", 5)
MASK = greater_equal(i, j)


def chain(first, depth, step):
    """x, then so many tensors each made of the one before: the definitions, and the element of the last."""
    given = Tensor("x", (b, i, j), role="input")
    tensors = {"x": given}
    equations = []
    value = first(given.element)
    for number in range(depth):
        tensor = Tensor(f"y{number}", (b, i, j))
        tensors[tensor.name] = tensor
        equations.append(Equation(tensor, tensor.axes, value, number=number + 1))
        value = step(tensor.element)
    return Definitions.of(equations, tensors), tensor.element


def test_conditions_reach_through_networks_deeper_than_calls_may_be():
    depth = 2 * sys.getrecursionlimit()
    masked, last = chain(lambda x: x * MASK, depth, lambda y: 2 * y)
    assert held_by(last, masked) == {MASK: 1} and finite_by(last, masked) == {}
    infinite, last = chain(lambda x: where(MASK, x, -sympy.oo), depth, lambda y: y + 1)
    assert finite_by(last, infinite)[MASK] == 1 and held_by(last, infinite) == {}


def test_what_a_recurrence_needs_of_itself_is_left_out():
    t = Index("t", 4)
    x, h, g = Tensor("x", (b, t), role="input"), Tensor("h", (b, t)), Tensor("g", (b, t))
    early = greater_equal(2, t)
    earlier = Access(g.atom, b, t - 1)
    equations = [
        Equation(h, h.axes, (earlier + x.element) * early, number=1),
        Equation(g, g.axes, h.element * x.element, number=2),
    ]
    definitions = Definitions.of(equations, {"x": x, "h": h, "g": g})
    assert held_by(g.element, definitions) == {early: 1}
    assert held_by(h.element, definitions) == {early: 1}
