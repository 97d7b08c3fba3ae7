"""How parameters of layers begin by default: as those of PyTorch's modules, by name, spread and range."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import bpgen
from bpgen.library.initializers import draw
from bpgen.spec.system import build_system

NN = torch.nn
# type, options, shape behind the batch, PyTorch's module; wide enough for a spread to be known to some percent
CASES = {
    "linear": ({"units": 80}, (70,), lambda: NN.Linear(70, 80)),
    "conv1d": ({"channels": 60, "kernel": 5, "groups": 2}, (50, 9), lambda: NN.Conv1d(50, 60, 5, groups=2)),
    "conv2d": ({"channels": 60, "kernel": 3}, (50, 5, 5), lambda: NN.Conv2d(50, 60, 3)),
    "conv_transpose2d": (
        {"channels": 60, "kernel": 3, "groups": 5}, (50, 5, 5), lambda: NN.ConvTranspose2d(50, 60, 3, groups=5),
    ),
    "layernorm": ({}, (50,), lambda: NN.LayerNorm(50)),
    "rmsnorm": ({}, (50,), lambda: NN.RMSNorm(50)),
    "groupnorm": ({"groups": 5}, (50, 2), lambda: NN.GroupNorm(5, 50)),
    "embedding": ({"units": 90}, (4,), lambda: NN.Embedding(100, 90)),
    "rnn": ({"units": 60}, (3, 50), lambda: NN.RNN(50, 60)),
    "gru": ({"units": 60, "bidirectional": True}, (3, 50), lambda: NN.GRU(50, 60, bidirectional=True)),
    "lstm": ({"units": 60, "layers": 2}, (3, 50), lambda: NN.LSTM(50, 60, 2)),
    "attention": ({"heads": 4}, (3, 80), lambda: NN.MultiheadAttention(80, 4)),
}  # fmt: skip


@pytest.mark.parametrize("kind", CASES)
def test_parameters_begin_as_those_of_pytorch(kind: str) -> None:
    options, shape, module = CASES[kind]
    x = {"shape": ["B", *shape]} | ({"dtype": "int32", "classes": 100} if kind == "embedding" else {})
    layer = {"name": "a", "type": kind, **options}
    system = build_system(bpgen.load({"bpgen": 1, "inputs": {"x": x}, "layers": [layer]}))
    torch.manual_seed(0)
    expected = {name: value.detach().double().numpy() for name, value in module().state_dict().items()}
    assert {f"a.{name}" for name in expected} == {parameter.name for parameter in system.parameters}
    for parameter in system.parameters:
        extents = system.tensors[parameter.name].shape
        generator = np.random.default_rng(1)
        fans = parameter.fan_in, parameter.fan_out
        found = draw(parameter.init, dict(parameter.options), extents, *fans, generator)
        wanted = expected[parameter.name.removeprefix("a.")]
        assert extents == wanted.shape
        many = wanted.size > 1000
        tolerance = 0.05 if many else 0.4
        assert found.std() == pytest.approx(wanted.std(), rel=tolerance, abs=1e-9), parameter.name
        assert found.mean() == pytest.approx(wanted.mean(), abs=0.4 * wanted.std() + 1e-9), parameter.name
        if parameter.init != "normal":
            assert np.abs(found).max() == pytest.approx(np.abs(wanted).max(), rel=tolerance), parameter.name
