"""Conditions in their shortest form, and choices that are functions.

    [1 - t z > 0] -> [t z < 1]              [max(u + 3, 0) <= 6] -> [u <= 3]
    x [x > 0] -> max(0, x)                  where(x > 0, 0, x) -> min(0, x)
    where(|r| < d, r, d sign(r)) -> min(max(r, -d), d), for d that is not negative
    where(c, a, b) -> b + (a - b) [c], for a - b a number
    p/t + where(c, -1/t, 0) -> (p - [c])/t
    (1 - q) [a > b] - q [b >= a]  ->  the one condition, and 1 less it        1 - [a > b] -> [b >= a]

Each is kept only where it costs no more than what it replaces.
"""

from __future__ import annotations

import sympy
from sympy import Expr, Integer

from bpgen.algebra.expressions import Access
from bpgen.algebra.functions import Bracket, absolute, greater, greater_equal, maximum, minimum, sign, where
from bpgen.derive.cost import cost

# A difference with more factors in sums than this is not multiplied out.
LONGEST = 24


def settle_conditions(expression: Expr) -> Expr:
    """The expression with its conditions and choices on real tensors in these forms."""
    if expression.has(sign):
        expression = expression.replace(sympy.Mul, _sizes)
    if not expression.has(Bracket):
        return expression
    expression = expression.replace(lambda node: isinstance(node, greater | greater_equal), shortest)
    if expression.has(where):
        expression = expression.replace(where, _function)
    return _one_of_opposites(expression)


def without_conditions(expression: Expr) -> Expr:
    """The expression with functions for the conditions that are left, once those that occur twice are asked once."""
    if not expression.has(Bracket):
        return expression
    if expression.has(where):
        expression = expression.replace(where, _partial).replace(sympy.Add, _divided)
    result: Expr = expression.replace(sympy.Mul, _positive_part).replace(sympy.Add, _opposite)
    return result


def shortest(bracket: Expr) -> Expr:
    """[left > right] or [left >= right] with numbers on one side, and each term where it is positive."""
    if not any(not access.is_integer for access in bracket.atoms(Access)):
        return bracket
    bracket = _inside(bracket)
    if not isinstance(bracket, Bracket):
        return bracket
    left, right = bracket.args
    difference = left - right
    if len(difference.atoms(sympy.Add, Access)) <= LONGEST:
        difference = sympy.factor_terms(sympy.expand(difference))
    difference = sympy.Mul(*(factor for factor in sympy.Mul.make_args(difference) if not factor.is_positive))
    number, rest = difference.as_coeff_Add()
    if not number.is_Rational or rest == 0:
        return bracket
    content, rest = rest.primitive()
    number = number / content
    terms = sympy.Add.make_args(rest)
    above = sympy.Add(*(term for term in terms if not _is_negative(term)))
    below = sympy.Add(*(-term for term in terms if _is_negative(term)))
    if below == 0:
        found = bracket.func(above, -number)
    elif above == 0:
        found = bracket.func(number, below)
    else:
        found = bracket.func(above + max(number, Integer(0)), below + max(-number, Integer(0)))
    return found if cost(found) < cost(bracket) else bracket


def _is_negative(term: Expr) -> bool:
    return bool(term.as_coeff_Mul()[0] < 0)


def _inside(bracket: Expr) -> Expr:
    """[min(a, x) > c] -> [x > c] for numbers a > c, and 0 for others; so for max, and on the other side."""
    if not isinstance(bracket, Bracket):
        return bracket
    for position, (side, other) in enumerate((bracket.args, bracket.args[::-1])):
        if not isinstance(side, maximum | minimum) or not other.is_number:
            continue
        number = next((argument for argument in side.args if argument.is_number), None)
        if number is None:
            continue
        (rest,) = (argument for argument in side.args if argument != number)

        def compared(value: Expr, position: int = position, other: Expr = other) -> Expr:
            return bracket.func(value, other) if position == 0 else bracket.func(other, value)

        # max(a, x) > c where one of them is; min(a, x) > c where both are; the other way round for what is smaller
        either = isinstance(side, maximum) == (position == 0)
        known = compared(number)
        return known if known == (1 if either else 0) else _inside(compared(rest))
    return bracket


def _sizes(*factors: Expr) -> Expr:
    """x*sign(x) -> |x|"""
    for factor in factors:
        if isinstance(factor, sign) and factor.args[0] in factors:
            rest = list(factors)
            rest.remove(factor)
            rest.remove(factor.args[0])
            return _sizes(*rest, absolute(factor.args[0]))
    return sympy.Mul(*factors)


def _positive_part(*factors: Expr) -> Expr:
    """x*[x > 0] -> max(0, x), x*[0 > x] -> min(0, x); max(0, x)*[x > 0] -> max(0, x)"""
    for bracket in factors:
        for factor in factors if isinstance(bracket, greater | greater_equal) else ():
            base, power = factor.as_base_exp()
            value = bracket.args[0] - bracket.args[1]
            part = base if base in (maximum(Integer(0), value), minimum(Integer(0), -value)) else _part(base, value)
            if part is not None and power.is_Integer and power > 0:
                return sympy.Mul(*(other for other in factors if other not in (bracket, factor)), part**power)
    return sympy.Mul(*factors)


def _part(expression: Expr, value: Expr) -> Expr | None:
    """What is the expression where the value is positive and 0 elsewhere, for a multiple of the value."""
    ratio = _ratio(expression, value)
    if ratio is None:
        return None
    return (maximum if ratio > 0 else minimum)(Integer(0), expression)


def _ratio(expression: Expr, value: Expr) -> Expr | None:
    """The number that the expression is times the value; None where it is none."""
    (first, left), (second, right) = expression.primitive(), value.primitive()
    if left in (right, -right) and first != 0 and second != 0:
        return first / second if left == right else -first / second
    return None


def _function(condition: Expr, chosen: Expr, otherwise: Expr) -> Expr:
    """A choice that is a function of what its condition speaks of, or differs by a number."""
    whole = where(condition, chosen, otherwise)
    if isinstance(condition, greater | greater_equal):
        bound, size = condition.args
        found = _clipped(bound, size, chosen, otherwise)
        if found is not None:
            return found
    if isinstance(condition, Bracket):
        difference = sympy.expand(chosen - otherwise)
        if difference.is_number and difference.is_finite:
            apart = otherwise + difference * condition
            return apart if cost(apart) < cost(whole) else whole
    return whole


def _partial(condition: Expr, chosen: Expr, otherwise: Expr) -> Expr:
    """where(x > 0, x, 0) -> max(0, x), where(x > 0, 0, x) -> min(0, x)"""
    found = None
    if isinstance(condition, greater | greater_equal) and 0 in (chosen, otherwise):
        value = condition.args[0] - condition.args[1]
        found = _part(chosen, value) if otherwise == 0 else _part(otherwise, -value)
    return where(condition, chosen, otherwise) if found is None else found


def _divided(*terms: Expr) -> Expr:
    """p/t + where(c, -1/t, 0) -> (p - [c])/t: where t is 0 the sum is undefined in any case"""
    total = sympy.Add(*terms)
    choices = [term for term in terms if isinstance(term, where) and term.args[2] == 0]
    others = [term for term in terms if term not in choices]
    if not choices or not others:
        return total
    divisors = set.intersection(*(_divisors(term.args[1] if term in choices else term) for term in terms))
    if not divisors:
        return total
    divisor = sympy.Mul(*divisors)
    chosen = [term.args[0] * term.args[1] / divisor for term in choices]
    apart = divisor * sympy.Add(*(term / divisor for term in others), *chosen)
    return apart if cost(apart) < cost(total) else total


def _divisors(term: Expr) -> set[Expr]:
    return {f for f in sympy.Mul.make_args(term) if isinstance(f, sympy.Pow) and f.exp.is_negative and f.has(Access)}


def _clipped(bound: Expr, size: Expr, chosen: Expr, otherwise: Expr) -> Expr | None:
    """where(|r| < d, k*r, k*d*sign(r)) -> k*min(max(r, -d), d)"""
    if not isinstance(size, absolute) or not bound.is_nonnegative:
        return None
    (inner,) = size.args
    factor = chosen / inner
    if factor.has(inner) or sympy.expand(otherwise - factor * bound * sign(inner)) != 0:
        return None
    return factor * minimum(maximum(inner, -bound), bound)


def _one_of_opposites(expression: Expr) -> Expr:
    """[b >= a] -> 1 - [a > b], where both stand in the expression."""
    for bracket in sorted(expression.atoms(greater), key=sympy.default_sort_key):
        opposite = greater_equal(bracket.args[1], bracket.args[0])
        if expression.has(opposite):
            expression = expression.xreplace({opposite: 1 - bracket})
    return expression


def _opposite(*terms: Expr) -> Expr:
    """1 - [a > b] -> [b >= a]"""
    if Integer(1) in terms:
        for term in terms:
            bracket = -term
            if isinstance(bracket, greater | greater_equal) and bracket.has(Access):
                opposite = (greater_equal if isinstance(bracket, greater) else greater)(*bracket.args[::-1])
                return sympy.Add(*(other for other in terms if other not in (1, term)), opposite)
    return sympy.Add(*terms)
