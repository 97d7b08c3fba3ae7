"""A wrong rule, planted in any stage of the derivation, is stopped, and both sides are printed."""

from __future__ import annotations

import math

import pytest
import sympy
from derive_networks import given, network

from bpgen.algebra.errors import InternalError, RewriteError
from bpgen.algebra.functions import softplus
from bpgen.algebra.index import BATCH
from bpgen.derive import adjoints, differentiate, explain, stabilise, sums
from bpgen.derive.definitions import Definitions
from bpgen.derive.derive import derive
from bpgen.derive.moves import Move, Said
from bpgen.derive.sample import sample_batches

DENSE = (
    "h[b, o] = tanh(sum[i](x[b, i]*W[o, i]))\nL = mean[b, o](h[b, o]**2)",
    [given("x", "b i:3"), given("W", "o:2 i:3", role="parameter")],
)
SOFTMAX = (
    "p[b, j] = softmax[j](z[b, j])\nL = sum[b, j](g[b, j]*p[b, j])",
    [given("z", "b j:3"), given("g", "b j:3")],
)
BINARY = (
    "s[b] = sigmoid(z[b])\nL = -mean[b](y[b]*log(s[b]) + (1 - y[b])*log(1 - s[b]))",
    [given("z", "b"), given("y", "b")],
)
DISTRIBUTION = (
    "L = mean[b](-sum[j](y[b, j]*log_softmax[j](z[b, j])))", [given("z", "b j:3"), given("y", "b j:3")],
)  # fmt: skip


def assert_stopped(text, tensors, kind=RewriteError):
    with pytest.raises(kind) as raised:
        derive(network(text, *tensors))
    message = str(raised.value)
    assert "bug in bpgen" in message
    if kind is RewriteError:
        before, after = message.index("before:"), message.index("after:")
        assert message[before:after].strip() != message[after:].strip()
        assert message.count("=") >= 2  # with their values


def test_folding_into_the_wrong_tensor(monkeypatch):
    right = Definitions.fold

    def wrong(self, expression):
        folded, used = right(self, expression)
        return (1 + folded if used else folded), used

    monkeypatch.setattr(Definitions, "fold", wrong)
    assert_stopped(*DENSE)


def test_a_sum_that_forgets_how_many_terms_it_has(monkeypatch):
    monkeypatch.setattr(sums, "sum_over", lambda body, bound: 2 * sums.Reduction("sum", body, *bound))
    assert_stopped(*SOFTMAX)


def test_a_fact_that_nobody_declared(monkeypatch):
    monkeypatch.setattr(
        sums.SumRules, "_constant", lambda self, factor, indices, depth: sympy.S.One if len(indices) == 1 else None
    )
    assert_stopped(*DISTRIBUTION)


def test_collecting_with_the_wrong_sign(monkeypatch):
    monkeypatch.setattr(adjoints, "cheapest", lambda expression: -expression)
    assert_stopped(*SOFTMAX)


def test_stabilising_with_the_wrong_sign(monkeypatch):
    monkeypatch.setattr(stabilise, "softplus", lambda argument: softplus(-argument))
    assert_stopped(*BINARY)


def test_differentiating_tanh_wrongly(monkeypatch):
    right = differentiate.partial
    monkeypatch.setattr(differentiate, "partial", lambda f, by: right(f, by) + f if f.has(sympy.tanh) else right(f, by))
    assert_stopped(*DENSE, kind=InternalError)


def test_a_wrong_line_between_two_right_expressions(monkeypatch):
    """The lines are checked too, not only where a pass begins and ends."""
    right = explain.rearrange

    def wrong(before, after):
        path = right(before, after)
        detour = Move(2 * before, Said("factor out", "2"), Said("multiply out", "2"))
        return (detour, *path) if path else path

    derivation = derive(network(SOFTMAX[0], *SOFTMAX[1]))
    monkeypatch.setattr(explain, "rearrange", wrong)
    with pytest.raises(RewriteError, match=r"(?s)rule 'factor out'.*before:.*after:"):
        dict(derivation.details)


@pytest.mark.parametrize("batch", [1, 3, 5])  # one, as large as another axis, unlike every other axis
def test_lines_are_checked_with_several_sizes(monkeypatch, batch):
    """A line that is right for every size of the batch but one is stopped too."""
    derivation = derive(network(SOFTMAX[0], *SOFTMAX[1]))
    sizes = sample_batches(derivation.forward)
    assert batch in sizes
    others = math.prod(BATCH - size for size in sizes if size != batch)
    factor = Said("factor out", "a product that is 0 for every size but one")

    def wrong(before, after):
        return (Move(before + others, factor, factor), Move(after, factor, factor))

    monkeypatch.setattr(explain, "rearrange", wrong)
    with pytest.raises(RewriteError, match="factor out"):
        dict(derivation.details)
