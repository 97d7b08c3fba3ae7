"""Conditions on loop variables alone: where in a loop's range they change, and what they are inside a range."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from math import ceil, floor, inf

from bpgen.lower.rewrite import reduction
from bpgen.lower.scalar import Constant, IndexValue, Loop, Operation, Scalar, walk
from bpgen.lower.schedule import Assign

Ranges = Mapping[str, tuple[float, float]]
"""First and last value of each loop variable; the last of a batch loop is infinite."""


def cuts(value: Scalar, loops: Sequence[Loop]) -> dict[str, tuple[int, ...]]:
    """For each loop, the values inside its range at which some condition on it alone begins or ceases to hold."""
    ranges = {loop.name: loop for loop in loops if isinstance(loop.extent, int)}
    found: dict[str, set[int]] = {}
    for node in walk(value):
        difference = difference_of(node)
        if difference is None or len(difference[0]) != 1:
            continue
        ((name, coefficient),) = difference[0].items()
        loop = ranges.get(name)
        if loop is not None and isinstance(loop.extent, int) and isinstance(node, Operation):
            inside = range(loop.start + 1, loop.start + loop.extent)
            found.setdefault(name, set()).update(
                place for place in _changes(node.op, coefficient, difference[1]) if place in inside
            )
    return {name: tuple(sorted(places)) for name, places in found.items() if places}


def is_cut(statement: Assign, shared: tuple[Loop, ...] = ()) -> bool:
    """Whether conditions on loop variables alone stand in it: known throughout, or from a cut to the next.

    shared: loops around the statement's own
    """
    found = reduction(statement.value)
    loops = (*shared, *statement.loops, *(found.loops if found else ()))
    ranges = ranges_of(loops)
    known = any(decide(node, ranges) is not None for node in walk(statement.value))
    return known or bool(cuts(statement.value, loops))


def ranges_of(loops: Sequence[Loop]) -> Ranges:
    return {
        loop.name: (loop.start, loop.start + loop.extent - 1) if isinstance(loop.extent, int) else (0, inf)
        for loop in loops
    }


def decide(node: Scalar, ranges: Ranges) -> bool | None:
    """What a comparison comes to everywhere in the ranges; None where that differs, or is not known."""
    difference = difference_of(node)
    if difference is None or not isinstance(node, Operation) or not difference[0].keys() <= ranges.keys():
        return None
    ends = [sorted(coefficient * end for end in ranges[name]) for name, coefficient in difference[0].items()]
    low, high = difference[1] + sum(end[0] for end in ends), difference[1] + sum(end[1] for end in ends)
    if node.op == "equal":
        if len(ends) == 1 and (difference[1] / next(iter(difference[0].values()))).denominator != 1:
            return False
        return True if low == high == 0 else False if low > 0 or high < 0 else None
    if low > 0 or (low == 0 and node.op == "greater_equal"):
        return True
    return False if high < 0 or (high == 0 and node.op == "greater") else None


def difference_of(node: Scalar) -> tuple[dict[str, Fraction], Fraction] | None:
    """left - right of a comparison of two affine functions of loop variables."""
    if not isinstance(node, Operation) or node.op not in ("greater", "greater_equal", "equal"):
        return None
    return _affine(Operation("int32", "subtract", node.arguments))


def _affine(node: Scalar) -> tuple[dict[str, Fraction], Fraction] | None:
    match node:
        case IndexValue(index=index):
            return {name: Fraction(coefficient) for name, coefficient in index.terms}, Fraction(index.constant)
        case Constant(value=Fraction() as value):
            return {}, value
        case Operation(op="cast", arguments=(argument,)):
            return _affine(argument)
        case Operation(op="negative", arguments=(argument,)):
            return _combined(({}, Fraction(0)), _affine(argument), -1)
        case Operation(op="add" | "subtract" as op, arguments=(left, right)):
            return _combined(_affine(left), _affine(right), 1 if op == "add" else -1)
        case Operation(op="multiply", arguments=(Constant(value=Fraction() as factor), other)):
            return _combined(({}, Fraction(0)), _affine(other), factor)
        case _:
            return None


def _combined(
    left: tuple[dict[str, Fraction], Fraction] | None,
    right: tuple[dict[str, Fraction], Fraction] | None,
    factor: Fraction | int,
) -> tuple[dict[str, Fraction], Fraction] | None:
    """left + factor * right"""
    if left is None or right is None:
        return None
    terms = dict(left[0])
    for name, coefficient in right[0].items():
        terms[name] = terms.get(name, Fraction(0)) + factor * coefficient
    return {name: coefficient for name, coefficient in terms.items() if coefficient}, left[1] + factor * right[1]


def _changes(op: str, coefficient: Fraction, constant: Fraction) -> Iterator[int]:
    """The integers v at which `coefficient * v + constant OP 0` differs from what it is at v - 1."""
    root = -constant / coefficient
    if op == "equal":
        if root.denominator == 1:
            yield int(root)
            yield int(root) + 1
    elif (op == "greater") == (coefficient > 0):  # v > root, or not v > root
        yield floor(root) + 1
    else:  # v >= root, or not v >= root
        yield ceil(root)
