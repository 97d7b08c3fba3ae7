"""The table of costs at the end of every printed derivation: the same numbers in text, LaTeX and HTML."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import bpgen

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def proof():
    return bpgen.derive(bpgen.load(EXAMPLES / "xor.toml"))


def test_text_ends_with_the_costs_that_the_proof_has(proof):
    section = proof.text().split("\nCost\n----\n")[1]
    cost = proof.cost
    passes = {"forward pass and loss": cost.forward, "chain rule, as it stands": cost.chain,
              "gradients, simplified": cost.backward, "update": cost.update}  # fmt: skip
    for name, found in passes.items():
        (line,) = [line for line in section.splitlines() if line.strip().startswith(name)]
        counts = re.split(r" {2,}", line.strip())[1:]
        assert counts == [str(found.operations), str(found.read), str(found.written)]
    for saved in cost.saved:
        numbers = ", ".join(f"({number})" for number in saved.readers)
        assert f"({saved.number})  {saved.tensor.name} " in section
        assert f"{saved.bytes} bytes, for {numbers}\n" in section
    assert "(7)  softplus(output.z[b, i]), in (8)" in section  # in the letters of equation 7


@pytest.mark.parametrize("notation", ["index", "matrix"])
def test_latex_ends_with_the_same_table(proof, notation):
    section = proof.latex(notation, full=True).split(r"\section{Cost}")[1]
    assert r"gradients, simplified & $71\,B$ & $132\,B + 48$ & $32\,B + 68$ \\" in section
    assert r"\eqref{eq:2} & " in section and r"$16\,B$ & \eqref{eq:10}, \eqref{eq:12} \\" in section
    assert section.count(r"\begin{tabular}") == section.count(r"\bottomrule") == 3


def test_html_ends_with_the_same_table(proof):
    section = proof.html().split('<section id="cost">')[1]
    cells = re.findall(r"<td[^>]*>(.*?)</td>", section, re.DOTALL)
    words = [re.sub(r"<[^>]*>|\s", "", cell) for cell in cells]
    place = words.index("gradients,simplified")
    assert [re.sub(r"\W", "", word) for word in words[place + 1 : place + 4]] == ["71B", "132B48", "32B68"]


def test_thousands_are_set_apart():
    proof = bpgen.derive(bpgen.load(EXAMPLES / "digits_mlp.toml"))
    operations = f"{proof.cost.backward.operations.at(1) - proof.cost.backward.operations.at(0):,}"
    assert "," in operations
    assert f" {operations}*B" in proof.text()
    assert f"${operations}\\,B".replace(",", "{,}").replace(r"\{,}", r"\,") in proof.latex()


def test_a_derivation_without_an_optimiser_has_no_update_to_count(proof):
    plain = bpgen.derive({key: value for key, value in bpgen.load(EXAMPLES / "xor.toml").description.items()
                          if key not in ("optimizer", "train")})  # fmt: skip
    section = plain.text().split("\nCost\n----\n")[1]
    assert "    update" not in section and "    gradients, simplified" in section
    assert plain.cost.update.equations == () and plain.cost.backward == proof.cost.backward
