"""Optimisers and schedules, evaluated by brute force over several steps, against torch.optim in float64."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from bpgen.algebra.evaluate import evaluate
from bpgen.algebra.system import System, verify
from bpgen.library.update import append_update
from bpgen.spec.read import read
from bpgen.spec.system import build_system

SHAPES = {
    "fc.weight": (2, 3), "fc.bias": (2,), "fc2.weight": (2, 2), "fc2.bias": (2,), "fc3.weight": (2, 2), "gain.g": (),
    "letters.U": (2, 2), "more.V": (2, 2),
}  # fmt: skip


def equation(name: str, text: str, parameter: str) -> dict[str, Any]:
    return {
        "name": name, "type": "equation", "equation": text, "sizes": {"r": 2, "v": 2}, "parameters": {parameter: {}},
    }  # fmt: skip


def with_gradients() -> System:
    """Parameters of two, one and no axes, some of equal axes, whose gradients are given from outside.

    The indices of some are called as the texts of optimisers call their tensors.
    """
    model = read(
        {
            "bpgen": 1,
            "inputs": {"x": {"shape": ["B", 3]}, "t": {"shape": ["B", 2]}},
            "layers": [
                {"name": "fc", "type": "linear", "units": 2},
                {"name": "fc2", "type": "linear", "units": 2},
                {"name": "fc3", "type": "linear", "units": 2, "bias": False},
                {"name": "gain", "type": "equation", "equation": "y[b, o] = g * x[b, o]", "parameters": {"g": {}}},
                equation("letters", "y[b, r] = sum[u](x[b, u] * U[r, u])", "U"),
                equation("more", "y[b, v] = sum[m](x[b, m] * V[v, m])", "V"),
            ],
            "loss": {"type": "mse", "target": "t"},
        }
    )
    system = build_system(model)
    adjoints = {
        f"d.{tensor.name}": replace(tensor, name=f"d.{tensor.name}", role="input")
        for tensor in system.with_role("parameter")
    }
    gradients = tuple((name.removeprefix("d."), name) for name in adjoints)
    return replace(system, tensors={**system.tensors, **adjoints}, gradients=gradients)


def settled(description: dict[str, Any]) -> tuple[str, dict[str, Any], str, dict[str, Any]]:
    """An [optimizer] table, checked."""
    head = {"bpgen": 1, "inputs": {"x": {"shape": ["B"]}}, "layers": [{"name": "a", "type": "relu"}]}
    optimizer = read({**head, "optimizer": description}).optimizer
    assert optimizer is not None
    return optimizer.type, dict(optimizer.options), optimizer.schedule, dict(optimizer.schedule_options)


def updated(description: dict[str, Any]) -> System:
    system = append_update(with_gradients(), *settled(description))
    verify(system)
    return system


class Steps:
    """The update equations of a system, applied to values as a running network would."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.equations = [equation for equation in system.equations if equation.role == "update"]
        states = {tensor.name: np.zeros(tuple(map(int, tensor.shape))) for tensor in system.with_role("state")}
        self.values: dict[str, Any] = {**dict(system.settings), **states}
        random = np.random.default_rng(0)
        self.values |= {name: random.normal(size=shape) for name, shape in SHAPES.items()}

    def step(self, gradients: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        known = self.values | {f"d.{name}": gradient for name, gradient in gradients.items()}
        defined = evaluate(self.equations, known)
        self.values |= {name: defined[following] for name, following in self.system.updates}
        return defined


CASES: list[tuple[dict[str, Any], Any]] = [
    ({"type": "sgd"}, lambda p: torch.optim.SGD(p, lr=0.01)),
    ({"type": "sgd", "lr": 0.1, "momentum": 0.9}, lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9)),
    ({"type": "sgd", "lr": 0.1, "weight_decay": 0.2}, lambda p: torch.optim.SGD(p, lr=0.1, weight_decay=0.2)),
    (
        {"type": "sgd", "lr": 0.1, "momentum": 0.8, "nesterov": True},
        lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.8, nesterov=True),
    ),
    (
        {"type": "sgd", "lr": 0.1, "momentum": 0.8, "nesterov": True, "weight_decay": 0.1},
        lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.8, nesterov=True, weight_decay=0.1),
    ),
    (
        {"type": "sgd", "lr": 0.1, "momentum": 0.8, "weight_decay": 0.1},
        lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.8, weight_decay=0.1),
    ),
    ({"type": "adam"}, torch.optim.Adam),
    (
        {"type": "adam", "lr": 0.05, "betas": [0.7, 0.95], "eps": 1e-3, "weight_decay": 0.1},
        lambda p: torch.optim.Adam(p, lr=0.05, betas=(0.7, 0.95), eps=1e-3, weight_decay=0.1),
    ),
    ({"type": "adamw"}, torch.optim.AdamW),
    ({"type": "adamw", "weight_decay": 0.0, "eps": 0.1}, lambda p: torch.optim.AdamW(p, weight_decay=0.0, eps=0.1)),
    (
        {"type": "adamw", "lr": 0.1, "betas": [0.0, 0.9], "weight_decay": 0.5},
        lambda p: torch.optim.AdamW(p, lr=0.1, betas=(0.0, 0.9), weight_decay=0.5),
    ),
    ({"type": "adagrad"}, torch.optim.Adagrad),
    ({"type": "rmsprop", "centered": True, "momentum": 0.5, "weight_decay": 0.1},
     lambda p: torch.optim.RMSprop(p, centered=True, momentum=0.5, weight_decay=0.1)),
    ({"type": "adadelta", "weight_decay": 0.1}, lambda p: torch.optim.Adadelta(p, weight_decay=0.1)),
    ({"type": "nadam", "momentum_decay": 0.1}, lambda p: torch.optim.NAdam(p, momentum_decay=0.1)),
]  # fmt: skip


@pytest.fixture(autouse=True)
def double_precision() -> Iterator[None]:
    """PyTorch keeps its scalar states, such as nadam's product of momenta, in the default precision."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize(("description", "reference"), CASES, ids=[str(case[0]) for case in CASES])
def test_optimizer(description: dict[str, Any], reference: Any) -> None:
    steps = Steps(updated(description))
    parameters = {name: torch.tensor(steps.values[name], requires_grad=True) for name in SHAPES}
    optimizer = reference(list(parameters.values()))
    random = np.random.default_rng(1)
    for _ in range(6):
        gradients = {name: random.normal(size=shape) for name, shape in SHAPES.items()}
        steps.step(gradients)
        for name, parameter in parameters.items():
            parameter.grad = torch.tensor(gradients[name])
        optimizer.step()
        for name, parameter in parameters.items():
            np.testing.assert_allclose(steps.values[name], parameter.detach().numpy(), rtol=1e-12, atol=1e-14)


SCHEDULES: list[tuple[Any, Any]] = [
    ("constant", lambda t: 0.2),
    ({"type": "step", "step_size": 3, "gamma": 0.5}, lambda t: 0.2 * 0.5 ** (t // 3)),
    ({"type": "step", "step_size": 1}, lambda t: 0.2 * 0.1**t),
    ({"type": "exponential", "gamma": 0.9}, lambda t: 0.2 * 0.9**t),
    ({"type": "cosine", "steps": 4}, lambda t: 0.1 * (1 + math.cos(math.pi * min(t, 4) / 4))),
    (
        {"type": "cosine", "steps": 5, "min_lr": 0.05},
        lambda t: 0.05 + 0.15 * (1 + math.cos(math.pi * min(t, 5) / 5)) / 2,
    ),
    (
        {"type": "warmup_cosine", "warmup": 3, "steps": 7, "min_lr": 0.05},
        lambda t: 0.2 * (t + 1) / 3 if t < 3 else 0.05 + 0.15 * (1 + math.cos(math.pi * (min(t, 7) - 3) / 4)) / 2,
    ),
    ("lr / (1 + t / 2)", lambda t: 0.2 / (1 + t / 2)),
    ({"type": "equation", "equation": "where(t < 3, lr * (t + 1) / 3, lr)"}, lambda t: 0.2 * min(1, (t + 1) / 3)),
]


@pytest.mark.parametrize(("schedule", "reference"), SCHEDULES, ids=[str(case[0]) for case in SCHEDULES])
def test_schedule(schedule: Any, reference: Any) -> None:
    steps = Steps(updated({"type": "sgd", "lr": 0.2, "schedule": schedule}))
    ones = {name: np.ones(shape) for name, shape in SHAPES.items()}
    for t in range(9):
        assert steps.values["optimizer.t"] == t
        before = steps.values["fc.bias"]
        steps.step(ones)
        np.testing.assert_allclose(before - steps.values["fc.bias"], reference(t), rtol=1e-12, atol=1e-15)


def test_scalars_of_a_step_are_shared_and_double() -> None:
    system = updated({"type": "adamw", "schedule": {"type": "cosine", "steps": 10}})
    scalars = [e for e in system.equations if e.role == "update" and e.tensor.dtype == "float64"]
    names = [equation.tensor.name for equation in scalars]
    assert names == ["optimizer.eta", "optimizer.rate", "optimizer.scale", "optimizer.keep", "optimizer.t.next"]
    assert all(tensor.dtype == "float64" for tensor in system.with_role("setting"))
    assert [equation.number for equation in system.equations] == list(range(1, len(system.equations) + 1))


def test_the_step_count_is_called_t_where_that_is_free() -> None:
    system = with_gradients()
    tensors = {name: tensor for name, tensor in system.tensors.items() if name != "t"}
    equations = tuple(equation for equation in system.equations if "t" not in equation.reads)
    free = replace(system, tensors=tensors, equations=equations)
    named = append_update(free, *settled({"type": "sgd"}))
    assert named.updates[0] == ("t", "t.next")
    assert dict(named.settings) == {"lr": 0.01}


@pytest.mark.parametrize(
    ("description", "states", "settings"),
    [
        ({"type": "sgd"}, set(), {"lr"}),
        ({"type": "sgd", "momentum": 0.9}, {"v"}, {"lr", "momentum"}),
        ({"type": "sgd", "weight_decay": 0.1}, set(), {"lr", "weight_decay"}),
        ({"type": "adam"}, {"m", "v"}, {"lr", "beta1", "beta2", "eps"}),
        ({"type": "adamw", "weight_decay": 0}, {"m", "v"}, {"lr", "beta1", "beta2", "eps"}),
    ],
)
def test_what_is_zero_is_not_there(description: dict[str, Any], states: set[str], settings: set[str]) -> None:
    system = updated(description)
    kept = {tensor.name.removeprefix("fc.weight.") for tensor in system.with_role("state") if tensor.layer == "fc"}
    assert {name for name in kept if "." not in name} == states
    assert set(dict(system.settings)) == settings


def own_update(**options: Any) -> dict[str, Any]:
    """Gradient descent with momentum, written out."""
    text = "m_next[...] = beta * m[...] + g[...]; y[...] = w[...] - lr * m_next[...]"
    return {"type": "equation", "equation": text, "states": ["m"], "settings": {"beta": 0.9}, "lr": 0.1, **options}


TREATED: list[dict[str, Any]] = [
    {"clip_norm": 0.7},
    {"clip_norm": 1e3},
    {"clip_value": 0.3},
    {"clip_value": 0.3, "clip_norm": 0.5},
    {"accumulate": 3},
    {"accumulate": 2, "clip_value": 0.5, "clip_norm": 0.4},
]
BEHIND: list[tuple[dict[str, Any], Any]] = [
    ({"type": "sgd", "lr": 0.1}, lambda p: torch.optim.SGD(p, lr=0.1)),
    ({"type": "nadam", "lr": 0.1, "momentum_decay": 0.5}, lambda p: torch.optim.NAdam(p, lr=0.1, momentum_decay=0.5)),
    ({"type": "adamw", "lr": 0.1}, lambda p: torch.optim.AdamW(p, lr=0.1)),
    (own_update(), lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9)),
]


@pytest.mark.parametrize("options", TREATED, ids=str)
@pytest.mark.parametrize(("description", "reference"), BEHIND, ids=[case[0]["type"] for case in BEHIND])
def test_gradients_are_gathered_and_bounded(
    description: dict[str, Any], reference: Any, options: dict[str, Any]
) -> None:
    """The mean over the steps of an update, clip_grad_value_, clip_grad_norm_; the schedule counts updates."""
    every, value, norm = options.get("accumulate", 1), options.get("clip_value"), options.get("clip_norm")
    schedule = {"type": "step", "step_size": 2, "gamma": 0.5}
    steps = Steps(updated({**description, **options, "schedule": schedule}))
    parameters = {name: torch.tensor(steps.values[name], requires_grad=True) for name in SHAPES}
    optimizer = reference(list(parameters.values()))
    rates = torch.optim.lr_scheduler.StepLR(optimizer, 2, 0.5)
    random = np.random.default_rng(1)
    for step in range(5 * every):
        gradients = {name: random.normal(size=shape) for name, shape in SHAPES.items()}
        steps.step(gradients)
        for name, parameter in parameters.items():
            gathered = torch.zeros_like(parameter) if step % every == 0 else parameter.grad
            parameter.grad = gathered + torch.tensor(gradients[name]) / every
        if step % every == every - 1:
            if value:
                torch.nn.utils.clip_grad_value_(parameters.values(), value)
            if norm:
                torch.nn.utils.clip_grad_norm_(parameters.values(), norm)
            optimizer.step()
            rates.step()
        assert steps.values["optimizer.t"] == step + 1
        for name, parameter in parameters.items():
            np.testing.assert_allclose(steps.values[name], parameter.detach().numpy(), rtol=1e-12, atol=1e-14)
