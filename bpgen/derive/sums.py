"""Sums as linear operators: what does not depend on a bound index leaves its sum; known sums are replaced.

A sum is taken apart in two ways, as it stands and multiplied out, and the cheaper is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import sympy
from sympy import Expr, Integer

from bpgen.algebra.digits import lies_within
from bpgen.algebra.expressions import Access, Reduction, open_reduction, sum_over
from bpgen.algebra.functions import equal
from bpgen.algebra.index import Index
from bpgen.derive.contract import Contraction, guard
from bpgen.derive.cost import cost
from bpgen.derive.definitions import Definitions
from bpgen.derive.forms import cheapest
from bpgen.derive.single import single_value

# Above this many terms a sum is not multiplied out.
EXPANSION_LIMIT = 24


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
            other, other_reasons = self._attempt(expanded, bound)
            if cost(cheapest(other)) < cost(best):
                best, reasons = other, other_reasons
        self.reasons += reasons
        return best

    def _attempt(self, terms: tuple[Expr, ...], bound: tuple[Index, ...]) -> tuple[Expr, list[str]]:
        inner = SumRules(self.definitions)
        total = sympy.Add(*(inner._term(term, bound) for term in terms))
        return total, inner.reasons

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
        for factors, indices in _components(inside, bound):
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
            classes = self.definitions.tensors[value.tensor].classes
            return classes is not None and bool(Integer(classes) == index.extent)
        return False

    def _product(self, body: Expr, bound: tuple[Index, ...], depth: int) -> Expr:
        """The sum of a product all of whose factors depend on the bound indices."""
        known = self._known(body, bound)
        if known is not None:
            return known
        total = sum_over(body, bound)
        folded = self._fold(total)
        if not folded.has(Reduction) or depth > 2:
            return folded
        unfolded = self._unfolded(body, bound, depth)
        return folded if unfolded is None else unfolded

    def _known(self, body: Expr, bound: tuple[Index, ...]) -> Expr | None:
        """sum[j] y[.., j] -> 1 where it is a fact of y."""
        if len(bound) != 1 or not isinstance(body, Access) or body.indices.count(bound[0]) != 1:
            return None
        if not body.is_inside or body.args[0].extents[body.indices.index(bound[0])] != bound[0].extent:
            return None
        axis = body.indices.index(bound[0])
        for fact in self.definitions.tensors[body.tensor].facts:
            if fact.kind in ("sums_to_one", "one_hot") and fact.axes == (axis,):
                self.reasons.append(f"`{body.tensor}` sums to 1 over axis {axis + 1}: {fact.reason}")
                return Integer(1)
        return None

    def _unfolded(self, body: Expr, bound: tuple[Index, ...], depth: int) -> Expr | None:
        """A fact that follows from a definition: sum[j] e[j]/S -> S/S -> 1."""
        if not isinstance(body, Access):
            return None
        definition = self.definitions.unfold(body)
        is_adjoint = body.tensor in self.definitions.adjoints
        if definition is None or (definition.has(sympy.Function) and not (is_adjoint and definition.has(Reduction))):
            return None
        trial = SumRules(self.definitions)
        terms = sympy.Add.make_args(sympy.expand(definition))
        if len(terms) > EXPANSION_LIMIT:
            return None
        parts = [trial._term(term, bound, depth + 1) for term in terms]
        value = cheapest(sympy.Add(*parts))
        if not value.has(Reduction) and cost(value) == 0:
            self.reasons.append(f"`{body.tensor}` sums to {value}: follows from its definition")
            return value
        if depth == 0 and Integer(0) in parts and len(value.atoms(Reduction)) == 1:
            self.reasons.append(f"a part of `{body.tensor}` sums to 0: follows from its definition")
            return value
        return None

    def _fold(self, expression: Expr) -> Expr:
        folded, used = self.definitions.fold(expression)
        self.reasons += [f"`{name}` holds it already" for name in used]
        return folded


def _components(factors: list[Expr], bound: tuple[Index, ...]) -> list[tuple[list[Expr], tuple[Index, ...]]]:
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
