"""What a kernel costs, estimated: nanoseconds on one core, as a polynomial in the batch.

The figures are those of a processor with vectors of 256 bits or more, and of data in the cache.  They decide what is
worth dividing among threads, for which half and twice as much are near enough.
"""

from __future__ import annotations

from collections.abc import Iterable

from bpgen.algebra.records import dataclass
from bpgen.lower.scalar import BATCH, Indirect, Load, Loop, Operation, Reduce, Scalar, walk
from bpgen.lower.schedule import Assign, Kernel

PRODUCT = 0.012  # a multiplication and an addition of a contraction
PLAIN = 0.025  # any other operation, or an element read or written
FUNCTION = 0.3
GATHER = 0.3  # an element whose place is read first
FUNCTIONS = ("exp", "log", "log1p", "expm1", "sin", "cos", "tan", "sinh", "cosh", "tanh", "atan", "erf", "sigmoid",
             "softplus", "power", "uniform")  # fmt: skip


@dataclass(frozen=True)
class Work:
    """Nanoseconds by power of the batch."""

    powers: tuple[float, ...] = ()

    def __add__(self, other: Work) -> Work:
        length = max(len(self.powers), len(other.powers))
        return Work(tuple(self._of(power) + other._of(power) for power in range(length)))

    def __mul__(self, times: float) -> Work:
        return Work(tuple(cost * times for cost in self.powers))

    def _of(self, power: int) -> float:
        return self.powers[power] if power < len(self.powers) else 0.0

    def at(self, batch: int) -> float:
        return float(sum(cost * batch**power for power, cost in enumerate(self.powers)))


def work(kernel: Kernel) -> Work:
    return sum((_statement(kernel, statement) for statement in kernel.statements), Work())


def _statement(kernel: Kernel, statement: Assign) -> Work:
    loops = (*kernel.loops, *statement.loops)
    if statement.contraction is not None:
        return _times(PRODUCT, (*loops, *next(n.loops for n in walk(statement.value) if isinstance(n, Reduce))))
    return _times(PLAIN, loops) + _scalar(statement.value, loops)


def _scalar(scalar: Scalar, loops: tuple[Loop, ...]) -> Work:
    match scalar:
        case Reduce(loops=inner, body=body):
            return _times(PLAIN, (*loops, *inner)) + _scalar(body, (*loops, *inner))
        case Operation(op=op, arguments=arguments):
            own = _times(FUNCTION if op in FUNCTIONS else PLAIN, loops)
            return sum((_scalar(argument, loops) for argument in arguments), own)
        case Load(indices=indices):
            gathered = any(isinstance(index, Indirect) for index in indices)
            return _times(GATHER if gathered else PLAIN, loops)
        case _:
            return Work()


def _times(cost: float, loops: Iterable[Loop]) -> Work:
    power = 0
    for loop in loops:
        if loop.extent == BATCH:
            power += 1
        else:
            cost *= int(loop.extent)
    return Work((0.0,) * power + (cost,))
