"""`bpgen claim`: what it prints, for people and for machines, and its exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bpgen import cli

XOR = str(Path(__file__).parent.parent / "examples/xor.toml")


def run(*arguments: str, status: int, given: str = ""):
    result = CliRunner().invoke(cli.main, ["claim", *arguments], input=given)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == status, result.output
    return result


def test_right():
    assert run(XOR, "dW2 = delta2^T h1", status=0).stdout.startswith("right: dW2 = delta2^T h1\n\nproved")


def test_wrong():
    printed = run(XOR, "dW2 = -delta2^T h1", status=1).stdout
    assert printed.startswith("WRONG (sign): dW2 = -delta2^T h1")
    assert "a case to check by hand" in printed


def test_from_standard_input():
    assert run(XOR, "-", status=0, given="delta2 = (p - y)/m\ndW2 = delta2^T h1\n").stdout.startswith("right: dW2")


def test_for_machines():
    found = json.loads(run(XOR, "delta2 = (y - p)/m", "--json", status=1).stdout)
    assert found["right"] is False and found["slip"] == "sign" and found["status"] == "different"
    example = found["counterexample"]
    assert example["claimed"] == -example["derived"] != 0
    assert json.loads(run(XOR, "delta2 = (p - y)/m", "--json", status=0).stdout)["status"] == "proved"


@pytest.mark.parametrize(("text", "place", "words"), [
    ("dW2 = delta2' h3", ":1:15:", "there is no tensor `h3`; did you mean"),
    ("dW2 = delta2' +", ":1:16:", "the claim ends here"),
    ("dW = delta2' h1", ":1:1:", "`W` may be `hidden.weight` or `output.weight`"),
    ("dW2 = delta2' {h1", ":1:15:", "`{` is not part of matrix notation"),
    ("x = delta2", ":1:1:", "is given to the network"),
    ("g = delta2", ":1:1:", "there is no tensor `g`"),
    ("dz2 = q'(z2)", ":1:7:", "unknown function `q`"),
    ("dW2[o, i] = sum[b](delta2[b, o] * h9[b, i])", ":1:35:", "there is no tensor `h9`"),
    ("dW2[o, i] = sum[b](delta2[b, o] * h1[b, i]", ":1:43:", "is not closed"),
    (r"\delta_2 = \frac{a}", ":1:19:", "the formula ends here"),
    (r"\delta_2 = W_{out,2} x", ":1:13:", "neither the number of a layer nor letters"),
    ("", ":1:1:", "there is no claim here"),
])  # fmt: skip
def test_what_cannot_be_read(text, place, words):
    result = run(XOR, text, status=2)
    assert f"claim{place}" in result.stderr and words in result.stderr, result.stderr
    machine = json.loads(run(XOR, text, "--json", status=2).stdout)
    assert words in machine["errors"][0]["message"] + machine["errors"][0]["help"]
