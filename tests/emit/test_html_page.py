"""The page as a file: what stands in it, that everything it refers to is there, and that names are only names."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import tostring

import pytest
from html_reader import Page
from latex_networks import trained_perceptron

import bpgen
from bpgen.algebra.errors import BpgenError, EquationError
from bpgen.algebra.system import Origin
from bpgen.derive.derivation import in_brief
from bpgen.derive.derive import derive
from bpgen.emit import mathml as converter
from bpgen.emit.html import html
from bpgen.proof import Proof

sys.path.insert(0, str(Path(__file__).parent.parent))
from random_systems import random_case

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
CASES = [("xor", "index", False), ("xor", "matrix", True), ("gated_unit", "index", True),
         ("two_heads", "matrix", False), ("digits_mlp", "index", True), ("lenet", "index", False),
         ("char_gru", "index", False)]  # fmt: skip


@pytest.fixture(scope="module")
def proofs():
    known = {}

    def proof(name):
        if name not in known:
            known[name] = bpgen.derive(EXAMPLES / f"{name}.toml")
        return known[name]

    return proof


@pytest.mark.parametrize(("name", "notation", "steps"), CASES)
def test_every_number_once_and_every_link_leads_somewhere(proofs, name, notation, steps):
    proof = proofs(name)
    page = Page(proof.html(notation, steps))
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    numbered = [text.removeprefix("eq-") for text in ids if re.fullmatch(r"eq-\d+", text)]
    assert sorted(map(int, numbered)) == [equation.number for equation in proof.equations]
    links = page.values("href")
    assert links
    assert {link.removeprefix("#") for link in links} <= set(ids)
    assert all(link.startswith("#") for link in links)


@pytest.mark.parametrize(("name", "notation", "steps"), CASES)
def test_formulas_are_xml_and_hold_no_latex(proofs, name, notation, steps):
    formulas = Page(proofs(name).html(notation, steps)).formulas()
    assert len(formulas) > len(proofs(name).equations)
    shown = "".join(text for formula in formulas for text in formula.itertext())
    assert not re.search(r"[\\$@]|displaystyle|begin", shown)
    assert {formula.tag for formula in formulas} == {"math"}


@pytest.mark.parametrize("notation", ["index", "matrix"])
def test_random_equations_have_their_formulas(notation):
    """Every operation of the language, nested at random: a construct without MathML would be an error."""
    shown = 0
    for seed in range(8):
        try:
            derivation = derive(random_case(seed).system())
        except EquationError:
            continue
        page = Page(html(derivation, notation=notation))
        ids = page.values("id")
        assert len(ids) == len(set(ids))
        assert {link.removeprefix("#") for link in page.values("href")} <= set(ids)
        shown += len(page.formulas())
    assert shown > 300


@pytest.mark.parametrize("steps", [False, True])
def test_nothing_comes_from_elsewhere(proofs, steps):
    page = Page(proofs("xor").html(steps=steps))
    assert not page.values("src")
    assert not {tag.name for tag in page.tags} & {"link", "img", "iframe", "object", "base"}
    assert not re.search(r"@import|url\(|https?://", page.source)
    (policy,) = [tag for tag in page.tags if tag.attributes.get("http-equiv") == "Content-Security-Policy"]
    assert str(policy.attributes["content"]).startswith("default-src 'none'")


def test_equations_stand_with_their_sections_and_reasons(proofs):
    proof = proofs("digits_mlp")
    page = Page(proof.html())
    assert [tag.text for tag in page.named("h2")] == [
        "The network", "Forward pass", "Loss", "Chain rule", "Gradients", "Update", "Cost",
    ]  # fmt: skip
    folds = [tag for tag in page.named("details") if "id" not in tag.attributes]
    assert len(folds) == sum(1 for record in proof.derivation.steps.values() if record)
    assert not any("open" in tag.attributes for tag in folds)
    rules = [rule for record in proof.derivation.steps.values() for rule, _ in in_brief(record)]
    assert [tag.text for tag in page.named("em")] == rules


def test_steps_show_what_every_rewrite_gives(proofs):
    proof = proofs("digits_mlp")
    short, long = Page(proof.html()), Page(proof.html(steps=True))
    names = proof.derivation.details
    between = sum(max(0, len(proof.derivation.after_chain(name)) - 1) for name in names)
    rows = [len([tag for tag in page.tags if tag.attributes.get("class") == "eq"]) for page in (short, long)]
    assert rows[1] - rows[0] == between > 0


def test_symbols_lead_to_the_equations_that_define_them(proofs):
    proof = proofs("digits_mlp")
    numbers = {equation.tensor.name: equation.number for equation in proof.equations}

    def links_of(name, notation):
        page = proof.html(notation)
        start = page.index(f'id="eq-{numbers[name]}"')
        return set(re.findall(r'href="#eq-(\d+)"', page[start : page.index('class="tag"', start)]))

    for notation in ("index", "matrix"):
        for name in ("fc1", "fc2", "loss.e", "d.fc2.weight", "d.fc1.z", "optimizer.scale"):
            read = {str(numbers[other]) for other in proof.derivation.system.defining[name].reads if other in numbers}
            assert links_of(name, notation) == read, (name, notation)


@pytest.mark.parametrize("notation", ["index", "matrix"])
def test_symbols_in_an_equation_of_two_layers_lead_to_their_equations(proofs, notation):
    page = proofs("mlp_2331").html(notation)

    def links_of(number):
        start = page.rindex('<div class="eq', 0, page.index(f'id="eq-{number}"'))
        return set(re.findall(r'href="#(eq-\w+)"', page[start : page.index('class="tag"', start)]))

    assert links_of(1) == {"eq-2"}  # z^(l) of a^(l-1), which is equation 2 where l is 2
    assert links_of(2) == {"eq-1"}
    assert links_of("C5") == {"eq-C4", "eq-3"}  # l is 2 first, on the way back


def test_an_equation_that_no_line_computes_says_so(proofs):
    """What only reads a tensor in another shape is a view of it."""
    for name, expected in (("lenet", {"flat"}), ("digits_mlp", set())):
        numbers = {str(equation.number): equation.tensor.name for equation in proofs(name).equations}
        still = [tag for tag in Page(proofs(name).html()).tags if "still" in str(tag.attributes.get("class")).split()]
        assert {numbers[str(tag.attributes["data-n"])] for tag in still} == expected


def test_generated_source_stands_beside_the_equations_line_by_line(proofs):
    proof = proofs("xor")
    page = Page(proof.html())
    shown = [tag.text for tag in page.tags if tag.name == "span" and "aside" in tag.within]
    expected = []
    for target in ("numpy", "c"):
        source = bpgen.generate(EXAMPLES / "xor.toml", target=target)
        for name in sorted(source.trace):
            expected += source.files[name].splitlines(keepends=True)
    assert shown == expected


HOSTILE = """</script><script>alert(1)</script><img src=x onerror=alert(1)>"'`&amp;{{ 7*7 }}{% x %} $\\alpha$ ß α 漢"""


def hostile_derivation():
    """A perceptron whose name, layers, types, symbols and notes are all hostile."""
    derivation = trained_perceptron(sizes=(2, 3, 2))

    def renamed(tensor):
        hostile = tensor.name in ("x", "fc1.weight")
        return replace(
            tensor, layer=tensor.layer and HOSTILE + tensor.layer, symbol=HOSTILE if hostile else tensor.symbol
        )

    def rebuilt(system):
        equations = tuple(
            replace(e, tensor=renamed(e.tensor), origin=Origin(e.origin.layer and HOSTILE + e.origin.layer, HOSTILE))
            for e in system.equations
        )
        tensors = {name: renamed(tensor) for name, tensor in system.tensors.items()}
        return replace(system, name=HOSTILE, equations=equations, tensors=tensors)

    notes = (HOSTILE, f"`no.such.tensor` and `{HOSTILE.replace('`', '')}`")
    system, forward = rebuilt(derivation.system), rebuilt(derivation.forward)
    return replace(derivation, system=system, forward=forward, notes=notes)


@pytest.mark.parametrize("notation", ["index", "matrix"])
def test_hostile_names_are_text(notation):
    page = Page(html(hostile_derivation(), notation=notation))
    assert len(page.named("script")) == 1
    assert not page.named("img")
    assert not [name for tag in page.tags for name in tag.attributes if name.startswith("on")]
    assert page.named("h1")[0].text == HOSTILE
    assert HOSTILE.replace(" ", "\N{NO-BREAK SPACE}") in {tag.text for tag in page.named("mtext")}
    assert "49" not in page.source
    page.formulas()


def test_a_notebook_shows_the_equations_alone(proofs, monkeypatch):
    proof = proofs("xor")
    page = Page(proof._repr_html_())
    assert page.formulas()
    assert not page.values("id") + page.values("href") + page.named("script") + page.named("style")
    assert not Page(Proof(hostile_derivation())._repr_html_()).named("script")
    without_math_core(monkeypatch)
    shown = Page(proof._repr_html_())
    assert [tag.name for tag in shown.tags] == ["pre"]
    assert shown.tags[0].text == proof.text()


def without_math_core(monkeypatch):
    monkeypatch.setitem(sys.modules, "math_core", None)
    converter._converter.cache_clear()


def test_what_to_install_is_said(proofs, monkeypatch):
    without_math_core(monkeypatch)
    with pytest.raises(BpgenError, match=r"pip install 'bpgen\[html\]'"):
        proofs("xor").html()


def test_words_go_round_the_conversion_letter_by_letter():
    formula = converter.mathml(
        r"\text{a\_b \textless{}i\textgreater{} \ensuremath{\alpha}[U+6F22]} + \mathrm{c\_1} + x"
    )
    assert "".join(formula.itertext()) == "a_b\N{NO-BREAK SPACE}<i>\N{NO-BREAK SPACE}α漢+c_1+x"
    assert "&lt;i&gt;" in tostring(formula, "unicode")


@pytest.mark.parametrize(
    ("latex", "raised"),
    [
        (r"a + \Bigl(\frac{x}{y}\Bigr)^{2} b", ["(xy)"]),
        (r"(1 - (u + v)^{2})^{3}", ["(u+v)", "(1-(u+v)2)"]),
        (r"[x > 0]^{2} (y)", ["[x>0]"]),
        (r"y)^{2}", [")"]),  # the rest of a formula that was cut
    ],
)
def test_an_exponent_belongs_to_the_whole_bracket(latex, raised):
    formula = converter.mathml(latex)
    bases = ["".join(part[0].itertext()).replace("\N{MINUS SIGN}", "-") for part in formula.iter("msup")]
    assert sorted(bases) == sorted(raised)
    assert "".join(formula.itertext()).count("2") == latex.count("2")


def test_the_page_is_the_same_under_any_hash_seed():
    program = (
        "import sys, hashlib, bpgen\n"
        "proof = bpgen.derive(sys.argv[1])\n"
        "print(hashlib.sha256((proof.html() + proof.html('matrix', True)).encode()).hexdigest())\n"
    )
    printed = set()
    for seed in ("0", "1"):
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(EXAMPLES.parent)}
        command = [sys.executable, "-c", program, str(EXAMPLES / "xor.toml")]
        printed.add(subprocess.run(command, env=environment, capture_output=True, check=True, text=True).stdout)
    assert len(printed) == 1
