"""The number systems that equations read their indices in: b, j // 6, j // 3 % 2, j % 3 are digits of one."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import pairwise

import sympy
from sympy import Expr

from bpgen.algebra.digits import index_range, quotient, remainder
from bpgen.algebra.expressions import Reduction, free_indices
from bpgen.algebra.index import Index

Radices = tuple[int, tuple[int, ...]]
"""What is added to an index before its digits are taken, and the weights of these, least first."""
Reads = set[tuple[int, int]]
"""(what is added, the weight of a digit) of every digit that is read."""


def radices(index: Index, expression: Expr) -> Radices | None:
    """The number system that an index is read in; None where it is read whole.  Strays are to be gone."""
    found: Reads = set()
    for node in expression.atoms(quotient, remainder):
        if index in node.free_symbols:
            reads = _reads(index, node)
            assert reads is not None, f"{node} is a stray"
            found |= reads
    return _system(found) if found else None


def strays(expression: Expr, left: Collection[Index], steps: Index | None) -> set[Expr]:
    """Quotients and remainders that are not digits in one number system of one index each.

    left: the indices of the left-hand side; steps: the one among these along which a recurrence runs, which must not
    be split at all, and the others only where they stay in one piece.  The digits of several indices are none where a
    sum can run over them.  Where places are counted, or a table is read, a bound index must keep to its own values.
    """
    sums = [node for node in expression.atoms(Reduction) if node.op == "sum"]
    apart = expression.xreplace({node: sympy.Dummy() for node in sums}).atoms(quotient, remainder)
    found: set[Expr] = set()
    read: dict[Index, dict[Expr, Reads]] = {}
    for node in sorted(expression.atoms(quotient, remainder), key=sympy.default_sort_key):
        indices = free_indices(node)
        if len(indices) > 1 and node not in apart and _can_be_summed_over(node):
            continue
        reads = _reads(indices[0], node) if len(indices) == 1 else None
        if reads is None or not indices[0].extent.is_Integer or indices[0] == steps:
            found.add(node)
            continue
        known = read.setdefault(indices[0], {})
        if _system(reads.union(*known.values())) is None:
            found.add(node)
        else:
            known[node] = reads
    whole: Collection[Index] = () if steps is None else left
    looked_up = {index for node in found for index in free_indices(node) if index not in left}
    for index in sorted({*_counted(expression), *looked_up, *whole}, key=lambda index: index.name):
        system = _system(set().union(*read.get(index, {}).values()))
        if system is not None and not _is_whole(index, system):
            found |= read[index].keys()
    return found


def _can_be_summed_over(node: Expr) -> bool:
    value = node.args[0]
    return not value.has(quotient, remainder) and None not in index_range(value)


def _counted(expression: Expr) -> Iterable[Index]:
    """Indices of an argmax, which counts places."""
    for node in expression.atoms(Reduction):
        if node.op == "argmax":
            yield from node.bound


def _is_whole(index: Index, system: Radices) -> bool:
    """Whether the values of an index are all values of its digits."""
    offset, weights = system
    return offset % weights[-1] == 0 and (offset + int(index.extent)) % weights[-1] == 0


def _reads(index: Index, node: Expr) -> Reads | None:
    """The digits of an index that a quotient or remainder reads; None where other indices are in it."""
    inner, divisor = node.args
    weights = {int(divisor)}
    constant, digit = inner.as_coeff_Add()
    if isinstance(digit, quotient):  # e // n + c -> (e + c n) // n
        inner, below = digit.args[0] + constant * digit.args[1], digit.args[1]
        weights = {int(below), int(below) * int(divisor)}
    rest = sympy.expand(inner - index)
    return {(int(rest), weight) for weight in weights} if rest.is_Integer else None


def _system(found: Reads) -> Radices | None:
    """The one number system with these digits; None where there is none."""
    if not found:
        return None
    weights = sorted({weight for _, weight in found})
    offset = min(offset for offset, weight in found if weight == weights[-1])
    alike = all((other - offset) % weight == 0 for other, weight in found)
    if not alike or any(above % below for below, above in pairwise(weights)):
        return None
    return offset, tuple(weights)
