"""A case in which a claim and the derived equation differ, small enough to be checked by hand.

Inputs and parameters are small whole numbers, in a network as small as it can be made; numbers that make no
difference are set to 0.  The claim's value and the derived one stand at one element.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import numpy as np
from sympy import Expr

from bpgen.algebra.expressions import Access
from bpgen.algebra.index import Index
from bpgen.algebra.records import dataclass
from bpgen.algebra.system import GIVEN, Equation, Tensor
from bpgen.claims.theory import Theory
from bpgen.derive.sample import compute, satisfy
from bpgen.derive.values import Array, Values

BATCHES = (1, 2)
DRAWS = 16
ENOUGH = 4  # draws that tell the two apart, to choose the smallest of
CLEARED = 160  # entries that are tried to be 0
APART = 1e-6  # relative: less is no difference that a hand would find
ROUNDED = 6  # digits behind the point


@dataclass(frozen=True)
class Table:
    """A tensor's values, nested as its axes are."""

    name: str
    values: object

    @property
    def is_zero(self) -> bool:
        return not np.asarray(self.values).any()


@dataclass(frozen=True)
class CounterExample:
    """batch: rows; given: inputs and parameters; read: what the two sides read besides; at: the element they differ at.

    claimed is a whole table where the claim has other axes than it should have.
    """

    batch: int
    given: tuple[Table, ...]
    read: tuple[Table, ...]
    at: tuple[int, ...]
    claimed: object
    derived: object

    def __str__(self) -> str:
        tables = [table for table in (*self.given, *self.read) if not table.is_zero]
        shown = {table.name for table in tables}
        zeros = [table.name for table in (*self.given, *self.read) if table.name not in shown]
        lines = [f"{table.name} = {table.values}" for table in tables]
        return "\n".join([f"B = {self.batch}", *lines, *([f"0: {', '.join(zeros)}"] if zeros else [])])


def find_counterexample(theory: Theory, target: Tensor, claimed: Expr) -> CounterExample | None:
    """The smallest one of a few draws; None where none of them tells the sides apart."""
    telling = (values for values in _draws(theory) if _apart(values, target, claimed) is not None)
    found = list(islice(telling, ENOUGH))
    if not found:
        return None
    search = _Search(theory, target, claimed)
    values = search.cleared(min(found, key=_size))
    at = _apart(values, target, claimed)
    assert at is not None  # it has been kept apart all the while
    example = search.shown(values, at)
    derived = np.asarray(values.tensors[target.name])[at]
    value = values.everywhere(Equation(target, target.axes, claimed))[at]
    return replace(example, claimed=_plain(value), derived=_plain(derived))


def _draws(theory: Theory) -> Iterator[Values]:
    for batch in BATCHES:
        for seed in range(DRAWS):
            generator = np.random.default_rng([seed, batch])
            values = Values(batch, {})
            for tensor in theory.system.tensors.values():
                if tensor.role in GIVEN:
                    values.tensors[tensor.name] = _drawn(tensor, batch, generator)
            compute(theory.equations, values)
            yield values


def _drawn(tensor: Tensor, batch: int, generator: np.random.Generator) -> Array:
    shape = tuple(batch if extent == "B" else int(extent) for extent in tensor.shape)
    if tensor.dtype == "int32":
        return generator.integers(0, tensor.classes or 2, shape)
    low = 1 if tensor.positive or tensor.role in ("state", "setting") else -1
    drawn = np.asarray(generator.integers(low, 3, shape), float)
    for fact in tensor.facts:
        if not (fact.kind == "positive" or (fact.kind == "symmetric" and fact.axes)):
            drawn = satisfy(drawn, fact.kind, fact.axes, generator)
    for fact in tensor.facts:
        if fact.kind == "symmetric" and fact.axes:
            drawn = drawn + np.swapaxes(drawn, *fact.axes)
    return drawn


def _apart(values: Values, target: Tensor, claimed: Expr) -> tuple[int, ...] | None:
    """The element at which the two differ most; None where they do not, or are not numbers."""
    derived = np.asarray(values.tensors[target.name], float)
    other = values.everywhere(Equation(target, target.axes, claimed))
    difference = np.abs(derived - other)
    if not np.isfinite(difference).all() or not difference.size:
        return None
    place = np.unravel_index(int(difference.argmax()), difference.shape)
    apart = difference[place] > APART * (1 + abs(derived[place]))
    return tuple(int(n) for n in place) if apart else None


def _size(values: Values) -> tuple[int, int]:
    return values.batch, int(sum(np.count_nonzero(array) for array in values.tensors.values()))


def find_shape_example(theory: Theory, target: Tensor, value: Expr, axes: tuple[Index, ...]) -> CounterExample | None:
    """A case for a claim with other axes than its target: the whole of both, for two rows."""
    rows = Tensor("claimed", axes)
    for values in _draws(theory):
        claimed = values.everywhere(Equation(rows, axes, value))
        derived = np.asarray(values.tensors[target.name])
        if values.batch == max(BATCHES) and np.isfinite(claimed).all() and derived.any():
            found = _Search(theory, target, value).shown(values, ())
            return replace(found, claimed=_plain(claimed), derived=_plain(derived))
    return None


class _Search:
    def __init__(self, theory: Theory, target: Tensor, claimed: Expr) -> None:
        self.theory, self.target, self.claimed = theory, target, claimed

    def cleared(self, values: Values) -> Values:
        """The values with 0 for every entry that is not needed."""
        tried = 0
        for tensor in self.theory.system.tensors.values():
            if tensor.role not in GIVEN or tensor.dtype == "int32" or tensor.facts or tensor.role == "setting":
                continue
            for place in np.ndindex(values.tensors[tensor.name].shape):
                if values.tensors[tensor.name][place] == 0 or tried >= CLEARED:
                    continue
                tried += 1
                values = self._without(values, tensor.name, place)
        return values

    def _without(self, values: Values, name: str, place: tuple[int, ...]) -> Values:
        given = {n: np.array(a) for n, a in values.tensors.items() if n not in self.theory.defining}
        given[name][place] = 0
        trial = Values(values.batch, given)
        compute(self.theory.equations, trial)
        return values if _apart(trial, self.target, self.claimed) is None else trial

    def shown(self, values: Values, at: tuple[int, ...]) -> CounterExample:
        """The values of what is given, and of what the two sides read."""
        given = [t for t in self.theory.system.tensors.values() if t.role in GIVEN and t.role != "setting"]
        equation = self.theory.defining[self.target.name]
        names = {access.tensor for side in (self.claimed, equation.rhs) for access in side.atoms(Access)}
        read = [t for t in self.theory.tensors.values() if t.name in names and t.role not in GIVEN]
        first, second = (tuple(table(t.name, values.tensors[t.name]) for t in group) for group in (given, read))
        return CounterExample(values.batch, first, second, at, 0, 0)


def table(name: str, values: Array) -> Table:
    return Table(name, _plain(np.asarray(values)))


def _plain(values: Array) -> object:
    """Numbers as one writes them: whole where they are, else to a few digits."""
    if np.ndim(values):
        return [_plain(part) for part in values]
    number = float(values)
    return int(number) if number == int(number) and abs(number) < 1e9 else float(f"{number:.{ROUNDED}g}")
