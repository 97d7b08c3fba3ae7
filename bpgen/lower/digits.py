"""Quotients and remainders of indices leave the equations, so that every index is affine in its loops.

First, axes that are read as the digits of one index are read as one axis, of a view:

    y[b, j] = relu(x[b, j // 6, j % 6])  ->  y[b, j] = relu(x.flat[b, j])

What is left are digits that an access needs apart; their loop becomes one loop for each digit:

    d.q[b, e] = d.s[b, e // 8, e % 8]  ->  d.q[b, 8 e1 + e0] = d.s[b, e1, e0]

Where the extent is no multiple, the digits run in a whole part and a rest; a bound index runs over the whole
rectangle of its digits, under a condition.  Digits of no such loop are looked up (bpgen.lower.tables).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from itertools import pairwise, product

import sympy
from sympy import Expr, Integer

from bpgen.algebra.digits import index_range, join_digits, quotient, remainder
from bpgen.algebra.errors import LoweringError
from bpgen.algebra.expressions import Access, Reduction, accesses, free_indices, fresh_index, open_reduction
from bpgen.algebra.functions import equal, greater, greater_equal, where
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.records import dataclass
from bpgen.algebra.recurrence import Component
from bpgen.algebra.system import Equation, Tensor
from bpgen.lower.names import free_name, place_of
from bpgen.lower.number_systems import radices, strays
from bpgen.lower.schedule import Buffer
from bpgen.lower.tables import Tables

IDENTITY = {"sum": Integer(0), "max": -sympy.oo, "prod": Integer(1)}


@dataclass(frozen=True)
class Piece:
    """A part of an equation's elements: those at `places`, for all values of the equation's own indices."""

    equation: Equation
    places: tuple[Expr, ...]


@dataclass
class Digits:
    """Takes digits out of equations.  tensors, buffers: grow by the views that are read."""

    tensors: dict[str, Tensor]
    buffers: dict[str, Buffer]
    views: dict[tuple[str, tuple[int | str, ...]], Tensor] = field(default_factory=dict)
    tables: Tables = field(init=False)

    def __post_init__(self) -> None:
        self.tables = Tables(self.tensors, self.buffers)

    def pieces(self, equation: Equation, circle: Component | None = None) -> Iterator[Piece]:
        """The equation without digits, in pieces that together define all its elements.

        circle: the recurrence that it is a member of: its time is left as one loop, the equation as one piece, and
        other members are read as themselves, for a view is no member of which the order of a step would know.
        Raises LoweringError for digits of an index that runs over the batch.
        """
        if not equation.rhs.has(quotient, remainder):
            yield Piece(equation, equation.indices)
            return
        rhs = _joined(equation.rhs)
        members = circle.names if circle else ()
        merged = {access: self._merged(access) for access in accesses(rhs) if access.tensor not in members}
        rhs = rhs.xreplace({access: changed for access, changed in merged.items() if access != changed})
        indices = equation.indices
        found = strays(rhs, indices, indices[circle.axis(equation.tensor.name)] if circle else None)
        rhs = self.tables.looked_up(rhs, found, lambda what: _refused(equation, what))
        rhs = rhs.xreplace({r: _without_digits(r) for r in rhs.atoms(Reduction)})
        splits = {index: system for index in indices if (system := radices(index, rhs))}
        taken = {index.name for index in equation.indices}
        choices = [list(_free_pieces(index, *splits[index], taken)) for index in splits]
        for chosen in product(*choices):
            table = {index: place for index, (place, _) in zip(splits, chosen, strict=True)}
            own = {index: digits for index, (_, digits) in zip(splits, chosen, strict=True)}
            loops = tuple(loop for index in equation.indices for loop in own.get(index, (index,)))
            part = replace(equation, indices=loops, rhs=rhs.xreplace(table))
            yield Piece(part, tuple(table.get(index, index) for index in equation.indices))

    def _merged(self, access: Access) -> Access:
        """The access to a view in which neighbouring axes that are read as digits of one index are one axis."""
        tensor = self.tensors[access.tensor]
        indices, shape = list(access.indices), list(tensor.shape)
        last = len(indices) - 1
        while last > 0:
            high, low, extent = indices[last - 1], indices[last], shape[last]
            joined = join_digits(extent * high + low) if isinstance(extent, int) else None
            if joined is not None and low.has(quotient, remainder) and _is_simpler(joined, high, low, int(extent)):
                above = shape[last - 1]
                if isinstance(above, int):
                    indices[last - 1 : last + 1] = [joined]
                    shape[last - 1 : last + 1] = [above * int(extent)]
                    last = min(last, len(indices) - 1)
                    continue
            last -= 1
        if len(shape) == len(tensor.shape):
            return access
        return Access(self.view(tensor, tuple(shape)).atom, *indices)

    def view(self, tensor: Tensor, shape: tuple[int | str, ...]) -> Tensor:
        """The view of a tensor in another shape."""
        key = (tensor.name, shape)
        if key not in self.views:
            name = free_name([f"{tensor.name}.flat"], self.buffers)
            base = self.buffers[tensor.name]
            extents = [extent if isinstance(extent, int) else BATCH for extent in shape]
            axes = tuple(Index(f"i{n}", extent) for n, extent in enumerate(extents))
            self.views[key] = replace(tensor, name=name, axes=axes, facts=())
            self.tensors[name] = self.views[key]
            self.buffers[name] = replace(base, name=name, shape=shape, view_of=base.view_of or base.name)
        return self.views[key]


def _joined(expression: Expr) -> Expr:
    """The expression with (3 (e // 3) + e % 3) % 2 -> e % 2, wherever digits of digits are taken."""
    nested = [node for node in expression.atoms(quotient, remainder) if node.args[0].has(quotient, remainder)]
    table = {node: node.func(join_digits(node.args[0]), node.args[1]) for node in nested}
    changed: Expr = expression.xreplace({node: new for node, new in table.items() if node != new})
    return changed if changed == expression else _joined(changed)


def _mixed_digits(body: Expr) -> tuple[Expr, list[Index]]:
    """The body of a sum with the digits of what several indices make as indices of their own, under a bracket.

    K[(h - 3 p) // 2] * [(h - 3 p) % 2 = 0] -> K[q] * [m = 0] * [h - 3 p = 2 q + m], summed over q and m too
    """
    nodes = sorted(body.atoms(quotient, remainder), key=sympy.default_sort_key)
    loops: list[Index] = []
    for inner, divisor in dict.fromkeys(node.args for node in nodes):
        low, high = index_range(inner)
        if len(free_indices(inner)) < 2 or inner.has(quotient, remainder) or low is None or high is None:
            continue
        size = int(divisor)
        first = low // size
        whole, rest = fresh_index(high // size - first + 1), fresh_index(size)
        table = {quotient(inner, divisor): whole + first, remainder(inner, divisor): rest}
        body = body.xreplace(table) * equal(inner, size * (whole + first) + rest)
        loops += [whole, rest]
    return body, loops


def _is_simpler(joined: Expr, high: Expr, low: Expr, extent: int) -> bool:
    """Whether two indices are the digits of `joined`: fewer of these are left, and the lower is inside its axis."""
    least, most = index_range(low)
    inside = least is not None and most is not None and least >= 0 and most < extent
    return inside and _digits(joined) < _digits(high) + _digits(low)


def _digits(expression: Expr) -> int:
    return sum(isinstance(node, quotient | remainder) for node in sympy.preorder_traversal(expression))


def _refused(equation: Equation, what: str) -> LoweringError:
    return LoweringError(f"{place_of(equation)}: {what}, are not lowered yet; pass lower.tables knows numbers alone")


def _free_pieces(
    index: Index, offset: int, weights: Sequence[int], taken: set[str]
) -> Iterator[tuple[Expr, tuple[Index, ...]]]:
    """Places of a left-hand index, as digits, and the loops of these, by names not taken; together every value once."""
    last = offset + int(index.extent)
    for digits in _boxes(offset, last, [*weights][::-1]):
        place = Integer(-offset)
        loops: list[Index] = []
        for number, (weight, first, count) in enumerate(digits):
            name = f"{index.name}{len(digits) - 1 - number}"
            loop = Index(free_name([name], taken | {own.name for own in loops}), count)
            place += weight * first
            if count > 1:
                place += weight * loop
                loops.append(loop)
        yield place, tuple(loops)


Box = list[tuple[int, int, int]]
"""Digits, greatest first: weight, first value, how many values."""


def _boxes(first: int, end: int, weights: Sequence[int]) -> Iterator[Box]:
    """The numbers first ... end - 1 as rectangles of digits."""
    if first >= end:
        return
    if not weights:
        yield [(1, first, end - first)]
        return
    weight, lower = weights[0], weights[1:]
    low, high = -(-first // weight), end // weight
    if low > high:  # within one value of this digit
        parts = [(first, end)]
    else:
        parts = [(first, low * weight), (low * weight, high * weight), (high * weight, end)]
    for begin, stop in parts:
        if begin >= stop:
            continue
        digit = begin // weight
        if begin % weight == 0 and stop % weight == 0:
            whole = [(n, 0, above // n) for above, n in pairwise([*weights, 1])]
            yield [(weight, digit, (stop - begin) // weight), *whole]
            continue
        for box in _boxes(begin - digit * weight, stop - digit * weight, lower):
            yield [(weight, digit, 1), *box]


def _without_digits(reduction: Reduction) -> Expr:
    """The reduction over loops of its own for the digits of its indices."""
    bound, body = open_reduction(reduction)
    loops: list[Index] = []
    if reduction.op == "sum":
        body, loops = _mixed_digits(body)
    for index in bound:
        system = radices(index, body)
        if system is None:
            loops.append(index)
            continue
        offset, weights = system
        last = offset + int(index.extent)
        greatest = weights[-1]
        begin, end = offset // greatest, -(-last // greatest)
        own = [Index(f"{index.name}_{greatest}", end - begin)]
        place = greatest * (own[0] + begin)
        for above, weight in pairwise([*weights[::-1], 1]):
            own.append(Index(f"{index.name}_{weight}", above // weight))
            place += weight * own[-1]
        place = sympy.expand(place - offset)
        ragged = (end - begin) * greatest != int(index.extent)
        body = body.xreplace({index: place})
        if ragged:
            inside = greater_equal(place, Integer(0)) * greater(Integer(index.extent), place)
            body = where(inside, body, IDENTITY[reduction.op])
        loops += own
    kept = [loop for loop in loops if loop in free_indices(body)]
    missing = sympy.Mul(*(loop.extent for loop in loops if loop not in kept))
    if missing != 1 and reduction.op == "sum":
        return missing * Reduction("sum", body, *kept)
    return Reduction(reduction.op, body, *loops)
