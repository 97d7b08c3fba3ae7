"""Sums that are narrow in a variable run over what is read alone, one case for each residue of a stride.

    d.x[h] = sum[p](select(0 <= h + 1 - 2 p < 3, d.y[p] * K[h + 1 - 2 p], 0))        p in 0 ... 15
->  d.x[2 h]     = d.y[h] * K[1]
    d.x[2 h + 1] = sum[p](select(0 <= h + 1 - p < 16, d.y[h + 1 - p] * K[2 p], 0))   p in 0 ... 1

The way: phi = rest - S p is known to lie in 0 ... R - 1.  Split the loop that decides phi modulo S by its residue w,
so that phi = S t + m with m known, and let t take the place of p.  Neighbouring residues that differ in nothing but
m share one statement: with S = R every residue does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

from bpgen.algebra.records import dataclass
from bpgen.lower.conditions import Term, affine, bound_of, is_not_negative, limits, plus, product_of, without_implied
from bpgen.lower.cuts import ranges_of
from bpgen.lower.names import free_name
from bpgen.lower.rewrite import Substitution, reduction, transform
from bpgen.lower.scalar import Affine, Load, Loop, Reduce, Scalar
from bpgen.lower.schedule import Assign
from bpgen.lower.simplify import simplify, zero

MOST_CASES = 8
"""A stride with more cases than this keeps its conditions."""


@dataclass(frozen=True)
class Narrow:
    """rest - stride * variable lies in 0 ... reach - 1; split: the own loop that decides it modulo stride."""

    variable: Loop
    rest: Affine
    stride: int
    reach: int
    split: Loop | None


@dataclass(frozen=True)
class Case:
    """Residues first ... last of the split loop: phi = stride * t + (w + shift); turns: of t and of the split loop."""

    first: int
    last: int
    quotient: int
    shift: int
    turns: int
    outer: int


def narrowed(statement: Assign) -> list[Assign]:
    """The statement in as many cases as it needs, which together write what it writes."""
    found = reduction(statement.value)
    if found is None or found.op != "sum" or found.dtype != "real":
        return [statement]
    term = without_implied(product_of(found.body), ranges_of((*statement.loops, *found.loops)))
    narrow = _best(term, statement, found)
    cases = [] if narrow is None else _cases(narrow)
    if narrow is None or len(cases) > MOST_CASES:
        return [statement]
    return [piece for case in cases for piece in narrowed(_in_case(statement, found, term, narrow, case))]


def _best(term: Term, statement: Assign, found: Reduce) -> Narrow | None:
    """Of all that pay, the one that leaves the fewest turns."""
    chosen = [n for n in _candidates(term, statement, found) if -(-n.reach // n.stride) * 2 <= _turns(n.variable) + 1]
    return min(chosen, key=lambda n: -(-n.reach // n.stride) / _turns(n.variable), default=None)


def _turns(loop: Loop) -> int:
    return int(loop.extent) if loop.extent != "B" else 0


def _candidates(term: Term, statement: Assign, found: Reduce) -> Iterator[Narrow]:
    bounds = [bound for condition in term.conditions if (bound := bound_of(condition)) is not None]
    for phi in bounds:
        opposite = tuple((name, -coefficient) for name, coefficient in phi.terms)
        ends = [other.constant for other in bounds if other.terms == opposite]
        if not ends or len(phi.terms) < 2:
            continue
        reach = phi.constant + min(ends) + 1
        for loop in found.loops:
            coefficient = dict(phi.terms).get(loop.name, 0)
            if coefficient >= 0 or loop.start or not isinstance(loop.extent, int):
                continue
            rest = plus(phi, Affine(((loop.name, coefficient),)), -1)
            deciding = [name for name, other in rest.terms if other % coefficient]
            own = {own.name: own for own in statement.loops if isinstance(own.extent, int) and not own.start}
            if not deciding:
                yield Narrow(loop, rest, -coefficient, reach, None)
            elif len(deciding) == 1 and deciding[0] in own:
                yield Narrow(loop, rest, -coefficient, reach, own[deciding[0]])


def _cases(narrow: Narrow) -> list[Case]:
    if narrow.split is None:
        quotient, rest = divmod(narrow.rest.constant, narrow.stride)
        return [Case(0, 0, quotient, rest, max(0, -(-(narrow.reach - rest) // narrow.stride)), 1)]
    stride, extent = narrow.stride, int(narrow.split.extent)
    step = dict(narrow.rest.terms)[narrow.split.name]
    single = []
    for residue in range(min(stride, extent)):
        quotient, rest = divmod(step * residue + narrow.rest.constant, stride)
        turns = max(0, -(-(narrow.reach - rest) // stride))
        single.append(Case(residue, residue, quotient, rest - residue, turns, -(-(extent - residue) // stride)))
    if step != 1:
        return single
    merged = []
    for _, group in groupby(single, key=lambda case: (case.quotient, case.shift, case.turns, case.outer)):
        members = list(group)
        merged.append(replace(members[0], last=members[-1].last))
    return merged


def _in_case(statement: Assign, found: Reduce, term: Term, narrow: Narrow, case: Case) -> Assign:
    stride, variable = narrow.stride, narrow.variable
    table: dict[str, Affine] = {}
    own: tuple[Loop, ...] = ()
    residue = Affine((), case.first)
    outer = narrow.rest
    if narrow.split is not None:
        name = narrow.split.name
        if case.last > case.first:
            taken = [loop.name for loop in (*statement.loops, *found.loops)]
            inner = Loop(free_name([f"{name}_{stride}", f"{name}0"], taken), case.last - case.first + 1)
            residue = affine({inner.name: 1}, case.first)
            own = (inner,)
        if case.outer > 1:
            own = (Loop(name, case.outer), *own)
        table[name] = plus(residue, Affine(((name, stride),))) if case.outer > 1 else residue
        step = dict(narrow.rest.terms)[name]
        outer = plus(narrow.rest, Affine(((name, step),)), -1)
        if case.outer > 1:
            outer = plus(outer, Affine(((name, step * stride),)))
    terms = {n: coefficient // stride for n, coefficient in outer.terms}
    place = plus(affine(terms, case.quotient), Affine(((variable.name, 1),)), -1)
    if case.turns == 1:
        place = plus(place, Affine(((variable.name, 1),)))
    table[variable.name] = place
    swap = Substitution(table)
    loops = tuple(
        new for loop in found.loops for new in _exchanged(loop, variable.name, Loop(variable.name, case.turns))
    )
    own_loops = tuple(new for loop in statement.loops for new in (own if loop == narrow.split else (loop,)))
    inside = [is_not_negative(bound) for bound in limits(place, int(variable.extent))]
    conditions = (*(swap.scalar(condition) for condition in term.conditions), *inside)
    factors = tuple(swap.scalar(factor) for factor in term.factors)
    ranges = ranges_of((*own_loops, *loops))
    left = without_implied(Term(conditions, factors), ranges)
    body = simplify(left.scalar(found.dtype), ranges)
    whole: Scalar = zero(found.dtype)
    if case.turns:
        whole = replace(found, loops=loops, body=body) if loops else body
    mark = Load(found.dtype, "", ())
    around = transform(statement.value, lambda node: mark if node is found else None)
    value = transform(swap.scalar(around), lambda node: whole if node == mark else None)
    indices = tuple(swap.index(index) for index in statement.indices)
    return replace(statement, indices=indices, loops=own_loops, value=simplify(value, ranges))


def _exchanged(loop: Loop, name: str, new: Loop) -> tuple[Loop, ...]:
    if loop.name != name:
        return (loop,)
    return (new,) if int(new.extent) > 1 else ()
