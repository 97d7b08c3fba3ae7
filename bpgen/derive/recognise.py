"""Recognise the logistic function in its other spellings, before the derivation.

1/(1 + exp(-u)) -> sigmoid(u)        exp(u)*sigmoid(-u) -> sigmoid(u)        log(1 + exp(u)) -> softplus(u)
"""

from __future__ import annotations

from dataclasses import replace

import sympy
from sympy import Expr, Integer

from bpgen.algebra.functions import sigmoid, softplus
from bpgen.algebra.system import System


def recognise(system: System) -> tuple[System, tuple[str, ...]]:
    """The system with these spellings replaced, and a note for each equation that changed."""
    equations, notes = [], []
    for equation in system.equations:
        rhs = recognise_logistic(equation.rhs) if equation.rhs.has(sympy.exp) else equation.rhs
        if rhs != equation.rhs:
            notes.append(f"the logistic function is recognised in `{equation.tensor.name}`")
        equations.append(replace(equation, rhs=rhs))
    return replace(system, equations=tuple(equations)), tuple(notes)


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
