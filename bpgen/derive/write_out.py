"""Which adjoints are written out where the chain rule reads them, and which stay tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy
from sympy import Expr

from bpgen.algebra.expressions import Access, Reduction
from bpgen.algebra.system import Equation
from bpgen.derive.contract import reads_inside
from bpgen.derive.cost import cost
from bpgen.derive.definitions import Definitions
from bpgen.derive.differentiate import ADJOINT

if TYPE_CHECKING:
    from bpgen.derive.adjoints import Adjoints

# An adjoint up to this cost may be written out in several places; a dearer one is computed once.
LIGHT = 24
# A dearer one than this is not written out at all: a long chain would grow with every link.
HEAVY = 160


def is_written_out(adjoints: Adjoints, access: Access, term: Expr) -> bool:
    """Whether the chain rule's term is simplified with the adjoint written out in it, where it has the access."""
    equation = adjoints.final.get(access.tensor)
    if equation is None:
        return False
    if equation.rhs.is_number:
        return True
    light = cost(equation.rhs) <= LIGHT and not equation.rhs.has(Reduction)
    if isinstance(equation.rhs, Access) and reads_inside(access, equation.indices):
        return True
    if equation.rhs.has(Reduction) and not access.is_plain:  # it may be read there more often than it has elements
        return False
    if access.tensor in adjoints.recurring:  # each step computes it, and what comes after the steps reads it
        return False
    # A sum is made before the steps.
    if equation.rhs.has(Reduction) and ADJOINT + adjoints.at_work in adjoints.recurring:
        return False
    if any(reduction.has(access) for reduction in term.atoms(Reduction)):
        # Under a new sum only what may cancel there, or leave it: it shares a tensor with the other factors, or
        # has a factor that is the same for all terms.
        return light and (_shares(adjoints, access, equation, term) or _leaves(adjoints, access, term))
    source = adjoints.system.defining[access.tensor.removeprefix(ADJOINT)]
    alone = all(_is_settled_without(adjoints, access.tensor, name) for name in source.reads if name in adjoints.active)
    return light or (alone and cost(equation.rhs) <= HEAVY)


def _is_settled_without(adjoints: Adjoints, adjoint: str, name: str) -> bool:
    """Whether the adjoint of a tensor is the one at work, or known not to read another adjoint."""
    known = adjoints.final.get(ADJOINT + name)
    return name == adjoints.at_work or (known is not None and adjoint not in known.reads)


def _leaves(adjoints: Adjoints, access: Access, term: Expr) -> bool:
    """Whether a factor of the adjoint does not depend on what a sum around it runs over."""
    bound = {index for reduction in term.atoms(Reduction) if reduction.has(access) for index in reduction.bound}
    factors = sympy.Mul.make_args(adjoints.expression(access))
    return len(factors) > 1 and any(f.has(Access) and not f.free_symbols & bound for f in factors)


def _shares(adjoints: Adjoints, access: Access, equation: Equation, term: Expr) -> bool:
    beside = {other.tensor for other in term.atoms(Access) if other != access and not other.is_integer}
    inside = {other.tensor for other in equation.rhs.atoms(Access) if not other.is_integer}
    return bool(_with_definitions(adjoints.definitions, beside) & _with_definitions(adjoints.definitions, inside))


def _with_definitions(definitions: Definitions, names: set[str]) -> set[str]:
    """The tensors and, for ratios and logarithms, what they are made of."""
    reached = set(names)
    for name in sorted(names):
        equation = definitions.equations.get(name)
        if equation is not None and equation.reduction is None and isinstance(equation.rhs, sympy.Mul):
            reached.update(equation.reads)
    return {name for name in reached if name in definitions.equations}


def may_cancel(rhs: Expr) -> bool:
    """Whether an adjoint is computed element by element, with a division by tensors."""
    divisors = (node for node in rhs.atoms(sympy.Pow) if node.exp.is_negative and node.has(Access))
    return not rhs.has(Reduction) and cost(rhs) <= HEAVY and any(divisors)
