"""random(i, j, ...): the numbers themselves, and the language around them."""

from __future__ import annotations

import numpy as np
import pytest

from bpgen.algebra.elaborate import Scope, elaborate, read_equation
from bpgen.algebra.errors import EquationError
from bpgen.algebra.evaluate import evaluate
from bpgen.algebra.functions import uniform
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.random import mixed, uniform_number, uniform_numbers
from bpgen.algebra.system import Origin, Tensor

SEED = Tensor("seed", (), "float64", "setting", symbol="seed")
STEP = Tensor("t", (), "float64", "state", symbol="t")
X = Tensor("x", (Index("b", BATCH), Index("i", 5)), role="input")
SCOPE = Scope(tensors={"x": X}, prefix="layer", random=(SEED, STEP))


def built(text):
    return elaborate(text, SCOPE, role="forward", origin=Origin())


def test_the_hash_is_a_permutation_that_is_published():
    # The first value of lowbias32 at 1, computed by the C of its author's page.
    words = [mixed(n) for n in range(2000)]
    assert len(set(words)) == 2000 and words[0] == 0
    assert all(0 <= word < 2**32 for word in words)


def test_one_bit_changes_half_of_the_bits():
    generator = np.random.default_rng(0)
    changed = [
        bin(mixed(word) ^ mixed(word ^ (1 << bit))).count("1")
        for word in generator.integers(0, 2**32, 300).tolist()
        for bit in range(32)
    ]
    assert abs(np.mean(changed) - 16) < 0.2


@pytest.mark.parametrize("seed, step, stream", [(0, 0, 1), (7, 3, 2**32 - 1), (2**40, 10**6, 12345)])
def test_numbers_are_evenly_distributed(seed, step, stream):
    numbers = uniform_numbers(seed, step, stream, np.arange(200_000))
    assert numbers.min() >= 0 and numbers.max() < 1
    assert (numbers * 2**24 == np.round(numbers * 2**24)).all()
    counts = np.histogram(numbers, 64, (0, 1))[0]
    assert ((counts - 3125) ** 2 / 3125).sum() < 110  # chi-squared with 63 degrees of freedom, beyond 99.98 %
    following = np.corrcoef(numbers[1:], numbers[:-1])[0, 1]
    assert abs(following) < 0.01


def test_streams_steps_and_seeds_are_independent():
    names = [(0, 0, 1), (1, 0, 1), (0, 1, 1), (0, 0, 2), (2, 0, 1), (0, 2, 1)]
    rows = np.array([uniform_numbers(*name, np.arange(50_000)) for name in names])
    correlated = np.abs(np.corrcoef(rows) - np.eye(len(names)))
    assert correlated.max() < 0.02
    for n, left in enumerate(rows):
        for right in rows[:n]:
            assert len(np.intersect1d(left[:1000], right[:1000])) < 5  # no stream is another one shifted


def test_one_number_and_an_array_of_them_agree_with_the_evaluator():
    equation = built("y[b, i] = random(b, i) + x[b, i]").equations[-1]
    given = {"x": np.zeros((4, 5)), "seed": 11.0, "t": 2.0}
    found = evaluate([equation], given, 4)["layer.y"]
    (node,) = equation.rhs.atoms(uniform)
    stream = int(node.args[2])
    position = np.arange(4)[:, None] * 5 + np.arange(5)
    np.testing.assert_array_equal(found, uniform_numbers(11, 2, stream, position))
    assert found[2, 3] == uniform_number(11, 2, stream, 13)


def test_each_random_is_a_stream_of_its_own():
    first, second = built("u[b, i] = random(b, i) * x[b, i]\ny[b, i] = u[b, i] + random(b, i)").equations
    (one,), (two,) = (equation.rhs.atoms(uniform) for equation in (first, second))
    assert one.args[2] != two.args[2] and one.args[3] == two.args[3]


def test_the_ellipsis_stands_for_all_indices():
    dots, written = built("y[...] = x[...] * random(...)"), built("y[b, i] = x[b, i] * random(b, i)")
    assert dots.equations[0].rhs == written.equations[0].rhs


@pytest.mark.parametrize(
    "text", ["y[b, i] = x[b, i] * random(b, i)", "y[b, i] = where(random(i, b) >= 0.3, x[b, i], 0)", "y = random()"]
)
def test_printed_it_reads_back(text):
    equation = built(text).equations[-1]
    scope = Scope(tensors={"x": X, "seed": SEED, "t": STEP}, names={"layer.y": "layer.y"}, sizes={"b": 3})
    again = read_equation(str(equation), Scope(tensors={**scope.tensors, "layer.y": equation.tensor}))
    assert again.rhs == equation.rhs


@pytest.mark.parametrize(
    "text, code",
    [
        ("y[b, i] = x[b, i] * random(x[b, i])", "index-name"),
        ("y[b, i] = x[b, i] * random(b, 2 * i)", "index-name"),
        ("y[b, i] = x[b, i] * random(b, k)", "unknown-name"),
        ("y[b, i] = x[b, i] * random(b, i, step=2)", "argument-count"),
        ("y[b, i] = x[b, i] * uniform(1, 2, 3)", "argument-count"),
        ("y[b, i] = x[b, i] * exp(...)", "unexpected-ellipsis"),
    ],
)
def test_what_is_wrong_with_it_is_said(text, code):
    with pytest.raises(EquationError) as caught:
        built(text)
    assert [item.code for item in caught.value.diagnostics] == [code]


def test_it_stands_where_there_is_a_seed():
    with pytest.raises(EquationError, match="layers and losses"):
        elaborate("y[b, i] = x[b, i] * random(b, i)", Scope(tensors={"x": X}), role="forward", origin=Origin())
