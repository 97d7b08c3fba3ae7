"""How far rounding moves a value: measured, each tensor that it is made of being moved by rounding errors.

Terms may cancel in one equation after another.  Behind a normalisation over two elements the adjoints are 1e-6 of
their terms, behind three of them 1e-18, and the size of what is summed in the end says nothing of its error.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np

from bpgen.algebra.expressions import Reduction
from bpgen.algebra.recurrence import arrange, upstream
from bpgen.algebra.system import REAL
from bpgen.derive.sample import computed
from bpgen.derive.values import Array, Values

# Terms may cancel: beside the error relative to the result, this much relative to the terms is allowed.
ROUNDING = 1e-14
ROUNDS = 4
# Values are moved again, so many times as far: what follows moves further as well, but for a choice that has changed.
FURTHER = 4.0
LEAST = 2.5


def rounded(measure: Callable[[Values], Array], names: Collection[str], values: Values) -> float:
    """How far what is measured may be off, for it is made of these tensors, each of which is rounded.

    No more than what moves with the rounding is counted: a comparison of equal elements may come out otherwise
    however little they are moved, and would allow anything.
    """
    here, most = measure(values), 0.0
    for seed in range(ROUNDS):
        near, far = (np.abs(measure(_moved(names, values, seed, by)) - here) for by in (1.0, FURTHER))
        follows = np.isfinite(near) & np.isfinite(far) & (far >= LEAST * near)
        most = max(most, float(np.max(near[follows], initial=0.0)))
    return most


def _moved(names: Collection[str], values: Values, seed: int, by: float) -> Values:
    """The values again of all that tensors are made of, each off by some rounding errors of its own terms."""
    generator = np.random.default_rng(seed)
    again = values.alike({name: array for name, array in values.tensors.items() if name not in values.made})
    needed = upstream(values.made.values(), names)
    equations = [equation for name, equation in values.made.items() if name in needed]
    for group in computed(arrange(equations), again):
        for equation in group:
            name, chosen = equation.tensor.name, isinstance(equation.rhs, Reduction) and equation.rhs.op != "sum"
            if equation.tensor.dtype != REAL or chosen:  # one of the elements as it is, which others are compared with
                continue
            sizes = again.sizes(equation)
            errors = by * ROUNDING * np.where(np.isfinite(sizes), sizes, 0.0)
            again.tensors[name] = again.tensors[name] + errors * generator.choice([-1.0, 1.0], sizes.shape)
    return again
