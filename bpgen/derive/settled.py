"""Whether rounding decides nothing in a value: choices between what is equal but for rounding are not settled."""

from __future__ import annotations

import numpy as np

from bpgen.algebra.system import REAL, System
from bpgen.derive.check import agree
from bpgen.derive.sample import computed
from bpgen.derive.values import Array, Values

# How far values are moved, relative to their size, and how often.
ROUNDING = 1e-13
ROUNDS = 8


def is_settled(name: str, system: System, values: Values) -> bool:
    """Whether a tensor keeps its value when what is given and what is computed before it moves by rounding."""
    generator = np.random.default_rng(0)

    def moved(tensor: str, array: Array) -> Array:
        if system.tensors[tensor].dtype != REAL:
            return array
        return array * (1 + ROUNDING * generator.choice([-1.0, 0.0, 1.0], np.shape(array)))

    given = {n: a for n, a in values.tensors.items() if n in system.tensors and n not in system.defining}
    for _ in range(ROUNDS):
        again = values.alike({n: moved(n, array) for n, array in given.items()})
        for group in computed(system.equations, again):
            for equation in group:
                own = equation.tensor.name
                again.tensors[own] = moved(own, again.tensors[own])
        if not agree(np.ravel(values.tensors[name]), np.ravel(again.tensors[name]), ROUNDING):
            return False
    return True
