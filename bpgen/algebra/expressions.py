"""Accesses and reductions: the two kinds of node that index equations add to scalar algebra."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from itertools import count, groupby, permutations, product
from typing import Any

import sympy
from sympy import Expr, Integer, Symbol
from sympy.core.symbol import Str

from bpgen.algebra.digits import join_digits, lies_beyond, lies_within, remainder
from bpgen.algebra.functions import greater, greater_equal, where
from bpgen.algebra.index import BATCH, Index

_fresh = count()

ORDERED = ("max", "argmax")
# Passes ask the same of an expression again and again, which does not change: so many answers are kept.
RECENT = 4096


class Access(Expr):  # type: ignore[misc]
    """A[phi]: one element of a tensor.  args = (tensor's symbol, index expression, ...).

    An index expression is an Index (plain), an integer combination of indices, their quotients and
    remainders (affine), or an Access to an integer tensor (indirect).  An affine access outside the
    tensor reads 0.
    """

    is_commutative = True

    def __new__(cls, symbol: Symbol, *indices: Expr) -> Access:
        access: Access = Expr.__new__(cls, symbol, *(_index(index) for index in indices))
        return access

    @property
    def tensor(self) -> str:
        name: str = self.args[0].name
        return name

    @property
    def indices(self) -> tuple[Expr, ...]:
        return tuple(self.args[1:])

    @property
    def is_plain(self) -> bool:
        return all(isinstance(index, Index) for index in self.indices)

    def _eval_is_real(self) -> bool | None:
        return True

    @cached_property
    def is_inside(self) -> bool:
        """Whether the access is known to lie inside its tensor.  Outside it is 0, whatever the tensor holds.

        An element of an integer tensor, as an index, is inside by what is required of that tensor, unless some of its
        values are only compared with: then it is not known to be nonnegative.
        """
        extents = getattr(self.args[0], "extents", None)
        if extents is None:
            return self.is_plain
        pairs = zip(self.indices, extents, strict=True)
        return all(_is_place(index) or lies_within(index, extent) for index, extent in pairs)

    @cached_property
    def is_outside(self) -> bool:
        """Whether the access is known to lie outside its tensor, so that it is 0."""
        extents = getattr(self.args[0], "extents", ())
        pairs = zip(self.indices, extents, strict=False)
        return any(not isinstance(index, Access) and lies_beyond(index, extent) for index, extent in pairs)

    def inside(self) -> tuple[Expr, ...]:
        """The conditions for lying inside, as brackets: those that are not known to hold."""
        conditions = []
        for index, extent in zip(self.indices, self.args[0].extents, strict=True):
            if not _is_place(index) and not lies_within(index, extent):
                conditions += [greater_equal(index, Integer(0)), greater(extent, index)]
        return tuple(condition for condition in conditions if condition != 1)

    def _eval_is_positive(self) -> bool | None:
        known: bool | None = self.args[0].is_positive
        return known if self.is_inside else None

    def _eval_is_nonnegative(self) -> bool | None:
        known: bool | None = self.args[0].is_nonnegative
        return known

    def _eval_is_integer(self) -> bool | None:
        known: bool | None = self.args[0].is_integer
        return known

    def _eval_is_zero(self) -> bool | None:
        return False if self.args[0].is_positive and self.is_inside else None

    def _eval_derivative(self, symbol: Symbol) -> Expr:
        # The derivation replaces an access by a symbol of its own before it differentiates.
        return sympy.S.Zero

    def _sympystr(self, printer: Any) -> str:
        return f"{self.tensor}[{', '.join(printer.doprint(i) for i in self.indices)}]"


def _is_place(index: Expr) -> bool:
    """Whether an index is an element of an integer tensor whose values are all places on its axis."""
    return isinstance(index, Access) and bool(index.is_nonnegative)


def _index(index: Expr) -> Expr:
    index = sympy.sympify(index)
    return join_digits(index) if index.has(remainder) else index


class Reduction(Expr):  # type: ignore[misc]
    """op over bound indices of a body; op is "sum", "max", "argmax" or "prod".

    Bound indices have canonical names, so two reductions that differ only in the names of their
    bound indices are equal; sums and products also where these differ in order.  The order of a max or
    argmax counts: of equal elements it takes the first in row-major order.  Open one with `open_reduction` before
    taking its body apart.  SymPy's own Sum is not used: it loses divisibility, captures indices
    and tries to evaluate.
    """

    is_commutative = True

    def __new__(cls, op: str | Str, body: Expr, *bound: Index) -> Expr:
        body = sympy.sympify(body)
        name = op if isinstance(op, str) else op.name
        if name != "argmax":  # where the place in the order of all indices counts
            absent = [index for index in bound if index not in body.free_symbols]
            bound = tuple(index for index in bound if index not in absent)
            times = sympy.Mul(*(index.extent for index in absent))
            if absent and name != "max":
                rest = Reduction(name, body, *bound)
                return times * rest if name == "sum" else rest**times
        if not bound:
            return body
        body, canonical = _canonical(body, bound, ordered=name in ORDERED)
        return Expr.__new__(cls, Str(name), body, *canonical)

    @property
    def op(self) -> str:
        name: str = self.args[0].name
        return name

    @property
    def body(self) -> Expr:
        return self.args[1]

    @property
    def bound(self) -> tuple[Index, ...]:
        return tuple(self.args[2:])

    @property
    def free_symbols(self) -> set[Symbol]:
        return set(self.body.free_symbols) - set(self.bound)

    def _eval_is_real(self) -> bool | None:
        return True

    def _eval_is_integer(self) -> bool | None:
        return True if self.op == "argmax" else None

    def _eval_is_positive(self) -> bool | None:
        return True if self.op != "argmax" and self.body.is_positive else None

    def _eval_is_zero(self) -> bool | None:
        return False if self._eval_is_positive() else None

    def _eval_derivative(self, symbol: Symbol) -> Expr:
        if self.op == "sum":
            return Reduction("sum", self.body.diff(symbol), *self.bound)
        raise TypeError("only the rule of bpgen.derive differentiates a reduction that is no sum")

    def _sympystr(self, printer: Any) -> str:
        names = ", ".join(index.name for index in self.bound)
        return f"{self.op}[{names}]({printer.doprint(self.body)})"


def height(expression: Expr) -> int:
    """How many reductions are nested in an expression."""
    found = [r.bound for r in expression.atoms(Reduction)]
    return max((int(b[0].name.split("_")[1]) for b in found), default=0)


@lru_cache(maxsize=RECENT)
def _canonical(body: Expr, bound: tuple[Index, ...], *, ordered: bool) -> tuple[Expr, tuple[Index, ...]]:
    level = height(body) + 1
    if ordered:
        names = tuple(Index(f"_{level}_{n}", index.extent) for n, index in enumerate(bound))
        return body.xreplace(dict(zip(bound, names, strict=True))), names
    best: tuple[Any, Expr, tuple[Index, ...]] | None = None
    # The batch first, as one would write it.
    listed = sorted(bound, key=lambda index: (index.extent != BATCH, *reversed(index.content)))
    groups = [list(g) for _, g in groupby(listed, key=lambda index: index.content[1])]
    groups = [part for g in groups for part in ([g] if len(g) <= 4 else _by_use(g, body))]
    choices = [list(permutations(g)) if len(g) <= 4 else [tuple(g)] for g in groups]
    for choice in product(*choices):
        order = [index for group in choice for index in group]
        names = tuple(Index(f"_{level}_{n}", index.extent) for n, index in enumerate(order))
        renamed = body.xreplace(dict(zip(order, names, strict=True)))
        if len(choices) == len(listed):
            return renamed, names
        key = sympy.default_sort_key(renamed)
        if best is None or key < best[0]:
            best = (key, renamed, names)
    assert best is not None
    return best[1], best[2]


def _by_use(indices: list[Index], body: Expr) -> list[list[Index]]:
    """Indices in groups of those that occur in the same axes of the same tensors: too many to try every order."""
    uses: dict[Index, list[tuple[str, int]]] = {index: [] for index in indices}
    for access in body.atoms(Access):
        for axis, place in enumerate(access.indices):
            for index in place.free_symbols & uses.keys():
                uses[index].append((access.tensor, axis))
    alike = sorted(indices, key=lambda index: (sorted(uses[index]), index.name))
    return [list(group) for _, group in groupby(alike, key=lambda index: sorted(uses[index]))]


def fresh_index(extent: Expr | int) -> Index:
    """An index that occurs nowhere else; it must be bound again before an expression is kept."""
    return Index(f"~{next(_fresh)}", extent)


def open_reduction(reduction: Reduction) -> tuple[tuple[Index, ...], Expr]:
    """Fresh indices and the body over them: the body may be moved about without capture."""
    fresh = tuple(fresh_index(index.extent) for index in reduction.bound)
    return fresh, reduction.body.xreplace(dict(zip(reduction.bound, fresh, strict=True)))


def replace_accesses(
    expression: Expr,
    chosen: Collection[Access],
    value: Callable[[Access], Expr],
    names: Mapping[Expr, Expr] | None = None,
) -> Expr:
    """The expression with values in place of the chosen accesses, also where these have bound indices.

    value: is given an access whose bound indices are fresh, for what it returns may bind the same canonical names
    names: of the indices that are bound around this part of an expression
    """
    names = names or {}
    if expression in chosen:
        return value(rename(expression, names))
    if not any(expression.has(access) for access in chosen):
        return rename(expression, names)
    if isinstance(expression, Reduction):
        fresh = {index: fresh_index(index.extent) for index in expression.bound}
        body = replace_accesses(expression.body, chosen, value, {**names, **fresh})
        return Reduction(expression.op, body, *fresh.values())
    parts = [replace_accesses(part, chosen, value, names) for part in expression.args]
    replaced: Expr = expression.func(*parts)
    return replaced


def sum_over(body: Expr, indices: Iterable[Index]) -> Expr:
    """The sum of a body; an index that the body lacks gives the factor of its extent."""
    present = [index for index in indices if index in body.free_symbols]
    factor = sympy.Mul(*(index.extent for index in indices if index not in body.free_symbols))
    return factor * Reduction("sum", body, *present)


def rename(expression: Expr, mapping: Mapping[Expr, Expr]) -> Expr:
    """Replace free indices, all at once.

    Bound indices cannot capture other than bound ones, for their names are canonical: see `replace_accesses`.
    """
    result: Expr = expression.xreplace(dict(mapping))
    return result


@lru_cache(maxsize=RECENT)
def without_outside(expression: Expr) -> Expr:
    """The expression with 0 for accesses that are known to lie outside of their tensors."""
    outside = [access for access in expression.atoms(Access) if access.is_outside]
    return rename(expression, dict.fromkeys(outside, Integer(0)))


@lru_cache(maxsize=RECENT)
def free_indices(expression: Expr) -> tuple[Index, ...]:
    """The free indices, sorted by name."""
    found = (symbol for symbol in expression.free_symbols if isinstance(symbol, Index))
    return tuple(sorted(found, key=lambda index: index.content))


def accesses(expression: Expr) -> Iterator[Access]:
    """Every distinct access, in a deterministic order; indirect ones inside indices included."""
    return iter(_accesses(expression))


@lru_cache(maxsize=RECENT)
def _accesses(expression: Expr) -> tuple[Access, ...]:
    found = expression.atoms(Access)
    return tuple(sorted(found, key=sympy.default_sort_key) if len(found) > 1 else found)


def is_affine(expression: Expr, part: Expr) -> bool:
    """Whether expression = c * part + d with c and d free of part, as it is written: with the part in one place.

    Differentiation would not do: the derivative of a bracket is 0, yet [sum > 0] is not affine in its sum.
    """
    if expression == part or not expression.has(part):
        return True
    holding = [argument for argument in expression.args if argument.has(part)]
    if len(holding) != 1 or not isinstance(expression, sympy.Add | sympy.Mul | where):
        return False
    if isinstance(expression, where) and holding[0] == expression.args[0]:
        return False
    return is_affine(holding[0], part)
