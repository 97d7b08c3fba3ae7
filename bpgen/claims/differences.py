"""The first term in which a claim and the derived equation differ, both written as sums of products."""

from __future__ import annotations

import sympy
from sympy import Expr

from bpgen.algebra.expressions import Access
from bpgen.algebra.order import ordered_terms
from bpgen.claims.prove import derivatives, normal_form, written_out
from bpgen.claims.theory import Theory

LEVELS = 6  # derivatives that are written out before terms are compared as they stand


def first_difference(claimed: Expr, derived: Expr, theory: Theory) -> tuple[Expr | None, Expr | None]:
    """A term of the claim that the derived equation lacks, and the one there that is most like it; None for no term.

    Derivatives that only one side reads are written out first, so that like is compared with like.
    """
    order = [equation.tensor.name for equation in theory.derivation.simplified]
    for _ in range(LEVELS):
        different = derivatives(claimed) ^ derivatives(derived)
        if not different:
            break
        last = max(different, key=order.index)  # what it is reads others, that the other side may read too
        claimed, derived = (written_out(side, {last}, theory) for side in (claimed, derived))
    sides = [_terms(side, theory) for side in (claimed, derived)]
    mine = [term for term in sides[0] if term not in sides[1]]
    other = [term for term in sides[1] if term not in sides[0]]
    if not mine:
        return None, (other[0] if other else None)
    first = mine[0]
    return first, max(other, key=lambda term: _likeness(term, first), default=None)


def _terms(side: Expr, theory: Theory) -> list[Expr]:
    folded, _ = theory.definitions.fold(side)
    normal = normal_form(folded)
    whole = folded if normal is None else normal
    return ordered_terms(whole) if isinstance(whole, sympy.Add) else [whole]


def _likeness(term: Expr, other: Expr) -> int:
    """How many tensors they share, and whether one is the other but for a factor."""
    shared = {access.tensor for access in term.atoms(Access)} & {access.tensor for access in other.atoms(Access)}
    return len(shared) + (100 if (term / other).is_number else 0)
