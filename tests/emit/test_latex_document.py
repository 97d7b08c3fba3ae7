"""The printed derivation as a whole: what stands in it, that it compiles, that nothing runs over the margin."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import sympy
from latex_networks import perceptron, relu, trained_perceptron, with_adam

import bpgen
from bpgen.algebra.errors import BpgenError
from bpgen.algebra.system import Origin, System, Tensor
from bpgen.derive.derivation import Derivation
from bpgen.derive.derive import derive
from bpgen.emit.latex import latex
from bpgen.emit.latex_symbols import escape

HOSTILE = r"\input{/etc/passwd}_#$%&^~{}<>|\"'`-- \VAR{title} {{ 7*7 }} \end{document} ß α 漢" + "\n\t\x00"
OVERFULL = 5.0  # points

needs_pdflatex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")


@dataclass(frozen=True)
class Compiled:
    """pages: of the PDF; overfull: by how many points boxes run over; warnings: undefined or repeated references."""

    pages: int
    overfull: tuple[float, ...]
    warnings: tuple[str, ...]


def compile_document(text: str, folder: Path) -> Compiled:
    (folder / "derivation.tex").write_text(text, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "derivation.tex"]
    for _ in range(2):
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
        assert done.returncode == 0, done.stdout.decode("latin-1")[-2000:]
    log = (folder / "derivation.log").read_text(encoding="latin-1").replace("\n", "")
    pages = re.search(r"Output written on derivation\.pdf \((\d+) page", log)
    assert pages is not None
    overfull = tuple(float(points) for points in re.findall(r"Overfull \\[hv]box \(([\d.]+)pt too", log))
    warnings = tuple(re.findall(r"(?:Reference|Label) `[^']*' (?:on page \d+ undefined|multiply defined)", log))
    return Compiled(int(pages[1]), overfull, warnings)


@pytest.fixture(scope="module")
def perceptrons() -> dict[str, Derivation]:
    return {
        "labels": trained_perceptron(sizes=(784, 128, 10), function=relu),
        "targets": trained_perceptron(sizes=(3, 4, 1), function=sympy.tanh, labels=False, name="xor_net"),
        "one layer": derive(perceptron(sizes=(2, 2))),
    }


@needs_pdflatex
@pytest.mark.parametrize("notation", ["index", "matrix"])
@pytest.mark.parametrize(
    ("which", "steps"), [("labels", False), ("labels", True), ("targets", True), ("one layer", False)]
)
def test_compiles_within_its_margins(
    perceptrons: dict[str, Derivation], which: str, steps: bool, notation: str, tmp_path: Path
) -> None:
    compiled = compile_document(latex(perceptrons[which], notation, steps), tmp_path)
    assert 2 <= compiled.pages <= 7
    assert all(points <= OVERFULL for points in compiled.overfull), compiled.overfull
    assert compiled.warnings == ()


def numbers_in(text: str) -> list[int]:
    """Equation numbers as tags (primed ones apart) and in the tables of the update."""
    return [int(n) for n in re.findall(r"\\tag\{(\d+)\}", text) + re.findall(r"& \((\d+)\)", text)]


@pytest.mark.parametrize("notation", ["index", "matrix"])
@pytest.mark.parametrize("steps", [False, True])
@pytest.mark.parametrize("which", ["labels", "targets", "one layer"])
def test_every_number_once_and_every_reference_resolved(
    perceptrons: dict[str, Derivation], which: str, steps: bool, notation: str
) -> None:
    text = latex(perceptrons[which], notation, steps)
    expected = sorted(equation.number for equation in perceptrons[which].system.equations)
    assert sorted(numbers_in(text)) == expected == list(range(1, len(expected) + 1))
    labels = re.findall(r"\\label\{([^}]*)\}", text)
    assert len(labels) == len(set(labels))
    assert set(re.findall(r"\\(?:eq)?ref\{([^}]*)\}", text)) <= set(labels)


def test_the_textbook_equations(perceptrons: dict[str, Derivation]) -> None:
    text = latex(perceptrons["labels"])
    for formula in (
        r"z^{(1)}_{bo} &= \sum_{i=1}^{784} x_{bi}\,W^{(1)}_{oi} + b^{(1)}_{o}",
        r"a^{(1)}_{bo} &= \max(0, z^{(1)}_{bo})",
        r"\delta^{(2)}_{bo} &= \frac{p_{bo} - [o = \ell_{b}]}{B}",
        r"\frac{\partial L}{\partial W^{(1)}_{oi}} &= \sum_{b=1}^{B} \delta^{(1)}_{bo}\,x_{bi}",
        r"\frac{\partial L}{\partial b^{(2)}_{o}} &= \sum_{b=1}^{B} \delta^{(2)}_{bo}",
        r"m &\gets \beta_{1}\,m + (1 - \beta_{1})\,\frac{\partial L}{\partial \theta}",
        r"\theta &\gets \theta - \frac{\alpha\,m}{\sqrt{v} + \varepsilon}",
    ):
        assert formula in text


def test_the_textbook_equations_in_matrices(perceptrons: dict[str, Derivation]) -> None:
    text = latex(perceptrons["targets"], "matrix")
    for formula in (
        r"Z^{(1)} &= X\,W^{(1)\top} + \mathbf{1} b^{(1)\top}",
        r"\Delta^{(2)} &= \frac{1}{B}\,(P - Y)",
        r"\Delta^{(1)} &= (1 - A^{(1)} \odot A^{(1)}) \odot (\Delta^{(2)}\,W^{(2)})",
        r"\nabla_{W^{(1)}} L &= \Delta^{(1)\top}\,X",
        r"\nabla_{b^{(1)}} L &= \Delta^{(1)\top}\,\mathbf{1}",
    ):
        assert formula in text


def test_the_chain_rule_names_what_it_multiplies(perceptrons: dict[str, Derivation]) -> None:
    text = latex(perceptrons["labels"])
    product = r"\sum_{b=1}^{B} \delta^{(1)}_{bo}\,\frac{\partial z^{(1)}_{bo}}{\partial W^{(1)}_{oi}}"
    assert rf"{product} = \sum_{{b=1}}^{{B}} \delta^{{(1)}}_{{bo}}\,x_{{bi}}" in text


def test_reasons_speak_in_symbols(perceptrons: dict[str, Derivation]) -> None:
    derivation = perceptrons["labels"]
    text = latex(derivation)
    reasons = [step.reason for record in derivation.steps.values() for step in record]
    assert any("`fc1`" in reason for reason in reasons)
    assert "`" not in text
    assert r"$a^{(1)}$ of~\eqref{eq:2} already computed" in text


def test_steps_print_what_the_short_form_only_names(perceptrons: dict[str, Derivation]) -> None:
    derivation = perceptrons["targets"]
    short, long = latex(derivation), latex(derivation, steps=True)
    longest = max(derivation.steps.values(), key=len)
    assert len(longest) > 1
    assert long.count(r"\begin{align}") >= short.count(r"\begin{align}") + len(longest) - 1


def test_updates_that_no_order_makes_sequential_keep_old_and_new_apart(perceptrons: dict[str, Derivation]) -> None:
    derivation = perceptrons["labels"]
    system = derivation.system
    (counter,) = [e for e in system.equations if e.tensor.name == "optimizer.t.next"]
    others = tuple(e for e in system.equations if e is not counter)
    first = next(n for n, e in enumerate(others) if e.role == "update")
    reordered = replace(system, equations=(*others[:first], counter, *others[first:]))
    text = latex(replace(derivation, system=reordered))
    assert r"t^{+} &= t + 1" in text
    assert r"\gets" not in text


def test_a_rule_for_one_parameter_alone_is_printed_for_it(perceptrons: dict[str, Derivation]) -> None:
    derivation = perceptrons["one layer"]
    system = derivation.system
    kept = tuple(pair for pair in system.gradients if pair[0] == "fc1.weight")
    single = with_adam(replace(derivation, system=replace(system, gradients=kept)))
    text = latex(single)
    assert (
        r"W^{(1)}_{oi} &\gets W^{(1)}_{oi} - \frac{\alpha\,m^{(1)}_{W,oi}}{\sqrt{v^{(1)}_{W,oi}} + \varepsilon}" in text
    )
    assert r"\theta" not in text


def test_escape_leaves_no_character_its_meaning() -> None:
    assert escape("a_b") == r"a\_b"
    assert escape("50% & #1 $x^2$ ~{}") == r"50\% \& \#1 \$x\textasciicircum{}2\$ \textasciitilde{}\{\}"
    assert escape("\\input") == r"\textbackslash{}input"
    assert escape("α\n漢") == r"\ensuremath{\alpha} [U+6F22]"


def hostile_derivation() -> Derivation:
    """A perceptron whose name, layers, types, symbols and notes are all hostile."""
    derivation = derive(perceptron(sizes=(2, 3, 2)))
    layers = {"": "", "fc1": HOSTILE + "1", "fc2": HOSTILE + "2", "loss": "loss"}

    def renamed(tensor: Tensor) -> Tensor:
        symbol = HOSTILE if tensor.name in ("x", "fc1.weight") else tensor.symbol
        return replace(tensor, layer=layers[tensor.layer], symbol=symbol)

    def rebuilt(system: System) -> System:
        equations = tuple(
            replace(e, tensor=renamed(e.tensor), origin=Origin(layers[e.origin.layer], HOSTILE))
            for e in system.equations
        )
        tensors = {name: renamed(tensor) for name, tensor in system.tensors.items()}
        return replace(system, name=HOSTILE, equations=equations, tensors=tensors)

    notes = (HOSTILE, "`no.such.tensor` and `" + HOSTILE.replace("`", "") + "`")
    return replace(derivation, system=rebuilt(derivation.system), forward=rebuilt(derivation.forward), notes=notes)


@pytest.mark.parametrize("notation", ["index", "matrix"])
def test_hostile_names_reach_the_page_as_text(notation: str, tmp_path: Path) -> None:
    text = latex(hostile_derivation(), notation)
    assert r"\input" not in text
    assert text.count(r"\end{document}") == 1
    assert text.count(escape(HOSTILE)) >= 4
    assert "49" not in text
    assert "\x00" not in text
    if shutil.which("pdflatex"):
        compile_document(text, tmp_path)


def test_another_notation_is_refused(perceptrons: dict[str, Derivation]) -> None:
    with pytest.raises(BpgenError, match='"index" or "matrix"'):
        latex(perceptrons["one layer"], "tensor")


def test_the_text_is_the_same_under_any_hash_seed() -> None:
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from latex_networks import trained_perceptron\n"
        "from bpgen.emit.latex import latex\n"
        "d = trained_perceptron(sizes=(3, 4, 2))\n"
        "import hashlib\n"
        "print(hashlib.sha256((latex(d) + latex(d, 'matrix', True)).encode()).hexdigest())\n"
    )
    here = Path(__file__).parent
    printed = set()
    for seed in ("0", "1"):
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(here.parent.parent)}
        command = [sys.executable, "-c", program, str(here)]
        printed.add(subprocess.run(command, env=environment, capture_output=True, check=True, text=True).stdout)
    assert len(printed) == 1


@pytest.mark.parametrize("notation", ["index", "matrix"])
def test_what_differs_outside_of_training_has_a_section(notation):
    description = {
        "bpgen": 1, "name": "modes", "inputs": {"x": {"shape": ["B", 4]}, "y": {"shape": ["B", 4]}},
        "layers": [{"name": "bn", "type": "batchnorm"}, {"name": "drop", "type": "dropout"}],
        "loss": {"type": "mse", "target": "y"},
    }  # fmt: skip
    text = bpgen.derive(description).latex(notation)
    section = text[text.index(r"\section{Outside of training}") :]
    assert r"\tilde{" in section
    assert "takes the place of" in section
    assert r"\operatorname{random}_{\mathtt{" in text
    assert "fresh in each step" in text
