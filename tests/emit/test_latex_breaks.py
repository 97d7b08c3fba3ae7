"""Long equations are broken where a reader would break them, and stay within the margins."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_latex_document import OVERFULL, compile_document, needs_pdflatex

import bpgen

WIDTH = 7


def description(readers: int, equation: str) -> dict[str, object]:
    """A linear layer that several layers read, whose results are added."""
    names = [f"reader{n}" for n in range(readers)]
    return {
        "bpgen": 1, "name": "wide", "inputs": {"x": {"shape": ["B", 3]}, "y": {"shape": ["B", 3]}},
        "layers": [
            {"name": "first", "type": "linear", "units": 3},
            *({"name": name, "type": "equation", "equation": equation, "input": "first"} for name in names),
            {"name": "all", "type": "add", "inputs": ["first", *names]},
        ],
        "loss": {"type": "mse", "target": "y"},
    }  # fmt: skip


TERMS = " + ".join(f"{n + 1} * x[b, i]**{n}" for n in range(2, 11))
NETWORKS = {
    "a tensor that many read": (WIDTH, "y[b, i] = tanh(x[b, i])"),
    "a long case": (1, f"y[b, i] = where(x[b, i] > 0, {TERMS}, x[b, i])"),
    "two long cases": (1, f"y[b, i] = where(x[b, i] > 0, {TERMS}, 1 - ({TERMS}))"),
}


@needs_pdflatex
@pytest.mark.parametrize("notation", ["index", "matrix"])
@pytest.mark.parametrize("name", NETWORKS)
def test_nothing_runs_over_the_margin(name: str, notation: str, tmp_path: Path) -> None:
    proof = bpgen.derive(description(*NETWORKS[name]))
    compiled = compile_document(proof.latex(notation), tmp_path)
    assert all(points <= OVERFULL for points in compiled.overfull), compiled.overfull
    assert compiled.warnings == ()


def test_the_chain_rule_of_a_tensor_that_many_read_takes_several_lines() -> None:
    text = bpgen.derive(description(*NETWORKS["a tensor that many read"])).latex()
    section = text[text.index(r"\section{Chain rule}") :]
    start = section.index(r"\delta^{(1)}_{b")
    row = section[start : section.index(r"\tag", start)]
    assert row.count(r"\qquad {} + ") >= 1
    assert row.count(r"\frac{\partial L}{\partial") >= WIDTH
