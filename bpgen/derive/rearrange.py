"""Why two rational expressions are equal: the moves of school algebra that lead from one to the other.

Accesses, reductions and functions are atoms, opened only where both sides differ inside one of them.  What both
sides share is left alone, so that each move changes one place: factors are taken out of a sum, products multiplied
out, fractions brought over one denominator, common factors cancelled.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import field
from functools import lru_cache
from itertools import permutations

import sympy
from sympy import Expr

from bpgen.algebra.expressions import Access, Reduction, fresh_index
from bpgen.algebra.records import dataclass
from bpgen.derive.moves import Between, Move, Path, Said, lifted, without_detours
from bpgen.derive.rearrange_rules import RULES, atoms_of, factors_of

# So many pairs of expressions are looked at in one search.
LARGEST_SEARCH = 600


@lru_cache(maxsize=4096)
def rearrange(before: Expr, after: Expr) -> Path | None:
    """The moves from one expression to another that is equal to it; None where none are found."""
    path = Search()(before, after)
    if path is None:
        aligned = _align(before, after)
        place = aligned[-1].after if aligned else before
        rest = Search()(place, after) if aligned else None
        path = None if rest is None else (*aligned, *rest)
    return None if path is None else without_detours(before, path)


@dataclass
class Search:
    """Finds paths, from both ends.

    left: so many pairs may still be looked at; pending: those on the way to which the search is; failed: those
    between which it has found no path
    """

    left: int = LARGEST_SEARCH
    pending: set[tuple[Expr, Expr]] = field(default_factory=set)
    failed: set[tuple[Expr, Expr]] = field(default_factory=set)

    def __call__(self, before: Expr, after: Expr) -> Path | None:
        if before == after:
            return ()
        pair = (before, after)
        if self.left == 0 or pair in self.failed or pair in self.pending:
            return None
        self.left -= 1
        self.pending.add(pair)
        path = _inside(before, after, self)
        if path is None and _agree(before, after):
            paths = (rule(before, after, self) for rule in RULES)
            path = next((found for found in paths if found is not None), None)
        self.pending.remove(pair)
        if path is None:
            self.failed.add(pair)
        return path


def _agree(before: Expr, after: Expr) -> bool:
    """Whether both sides are the same for some values of their atoms: if not, no algebra leads to the other."""
    values = {atom: _value(atom) for atom in {*atoms_of(before), *atoms_of(after)}}
    one, other = before.xreplace(values), after.xreplace(values)
    if not (one.is_number and other.is_number) or one.has(sympy.nan, sympy.zoo) or other.has(sympy.nan, sympy.zoo):
        return False
    left, right = complex(one), complex(other)
    return abs(left - right) <= 1e-9 * (abs(left) + abs(right))


def _value(atom: Expr) -> Expr:
    """A number for an atom, the same for the same atom; positive, as some atoms are known to be."""
    return sympy.Float(0.5 + zlib.crc32(str(atom).encode()) / 2**32)


def _align(before: Expr, after: Expr) -> Path:
    """The moves inside atoms of one side that make them atoms of the other."""
    path: Path = ()
    place = before
    between = Search()
    wanted = sorted(set(atoms_of(after)) - set(atoms_of(before)), key=sympy.default_sort_key)
    for atom in sorted(set(atoms_of(before)) - set(atoms_of(after)), key=sympy.default_sort_key):
        for other in wanted:
            part = between(atom, other) if atom.func == other.func else None
            if part:
                path += lifted(part, _for(place, atom))
                place = place.xreplace({atom: other})
                break
    return path


def _for(place: Expr, atom: Expr) -> Callable[[Expr], Expr]:
    return lambda part: place.xreplace({atom: part})


# --- what both sides share


def _inside(before: Expr, after: Expr, between: Between) -> Path | None:
    """The path of what differs, where both sides are alike around it."""
    if isinstance(before, sympy.Add) and isinstance(after, sympy.Add):
        return _beside(before, after, sympy.Add, sympy.Add.make_args, between)
    if isinstance(before, sympy.Mul) and isinstance(after, sympy.Mul):
        return _beside(before, after, sympy.Mul, factors_of, between)
    if isinstance(before, Reduction) and isinstance(after, Reduction):
        return _inside_reduction(before, after, between)
    if before.func != after.func or len(before.args) != len(after.args) or isinstance(before, Access):
        return None
    if isinstance(before, sympy.Add | sympy.Mul) or before.is_Atom:
        return None
    path: Path = ()
    arguments = list(before.args)
    for place, (one, other) in enumerate(zip(before.args, after.args, strict=True)):
        part = between(one, other) if isinstance(one, Expr) else None
        if part is None:
            return None
        path += lifted(part, _in_place(before.func, tuple(arguments), place))
        arguments[place] = other
    return path


def _in_place(head: Callable[..., Expr], arguments: tuple[Expr, ...], place: int) -> Callable[[Expr], Expr]:
    return lambda part: head(*arguments[:place], part, *arguments[place + 1 :])


def _beside(
    before: Expr, after: Expr, head: Callable[..., Expr], parts: Callable[[Expr], Iterable[Expr]], between: Between
) -> Path | None:
    """The path of the terms of a sum, or the factors of a product, that are not on both sides."""
    left, right = Counter(parts(before)), Counter(parts(after))
    common = left & right
    if not common or all(part.is_number for part in common):
        return None
    shared = head(*common.elements())
    one, other = head(*(left - common).elements()), head(*(right - common).elements())
    path = between(one, other)
    if path is None:
        return None
    path = lifted(path, lambda part: head(shared, part))
    if (path[-1].after if path else before) != after:  # SymPy multiplies numbers out where nothing else is beside them
        path += (
            Move(after, Said("reduce", "signs and numbers that the terms share"), Said("reduce", "signs and numbers")),
        )
    return path


def _inside_reduction(before: Reduction, after: Reduction, between: Between) -> Path | None:
    if before.op != after.op or len(before.bound) != len(after.bound):
        return None
    fresh = tuple(fresh_index(index.extent) for index in before.bound)
    body = before.body.xreplace(dict(zip(before.bound, fresh, strict=True)))
    for order in permutations(fresh) if len(fresh) < 4 else (fresh,):
        if any(index.extent != other.extent for index, other in zip(order, after.bound, strict=True)):
            continue
        path = between(body, after.body.xreplace(dict(zip(after.bound, order, strict=True))))
        if path is not None:
            return lifted(path, lambda part: Reduction(before.op, part, *fresh))
    return None
