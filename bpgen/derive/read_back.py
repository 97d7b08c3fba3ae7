"""Read an adjoint again instead of writing it out several times: r * (g w - M(g w) - n M(g w n)), with d.n = g w.

While an adjoint is simplified, others are written out in it so that terms may cancel.  What is left of one that
stands there more than once, or that is read there beside, is read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field, replace

import sympy
from sympy import Expr

from bpgen.algebra.expressions import Access, Reduction
from bpgen.algebra.index import Index
from bpgen.algebra.records import dataclass
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
            self.known.append(_without_sizes(patterns_of(equation)))

    def apply(self, expression: Expr, settled: Callable[[Expr], Expr]) -> tuple[Expr, tuple[str, ...]]:
        """The expression with the adjoints that make it cheaper; and these.

        settled: the cheapest form of an expression
        """
        used: list[str] = []
        for product in reversed(self.known):
            if product.reads <= {access.tensor for access in expression.atoms(Access)}:
                candidate, count = _read(expression, product)
                if candidate == expression:
                    continue
                count += sum(access.tensor == product.tensor for access in expression.atoms(Access))
                candidate = settled(candidate) if count > 1 else expression
                if cost(candidate) < cost(expression):
                    expression = candidate
                    used.append(product.tensor)
        return expression, tuple(used)


def _without_sizes(product: Product) -> Product:
    """2 (u - y) / B = d.u -> u - y = B d.u / 2: what is the same for all elements goes to the other side."""
    sizes = [factor for factor in product.factors if not factor.has(Access, Index)]
    rest = tuple(factor for factor in product.factors if factor not in sizes)
    return replace(product, factors=rest, value=product.value / sympy.Mul(*sizes))


def _read(expression: Expr, product: Product) -> tuple[Expr, int]:
    found = 0

    def replaced(node: Expr) -> Expr:
        nonlocal found
        rest = divided(node, product)
        found += rest is not None
        return node if rest is None else rest

    is_sum = len(product.factors) == 1 and isinstance(product.factors[0], sympy.Add)
    head = sympy.Add if is_sum else sympy.Mul
    return expression.replace(head, lambda *parts: replaced(head(*parts))), found
