"""Equal blocks share their kernels, and their calls are a loop: the text hardly grows with depth."""

from __future__ import annotations

import re

import numpy as np
import pytest
from c_runner import compiled, compiler

import bpgen
from bpgen.emit.c_places import INT_MAX, Offsets, Place
from bpgen.emit.c_rounds import Stretch, find_rounds
from bpgen.emit.numbers import round_text, runs


def test_equal_rounds_are_found_with_what_stands_around_them():
    assert find_rounds("xababab") == [Stretch(0, 1, 1), Stretch(1, 2, 3)]
    assert find_rounds("aaaaab") == [Stretch(0, 1, 5), Stretch(5, 1, 1)]


def test_a_few_equal_calls_stay_as_they_are():
    assert [stretch.rounds for stretch in find_rounds("abab")] == [1, 1, 1, 1]
    assert [stretch.rounds for stretch in find_rounds("aaa")] == [1, 1, 1]


def test_numbers_of_equal_steps_are_told_by_the_first_and_the_last():
    assert runs([(26,), (46,), (66,), (86,)]) == "(26), every 20 to (86)"
    assert runs([(3, 9), (5, 8)]) == "(3) (9), (5) (8)"
    assert runs([(1,), (2,), (9,)]) == "(1), (2), (9)"


def test_a_call_in_a_loop_says_which_equations_it_computes():
    assert round_text([(26, 50), (46, 40), (66, 30)], "n") == "(26 + n * 20) (50 - n * 10)"
    assert round_text([(1,), (2,), (9,)], "n") == "(1), (2), (9)"


def stack(blocks):
    body = [
        {"name": "norm", "type": "layernorm"},
        {"name": "wide", "type": "linear", "units": 12, "activation": "tanh"},
        {"name": "narrow", "type": "linear", "units": 6},
        {"name": "sum", "type": "add", "inputs": ["input", "narrow"]},
    ]
    return {
        "bpgen": 1,
        "name": "stack",
        "inputs": {"x": {"shape": ["B", 6]}, "y": {"shape": ["B", 6]}},
        "layers": [
            {"name": "first", "type": "linear", "units": 6},
            {"name": "body", "type": "block", "block": "one", "repeat": blocks},
            {"name": "last", "type": "linear", "units": 6},
        ],
        "blocks": {"one": {"layers": body}},
        "loss": {"type": "mse", "target": "y"},
        "optimizer": {"type": "adam"},
    }


def test_kernels_do_not_grow_with_the_number_of_blocks_and_the_text_hardly_does():
    texts = {n: bpgen.generate(stack(n), target="c").files["stack.c"] for n in (3, 4, 5, 9)}
    kernels = {n: text.count("static void ") - text.count("static void share_of_") for n, text in texts.items()}
    assert kernels[3] == kernels[4] == kernels[9]
    assert len(texts[9]) - len(texts[5]) < 4 * 1500


@pytest.mark.parametrize("blocks", [3, 7])
def test_rounds_compute_what_numpy_does(blocks):
    generator = np.random.default_rng(blocks)
    data = {name: generator.normal(size=(5, 6)) for name in ("x", "y")}
    ours = bpgen.build(stack(blocks), target="c", dtype="float64")
    theirs = bpgen.build(stack(blocks), target="numpy", dtype="float64")
    for network in (ours, theirs):
        network.init(seed=1)
    _, by_c = ours.gradients(**data)
    _, by_numpy = theirs.gradients(**data)
    for name, gradient in by_numpy.items():
        np.testing.assert_allclose(by_c[name], gradient, rtol=1e-9, atol=1e-12)
    for _ in range(3):
        assert np.isclose(ours.step(**data), theirs.step(**data), rtol=1e-10)


@pytest.mark.parametrize("step, number", [(INT_MAX // 2, "n"), (INT_MAX // 2 + 1, "(size_t)n")])
def test_an_offset_beyond_what_int_holds_is_reckoned_in_another_type(step, number):
    for sign, offsets in (("+", (0, step, 2 * step)), ("-", (2 * step, step, 0))):
        places = [Place("net->parameters", "", "", offset, "", "w") for offset in offsets]
        assert Offsets("n", "at").text(places, lambda place: "w") == f"w {sign} {number} * {step}"


HUGE = {
    "bpgen": 1,
    "name": "huge",
    "inputs": {"x": {"shape": ["B", 40000]}, "y": {"shape": ["B", 10]}},
    "layers": [
        {"name": "body", "type": "block", "block": "one", "repeat": 4},
        {"name": "last", "type": "linear", "units": 10},
    ],
    "blocks": {"one": {"layers": [{"name": "wide", "type": "linear", "units": 40000, "activation": "tanh"}]}},
    "loss": {"type": "mse", "target": "y"},
    "optimizer": {"type": "adam"},
}


def test_a_network_of_more_parameters_than_int_counts(tmp_path):
    """Each of its arrays can be counted by int, but not where they begin: 6,400,560,010 numbers in `parameters`."""
    source = bpgen.generate(HUGE, target="c")
    text = source.files["huge.c"]
    far = 0
    for rounds, body in re.findall(r"for \(int n = 0; n < (\d+); n\+\+\) \{\n(.*?)\n    \}", text, re.DOTALL):
        for cast, step in re.findall(r"(\(size_t\))?n \* (\d+)", body):
            assert bool(cast) == ((int(rounds) - 1) * int(step) > INT_MAX)
            far += bool(cast)
    assert far > 0
    assert not any(int(value) > INT_MAX for body in re.findall(r"enum \{(.*?)\}", text, re.DOTALL)
                   for value in re.findall(r" = (\d+),", body))  # fmt: skip
    assert "static const size_t body_3_wide_weight = 4800120000;" in text and "enum {\n    lr = 0," in text
    if compiler() is not None:
        compiled(source, tmp_path, "-O0")
