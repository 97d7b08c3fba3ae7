"""The typed scalar expressions that kernels compute.  No SymPy from here on.

Every node has a dtype: "real" (the dtype the network is built with), "float64" (numbers kept in double
precision in any build: settings, counters, bias corrections), "int32", or "bool".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass  # not that of bpgen.algebra.records: instances are many
from fractions import Fraction

BATCH = "B"

# name -> number of arguments.  "select" is select(condition, a, b): only the chosen branch counts.
# "uniform" is the random number of (seed, step, stream: float64, position: int32), see bpgen.algebra.random.
# "normal" is the number, but 0 for a subnormal one, see bpgen.lower.subnormal.
# "power" has any real exponent; "square" and "reciprocal" are spelled out because targets have better ones.
OPERATIONS: dict[str, int] = {
    "add": 2, "subtract": 2, "multiply": 2, "divide": 2, "power": 2, "maximum": 2, "minimum": 2,
    "negative": 1, "square": 1, "reciprocal": 1, "sqrt": 1, "exp": 1, "log": 1, "log1p": 1, "expm1": 1,
    "abs": 1, "sign": 1, "sin": 1, "cos": 1, "tan": 1, "sinh": 1, "cosh": 1, "tanh": 1, "atan": 1,
    "erf": 1, "sigmoid": 1, "softplus": 1, "uniform": 4, "normal": 1,
    "greater": 2, "greater_equal": 2, "equal": 2, "and": 2, "or": 2, "not": 1, "select": 3, "cast": 1,
}  # fmt: skip
PREDICATES = ("greater", "greater_equal", "equal", "and", "or", "not")


@dataclass(frozen=True)
class Affine:
    """An index: the sum of coefficient * loop variable, plus a constant."""

    terms: tuple[tuple[str, int], ...] = ()
    constant: int = 0

    @property
    def variable(self) -> str | None:
        """The loop variable, where the index is just that."""
        plain = len(self.terms) == 1 and self.terms[0][1] == 1 and self.constant == 0
        return self.terms[0][0] if plain else None

    @property
    def shifted(self) -> str | None:
        """The variable, where the index is that plus a constant."""
        return self.terms[0][0] if len(self.terms) == 1 and self.terms[0][1] == 1 else None


@dataclass(frozen=True)
class Indirect:
    """An index read from an integer tensor: label[b]."""

    load: Load


IndexExpression = Affine | Indirect


@dataclass(frozen=True)
class Scalar:
    dtype: str


@dataclass(frozen=True)
class Constant(Scalar):
    """An exact rational, or a float where the number is irrational."""

    value: Fraction | float


@dataclass(frozen=True)
class BatchSize(Scalar):
    """The number of rows in this call, as a number."""


@dataclass(frozen=True)
class IndexValue(Scalar):
    """An index as a number: the j of [j = label[b]]."""

    index: Affine


@dataclass(frozen=True)
class Load(Scalar):
    """An element of a buffer."""

    buffer: str
    indices: tuple[IndexExpression, ...] = ()


@dataclass(frozen=True)
class Local(Scalar):
    """A value that an earlier statement of the same kernel keeps in a local variable."""

    name: str


@dataclass(frozen=True)
class Operation(Scalar):
    op: str
    arguments: tuple[Scalar, ...]


@dataclass(frozen=True)
class Loop:
    """A loop variable and its range, start ... start + extent - 1; extent is an int or "B"."""

    name: str
    extent: int | str
    start: int = 0


@dataclass(frozen=True)
class Reduce(Scalar):
    """op ("sum", "max", "argmax", "prod") of the body over loops, outermost first."""

    op: str
    loops: tuple[Loop, ...]
    body: Scalar


def walk(scalar: Scalar) -> Iterator[Scalar]:
    """The node and all below it, loads inside indices included; parents first."""
    pending = [scalar]
    while pending:
        node = pending.pop()
        yield node
        below = children(node)
        if below:
            pending += below[::-1]


def children(scalar: Scalar) -> tuple[Scalar, ...]:
    if isinstance(scalar, Operation):  # asked of every node again and again, where patterns take three times as long
        return scalar.arguments
    if isinstance(scalar, Load):
        return tuple([index.load for index in scalar.indices if isinstance(index, Indirect)])
    if isinstance(scalar, Reduce):
        return (scalar.body,)
    return ()
