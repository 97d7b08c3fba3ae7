"""Sums of products of many factors, taken apart into matrix products.

sum[i, j](x[b, i] * W[k, i, j] * x[b, j]) -> P[b, i, j] = x[b, i] * x[b, j];  sum[i, j](P[b, i, j] * W[k, i, j])
sum[j](select(i >= j, a[b, i, j] / 4 * u[b, j, f], 0))
                                  -> P[b, i, j] = select(i >= j, a[b, i, j], 0);  1/4 * sum[j](P[b, i, j] * u[b, j, f])

The factors are parted into two sides; a side that is no plain element becomes an intermediate of its own, summed
over what only it runs over.  Of all ways that leave a matrix product, the one with the fewest terms is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import combinations
from math import prod

from bpgen.algebra.records import dataclass
from bpgen.lower.build import multiplied, negated, selected
from bpgen.lower.classify import classify, find_contraction
from bpgen.lower.conditions import bound_of, conjuncts
from bpgen.lower.cuts import difference_of
from bpgen.lower.names import free_name
from bpgen.lower.rewrite import Renaming, reduction, transform, variables
from bpgen.lower.scalar import BATCH, Affine, Constant, Load, Loop, Operation, Reduce, Scalar
from bpgen.lower.schedule import Assign, Buffer

NOMINAL_BATCH = 32
SMALL = 4096
"""Sums with fewer terms than this are left to plain loops."""
MOST_FACTORS = 6

Intermediates = dict[object, str]
"""What is computed -> the name of the tensor that has it."""


def split(
    statement: Assign, buffers: Mapping[str, Buffer], known: Intermediates | None = None
) -> tuple[tuple[Assign, ...], tuple[Buffer, ...]]:
    """The statements that compute it, itself last, and the buffers of the intermediates.

    buffers: of all tensors that there are; known: intermediates of statements before it, of which there is no second
    one; grows by those that are made
    """
    found = reduction(statement.value)
    if found is None or found.op != "sum" or found.dtype != "real" or statement.contraction is not None:
        return (statement,), ()
    term = _taken_apart(found.body)
    loops = (*statement.loops, *found.loops)
    if not 2 <= len(term.factors) <= MOST_FACTORS or volume(loops) < SMALL:
        return (statement,), ()
    plans = [plan for plan in _plans(term, statement, found) if plan is not None]
    if not plans:
        return (statement,), ()
    best = min(plans, key=lambda plan: plan.terms)
    return best.statements(statement, found, buffers, {} if known is None else known)


@dataclass(frozen=True)
class _Term:
    """scale * the product of the factors, where all conditions on indices hold; 0 elsewhere."""

    scale: tuple[Scalar, ...]
    conditions: tuple[Scalar, ...]
    factors: tuple[Scalar, ...]


def _taken_apart(body: Scalar) -> _Term:
    match body:
        case Operation(op="multiply", arguments=(left, right)):
            one, other = _taken_apart(left), _taken_apart(right)
            conditions = tuple(dict.fromkeys((*one.conditions, *other.conditions)))
            return _Term((*one.scale, *other.scale), conditions, (*one.factors, *other.factors))
        case Operation(op="square", arguments=(argument,)) if isinstance(argument, Load):
            return _Term((), (), (argument, argument))
        case Operation(op="negative", arguments=(argument,)):
            inner = _taken_apart(argument)
            return replace(inner, scale=(*inner.scale, Constant(body.dtype, Fraction(-1))))
        case Operation(op="select", arguments=(condition, chosen, Constant(value=0))):
            if all(difference_of(part) is not None for part in conjuncts(condition)):
                inner = _taken_apart(chosen)
                return replace(inner, conditions=tuple(dict.fromkeys((*conjuncts(condition), *inner.conditions))))
        case Constant():
            return _Term((body,), (), ())
    return _Term((), (), (body,))


def volume(loops: Sequence[Loop]) -> int:
    """How many values the loops take together, at the usual batch."""
    return prod(NOMINAL_BATCH if loop.extent == BATCH else int(loop.extent) for loop in loops)


@dataclass(frozen=True)
class _Side:
    """Some of the factors: their product, the loops it keeps and those that it alone is summed over.

    conditions: where the product counts; each stands on every side that has all its variables, so that no element is
    read which it guards, and infinite ones that it masks meet no 0
    """

    product: Scalar
    conditions: tuple[Scalar, ...]
    kept: tuple[Loop, ...]
    summed: tuple[Loop, ...]

    @property
    def is_plain(self) -> bool:
        return isinstance(self.product, Load) and not self.summed and not self.conditions

    @property
    def terms(self) -> int:
        return 0 if self.is_plain else volume((*self.kept, *self.summed))

    @property
    def value(self) -> Scalar:
        value = self.product
        for condition in reversed(self.conditions):
            value = selected(condition, value)
        return Reduce("real", "sum", self.summed, value) if self.summed else value

    def name(self, statement: Assign, buffers: Mapping[str, Buffer]) -> str:
        """What its intermediate may be called."""
        if isinstance(self.product, Load) and not self.summed:
            return f"{self.product.buffer}.masked"
        owner = buffers.get(statement.target)
        return f"{owner.name if owner else statement.target}.part"

    @property
    def key(self) -> object:
        """What it computes, whatever its loops are called."""
        loops = (*self.kept, *self.summed)
        names = {loop.name: f"#{number}" for number, loop in enumerate(loops)}
        renaming = Renaming(names)
        bounds = {bound_of(renamed := renaming.scalar(c)) or renamed for c in self.conditions}
        extents = tuple((loop.extent, loop.start) for loop in loops)
        return renaming.scalar(self.product), frozenset(bounds), extents, len(self.kept)


@dataclass(frozen=True)
class _Plan:
    left: _Side
    right: _Side
    loops: tuple[Loop, ...]
    scale: tuple[Scalar, ...]

    @property
    def terms(self) -> int:
        return self.left.terms + self.right.terms + volume(self.loops)

    def statements(
        self, statement: Assign, found: Reduce, buffers: Mapping[str, Buffer], known: Intermediates
    ) -> tuple[tuple[Assign, ...], tuple[Buffer, ...]]:
        made: list[Assign] = []
        added: dict[str, Buffer] = {}
        loads: list[Scalar] = []
        for side in (self.left, self.right):
            if side.is_plain:
                loads.append(side.product)
                continue
            here = tuple(Affine(((loop.name, 1),), -loop.start) for loop in side.kept)
            name = known.get(side.key)
            if name is None:
                name = free_name([side.name(statement, buffers)], (*buffers, *added))
                known[side.key] = name
                part = Assign(name, here, side.kept, side.value, "real", numbers=statement.numbers)
                made.append(classify(part))
                added[name] = Buffer(name, tuple(loop.extent for loop in side.kept), "real", "workspace")
            loads.append(Load("real", name, here))
        total = Reduce("real", "sum", _bound(self, found), Operation("real", "multiply", tuple(loads)))
        whole = _scaled(self.scale, total)
        value = transform(statement.value, lambda node: whole if node is found else None)
        return (*made, classify(replace(statement, value=value))), tuple(added.values())


def _scaled(scale: tuple[Scalar, ...], total: Scalar) -> Scalar:
    """The sum times the constants of its terms."""
    constant = prod((part.value for part in scale if isinstance(part, Constant)), start=Fraction(1))
    if constant == 1:
        return total
    if constant == -1:
        return negated(total)
    return multiplied([Constant("real", constant), total], "real")


def _bound(plan: _Plan, found: Reduce) -> tuple[Loop, ...]:
    return tuple(loop for loop in found.loops if loop in plan.loops)


def _plans(term: _Term, statement: Assign, found: Reduce) -> Iterator[_Plan | None]:
    """Every way to part the factors into two sides; the first factor is always on the left."""
    factors = term.factors
    for size in range(len(factors)):
        for chosen in combinations(range(1, len(factors)), size):
            left = [factors[0], *(factors[n] for n in chosen)]
            right = [factors[n] for n in range(1, len(factors)) if n not in chosen]
            if right:
                yield _plan(left, right, term, statement, found)


def _plan(left: list[Scalar], right: list[Scalar], term: _Term, statement: Assign, found: Reduce) -> _Plan | None:
    in_left, in_right = _variables(left), _variables(right)
    common = tuple(loop for loop in found.loops if loop.name in in_left and loop.name in in_right)
    if not common or not all(_variables([c]) <= in_left or _variables([c]) <= in_right for c in term.conditions):
        return None
    sides = _Sides(term, statement, found)
    first = sides.of(left, in_right, common)
    order = _along(first, common) if first.is_plain else common
    second = sides.of(right, in_left, order)
    if not first.is_plain:  # the intermediate lies in the order in which the other side is walked
        first = sides.of(left, in_right, _along(second, common))
    loops = tuple(loop for loop in (*statement.loops, *found.loops) if loop in (*first.kept, *second.kept))
    # A masked tensor lies as the tensor does, where that will do: whoever masks it so can use it.
    for pair in ((_as_it_lies(first), _as_it_lies(second)), (first, second)):
        plan = _Plan(*pair, loops, term.scale)
        trial = plan.statements(statement, found, {}, {})[0][-1]
        if trial.contraction is not None and _walks(trial):
            return plan
    return None


def _as_it_lies(side: _Side) -> _Side:
    """The side with its loops in the order of its one element's indices."""
    if not isinstance(side.product, Load) or side.is_plain or side.summed:
        return side
    kept = _along(side, side.kept)
    places = [index.variable for index in side.product.indices if isinstance(index, Affine)]
    return replace(side, kept=kept) if places == [loop.name for loop in kept] else side


def _variables(factors: list[Scalar]) -> frozenset[str]:
    return frozenset().union(*(variables(factor, {}) for factor in factors))


@dataclass(frozen=True)
class _Sides:
    """Makes sides of a sum's factors."""

    term: _Term
    statement: Assign
    found: Reduce

    def of(self, factors: list[Scalar], others: frozenset[str], order: tuple[Loop, ...]) -> _Side:
        """The side that some factors make; others: what the rest runs over; order: of the loops summed later."""
        own = _variables(factors)
        free = tuple(loop for loop in self.statement.loops if loop.name in own)
        rows = tuple(loop for loop in (*free, *order) if loop.extent == BATCH)  # the batch outermost, as everywhere
        kept = rows + tuple(loop for loop in (*free, *order) if loop not in rows)
        summed = tuple(loop for loop in self.found.loops if loop.name in own and loop.name not in others)
        conditions = tuple(c for c in self.term.conditions if _variables([c]) <= own)
        return _Side(multiplied(factors, "real"), conditions, kept, summed)


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
        if not places or places != list(range(places[0], places[0] + len(places))):
            return False  # a summed index that is split in digits is at no place of its own
        orders.append([names[place] for place in places])
    return orders[0] == orders[1]
