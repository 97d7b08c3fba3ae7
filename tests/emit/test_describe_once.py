"""Layers that are alike are described once, and nothing that differs is hidden."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from test_latex_document import OVERFULL, compile_document, needs_pdflatex

import bpgen
from bpgen.emit.alike import Part, Unit, find_units
from bpgen.emit.document import Block, Document
from bpgen.emit.latex_document import build_document
from bpgen.emit.latex_rows import Row
from bpgen.proof import Proof

EXAMPLES = Path(__file__).parents[2] / "examples"


def perceptron(units: tuple[int, ...], activations: tuple[str, ...], first: int = 2) -> dict[str, object]:
    layers = [
        {"name": f"fc{n}", "type": "linear", "units": width, "activation": kind}
        for n, (width, kind) in enumerate(zip(units, activations, strict=True), start=1)
    ]
    return {
        "bpgen": 1, "name": "net", "inputs": {"x": {"shape": ["B", first]}, "y": {"shape": ["B", units[-1]]}},
        "layers": layers, "loss": {"type": "mse", "target": "y"},
    }  # fmt: skip


BLOCK = [
    {"name": "norm", "type": "layernorm"},
    {"name": "wide", "type": "linear", "units": 6, "activation": "tanh"},
    {"name": "narrow", "type": "linear", "units": 4},
    {"name": "sum", "type": "add", "inputs": ["input", "narrow"]},
]


def blocks(repeat: int) -> dict[str, object]:
    return {
        "bpgen": 1, "name": "net", "inputs": {"x": {"shape": ["B", 4]}, "y": {"shape": ["B", 2]}},
        "layers": [
            {"name": "first", "type": "linear", "units": 4},
            {"name": "body", "type": "block", "block": "part", "repeat": repeat},
            {"name": "last", "type": "linear", "units": 2},
        ],
        "blocks": {"part": {"layers": BLOCK}},
        "loss": {"type": "mse", "target": "y"},
    }  # fmt: skip


NETWORKS = {
    "equal": perceptron((3, 3, 3), ("tanh", "tanh", "tanh"), first=3),
    "sizes": perceptron((5, 4, 3, 1), ("tanh", "tanh", "tanh", "sigmoid")),
    "mixed": perceptron((4, 4, 4, 4, 2), ("tanh", "relu", "relu", "tanh", "tanh")),
    "two blocks": blocks(2),
    "twelve blocks": blocks(12),
}


@cache
def proof(name: str) -> Proof:
    return bpgen.derive(NETWORKS[name] if name in NETWORKS else EXAMPLES / f"{name}.toml")


def once(name: str, notation: str = "index", steps: bool = False) -> Document:
    return build_document(proof(name).derivation, notation, steps, full=False)


def shown(row: Row) -> str:
    return row.left + "".join(relation + formula.text for relation, formula in row.sides)


def instances(document: Document) -> dict[str, str]:
    """Each equation's label -> its text, with l and the symbols of sizes replaced by what they stand for."""
    found = {}
    for part in (document.forward, document.chain, document.gradients):
        bases: list[int] = []
        sizes: dict[str, str] = {}
        for block in part:
            bases, sizes = _values(block, bases, sizes)
            for row in block.rows:
                if not row.members:
                    found[row.label] = shown(row)
                for member, base in zip(row.members, bases, strict=False):
                    assert member.layer == base
                    found[member.label] = _at(shown(row), base, sizes)
    return found


def _values(block: Block, bases: list[int], sizes: dict[str, str]) -> tuple[list[int], dict[str, str]]:
    """The values of l, of a heading like `l+1 = 5, 12`, and the sizes of an opening like `n_{1} = 3`."""
    said = " ".join(getattr(item, "text", str(item)) for item in (*block.heading, *block.opening))
    heading = re.search(r"l([+-]\d+)? = ([\d, \\dots]+)", said)
    if heading is not None:
        numbers = [int(n) for n in re.findall(r"\d+", heading[2])]
        if "dots" in heading[2]:
            numbers = list(
                range(numbers[0], numbers[-1] + (1 if numbers[1] > numbers[0] else -1), numbers[1] - numbers[0])
            )
        bases = [number - int(heading[1] or 0) for number in numbers]
    if block.opening:
        sizes = dict(re.findall(r"(\w'*_\{\d+\}) = (\d+)", said))
        sizes |= dict(re.findall(r"(\S+\^\{\(\d+\)\}) = (\S+?)(?: |$)", said))
    return bases, sizes


def _at(text: str, base: int, sizes: dict[str, str]) -> str:
    text = re.sub(r"\(l([+-]\d+)?\)", lambda found: f"({base + int(found[1] or 0)})", text)
    text = re.sub(r"_\{l([+-]\d+)?\}", lambda found: f"_{{{base + int(found[1] or 0)}}}", text)
    for symbol, value in sizes.items():
        text = text.replace(symbol, value)
    return text


CASES = [(name, notation) for name in NETWORKS for notation in ("index", "matrix")][:-1]


@pytest.mark.parametrize(("name", "notation"), [*CASES, ("mlp_2331", "matrix"), ("lenet", "index")])
def test_every_equation_is_what_it_is_when_written_out(name: str, notation: str) -> None:
    full = build_document(proof(name).derivation, notation, steps=False, full=True)
    expected = instances(full)
    found = instances(once(name, notation))
    assert found == expected


@pytest.mark.parametrize("steps", [False, True])
@pytest.mark.parametrize("name", ["sizes", "mixed", "two blocks"])
def test_every_number_stands_once(name: str, steps: bool) -> None:
    document, full = (build_document(proof(name).derivation, "index", steps, full) for full in (False, True))
    stated = [tag for row in document.rows for tag in ([member.tag for member in row.members] or [row.tag])]
    assert sorted(stated) == sorted(row.tag for row in full.rows)


def headings(blocks: tuple[Block, ...]) -> list[str]:
    return ["".join(getattr(item, "text", str(item)) for item in block.heading) for block in blocks if block.heading]


def test_a_perceptron_reads_as_in_a_textbook() -> None:
    document = once("sizes")
    assert headings(document.forward) == ["Layers l = 1, 2, 3: fc1, fc2, fc3", "Layer 4: fc4"]
    (opening, *_), (z, h) = document.forward[0].opening, document.forward[0].rows
    assert opening == "Here "
    assert r"h^{(0)} = x" in str(document.forward[0].opening)
    assert shown(z) == r"z^{(l)}_{bo}=\sum_{i=1}^{n_{l-1}} h^{(l-1)}_{bi}\,W^{(l)}_{oi} + b^{(l)}_{o}"
    assert (z.tag, h.tag) == ("1, 3, 5", "2, 4, 6")
    delta = next(row for block in document.gradients for row in block.rows if row.left == r"\delta^{(l)}_{bo}")
    assert r"\sum_{i=1}^{n_{l+1}} \delta^{(l+1)}_{bi}\,W^{(l+1)}_{io}" in shown(delta)


def test_blocks_repeat_as_blocks() -> None:
    document = once("twelve blocks")
    first, *_ = [heading for heading in headings(document.forward) if "norm" in heading]
    assert first == r"Layers l = 2, 6, \dots, 46: body.0.norm, body.1.norm, \dots, body.11.norm"
    assert len([heading for heading in headings(document.forward) if "body" in heading]) == len(BLOCK)
    assert len(document.rows) < 2.2 * len(once("two blocks").rows)


def test_what_differs_is_written_out() -> None:
    found = headings(once("mixed").forward)
    assert found == ["Layer 1: fc1", "Layers l = 2, 3: fc2, fc3", "Layers l = 4, 5: fc4, fc5"]


@needs_pdflatex
@pytest.mark.parametrize("notation", ["index", "matrix"])
@pytest.mark.parametrize("name", ["sizes", "two blocks"])
def test_it_compiles_and_every_reference_is_there(name: str, notation: str, tmp_path: Path) -> None:
    compiled = compile_document(proof(name).latex(notation), tmp_path)
    assert all(points <= OVERFULL for points in compiled.overfull), compiled.overfull
    assert compiled.warnings == ()


def test_a_reason_refers_to_the_equation_of_each_layer() -> None:
    text = proof("sizes").latex()
    assert re.search(r"\$h\^\{\(l\)\}\$ of~\\hyperref\[eq:2\]\{\(6\)\}, ", text)
    assert re.search(r"From \\eqref\{eq:C\d+\} by", text)


def test_a_notebook_shows_the_gradients_aligned() -> None:
    text = proof("equal")._repr_latex_()
    assert text.startswith("$$\\begin{aligned}") and text.endswith("\\end{aligned}$$")
    for equation in proof("equal").derivation.simplified:
        number = proof("equal").derivation.system.defining.get(equation.tensor.name)
        assert number is None or f"&& ({number.number})" in text
    assert not re.search(r"\\(tag|label|notag|ref|eqref|hyperref|ensuremath)\b", text)
    assert text.count(r"\begin{") == text.count(r"\end{")


def units(letters: str, layers: list[int] | None = None) -> list[Unit]:
    parts = [Part(letter, number, ()) for number, letter in enumerate(letters, start=1)]
    if layers is not None:
        parts = [Part(letter, layer, ()) for letter, layer in zip(letters, layers, strict=True)]
    return find_units(parts, lambda places: True)


def test_units() -> None:
    assert units("abc") == []
    assert units("xaaay") == [Unit((1, 2, 3), 1)]
    assert units("xababaz") == [Unit((1, 3), 2)]
    assert units("x" + "nanw" * 2 + "n") == [Unit((1, 5), 4)]
    assert units("axxxxxa") == [Unit((1, 2, 3, 4, 5), 1)]  # two layers far apart stay as they are
    assert units("aab", [1, 3, 4]) == [Unit((0, 1), 1)]
    assert units("aaa", [1, 2, 4]) == [Unit((0, 1), 1)]


def test_numbers_of_equations_stand_at_equal_distances() -> None:
    parts = [Part("a", layer, numbers) for layer, numbers in ((1, (1,)), (2, (3,)), (3, (9,)))]
    assert find_units(parts, lambda places: True) == [Unit((0, 1), 1)]
