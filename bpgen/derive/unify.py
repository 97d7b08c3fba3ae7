"""Patterns over indices: what to put for the free indices of one expression so that it equals another."""

from __future__ import annotations

from dataclasses import field
from itertools import permutations

import sympy
from sympy import Expr

from bpgen.algebra.digits import lies_within
from bpgen.algebra.index import Index
from bpgen.algebra.order import is_whole
from bpgen.algebra.records import dataclass

# Index expressions and the extents that they are known to lie within.
Within = frozenset[tuple[Expr, Expr]]


@dataclass
class Matching:
    """values: what to put for indices so far; later: index expressions that must agree once all is known."""

    free: frozenset[Index]
    values: dict[Expr, Expr] = field(default_factory=dict)
    later: list[tuple[Expr, Expr]] = field(default_factory=list)
    within: Within = frozenset()

    def copy(self) -> Matching:
        return Matching(self.free, dict(self.values), list(self.later), self.within)

    def complete(self) -> dict[Expr, Expr] | None:
        """The values, if every index has one and all agrees."""
        if not self.free <= self.values.keys():
            return None
        agreed = all(pattern.xreplace(self.values) == expression for pattern, expression in self.later)
        return self.values if agreed else None

    def adopt(self, other: Matching) -> bool:
        self.values, self.later = other.values, other.later
        return True

    def unify(self, pattern: Expr, expression: Expr) -> bool:
        """Whether the pattern can equal the expression, as far as is known; learns what to put for the indices."""
        if is_whole(pattern) and self.free & pattern.free_symbols:
            return self._solve(pattern, expression)
        if type(pattern) is not type(expression) or len(pattern.args) != len(expression.args):
            return False
        if not pattern.args:
            return bool(pattern == expression)
        if not isinstance(pattern, sympy.Add | sympy.Mul) or len(pattern.args) > 5:
            return self._unify_in_order(pattern.args, expression.args)
        for order in permutations(expression.args):  # sums and products in any order
            trial = self.copy()
            if trial._unify_in_order(pattern.args, order):
                return self.adopt(trial)
        return False

    def _unify_in_order(self, patterns: tuple[Expr, ...], expressions: tuple[Expr, ...]) -> bool:
        return all(self.unify(pattern, expression) for pattern, expression in zip(patterns, expressions, strict=True))

    def _solve(self, pattern: Expr, expression: Expr) -> bool:
        """pattern = expression, for the one index of the pattern that has no value and stands there as it is."""
        pattern = pattern.xreplace({index: value for index, value in self.values.items() if index in self.free})
        unknown = sorted(self.free & pattern.free_symbols - self.values.keys(), key=lambda index: index.name)
        if not unknown:
            return bool(pattern == expression)
        if not expression.is_integer:
            return False
        index = unknown[0]
        rest = pattern - index
        if len(unknown) > 1 or rest.has(index):
            self.later.append((pattern, expression))
            return True
        value = sympy.expand(expression - rest)
        if not lies_within(value, index.extent) and (value, index.extent) not in self.within:
            return False
        self.values[index] = value
        return True


def match(
    pattern: Expr, expression: Expr, indices: tuple[Index, ...], within: Within = frozenset()
) -> dict[Expr, Expr] | None:
    """What to put for the free indices of the pattern so that it equals the expression.

    The expression has none of the pattern's free indices.  within: what is known of its index expressions
    """
    matching = Matching(frozenset(indices), within=within)
    found = matching.complete() if matching.unify(pattern, expression) else None
    if found is None or any(not value.free_symbols <= expression.free_symbols for value in found.values()):
        return None
    return found


def apart(indices: tuple[Index, ...]) -> dict[Expr, Index]:
    """Names of a pattern's own for its indices: no expression has them."""
    return {index: index.renamed(f"~pattern{n}") for n, index in enumerate(indices)}
