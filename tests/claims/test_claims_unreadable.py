"""Whatever is handed in, the answer is a verdict or an error with its place."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import CLASSES, MLP, SQUARE, proof

import bpgen

WORDS = [
    "dW1", "dW2", "delta2", "W2", "h1", "x", "y", "z2", "f2'(", "f'(z2)", "sigma", "(", ")", "[", "]", "'", "^T", ".T",
    "=", "=", "+", "-", "*", "/", "@", "^", "2", "1/m", "sum(", "mean(", ", axis=0", "_b", "x_bi", "sum_b", ";", "\n",
    "dL/dW2", "dz2/dh2", "b", "i", "o", "sum[b]", "[b, o]", "[o, i]", ",", "if", "log", "softmax(", "B", "q", ">",
    "'('", "**", "1", "0",
]  # fmt: skip
LATEX = [
    r"\frac", "{", "}", r"\partial", "L", "W", "_{oi}", "^{(2)}", r"^\top", "=", r"\delta", "x", r"\sum_b", r"\odot",
    r"\left(", r"\right)", r"\sigma'", "(", ")", "+", "-", r"\hat", "y", r"\mathbf", "1", "2", "_", "^", r"\sqrt", "d",
    "\\", r"\\", "&", r"\nabla_", "e", "m", "\n",
]  # fmt: skip
MANY = settings(max_examples=80, deadline=None, derandomize=True)


def judged(text: str, description=MLP) -> None:
    try:
        verdict = proof(description).check_claim(text)
    except bpgen.EquationError as error:
        (diagnostic,) = error.diagnostics
        assert diagnostic.position is not None and diagnostic.position.line >= 1 and diagnostic.position.column >= 1
        return
    assert str(verdict)


@MANY
@given(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join))
def test_words_in_any_order(text):
    judged(text)


@MANY
@given(st.lists(st.sampled_from(WORDS), max_size=10).map(lambda words: "dW2 = " + "".join(words)))
def test_words_behind_an_equals_sign(text):
    judged(text, CLASSES)


@MANY
@given(st.lists(st.sampled_from(LATEX), max_size=14).map(lambda words: r"\delta_2 = " + "".join(words)))
def test_latex_in_any_order(text):
    judged(text, SQUARE)


@MANY
@given(st.text(max_size=30))
def test_any_text(text):
    judged(text)


@pytest.mark.parametrize("text", ["(" * 500 + "x" + ")" * 500, "dW1 = " + "(" * 400 + "x" + ")" * 400,
                                  "dW1 = " + "-(" * 200 + "x" + ")" * 200, r"dW1 = \delta_1" + r"\frac{x}" * 300,
                                  "dW1[o, i] = " + "(" * 300 + "x" + ")" * 300])  # fmt: skip
def test_what_is_nested_too_deep(text):
    with pytest.raises(bpgen.EquationError):
        proof(MLP).check_claim(text)


@pytest.mark.parametrize("text", [
    "__import__('os').system('true')", "dW1 = __class__", "dW1[o, i] = x.__class__[o, i]", "dW1 = exec(x)",
    r"dW1 = \write18{true}",
])  # fmt: skip
def test_nothing_is_executed(text):
    with pytest.raises(bpgen.EquationError):
        proof(MLP).check_claim(text)


@pytest.mark.parametrize("text", ["dW1 = dW1", "dz2[b, o] = 2 * dz2[b, o] / 2", r"\delta_2 = \delta_2", "L = L",
                                  "g = dz2\ndz2 = g"])  # fmt: skip
def test_what_claims_nothing(text):
    with pytest.raises(bpgen.EquationError, match="nothing is claimed"):
        proof(MLP).check_claim(text)


@pytest.mark.parametrize(("text", "code"), [
    ("dz2 = z2/0", "division-by-zero"), ("dz2 = 0^(-1) z2", "division-by-zero"), ("dz2 = log(0)", "division-by-zero"),
    ("dz2 = (-1)^0.5 z2", "not-real"), ("dz2 = log(-1) z2", "not-real"), ("dz2 = 2^99999999999 z2", "number-range"),
    ("dz2 = 9^9^9^9 z2", "number-range"), ("dz2 = 1e99999 z2", "number-range"), ("dz2 = z2^99999", "number-range"),
])  # fmt: skip
def test_what_is_no_number(text, code):
    with pytest.raises(bpgen.EquationError) as caught:
        proof(MLP).check_claim(text)
    assert caught.value.diagnostics[0].code == code


def test_a_claim_is_a_text():
    with pytest.raises(bpgen.BpgenError, match="a claim is a text"):
        proof(MLP).check_claim(3)
