"""Text of the derivation: tensors in backquotes become symbols, and what is written of them formulas."""

from __future__ import annotations

import pytest

from bpgen.emit.prose import Inline, Math, Name, Prose, Reference
from bpgen.emit.quoted import write_quoted

SYMBOLS = {"loss.e": "e", "loss.s": "S", "fc.z": "z^{(1)}", "d.fc.z": r"\partial L / \partial z"}


def named(name: str) -> Prose:
    return (Math(SYMBOLS[name]), Reference(name)) if name in SYMBOLS else (Name(name),)


def told(items: Prose) -> str:
    return "".join(map(_shown, items))


def _shown(item: Inline) -> str:
    match item:
        case Math(text):
            return f"${text}$"
        case Name(text):
            return f"<{text}>"
        case Reference(label):
            return f"({label})"
    return str(item)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("the form with the fewest operations", "the form with the fewest operations"),
        ("`loss.e`, `fc.z` already computed", "$e$(loss.e), $z^{(1)}$(fc.z) already computed"),
        ("`fc.z` is `loss.e` / `loss.s`, which cancels", "$z^{(1)}$(fc.z) is $e / S$, which cancels"),
        ("1 / (B * `loss.s`) is a factor", r"$1 / (B\,S)$ is a factor"),
        ("1 / B, 1 / `loss.s`, the same", "$1 / B, 1 / S$, the same"),
        ("`loss.e` is exp(`fc.z`)", r"$e$(loss.e) is $\exp(z^{(1)})$"),
        ("max(0, `fc.z`) of `fc.z`", r"$\max(0, z^{(1)})$ of $z^{(1)}$(fc.z)"),
        ("by sqrt(`loss.s` + 1)**3", r"by $\sqrt{S + 1}^{3}$"),
        ("`loss.e`**2 - 1", "$e^{2} - 1$"),
        ("1 - `fc.z`**2, `fc.z`", "$1 - (z^{(1)})^{2}, z^{(1)}$"),
        ("`d.fc.z` * `fc.z`", r"$(\partial L / \partial z)\,z^{(1)}$"),
        ("softplus(-`fc.z`)", r"$\operatorname{softplus}(-z^{(1)})$"),
        ("`unknown` / `loss.s` is what it is", "<unknown> / $S$(loss.s) is what it is"),
        ("the so-called (declared) 2 * 3 of B", "the so-called (declared) 2 * 3 of B"),
        ("of `fc.z` (declared)", "of $z^{(1)}$(fc.z) (declared)"),
        ("(of `fc.z`)", "(of $z^{(1)}$(fc.z))"),
    ],
)
def test_text(text: str, expected: str) -> None:
    assert told(write_quoted(text, SYMBOLS.get, named)) == expected
