"""Loop ranges are split where conditions on their variables change, so that every piece runs without them.

    d[o] = select(2 > o, a[o], 0) + select(o >= 2, c[o - 2], 0) for o in 0 ... 3
->  d[o] = a[o] for o in 0 ... 1;  d[o] = c[o - 2] for o in 2 ... 3

An access outside its tensor reads 0 because it stands under such a condition; in the pieces every access that is
left is inside.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise, product

from bpgen.lower.cuts import cuts, is_cut, ranges_of
from bpgen.lower.group import Group, runs
from bpgen.lower.names import free_name
from bpgen.lower.rewrite import Renaming, reduction, transform
from bpgen.lower.scalar import Local, Loop, Operation, Scalar, walk
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
    return Group(group.shared[:depth], statements)


def split_ranges(group: Group) -> Group:
    """The group with each of its loop nests in pieces; what is local to a nest becomes one local for each piece."""
    if not any(is_cut(statement) for statement in group.statements):
        return group
    taken = {statement.target for statement in group.statements} | group.reads()
    statements: list[Assign] = []
    for nest in runs(group.statements):
        statements += _split(nest, group.shared, taken)
    return Group(group.shared, tuple(statements))


def _split(nest: list[Assign], shared: tuple[Loop, ...], taken: set[str]) -> list[Assign]:
    pieces = list(_pieces(nest[0].loops, [statement.value for statement in nest]))
    if len(pieces) > MOST_PIECES:
        return nest
    result: list[Assign] = []
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
            if any(is_cut(other) for other in nest):
                changed = replace(changed, value=simplify(changed.value, ranges_of((*shared, *loops))))
            piece += _with_split_reduction(changed, shared, taken)
        result += _needed(piece) if len(pieces) > 1 else piece
    return result


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
    if found is None or found.op not in COMBINED_BY:
        return [statement]
    pieces = list(_pieces(found.loops, [found.body]))
    if not 1 < len(pieces) <= MOST_PIECES:
        return [statement]
    parts: list[Scalar] = []
    for loops in pieces:
        body = simplify(found.body, ranges_of((*shared, *statement.loops, *loops)))
        if found.op != "sum" or not is_zero(body):
            parts.append(replace(found, loops=loops, body=body))
    locals_ = [_kept(part, statement, taken) for part in parts] if len(parts) > 1 else []
    values: list[Scalar] = [Local(local.dtype, local.target) for local in locals_] or parts
    whole = values[0] if values else zero(found.dtype)
    for value in values[1:]:
        whole = Operation(found.dtype, COMBINED_BY[found.op], (whole, value))
    value = transform(statement.value, lambda node: whole if node is found else None)
    ranges = ranges_of((*shared, *statement.loops))
    return [*locals_, replace(statement, value=value if values else simplify(value, ranges))]


def _kept(part: Scalar, statement: Assign, taken: set[str]) -> Assign:
    name = free_name([f"{statement.target}.partial"], taken)
    taken.add(name)
    return Assign(name, (), statement.loops, part, part.dtype, True, None, statement.numbers)


def _needed(piece: list[Assign]) -> list[Assign]:
    """The statements of a piece without the locals that nothing in it reads any more."""
    needed: list[Assign] = []
    read: set[str] = set()
    for statement in reversed(piece):
        if not statement.local or statement.target in read:
            needed.append(statement)
            read |= {node.name for node in walk(statement.value) if isinstance(node, Local)}
    return needed[::-1]
