"""README's claims, run: its excerpts are of generated/, its Python runs, its commands and names exist."""

from __future__ import annotations

import contextlib
import io
import json
import re
from pathlib import Path

import pytest

import bpgen

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_mathematics_is_that_of_the_derivation():
    printed = (ROOT / "generated/xor/derivation_matrix.tex").read_text("utf-8")
    (formulas,) = blocks("math")
    lines = [line.removesuffix("\\\\").strip() for line in formulas.splitlines() if "&=" in line]
    assert len(lines) == 6
    assert all(line + " \\tag" in printed for line in lines)


def test_the_numpy_and_c_excerpts_are_generated():
    assert blocks("python")[0] in (ROOT / "generated/xor/xor.py").read_text("utf-8")
    assert blocks("c")[0] in (ROOT / "generated/xor/xor_.c").read_text("utf-8")


def test_the_first_screen_ends_with_the_two_commands():
    assert README.index("## Two commands") < 2200


def test_the_python_example_runs_and_prints_what_it_says(monkeypatch):
    monkeypatch.chdir(ROOT)
    example = next(block for block in blocks("python") if "import bpgen" in block)
    said = re.findall(r"print\(.*\)  # (.*)", example)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(example, "README.md", "exec"), {})
    assert printed.getvalue().splitlines() == said


def test_the_layer_of_ones_own_is_the_example_and_its_gradient_the_derived_one():
    (layer,) = blocks("toml")
    assert layer in (ROOT / "examples/bilinear.toml").read_text("utf-8")
    gradient = bpgen.derive(ROOT / "examples/bilinear.toml").gradient("pair.W")
    assert str(gradient) + "\n" in blocks("text")


def test_every_command_named_exists():
    from bpgen.cli import main

    named = set(re.findall(r"`bpgen (\w+)", README))
    assert named == set(main.commands)


@pytest.mark.parametrize("kind", ["Layers", "Losses", "Optimisers"])
def test_the_catalogue_named_is_the_one_there_is(kind):
    from bpgen.library.layers import LAYERS
    from bpgen.library.losses import LOSSES
    from bpgen.library.optimizers import OPTIMIZERS

    tables = {"Layers": LAYERS, "Losses": LOSSES, "Optimisers": OPTIMIZERS}
    sentence = re.search(rf"{kind}: (.*?)\.", README.replace("\n", " ")).group(1)
    assert set(tables[kind]) <= set(re.findall(r"`(\w+)`", sentence))


def test_every_file_linked_is_there():
    for target in re.findall(r"\]\(([\w/-]+\.\w+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_figures_are_those_of_the_records():
    rows = re.findall(r"^\| `(\w+)` \| .* \| (.*) \|$", README, re.MULTILINE)
    records = {path.stem for path in (ROOT / "examples/records").glob("*.json")}
    assert {name for name, _ in rows} == records
    for name, figures in rows:
        known = json.loads((ROOT / "examples/records" / f"{name}.json").read_text("utf-8"))["figures"]
        values = [value for value in known.values() if isinstance(value, float)]
        for text in re.findall(r"\d+\.\d+(?:e-\d+)?%?", figures):
            value = float(text.rstrip("%")) / (100 if text.endswith("%") else 1)
            digits = 10.0 ** -len(text.rstrip("%").partition(".")[2]) / (100 if text.endswith("%") else 1)
            near = value * 0.1 if "e-" in text else 0.51 * digits
            assert any(abs(value - other) <= near for other in values), (name, text)
