"""Whether two expressions are equal by normal form: their difference, written out, has no term left.

A normal form is a sum of products, each with one sum around it over all its bound indices.  What a tensor is may have
to be written out to see that they are equal: first derivatives that only one side reads, then all of them, then what
the network computes.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy
from sympy import Expr, Integer

from bpgen.algebra.expressions import Access, Reduction, open_reduction, sum_over
from bpgen.algebra.index import BATCH
from bpgen.claims.spots import replace_accesses
from bpgen.claims.theory import Theory
from bpgen.derive.contract import carried_to
from bpgen.derive.differentiate import ADJOINT
from bpgen.derive.forms import cheapest
from bpgen.derive.sums import SumRules

LARGEST = 400  # terms that a normal form may come to
DEEPEST = 8  # times that tensors are written out


def normal_form(expression: Expr) -> Expr | None:
    """The sum of its terms; None where there would be too many."""
    terms = list(_terms(expression, LARGEST))
    return None if len(terms) > LARGEST else sympy.Add(*terms)


def _terms(expression: Expr, most: int) -> Iterator[Expr]:
    """The products that an expression is the sum of, as far as they are wanted."""
    if isinstance(expression, sympy.Add):
        for term in expression.args:
            yield from _terms(term, most)
    elif isinstance(expression, Reduction) and expression.op == "sum":
        bound, body = open_reduction(expression)
        for term in _terms(body, most):
            yield _summed(term, bound)
    elif isinstance(expression, sympy.Mul):
        yield from _product([list(_terms(factor, most)) for factor in expression.args], most)
    elif isinstance(expression, sympy.Pow) and expression.args[1].is_Integer and 1 < expression.args[1] <= 4:
        base = list(_terms(expression.args[0], most))
        yield from _product([base] * int(expression.args[1]), most)
    else:
        yield expression


def _product(factors: list[list[Expr]], most: int) -> Iterator[Expr]:
    products: list[Expr] = [Integer(1)]
    for terms in factors:
        products = [_merged(left, right) for left in products for right in terms]
        if len(products) > most:
            break
    yield from products


def _merged(left: Expr, right: Expr) -> Expr:
    """c sum[i](a) * d sum[j](b) -> c d sum[i, j](a b)"""
    bound: list[Expr] = []
    rest: list[Expr] = []
    for factor in (*sympy.Mul.make_args(left), *sympy.Mul.make_args(right)):
        if isinstance(factor, Reduction) and factor.op == "sum":
            opened, body = open_reduction(factor)
            bound += opened
            rest.append(body)
        else:
            rest.append(factor)
    return _summed(sympy.Mul(*rest), tuple(bound))


def _summed(term: Expr, bound: tuple[Expr, ...]) -> Expr:
    """The sum of one product, with sums inside it joined to it and numbers outside."""
    inner: list[Expr] = []
    body: list[Expr] = []
    for factor in sympy.Mul.make_args(term):
        if isinstance(factor, Reduction) and factor.op == "sum":
            opened, below = open_reduction(factor)
            inner += opened
            body.append(below)
        else:
            body.append(factor)
    over = [*bound, *inner]
    outside = [factor for factor in body if not factor.has(Access) and not factor.free_symbols & set(over)]
    inside = [factor for factor in body if factor not in outside]
    return sympy.Mul(*outside) * sum_over(sympy.Mul(*inside), over)


class Prover:
    """Compares expressions in a theory.  Nothing is changed by it."""

    def __init__(self, theory: Theory) -> None:
        self.theory = theory

    def equal(self, left: Expr, right: Expr) -> bool:
        """Whether left - right is 0 by normal form, with the theory's facts and definitions."""
        difference = left - right
        return self._vanishes(difference) or any(map(self._vanishes, self._written_out(left, right)))

    def apart(self, left: Expr, right: Expr) -> bool:
        """Whether left - right is a number other than 0, which may depend on the batch."""
        return any(map(self._is_number, (left - right, *self._written_out(left, right))))

    def _is_number(self, difference: Expr) -> bool:
        normal = normal_form(difference)
        if normal is None or normal.has(Access, Reduction) or normal.free_symbols - {BATCH}:
            return False
        return normal.xreplace({BATCH: Integer(3)}).equals(0) is False

    def simplified(self, expression: Expr) -> Expr:
        """By the rules of the derivation: facts, brackets, sums of known value, rational forms."""
        summed = SumRules(self.theory.definitions).apply(expression)
        folded, _ = self.theory.definitions.fold(summed)
        return cheapest(folded)

    def _vanishes(self, difference: Expr) -> bool:
        if difference == 0:
            return True
        folded, _ = self.theory.definitions.fold(difference)
        for form in (folded, difference):
            normal = normal_form(form)
            if normal == 0 or (normal is not None and self._normal_of_simplified(normal) == 0):
                return True
        return False

    def _normal_of_simplified(self, expression: Expr) -> Expr:
        simple = self.simplified(expression)
        normal = normal_form(simple)
        return simple if normal is None else normal

    def _written_out(self, left: Expr, right: Expr) -> Iterator[Expr]:
        """The difference with more and more tensors written out as what they are."""
        one_sided = left - right
        for _ in range(DEEPEST):  # derivatives that only one side reads
            mine, other = derivatives(left), derivatives(right)
            different = mine ^ other
            if not different:
                break
            left, right = (written_out(side, different, self.theory) for side in (left, right))
            yield left - right
        for _ in range(DEEPEST):
            names = derivatives(one_sided)
            if not names or sympy.count_ops(one_sided) > LARGEST:
                break
            one_sided = written_out(one_sided, names, self.theory)
            yield one_sided
        for _ in range(DEEPEST):
            computed = {access.tensor for access in one_sided.atoms(Access) if access.tensor in self.theory.defining}
            if not computed or sympy.count_ops(one_sided) > LARGEST:
                break
            one_sided = written_out(one_sided, computed, self.theory)
            yield one_sided


def written_out(expression: Expr, names: set[str], theory: Theory) -> Expr:
    """The expression with these tensors as what they are; one that reads itself along time stays."""

    def meaning(access: Access) -> Expr:
        equation = theory.defining.get(access.tensor)
        if access.tensor not in names or equation is None or access.tensor in equation.reads:
            return access
        return carried_to(equation.rhs, dict(zip(equation.indices, access.indices, strict=True)))

    return replace_accesses(expression, meaning)


def derivatives(expression: Expr) -> set[str]:
    """Names of the derivatives that an expression reads."""
    return {access.tensor for access in expression.atoms(Access) if access.tensor.startswith(ADJOINT)}
