"""What bpgen prints as LaTeX, in matrices and by indices, is read back and proved."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from networks import CLASSES, LOGISTIC, MLP, SOFT, SQUARE, proof

import bpgen

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMED = ("xor", "logistic_regression", "mnist_mlp", "digits_student", "mlp_2331", "gated_unit", "squared_distance")


def printed_gradients(latex: str) -> list[str]:
    """The equations of the section with the gradients, as they stand in the document."""
    section = latex.partition(r"\section{Gradients}")[2].partition(r"\section{")[0].partition(r"\subsection")[0]
    bodies = re.findall(r"\\begin\{align\}\n(.*?)\\end\{align\}", section, re.DOTALL)
    return [row for body in bodies for row in re.findall(r"(.*?\\label\{[^}]*\})(?: \\\\)?\n", body, re.DOTALL)]


def assert_read_back(derived: bpgen.Proof, notation: str) -> None:
    rows = printed_gradients(derived.latex(notation=notation, full=True))
    verdicts = [derived.check_claim(row) for row in rows]
    assert [row for row, verdict in zip(rows, verdicts, strict=True) if verdict.status != "proved"] == []
    spoken_of = {verdict.derived.partition(" = ")[0].partition("[")[0] for verdict in verdicts}
    system = derived.derivation.forward
    assert {f"d.{tensor.name}" for tensor in system.with_role("parameter")} <= spoken_of


@pytest.mark.parametrize("notation", ["matrix", "index"])
@pytest.mark.parametrize("name", NAMED)
def test_the_printed_gradients_of_an_example_are_read_back(name, notation):
    assert_read_back(proof(EXAMPLES / f"{name}.toml"), notation)


@pytest.mark.parametrize("notation", ["matrix", "index"])
@pytest.mark.parametrize("description", [MLP, SQUARE, LOGISTIC, CLASSES, SOFT])
def test_the_printed_gradients_of_a_network_are_read_back(description, notation):
    assert_read_back(proof(description), notation)


@pytest.mark.parametrize("notation", ["matrix", "index"])
def test_a_printed_gradient_with_a_slip_is_wrong(notation):
    derived = proof(CLASSES)
    slips = {" - ": " + ", r"\odot": r"\oslash", r"\operatorname{diag}(s)^{-1}": r"\operatorname{diag}(s)",
             "> 0": "< 0", r"B\,S_{b}": "B"}  # fmt: skip
    tried = 0
    for row in printed_gradients(derived.latex(notation=notation, full=True)):
        left, _, right = row.partition(" &= ")
        for before, after in slips.items():
            if before in right:
                tried += 1
                wrong = f"{left} &= {right.replace(before, after, 1)}"
                assert not derived.check_claim(wrong), wrong
    assert tried > 3


def test_a_slip_whose_repair_would_divide_by_zero_is_still_judged():
    text = r"\nabla_{\boldsymbol{\mathrm{teacher}}} L = \frac{1}{B} Q \oslash (\log(Q) - \log(P))"
    assert not proof(EXAMPLES / "digits_student.toml").check_claim(text)


def test_ones_spread_a_vector_over_rows_or_columns():
    derived = proof(SQUARE)
    for claim in (
        r"Z^{(1)} = X W^{(1)\top} + \mathbf{1} b^{(1)\top}",
        r"z^{(1)} = x W^{(1)\top} + (b^{(1)} \mathbf{1}^\top)^\top",
        r"\nabla_{b^{(1)}} L = \Delta^{(1)\top}\,\mathbf{1}",
        r"(\nabla_{b^{(1)}} L) = (\mathbf{1}^{\top} \Delta^{(1)})^\top",
    ):
        assert derived.check_claim(claim).status == "proved", claim
    assert not derived.check_claim(r"Z^{(1)} = X W^{(1)\top} + b^{(1)} \mathbf{1}^\top")


def test_a_line_about_one_row_of_the_batch():
    for claim in ("dx_b = W1' delta1_b", "delta1_b = (W2' delta2_b) * f1'(z1_b)"):
        assert proof(MLP).check_claim(claim).status == "proved", claim
    assert proof(MLP).check_claim("dx_b = W1 delta1_b").slip == "transpose"


def test_a_letter_of_two_sums_is_another_index_in_each():
    """The letter j runs over 4 in one sum and over 5 in the other."""
    text = r"\delta^{(1)}_{bj} = \sum_{i=1}^{5} \delta^{(2)}_{bi} W^{(2)}_{ij} (1 - (h^{(1)}_{bj})^2)"
    assert proof(MLP).check_claim(text).status == "proved"
    two = r"L = \frac{1}{2B} \sum_{b=1}^{B} (\sum_{j=1}^{2} (s^{(3)}_{bj} - y_{bj})^2 + 0 \sum_{j=1}^{4} h^{(1)}_{bj})"
    assert proof(MLP).check_claim(two).status == "proved"
