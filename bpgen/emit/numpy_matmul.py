"""Which matrix product a sum over two factors is: which axes are rows, columns and stacked, and what is copied first.

A convolution, sum[c, r, s](K[k, c, r, s] * x[b, c, p + r, q + s]), is a product of K, as rows k and columns (c, r, s),
with x as rows (c, r, s) and columns (p, q), for each b: x is copied so, K and the result lie right as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product

from bpgen.algebra.records import dataclass
from bpgen.emit.numpy_strides import ONE, Extent, count, is_matrix, merge
from bpgen.emit.numpy_views import Operand

Names = tuple[str, ...]
Extents = Mapping[str, Extent]

BATCH = 32  # a batch as it is supposed to be when costs are compared
# Nanoseconds, roughly, of one element copied, one product summed, and one call of BLAS.
COPY, MULTIPLY, CALL = 1.0, 0.05, 500.0


@dataclass(frozen=True)
class Matmul:
    """np.matmul of (stack, m, k) and (stack, k, n) into (stack, m, n).

    stack: the axes in which matrices are multiplied one by one; the other groups become one axis each
    copies: whether left, right and destination have to be brought in that form, in arrays of their own
    """

    stack: Names
    m: Names
    n: Names
    k: Names
    copies: tuple[bool, bool, bool]


def plan_matmul(left: Operand, right: Operand, destination: Operand, extents: Extents) -> Matmul | None:
    """The cheapest of all these forms; None where there are neither rows nor columns.

    Every axis is in two of the three operands at least: those of both factors that the destination lacks are summed.
    """
    both = tuple(name for name in destination.axes if name in left.axes and name in right.axes)
    m = tuple(name for name in destination.axes if name in left.axes and name not in both)
    n = tuple(name for name in destination.axes if name in right.axes and name not in both)
    if not m and not n:
        return None
    summed = {name for name in left.axes if name not in destination.axes}
    found: list[tuple[float, int, Matmul]] = []
    for stacked in _subsets((*m, *n)):
        stack = tuple(name for name in destination.axes if name in both or name in stacked)
        rows, columns = ({name for name in group if name not in stacked} for group in (m, n))
        orders = (
            _orders(rows, left, destination), _orders(columns, right, destination), _orders(summed, left, right),
        )  # fmt: skip
        for mo, no, ko in product(*orders):
            copies = (
                not lies(left, mo, ko, extents), not lies(right, ko, no, extents),
                not lies(destination, mo, no, extents),
            )  # fmt: skip
            plan = Matmul(stack, mo, no, ko, copies)
            found.append((_cost(plan, (left, right, destination), extents), len(found), plan))
    return min(found)[2]


def _subsets(names: Names) -> Iterator[Names]:
    for size in range(len(names) + 1):
        yield from combinations(names, size)


def _orders(names: set[str], *operands: Operand) -> list[Names]:
    """The orders that these axes have in the operands."""
    return list(dict.fromkeys(tuple(name for name in operand.axes if name in names) for operand in operands))


def lies(operand: Operand, rows: Names, columns: Names, extents: Extents) -> bool:
    """Whether it is a stack of matrices as it lies."""
    steps = dict(zip(operand.axes, operand.strides, strict=True))
    groups = [([steps[name] for name in group], [extents[name] for name in group]) for group in (rows, columns)]
    merged = [merge(strides, sizes) for strides, sizes in groups]
    shape = [count(sizes) for _, sizes in groups]
    if merged[0] is None or merged[1] is None:
        return False
    return is_matrix(merged[0], merged[1], (shape[0], shape[1]))


def _cost(plan: Matmul, operands: Sequence[Operand], extents: Extents) -> float:
    copied = sum(elements(o.axes, extents) for o, copy in zip(operands, plan.copies, strict=True) if copy)
    calls = elements(plan.stack, extents)
    m, n, k = (elements(group, extents) for group in (plan.m, plan.n, plan.k))
    # A thin matrix is read as fast as memory gives it, which is slower than a product of two wide ones.
    work = calls * m * n * k * MULTIPLY * (1 + 4 / min(m, n))
    return COPY * copied + work + CALL * calls


def elements(names: Names, extents: Extents) -> int:
    """How many elements an array over these axes has, for a batch of a usual size."""
    product_ = 1
    for name in names:
        extent = extents[name]
        product_ *= BATCH if isinstance(extent, str) else extent
    return product_


def copied_axes(operand: Operand, stack: Names, groups: tuple[Names, Names], extents: Extents) -> Names:
    """The axes of its copy: the group that holds the operand's own closest axis comes last, for copies in long runs."""
    steps = dict(zip(operand.axes, operand.strides, strict=True))
    closest = [name for name in operand.axes if steps[name] == ONE]
    longest = max(closest, key=lambda name: elements((name,), extents), default="")
    first, last = groups
    if longest in first:
        first, last = last, first
    return (*(name for name in stack if name in operand.axes), *first, *last)
