"""Conditions on loop variables in one form, and products taken apart into conditions and factors.

A condition that an affine function of loop variables is not negative is that function: p < 5 is 4 - p.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import floor, gcd, inf, lcm

from bpgen.algebra.records import dataclass
from bpgen.lower.build import multiplied, negated, selected
from bpgen.lower.cuts import Ranges, difference_of
from bpgen.lower.rewrite import loads, transform
from bpgen.lower.scalar import Affine, Constant, IndexValue, Operation, Scalar


def conjuncts(condition: Scalar) -> list[Scalar]:
    """c1 and c2 and ... -> [c1, c2, ...]"""
    if isinstance(condition, Operation) and condition.op == "and":
        return [part for argument in condition.arguments for part in conjuncts(argument)]
    return [condition]


def bound_of(condition: Scalar) -> Affine | None:
    """The affine function that is not negative just where the condition holds; None where it is no such condition."""
    found = difference_of(condition)
    if found is None or not isinstance(condition, Operation) or condition.op == "equal" or not found[0]:
        return None
    terms, constant = found
    scale = lcm(constant.denominator, *(coefficient.denominator for coefficient in terms.values()))
    whole = {name: int(coefficient * scale) for name, coefficient in terms.items()}
    rest = int(constant * scale) - (condition.op == "greater")  # a > b -> a - b - 1 >= 0
    common = gcd(*whole.values())
    return affine({name: coefficient // common for name, coefficient in whole.items()}, floor(Fraction(rest, common)))


def affine(terms: dict[str, int], constant: int) -> Affine:
    """With its terms in the order of their names, none of them 0."""
    return Affine(tuple(sorted((name, c) for name, c in terms.items() if c)), constant)


def plus(left: Affine, right: Affine, factor: int = 1) -> Affine:
    """left + factor * right"""
    terms = dict(left.terms)
    for name, coefficient in right.terms:
        terms[name] = terms.get(name, 0) + factor * coefficient
    return affine(terms, left.constant + factor * right.constant)


def is_not_negative(bound: Affine) -> Scalar:
    """The condition again."""
    return Operation("bool", "greater_equal", (IndexValue("int32", bound), Constant("int32", Fraction(0))))


def reach(index: Affine, ranges: Ranges) -> tuple[float, float]:
    """The least and the greatest value of an affine function."""
    low = high = float(index.constant)
    for name, coefficient in index.terms:
        ends = sorted(coefficient * end for end in ranges.get(name, (-inf, inf)))
        low, high = low + ends[0], high + ends[1]
    return low, high


def limits(index: Affine, extent: int) -> tuple[Affine, Affine]:
    """index >= 0 and index < extent, in the form of bounds."""
    normal = affine(dict(index.terms), index.constant)
    return normal, plus(Affine((), extent - 1), normal, -1)


@dataclass(frozen=True)
class Term:
    """A product that counts only where all conditions hold, and is `otherwise` (0 in a sum) elsewhere.

    Conditions on loop variables come first: elements that another condition reads may be outside where one fails.
    """

    conditions: tuple[Scalar, ...]
    factors: tuple[Scalar, ...]

    def scalar(self, dtype: str, otherwise: Scalar | None = None) -> Scalar:
        value = multiplied(list(self.factors), dtype)
        if not self.conditions:
            return value
        conditions = sorted(self.conditions, key=lambda condition: any(True for _ in loads(condition)))
        if otherwise is None:
            for condition in reversed(conditions):
                value = selected(condition, value)
            return value
        return Operation(dtype, "select", (both(conditions), value, otherwise))


def both(conditions: Sequence[Scalar]) -> Scalar:
    """All of the conditions, as one."""
    value = conditions[0]
    for condition in conditions[1:]:
        value = Operation("bool", "and", (value, condition))
    return value


def product_of(body: Scalar) -> Term:
    """The body of a sum as conditions and factors: [c] a * [d] b -> [c, d] and [a, b]."""
    match body:
        case Operation(op="multiply", arguments=(left, right)):
            one, other = product_of(left), product_of(right)
            return Term(_once((*one.conditions, *other.conditions)), (*one.factors, *other.factors))
        case Operation(op="select", arguments=(condition, chosen, Constant(value=0))):
            inner = product_of(chosen)
            return Term(_once((*conjuncts(condition), *inner.conditions)), inner.factors)
        case Operation(op="negative", arguments=(argument,)):
            inner = product_of(argument)
            first, *rest = inner.factors or (Constant(body.dtype, Fraction(1)),)
            return Term(inner.conditions, (negated(first), *rest))
        case Operation(op="divide", arguments=(over, under)):
            inner = product_of(over)
            if inner.conditions:
                quotient = Operation(body.dtype, "divide", (multiplied(list(inner.factors), body.dtype), under))
                return Term(inner.conditions, (quotient,))
        case Constant(value=1):
            return Term((), ())
    return Term((), (body,))


def guarded(body: Scalar, identity: Scalar) -> Term:
    """The body of a max or prod: select(c, a, identity) -> [c] and [a]; an access inside is known to be inside."""
    if isinstance(body, Operation) and body.op == "select" and body.arguments[2] == identity:
        known = conjuncts(body.arguments[0])
        inner = guarded(body.arguments[1], identity)
        return Term(_once((*known, *inner.conditions)), inner.factors)
    return Term((), (body,))


def _once(conditions: Iterable[Scalar]) -> tuple[Scalar, ...]:
    """Each condition once, however it is written; one that another implies is left out."""
    found: dict[object, Scalar] = {}
    strongest: dict[tuple[tuple[str, int], ...], int] = {}
    for condition in conditions:
        bound = bound_of(condition)
        if bound is None:
            found.setdefault(condition, condition)
            continue
        strongest[bound.terms] = min(bound.constant, strongest.get(bound.terms, bound.constant))
        found[bound.terms] = condition
    return tuple(
        is_not_negative(Affine(key, strongest[key])) if isinstance(key, tuple) else condition
        for key, condition in found.items()
    )


def implied(condition: Scalar, known: Iterable[Scalar]) -> bool:
    """Whether one of the known conditions is this one, or a stronger bound of the same function."""
    bound = bound_of(condition)
    if bound is None:
        return condition in known
    others = (bound_of(other) for other in known)
    return any(
        other is not None and other.terms == bound.terms and other.constant <= bound.constant for other in others
    )


def without_implied(term: Term, ranges: Ranges) -> Term:
    """The term without conditions that its loops' ranges, or its other conditions, make sure of."""
    needed = []
    for condition in term.conditions:
        bound = bound_of(condition)
        if bound is None or reach(bound, ranges)[0] < 0:
            needed.append(condition)

    def change(node: Scalar) -> Scalar | None:
        if not isinstance(node, Operation) or node.op != "select":
            return None
        condition, chosen, otherwise = node.arguments
        left = [part for part in conjuncts(condition) if not implied(part, needed)]
        if len(left) == len(conjuncts(condition)):
            return None
        chosen = transform(chosen, change)
        if not left:
            return chosen
        return Operation(node.dtype, "select", (both(left), chosen, transform(otherwise, change)))

    return Term(tuple(needed), tuple(transform(factor, change) for factor in term.factors))
