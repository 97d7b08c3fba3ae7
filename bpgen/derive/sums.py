"""Sums as linear operators: what does not depend on a bound index leaves its sum; known sums are replaced.

A sum is taken apart in two ways, as it stands and multiplied out, and the cheaper is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field, replace
from itertools import combinations

import sympy
from sympy import Expr, Integer

from bpgen.algebra.digits import lies_within, quotient, remainder
from bpgen.algebra.expressions import Access, Reduction, open_reduction, sum_over
from bpgen.algebra.functions import equal
from bpgen.algebra.index import Index, extent_of
from bpgen.algebra.records import dataclass
from bpgen.algebra.system import DECLARED, Fact
from bpgen.derive.contract import Contraction, guard
from bpgen.derive.cost import cost
from bpgen.derive.definitions import Definitions
from bpgen.derive.forms import cheapest
from bpgen.derive.single import single_value

# Above this many terms a sum is not multiplied out.
EXPANSION_LIMIT = 24
# Definitions that a proof may write out, one within the other.
MOST_UNFOLDED = 3


@dataclass
class SumRules:
    """Rewrites sums by linearity, by deltas, by facts and by definitions; keeps the reasons."""

    definitions: Definitions
    reasons: list[str] = field(default_factory=list)

    def apply(self, expression: Expr) -> Expr:
        """The expression with every sum in its cheapest form."""
        if not expression.has(Reduction):
            return expression
        if isinstance(expression, Reduction):
            if expression.op != "sum":
                return expression
            return self._sum(expression)
        return expression.func(*(self.apply(argument) for argument in expression.args))

    def _sum(self, reduction: Reduction) -> Expr:
        bound, body = open_reduction(reduction)
        body = cheapest(self._fold(self.apply(body)))
        best, reasons = self._attempt((body,), bound)
        expanded = sympy.Add.make_args(sympy.expand(body))
        if 1 < len(expanded) <= EXPANSION_LIMIT:
            for other, other_reasons in self._expanded(expanded, bound):
                if _price(cheapest(other)) < _price(cheapest(best)):
                    best, reasons = other, other_reasons
        self.reasons += reasons
        return best

    def _attempt(self, terms: tuple[Expr, ...], bound: tuple[Index, ...]) -> tuple[Expr, list[str]]:
        inner = SumRules(self.definitions)
        total = sympy.Add(*(inner._term(term, bound) for term in terms))
        return total, inner.reasons

    def _expanded(self, terms: tuple[Expr, ...], bound: tuple[Index, ...]) -> Iterator[tuple[Expr, list[str]]]:
        """Each term in a sum of its own; and only those whose sums are known, the others together."""
        yield self._attempt(terms, bound)
        inner = SumRules(self.definitions)
        sums = {term: inner._term(term, bound) for term in terms}
        left = [term for term, value in sums.items() if value.has(Reduction)]
        if 1 < len(left) < len(terms):
            known = sympy.Add(*(value for term, value in sums.items() if term not in left))
            together, reasons = self._attempt((cheapest(sympy.Add(*left)),), bound)
            yield known + together, [*inner.reasons, *reasons]

    def _term(self, term: Expr, bound: tuple[Index, ...], depth: int = 0) -> Expr:
        """The sum of one product: factors free of the bound indices leave it."""
        term, bound = self._contract_deltas(term, bound)
        term, bound = self._keep_single(term, bound)
        outside: list[Expr] = []
        inside: list[Expr] = []
        for factor in sympy.Mul.make_args(term):
            (inside if factor.free_symbols.intersection(bound) else outside).append(factor)
        coefficient = sympy.Mul(*outside)
        result = coefficient
        for factors, indices in components(inside, bound):
            result *= self._product(sympy.Mul(*factors), indices, depth)
        return result

    def _contract_deltas(self, term: Expr, bound: tuple[Index, ...]) -> tuple[Expr, tuple[Index, ...]]:
        """sum[j]([j = e] f(j)) -> f(e), for an e in the range of j"""
        for factor in sympy.Mul.make_args(term):
            if not isinstance(factor, equal):
                continue
            for index, value in (factor.args, factor.args[::-1]):
                if index in bound and not value.has(index) and self._in_range(value, index):
                    rest = tuple(other for other in bound if other != index)
                    self.reasons.append("only the term where the bracket is 1 remains")
                    return self._contract_deltas((term / factor).xreplace({index: value}), rest)
                if index in bound and self._is_compared(value, index) and not (term / factor).has(index):
                    rest = tuple(other for other in bound if other != index)
                    self.reasons.append("the bracket is 1 once, but for labels that are ignored")
                    ignored = self.definitions.tensors[value.tensor].ignored
                    return self._contract_deltas(term / factor * (1 - equal(value, Integer(ignored))), rest)
            left, right = factor.args
            inner, outer = (left - right).as_independent(*bound, as_Add=True)[::-1]
            if inner.has(Access) or outer.has(Access):
                continue
            contraction = Contraction(term / factor, bound)
            if contraction.add(-outer, inner):
                self.reasons.append("only the terms where the bracket is 1 remain")
                return self._contract_deltas(guard(contraction.term, contraction.guards), tuple(contraction.indices))
        return term, bound

    def _keep_single(self, term: Expr, bound: tuple[Index, ...]) -> tuple[Expr, tuple[Index, ...]]:
        """sum[t](where(t >= 1, 0, f(t))) -> f(0), wherever a condition leaves one value of an index"""
        for factor in sympy.Mul.make_args(term):
            for index in bound:
                value = single_value(factor, index)
                if value is not None:
                    rest = tuple(other for other in bound if other != index)
                    self.reasons.append("the condition leaves one value of the index")
                    return self._keep_single(term.xreplace({index: value}), rest)
        return term, bound

    def _in_range(self, value: Expr, index: Index) -> bool:
        if lies_within(value, index.extent):
            return True
        if isinstance(value, Access) and value.is_integer:
            return self.definitions.tensors[value.tensor].points_within(extent_of(index))
        return False

    def _is_compared(self, value: Expr, index: Index) -> bool:
        """Whether a label is a value of the index unless it is ignored, and then is none."""
        if not isinstance(value, Access) or not value.is_integer or not value.is_inside:
            return False
        tensor, extent = self.definitions.tensors[value.tensor], extent_of(index)
        if tensor.ignored is None or isinstance(extent, str) or 0 <= tensor.ignored < extent:
            return False
        return replace(tensor, ignored=None).points_within(extent)

    def _product(self, body: Expr, bound: tuple[Index, ...], depth: int) -> Expr:
        """The sum of a product all of whose factors depend on the bound indices."""
        for indices in _some_of(bound):
            holding = [factor for factor in sympy.Mul.make_args(body) if factor.free_symbols.intersection(indices)]
            known = self._constant(holding[0], indices, depth) if len(holding) == 1 else None
            if known is not None:
                rest = tuple(index for index in bound if index not in indices)
                return self._term(known * body / holding[0], rest, depth)
        folded = self._fold(sum_over(body, bound))
        if not folded.has(Reduction) or depth:
            return folded
        partly = self._partly_zero(body, bound)
        return folded if partly is None else partly

    def _constant(self, factor: Expr, indices: tuple[Index, ...], depth: int) -> Expr | None:
        """The sum of one factor over indices, where it is a number: by a fact, or proved."""
        access, power = factor.as_base_exp()
        if not isinstance(access, Access) or not access.is_inside or power not in (1, 2):
            return None
        fact = self._sums_to_one(access, indices) if power == 1 else None
        if fact is not None:
            axes = " and ".join(str(axis + 1) for axis in fact.axes)
            self.reasons.append(f"`{access.tensor}` sums to 1 over axis {axes}: {fact.reason}")
            if fact.reason == DECLARED:
                self.definitions.assumed.add(access.tensor)
            return Integer(1)
        if self.definitions.measured.varies(access, int(power), indices):
            return None
        trial = SumRules(self.definitions)
        parts = trial._unfolded(access, power, indices, depth)
        value = cheapest(distributed(sympy.Add(*parts))) if parts else None
        if value is None or value.has(Access, Index, Reduction):
            return None
        self.reasons.append(_proved(f"`{access.tensor}`{' squared' if power == 2 else ''} sums to {value}", trial))
        return value

    def _sums_to_one(self, access: Access, indices: tuple[Index, ...]) -> Fact | None:
        axes = tuple(axis for axis, place in enumerate(access.indices) if place.free_symbols.intersection(indices))
        along = tuple(access.indices[axis] for axis in axes)
        if set(along) != set(indices) or len(along) != len(indices):
            return None
        if any(place.extent != access.args[0].extents[axis] for place, axis in zip(along, axes, strict=True)):
            return None
        facts = self.definitions.tensors[access.tensor].facts
        kinds = ("sums_to_one", "one_hot")
        return next((fact for fact in facts if fact.kind in kinds and sorted(fact.axes) == list(axes)), None)

    def _partly_zero(self, body: Expr, bound: tuple[Index, ...]) -> Expr | None:
        """The sum of an access by its definition, where a part of that sums to 0."""
        if not isinstance(body, Access):
            return None
        trial = SumRules(self.definitions)
        sums = {term: trial._term(term, bound, 1) for term in self._terms(body, Integer(1), 0)}
        if Integer(0) not in sums.values():
            return None
        left = [term for term, value in sums.items() if value.has(Reduction)]
        known = sympy.Add(*(value for term, value in sums.items() if term not in left))
        value = cheapest(known + trial._term(cheapest(sympy.Add(*left)), bound, 1))
        if len(value.atoms(Reduction)) != 1:
            return None
        self.reasons.append(_proved(f"a part of `{body.tensor}` sums to 0", trial))
        return value

    def _unfolded(self, access: Access, power: Expr, bound: tuple[Index, ...], depth: int) -> list[Expr]:
        """The sums of the terms of the access's definition: sum[j] e[j]/S -> S/S -> 1.  Empty where it has none."""
        return [self._term(*opened(term, bound), depth + 1) for term in self._terms(access, power, depth)]

    def _terms(self, access: Access, power: Expr, depth: int) -> tuple[Expr, ...]:
        """The terms of the access's definition, where it may be written out."""
        definition = self.definitions.unfold(access) if depth < MOST_UNFOLDED else None
        is_adjoint = access.tensor in self.definitions.adjoints
        if definition is None or (_has_function(definition) and not (is_adjoint and definition.has(Reduction))):
            return ()
        terms: tuple[Expr, ...] = sympy.Add.make_args(sympy.expand(definition**power))
        return terms if len(terms) <= EXPANSION_LIMIT else ()

    def _fold(self, expression: Expr) -> Expr:
        folded, used = self.definitions.fold(expression)
        self.reasons += [f"the forward pass has computed it as `{name}`" for name in used]
        return folded


def _some_of(bound: tuple[Index, ...]) -> Iterator[tuple[Index, ...]]:
    """Parts of the indices, small ones first."""
    for count in range(1, len(bound) + 1):
        yield from combinations(bound, count)


def _has_function(definition: Expr) -> bool:
    """Whether there is a function of numbers in it, not of places alone, as in p[b, f // 2]."""
    return any(not isinstance(node, quotient | remainder) for node in definition.atoms(sympy.Function))


def opened(term: Expr, bound: tuple[Index, ...]) -> tuple[Expr, tuple[Index, ...]]:
    """sum[j](a[j] * sum[i](f[i, j])) -> sum[i, j](a[j] * f[i, j]), where that inner sum depends on j."""
    for factor in sympy.Mul.make_args(term):
        if isinstance(factor, Reduction) and factor.op == "sum" and factor.free_symbols.intersection(bound):
            inner, body = open_reduction(factor)
            return opened(term / factor * body, (*bound, *inner))
    return term, bound


def distributed(expression: Expr) -> Expr:
    """sum[j](2 a[j] - b[j]) -> 2 sum[j](a[j]) - sum[j](b[j])"""

    def apart(*args: Expr) -> Expr:
        node: Expr = Reduction(*args)
        if not isinstance(node, Reduction) or node.op != "sum":
            return node
        bound, body = open_reduction(node)
        terms = (term.as_independent(*bound, as_Add=False) for term in sympy.Add.make_args(sympy.expand(body)))
        return sympy.Add(*(outside * sum_over(inside, bound) for outside, inside in terms))

    return sympy.expand(expression.replace(Reduction, apart))


def _proved(what: str, trial: SumRules) -> str:
    """The sentence with what its proof uses."""
    used = ", ".join(dict.fromkeys(trial.reasons))
    return f"{what}: follows from its definition" + (f" ({used})" if used else "")


def _price(expression: Expr) -> tuple[int, int]:
    """The cost, and of that what is done for every term of a sum: sum(p (1 + a)) = 1 + sum(p a)."""
    return cost(expression), sum(cost(reduction.body) for reduction in expression.atoms(Reduction))


def components(factors: list[Expr], bound: tuple[Index, ...]) -> list[tuple[list[Expr], tuple[Index, ...]]]:
    """Groups of factors that share bound indices: sum[i, j](a[i] b[j]) -> sum[i](a[i]) * sum[j](b[j])"""
    groups: list[tuple[list[Expr], set[Index]]] = [([], {index}) for index in bound]
    for factor in factors:
        touched = set(factor.free_symbols).intersection(bound)
        joined = [group for group in groups if group[1] & touched]
        rest = [group for group in groups if not group[1] & touched]
        merged_factors = [f for group in joined for f in group[0]] + [factor]
        merged: set[Index] = set().union(*(group[1] for group in joined))
        groups = [*rest, (merged_factors, merged)]
    return [(group, tuple(i for i in bound if i in indices)) for group, indices in groups]
