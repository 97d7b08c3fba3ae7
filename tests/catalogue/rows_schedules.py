"""Schedules: the rate of a step, as a multiple of lr = 0.05."""

from __future__ import annotations

import math


def warmed(t, warmup, steps, least):
    """A line to 1, then half a cosine down to `least`."""
    if t < warmup:
        return (t + 1) / warmup
    return least + (1 - least) * (1 + math.cos(math.pi * (min(t, steps) - warmup) / (steps - warmup))) / 2


SCHEDULES = [
    ("constant", {}, lambda t: 1.0),
    ("step", {"step_size": 3, "gamma": 0.5}, lambda t: 0.5 ** (t // 3)),
    ("step", {"step_size": 1}, lambda t: 0.1**t),
    ("exponential", {"gamma": 0.9}, lambda t: 0.9**t),
    ("cosine", {"steps": 30}, lambda t: (1 + math.cos(math.pi * t / 30)) / 2),
    ("cosine", {"steps": 8, "min_lr": 0.01}, lambda t: 0.2 + 0.8 * (1 + math.cos(math.pi * min(t, 8) / 8)) / 2),
    ("warmup_cosine", {"warmup": 4, "steps": 16, "min_lr": 0.01}, lambda t: warmed(t, 4, 16, 0.2)),
    ("warmup_cosine", {"warmup": 1, "steps": 40}, lambda t: warmed(t, 1, 40, 0.0)),
    ("equation", {"equation": "lr / sqrt(t + 1)"}, lambda t: 1 / math.sqrt(t + 1)),
]
