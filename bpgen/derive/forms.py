"""Equal forms of a scalar expression, and the choice of the cheapest.

Accesses, reductions and functions are atoms here: what is left is a rational expression, which
SymPy's polynomial algebra rewrites well.  Results are kept by structure, so that equal layers are
simplified once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache

import sympy
from sympy import Expr, Integer, Symbol

from bpgen.algebra.expressions import Access, Reduction
from bpgen.algebra.functions import Bracket, logistic_form, sigmoid, where
from bpgen.algebra.index import Index
from bpgen.algebra.signs import settle_signs
from bpgen.derive.conditions import settle_conditions, without_conditions
from bpgen.derive.cost import cost
from bpgen.derive.recognise import recognise_tanh

# Above this many terms a full expansion costs more than it can find.
EXPANSION_LIMIT = 60
# Each condition that is asked twice doubles the work; what has more of them is left as it is.
MOST_CASES = 3


def cheapest(expression: Expr) -> Expr:
    """The cheapest form found; the given one where none is cheaper."""
    expression = settle_conditions(_logistic(recognise_tanh(_inside(expression))))
    if not isinstance(expression, sympy.Add | sympy.Mul | sympy.Pow):
        return expression
    best = _as_rational(expression)
    for candidate in (*_complemented(expression), *_apart(expression)):
        if cost(candidate) < cost(best):
            best = candidate
    best = _complements(_joined_powers(best))
    best = split_cases(_short_numbers(best if cost(best) <= cost(expression) else expression))
    return without_conditions(best)


def _as_rational(expression: Expr) -> Expr:
    """The cheapest rational form over what is not rational in it."""
    nodes = sorted(_atoms(expression), key=sympy.default_sort_key)
    stands: dict[Expr, Expr] = {node: _stand(position, node) for position, node in enumerate(nodes)}
    back = {stand: node for node, stand in stands.items()}
    for node in expression.atoms(sympy.Pow) if expression.has(sympy.Pow) else ():
        number, exponent = node.exp.as_coeff_Add()
        if number != 0 and node.base**exponent in stands:  # t**(q - 1) -> t**q / t
            stands[node] = stands[node.base**exponent] * node.base.xreplace(stands) ** number
    result: Expr = _cheapest_rational(expression.xreplace(stands)).xreplace(back)
    return result


def _complemented(expression: Expr) -> Iterator[Expr]:
    """sigmoid(-u) -> 1 - sigmoid(u)"""
    turned = {node: 1 - sigmoid(-node.args[0]) for node in expression.atoms(sigmoid) if _is_turned(node.args[0])}
    if turned:
        yield _as_rational(expression.xreplace(turned))


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
    if not expression.has(Reduction) or _terms(expression) > EXPANSION_LIMIT:
        return
    parts: dict[frozenset[Expr], list[Expr]] = {}
    for term in sympy.Add.make_args(sympy.expand_mul(expression)):
        parts.setdefault(frozenset(term.atoms(Reduction)), []).append(term)
    if len(parts) > 1:
        yield sympy.Add(*(_as_rational(sympy.Add(*terms)) for terms in parts.values()))


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


def _atoms(expression: Expr) -> Iterator[Expr]:
    seen: set[Expr] = set()
    pending = [expression]
    while pending:
        node = pending.pop()
        if isinstance(node, sympy.Add | sympy.Mul) or (isinstance(node, sympy.Pow) and node.args[1].is_Integer):
            pending.extend(node.args)
        elif isinstance(node, sympy.Pow) and node.exp.as_coeff_Add()[0].is_Integer and node.exp.is_Add:
            pending += [node.base, node.base ** node.exp.as_coeff_Add()[1]]
        elif not node.is_number and node not in seen:
            seen.add(node)
            yield node


def _stand(position: int, node: Expr) -> Symbol:
    if isinstance(node, Bracket):
        return Symbol(f"c{position:03}", integer=True, nonnegative=True)
    if node.is_positive:
        return Symbol(f"p{position:03}", positive=True)
    return Symbol(f"r{position:03}", real=True)


def _logistic(expression: Expr) -> Expr:
    """Rational expressions in exp(u) over 1 + exp(u) become ones in sigmoid(u)."""
    found = sorted(expression.atoms(sympy.exp), key=sympy.default_sort_key)
    for exponential in found:
        argument = exponential.args[0]
        if argument.could_extract_minus_sign():
            argument = -argument
        if _terms(expression) <= EXPANSION_LIMIT:
            expression = logistic_form(expression, argument)
    return expression


@lru_cache(maxsize=4096)
def _cheapest_rational(expression: Expr) -> Expr:
    best, lowest = expression, None
    for candidate in _candidates(expression):
        signed = settle_signs(_idempotent(candidate))
        price = (_stand_cost(signed), _digits(signed))
        if lowest is None or price < lowest:
            best, lowest = signed, price
    return best


def _candidates(expression: Expr) -> Iterator[Expr]:
    yield sympy.factor_terms(expression)
    yield expression
    if not expression.has(sympy.Add) or _terms(expression) > EXPANSION_LIMIT:
        return
    numerator, denominator = sympy.fraction(sympy.together(expression))
    if denominator.is_number or denominator.is_Symbol:
        flat = expanded = sympy.expand(expression)
    else:
        flat = sympy.cancel(expression)
        yield sympy.factor_terms(flat)
        expanded = sympy.expand(flat)
    yield flat
    yield collect_greedily(sympy.Add.make_args(expanded))
    yield sympy.factor(flat)
    yield sympy.factor_terms(collect_greedily(sympy.Add.make_args(sympy.expand(numerator)))) / denominator


def collect_greedily(terms: tuple[Expr, ...]) -> Expr:
    """A sum of products, with the factor that most terms share drawn out, again and again."""
    if len(terms) < 2:
        return sympy.Add(*terms)
    counts: dict[Expr, int] = {}
    for term in terms:
        for base in _drawn_from(term):
            counts[base] = counts.get(base, 0) + 1
    shared = [base for base, count in counts.items() if count > 1]
    if not shared:
        return sympy.Add(*terms)
    base = min(shared, key=lambda item: (-counts[item], sympy.default_sort_key(item)))
    with_base: list[Expr] = []
    without: list[Expr] = []
    for term in terms:
        has = base in _drawn_from(term)
        (with_base if has else without).append(term / base if has else term)
    inner = collect_greedily(tuple(with_base))
    if not without:
        return base * inner
    return base * inner + collect_greedily(tuple(without))


def _drawn_from(term: Expr) -> set[Expr]:
    """What a product can be divided by without a fraction: x**2/y -> x"""
    powers = (factor.as_base_exp() for factor in sympy.Mul.make_args(term))
    return {base for base, exponent in powers if not base.is_number and exponent.is_number and exponent >= 1}


def _terms(expression: Expr) -> int:
    """How many terms a full expansion would have, roughly."""
    if isinstance(expression, sympy.Add):
        return sum(_terms(argument) for argument in expression.args)
    if isinstance(expression, sympy.Mul):
        return math.prod(_terms(argument) for argument in expression.args)
    if isinstance(expression, sympy.Pow) and expression.args[1].is_Integer:
        return int(_terms(expression.args[0]) ** min(abs(int(expression.args[1])), 6))
    return 1


def _idempotent(expression: Expr) -> Expr:
    """[c]**n -> [c]"""
    powers = {
        node: node.args[0]
        for node in expression.atoms(sympy.Pow)
        if node.args[0].is_Symbol and node.args[0].name.startswith("c") and node.args[1].is_positive
    }
    result: Expr = expression.xreplace(powers)
    return result


def _stand_cost(expression: Expr) -> int:
    """`cost` on stands: sizes (plain symbols that are no stands) are free, stands are not."""
    stands = {
        symbol: Access(Symbol(symbol.name, **({"positive": True} if symbol.is_positive else {"real": True})))
        for symbol in expression.free_symbols
        if not isinstance(symbol, Index) and symbol.name != "B"
    }
    return cost(expression.xreplace(stands))


def _digits(expression: Expr) -> int:
    """How long the long numbers of an expression are: of forms of one cost, 1 + 0.134145*z is read sooner than
    (200000 + 26829*z)/200000."""
    numbers = (node for node in sympy.preorder_traversal(expression) if node.is_Rational)
    return sum(len(digits) for number in numbers for digits in (str(number.p), str(number.q)) if len(digits) > 2)


def _short_numbers(expression: Expr) -> Expr:
    """(200000 + 26829*z)*y/200000 -> (1 + 0.134145*z)*y"""
    if not expression.has(sympy.Add) or _digits(expression) == 0:
        return expression

    def product(*factors: Expr) -> Expr:
        whole = sympy.Mul(*factors)
        for factor in factors:
            number = factor.as_coeff_Add()[0] if isinstance(factor, sympy.Add) else Integer(0)
            if number.is_Rational and number > 0 and len(factors) > 2:
                shorter = whole / factor * number * sympy.expand(factor / number)
                if (cost(shorter), _digits(shorter)) < (cost(whole), _digits(whole)):
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
