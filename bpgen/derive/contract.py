"""Sums over brackets: sum over i of f(i) * [k = phi(i)], solved for as many i as can be.

    k = phi + v              v = k - phi                              v unit, whatever phi is
    k = 8 h + d              h = k // 8, d = k % 8                    mixed radix: digits of k
    k = i // 8, l = i % 8    i = 8 k + l                              digits joined
    k = i % 8                i = 8 u + k, summed over u               a digit that is missing

What is solved may lie outside the range of its index.  Often a factor reads 0 there, since it is an access at
that index; else the range is a guard.  A bracket that cannot be solved stays, and stays exact.
"""

from __future__ import annotations

from collections.abc import Iterable

import sympy
from sympy import Expr, Integer

from bpgen.algebra.digits import index_range, lies_within, quotient, remainder
from bpgen.algebra.expressions import Access, fresh_index, rename, sum_over
from bpgen.algebra.functions import equal, greater, greater_equal, where
from bpgen.algebra.index import Index

Pair = tuple[Expr, Expr]  # target = phi


class Contraction:
    """The sum of a term over indices, to which equations are added one by one."""

    def __init__(self, term: Expr, indices: Iterable[Index]) -> None:
        self.term = term
        self.indices = list(indices)
        self.guards: list[Expr] = []
        self.solved: dict[Expr, Expr] = {}

    def total(self) -> Expr:
        return sum_over(guard(self.term, self.guards), self.indices)

    def add_all(self, pairs: list[Pair]) -> None:
        for target, phi in self._joined(pairs):
            self.add(target, rename(phi, self.solved))

    def add(self, target: Expr, phi: Expr) -> bool:
        """Bring in [target = phi]; whether it could be solved."""
        if isinstance(phi, Access):  # [k = e] f(e) -> [k = e] f(k)
            self.guards.append(equal(target, phi))
            self.term = self.term.xreplace({phi: target})
            return False
        coefficients, rest = _linear(phi, self.indices)
        digits = None if rest.free_symbols.intersection(self.indices) else _digits(target - rest, coefficients)
        if digits is not None:
            values, condition = digits
            self.guards.append(condition)
            for index, value in values:
                self.replace(index, value)
            return True
        units = [index for index, coefficient in coefficients.items() if abs(coefficient) == 1]
        if not units:
            self.guards.append(equal(target, phi))
            return False
        index = max(units, key=lambda unit: (_carries(self.term, unit), self.indices.index(unit)))
        coefficient = coefficients[index]
        self.replace(index, sympy.expand(coefficient * (target - (phi - coefficient * index))))
        return True

    def replace(self, index: Index, value: Expr) -> None:
        """Put a value in place of an index, in its range only."""
        self.indices.remove(index)
        carried = _carries(self.term, index)
        one = {index: value}
        self.term = rename(self.term, one)
        self.guards = [rename(condition, one) for condition in self.guards]
        self.solved = {key: rename(old, one) for key, old in self.solved.items()} | one
        if not lies_within(value, index.extent) and not (carried and not may_be_undefined(self.term)):
            self.guards += [greater_equal(value, Integer(0)), greater(index.extent, value)]

    def _joined(self, pairs: list[Pair]) -> list[Pair]:
        """The equations with those of digits of one expression joined to one of the expression itself."""
        chains: dict[Expr, list[tuple[int, int | None, Expr, Pair]]] = {}
        for target, phi in pairs:
            constant, digit = phi.as_coeff_Add()
            found = _digit(digit)
            if found is not None and found[0].free_symbols.intersection(self.indices):
                chains.setdefault(found[0], []).append((found[1], found[2], target - constant, (target, phi)))
        joined = {base: self._join(base, chain) for base, chain in chains.items()}
        taken = [pair for base, (_, used) in joined.items() for pair in used]
        whole = [(target, base) for base, (target, used) in joined.items() if used]
        return [*whole, *(pair for pair in pairs if pair not in taken)]

    def _join(self, base: Expr, chain: list[tuple[int, int | None, Expr, Pair]]) -> tuple[Expr, list[Pair]]:
        """What the expression equals, and the equations that this takes in.  Missing digits are summed over."""
        low, high = index_range(base)
        if low is None or high is None:
            return base, []
        total, step, used = Integer(0), 1, []
        for place, size, target, pair in sorted(chain, key=lambda digit: (digit[0], digit[1] or 0)):
            if step == 0 or place % step:
                continue
            if place > step:
                total += step * self._missing(place // step)
            total, step = total + place * target, place * (size or 0)
            used.append(pair)
            if size is not None and not lies_within(target, Integer(size)):
                self.guards += [greater_equal(target, Integer(0)), greater(Integer(size), target)]
        if step:  # the highest digits are missing
            total += step * (self._missing(high // step - low // step + 1) + low // step)
        return sympy.expand(total), used

    def _missing(self, extent: int) -> Expr:
        if extent == 1:
            return Integer(0)
        index = fresh_index(extent)
        self.indices.append(index)
        return index


def guard(term: Expr, conditions: Iterable[Expr]) -> Expr:
    """The term where the conditions hold, else 0."""
    condition = sympy.Mul(*conditions)
    return where(condition, term, Integer(0)) if may_be_undefined(term) else condition * term


def carried_to(expression: Expr, replaced: dict[Index, Expr]) -> Expr:
    """An expression with values in place of indices, 0 where a value is outside the range of its index."""
    result = rename(expression, dict(replaced))
    conditions: list[Expr] = []
    for index, value in replaced.items():
        if isinstance(value, Access) or lies_within(value, index.extent):
            continue
        if not _carries(expression, index) or may_be_undefined(result):
            conditions += [greater_equal(value, Integer(0)), greater(index.extent, value)]
    return guard(result, conditions)


def reads_inside(access: Access, axes: tuple[Index, ...]) -> bool:
    """Whether an access never lies outside of its tensor, where it would be 0, and what it stands for may not be."""
    for index, axis in zip(access.indices, axes, strict=True):
        low, high = index_range(index)
        known = low is not None and low >= 0 and high is not None and axis.extent.is_Integer and high < int(axis.extent)
        if not known and not (isinstance(index, Index) and index.extent == axis.extent):
            return False
    return True


def may_be_undefined(term: Expr) -> bool:
    """Whether a term may be infinite or undefined where its guard fails."""
    return any(is_partial(node) for node in sympy.preorder_traversal(term))


def is_partial(node: Expr) -> bool:
    """Whether a function of tensors is not defined, or infinite, for some of their values."""
    if isinstance(node, sympy.log):
        return bool(node.has(Access)) and not node.args[0].is_positive
    if not isinstance(node, sympy.Pow) or not node.has(Access) or node.base.is_positive:
        return False
    whole = node.exp.is_Integer or bool(node.base.is_nonnegative)
    return not (whole and node.exp.is_nonnegative)


def _carries(term: Expr, index: Index) -> bool:
    """Whether a factor of the term is an access at the index, with an axis no longer than it."""
    for factor in sympy.Mul.make_args(term):
        base, exponent = factor.as_base_exp()
        if isinstance(base, Access) and exponent.is_positive and exponent.is_Integer:
            for place, extent in zip(base.indices, base.args[0].extents, strict=True):
                if place == index and (extent == index.extent or lies_within(extent - 1, index.extent)):
                    return True
    return False


def _linear(phi: Expr, indices: list[Index]) -> tuple[dict[Index, int], Expr]:
    """phi = sum of coefficient * index + rest, over the indices that occur so and nowhere else in phi."""
    coefficients: dict[Index, int] = {}
    rest: list[Expr] = []
    for term in sympy.Add.make_args(sympy.expand(phi)):
        coefficient, factor = term.as_coeff_Mul()
        if factor in indices and coefficient.is_Integer:
            coefficients[factor] = int(coefficient)
        else:
            rest.append(term)
    remainder_ = sympy.Add(*rest)
    for index in [index for index in coefficients if index in remainder_.free_symbols]:
        remainder_ += coefficients.pop(index) * index
    return coefficients, remainder_


def _digits(target: Expr, coefficients: dict[Index, int]) -> tuple[list[tuple[Index, Expr]], Expr] | None:
    """Solve target = sum of c * v where the c and the extents of the v are a mixed radix: v and a condition."""
    if len(coefficients) == 1:
        ((index, coefficient),) = coefficients.items()
        if abs(coefficient) == 1:
            return [(index, sympy.expand(coefficient * target))], Integer(1)
    turned = [index for index, coefficient in coefficients.items() if coefficient < 0]
    if not coefficients or not all(index.extent.is_Integer for index in turned):
        return None
    for index in turned:  # c v = c (n - 1) + |c| (n - 1 - v)
        target = target - coefficients[index] * (index.extent - 1)
    order = sorted(
        coefficients, key=lambda index: (abs(coefficients[index]), not index.extent.is_Integer, index.extent)
    )
    steps = [abs(coefficients[index]) for index in order]
    for index, step, above in zip(order, steps, steps[1:], strict=False):
        if above % step or not index.extent.is_Integer or step * int(index.extent) > above:
            return None
    values = []
    for position, index in enumerate(order):
        value = quotient(target, Integer(steps[position]))
        if position + 1 < len(order):
            value = remainder(value, Integer(steps[position + 1] // steps[position]))
        values.append((index, sympy.expand(index.extent - 1 - value) if index in turned else value))
    return values, equal(remainder(target, Integer(steps[0])), Integer(0))


def _digit(phi: Expr) -> tuple[Expr, int, int | None] | None:
    """(e, a, b) for phi = e // a % b, where a = 1 and b = None leave that part out."""
    if isinstance(phi, quotient):
        return phi.args[0], int(phi.args[1]), None
    if isinstance(phi, remainder):
        inside, size = phi.args
        if isinstance(inside, quotient):
            return inside.args[0], int(inside.args[1]), int(size)
        return inside, 1, int(size)
    return None
