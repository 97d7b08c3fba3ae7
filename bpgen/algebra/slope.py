"""A derivative by one access that is not taken yet: what the chain rule says before any function is differentiated."""

from __future__ import annotations

import sympy
from sympy import Expr, Integer, Symbol

from bpgen.algebra.expressions import Access, Reduction
from bpgen.algebra.functions import RealFunction


class slope(RealFunction):
    """slope(f, A[phi]): the derivative of f by an access in it.  A reduction in f is constant in it."""

    nargs = 2

    @property
    def taken(self) -> Expr:
        """The derivative."""
        function, access = self.args
        return partial(function, access)


def partial(function: Expr, access: Access) -> Expr:
    """The scalar partial derivative by one access.  A reduction beside it is constant in it."""
    held = {reduction: sympy.Dummy(real=True) for reduction in function.atoms(Reduction)}
    symbol = sympy.Dummy("access", positive=True) if access.is_positive else sympy.Dummy("access", real=True)
    derivative = _derivative(function.xreplace(held).xreplace({access: symbol}), symbol)
    back: dict[Expr, Expr] = {symbol: access} | {mark: reduction for reduction, mark in held.items()}
    return derivative.xreplace(back)


def _derivative(node: Expr, symbol: Symbol) -> Expr:
    """What SymPy finds, but that in sums and products only the parts with the symbol are looked at."""
    if symbol not in node.free_symbols:
        return Integer(0)
    if isinstance(node, sympy.Add):
        return sympy.Add(*(_derivative(term, symbol) for term in node.args))
    if isinstance(node, sympy.Mul):
        factors = ((n, _derivative(factor, symbol)) for n, factor in enumerate(node.args))
        return sympy.Add(*(sympy.Mul(*node.args[:n], one, *node.args[n + 1 :]) for n, one in factors if one != 0))
    derivative: Expr = node.diff(symbol)
    return derivative
