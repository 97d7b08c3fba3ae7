"""Sums of products of many factors, taken apart into matrix products.

sum[i, j](x[b, i] * W[k, i, j] * x[b, j]) -> P[b, i, j] = x[b, i] * x[b, j];  sum[i, j](P[b, i, j] * W[k, i, j])

The factors are parted into two sides; a side that is no plain element becomes an intermediate of its own, summed
over what only it runs over.  Of all ways that leave a matrix product, the one with the fewest terms is taken.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import prod

from bpgen.lower.classify import classify, find_contraction
from bpgen.lower.rewrite import plain_indices, reduction, transform, variables
from bpgen.lower.scalar import BATCH, Affine, Load, Loop, Operation, Reduce, Scalar
from bpgen.lower.schedule import Assign, Buffer

NOMINAL_BATCH = 32
SMALL = 4096
"""Sums with fewer terms than this are left to plain loops."""
MOST_FACTORS = 6


def split(statement: Assign, taken: Collection[str]) -> tuple[tuple[Assign, ...], tuple[Buffer, ...]]:
    """The statements that compute it, itself last, and the buffers of the intermediates.

    taken: names of tensors that an intermediate must not have.
    """
    found = reduction(statement.value)
    if found is None or found.op != "sum" or found.dtype != "real" or statement.contraction is not None:
        return (statement,), ()
    factors = list(_factors(found.body))
    loops = (*statement.loops, *found.loops)
    if not 2 <= len(factors) <= MOST_FACTORS or volume(loops) < SMALL:
        return (statement,), ()
    plans = [plan for plan in _plans(factors, statement, found) if plan is not None]
    if not plans:
        return (statement,), ()
    return min(plans, key=lambda plan: plan.terms).statements(statement, found, set(taken))


def _factors(body: Scalar) -> Iterator[Scalar]:
    match body:
        case Operation(op="multiply", arguments=arguments):
            for argument in arguments:
                yield from _factors(argument)
        case Operation(op="square", arguments=(argument,)) if isinstance(argument, Load):
            yield argument
            yield argument
        case _:
            yield body


def volume(loops: Sequence[Loop]) -> int:
    """How many values the loops take together, at the usual batch."""
    return prod(NOMINAL_BATCH if loop.extent == BATCH else int(loop.extent) for loop in loops)


@dataclass(frozen=True)
class _Side:
    """Some of the factors: their product, the loops it keeps and those that it alone is summed over."""

    product: Scalar
    kept: tuple[Loop, ...]
    summed: tuple[Loop, ...]

    @property
    def is_plain(self) -> bool:
        return isinstance(self.product, Load) and not self.summed

    @property
    def terms(self) -> int:
        return 0 if self.is_plain else volume((*self.kept, *self.summed))

    def value(self) -> Scalar:
        return Reduce("real", "sum", self.summed, self.product) if self.summed else self.product


@dataclass(frozen=True)
class _Plan:
    left: _Side
    right: _Side
    loops: tuple[Loop, ...]

    @property
    def terms(self) -> int:
        return self.left.terms + self.right.terms + volume(self.loops)

    def statements(
        self, statement: Assign, found: Reduce, taken: set[str]
    ) -> tuple[tuple[Assign, ...], tuple[Buffer, ...]]:
        parts: list[Assign] = []
        buffers: list[Buffer] = []
        loads: list[Scalar] = []
        for side in (self.left, self.right):
            if side.is_plain:
                loads.append(side.product)
                continue
            name = _fresh(f"{statement.target}.part", taken)
            taken.add(name)
            here = plain_indices(side.kept)
            part = Assign(name, here, side.kept, side.value(), "real", numbers=statement.numbers)
            parts.append(classify(part))
            buffers.append(Buffer(name, tuple(loop.extent for loop in side.kept), "real", "workspace"))
            loads.append(Load("real", name, here))
        whole = Reduce("real", "sum", _bound(self, found), Operation("real", "multiply", tuple(loads)))
        value = transform(statement.value, lambda node: whole if node is found else None)
        return (*parts, classify(replace(statement, value=value))), tuple(buffers)


def _bound(plan: _Plan, found: Reduce) -> tuple[Loop, ...]:
    return tuple(loop for loop in found.loops if loop in plan.loops)


def _plans(factors: list[Scalar], statement: Assign, found: Reduce) -> Iterator[_Plan | None]:
    """Every way to part the factors into two sides; the first factor is always on the left."""
    for size in range(len(factors)):
        for chosen in combinations(range(1, len(factors)), size):
            left = [factors[0], *(factors[n] for n in chosen)]
            right = [factors[n] for n in range(1, len(factors)) if n not in chosen]
            if right:
                yield _plan(left, right, statement, found)


def _plan(left: list[Scalar], right: list[Scalar], statement: Assign, found: Reduce) -> _Plan | None:
    in_left, in_right = _variables(left), _variables(right)
    common = tuple(loop for loop in found.loops if loop.name in in_left and loop.name in in_right)
    if not common:
        return None
    first = _side(left, in_right, statement, found, common)
    order = _along(first, common) if first.is_plain else common
    second = _side(right, in_left, statement, found, order)
    if not first.is_plain:  # the intermediate lies in the order in which the other side is walked
        first = _side(left, in_right, statement, found, _along(second, common))
    loops = tuple(loop for loop in (*statement.loops, *found.loops) if loop in (*first.kept, *second.kept))
    plan = _Plan(first, second, loops)
    trial = plan.statements(statement, found, set())[0][-1]
    return plan if trial.contraction is not None and _walks(trial) else None


def _variables(factors: list[Scalar]) -> frozenset[str]:
    return frozenset().union(*(variables(factor, {}) for factor in factors))


def _side(
    factors: list[Scalar], others: frozenset[str], statement: Assign, found: Reduce, order: tuple[Loop, ...]
) -> _Side:
    """The side that some of the factors make; others: what the rest runs over; order: of the loops summed later."""
    product = factors[0]
    for factor in factors[1:]:
        product = Operation("real", "multiply", (product, factor))
    own = _variables(factors)
    free = tuple(loop for loop in statement.loops if loop.name in own)
    rows = tuple(loop for loop in (*free, *order) if loop.extent == BATCH)  # the batch outermost, as everywhere
    kept = rows + tuple(loop for loop in (*free, *order) if loop not in rows)
    summed = tuple(loop for loop in found.loops if loop.name in own and loop.name not in others)
    return _Side(product, kept, summed)


def _along(side: _Side, loops: tuple[Loop, ...]) -> tuple[Loop, ...]:
    """The loops in the order in which a plain side's element has them."""
    if not isinstance(side.product, Load):
        return loops
    places = [index.shifted for index in side.product.indices if isinstance(index, Affine)]
    return tuple(sorted(loops, key=lambda loop: places.index(loop.name) if loop.name in places else len(places)))


def _walks(statement: Assign) -> bool:
    """Whether both operands have the summed indices next to each other and in one order, as matrix products ask."""
    found = reduction(statement.value)
    contraction = None if found is None else find_contraction(found, statement)
    if contraction is None:
        return False
    orders = []
    for load in (contraction.left, contraction.right):
        names = [index.shifted for index in load.indices if isinstance(index, Affine)]
        places = [place for place, name in enumerate(names) if name in contraction.k]
        if places != list(range(places[0], places[0] + len(places))):
            return False
        orders.append([names[place] for place in places])
    return orders[0] == orders[1]


def _fresh(name: str, taken: set[str]) -> str:
    chosen, number = name, 2
    while chosen in taken:
        chosen, number = f"{name}{number}", number + 1
    return chosen
