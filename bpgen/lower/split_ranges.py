"""Loop ranges are split where conditions on their variables change, so that every piece runs without them.

    d[o] = select(2 > o, a[o], 0) + select(o >= 2, c[o - 2], 0) for o in 0 ... 3
->  d[o] = a[o] for o in 0 ... 1;  d[o] = c[o - 2] for o in 2 ... 3

An access outside its tensor reads 0 because it stands under such a condition; in the pieces every access that is
left is inside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise, product

from bpgen.lower.cuts import cuts, is_cut, ranges_of
from bpgen.lower.group import Group, runs
from bpgen.lower.names import free_name
from bpgen.lower.reduced import place_of, reduced
from bpgen.lower.rewrite import Renaming, reduction, transform
from bpgen.lower.scalar import Local, Loop, Operation, Reduce, Scalar, walk
from bpgen.lower.schedule import Assign
from bpgen.lower.simplify import is_zero, simplify, zero

MOST_PIECES = 32
"""A nest that would fall into more keeps its conditions."""
COMBINED_BY = {"sum": "add", "max": "maximum", "prod": "multiply"}


def part_loops(group: Group) -> Group:
    """The group with every loop that will be split, and those inside it, moved from the group to its statements."""
    found = {name for statement in group.statements for name in cuts(statement.value, group.shared)}
    depth = next((depth for depth, loop in enumerate(group.shared) if loop.name in found), None)
    if depth is None:
        return group
    inner = group.shared[depth:]
    statements = tuple(replace(statement, loops=inner + statement.loops) for statement in group.statements)
    return replace(group, shared=group.shared[:depth], statements=statements)


def split_ranges(group: Group) -> Group:
    """The group with each of its loop nests in pieces; what is local to a nest becomes one local for each piece."""
    if not any(is_cut(statement, group.shared) for statement in group.statements):
        return group
    taken = {statement.target for statement in group.statements} | group.reads()
    statements: list[Assign] = []
    for nest in runs(group.statements):
        statements += _split(nest, group.shared, taken)
    return replace(group, statements=tuple(_needed(statements)))


def _split(nest: list[Assign], shared: tuple[Loop, ...], taken: set[str]) -> list[Assign]:
    pieces = list(_pieces(nest[0].loops, [statement.value for statement in nest]))
    if len(pieces) > MOST_PIECES:
        return nest
    parts: list[list[Assign]] = []
    for number, loops in enumerate(pieces):
        locals_ = {}
        for statement in nest:
            if statement.local and number:
                locals_[statement.target] = free_name([statement.target], taken)
                taken.add(locals_[statement.target])
        renaming = Renaming({}, locals_)
        piece: list[Assign] = []
        for statement in nest:
            changed = replace(renaming.statement(statement), loops=loops)
            if any(is_cut(other, shared) for other in nest):
                changed = replace(changed, value=simplify(changed.value, ranges_of((*shared, *loops))))
            piece += _with_split_reduction(changed, shared, taken)
        piece = _needed(piece) if len(pieces) > 1 else piece
        whole = _joined(parts[-1], piece) if parts else None
        parts[-1:] = [parts[-1], piece] if parts and whole is None else [whole or piece]
    return [statement for part in parts for statement in part]


def _joined(one: list[Assign], other: list[Assign]) -> list[Assign] | None:
    """Two pieces as one, where they do the same in ranges of the innermost loop that follow each other; else None."""
    if [replace(s, loops=()) for s in one] != [replace(s, loops=()) for s in other] or one[0].loops == ():
        return None
    (*outer, loop), (*same, after) = one[0].loops, other[0].loops
    if outer != same or loop.name != after.name or loop.start + int(loop.extent) != after.start:
        return None
    whole = replace(loop, extent=int(loop.extent) + int(after.extent))
    return [replace(statement, loops=(*outer, whole)) for statement in one]


def _pieces(loops: tuple[Loop, ...], values: Sequence[Scalar]) -> Iterator[tuple[Loop, ...]]:
    """The loops, with every combination of the ranges that the cuts of the values leave."""
    places: dict[str, set[int]] = {}
    for value in values:
        for name, found in cuts(value, loops).items():
            places.setdefault(name, set()).update(found)

    def ranges(loop: Loop) -> list[Loop]:
        if loop.name not in places or not isinstance(loop.extent, int):
            return [loop]
        ends = [loop.start, *sorted(places[loop.name]), loop.start + loop.extent]
        return [Loop(loop.name, end - start, start) for start, end in pairwise(ends)]

    yield from product(*map(ranges, loops))


def _with_split_reduction(statement: Assign, shared: tuple[Loop, ...], taken: set[str]) -> list[Assign]:
    """The statement, after locals for the pieces of its reduction where several are left."""
    found = reduction(statement.value)
    pieces = [] if found is None else list(_pieces(found.loops, [found.body]))
    # Places over several loops are counted over their whole ranges, which a piece does not know.
    counts = found is not None and found.op == "argmax" and len(found.loops) > 1
    if found is None or counts or not 1 < len(pieces) <= MOST_PIECES:
        return [statement]
    around = ranges_of((*shared, *statement.loops))
    bodies = [simplify(found.body, {**around, **ranges_of(loops)}) for loops in pieces]
    locals_: list[Assign] = []

    def kept(value: Scalar) -> Scalar:
        """The value, or a local that has it where it is a reduction: a statement has but one."""
        if reduction(value) is None:
            return value
        name = free_name([f"{statement.target}.partial"], taken)
        taken.add(name)
        locals_.append(Assign(name, (), statement.loops, value, value.dtype, True, None, statement.numbers))
        return Local(value.dtype, name)

    if found.op == "argmax":
        whole = _first_largest(found, pieces, bodies, kept)
    else:
        parts = [reduced(found, *piece) for piece in zip(pieces, bodies, strict=True)]
        parts = [part for part in parts if found.op != "sum" or not is_zero(part)] or [zero(found.dtype)]
        values = parts if len(parts) == 1 else [kept(part) for part in parts]
        whole = values[0]
        for value in values[1:]:
            whole = Operation(found.dtype, COMBINED_BY[found.op], (whole, value))
    value = simplify(transform(statement.value, lambda node: whole if node is found else None), around)
    return [*locals_, replace(statement, value=value)]


def _first_largest(
    found: Reduce, pieces: list[tuple[Loop, ...]], bodies: list[Scalar], kept: Callable[[Scalar], Scalar]
) -> Scalar:
    """Where the largest value is: in a later piece where that has a larger one than all before."""
    place: Scalar | None = None
    largest: Scalar | None = None
    for loops, body in zip(pieces, bodies, strict=True):
        here = kept(place_of(loops, body))
        value = kept(reduced(Reduce(body.dtype, "max", loops, body), loops, body))
        if place is None or largest is None:
            place, largest = here, value
            continue
        place = Operation(found.dtype, "select", (Operation("bool", "greater", (value, largest)), here, place))
        largest = Operation(body.dtype, "maximum", (largest, value))
    assert place is not None, "a reduction has a piece"
    return place


def _needed(piece: list[Assign]) -> list[Assign]:
    """The statements of a piece without the locals that nothing in it reads any more."""
    needed: list[Assign] = []
    read: set[str] = set()
    for statement in reversed(piece):
        if not statement.local or statement.target in read:
            needed.append(statement)
            read |= {node.name for node in walk(statement.value) if isinstance(node, Local)}
    return needed[::-1]
