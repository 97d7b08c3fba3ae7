"""Equations and expressions as text of the equation language, which parses back to the same.

Nothing that can be left out is printed: parentheses stand where the grammar needs them, and around
comparisons, which are numbers here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import IntEnum
from typing import Any

import sympy
from sympy import Expr

from bpgen.algebra.digits import quotient, remainder
from bpgen.algebra.errors import InternalError
from bpgen.algebra.expressions import Access, Reduction
from bpgen.algebra.functions import (
    FUNCTIONS,
    Bracket,
    absolute,
    equal,
    greater,
    greater_equal,
    maximum,
    minimum,
    sign,
    stop,
    uniform,
    where,
)  # fmt: skip
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.index_names import is_written, pretty_indices
from bpgen.algebra.named_number import NamedNumber
from bpgen.algebra.order import (
    bound_order,
    common_coefficient,
    factor_key,
    is_negative,
    is_whole,
    joined_roots,
    ordered_terms,
    paired,
    without_sign,
)
from bpgen.algebra.records import dataclass
from bpgen.algebra.slope import slope
from bpgen.algebra.system import Equation, Tensor


class Level(IntEnum):
    """How tightly a text binds; an operand is parenthesised where it binds less than its place asks."""

    CONDITIONAL = 0
    LOGIC = 1
    COMPARISON = 2
    SUM = 3
    PRODUCT = 4
    NEGATION = 5
    POWER = 6
    ATOM = 7


@dataclass(frozen=True)
class Text:
    text: str
    level: Level = Level.ATOM

    def within(self, level: Level) -> str:
        return self.text if self.level >= level else f"({self.text})"


FUNCTION_NAMES: dict[type[Expr], str] = {
    function: name for name, function in FUNCTIONS.items() if isinstance(function, type)
} | {
    maximum: "max",
    minimum: "min",
    sympy.Abs: "abs",
    sympy.sign: "sign",
    absolute: "abs",
    sign: "sign",
    slope: "d",
    stop: "stop",
    uniform: "uniform",
}

COMPARISONS: dict[type[Expr], tuple[str, str]] = {greater: (">", "<"), greater_equal: (">=", "<="), equal: ("==", "==")}


def print_equation(equation: Equation, tensors: Mapping[str, Tensor] | None = None) -> str:
    """`name[indices] = right-hand side`; `read_equation` reads it back as the same equation.

    An index that runs over no axis of a tensor, as in x[b, i + 1] alone, needs its extent in the scope's sizes.
    tensors: where given, bound indices are called as the axes that they index.
    """
    taken = [index.name for index in equation.indices]
    names = {index: index.name for index in equation.indices}
    names |= pretty_indices(equation.rhs, [*taken, equation.tensor.name], tensors)
    left = Text(_element(equation.tensor.name, [names[index] for index in equation.indices])).text
    return f"{left} = {_right_hand_side(equation.rhs, names)}"


def print_expression(
    expression: Expr, names: Mapping[Index, str] | None = None, tensors: Mapping[str, Tensor] | None = None
) -> str:
    """An expression on its own.  names: index -> how to call it; others are named by `pretty_indices`."""
    given = dict(names or {})
    chosen = pretty_indices(expression, list(given.values()), tensors)
    return _right_hand_side(expression, chosen | given)


def _element(name: str, indices: Iterable[str]) -> str:
    inside = ", ".join(indices)
    return f"{name}[{inside}]" if inside else name


def _right_hand_side(expression: Expr, names: Mapping[Index, str]) -> str:
    if isinstance(expression, where):
        condition, chosen, otherwise = expression.args
        text = f"{_render(chosen, names).within(Level.LOGIC)} if {_condition(condition, names).within(Level.LOGIC)}"
        if otherwise != 0:
            text += f" else {_render(otherwise, names).within(Level.LOGIC)}"
        return text
    return _render(expression, names).text


def _render(expression: Expr, names: Mapping[Index, str]) -> Text:
    if isinstance(expression, Access):
        extents = getattr(expression.args[0], "extents", (None,) * len(expression.indices))
        pairs = zip(expression.indices, extents, strict=True)
        return Text(_element(expression.tensor, (_index(index, extent, names) for index, extent in pairs)))
    if isinstance(expression, Index):
        return Text(names.get(expression, expression.name))
    if isinstance(expression, Reduction):
        bound = ", ".join(names[index] for index in bound_order(expression))
        return Text(f"{expression.op}[{bound}]({_right_hand_side(expression.body, names)})")
    if expression.is_Rational:
        return _fraction(expression)
    if isinstance(expression, Bracket) or _is_unequal(expression):
        return Text(_condition(expression, names).within(Level.ATOM))
    if isinstance(expression, quotient | remainder):
        return _whole(expression, names)
    if isinstance(expression, sympy.Add):
        common, rest = common_coefficient(expression)
        if common != 1 and not is_whole(expression):
            return _product(sympy.Mul(common, rest, evaluate=False), names)
        return _sum(ordered_terms(expression), names)
    if isinstance(expression, sympy.Mul):
        return _product(expression, names)
    if isinstance(expression, sympy.Pow):
        return _power(expression, names)
    if isinstance(expression, where):
        condition, *branches = expression.args
        inside = [_condition(condition, names).text, *(_right_hand_side(branch, names) for branch in branches)]
        return Text(f"where({', '.join(inside)})")
    if _is_clip(expression):
        (value, low), high = expression.args[0].args, expression.args[1]
        return Text(f"clip({', '.join(_render(argument, names).text for argument in (value, low, high))})")
    if type(expression) in FUNCTION_NAMES:
        inside = [_render(argument, names).text for argument in expression.args]
        return Text(f"{FUNCTION_NAMES[type(expression)]}({', '.join(inside)})")
    return _atom(expression)


def _is_clip(expression: Expr) -> bool:
    """min(max(x, low), high) for ends that are the same everywhere."""
    if not isinstance(expression, minimum) or not isinstance(expression.args[0], maximum):
        return False
    (value, low), high = expression.args[0].args, expression.args[1]
    return bool(value.has(Index)) and not (low.has(Index) or high.has(Index))


def _atom(expression: Expr) -> Text:
    constants = {sympy.pi: "pi", sympy.oo: "inf", sympy.E: "exp(1)", BATCH: "B"}
    if expression in constants:
        return Text(constants[expression])
    if expression == -sympy.oo:
        return Text("-inf", Level.NEGATION)
    if isinstance(expression, sympy.Symbol | NamedNumber):
        return Text(expression.name)
    raise InternalError(f"the equation language has no {type(expression).__name__}: {expression}")


def _fraction(number: Expr) -> Text:
    decimal = str(number.p) if number.q == 1 else _decimal(number)
    if decimal:
        return Text(decimal, Level.ATOM if number.p >= 0 else Level.NEGATION)
    return Text(f"{number.p} / {number.q}", Level.PRODUCT)


def _decimal(number: Expr) -> str:
    """A number that was surely written as a decimal fraction, such as 0.9 or 1e-8; else ''."""
    numerator, denominator, places = int(number.p), int(number.q), 0
    if denominator % 10:
        return ""
    while denominator % 10 == 0:
        denominator, places = denominator // 10, places + 1
    while denominator % 2 == 0:
        denominator, numerator, places = denominator // 2, numerator * 5, places + 1
    while denominator % 5 == 0:
        denominator, numerator, places = denominator // 5, numerator * 2, places + 1
    if denominator != 1:
        return ""
    digits = tuple(int(digit) for digit in str(abs(numerator)))
    return str(Decimal((int(numerator < 0), digits, -places))).lower()


def _index(expression: Expr, extent: Expr | None, names: Mapping[Index, str]) -> str:
    """An index expression.  An index that does not run over the whole axis is i + 0: plain, it would be read so."""
    if isinstance(expression, Index) and extent is not None and expression.extent != extent:
        return f"{names.get(expression, expression.name)} + 0"
    return _whole(expression, names).text.replace(" * ", "*")


def _whole(expression: Expr, names: Mapping[Index, str]) -> Text:
    """A whole expression of indices: `t - 1`, `2*p + r - 3`, `h + 1 - p`, `j // 3 % 2`."""
    if isinstance(expression, quotient | remainder):
        operator = "//" if isinstance(expression, quotient) else "%"
        inside = _whole(expression.args[0], names).within(Level.PRODUCT)
        return Text(f"{inside} {operator} {expression.args[1]}", Level.PRODUCT)
    if not isinstance(expression, sympy.Add):
        return _render(expression, names)
    digits = [term for term in expression.args if isinstance(term, quotient)]
    number = expression.as_coeff_Add()[0]
    if number < 0 and len(digits) == 1:  # (i + 1) // 2 - 1 -> (i - 1) // 2
        argument, divisor = digits[0].args
        whole = quotient(argument + number * divisor, divisor, evaluate=False)
        return _sum(sorted([*(set(expression.args) - {digits[0], number}), whole], key=_whole_key), names)
    return _sum(sorted(expression.args, key=_whole_key), names)


def _whole_key(term: Expr) -> tuple[Any, ...]:
    """3*h + d - 1: what is added first, numbers last, large steps before small ones, what is bound behind the rest."""
    coefficient, factor = term.as_coeff_Mul()
    bound = any(not is_written(index.name) for index in factor.free_symbols)
    return (is_negative(term), term.is_Integer, -abs(coefficient), bound, sympy.default_sort_key(term))


def _sum(terms: list[Expr], names: Mapping[Index, str]) -> Text:
    first, *rest = terms
    text = _render(first, names).within(Level.PRODUCT)
    for term in rest:
        negative = is_negative(term)
        text += f" {'-' if negative else '+'} {_render(-term if negative else term, names).within(Level.PRODUCT)}"
    return Text(text, Level.SUM)


def _product(expression: Expr, names: Mapping[Index, str]) -> Text:
    expression = without_sign(expression)
    coefficient, factors = expression.as_coeff_mul()
    above, below = [], []
    for factor in joined_roots(sorted(factors, key=factor_key)):
        base, exponent = factor.as_base_exp() if isinstance(factor, sympy.Pow) else (factor, sympy.S.One)
        if exponent.is_Rational and exponent < 0:
            below.append(base**-exponent)
        else:
            above.append(factor)
    size = abs(coefficient)
    whole = size.q == 1 or (size.p != 1 and _decimal(size) != "")  # 0.9 * x, but x / 10
    if size != 1 and (whole or size.p != 1 or not above):
        above.insert(0, size if whole else sympy.Integer(size.p))
    elif not above:
        above.insert(0, sympy.S.One)
    if not whole:
        below.insert(0, sympy.Integer(size.q))
    written = [_range(first, second[0], names) if second else _factor(first, names) for first, *second in paired(above)]
    text = " * ".join(factor.within(Level.NEGATION) for factor in written)
    if len(below) == 1:
        text += f" / {_factor(below[0], names).within(Level.POWER)}"
    elif below:
        text += f" / ({' * '.join(_factor(factor, names).within(Level.NEGATION) for factor in below)})"
    if coefficient < 0:
        return Text(f"-{text}", Level.PRODUCT)
    return Text(text, Level.PRODUCT if len(written) + len(below) > 1 else written[0].level)


def _factor(factor: Expr, names: Mapping[Index, str]) -> Text:
    """A factor of a product: a number drawn out of a sum would be read as one of the whole product's."""
    if isinstance(factor, sympy.Add) and not _is_unequal(factor):
        return _sum(ordered_terms(factor), names)
    return _render(factor, names)


def _power(expression: Expr, names: Mapping[Index, str]) -> Text:
    base, exponent = expression.args  # as_base_exp() would make 3**(-B) of (1/3)**B, which SymPy keeps apart
    if base == sympy.E:
        return Text(f"exp({_render(exponent, names).text})")
    if exponent == sympy.Rational(1, 2):
        return Text(f"sqrt({_render(base, names).text})")
    if exponent.is_Rational and exponent < 0:
        return Text(f"1 / {_factor(base**-exponent, names).within(Level.POWER)}", Level.PRODUCT)
    return Text(
        f"{_render(base, names).within(Level.ATOM)}**{_render(exponent, names).within(Level.ATOM)}", Level.POWER
    )


def _condition(condition: Expr, names: Mapping[Index, str]) -> Text:
    """A condition where one is expected: no parentheses around a single comparison."""
    if isinstance(condition, Bracket):
        left, right = condition.args
        forward, backward = COMPARISONS[type(condition)]
        if left.is_number and not right.is_number and forward != backward:
            return _comparison(right, backward, left, names)
        return _comparison(left, forward, right, names)
    if _is_unequal(condition):
        left, right = (1 - condition).args
        return _comparison(left, "!=", right, names)
    if isinstance(condition, sympy.Mul) and all(isinstance(f, Bracket) or _is_unequal(f) for f in condition.args):
        parts = paired(sorted(condition.args, key=factor_key))
        texts = [_range(first, second[0], names) if second else _condition(first, names) for first, *second in parts]
        return Text(" and ".join(text.text for text in texts), Level.LOGIC if len(texts) > 1 else Level.COMPARISON)
    return _render(condition, names)


def _is_unequal(expression: Expr) -> bool:
    """[a != b], which is 1 - [a = b]."""
    return isinstance(expression, sympy.Add) and isinstance(1 - expression, equal)


def _comparison(left: Expr, operator: str, right: Expr, names: Mapping[Index, str]) -> Text:
    sides = (_side(side, names) for side in (left, right))
    return Text(f" {operator} ".join(sides), Level.COMPARISON)


def _side(side: Expr, names: Mapping[Index, str]) -> str:
    """One side of a comparison; places as in brackets."""
    if isinstance(side, sympy.Add | sympy.Mul) and is_whole(side):
        return _whole(side, names).text.replace(" * ", "*")
    return _render(side, names).within(Level.SUM)


def _range(low: Expr, high: Expr, names: Mapping[Index, str]) -> Text:
    sides = (low.args[1], low.args[0], high.args[0])
    first, value, last = (_side(side, names) for side in sides)
    return Text(f"{first} <= {value} < {last}", Level.COMPARISON)
