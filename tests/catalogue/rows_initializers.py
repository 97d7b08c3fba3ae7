"""Initialisers: what torch.nn.init does to a tensor of the same shape."""

from __future__ import annotations

from functools import partial

from catalogue_runner import torch

INIT = torch.nn.init

INITIALIZERS = [
    ("zeros", {}, INIT.zeros_),
    ("ones", {}, INIT.ones_),
    ("constant", {"value": 0.3}, partial(INIT.constant_, val=0.3)),
    ("uniform", {}, INIT.uniform_),
    ("uniform", {"low": -2.0, "high": 0.5}, partial(INIT.uniform_, a=-2.0, b=0.5)),
    ("normal", {}, INIT.normal_),
    ("normal", {"mean": 1.0, "std": 0.2}, partial(INIT.normal_, mean=1.0, std=0.2)),
    ("xavier_uniform", {}, INIT.xavier_uniform_),
    ("xavier_uniform", {"gain": 2.0}, partial(INIT.xavier_uniform_, gain=2.0)),
    ("xavier_normal", {}, INIT.xavier_normal_),
    ("xavier_normal", {"gain": 2.0}, partial(INIT.xavier_normal_, gain=2.0)),
    ("kaiming_uniform", {}, INIT.kaiming_uniform_),
    ("kaiming_uniform", {"a": 2.0, "mode": "fan_out"}, partial(INIT.kaiming_uniform_, a=2.0, mode="fan_out")),
    ("kaiming_normal", {}, INIT.kaiming_normal_),
    ("kaiming_normal", {"a": 2.0, "mode": "fan_out"}, partial(INIT.kaiming_normal_, a=2.0, mode="fan_out")),
    ("orthogonal", {}, INIT.orthogonal_),
    ("orthogonal", {"gain": 3.0}, partial(INIT.orthogonal_, gain=3.0)),
]
