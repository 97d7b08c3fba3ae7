"""The statements of C that kernels are made of: a small tree that templates/c/code.j2 writes down."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Let:
    """A new variable: type name = value; size: of an array of zeros."""

    type: str
    name: str
    value: str = ""
    constant: bool = True
    size: str = ""
    kind: str = "let"


@dataclass(frozen=True)
class Store:
    """target operator value: operator is "=" or "+=" or "*="."""

    target: str
    value: str
    operator: str = "="
    kind: str = "store"


@dataclass(frozen=True)
class When:
    """Statements under a condition."""

    condition: str
    body: tuple[Code, ...]
    kind: str = "when"


@dataclass(frozen=True)
class For:
    """A loop: variable from first to bound (excluded) by step; rolled: not to be unrolled."""

    variable: str
    first: str
    bound: str
    body: tuple[Code, ...]
    step: str = "1"
    rolled: bool = False
    kind: str = "for"


@dataclass(frozen=True)
class Multiply:
    """One tile of a matrix product, by the function in templates/c/product.c.j2."""

    arguments: tuple[str, ...]
    kind: str = "multiply"


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


Code = Let | Store | When | For | Multiply | MultiplyAlong
