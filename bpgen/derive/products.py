"""Products that a forward tensor holds: n = (x - m) * r, and what follows for its factors.

    g * (x - m) * r**2      ->  g * n * r           fold: n holds the product
    (x - m) * r**2          ->  n * r               divide: x - m is n / r, for an r that is never 0

Only normalised tensors are of use here: those with a factor for each row that is never 0, as 1 / length is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import field
from functools import cached_property

import sympy
from sympy import Expr, Integer

from bpgen.algebra.expressions import Access, accesses, free_indices
from bpgen.algebra.index import Index
from bpgen.algebra.records import dataclass
from bpgen.algebra.system import Equation
from bpgen.derive.unify import Matching, apart


@dataclass(frozen=True)
class Product:
    """factors, over the indices of `indices`, multiplied are the value."""

    factors: tuple[Expr, ...]
    indices: tuple[Index, ...]
    value: Expr
    tensor: str

    @cached_property
    def reads(self) -> frozenset[str]:
        return frozenset(access.tensor for factor in self.factors for access in factor.atoms(Access))


@dataclass
class Products:
    """The products by the tensor of one of their factors; quotients: (u, n / r), for n = u * r and r never 0."""

    known: dict[str, list[Product]] = field(default_factory=dict)
    quotients: dict[str, list[Product]] = field(default_factory=dict)

    def add(self, equation: Equation, is_never_zero: Callable[[Access], bool]) -> None:
        """Learn one more equation."""
        product = equation.rhs.as_coeff_Mul()[1]
        factors = sympy.Mul.make_args(product)
        if not all(map(_is_factor, factors)) or len(factors) < 2:
            return
        if not _is_normalised(factors, equation, is_never_zero):
            return
        known, own = patterns_of(equation), apart(equation.indices)
        self.known.setdefault(_name(known.factors[0]), []).append(known)
        for divisor in factors if len(factors) == 2 else ():
            whole = product / divisor
            indices = set(free_indices(whole))
            if not isinstance(divisor, Access) or not is_never_zero(divisor):
                continue
            if indices == set(equation.indices) and whole.has(Access):  # it is found by what it reads
                value = known.value / divisor.xreplace(own)
                quotient = Product((whole.xreplace(own),), known.indices, value, known.tensor)
                self.quotients.setdefault(_name(whole), []).append(quotient)

    def fold(self, expression: Expr) -> tuple[Expr, list[str]]:
        """The expression with the tensors that hold products in it; and these tensors."""
        used: list[str] = []

        def product(*factors: Expr) -> Expr:
            node = sympy.Mul(*factors)
            for known in self._candidates(self.known, node):
                found = divided(node, known)
                while found is not None:
                    used.append(known.tensor)
                    node, found = found, divided(found, known)
            return node

        if not any(access.tensor in self.known for access in expression.atoms(Access)):
            return expression, used
        return expression.replace(sympy.Mul, product), used

    def divide(self, expression: Expr) -> tuple[Expr, tuple[str, ...]]:
        """The expression with u written as n / r, where n = u * r is a tensor; and the tensors u."""
        found = self.quotients_in(expression)
        return expression.xreplace(dict(found)), tuple(access.tensor for node, _ in found for access in accesses(node))

    def quotients_in(self, expression: Expr) -> list[tuple[Expr, Expr]]:
        """(u, n / r) for the u in the expression, differences before what they are differences of."""
        found: dict[Expr, Expr] = {}
        for node in (*sorted(expression.atoms(sympy.Add), key=sympy.default_sort_key), *accesses(expression)):
            for quotient in self._candidates(self.quotients, node):
                for sign, matching in _signed(quotient.factors[0], node, Matching(frozenset(quotient.indices))):
                    values = matching.complete()
                    if values is not None:
                        found.setdefault(node, sign * quotient.value.xreplace(values))
        return list(found.items())

    def copy(self) -> Products:
        """What is known now, whatever is learnt later."""
        known = {name: list(found) for name, found in self.known.items()}
        return Products(known, {name: list(found) for name, found in self.quotients.items()})

    @staticmethod
    def _candidates(table: dict[str, list[Product]], node: Expr) -> Iterator[Product]:
        names = sorted({access.tensor for access in node.atoms(Access)} & table.keys())
        return (product for name in names for product in table[name])


def _is_factor(factor: Expr) -> bool:
    base, power = factor.as_base_exp()
    return power.is_Integer and (isinstance(base, Access) or (isinstance(base, sympy.Add) and power == 1))


def _is_normalised(factors: tuple[Expr, ...], equation: Equation, is_never_zero: Callable[[Access], bool]) -> bool:
    """Whether one factor runs over all indices, and another, which is never 0, is the same for a row of them."""
    whole = [factor for factor in factors if set(free_indices(factor)) == set(equation.indices)]
    rows = [factor for factor in factors if set(free_indices(factor)) < set(equation.indices)]
    return bool(whole) and any(isinstance(factor, Access) and is_never_zero(factor) for factor in rows)


def _key(factor: Expr) -> tuple[bool, object]:
    """Accesses first: it takes less to find one."""
    return not isinstance(factor.as_base_exp()[0], Access), sympy.default_sort_key(factor)


def _name(factor: Expr) -> str:
    return next(accesses(factor)).tensor


def patterns_of(equation: Equation) -> Product:
    """The factors of an equation's right-hand side, ready to be looked for."""
    coefficient, product = equation.rhs.as_coeff_Mul()
    own = apart(equation.indices)
    factors = tuple(factor.xreplace(own) for factor in sorted(sympy.Mul.make_args(product), key=_key))
    return Product(factors, tuple(own.values()), equation.lhs.xreplace(own) / coefficient, equation.tensor.name)


def divided(node: Expr, product: Product) -> Expr | None:
    """The node with the product's tensor in place of its factors; None where it does not have them all."""
    factors = list(sympy.Mul.make_args(node))
    for sign, taken, matching in _found(list(product.factors), factors, Matching(frozenset(product.indices))):
        values = matching.complete()
        if values is not None:
            result: Expr = sign * node / taken * product.value.xreplace(values)
            return result
    return None


def _found(patterns: list[Expr], factors: list[Expr], matching: Matching) -> Iterator[tuple[Expr, Expr, Matching]]:
    """Ways to find each pattern among the factors: what is taken of these, and its sign."""
    if not patterns:
        yield Integer(1), Integer(1), matching
        return
    base, power = _base_and_power(patterns[0])
    for factor in factors:
        other, exponent = _base_and_power(factor)
        if exponent >= power > 0 or exponent <= power < 0:
            for sign, learnt in _signed(base, other, matching):
                for signs, taken, complete in _found(patterns[1:], [f for f in factors if f != factor], learnt):
                    yield sign**power * signs, other**power * taken, complete


def _base_and_power(factor: Expr) -> tuple[Expr, Expr]:
    """The base and a whole power; other powers are part of what is matched."""
    base, power = factor.as_base_exp()
    return (base, power) if power.is_Integer else (factor, Integer(1))


def _signed(pattern: Expr, node: Expr, matching: Matching) -> Iterator[tuple[Expr, Matching]]:
    """A sign with which the node equals the pattern: x - m is -(m - x)."""
    for sign in (Integer(1), Integer(-1)) if isinstance(pattern, sympy.Add) else (Integer(1),):
        trial = matching.copy()
        if trial.unify(pattern, sign * node):
            yield sign, trial
