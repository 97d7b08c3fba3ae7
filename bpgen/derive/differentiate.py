"""The one rule.

For an equation Y[i] = rhs and each access A[phi] in it,

    dA[k]  +=  sum over i, r of  dY[i] * (partial rhs / partial A[phi]) * [k = phi(i, r)]

where r are the bound indices around the access.  SymPy gives the scalar partial; the brackets are
solved wherever phi can be inverted (see `contract`), and stay Iverson brackets elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import sympy
from sympy import Expr, Integer

from bpgen.algebra.errors import InternalError
from bpgen.algebra.expressions import Access, Reduction, accesses, fresh_index, open_reduction, rename
from bpgen.algebra.functions import equal, where
from bpgen.algebra.index import Index
from bpgen.algebra.recurrence import downstream, upstream
from bpgen.algebra.slope import partial, slope
from bpgen.algebra.system import REAL, Equation, System, Tensor
from bpgen.derive.contract import Contraction

ADJOINT = "d."


def adjoint_of(tensor: Tensor) -> Tensor:
    """The tensor of dL/d(tensor), with the same axes."""
    return Tensor(ADJOINT + tensor.name, tensor.axes, REAL, "backward", symbol=tensor.symbol, layer=tensor.layer)


def active_tensors(system: System) -> frozenset[str]:
    """Real tensors on a path from a parameter or a real input to the loss."""
    assert system.loss is not None
    learnt = {name for name, t in system.tensors.items() if t.role in ("parameter", "input") and t.dtype == REAL}
    learnt -= assumed(system)
    return frozenset(downstream(system.equations, learnt) & upstream(system.equations, [system.loss]))


def assumed(system: System) -> set[str]:
    """Tensors that what is declared of them has been used for in an equation: it holds no longer where they change."""
    return {name for equation in system.equations for name in equation.assumed}


# (indices of an equation, argmax over them) -> the tensor that holds it
Places = Mapping[tuple[object, Expr], Expr]


def places(system: System) -> dict[tuple[object, Expr], Expr]:
    """The places of maxima that have a tensor of their own."""
    return {
        (equation.indices, equation.rhs): equation.lhs
        for equation in system.equations
        if isinstance(equation.rhs, Reduction) and equation.rhs.op == "argmax"
    }


def contribution(
    equation: Equation, tensor: Tensor, upstream: Expr, known: Places | None = None, *, taken: bool = True
) -> list[Expr]:
    """What the equation adds to the adjoint of a tensor it reads, at the tensor's own axes.

    upstream: dY at the equation's own indices; known: places of maxima that have a name.  One term for each access.
    taken: False for the same with `slope` in place of each scalar derivative
    """
    reduction = equation.reduction
    bound: tuple[Index, ...]
    if reduction is None:
        outer, inner, bound, body = equation.rhs, Integer(0), (), Integer(0)
    else:
        mark = sympy.Dummy(real=True)
        outer = equation.rhs.xreplace({reduction: mark})
        inner = outer.diff(mark)
        bound, body = open_reduction(reduction)
        outer = outer.xreplace({mark: reduction})
    terms = []
    named = known or {}
    for access in accesses(outer):
        if access.tensor == tensor.name and not _inside(access, reduction, outer):
            derivative = partial(outer, access)
            shown = derivative if taken or derivative == 0 else slope(outer, access)
            terms.append(_scatter(upstream * derivative, upstream * shown, access, equation.indices, tensor))
    for access in accesses(body):
        if access.tensor == tensor.name:
            here = {place: name for (axes, place), name in named.items() if axes == equation.indices}
            derivative = _partial_of_reduction(reduction, bound, body, access, taken=True).xreplace(here)
            shown = derivative
            if not taken and derivative != 0:
                shown = _partial_of_reduction(reduction, bound, body, access, taken=False).xreplace(here)
            term, term_shown = upstream * inner * derivative, upstream * inner * shown
            terms.append(_scatter(term, term_shown, access, equation.indices + bound, tensor))
    return [term for term in terms if term != 0]


def _inside(access: Access, reduction: Reduction | None, outer: Expr) -> bool:
    """Whether the access occurs only within the reduction."""
    if reduction is None:
        return False
    return not outer.xreplace({reduction: sympy.Dummy(real=True)}).has(access)


def _partial_of_reduction(
    reduction: Reduction | None, bound: tuple[Index, ...], body: Expr, access: Access, *, taken: bool
) -> Expr:
    assert reduction is not None
    if reduction.op == "argmax":  # constant but for jumps, as sign is
        return Integer(0)
    derivative = partial(body, access) if taken else slope(body, access)
    if reduction.op == "sum":
        return derivative
    if reduction.op == "max":  # the adjoint goes to the first arg-max
        return derivative * equal(_position(bound), Reduction("argmax", body, *bound))
    if reduction.op == "prod":  # the product of all others, so that a zero factor does no harm
        others = tuple(fresh_index(index.extent) for index in bound)
        other = rename(body, dict(zip(bound, others, strict=True)))
        same = sympy.Mul(*(equal(a, b) for a, b in zip(bound, others, strict=True)))
        return derivative * Reduction("prod", where(same, Integer(1), other), *others)
    raise InternalError(f"{reduction.op} has no derivative rule")


def _position(bound: tuple[Index, ...]) -> Expr:
    """The row-major position of a tuple of indices."""
    position: Expr = Integer(0)
    for index in bound:
        position = position * index.extent + index
    return position


def _scatter(term: Expr, shown: Expr, access: Access, domain: tuple[Index, ...], tensor: Tensor) -> Expr:
    """sum over the domain of term * [k = phi], with the brackets solved where they can be.

    shown: what is put in place of the term in the end, which is equal to it
    """
    pairs = list(zip(tensor.axes, access.indices, strict=True))
    used = Counter(index for phi in access.indices for index in phi.free_symbols)
    # [k = i] where nothing else is said of i: k in its place
    plain = {phi: axis for axis, phi in pairs if phi in domain and used[phi] == 1 and phi.extent == axis.extent}
    fresh = {index: fresh_index(index.extent) for index in domain if index not in plain}
    here = {**plain, **fresh}
    contraction = Contraction(rename(term, here), fresh.values())
    contraction.add_all([(axis, rename(phi, here)) for axis, phi in pairs if phi not in plain])
    if shown != term:
        contraction.term = rename(rename(shown, here), contraction.solved)
    return contraction.total()


def chain_rule(
    consumers: Mapping[str, tuple[Equation, ...]], tensor: Tensor, upstream: Mapping[str, Expr], named: Places, *,
    taken: bool = True,
) -> list[Expr]:  # fmt: skip
    """All terms of the adjoint of a tensor, from the equations that read it.

    upstream: for each consumer's tensor, its adjoint at the consumer's own indices; named: of maxima, as `places` has
    taken: as in `contribution`
    """
    terms: list[Expr] = []
    for equation in consumers.get(tensor.name, ()):
        adjoint = upstream.get(equation.tensor.name)
        if adjoint is not None:
            terms += contribution(equation, tensor, adjoint, named, taken=taken)
    return terms
