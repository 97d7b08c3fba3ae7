"""Recognise functions in their other spellings, before the derivation.

1/(1 + exp(-u)) -> sigmoid(u)        exp(u)*sigmoid(-u) -> sigmoid(u)        log(1 + exp(u)) -> softplus(u)
exp(u) + exp(-u) -> 2 cosh(u)        exp(u) - exp(-u) -> 2 sinh(u)           sinh(u)/cosh(u) -> tanh(u)
expm1(u) -> exp(u) - 1               log1p(u) -> log(1 + u): the mathematical form is differentiated
"""

from __future__ import annotations

from dataclasses import replace

import sympy
from sympy import Expr, Integer

from bpgen.algebra.functions import expm1, log1p, sigmoid, softplus
from bpgen.algebra.system import System


def recognise(system: System) -> tuple[System, tuple[str, ...]]:
    """The system with these spellings replaced, and a note for each equation that changed."""
    equations, notes = [], []
    for equation in system.equations:
        rhs = _mathematical(equation.rhs)
        if rhs.has(sympy.exp):
            hyperbolic = _recognise_sums(rhs)
            if hyperbolic != rhs:
                notes.append(f"hyperbolic functions are recognised in `{equation.tensor.name}`")
            rhs = recognise_logistic(hyperbolic)
            if rhs != hyperbolic:
                notes.append(f"the logistic function is recognised in `{equation.tensor.name}`")
        equations.append(replace(equation, rhs=recognise_tanh(rhs)))
    return replace(system, equations=tuple(equations)), tuple(notes)


def _mathematical(expression: Expr) -> Expr:
    """expm1(u) -> exp(u) - 1, log1p(u) -> log(1 + u): `stabilise` brings them back."""
    result: Expr = expression.replace(lambda node: isinstance(node, expm1 | log1p), lambda n: n.definition(n.args[0]))
    return result


def _recognise_sums(expression: Expr) -> Expr:
    """exp(u) + exp(-u) -> 2*cosh(u), exp(u) - exp(-u) -> 2*sinh(u), with a number before each"""

    def total(*terms: Expr) -> Expr:
        numbers = {base: number for number, base in (term.as_coeff_Mul() for term in terms)}
        for exponential, number in numbers.items():
            if isinstance(exponential, sympy.exp):
                inverse = sympy.exp(-exponential.args[0])
                other = numbers.get(inverse)
                if other in (number, -number):
                    function = sympy.cosh if other == number else sympy.sinh
                    rest = sympy.Add(*terms) - number * exponential - other * inverse
                    return rest + 2 * number * function(exponential.args[0])
        return sympy.Add(*terms)

    result: Expr = expression.replace(sympy.Add, total)
    return result


def recognise_tanh(expression: Expr) -> Expr:
    """sinh(u)/cosh(u) -> tanh(u)"""

    def product(*factors: Expr) -> Expr:
        whole = sympy.Mul(*factors)
        for factor in factors:
            base, power = factor.as_base_exp()
            divisor = 1 / sympy.cosh(base.args[0]) ** power if isinstance(base, sympy.sinh) else None
            if divisor in factors:
                return whole / factor / divisor * sympy.tanh(base.args[0]) ** power
        return whole

    if not expression.has(sympy.sinh):
        return expression
    result: Expr = expression.replace(sympy.Mul, product)
    return result


def recognise_logistic(expression: Expr) -> Expr:
    """The expression with the logistic function written as itself."""
    expression = expression.replace(
        lambda node: isinstance(node, sympy.Pow) and node.args[1].is_Integer and _exponent(node.args[0]) is not None,
        _power,
    )
    expression = expression.replace(
        lambda node: isinstance(node, sympy.log) and _exponent(node.args[0]) is not None,
        lambda node: softplus(_exponent(node.args[0])),
    )
    result: Expr = expression.replace(sympy.Mul, _product)
    return result


def _exponent(base: Expr) -> Expr | None:
    """u, for 1 + exp(u)."""
    if isinstance(base, sympy.Add) and len(base.args) == 2 and Integer(1) in base.args:
        other = base - 1
        if isinstance(other, sympy.exp):
            return other.args[0]
    return None


def _power(node: Expr) -> Expr:
    exponent = _exponent(node.args[0])
    assert exponent is not None
    return node if node.args[1] > 0 else sigmoid(-exponent) ** -node.args[1]


def _product(*factors: Expr) -> Expr:
    product = sympy.Mul(*factors)
    for factor in factors:
        if isinstance(factor, sympy.exp):
            tail = sigmoid(-factor.args[0])
            if tail in factors:
                return product / (factor * tail) * sigmoid(factor.args[0])
    return product
