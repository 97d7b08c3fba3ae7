"""Keep undefined values behind their conditions: [x > 0] * dy / x -> where(x > 0, dy / x, 0).

The derivative of where(x > 0, log(x), 0) is 0 where x is 0, but [x > 0] / x is 0 * inf there, which is no number.
"""

from __future__ import annotations

import sympy
from sympy import Expr, Integer

from bpgen.algebra.expressions import Access
from bpgen.algebra.functions import Bracket, where
from bpgen.derive.contract import is_partial
from bpgen.derive.definitions import Definitions


def guard_undefined(expression: Expr, definitions: Definitions) -> Expr:
    """The expression with a condition for each factor that may be undefined where a bracket beside it is 0.

    Only where the bracket speaks of what the factor is made of: other brackets are no guards of it.
    """

    def product(*factors: Expr) -> Expr:
        partial = [factor for factor in factors if _may_be_undefined(factor, definitions)]
        undefined = {name for factor in partial for name in _made_of(factor, definitions)}
        guards = [f for f in factors if isinstance(f, Bracket) and undefined & _made_of(f, definitions)]
        chosen = next((f for f in factors if _is_guard(f) and undefined & _made_of(f.args[0], definitions)), None)
        if chosen is not None:  # where(x = 0, 0, a) / x -> where(x = 0, 0, a / x)
            others = [factor for factor in factors if factor != chosen]
            return where(chosen.args[0], *(product(*others, branch) for branch in chosen.args[1:]))
        rest = sympy.Mul(*(factor for factor in factors if factor not in guards))
        return where(sympy.Mul(*guards), rest, Integer(0)) if guards else sympy.Mul(*factors)

    if not any(_may_be_undefined(node, definitions) for node in expression.atoms(sympy.Pow, sympy.log, Access)):
        return expression
    result: Expr = expression.replace(sympy.Mul, product)
    return result


def _may_be_undefined(factor: Expr, definitions: Definitions) -> bool:
    """Whether it is undefined for some arguments, or a tensor of such elements: r = sqrt(q)."""
    if is_partial(factor):
        return True
    base = factor.as_base_exp()[0]
    equation = definitions.equations.get(base.tensor) if isinstance(base, Access) else None
    if equation is None or equation.reduction is not None:
        return False
    return any(is_partial(node) for node in equation.rhs.atoms(sympy.Pow, sympy.log))


def _is_guard(factor: Expr) -> bool:
    return isinstance(factor, where) and 0 in factor.args[1:]


def _made_of(factor: Expr, definitions: Definitions) -> set[str]:
    """The real tensors in a factor, and what those are computed from element by element."""
    names = {access.tensor for access in factor.atoms(Access) if not access.is_integer}
    for name in sorted(names):
        equation = definitions.equations.get(name)
        if equation is not None and equation.reduction is None:
            names.update(equation.reads)
    return names
