"""The statements of C that kernels are made of: a small tree that templates/c/code.j2 writes down.

numbers: the equations that a line computes, or a part of them; of a loop's head, those of all lines inside.
note: the comment behind a line.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bpgen.algebra.records import dataclass


@dataclass(frozen=True)
class Let:
    """A new variable: type name = value.

    size: of an array: of zeros, of nothing yet (kind "array"), or of where the terms lie that the walk `value` comes to
    (kind "terms")
    """

    type: str
    name: str
    value: str = ""
    constant: bool = True
    size: str = ""
    kind: str = "let"
    numbers: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Store:
    """target operator value: operator is "=" or "+=" or "*="."""

    target: str
    value: str
    operator: str = "="
    kind: str = "store"
    numbers: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Collect:
    """A new variable: what a function of templates/c/helpers.c.j2 makes of an array of partial results."""

    name: str
    function: str
    parts: str
    kind: str = "collect"
    numbers: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Fetch:
    """Have a row of a tile's columns brought into the cache."""

    place: str
    kind: str = "fetch"
    numbers: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class When:
    """Statements under a condition."""

    condition: str
    body: tuple[Code, ...]
    kind: str = "when"

    @property
    def numbers(self) -> tuple[int, ...]:
        return _numbers(self.body)


@dataclass(frozen=True)
class For:
    """A loop: variable from first to bound (excluded) by step.

    rolled: not to be unrolled; independent: its turns may run at the same time; shared: so many loops, from this one
    inwards, are divided among threads; turns: how many it has, about, where its step does not say; private: fills an
    array of the kernel's own, which each thread does for itself
    """

    variable: str
    first: str
    bound: str
    body: tuple[Code, ...]
    step: str = "1"
    rolled: bool = False
    independent: bool = False
    shared: int = 0
    turns: int = 0
    private: bool = False
    kind: str = "for"

    @property
    def numbers(self) -> tuple[int, ...]:
        return _numbers(self.body)


@dataclass(frozen=True)
class Multiply:
    """One tile of a matrix product, by the function in templates/c/product.c.j2."""

    arguments: tuple[str, ...]
    kind: str = "multiply"
    numbers: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class MultiplyCopied(Multiply):
    """The same in one way, however many rows there are."""

    kind: str = "multiply_copied"


@dataclass(frozen=True)
class MultiplyDots(Multiply):
    """The same for operands that both lie along their terms, at least as many as a vector has lanes."""

    kind: str = "multiply_dots"


@dataclass(frozen=True)
class MultiplyAcross:
    """The same for a left operand that is read across its rows.

    width: from a row of the tile to the next one; finishing: where the tile's first rows are in the arrays that it is
    finished with, which are fetched meanwhile, and finishing_row: from a row of theirs to the next one
    """

    arguments: tuple[str, ...]
    width: str
    finishing: tuple[str, ...] = ()
    finishing_row: str = "0"
    kind: str = "multiply_across"
    numbers: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class MultiplyStrip:
    """The same for as many columns as have their panels kept.  width: from a row of the tile to the next one"""

    arguments: tuple[str, ...]
    width: str
    kind: str = "multiply_strip"
    numbers: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class MultiplyAlong:
    """The same for operands that their loops do not walk through as one loop would: of each such axis, its walk.

    head, a, b: texts; a_terms, b_terms, columns: (extents, strides) of the loops, as texts
    """

    head: str
    a: str
    b: str
    a_terms: tuple[str, str]
    b_terms: tuple[str, str]
    columns: tuple[str, str]
    first_column: str
    loops: tuple[int, int]
    kind: str = "multiply_along"
    numbers: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class MultiplyLines:
    """A tile whose columns are lines of an array, by the function in templates/c/walks.c.j2.

    tile, head, a, a_row, b: texts; initial: what sums begin with; inside: how far from b on the array goes
    border: terms of each row of a window, and the lines that these are not 0 for
    """

    tile: str
    initial: str
    head: str
    a: str
    a_row: str
    b: str
    inside: str
    border: str
    kind: str = "multiply_lines"
    numbers: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class MultiplySums:
    """A tile of sums along lines of both operands, by the function in templates/c/sums.c.j2.

    head, a, b, columns: texts; a_lines, b_lines: (number of loops, extents, steps); a_inside, b_inside: how far from
    there on the arrays go
    """

    head: str
    a: str
    a_row: str
    a_lines: str
    a_inside: str
    b: str
    b_lines: str
    b_inside: str
    columns: str
    kind: str = "multiply_sums"
    numbers: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class MultiplySpans:
    """A tile of sums at many places of a window, by the function in templates/c/spans.c.j2, its arguments as texts."""

    tile: str
    lines: str
    a: str
    b: str
    window: str
    border: str
    kind: str = "multiply_spans"
    numbers: tuple[int, ...] = ()
    note: str = ""


Code = (
    Let
    | Store
    | Collect
    | Fetch
    | When
    | For
    | Multiply
    | MultiplyAcross
    | MultiplyStrip
    | MultiplyAlong
    | MultiplyLines
    | MultiplySpans
    | MultiplySums
)


def computing(code: Iterable[Code], numbers: tuple[int, ...]) -> list[Code]:
    """The code, whose lines compute these equations where they do not say so themselves."""
    found: list[Code] = []
    for line in code:
        if isinstance(line, For | When):
            found.append(replace(line, body=tuple(computing(line.body, numbers))))
        else:
            found.append(line if line.numbers else replace(line, numbers=numbers))
    return found


def _numbers(body: Iterable[Code]) -> tuple[int, ...]:
    return tuple(sorted({number for line in body for number in line.numbers}))
