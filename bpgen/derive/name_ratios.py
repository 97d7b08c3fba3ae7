"""Name normalised tensors: e/S with S = sum of e becomes p, which sums to one.  Softmax is one of them."""

from __future__ import annotations

from collections.abc import Callable

import sympy
from sympy import Expr

from bpgen.algebra.expressions import Access
from bpgen.algebra.system import REAL, Equation, Fact, Tensor
from bpgen.derive.definitions import Definitions
from bpgen.derive.name_shared import unique_name


def find_ratio(expression: Expr, definitions: Definitions, taken: Callable[[str], bool]) -> Equation | None:
    """The equation of a new tensor p = e/S, where the expression has such a ratio and none is named yet."""
    for product in sorted(expression.atoms(sympy.Mul), key=sympy.default_sort_key):
        powers = dict(factor.as_base_exp() for factor in product.args)
        bottoms = [base for base, power in powers.items() if isinstance(base, Access) and power.is_negative]
        for bottom in bottoms:
            for top in product.args:
                if isinstance(top, Access):
                    found = _ratio(top, bottom, definitions, taken)
                    if found is not None:
                        return found
    return None


def _ratio(top: Access, bottom: Access, definitions: Definitions, taken: Callable[[str], bool]) -> Equation | None:
    total = definitions.equations.get(bottom.tensor)
    term = definitions.equations.get(top.tensor)
    if total is None or term is None or (top.tensor, bottom.tensor) in definitions.ratios:
        return None
    reduction = total.reduction
    if reduction is None or total.rhs != reduction or reduction.op != "sum" or not isinstance(reduction.body, Access):
        return None
    summed = reduction.body
    if summed.tensor != top.tensor or not summed.is_plain or len(set(summed.indices)) != len(summed.indices):
        return None
    axes = tuple(position for position, index in enumerate(summed.indices) if index in reduction.bound)
    back = dict(zip(summed.indices, term.indices, strict=True))
    bottom_here = total.lhs.xreplace(back)
    name = unique_name(f"{term.origin.layer or term.tensor.layer}.p", taken)
    fact = Fact("sums_to_one", axes, "it is divided by its own sum")
    tensor = Tensor(name, term.indices, REAL, total.role, (fact,), positive=True, symbol="p", layer=term.tensor.layer)
    return Equation(tensor, term.indices, term.lhs / bottom_here, total.role, total.origin, note="softmax")
