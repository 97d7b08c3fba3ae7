"""Reductions over indices: sum, mean, max, ..., and softmax with its kin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy
from sympy import Expr

from bpgen.algebra.activations import DEFINITIONS
from bpgen.algebra.bindings import Bindings
from bpgen.algebra.diagnose import nearest
from bpgen.algebra.errors import EquationError
from bpgen.algebra.expressions import Access, Reduction, open_reduction, sum_over
from bpgen.algebra.functions import FUNCTIONS, where
from bpgen.algebra.guards import guarded
from bpgen.algebra.index import Index
from bpgen.algebra.split import Splitter
from bpgen.algebra.syntax_tree import Name, Reduce

if TYPE_CHECKING:
    from bpgen.algebra.build import Builder

REDUCTIONS = ("sum", "mean", "max", "min", "prod", "argmax", "softmax", "log_softmax", "logsumexp")
OVER_FREE_INDICES = ("softmax", "log_softmax")  # their result still has the index they run over


def build_reduction(node: Reduce, bindings: Bindings, builder: Builder, *, outermost: bool = False) -> Expr:
    """name[indices](argument).  outermost: it is a whole right-hand side, which needs no tensor of its own."""
    if node.name not in REDUCTIONS:
        raise _no_reduction(node, builder)
    if len(node.arguments) != 1:
        message = f"`{node.name}[...]` takes 1 argument, but is given {len(node.arguments)}"
        raise builder.error("argument-count", message, node)
    bound = _bound(node, bindings, builder)
    inner = bindings.with_indices(bound)
    body = builder.value(node.arguments[0], inner)
    if node.name in ("softmax", "log_softmax", "logsumexp"):
        argument = builder.settled(body, "z", inner)
        if builder.splitter is None:
            return _softmax(node.name, argument, bound)
        return _split_softmax(node.name, argument, bound, inner, builder.splitter, outermost=outermost)
    return _reduction(node.name, body, bound, inner, builder)


def _no_reduction(node: Reduce, builder: Builder) -> EquationError:
    if node.name in FUNCTIONS or node.name in DEFINITIONS:
        message = f"`{node.name}` runs over no index"
        return builder.error("unexpected-indices", message, node, f"write {node.name}(...)", name=node.name)
    message = f"unknown reduction `{node.name}`{nearest(node.name, REDUCTIONS)}"
    help = f"reductions are {', '.join(REDUCTIONS)}; a product is written with *"
    return builder.error("unknown-reduction", message, node, help, name=node.name)


def _bound(node: Reduce, bindings: Bindings, builder: Builder) -> tuple[Index, ...]:
    indices: list[Index] = []
    for item in node.indices:
        if not isinstance(item, Name):
            raise builder.error("index-name", f"`{node.name}` runs over names of indices", item, "such as sum[i, j]")
        free = node.name in OVER_FREE_INDICES
        if free and item.name not in bindings.indices:
            raise builder.unbound(item)
        if not free and item.name in bindings.indices:
            message = f"index `{item.name}` is already bound where this `{node.name}` would bind it again"
            raise builder.error("shadowed-index", message, item, "use another letter for the inner one")
        if item.name in (index.name for index in indices):
            raise builder.error("repeated-index", f"`{item.name}` stands twice in these brackets", item)
        indices.append(Index(item.name, builder.extents[item.name]))
    return tuple(indices)


def _reduction(op: str, body: Expr, bound: tuple[Index, ...], inner: Bindings, builder: Builder) -> Expr:
    extents, factor = sympy.Mul(*(index.extent for index in bound)), sympy.S.One
    if builder.splitter is not None:
        if op in ("sum", "mean"):
            body, bound, factor = _merged(body, bound)
        body = builder.splitter.clear(body, (*inner.order, *bound))
    match op:
        case "sum":
            return factor * sum_over(body, bound)
        case "mean":
            return factor * sum_over(body, bound) / extents
        case "min":
            return -_extremum(_negative(body), bound)
        case "max":
            return _extremum(body, bound)
        case "prod":
            body = guarded(body, sympy.S.One)
            absent = sympy.Mul(*(index.extent for index in bound if index not in body.free_symbols))
            return Reduction("prod", body, *(i for i in bound if i in body.free_symbols)) ** absent
        case _:
            return Reduction("argmax", guarded(body, -sympy.oo), *bound)


def _softmax(op: str, argument: Expr, bound: tuple[Index, ...]) -> Expr:
    """exp(z) / S, z - log(S) or log(S), with S = sum[j](exp(z)): the mathematical form, without a shift.

    Stabilisation is a pass of the derivation, which also shows it.
    """
    power = sympy.exp(argument)
    total = sum_over(power, bound)
    if op == "softmax":
        return power / total
    return argument - sympy.log(total) if op == "log_softmax" else sympy.log(total)


def _split_softmax(
    op: str, argument: Expr, bound: tuple[Index, ...], inner: Bindings, splitter: Splitter, *, outermost: bool
) -> Expr:
    """The same with its parts as tensors: e, S, and p or lse where the result is part of something.

    An exponent of several elements, or of elements elsewhere, is a tensor too: its adjoint is d.e * e, whatever it
    reads, so that the largest exponent may be taken off.
    """
    read = argument.atoms(Access)
    if len(read) > 1 or not all(access.is_plain for access in read):
        argument = splitter.temporary(argument, "u", inner.order)
    power = splitter.temporary(sympy.exp(argument), "e", inner.order)
    order = tuple(index for index in inner.order if index not in bound)
    total = splitter.temporary(sum_over(power, bound), "S", order)
    if op == "softmax":
        return power / total if outermost else splitter.temporary(power / total, "p", inner.order)
    if op == "log_softmax":  # with the logarithm in place: z - m - log(S) keeps digits that z - (m + log(S)) rounds off
        return argument - sympy.log(total)
    return sympy.log(total) if outermost else splitter.temporary(sympy.log(total), "lse", order)


def _extremum(body: Expr, bound: tuple[Index, ...]) -> Expr:
    body = guarded(body, -sympy.oo)
    return Reduction("max", body, *(index for index in bound if index in body.free_symbols))


def _negative(body: Expr) -> Expr:
    """-body; of a guarded one both branches, so that inf becomes the identity of max."""
    if isinstance(body, where) and body.args[2].is_infinite:
        condition, chosen, otherwise = body.args
        return where(condition, -chosen, -otherwise)
    return -body


def _merged(body: Expr, bound: tuple[Index, ...]) -> tuple[Expr, tuple[Index, ...], Expr]:
    """sum[b](c * sum[j](f)) as c * sum[b, j](f), where c is a number: body, indices, c."""
    factor: Expr = sympy.S.One
    while True:
        numbers, rest = body.as_independent(Access, Index, Reduction, as_Add=False)
        if not (isinstance(rest, Reduction) and rest.op == "sum"):
            return body, bound, factor
        inner, body = open_reduction(rest)
        bound, factor = (*bound, *inner), factor * numbers
