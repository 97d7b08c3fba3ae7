"""The documentation's layers: derived as it says, right, and trained in both targets."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

import bpgen
from bpgen.run.samples import random_inputs

DOCS = Path(__file__).parent.parent / "docs"
SHOWN = re.findall(r"```toml\n(.*?)```\n\n```text\n(.*?)```", (DOCS / "own_layers.md").read_text("utf-8"), re.DOTALL)


CALLS = re.search(r"```python\n(.*?)```", (DOCS / "calls.md").read_text("utf-8"), re.DOTALL)[1]


def name_of(shown: tuple[str, str]) -> str:
    return bpgen.loads(shown[0]).name


@pytest.mark.parametrize("shown", SHOWN, ids=name_of)
def test_the_gradients_are_those_that_are_derived(shown):
    text, gradients = shown
    proof = bpgen.derive(bpgen.loads(text))
    derived = {f"{equation.lhs} = {equation.rhs}": str(equation) for equation in proof.derivation.simplified}
    assert gradients.split("\n\n")[0].strip()
    for line in gradients.strip().splitlines():
        assert line in derived.values()


@pytest.mark.parametrize("target", ["numpy", "c"])
@pytest.mark.parametrize("shown", SHOWN, ids=name_of)
def test_gradients_agree_with_differences_of_the_loss_and_training_lowers_it(shown, target):
    model = bpgen.loads(shown[0])
    net = bpgen.build(model, target=target, dtype="float64")
    generator = np.random.default_rng(2)
    rows = random_inputs(net.interface, 5, generator)
    first, gradients = net.gradients(**rows)
    for name, gradient in gradients.items():
        place = np.unravel_index(np.abs(gradient).argmax(), gradient.shape)
        value = net.parameters[name]
        kept = value[place]
        sides = []
        for step in (1e-6, -1e-6):
            value[place] = kept + step
            sides.append(net.loss(**rows))
        value[place] = kept
        assert (sides[0] - sides[1]) / 2e-6 == pytest.approx(gradient[place], rel=1e-6)
    losses = [net.step(**rows) for _ in range(60)]
    assert losses[0] == pytest.approx(first)
    assert losses[-1] < 0.9 * losses[0]


@pytest.mark.parametrize("name", ["README.md", "docs/claims.md"])
def test_commands_print_what_is_said(name, monkeypatch):
    monkeypatch.chdir(DOCS.parent)
    monkeypatch.syspath_prepend(str(DOCS.parent / "tools"))
    from documents import SHOWN, rerun

    text = (DOCS.parent / name).read_text("utf-8")
    assert len(SHOWN.findall(text)) >= 2
    assert rerun(text) == text, "python tools/regenerate.py prints them anew"


def test_every_file_linked_is_there():
    for page in DOCS.glob("*.md"):
        for target in re.findall(r"\]\((\.\./[\w/.-]+)\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), target


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
def test_calls_run_as_they_stand(monkeypatch):
    monkeypatch.chdir(DOCS.parent)
    made = {}
    exec(compile(CALLS, "calls.md", "exec"), made)
    assert len(made["losses"]) == 1000 and made["losses"][-1] < made["loss"]
    assert made["outputs"].shape == (4, 1)
