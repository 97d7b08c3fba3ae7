"""Sums that are kept apart although no element needs two of them are put back where they are added up.

    r[b, f] = sum[j](select(f < 64, a[b, j] * v[b, j, f], 0))
    d[b, f] = sum[j](select(f >= 64, c[b, j] * v[b, j, f - 64], 0)) + r[b, f]
->  d[b, f] = sum[j](select(f >= 64, c[b, j] * v[b, j, f - 64], 0)) + sum[j](select(f < 64, a[b, j] * v[b, j, f], 0))

In each part of d (see bpgen.lower.part) one sum at most is left, and the zeros of r are neither stored nor read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from bpgen.lower.names import free_name
from bpgen.lower.part import parted, terms
from bpgen.lower.rewrite import Renaming, Substitution, loads, reads, reductions, transform
from bpgen.lower.scalar import Affine, IndexExpression, Load, Loop, Operation, Reduce, Scalar
from bpgen.lower.schedule import Assign

Pieces = Mapping[str, list[Assign]]
"""Of each tensor, the statements that define it."""


def join(pieces: Pieces, apart: Collection[str], kept: Collection[str]) -> dict[str, list[Assign]]:
    """The statements, without those of sums that have gone into the one statement that reads them, in parts.

    apart: names of tensors whose statements stay as they are; kept: of those whose values something else needs
    """
    uses: dict[str, int] = {}
    for statements in pieces.values():
        for statement in statements:
            for load in loads(statement.value):
                uses[load.buffer] = uses.get(load.buffer, 0) + 1
    lone = {
        name: statements[0]
        for name, statements in pieces.items()
        if len(statements) == 1 and uses.get(name) == 1 and isinstance(statements[0].value, Reduce)
    }
    for name in (*apart, *kept):
        lone.pop(name, None)
    result = dict(pieces)
    for name, statements in pieces.items():
        if len(statements) != 1 or name in apart:
            continue
        changed = statements[0]
        for read in sorted(reads(changed) & lone.keys()):
            joined = _joined(changed, lone[read])
            if joined is not None:
                changed = joined
                del result[read]
        if changed is not statements[0]:
            result[name] = parted(changed)
    return result


def _joined(statement: Assign, lone: Assign) -> Assign | None:
    """The statement with a sum in the place of the tensor that holds it; None where a part would have two sums."""
    inside = [load for found in reductions(statement.value) for load in loads(found)]
    load = next(load for load in loads(statement.value) if load.buffer == lone.target)
    if load in inside or not _is_term(statement.value, load):
        return None
    matched = _matched(statement, load, lone)
    if matched is None:
        return None
    statement, value = matched
    numbers = tuple(sorted({*statement.numbers, *lone.numbers}))
    here = next(found for found in loads(statement.value) if found.buffer == lone.target)
    joined = replace(
        statement, value=transform(statement.value, lambda n: value if n == here else None), numbers=numbers
    )
    found = parted(joined)
    if len(found) == 1 or any(len(list(reductions(part.value))) > 1 for part in found):
        return None
    # What elements have in common must not be summed for each of them.
    return joined if sum(map(terms, found)) <= terms(statement) + terms(lone) else None


def _is_term(value: Scalar, load: Load) -> bool:
    """Whether a load is one of the terms that a value adds up, or a factor of one."""
    if isinstance(value, Operation) and value.op in ("add", "subtract", "multiply", "negative"):
        return any(_is_term(argument, load) for argument in value.arguments)
    return value == load


def _matched(statement: Assign, load: Load, lone: Assign) -> tuple[Assign, Scalar] | None:
    """The statement, whose loops may become digits, and what the load reads in terms of its loops."""
    extents = {loop.name: loop for loop in lone.loops}
    for read, written in zip(load.indices, lone.indices, strict=True):
        if isinstance(read, Affine) and isinstance(written, Affine) and read.variable and len(written.terms) > 1:
            statement = _with_digits(statement, read.variable, written, extents)
    load = next(found for found in loads(statement.value) if found.buffer == lone.target)
    own = {loop.name: loop for loop in statement.loops}
    table: dict[str, Affine] = {}
    for read, written in zip(load.indices, lone.indices, strict=True):
        if not isinstance(read, Affine) or not isinstance(written, Affine):
            return None
        if written.variable is not None:
            table[written.variable] = read
            continue
        pairs = _paired(read, written)
        if pairs is None or any(_size(own.get(name)) != _size(extents[other]) for name, other in pairs):
            return None
        table |= {other: Affine(((name, 1),)) for name, other in pairs}
    if table.keys() != extents.keys():
        return None
    found = lone.value
    assert isinstance(found, Reduce)
    taken = {loop.name for loop in (*statement.loops, *lone.loops, *found.loops)}
    names: dict[str, str] = {}
    for loop in found.loops:
        if any(loop.name == other.name for other in statement.loops):
            names[loop.name] = free_name([loop.name], taken)
            taken.add(names[loop.name])
    return statement, Substitution(table).scalar(Renaming(names).scalar(found))


def _size(loop: Loop | None) -> tuple[int | str, int] | None:
    return None if loop is None else (loop.extent, loop.start)


def _paired(read: Affine, written: Affine) -> list[tuple[str, str]] | None:
    """The variables of two indices that are the same sum of digits."""
    by_weight = {coefficient: name for name, coefficient in read.terms}
    same = sorted(by_weight) == sorted(coefficient for _, coefficient in written.terms)
    if not same or len(by_weight) != len(read.terms) or read.constant != written.constant:
        return None
    return [(by_weight[coefficient], name) for name, coefficient in written.terms]


def _with_digits(statement: Assign, name: str, written: Affine, extents: Mapping[str, Loop]) -> Assign:
    """The statement with a loop for each digit in the place of a loop over the number; as it is where they differ."""
    position = next((n for n, loop in enumerate(statement.loops) if loop.name == name), None)
    places = sorted(written.terms, key=lambda term: -term[1])
    below = 1
    for digit, weight in reversed(places):
        extent = extents[digit].extent
        if weight != below or not isinstance(extent, int) or extents[digit].start:
            return statement
        below *= extent
    if position is None or written.constant or _size(statement.loops[position]) != (below, 0):
        return statement
    taken = {loop.name for found in reductions(statement.value) for loop in found.loops}
    taken |= {loop.name for loop in statement.loops}
    loops: list[Loop] = []
    for digit, _ in places:
        loops.append(Loop(free_name([digit], taken), extents[digit].extent))
        taken.add(loops[-1].name)
    number = Affine(tuple((loop.name, weight) for loop, (_, weight) in zip(loops, places, strict=True)))
    table = Substitution({name: number})
    indices: tuple[IndexExpression, ...] = tuple(map(table.index, statement.indices))
    around = (*statement.loops[:position], *loops, *statement.loops[position + 1 :])
    return replace(statement, loops=around, indices=indices, value=table.scalar(statement.value))
