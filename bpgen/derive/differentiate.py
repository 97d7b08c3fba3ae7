"""The one rule.

For an equation Y[i] = rhs and each access A[phi] in it,

    dA[k]  +=  sum over i, r of  dY[i] * (partial rhs / partial A[phi]) * [k = phi(i, r)]

where r are the bound indices around the access.  SymPy gives the scalar partial; the brackets are
solved wherever phi gives an index plainly or with an offset, and stay Iverson brackets elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping

import sympy
from sympy import Expr, Integer

from bpgen.algebra.errors import InternalError
from bpgen.algebra.expressions import Access, Reduction, accesses, fresh_index, open_reduction, rename, sum_over
from bpgen.algebra.functions import equal, greater, greater_equal, where
from bpgen.algebra.index import Index
from bpgen.algebra.system import REAL, Equation, System, Tensor

ADJOINT = "d."


def adjoint_of(tensor: Tensor) -> Tensor:
    """The tensor of dL/d(tensor), with the same axes."""
    return Tensor(ADJOINT + tensor.name, tensor.axes, REAL, "backward", symbol=tensor.symbol, layer=tensor.layer)


def active_tensors(system: System) -> frozenset[str]:
    """Real tensors on a path from a parameter or a real input to the loss."""
    assert system.loss is not None
    depends = {name for name, t in system.tensors.items() if t.role in ("parameter", "input") and t.dtype == REAL}
    for equation in system.equations:
        if depends.intersection(equation.reads):
            depends.add(equation.tensor.name)
    reaches = {system.loss}
    for equation in reversed(system.equations):
        if equation.tensor.name in reaches:
            reaches.update(equation.reads)
    return frozenset(depends & reaches)


def contribution(equation: Equation, tensor: Tensor, upstream: Expr) -> list[Expr]:
    """What the equation adds to the adjoint of a tensor it reads, at the tensor's own axes.

    upstream: dY at the equation's own indices.  One term for each access.
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
    for access in accesses(outer):
        if access.tensor == tensor.name and not _inside(access, reduction, outer):
            partial = _partial(outer, access)
            terms.append(_scatter(upstream * partial, access, equation.indices, tensor))
    for access in accesses(body):
        if access.tensor == tensor.name:
            partial = _partial_of_reduction(reduction, bound, body, access)
            terms.append(_scatter(upstream * inner * partial, access, equation.indices + bound, tensor))
    return [term for term in terms if term != 0]


def _inside(access: Access, reduction: Reduction | None, outer: Expr) -> bool:
    """Whether the access occurs only within the reduction."""
    if reduction is None:
        return False
    return not outer.xreplace({reduction: sympy.Dummy(real=True)}).has(access)


def _partial(expression: Expr, access: Access) -> Expr:
    """The scalar partial derivative by one access.  A reduction beside it is constant in it."""
    held = {reduction: sympy.Dummy(real=True) for reduction in expression.atoms(Reduction)}
    symbol = sympy.Dummy("access", positive=True) if access.is_positive else sympy.Dummy("access", real=True)
    derivative = expression.xreplace(held).xreplace({access: symbol}).diff(symbol)
    back: dict[Expr, Expr] = {symbol: access} | {mark: reduction for reduction, mark in held.items()}
    return derivative.xreplace(back)


def _partial_of_reduction(reduction: Reduction | None, bound: tuple[Index, ...], body: Expr, access: Access) -> Expr:
    assert reduction is not None
    if reduction.op == "argmax":  # constant but for jumps, as sign is
        return Integer(0)
    partial = _partial(body, access)
    if reduction.op == "sum":
        return partial
    if reduction.op == "max":  # the adjoint goes to the first arg-max
        return partial * equal(_position(bound), Reduction("argmax", body, *bound))
    if reduction.op == "prod":  # the product of all others, so that a zero factor does no harm
        others = tuple(fresh_index(index.extent) for index in bound)
        other = rename(body, dict(zip(bound, others, strict=True)))
        same = sympy.Mul(*(equal(a, b) for a, b in zip(bound, others, strict=True)))
        return partial * Reduction("prod", where(same, Integer(1), other), *others)
    raise InternalError(f"{reduction.op} has no derivative rule")


def _position(bound: tuple[Index, ...]) -> Expr:
    """The row-major position of a tuple of indices."""
    position: Expr = Integer(0)
    for index in bound:
        position = position * index.extent + index
    return position


def _scatter(term: Expr, access: Access, domain: tuple[Index, ...], tensor: Tensor) -> Expr:
    """sum over the domain of term * [k = phi], with the brackets solved where they can be."""
    fresh = {index: fresh_index(index.extent) for index in domain}
    term = rename(term, fresh)
    remaining = list(fresh.values())
    guards: list[Expr] = []
    for target, position in zip(tensor.axes, access.indices, strict=True):
        phi = rename(position, fresh)
        solved = _solve(phi, target, remaining)
        if solved is None:
            guards.append(equal(target, phi))
            if isinstance(phi, Access):  # [k = e] f(e) -> [k = e] f(k)
                term = term.xreplace({phi: target})
            continue
        index, value = solved
        remaining.remove(index)
        guards += _range_guards(value, index)
        replaced = {index: value}
        term = rename(term, replaced)
        guards = [rename(guard, replaced) for guard in guards]
        fresh = {key: rename(old, replaced) for key, old in fresh.items()}
    for guard in guards:
        term = where(guard, term, Integer(0)) if _may_be_undefined(term) else guard * term
    return sum_over(term, remaining)


def _solve(phi: Expr, target: Index, remaining: list[Index]) -> tuple[Index, Expr] | None:
    """Solve target = phi for one remaining index v with phi = v + constant or phi = constant - v."""
    for index in remaining:
        if (phi - index).is_Integer:
            return index, target - (phi - index)
        if (phi + index).is_Integer:
            return index, (phi + index) - target
    return None


def _range_guards(value: Expr, index: Index) -> list[Expr]:
    """[0 <= value] and [value < extent], as far as they are not known to hold."""
    target = next(symbol for symbol in value.free_symbols if isinstance(symbol, Index))
    if value == target and target.extent == index.extent:
        return []
    ends = [value.xreplace({target: Integer(0)}), value.xreplace({target: target.extent - 1})]
    guards = []
    if not all(end.is_nonnegative for end in ends):
        guards.append(greater_equal(value, Integer(0)))
    if not all((index.extent - end).is_positive for end in ends):
        guards.append(greater(index.extent, value))
    return guards


def _may_be_undefined(term: Expr) -> bool:
    """Whether a term may be infinite or undefined where its guard fails."""
    return any(
        (isinstance(node, Access) and not node.is_plain)
        or (isinstance(node, sympy.Pow | sympy.log) and node.has(Access) and not node.args[0].is_positive)
        for node in sympy.preorder_traversal(term)
    )


def chain_rule(
    system: System, consumers: Mapping[str, tuple[Equation, ...]], tensor: Tensor, upstream: Mapping[str, Expr]
) -> list[Expr]:
    """All terms of the adjoint of a tensor, from the equations that read it.

    upstream: for each consumer's tensor, its adjoint at the consumer's own indices.
    """
    terms: list[Expr] = []
    for equation in consumers.get(tensor.name, ()):
        adjoint = upstream.get(equation.tensor.name)
        if adjoint is not None:
            terms += contribution(equation, tensor, adjoint)
    return terms
