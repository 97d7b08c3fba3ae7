"""Stand-ins for long axes: checks are evaluated with 1024 places as 17, where nothing can tell these sizes apart.

The scores of an attention over 1024 places are 1024 x 1024 numbers a head, and every check evaluates them again.  What
is derived holds for any number of places if no equation counts them.  A size that an index runs over is free if

    its axes are read by plain indices that run over all of them: x[b, t, d], neither x[b, t - 1, d] nor x[b, p[t], d];
    these indices are in no arithmetic, and are compared with each other alone, or with the place of a greatest element
        among them: [i >= j], not [i >= 512];
    no sum over it stands beside a multiple of its size, as in a mean: what is left when that is taken off is 0 for
        one size alone.  The mean that the loss takes is no more than a factor.

Two axes of one size are free together or not at all.  A stand-in is a prime that divides no number of the network, nor
is it any other axis's size: no product or quotient becomes another that it was not, and no axis fits another's place.
A rewrite that counts places none the less, sum[t](1) = 1024, or compares with a number, is seen here (`require_free`,
and the check itself): then everything is derived and checked again at the sizes themselves.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import lru_cache

import sympy
from sympy import Expr

from bpgen.algebra.errors import RewriteError
from bpgen.algebra.expressions import Access, Reduction
from bpgen.algebra.functions import Bracket
from bpgen.algebra.index import Index
from bpgen.algebra.system import Equation, System

# With a tensor of so many elements a sample, evaluating takes longer than deriving.
LARGE = 1 << 20
# Shorter axes are left as they are, and stand-ins are no longer.
LEAST = 64


def stand_ins(system: System) -> dict[int, int]:
    """The sizes of a system that are free, each with the smaller one that stands for it; none where all is small."""
    if not is_large(system):
        return {}
    sizes = {extent for tensor in system.tensors.values() for extent in tensor.shape if isinstance(extent, int)}
    fractions = {number for equation in system.equations for number in equation.rhs.atoms(sympy.Rational)}
    taken = sizes | {abs(int(part)) for number in fractions for part in (number.p, number.q) if part}
    primes = [prime for prime in sympy.primerange(17, LEAST) if all(number % prime for number in taken)]
    free = [size for size in sorted(sizes) if size > LEAST and _is_free_in(system, size)]
    return dict(zip(free, primes, strict=False))


def is_large(system: System) -> bool:
    sizes = (math.prod(int(n) for n in tensor.shape if n != "B") for tensor in system.tensors.values())
    return max(sizes, default=0) >= LARGE


def require_free(expressions: Iterable[Expr], smaller: Mapping[int, int]) -> None:
    """Raises RewriteError where stand-ins may not speak for the sizes of an expression."""
    for expression in expressions:
        for size in smaller:
            if not _is_free(expression, size):
                raise RewriteError(f"{expression} depends on {size} places other than one after another")


def _is_free_in(system: System, size: int) -> bool:
    totals = {system.loss, *(name for name, _ in system.losses)}
    return all(
        _is_free(equation.rhs, size) and (equation.tensor.name in totals or not _counts(equation, size))
        for equation in system.equations
    )


@lru_cache(maxsize=4096)  # an expression is before one rewrite and after another
def _is_free(node: Expr, size: int) -> bool:
    """Whether places along axes of a size are read one after another, and compared with each other, and no more."""
    if isinstance(node, Index):
        return bool(node.extent != size)
    if isinstance(node, Access):
        extents = getattr(node.args[0], "extents", None)
        pairs = zip(node.indices, extents, strict=True) if extents is not None else ()
        return extents is not None and all(_is_free_place(place, extent, size) for place, extent in pairs)
    if isinstance(node, Bracket) and all(_is_place(side, size) for side in node.args):
        return True
    parts = (node.body,) if isinstance(node, Reduction) else node.args
    return all(_is_free(part, size) for part in parts if isinstance(part, Expr))


def _is_place(node: Expr, size: int) -> bool:
    """Whether it is one of so many places: an index, or that of the greatest element along the axis."""
    if isinstance(node, Reduction) and node.op == "argmax":
        return [index.extent for index in node.bound] == [size] and _is_free(node.body, size)
    return isinstance(node, Index) and bool(node.extent == size)


def _is_free_place(place: Expr, extent: Expr, size: int) -> bool:
    if isinstance(place, Index):
        return bool(place.extent == extent or size not in (place.extent, extent))
    return extent != size and _is_free(place, size)


def _counts(equation: Equation, size: int) -> bool:
    """Whether a sum over so many places stands beside a multiple of their number."""
    summed = any(index.extent == size for node in equation.rhs.atoms(Reduction) for index in node.bound)
    return summed and any(part % size == 0 for number in _numbers(equation.rhs) for part in (number.p, number.q))


def _numbers(node: Expr) -> set[sympy.Rational]:
    """The numbers other than 0 in an expression, without those that tell where something is."""
    if isinstance(node, Access | Bracket):
        return set()
    if isinstance(node, sympy.Rational):
        return {node} if node else set()
    parts = (node.body,) if isinstance(node, Reduction) else node.args
    return {number for part in parts for number in _numbers(part)}
