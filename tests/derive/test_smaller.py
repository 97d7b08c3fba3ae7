"""Stand-ins for long axes: which sizes have one, that nothing comes out otherwise, and that nothing wrong comes in."""

from __future__ import annotations

import importlib
from math import gcd

import numpy as np
import pytest
from derive_networks import axes, given, network
from sympy import Expr, Integer

from bpgen.algebra.errors import RewriteError
from bpgen.algebra.evaluate import evaluate
from bpgen.algebra.expressions import Reduction
from bpgen.algebra.functions import greater
from bpgen.algebra.system import System
from bpgen.derive import adjoints
from bpgen.derive.check import check_rewrite
from bpgen.derive.derive import derive
from bpgen.derive.sample import sample_values
from bpgen.derive.smaller import stand_ins

LONG = 1100
SCORES = "s[b, i, j] = sum[k](q[b, i, k]*x[b, j, k]) if i >= j else -inf\np[b, i, j] = softmax[j](s[b, i, j])\n"
ATTENTION = SCORES + "L = mean[b, i]((sum[j](p[b, i, j]*x[b, j, 0]) - 1)**2)"
GIVEN = (given("q", f"b i:{LONG} k:2"), given("x", f"b i:{LONG} k:2"))


def long(text: str) -> System:
    """A system over a long axis, of scores and of a text on x and y."""
    place = given("n", f"i:{LONG}", classes=LONG)
    return network(SCORES + text, *GIVEN, place, given("w", f"i:{LONG}"), sizes={"N": LONG})


@pytest.mark.parametrize(
    "text",
    [
        "L = sum[b, i, j](p[b, i, j]*x[b, j, 0])",
        "L = mean[b, i, j](p[b, i, j]*w[j])",
        "m[b, i] = max[j](p[b, i, j]*w[j])\nL = sum[b, i](m[b, i])",
        f"L = sum[b, i, j](p[b, i, j]*p[b, j, i])/{LONG}",
    ],
)
def test_a_size_that_nothing_counts_has_a_stand_in(text):
    system = long(text)
    ((size, stand),) = stand_ins(system).items()
    assert size == LONG and stand < 64 and gcd(stand, LONG) == 1
    assert stand not in {extent for tensor in system.tensors.values() for extent in tensor.shape}


@pytest.mark.parametrize(
    "text",
    [
        "m[b] = mean[i](x[b, i, 0])\nL = sum[b, i, j](p[b, i, j]*m[b])",
        f"m[b] = sum[i](x[b, i, 0])/{2 * LONG}\nL = sum[b, i, j](p[b, i, j]*m[b])",
        "L = sum[b, i, j](p[b, i, j]*x[b, j - 1, 0])",
        "L = sum[b, i, j](p[b, i, j]*x[b, n[j], 0])",
        "L = sum[b, i, j](p[b, i, j]*x[b, j, 0]*(j >= 700))",
        "L = sum[b, i, j](p[b, i, j]*x[b, j, 0]*(i >= j + 1))",
        "L = sum[b, i, j](p[b, i, j]*j)",
    ],
)
def test_a_size_that_is_counted_has_none(text):
    assert stand_ins(long(text)) == {}


def test_what_is_small_is_evaluated_as_it_is():
    few = (given("q", "b i:100 k:2"), given("x", "b i:100 k:2"))
    assert stand_ins(network(ATTENTION, *few)) == {}


def test_the_derivation_is_the_one_without_stand_ins(monkeypatch):
    system = network(ATTENTION, *GIVEN)
    assert LONG in stand_ins(system)
    with_them = derive(system)
    lines = [line for name in with_them.steps for line in with_them.details[name]]
    monkeypatch.setattr(importlib.import_module("bpgen.derive.derive"), "stand_ins", lambda system: {})
    without = derive(system)
    for found, expected in ((with_them.system.equations, without.system.equations), (with_them.chain, without.chain)):
        assert [str(equation) for equation in found] == [str(equation) for equation in expected]
    assert lines and with_them.notes == without.notes


def test_a_derivative_that_counts_places_is_derived_at_the_sizes_themselves():
    """mean[b, i](c[b] + ...): d.c = 1100/(1100 B), which no other number of places gives."""
    text = SCORES + "L = mean[b, i](sum[j](p[b, i, j]*x[b, j, 0]) + c[b]**2)"
    system = network(text, *GIVEN, given("c", "b"))
    assert LONG in stand_ins(system)
    derivation = derive(system)
    (gradient,) = (e for e in derivation.system.equations if e.tensor.name == "d.c")
    assert not gradient.rhs.has(Reduction)
    c = np.array([2.0, -3.0])
    np.testing.assert_allclose(evaluate([gradient], {"c": c}, 2)["d.c"], 2 * c / 2)


def _first_places(rhs: Expr) -> Expr:
    """sum[i](f) -> sum[i](f * [700 > i]): the same for as few places as are evaluated."""

    def few(op: Expr, body: Expr, *bound: Expr) -> Expr:
        return Reduction(op, body * greater(Integer(700), bound[-1]), *bound)

    return rhs.replace(Reduction, few)


def test_a_wrong_rewrite_is_refused_that_is_right_for_few_places():
    system = network(ATTENTION, *GIVEN)
    values = sample_values(system, smaller=stand_ins(system))
    loss = system.defining["loss"]
    assert values.tensors["x"].shape[1] < 64
    wrong = _first_places(loss.rhs)
    assert wrong != loss.rhs
    with pytest.raises(RewriteError, match="depends on 1100 places"):
        check_rewrite(loss, loss.rhs, wrong, "planted", values)


def test_a_wrong_rule_is_stopped_with_both_sides_printed(monkeypatch):
    monkeypatch.setattr(adjoints, "cheapest", lambda expression: 2 * expression)
    with pytest.raises(RewriteError, match=r"changed the value(.|\n)*before:(.|\n)*after:"):
        derive(network(ATTENTION, *GIVEN))


def test_two_sizes_have_two_stand_ins():
    i, j = axes(f"i:{LONG} j:1200")
    system = network("L = sum[b, i, j](x[b, i]*w[i, j]*y[b, j])", given("x", f"b i:{i.extent}"),
                     given("w", f"i:{i.extent} j:{j.extent}"), given("y", f"b j:{j.extent}"))  # fmt: skip
    found = stand_ins(system)
    assert found.keys() == {LONG, 1200} and len(set(found.values())) == 2
