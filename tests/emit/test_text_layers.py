"""Layers that are alike, described once in plain text: every equation is there again when l has its values."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from test_describe_once import NETWORKS, perceptron, proof

import bpgen
from bpgen.algebra.printing import print_equation
from bpgen.proof import Proof

ITEM = re.compile(r" *\(([\dC', ]+)\)  (.*)")


def written_out(text: str) -> dict[str, str]:
    """Number -> equation behind it, with the values of l in place of l."""
    found: dict[str, str] = {}
    values: list[int] = []
    called: dict[str, str] = {}
    for paragraph in joined_lines(text):
        heading = re.fullmatch(r"For l = ([-\d, ]+?)(?:, where (.*))?:", paragraph)
        item = ITEM.fullmatch(paragraph)
        if heading:
            values = [int(value) for value in heading[1].split(", ")]
            called = dict(pair.split(" is ") for pair in heading[2].split(", ")) if heading[2] else {}
        elif item:
            tags = item[1].split(", ")
            if len(tags) == 1:
                found[tags[0]] = item[2]
            else:
                found |= {tag: at(item[2], value, called) for tag, value in zip(tags, values, strict=True)}
    return found


def joined_lines(text: str) -> list[str]:
    """Headings and equations, each in one line."""
    found: list[str] = []
    for line in text.split("\nUpdate\n", maxsplit=1)[0].splitlines():
        more = re.match(r" {4,}", line) and not ITEM.match(line) and not re.match(r" +[a-z ]+: ", line)
        if more and found and found[-1]:
            found[-1] += " " + line.strip()
        else:
            found.append("" if line.startswith("   ") and not ITEM.match(line) else line)
    return found


def at(equation: str, value: int, called: dict[str, str]) -> str:
    counted = re.sub(r"\{l([+-]\d+)?\}", lambda found: str(value + int(found[1] or 0)), equation)
    for alias, name in sorted(called.items(), reverse=True):
        counted = re.sub(rf"(?<![\w.])(d\.)?{re.escape(alias)}(?!\w)", rf"\g<1>{name}", counted)
    return counted


def terms(equation: str) -> list[str]:
    """What stands in it, in any order and with any letters for bound indices, for these depend on names."""
    for letter in {
        letter for found in re.findall(r"(?:sum|max)\[([\w, ]+)\]", equation) for letter in found.split(", ")
    }:
        equation = re.sub(rf"(?<![\w.]){letter}(?![\w.])", "_", equation)
    return sorted(re.findall(r"[\w.]+(?:\[[^\]]*\])?|\*\*|[-+*/<>]", equation))


NAMED = {
    "counted": perceptron((3, 3, 3, 3), ("tanh", "tanh", "tanh", "tanh"), first=3),
    "words": perceptron((4, 4, 4, 4), ("relu", "relu", "relu", "relu"), first=3),
}
for layer, name in zip(NAMED["words"]["layers"], ("first", "wide", "deep", "last"), strict=True):  # type: ignore[arg-type,call-overload]
    layer["name"] = name


def proof_of(name: str) -> Proof:
    return bpgen.derive(NAMED[name]) if name in NAMED else proof(name)


@pytest.mark.parametrize("name", [*NAMED, "sizes", "mixed", "two blocks"])
def test_every_equation_is_what_it_is_when_written_out(name: str) -> None:
    found = proof_of(name)
    once, full = written_out(found.text()), written_out(found.text(full=True))
    assert once.keys() == full.keys() >= {str(e.number) for e in found.equations if e.role != "update"}
    for tag, equation in full.items():
        assert terms(once[tag]) == terms(equation), tag


@pytest.mark.parametrize(
    ("name", "heading"),
    [
        ("counted", "For l = 1, 2, 3, 4, where fc0 is x:"),
        (
            "words",
            "For l = 1, 2, 3, 4, where layer0 is x, layer1 is first, layer2 is wide, layer3 is deep, layer4 is last:",
        ),
    ],
)
def test_layers_are_called_by_what_counts_them(name: str, heading: str) -> None:
    lines = proof_of(name).text().split("Forward\n-------\n\n")[1].splitlines()
    assert "\n".join(lines).startswith(heading) or " ".join(line.strip() for line in lines[:2]).startswith(heading)
    layer = "fc{l}" if name == "counted" else "layer{l}"
    assert f"{layer}.bias[o]" in lines[1] + lines[2]


def test_blocks_of_a_transformer_stand_once() -> None:
    found = proof("transformer")
    once, full = found.text(), found.text(full=True)
    forward = once.split("\nForward\n")[1].split("\nLoss\n")[0]
    assert "For l = 0, 1, where body.-1.sum2 is place:" in forward
    assert "body.0" not in forward
    assert len(once.splitlines()) < 2 / 3 * len(full.splitlines())
    stated, separate = written_out(once), written_out(full)
    assert stated.keys() == separate.keys()
    assert all(terms(stated[tag]) == terms(separate[tag]) for tag in separate)


def test_the_rule_of_every_parameter_stands_once() -> None:
    found = bpgen.derive({**NETWORKS["sizes"], "optimizer": {"type": "adam"}})
    update = found.text().split("\nUpdate\n")[1].split("\nCost\n", maxsplit=1)[0]
    assert "T.m.next = (1 - beta1) * d.T + beta1 * T.m" in update
    numbers = [int(number) for number in re.findall(r"\((\d+)\)", update)]
    assert sorted(numbers) == [equation.number for equation in found.equations if equation.role == "update"]
    apart = " ".join(found.text(full=True).split())
    for equation in found.equations:
        if equation.role == "update":
            assert f"({equation.number}) {print_equation(equation, found.derivation.system.tensors)} " in apart


@pytest.mark.parametrize("steps", [False, True])
@pytest.mark.parametrize("name", ["counted", "mixed"])
def test_lines_fit_a_terminal_and_no_two_are_empty(name: str, steps: bool) -> None:
    lines = proof_of(name).text(steps=steps).splitlines()
    assert max(map(len, lines)) <= 110
    assert all(any(pair) for pair in pairwise(lines))
