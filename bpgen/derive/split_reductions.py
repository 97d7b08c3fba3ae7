"""Flatten: at most one reduction an equation, the right-hand side affine in it; the others get names."""

from __future__ import annotations

from collections.abc import Callable

import sympy
from sympy import Expr

from bpgen.algebra.expressions import Access, Reduction, free_indices, is_affine
from bpgen.algebra.index import Index
from bpgen.algebra.system import REAL, Equation, Tensor
from bpgen.derive.definitions import Definitions
from bpgen.derive.name_shared import unique_name


class Splitter:
    """Splits equations one after another; equal reductions share one tensor."""

    def __init__(self, taken: Callable[[str], bool]) -> None:
        self._taken = taken
        self._named = Definitions({})

    def split(self, equation: Equation) -> list[Equation]:
        """The equation, flat, with the equations of its parts before it."""
        made: list[Equation] = []
        rhs = self._flatten(equation.rhs, equation, made, keep_one=True)
        flat = Equation(equation.tensor, equation.indices, rhs, equation.role, equation.origin)
        if isinstance(rhs, Reduction):  # a gradient by a parameter may be the very sum that another adjoint needs
            self._named.tensors[flat.tensor.name] = flat.tensor
            self._named.add(flat)
        return [*made, flat]

    def _flatten(self, expression: Expr, equation: Equation, made: list[Equation], *, keep_one: bool) -> Expr:
        expression, _ = self._named.fold(expression)
        outermost = _outermost(expression)
        kept = _main(expression, outermost, equation.indices) if keep_one else None
        mapping: dict[Expr, Expr] = {}
        for reduction in outermost:
            body = self._flatten(reduction.body, equation, made, keep_one=False)
            flat = Reduction(reduction.op, body, *reduction.bound)
            mapping[reduction] = flat if reduction == kept else self._name(flat, equation, made)
        result: Expr = expression.xreplace(mapping)
        return result

    def _name(self, reduction: Expr, equation: Equation, made: list[Equation]) -> Expr:
        folded, _ = self._named.fold(reduction)
        if not folded.has(Reduction):
            return folded
        indices = free_indices(reduction)
        letter = "k" if getattr(reduction, "op", "") == "argmax" else "r"
        base = f"{equation.tensor.layer or equation.origin.layer or equation.tensor.name}.{letter}"
        name = unique_name(base, lambda n: self._taken(n) or n in self._named.tensors)
        dtype = "int32" if letter == "k" else REAL
        axes = _own_axes(indices)
        back = dict(zip(indices, axes, strict=True))
        tensor = Tensor(name, axes, dtype, equation.role, symbol=letter, layer=equation.tensor.layer)
        named = Equation(tensor, axes, reduction.xreplace(back), equation.role, equation.origin)
        made.append(named)
        self._named.tensors[name] = tensor
        self._named.add(named)
        return Access(tensor.atom, *indices)


def _own_axes(indices: tuple[Index, ...]) -> tuple[Index, ...]:
    """Axes for the indices, each with a name of its own: a bound index of an outer reduction has none yet."""
    kept = [index.name for index in indices if not index.name.startswith(("_", "~"))]
    taken = set(kept)
    free = (letter for letter in "ijklmnpqrstuvw" if letter not in taken)
    seen: set[str] = set()
    axes = []
    for index in indices:
        own = index.name in taken and index.name not in seen
        seen.add(index.name)
        axes.append(index if own else index.renamed(next(free)))
    return tuple(axes)


def _outermost(expression: Expr) -> list[Reduction]:
    found: list[Reduction] = []
    pending = [expression]
    while pending:
        node = pending.pop()
        if isinstance(node, Reduction):
            if node not in found:
                found.append(node)
        else:
            pending.extend(node.args)
    return sorted(found, key=sympy.default_sort_key)


def _main(expression: Expr, outermost: list[Reduction], indices: tuple[Index, ...]) -> Reduction | None:
    """The reduction to keep: the right-hand side is affine in it; the one over the largest body.

    One that is the same for all values of an index is not kept: it would be computed anew for each.
    """
    candidates = []
    for reduction in outermost:
        if not reduction.free_symbols.issuperset(indices):
            continue
        if is_affine(expression, reduction) and reduction.op != "argmax":
            candidates.append(reduction)
    return max(candidates, key=lambda r: (len(r.atoms(Access)), sympy.count_ops(r.body)), default=None)
