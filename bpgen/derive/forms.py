"""Equal forms of a scalar expression, and the choice of the cheapest.

`rational` knows the forms of rational expressions; here are those that know the functions in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import sympy
from sympy import Expr, Integer

from bpgen.algebra.expressions import Access, Reduction
from bpgen.algebra.functions import Bracket, equal, logistic_form, sigmoid, where
from bpgen.algebra.index import Index
from bpgen.algebra.signs import numbers_first
from bpgen.derive.conditions import settle_conditions, without_conditions
from bpgen.derive.cost import cost
from bpgen.derive.rational import EXPANSION_LIMIT, as_rational, digits_of, terms_of
from bpgen.derive.recognise import recognise_tanh

# Each condition that is asked twice doubles the work; what has more of them is left as it is.
MOST_CASES = 3


def cheapest(expression: Expr) -> Expr:
    """The cheapest form found; the given one where none is cheaper."""
    expression = settle_conditions(_logistic(recognise_tanh(_inside(expression))))
    if not isinstance(expression, sympy.Add | sympy.Mul | sympy.Pow):
        return expression
    best = as_rational(expression)
    for candidate in (*_complemented(expression), *_apart(expression), *_at_labels(expression)):
        if cost(candidate) < cost(best):
            best = candidate
    best = _complements(_joined_powers(best))
    best = split_cases(_short_numbers(best if cost(best) <= cost(expression) else expression))
    return numbers_first(without_conditions(best))


def _complemented(expression: Expr) -> Iterator[Expr]:
    """sigmoid(-u) -> 1 - sigmoid(u)"""
    turned = {node: 1 - sigmoid(-node.args[0]) for node in expression.atoms(sigmoid) if _is_turned(node.args[0])}
    if turned:
        yield as_rational(expression.xreplace(turned))


def _complements(expression: Expr) -> Expr:
    """1 - sigmoid(u) -> sigmoid(-u), where sigmoid(u) stands nowhere else"""
    for node in sorted(expression.atoms(sigmoid), key=sympy.default_sort_key):
        beside = [whole for whole in expression.atoms(sympy.Add) if node in (whole + 1, 1 - whole)]
        turned = {
            whole: (whole + node) * sigmoid(-node.args[0]) if whole + node == 1 else -sigmoid(-node.args[0])
            for whole in beside
        }
        if not expression.xreplace(turned).has(node):
            expression = expression.xreplace(turned)
    return expression


def _is_turned(argument: Expr) -> bool:
    return all(term.as_coeff_Mul()[0] < 0 for term in sympy.Add.make_args(argument))


def _apart(expression: Expr) -> Iterator[Expr]:
    """p*(sum[..] + f/p) -> p*sum[..] + f: what is summed and what is not, each in its own form."""
    if not expression.has(Reduction) or terms_of(expression) > EXPANSION_LIMIT:
        return
    sums = {reduction: sympy.Dummy(real=True) for reduction in expression.atoms(Reduction)}
    back = {mark: reduction for reduction, mark in sums.items()}
    parts: dict[frozenset[Expr], list[Expr]] = {}
    for term in sympy.Add.make_args(sympy.expand_mul(expression.xreplace(sums))):
        parts.setdefault(frozenset(term.free_symbols.intersection(back)), []).append(term.xreplace(back))
    if len(parts) > 1:
        yield sympy.Add(*(as_rational(sympy.Add(*terms)) for terms in parts.values()))


def _at_labels(expression: Expr) -> Iterator[Expr]:
    """p[k] a - [j = k] p[j] a[j] -> p[k] (a - [j = k] a[k]): what stands beside a bracket is read where it is 1.

    Only where it is read there already: a label that is compared may be none of the places.
    """
    read = expression.atoms(Access)
    labels = {
        bracket: (index, label)
        for bracket in sorted(expression.atoms(equal), key=sympy.default_sort_key)
        for index, label in (bracket.args, bracket.args[::-1])
        if isinstance(index, Index) and (label in read or label.is_Integer)
    }
    if not labels or terms_of(expression) > EXPANSION_LIMIT:
        return
    moved = (_moved(term, labels, read) for term in sympy.Add.make_args(sympy.expand(expression)))
    yield as_rational(sympy.Add(*moved))


def _moved(term: Expr, labels: Mapping[Expr, tuple[Expr, Expr]], read: set[Access]) -> Expr:
    for bracket, (index, label) in labels.items():
        if bracket in sympy.Mul.make_args(term):
            moved = bracket * (term / bracket).xreplace({index: label})
            if moved.atoms(Access) <= read:
                return moved
    return term


def _joined_powers(expression: Expr) -> Expr:
    """t**q/t -> t**(q - 1)"""
    if not any(node.exp.free_symbols for node in expression.atoms(sympy.Pow)):
        return expression
    result: Expr = sympy.powsimp(expression, combine="exp")
    return result


def _inside(expression: Expr) -> Expr:
    """Choose inside the arguments of functions first; a reduction is opened by bpgen.derive.sums."""
    if expression.is_Atom or isinstance(expression, Access | Reduction):
        return expression
    if isinstance(expression, sympy.Function):
        return expression.func(*(cheapest(argument) for argument in expression.args))
    return expression.func(*(_inside(argument) for argument in expression.args))


def _logistic(expression: Expr) -> Expr:
    """Rational expressions in exp(u) over 1 + exp(u) become ones in sigmoid(u)."""
    found = sorted(expression.atoms(sympy.exp), key=sympy.default_sort_key)
    for exponential in found:
        argument = exponential.args[0]
        if argument.could_extract_minus_sign():
            argument = -argument
        if terms_of(expression) <= EXPANSION_LIMIT:
            expression = logistic_form(expression, argument)
    return expression


def _short_numbers(expression: Expr) -> Expr:
    """(200000 + 26829*z)*y/200000 -> (1 + 0.134145*z)*y"""
    if not expression.has(sympy.Add) or digits_of(expression) == 0:
        return expression

    def product(*factors: Expr) -> Expr:
        whole = sympy.Mul(*factors)
        for factor in factors:
            number = factor.as_coeff_Add()[0] if isinstance(factor, sympy.Add) else Integer(0)
            if number.is_Rational and number > 0 and len(factors) > 2:
                shorter = whole / factor * number * sympy.expand(factor / number)
                if (cost(shorter), digits_of(shorter)) < (cost(whole), digits_of(whole)):
                    return shorter
        return whole

    result: Expr = expression.replace(sympy.Mul, product)
    return result


def strip_where(expression: Expr) -> Expr:
    """where(c, k*a, k*b) -> k*where(c, a, b)"""

    def shared(condition: Expr, chosen: Expr, otherwise: Expr) -> Expr:
        if chosen == 0 or otherwise == 0:
            return where(condition, chosen, otherwise)
        common = sympy.Mul(*(set(sympy.Mul.make_args(chosen)) & set(sympy.Mul.make_args(otherwise))))
        if common == 1 or common.is_number:
            return where(condition, chosen, otherwise)
        return common * where(condition, chosen / common, otherwise / common)

    result: Expr = expression.replace(where, shared)
    return result


def split_cases(expression: Expr) -> Expr:
    """a*[c] + b*where(c, 0, d) -> where(c, a, b*d): one condition that occurs twice is asked once."""
    if not isinstance(expression, sympy.Add | sympy.Mul):
        return expression
    found: dict[Expr, int] = {}
    nodes = sympy.preorder_traversal(expression)
    for node in nodes:
        if isinstance(node, Reduction):  # its conditions may be on what it runs over
            nodes.skip()
        condition = node.args[0] if isinstance(node, where) else node
        if isinstance(condition, Bracket):
            found[condition] = found.get(condition, 0) + (1 if node is condition else 0)
    repeated = sorted((c for c, count in found.items() if count > 1), key=sympy.default_sort_key)
    for condition in repeated if len(repeated) <= MOST_CASES else ():
        cases = [cheapest(_assume(expression, condition, value)) for value in (Integer(1), Integer(0))]
        if any(case.has(sympy.nan, sympy.zoo) for case in cases):  # 1/r, for an r that is 0 in this case
            continue
        candidate = strip_where(where(condition, *cases))
        if cost(candidate) < cost(expression):
            expression = candidate
    return expression


def _assume(expression: Expr, condition: Expr, value: Expr) -> Expr:
    """The expression where a condition is known."""
    decided: Expr = expression.replace(
        lambda node: isinstance(node, where) and node.args[0] == condition,
        lambda node: node.args[1] if value == 1 else node.args[2],
    ).xreplace({condition: value})
    return decided
