"""The lines of a derivation: they chain, each changes little in one place, and a wrong one is stopped."""

from __future__ import annotations

import tomllib
from itertools import pairwise
from pathlib import Path

import pytest
from derive_networks import given, network, sums_to_one
from step_size import change
from test_closed_forms import FORMS

from bpgen.algebra.slope import slope
from bpgen.derive.derive import derive
from bpgen.derive.differentiate import ADJOINT
from bpgen.spec.read import read
from bpgen.spec.system import build_system

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.toml"))
# The most nodes that may differ between two lines, both sides together (see step_size); few are larger than 30.
LARGEST = 80


def of_form(form):
    text, tensors, _, _ = FORMS[form]
    return derive(network(text, *tensors))


def of_example(path):
    return derive(build_system(read(tomllib.loads(path.read_text(encoding="utf-8")))))


def assert_readable(derivation):
    """From the chain rule to the final form without a gap, each line one small change, by a rule, with a reason."""
    chain = {equation.tensor.name: equation for equation in derivation.chain}
    sizes = []
    for equation in derivation.simplified:
        name = equation.tensor.name
        lines = derivation.details[name.removeprefix(ADJOINT)]
        behind = derivation.after_chain(name.removeprefix(ADJOINT))
        assert lines[-1].after.rhs == equation.rhs, name
        assert (behind[0].before.rhs if behind else equation.rhs) == chain[name].rhs, name
        assert not chain[name].rhs.has(slope)
        first = lines[: len(lines) - len(behind)]
        assert first[0].before.rhs.has(slope)
        assert all(line.rule in ("differentiate", "bracket") for line in first), name
        for one, other in pairwise(lines):
            assert one.after.rhs == other.before.rhs, name
        printed = [str(lines[0].before), *(str(line.after) for line in lines)]
        assert len(set(printed)) == len(printed), name
        for line in lines:
            assert line.rule and line.reason, name
            sizes.append(change(line.before.rhs, line.after.rhs))
            assert 0 < sizes[-1] <= LARGEST, (name, line.rule, line.reason, str(line.before), str(line.after))
    return sizes


@pytest.mark.parametrize("form", FORMS)
def test_lines_of_closed_forms(form):
    assert_readable(of_form(form))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_lines_of_examples(path):
    sizes = assert_readable(of_example(path))
    assert not sizes or sum(sizes) / len(sizes) <= 30


@pytest.mark.parametrize("classes", [1, 2, 4])
def test_lines_of_what_cancels_to_nothing(classes):
    """One class: every term of the gradient is of size 1, and their sum is 0, up to rounding."""
    text = "p[b, j] = softmax[j](u[b, j])\nL = mean[b](-sum[j](log(p[b, j])*y[b, j]))"
    facts = sums_to_one(1)
    assert_readable(derive(network(text, given("u", f"b j:{classes}"), given("y", f"b j:{classes}", facts=facts))))
