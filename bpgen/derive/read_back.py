"""Read an adjoint again instead of writing it out several times: r * (g w - M(g w) - n M(g w n)), with d.n = g w.

While an adjoint is simplified, others are written out in it so that terms may cancel.  What is left of one that
stands there more than once, or that is read there beside, is read.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import sympy
from sympy import Expr

from bpgen.algebra.expressions import Access, Reduction
from bpgen.algebra.system import Equation
from bpgen.derive.cost import cost
from bpgen.derive.products import Product, divided, patterns_of


@dataclass
class ReadBack:
    """The adjoints that are products of what stands at their own indices."""

    known: list[Product] = field(default_factory=list)

    def learn(self, equation: Equation) -> None:
        """One more adjoint."""
        if isinstance(equation.rhs, sympy.Mul) and not equation.rhs.has(Reduction) and cost(equation.rhs):
            self.known.append(patterns_of(equation))

    def apply(self, expression: Expr) -> tuple[Expr, tuple[str, ...]]:
        """The expression with the adjoints that make it cheaper; and these."""
        used: list[str] = []
        present = {access.tensor for access in expression.atoms(Access)}
        for product in reversed(self.known):
            if product.reads <= present:
                candidate, count = _read(expression, product)
                count += sum(access.tensor == product.tensor for access in expression.atoms(Access))
                if count > 1 and cost(candidate) < cost(expression):
                    expression = candidate
                    used.append(product.tensor)
        return expression, tuple(used)


def _read(expression: Expr, product: Product) -> tuple[Expr, int]:
    found = 0

    def replaced(*factors: Expr) -> Expr:
        nonlocal found
        node = sympy.Mul(*factors)
        rest = divided(node, product)
        found += rest is not None
        return node if rest is None else rest

    return expression.replace(sympy.Mul, replaced), found
