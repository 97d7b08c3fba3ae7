"""How loops walk through the arrays of a kernel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

from bpgen.algebra.records import dataclass
from bpgen.emit.c_expressions import Expressions, Stride, strides
from bpgen.emit.c_tiles import Axis
from bpgen.lower.scalar import BATCH, Affine, IndexExpression, Load, Loop


@dataclass(frozen=True)
class Steps:
    """How loops walk through the arrays of a kernel."""

    expressions: Expressions

    def of(self, load: Load, name: str) -> Stride:
        coefficients = self._coefficients(load, name)
        return next(((coefficient, power) for power, coefficient in coefficients.items()), (0, 0))

    def _coefficients(self, load: Load, name: str) -> dict[int, int]:
        """How a variable moves the load: coefficient by power of the batch."""
        found: dict[int, int] = {}
        shape = self.expressions.formals[load.buffer].shape
        for index, (stride, power) in zip(load.indices, strides(shape), strict=True):
            times = dict(index.terms).get(name, 0) if isinstance(index, Affine) else 0
            if times:
                found[power] = found.get(power, 0) + times * stride
        return {power: coefficient for power, coefficient in found.items() if coefficient}

    def even(self, load: Load) -> bool:
        """Whether the step of every variable is a number, or a number times a power of the batch."""
        names = {name for index in load.indices if isinstance(index, Affine) for name, _ in index.terms}
        return all(len(self._coefficients(load, name)) <= 1 for name in names)

    def joined(self, loops: list[Loop], load: Load) -> bool:
        """Whether the loops walk through the array as one loop would."""
        return all(
            self.of(load, outer.name) == _times(self.of(load, inner.name), inner.extent)
            for outer, inner in pairwise(loops)
        )

    def split(self, loops: list[Loop], load: Load) -> tuple[list[Loop], list[Loop]]:
        """The innermost loops that walk as one, and those outside of them."""
        for number in range(len(loops)):
            if self.joined(loops[number:], load):
                return loops[number:], loops[:number]
        return [], []

    def start(self, load: Load, axes: Iterable[Axis]) -> str:
        """Where the element is at the beginning of the axes."""
        starts = {loop.name: loop.start for axis in axes for loop in axis.loops}
        return self.expressions.offset(load.buffer, tuple(_at_start(index, starts) for index in load.indices))

    def walk(self, load: Load, axis: Axis) -> tuple[str, str]:
        """The extents of the loops, and the steps by which they move the load, as texts."""
        extents = ["batch" if loop.extent == BATCH else str(loop.extent) for loop in axis.loops]
        ways = [self.expressions.stride_text(self.of(load, loop.name)) for loop in axis.loops]
        return ", ".join(extents), ", ".join(ways)


def _times(stride: Stride, extent: int | str) -> Stride:
    coefficient, power = stride
    return (coefficient, power + 1) if extent == BATCH else (coefficient * int(extent), power)


def _at_start(index: IndexExpression, starts: Mapping[str, int]) -> IndexExpression:
    """The index where loops begin."""
    if not isinstance(index, Affine):
        return index
    rest = tuple(term for term in index.terms if term[0] not in starts)
    return Affine(rest, index.constant + sum(c * starts[name] for name, c in index.terms if name in starts))
