"""What a reader is told of a tensor and may use: y**2 = y of a mask, y_i y_j = 0 of a one-hot row, A[j, i] = A[i, j].

    m * f(m)               m * f(1)                 m a mask, or an element of a one-hot tensor: 0 or 1
    [m > 0]                m
    y[b, i] * y[b, j]      y[b, i] * [i = j]        y one-hot over its last axis
    y[b, j] * t[b]         y[b, j] * f[b, j]        the same, t[b] = sum[k](y[b, k] * f[b, k])
    A[j, i]                A[i, j]                  A symmetric

Sums of what sums to one are replaced in `sums`; what is positive is a matter of the tensor's symbol, see `positive`.
"""

from __future__ import annotations

from dataclasses import field
from itertools import permutations

import sympy
from sympy import Expr, Integer

from bpgen.algebra.expressions import Access, Reduction, accesses, open_reduction, rename
from bpgen.algebra.functions import Bracket, equal
from bpgen.algebra.records import dataclass
from bpgen.algebra.system import Fact
from bpgen.derive.contract import is_partial
from bpgen.derive.cost import cost
from bpgen.derive.definitions import Definitions
from bpgen.derive.forms import cheapest

ZERO_OR_ONE = ("mask", "one_hot")


@dataclass
class FactRules:
    """Uses the facts of the tensors in an expression; keeps the reasons."""

    definitions: Definitions
    reasons: list[str] = field(default_factory=list)

    def apply(self, expression: Expr) -> Expr:
        """The expression with what the facts allow."""
        kinds = {fact.kind for access in expression.atoms(Access) for fact in self._facts(access)}
        if kinds.intersection(ZERO_OR_ONE):
            expression = expression.replace(lambda node: isinstance(node, Bracket), self._bracket)
            expression = expression.replace(lambda node: isinstance(node, sympy.Pow), self._power)
            expression = expression.replace(lambda node: isinstance(node, sympy.Mul), self._product)
        if "symmetric" in kinds:
            expression = self._sorted(expression)
        return expression

    def _facts(self, access: Access) -> tuple[Fact, ...]:
        return self.definitions.tensors[access.tensor].facts

    def _fact(self, node: Expr, *kinds: str) -> Fact | None:
        """The first fact of these kinds that the node, an access within its tensor, has."""
        if not isinstance(node, Access):
            return None
        return next((fact for fact in self._facts(node) if fact.kind in kinds), None)

    def _cite(self, access: Access, what: str, fact: Fact) -> None:
        self.reasons.append(f"`{access.tensor}` {what}: {fact.reason}")
        self.definitions.assumed.add(access.tensor)

    def _power(self, node: Expr) -> Expr:
        base, exponent = node.args
        fact = self._fact(base, *ZERO_OR_ONE)
        if fact is None or not exponent.is_positive:
            return node
        self._cite(base, "is 0 or 1", fact)
        return base

    def _bracket(self, node: Expr) -> Expr:
        """A comparison of m with a number, at 0 and at 1."""
        left, right = node.args
        for access, other in ((left, right), (right, left)):
            fact = self._fact(access, *ZERO_OR_ONE)
            if fact is not None and other.is_number:
                off, on = (node.xreplace({access: value}) for value in (Integer(0), Integer(1)))
                self._cite(access, "is 0 or 1", fact)
                return off + (on - off) * access
        return node

    def _product(self, node: Expr) -> Expr:
        for factor in node.args:
            fact = self._fact(factor, *ZERO_OR_ONE)
            if fact is None or factor not in sympy.Mul.make_args(node):
                continue
            rest = node / factor
            at_one = _where_one(rest, factor)
            if at_one != rest:
                self._cite(factor, "is 0 or 1", fact)
                node, rest = factor * at_one, at_one
            if fact.kind == "one_hot":
                node = self._selected(factor, fact, rest)
        return node

    def _selected(self, access: Access, fact: Fact, rest: Expr) -> Expr:
        """y[b, j] * rest, where of all classes only j counts in the rest."""
        product = access * rest
        mapping = {
            other: equal(place, access.indices[fact.axes[0]])
            for other in rest.atoms(Access)
            if (place := self._place_beside(access, other, fact)) is not None
        }
        if mapping:
            self._cite(access, "is 1 in one place alone", fact)
            product = access * rename(rest, mapping)
            rest = product / access
        chosen = {node: self._chosen(access, fact, node) for node in _sums_in(rest)}
        known = {node: value for node, value in chosen.items() if value is not None}
        for some in (known, *({node: value} for node, value in known.items())):
            candidate = access * _where_one(rest.xreplace(some), access)
            if cost(cheapest(candidate)) < cost(cheapest(product)):
                self._cite(access, "chooses one term of the sum", fact)
                return candidate
        return product

    def _place_beside(self, access: Access, other: Expr, fact: Fact) -> Expr | None:
        """The i of y[b, i], for an access y[b, j]."""
        if not isinstance(other, Access) or other.tensor != access.tensor or other == access:
            return None
        (axis,) = fact.axes
        pairs = enumerate(zip(access.indices, other.indices, strict=True))
        return other.indices[axis] if all(mine == its for n, (mine, its) in pairs if n != axis) else None

    def _chosen(self, access: Access, fact: Fact, node: Expr) -> Expr | None:
        """f[b, j] for sum[k](y[b, k] * f[b, k]), or for a tensor that is defined as this."""
        if isinstance(node, Access):
            equation = self.definitions.equations.get(node.tensor)
            if equation is None or equation.reduction is None or not node.is_inside:
                return None
            whole = rename(equation.rhs, dict(zip(equation.indices, node.indices, strict=True)))
            (reduction,) = whole.atoms(Reduction)
            found = self._chosen(access, fact, reduction)
            return None if found is None else whole.xreplace({reduction: found})
        if not isinstance(node, Reduction) or node.op != "sum":
            return None
        bound, body = open_reduction(node)
        for factor in sympy.Mul.make_args(body):
            place = self._place_beside(access, factor, fact)
            if place in bound:
                rest = rename(body / factor, {place: access.indices[fact.axes[0]]})
                return Reduction("sum", rest, *(index for index in bound if index != place))
        return None

    def _sorted(self, expression: Expr) -> Expr:
        """The indices of symmetric tensors in one order: of what is bound the names are chosen so that it is least."""

        def reduction(*args: Expr) -> Expr:
            node: Expr = Reduction(*args)
            if not isinstance(node, Reduction):
                return node
            same = [index for index in node.bound if index.extent == node.bound[0].extent]
            orders = [dict(zip(same, order, strict=True)) for order in permutations(same)] if len(same) < 5 else [{}]
            bodies = [self._turned(rename(node.body, order), []) for order in orders]
            return Reduction(node.op, min(bodies, key=sympy.default_sort_key), *node.bound)

        used: list[tuple[Access, Fact]] = []
        turned = self._turned(expression, used)
        if turned.has(Reduction):
            turned = turned.replace(Reduction, reduction)
        for access, fact in used if turned != expression else ():
            self._cite(access, "is symmetric", fact)
        return turned

    def _turned(self, expression: Expr, used: list[tuple[Access, Fact]]) -> Expr:
        mapping = {}
        for access in accesses(expression):
            fact = self._fact(access, "symmetric")
            if fact is not None:
                indices = list(access.indices)
                pair = sorted((indices[axis] for axis in fact.axes), key=_place_key)
                for axis, index in zip(fact.axes, pair, strict=True):
                    indices[axis] = index
                mapping[access] = Access(access.args[0], *indices)
                used.append((access, fact))
        return expression.xreplace(mapping)


def _sums_in(expression: Expr) -> list[Expr]:
    return sorted(expression.atoms(Access, Reduction), key=sympy.default_sort_key)


def _place_key(index: Expr) -> tuple[bool, object]:
    """What is bound comes last: sum[j](A[i, j] * x[j])."""
    bound = any(symbol.name.startswith(("_", "~")) for symbol in index.free_symbols)
    return bound, sympy.default_sort_key(index)


def _where_one(expression: Expr, access: Access) -> Expr:
    """f(1) for f(m), unless that is undefined or may be where f(0) is not."""
    if not expression.has(access) or any(is_partial(node) and node.has(access) for node in expression.atoms(Expr)):
        return expression
    replaced = expression.xreplace({access: Integer(1)})
    return expression if replaced.has(sympy.nan, sympy.zoo, sympy.oo) else replaced
