"""The derivation as plain text: what stands in it, and that its equations are the derivation's."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from bpgen.algebra.printing import print_equation
from bpgen.derive.derivation import Derivation, in_brief
from bpgen.derive.derive import derive
from bpgen.emit.text import text
from bpgen.library.update import append_update
from bpgen.spec.read import read
from bpgen.spec.system import build_system


def derivation(activation="tanh", loss="cross_entropy", classes=3, optimizer="sgd"):
    target = {"shape": ["B"], "dtype": "int32", "classes": classes}
    model = read({
        "bpgen": 1, "name": "net",
        "inputs": {"x": {"shape": ["B", 4]}, "y": target if loss == "cross_entropy" else {"shape": ["B", classes]}},
        "layers": [
            {"name": "fc1", "type": "linear", "units": 5, "activation": activation},
            {"name": "fc2", "type": "linear", "units": classes},
        ],
        "loss": {"type": loss, "target": "y"}, "optimizer": {"type": optimizer, "lr": 0.1},
    })  # fmt: skip
    found = derive(build_system(model))
    chosen = model.optimizer
    updated = append_update(found.system, chosen.type, chosen.options, chosen.schedule, chosen.schedule_options)
    return replace(found, system=updated)


def joined(printed):
    """The text with wrapped lines put together again."""
    return re.sub(r"\s+", " ", printed)


@pytest.mark.parametrize(
    ("activation", "loss", "optimizer"),
    [("tanh", "cross_entropy", "sgd"), ("gelu", "mse", "adam"), ("sigmoid", "bce_with_logits", "adamw")],
)
def test_every_equation_of_the_system_stands_there_once_with_its_number(activation, loss, optimizer):
    proof = derivation(activation, loss, optimizer=optimizer)
    printed = joined(text(proof, full=True))
    for equation in proof.system.equations:
        line = f"({equation.number}) {print_equation(equation, proof.system.tensors)}"
        assert printed.count(joined(line) + " ") == 1, line


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_overview(classes):
    printed = text(derivation(classes=classes))
    assert printed.startswith("net\n===\n\nInputs\n    x [B, 4]\n")
    assert f"    y [B] int32, 0 ... {classes - 1}\n" in printed
    assert f"\nParameters\n    fc1.weight [5, 4]\n    fc1.bias [5]\n    fc2.weight [{classes}, 5]\n" in printed
    assert "\nSettings\n    lr = 0.1\n" in printed


def test_sections_in_order():
    printed = text(derivation())
    titles = ["Inputs", "Parameters", "Forward", "Loss", "As computed", "Chain rule", "Gradients", "Update"]
    places = [printed.index(f"\n{title}\n") for title in titles]
    assert places == sorted(places)


def test_loss_as_stated_and_as_computed():
    proof = derivation()
    printed = text(proof)
    computed = printed.index("As computed")
    assert printed.index("')  loss = -sum[b](log(") < computed < printed.index(")  loss = sum[b](")
    assert computed < printed.index("loss.m[b] = max[")
    for note in proof.notes:
        assert joined(note)[1:] in joined(printed)
    assert "As computed" not in text(derivation(loss="mse"))


def test_chain_rule_and_reasons():
    proof = derivation()
    printed = joined(text(proof))
    assert "d.T is the derivative of loss by T." in printed
    for equation in proof.chain:
        assert joined(print_equation(equation, dict(proof.system.tensors) | proof.forward.tensors)) in printed
    shown = {equation.tensor.name.removeprefix("d.") for equation in proof.simplified}
    reasons = [said for name, record in proof.steps.items() if name in shown for said in in_brief(record)]
    assert reasons
    assert all(joined(f"{rule}: {reason}") in printed for rule, reason in reasons)


def test_steps_show_both_sides_of_every_rewrite():
    proof = derivation()
    brief, full = joined(text(proof)), joined(text(proof, steps=True))
    tensors = dict(proof.system.tensors) | proof.forward.tensors
    lines = [line for record in proof.details.values() for line in record]
    assert len(lines) > sum(map(len, proof.steps.values()))
    for line in lines:
        assert f"{joined(f'{line.rule}: {line.reason}')} -> {joined(print_equation(line.after, tensors))}" in full
    assert "->" not in brief
    assert len(full) > len(brief)


def test_without_a_loss_there_is_only_the_network():
    model = read({
        "bpgen": 1, "name": "map", "inputs": {"x": {"shape": ["B", 1]}},
        "layers": [{"name": "fc", "type": "linear", "units": 1}],
    })  # fmt: skip
    system = build_system(model)
    printed = text(Derivation(system, system, (), ()))
    assert "fc[b, o] = sum[i](x[b, i] * fc.weight[o, i]) + fc.bias[o]" in printed
    assert "Chain rule" not in printed
    assert "Update" not in printed


def test_lines_fit_a_terminal():
    for steps in (False, True):
        lines = text(derivation("gelu", optimizer="adam"), steps).splitlines()
        assert max(map(len, lines)) <= 110
        assert all(line == line.rstrip() for line in lines)
