"""Accesses that may lie outside read a padded copy, so that no loop has conditions on two of its variables.

    y[b, k, p] = sum[c, r](select(0 <= 2 p + r - 1 < 8, x[b, c, 2 p + r - 1], 0) * K[k, c, r])
->  x.padded[b, c, h] = select(0 <= h - 1 < 8, x[b, c, h - 1], 0)
    y[b, k, p] = sum[c, r](x.padded[b, c, 2 p + r] * K[k, c, r])

The border holds what leaves the reduction as it is: 0 in a sum, -inf in a max, 1 in a prod.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from fractions import Fraction
from math import inf

from bpgen.algebra.records import dataclass
from bpgen.lower.conditions import (
    Term,
    bound_of,
    guarded,
    is_not_negative,
    limits,
    plus,
    product_of,
    reach,
    without_implied,
)
from bpgen.lower.cuts import Ranges, ranges_of
from bpgen.lower.names import free_name
from bpgen.lower.rewrite import loads, reduction, transform
from bpgen.lower.scalar import Affine, Constant, IndexExpression, Load, Loop, Operation, Scalar
from bpgen.lower.schedule import Assign, Buffer

IDENTITIES: dict[str, Fraction | float] = {"sum": Fraction(0), "max": -inf, "argmax": -inf, "prod": Fraction(1)}
MOST_GROWTH = 4
"""An axis that would grow by more than this factor (and MOST_BORDER) keeps its conditions."""
MOST_BORDER = 16

Span = tuple[int, int]
"""The first and the last index that a padded axis has, counted as in the axis itself."""
Spans = tuple[Span | None, ...]
"""Of every axis; None where it is as it was."""


@dataclass
class Padding:
    """Pads each tensor once for equal needs.  buffers: grows by the copies."""

    buffers: dict[str, Buffer]
    copies: dict[tuple[str, Fraction | float], list[tuple[Spans, str]]] = field(default_factory=dict)
    wanted: dict[tuple[str, Fraction | float], Spans] = field(default_factory=dict)
    planning: bool = False

    def pad_all(self, statements: Sequence[Assign]) -> list[Assign]:
        """The statements of one equation, after the copies that are not made yet; they share what they can."""
        self.wanted.clear()
        self.planning = True
        for statement in statements:
            self.pad(statement)
        self.planning = False
        return [done for statement in statements for done in self.pad(statement)]

    def pad(self, statement: Assign) -> tuple[Assign, ...]:
        """The copies that are not made yet, and the statement without the conditions that they replace."""
        found = reduction(statement.value)
        if found is None or found.op not in IDENTITIES:
            return (statement,)
        ranges = ranges_of((*statement.loops, *found.loops))
        identity = Constant(found.body.dtype, IDENTITIES[found.op])
        is_sum = found.op == "sum"
        parted = product_of(found.body) if is_sum else guarded(found.body, identity)
        term = without_implied(parted, ranges)
        made: list[Assign] = []
        changed = self._padded(term, identity, ranges, statement, made)
        if changed is None:
            if term == parted:
                return (statement,)
            changed = term
        body = changed.scalar(found.body.dtype, None if is_sum else identity)
        whole: Scalar = replace(found, body=body)
        return (*made, replace(statement, value=transform(statement.value, lambda n: whole if n is found else None)))

    def _padded(
        self, term: Term, identity: Constant, ranges: Ranges, statement: Assign, made: list[Assign]
    ) -> Term | None:
        """The term reading padded copies; None where conditions have to stay, or may well do so."""
        direct = [factor for factor in term.factors if isinstance(factor, Load) and factor.dtype == identity.dtype]
        ends = {end for load in direct for end in self._ends(load)}
        dropped = [c for c in term.conditions if (bound := bound_of(c)) is not None and bound in ends]
        several = any(len(bound.terms) > 1 for c in dropped if (bound := bound_of(c)) is not None)
        if not dropped or not (several or len(direct) > 1):
            return None
        kept = tuple(condition for condition in term.conditions if condition not in dropped)
        known = {bound for c in kept if (bound := bound_of(c)) is not None}
        spans: dict[Load, tuple[Span | None, ...]] = {}
        for load in dict.fromkeys(load for part in (*term.factors, *kept) for load in loads(part)):
            found = self._spans(load, ranges, known)
            if found is None:
                return None
            if any(found):
                spans[load] = found
        nested = {load for factor in term.factors if factor not in direct for load in loads(factor)}
        if nested & spans.keys() or not spans:
            return None
        table = {
            load: self._copy(load, found, identity.value if load in direct else Fraction(0), statement, made)
            for load, found in spans.items()
        }

        def change(node: Scalar) -> Scalar | None:
            return table.get(node) if isinstance(node, Load) else None

        return Term(*(tuple(transform(part, change) for part in parts) for parts in (kept, term.factors)))

    def _ends(self, load: Load) -> Iterator[Affine]:
        for index, extent in zip(load.indices, self.buffers[load.buffer].shape, strict=True):
            if isinstance(index, Affine) and isinstance(extent, int):
                yield from limits(index, extent)

    def _spans(self, load: Load, ranges: Ranges, known: set[Affine]) -> tuple[Span | None, ...] | None:
        """For each axis, what has to be there; None where the axis will do as it is.  None where it cannot be."""
        spans: list[Span | None] = []
        for index, extent in zip(load.indices, self.buffers[load.buffer].shape, strict=True):
            span = None
            if isinstance(index, Affine) and isinstance(extent, int):
                low, high = reach(index, ranges)
                above, below = limits(index, extent)
                if (low < 0 and above not in known) or (high >= extent and below not in known):
                    if high - low + 1 > max(MOST_GROWTH * extent, extent + MOST_BORDER):
                        return None
                    span = int(low), int(high)
            spans.append(span)
        return tuple(spans)

    def _copy(
        self,
        load: Load,
        spans: Spans,
        border: Fraction | float,
        statement: Assign,
        made: list[Assign],
    ) -> Load:
        """The same element of a padded copy, which is made where there is none that has all spans."""
        buffer = self.buffers[load.buffer]
        key = load.buffer, border
        if self.planning:
            self.wanted[key] = self._joined(load.buffer, spans, self.wanted.get(key, spans))
            return load
        spans = self._joined(load.buffer, spans, self.wanted.get(key, spans))
        known = self.copies.setdefault(key, [])
        found = next(((s, name) for s, name in known if self._joined(load.buffer, spans, s) == s), None)
        if found is None:
            made.append(self._statement(load, spans, border, statement))
            found = spans, made[-1].target
            known.append(found)
            shape = tuple(
                extent if span is None else span[1] - span[0] + 1
                for span, extent in zip(spans, buffer.shape, strict=True)
            )
            inside = tuple(
                None if span is None or not isinstance(extent, int) else (-span[0], extent - span[0])
                for span, extent in zip(spans, buffer.shape, strict=True)
            )
            known_zeros = inside if border == 0 else ()
            self.buffers[found[1]] = Buffer(found[1], shape, buffer.dtype, "workspace", border=known_zeros)
        moved = tuple(
            plus(index, Affine((), -span[0])) if span is not None and isinstance(index, Affine) else index
            for span, index in zip(found[0], load.indices, strict=True)
        )
        return replace(load, buffer=found[1], indices=moved)

    def _joined(self, buffer: str, one: Spans, other: Spans) -> Spans:
        """Spans that hold both; an axis that is read as it is has the span of its extent."""
        joined: list[Span | None] = []
        for a, b, extent in zip(one, other, self.buffers[buffer].shape, strict=True):
            if (a is None and b is None) or not isinstance(extent, int):
                joined.append(a)
                continue
            whole = 0, extent - 1
            (low, high), (least, most) = a or whole, b or whole
            joined.append((min(low, least), max(high, most)))
        return tuple(joined)

    def _statement(
        self, load: Load, spans: Sequence[Span | None], border: Fraction | float, statement: Assign
    ) -> Assign:
        buffer = self.buffers[load.buffer]
        loops: list[Loop] = []
        indices: list[IndexExpression] = []
        conditions: list[Scalar] = []
        for index, span, extent in zip(load.indices, spans, buffer.shape, strict=True):
            liked = index.terms[0][0] if isinstance(index, Affine) and index.terms else "i"
            name = free_name([liked], [loop.name for loop in loops])
            first, last = span or (0, 0)
            here = Affine(((name, 1),), first)
            loops.append(Loop(name, extent if span is None else last - first + 1))
            indices.append(here)
            if span is not None and isinstance(extent, int):
                above, below = limits(here, extent)
                conditions += [is_not_negative(above)] if first < 0 else []
                conditions += [is_not_negative(below)] if last >= extent else []
        name = free_name([f"{load.buffer}.padded"], self.buffers)
        value = _selected(conditions, Load(load.dtype, load.buffer, tuple(indices)), Constant(load.dtype, border))
        here_all = tuple(Affine(((loop.name, 1),)) for loop in loops)
        return Assign(name, here_all, tuple(loops), value, load.dtype, numbers=statement.numbers)


def _selected(conditions: Sequence[Scalar], value: Scalar, otherwise: Scalar) -> Scalar:
    for condition in reversed(conditions):
        value = Operation(value.dtype, "select", (condition, value, otherwise))
    return value
