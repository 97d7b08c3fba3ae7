"""The order in which terms and factors read best."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import sympy
from sympy import Expr, Integer, Rational

from bpgen.algebra.digits import quotient, remainder
from bpgen.algebra.expressions import ORDERED, Access, Reduction
from bpgen.algebra.functions import Bracket, greater, greater_equal, where
from bpgen.algebra.index import BATCH, Index


def is_negative(term: Expr) -> bool:
    """Whether a term is printed with a minus sign."""
    return bool(term.could_extract_minus_sign()) if term.is_number else bool(term.as_coeff_Mul()[0] < 0)


def common_coefficient(expression: Expr) -> tuple[Expr, Expr]:
    """(2/3, z - m) for 2*z/3 - 2*m/3, and (1, itself) for a sum whose terms have no such factor.

    SymPy multiplies a rational number into a sum; written, counted and computed it stands once, before the sum.
    """
    coefficients = [term.as_coeff_Mul()[0] for term in expression.args]
    size = abs(coefficients[0])
    if size == 1 or not size.is_Rational or any(abs(other) != size for other in coefficients):
        return Integer(1), expression
    if any(_is_divisor(factor) for term in expression.args for factor in sympy.Mul.make_args(term)):
        return Integer(1), expression  # 1/2 + a/(2 B): the number stands in a denominator already
    common = -size if all(other < 0 for other in coefficients) else size
    return common, sympy.Add(*(term / common for term in expression.args))


ODD = (sympy.tanh, sympy.sinh, sympy.sin, sympy.tan, sympy.atan, sympy.erf)


def without_sign(expression: Expr) -> Expr:
    """-tanh(y - z) -> tanh(z - y), not evaluated: SymPy would draw the sign out again.  Others as they are."""
    if not isinstance(expression, sympy.Mul) or not expression.as_coeff_Mul()[0].is_negative:
        return expression
    for factor in expression.args:
        if isinstance(factor, ODD) and isinstance(factor.args[0], sympy.Add):
            inside = factor.args[0]
            if any(is_negative(term) for term in inside.args) and not all(is_negative(term) for term in inside.args):
                rest = -sympy.Mul(*(other for other in expression.args if other != factor))
                return sympy.Mul(rest, factor.func(-inside, evaluate=False), evaluate=False)
    return expression


def _is_divisor(factor: Expr) -> bool:
    return isinstance(factor, sympy.Pow) and bool(factor.exp.is_negative)


def joined_roots(factors: Iterable[Expr]) -> list[Expr]:
    """sqrt(2), 1/sqrt(pi) -> sqrt(2/pi): the roots of numbers as one, which SymPy takes apart."""
    given = list(factors)
    rest: list[Expr] = []
    under: list[Expr] = []
    for factor in given:
        is_root = isinstance(factor, sympy.Pow) and factor.is_number and factor.exp in (Rational(1, 2), Rational(-1, 2))
        (under if is_root else rest).append(factor)
    if len(under) < 2:
        return given
    return [sympy.Pow(sympy.Mul(*(root**2 for root in under)), Rational(1, 2), evaluate=False), *rest]


def exact_pairs(positive: Iterable[Expr], negative: Iterable[Expr]) -> list[tuple[Expr, Expr]]:
    """x[b, i] - m[b] of x - m - log(S): the difference of two large numbers, to be taken first, for it is exact.

    Beside logarithms alone; an element is paired with one that has fewer indices, as its maximum has, or more.
    """
    above, below = list(positive), list(negative)
    if not any(isinstance(term.as_coeff_Mul()[1], sympy.log) for term in [*above, *below]):
        return []
    pairs: list[tuple[Expr, Expr]] = []
    for left in above:
        found = [right for right in below if _rank(left) is not None and _rank(right) not in (None, _rank(left))]
        if found:
            pairs.append((left, found[0]))
            below.remove(found[0])
    return pairs


def _rank(term: Expr) -> int | None:
    """How many indices an element has, such as x or x/4; None for what is none."""
    element = term.as_coeff_Mul()[1]
    return len(element.indices) if isinstance(element, Access) else None


def ordered_terms(expression: Expr) -> list[Expr]:
    """Terms of a sum: positive ones first; whole numbers, then reductions, tensors, fractions.

    A negative term comes first only where all are: 1 - h**2, p - y, var + 1/100000.
    """

    def key(term: Expr) -> tuple[Any, ...]:
        number = 0 if term.is_Integer else (3 if term.is_number else 2 - term.has(Access))
        return (is_negative(term), number, not term.has(Reduction), sympy.default_sort_key(term))

    return sorted(expression.args, key=key)


def factor_key(factor: Expr) -> tuple[Any, ...]:
    """Factors of a product: numbers, scalars, tensors, short sums, functions, sums of them, reductions, brackets.

    Of equals those over the batch come first: x[b, i] * W[o, i].
    """
    kinds = (
        factor.is_number,
        not factor.has(Index, Reduction),
        isinstance(factor, Access),
        isinstance(factor, sympy.Pow) and isinstance(factor.base, Access),
        isinstance(factor, sympy.Add) and not factor.has(sympy.Function, Reduction),
        isinstance(factor, sympy.Pow | sympy.Function) and not isinstance(factor, Bracket | where),
        isinstance(factor, sympy.Add),
        isinstance(factor, Reduction),
    )
    rank = next((n for n, holds in enumerate(kinds) if holds), len(kinds))
    batched = any(isinstance(part, Index) and part.extent == BATCH for part in factor.free_symbols)
    return (rank, not batched, sympy.default_sort_key(factor))


def reading_order(expression: Expr) -> Iterator[Expr]:
    """Every part of an expression, roughly in the order in which it is printed; parts may repeat."""
    yield expression
    if isinstance(expression, sympy.Add):
        children = ordered_terms(expression)
    elif isinstance(expression, sympy.Mul):
        children = sorted(expression.args, key=factor_key)
    elif isinstance(expression, Access):
        children = list(expression.indices)
    elif isinstance(expression, Reduction):
        children = [*bound_order(expression), expression.body]
    else:
        children = list(expression.args)
    for child in children:
        yield from reading_order(child)


def bound_order(reduction: Reduction) -> list[Index]:
    """The bound indices of a reduction: the batch first, the others as they occur in its body.

    Where the order counts, it is kept.
    """
    if reduction.op in ORDERED:
        return list(reduction.bound)
    seen = [part for part in reading_order(reduction.body) if isinstance(part, Index)]
    place = {index: seen.index(index) if index in seen else len(seen) for index in reduction.bound}
    return sorted(reduction.bound, key=lambda index: (index.extent != BATCH, place[index]))


def is_whole(expression: Expr) -> bool:
    """Whether an expression is one of indices: integers, sums and products of them, quotients and remainders."""
    return isinstance(expression, Index | sympy.Integer) or (
        isinstance(expression, sympy.Add | sympy.Mul | quotient | remainder) and all(map(is_whole, expression.args))
    )


def paired(factors: Iterable[Expr]) -> Iterator[tuple[Expr, ...]]:
    """Factors, each by itself, but [e >= 0] and [n > e] together: they print as 0 <= e < n."""
    rest = list(factors)
    while rest:
        first = rest.pop(0)
        if isinstance(first, Bracket):
            value = first.args[0] if isinstance(first, greater_equal) else first.args[1]
            partner = next((other for other in rest if _bounds(first, other, value)), None)
            if partner is not None:
                rest.remove(partner)
                yield (first, partner) if isinstance(first, greater_equal) else (partner, first)
                continue
        yield (first,)


def _bounds(first: Expr, second: Expr, value: Expr) -> bool:
    """Whether the two are [value >= a] and [b > value], in either order."""
    low, high = (first, second) if isinstance(first, greater_equal) else (second, first)
    return (
        isinstance(low, greater_equal) and isinstance(high, greater)
        and low.args[0] == value == high.args[1] and is_whole(value) and low.args[1].is_Integer
    )  # fmt: skip
