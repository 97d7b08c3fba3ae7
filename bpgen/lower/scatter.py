"""Sums under a bracket [target's index = phi] become additions at phi: fill with zeros, then add every term.

    d.E[v, d] = sum[b, t](select(v = token[b, t], d.x[b, t, d], 0))
->  d.E[v, d] = 0;  d.E[token[b, t], d] += d.x[b, t, d]  for all b, t, d

    d.x[c, h] = sum[k, p, r](select(h = 2 p + 3 r - 1, d.y[k, p] * K[k, c, r], 0))
->  part[c, p, r] = sum[k](d.y[k, p] * K[k, c, r])
    scattered[c, h] = 0;  scattered[c, 2 p + 3 r] += part[c, p, r];  d.x[c, h] = scattered[c, h + 1]

What phi does not depend on is summed first, so that a matrix product stays one.  Where phi may lie outside of the
target, the sum is made in a wider tensor; where it is read from memory, and may be outside, the bracket stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bpgen.algebra.records import dataclass
from bpgen.algebra.system import Tensor
from bpgen.lower.build import selected
from bpgen.lower.conditions import (
    Term,
    affine,
    is_not_negative,
    limits,
    plus,
    product_of,
    reach,
    without_implied,
)
from bpgen.lower.cuts import difference_of, ranges_of
from bpgen.lower.names import free_name
from bpgen.lower.rewrite import Substitution, plain_indices, reduction, transform, variables
from bpgen.lower.scalar import Affine, IndexExpression, IndexValue, Indirect, Load, Loop, Operation, Reduce, Scalar
from bpgen.lower.schedule import Assign, Buffer
from bpgen.lower.simplify import zero


@dataclass(frozen=True)
class Solved:
    """The value of one of the target's loops at which a bracket holds, and the bracket."""

    loop: Loop
    place: IndexExpression
    condition: Scalar


def scattered(statement: Assign, buffers: dict[str, Buffer], tensors: Mapping[str, Tensor]) -> list[Assign]:
    """The statement, or those that add up its terms where they belong.

    buffers: grows by the tensors in between; tensors: tell what values integers have
    """
    found = reduction(statement.value)
    if found is None or found.op != "sum" or found.dtype != "real" or not _is_plain(statement):
        return [statement]
    ranges = ranges_of((*statement.loops, *found.loops))
    term = without_implied(product_of(found.body), ranges)
    solved = _solved(statement, found, term, tensors)
    if not solved:
        return [statement]
    rest = Term(tuple(c for c in term.conditions if c not in {s.condition for s in solved}), term.factors)
    read = variables(rest.scalar(found.dtype), {})
    body = _at(rest.scalar(found.dtype), solved)
    if body is None:
        return [statement]
    # What is read at the target's own index is read inside only, though places outside of it are written.
    ends = [
        end for item in solved if item.loop.name in read and isinstance(item.place, Affine)
        for end in limits(item.place, int(item.loop.extent))
    ]  # fmt: skip
    for end in ends:
        if reach(end, ranges)[0] < 0:
            body = selected(is_not_negative(end), body)
    return _Scatter(statement, found, solved, body, buffers).statements()


def _is_plain(statement: Assign) -> bool:
    return all(isinstance(index, Affine) and index.variable for index in statement.indices)


def _solved(statement: Assign, found: Reduce, term: Term, tensors: Mapping[str, Tensor]) -> list[Solved]:
    """Brackets solved for loops of the target, each for one of its own."""
    solved: list[Solved] = []
    bound = {loop.name for loop in found.loops}
    for condition in term.conditions:
        if not isinstance(condition, Operation) or condition.op != "equal":
            continue
        done = {item.loop.name for item in solved}
        free = {loop.name: loop for loop in statement.loops if isinstance(loop.extent, int) and loop.name not in done}
        for name, place in _solutions(condition, free, tensors):
            if _moves(place) & bound and not _moves(place) & (done | {name}):
                solved.append(Solved(free[name], place, condition))
                break
    left = {item.loop.name for item in solved}
    return [item for item in solved if not _moves(item.place) & left]


def _moves(place: IndexExpression) -> frozenset[str]:
    return frozenset(n for n, _ in place.terms) if isinstance(place, Affine) else variables(place.load, {})


def _solutions(
    condition: Operation, free: Mapping[str, Loop], tensors: Mapping[str, Tensor]
) -> list[tuple[str, IndexExpression]]:
    """Loops, and what they are equal to."""
    for one, other in (condition.arguments, condition.arguments[::-1]):
        if isinstance(one, IndexValue) and isinstance(other, Load) and other.dtype == "int32":
            loop = free.get(one.index.variable or "")
            return [(loop.name, Indirect(other))] if loop and _is_within(other, loop, tensors) else []
    found = difference_of(condition)
    if found is None or any(c.denominator != 1 for c in (*found[0].values(), found[1])):
        return []
    whole = affine({name: int(coefficient) for name, coefficient in found[0].items()}, int(found[1]))
    solutions: list[tuple[str, IndexExpression]] = []
    for name, coefficient in whole.terms:
        if name in free and abs(coefficient) == 1:  # v + rest = 0 -> v = -rest
            others = plus(whole, Affine(((name, coefficient),)), -1)
            solutions.append((name, plus(Affine((), 0), others, -coefficient)))
    return solutions


def _is_within(load: Load, loop: Loop, tensors: Mapping[str, Tensor]) -> bool:
    """Whether an integer that is read is a value of the loop, whatever it is."""
    tensor = tensors.get(load.buffer)
    return tensor is not None and not loop.start and tensor.points_within(loop.extent)


def _at(body: Scalar, solved: Sequence[Solved]) -> Scalar | None:
    """The body at the solved places; None where it reads beside a place that is itself read from memory."""
    body = Substitution({s.loop.name: s.place for s in solved if isinstance(s.place, Affine)}).scalar(body)
    indirect = {s.loop.name: s.place for s in solved if isinstance(s.place, Indirect)}

    def change(node: Scalar) -> Scalar | None:
        match node:
            case IndexValue(index=index) if index.variable in indirect:
                load = indirect[index.variable].load
                return load if node.dtype == "int32" else Operation(node.dtype, "cast", (load,))
            case Load(indices=indices):
                names = [index.variable if isinstance(index, Affine) else None for index in indices]
                return replace(
                    node,
                    indices=tuple(indirect.get(name or "", index) for name, index in zip(names, indices, strict=True)),
                )
            case _:
                return None

    body = transform(body, change)
    return None if variables(body, {}) & indirect.keys() else body


@dataclass
class _Scatter:
    statement: Assign
    found: Reduce
    solved: Sequence[Solved]
    body: Scalar
    buffers: dict[str, Buffer]

    def statements(self) -> list[Assign]:
        statement, found = self.statement, self.found
        moved = frozenset().union(*(_moves(item.place) for item in self.solved))
        outer = [loop for loop in found.loops if loop.name in moved]
        inner = tuple(loop for loop in found.loops if loop.name not in moved)
        taken = {item.loop.name for item in self.solved}
        loops = (*(loop for loop in statement.loops if loop.name not in taken), *outer)
        made: list[Assign] = []
        value = self.body
        if inner:
            used = variables(Reduce("real", "sum", inner, value), {})
            kept = tuple(loop for loop in loops if loop.name in used)
            value = self._kept("part", kept, Reduce("real", "sum", inner, value), made)
        places = {item.loop.name: item.place for item in self.solved}
        spans = self._spans(loops)
        direct = not spans and statement.value == found
        own = tuple(
            Loop(loop.name, spans[loop.name][1] - spans[loop.name][0] + 1) if loop.name in spans else loop
            for loop in statement.loops
        )
        firsts = {name: Affine((), -first) for name, (first, _) in spans.items()}
        target = statement.target if direct else self._fresh("scattered", own)
        fill = Assign(target, plain_indices(own), own, zero("real"), "real", numbers=statement.numbers)
        at = tuple(self._place(index, places, firsts) for index in plain_indices(own))
        add = replace(fill, indices=at, loops=loops, value=value, accumulate=True)
        if direct:
            return [*made, fill, add]
        self.buffers[f"{target}@zero"] = self.buffers[target]
        here = tuple(self._place(index, {}, firsts) for index in plain_indices(statement.loops))
        total = Load("real", target, here)
        whole = transform(statement.value, lambda node: total if node is found else None)
        first = replace(fill, target=f"{target}@zero")
        return [*made, first, replace(add, follows=first.target), replace(statement, value=whole)]

    def _place(
        self, index: IndexExpression, places: Mapping[str, IndexExpression], firsts: Mapping[str, Affine]
    ) -> IndexExpression:
        """Where an index of the target is, in the tensor that is summed in."""
        name = (index.variable if isinstance(index, Affine) else None) or ""
        place = places.get(name, index)
        return plus(place, firsts[name]) if isinstance(place, Affine) and name in firsts else place

    def _spans(self, loops: Sequence[Loop]) -> dict[str, tuple[int, int]]:
        """For each solved loop of which places outside of its range are written, the first and the last place."""
        ranges = ranges_of(loops)
        spans: dict[str, tuple[int, int]] = {}
        for item in self.solved:
            if isinstance(item.place, Affine):
                low, high = reach(item.place, ranges)
                last = int(item.loop.extent) - 1
                if low < 0 or high > last:
                    spans[item.loop.name] = min(int(low), 0), max(int(high), last)
        return spans

    def _fresh(self, what: str, loops: Sequence[Loop]) -> str:
        name = free_name([f"{self.statement.target}.{what}"], self.buffers)
        self.buffers[name] = Buffer(name, tuple(loop.extent for loop in loops), "real", "workspace")
        return name

    def _kept(self, what: str, loops: tuple[Loop, ...], value: Scalar, made: list[Assign]) -> Load:
        name = self._fresh(what, loops)
        here = tuple(Affine(((loop.name, 1),), -loop.start) for loop in loops)
        made.append(Assign(name, here, loops, value, "real", numbers=self.statement.numbers))
        return Load("real", name, here)
