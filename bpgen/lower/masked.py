"""Columns that a mask excludes from a block of rows, and from all that reads them.

    s[i, j] = a[i, j] if j <= i else -inf;  p[i, j] = exp(s[i, j] - m[i]) / S[i];  v[i] = sum[j](p[i, j] u[j])
->  for i < 32:  all of it for j < 32, where s is not -inf, and p not 0

What is 0 there leaves a sum as it is, whatever it is multiplied with: values that a mask excludes are not read, also
where they are infinite.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from math import inf

from bpgen.lower.cuts import Ranges, decide
from bpgen.lower.pad import IDENTITIES
from bpgen.lower.region import Region, all_loops
from bpgen.lower.rewrite import reduction
from bpgen.lower.scalar import Affine, Constant, IndexExpression, Load, Operation, Scalar
from bpgen.lower.schedule import Assign

COLUMNS = 32
"""Those that are left are as many as whole tiles of a product have, see templates/c/product.c.j2."""


def columns_of(region: Region) -> dict[str, str]:
    """Of each member, its loop over the columns; empty where one has none, or another range of them."""
    found: dict[str, str] = {}
    extents = set()
    for name, member in region.members.items():
        column = region.columns[name]
        loop = next((loop for loop in all_loops(member) if loop.name == column), None)
        if column is None or loop is None or loop.start or column == region.rows[name]:
            return {}
        found[name] = column
        extents.add(loop.extent)
    return found if len(extents) == 1 else {}


def columns_needed(region: Region, rows: tuple[int, int], columns: int) -> int:
    """How many of the columns rows[0] ... rows[1] - 1 need: the first of them, and a few more."""
    counts = range(COLUMNS, columns, COLUMNS)
    found = bisect_left(counts, True, key=lambda count: _Excluded(region, rows, (count, columns)).by_all())
    return counts[found] if found < len(counts) else columns


class _Excluded:
    """Whether a region can do without some columns for some rows; these are ranges, without their ends."""

    def __init__(self, region: Region, rows: tuple[int, int], columns: tuple[int, int]) -> None:
        self.region = region
        self.over = columns_of(region)
        self.ends = (rows[0], rows[1] - 1), (columns[0], columns[1] - 1)
        self.known: dict[str, float] = {}  # of tensors, what they are in all of these columns

    def by_all(self) -> bool:
        return bool(self.over) and all(self.by(name, member) for name, member in self.region.members.items())

    def by(self, name: str, member: Assign) -> bool:
        found = reduction(member.value)
        if found is not None and self.over[name] in {loop.name for loop in found.loops}:
            return found.op in ("sum", "max") and self.value(found.body, name) == IDENTITIES[found.op]
        if self.region.is_summed(name):  # what adds up from block to block is left as it is
            return found is not None and self.value(found.body, name) == 0
        there = self.value(member.value, name)
        if there is not None:
            self.known[name] = there
        return name in self.region.axes

    def value(self, node: Scalar, name: str) -> float | None:
        """What it is there in a member, for all rows and columns; None where that differs, or is not known."""
        match node:
            case Constant(value=constant):
                return float(constant)
            case Load(buffer=buffer, indices=indices) if buffer in self.known:
                at = [_variable(indices[axis]) for axis in self.region.axes[buffer]]
                return self.known[buffer] if at == [self.region.rows[name], self.over[name]] else None
            case Operation(op="select", arguments=(condition, chosen, other)):
                holds = _holds(condition, {self.region.rows[name]: self.ends[0], self.over[name]: self.ends[1]})
                possible = [chosen] * (holds is not False) + [other] * (holds is not True)
                values = {self.value(branch, name) for branch in possible}
                return values.pop() if len(values) == 1 else None
            case Operation(op=op, arguments=arguments):
                return _result(op, [self.value(argument, name) for argument in arguments])
            case _:
                return None


def _variable(index: IndexExpression) -> str | None:
    return index.variable if isinstance(index, Affine) else None


def _result(op: str, of: Sequence[float | None]) -> float | None:
    """What an operation makes of values of which not all need be known."""
    match op:
        case "add" if -inf in of and inf not in of:
            return -inf
        case "subtract" if of[0] == -inf != of[1]:
            return -inf
        case "exp" if of[0] == -inf:
            return 0.0
        case "add" | "subtract" | "negative" | "cast" | "sqrt" | "square" if {*of} == {0}:
            return 0.0
        case "multiply" if 0 in of and not {inf, -inf} & {*of}:
            return 0.0
        case "divide" if of[0] == 0 != of[1]:
            return 0.0
        case _:
            return None


def _holds(condition: Scalar, ranges: Ranges) -> bool | None:
    """Whether a condition holds for all of the ranges, or for none; None where that differs, or is not known."""
    if not isinstance(condition, Operation) or condition.op not in ("and", "or", "not"):
        return decide(condition, ranges)
    of = [_holds(argument, ranges) for argument in condition.arguments]
    if condition.op == "not":
        return None if of[0] is None else not of[0]
    decisive = condition.op == "or"
    return decisive if decisive in of else None if None in of else not decisive
