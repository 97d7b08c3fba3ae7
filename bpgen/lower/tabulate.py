"""What depends on a row only through the class that it holds is computed for each class, not for each row.

    x[b, t, d] = E[token[b, t], d];  u[b, t, m] = sum[d](x[b, t, d] * W[m, d]) + a[m]
->  u@table[v, m] = sum[d](E[v, d] * W[m, d]) + a[m];  u[b, t, m] = u@table[token[b, t], m]

    d.W[m, d] = sum[b, t](d.u[b, t, m] * x[b, t, d]);  d.a[m] = sum[b, t](d.u[b, t, m])
    d.x[b, t, d] = sum[m](d.u[b, t, m] * W[m, d]);  d.E[v, d] = sum[b, t](d.x[b, t, d] * [v = token[b, t]])
->  d.u@token[v, m] = sum[b, t](d.u[b, t, m] * [v = token[b, t]])
    d.W[m, d] = sum[v](d.u@token[v, m] * E[v, d]);  d.a[m] = sum[v](d.u@token[v, m])
    d.E[v, d] = sum[m](d.u@token[v, m] * W[m, d])

Where there are far more rows than classes, products over rows become products over classes, and additions.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field, replace

from sympy import Expr, Mul

from bpgen.algebra.expressions import Access, Reduction, accesses, free_indices, open_reduction, rename
from bpgen.algebra.functions import equal
from bpgen.algebra.index import Index
from bpgen.algebra.records import dataclass
from bpgen.algebra.recurrence import components
from bpgen.algebra.system import Equation, System, Tensor
from bpgen.lower.classes import Class, class_of, class_with, classes_of
from bpgen.lower.names import free_name


@dataclass(frozen=True)
class Tabulated:
    """A system with tables and sums of classes; equations that nothing reads any more are left out.

    instead: texts of the equations that are others than before, by their tensors
    numbers: of these tensors, all equations that they are computed in the place of
    """

    system: System
    instead: Mapping[str, str]
    numbers: Mapping[str, tuple[int, ...]]


def tabulate(system: System, kept: Collection[str]) -> Tabulated:
    """kept: names of tensors whose values something else needs"""
    if all(tensor.classes is None for tensor in system.tensors.values()):
        return Tabulated(system, {}, {})
    work = _Tabulation(system, kept)
    for equation in system.equations:
        work.add(equation)
    if len(work.tensors) == len(system.tensors):
        return Tabulated(system, {}, {})
    equations = _without_unread(work.with_totals(), system, kept)
    changed = replace(system, tensors=work.tensors, equations=equations)
    others = [e for e in equations if e is not system.defining.get(e.tensor.name)]
    return Tabulated(changed, {e.tensor.name: str(e) for e in others}, _numbers(others, system, changed))


def _numbers(others: Sequence[Equation], before: System, after: System) -> dict[str, tuple[int, ...]]:
    """Of each tensor that is computed in another way, its equation and those left out that this one has read."""
    carriers: dict[int, set[str]] = {}
    for equation in others:
        carriers.setdefault(equation.number, set()).add(equation.tensor.name)
    for equation in reversed(before.equations):
        if equation.tensor.name not in after.defining:
            readers = [reader for reader in before.equations if equation.tensor.name in reader.reads]
            own = carriers.setdefault(equation.number, set())
            own.update(*(carriers.get(reader.number, ()) for reader in readers))
    names = sorted(equation.tensor.name for equation in others)
    return {name: tuple(sorted(n for n, found in carriers.items() if name in found)) for name in names}


def _without_unread(equations: Sequence[Equation], system: System, kept: Collection[str]) -> tuple[Equation, ...]:
    """The equations, but for those that others have read until now and none reads any more."""
    before = {name for equation in system.equations for name in equation.reads}
    while True:
        now = {name for equation in equations for name in equation.reads}
        found = [e for e in equations if e.tensor.name in now or e.tensor.name in kept or e.tensor.name not in before]
        if len(found) == len(equations):
            return tuple(found)
        equations = found


@dataclass
class _Tabulation:
    """tensors, equations: those found so far

    selections: equations of tensors that do nothing but select from a table; tables: names of the tables of ours
    totals: the tensors that are sums over the rows of each class, by these sums, and by those over all rows
    """

    system: System
    kept: Collection[str]
    recurrences: Sequence[Collection[str]] = field(init=False)
    tensors: dict[str, Tensor] = field(init=False)
    equations: list[Equation] = field(default_factory=list)
    selections: dict[str, Equation] = field(default_factory=dict)
    tables: set[str] = field(default_factory=set)
    totals: dict[Expr, Tensor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.recurrences = [found.names for found in components(self.system.equations)]
        self.tensors = dict(self.system.tensors)

    def add(self, equation: Equation) -> None:
        """The equation, after the tables and sums that it is computed from."""
        changed: Equation | None = None
        if equation.reduction is not None and not self._is_recurrent(equation.tensor.name):
            changed = self._tabulated(equation, equation.reduction)
            if changed is None and equation.reduction.op == "sum":
                changed = self._summed(equation, equation.reduction) or self._returned(equation, equation.reduction)
        changed = changed or self._looked_up(equation)
        if isinstance(changed.rhs, Access) and class_of(changed.rhs) is not None:
            self.selections[changed.tensor.name] = changed
        self.equations.append(changed)

    def _looked_up(self, equation: Equation) -> Equation:
        """v[b, t, m] = ... + u[b, t, m] -> v[b, t, m] = ... + u@table[token[b, t], m]

        Operands of products stay arrays.
        """
        operands = set() if equation.reduction is None else set(accesses(equation.reduction))
        chosen = {
            access: value
            for access in accesses(equation.rhs)
            if access not in operands and (value := self._selected(access)) is not None and value.tensor in self.tables
        }
        return replace(equation, rhs=rename(equation.rhs, chosen)) if chosen else equation

    def _selected(self, access: Access) -> Access | None:
        """x[b, t, d] -> E[token[b, t], d]"""
        equation = self.selections.get(access.tensor)
        if equation is None or not access.is_plain or not access.is_inside:
            return None
        found = rename(equation.rhs, dict(zip(equation.indices, access.indices, strict=True)))
        return found if isinstance(found, Access) else None

    def _written_out(self, value: Expr) -> Expr:
        """The value with selections themselves in the place of arrays that hold them."""
        found = {access: self._selected(access) for access in accesses(value)}
        return rename(value, {access: selection for access, selection in found.items() if selection is not None})

    def _tabulated(self, equation: Equation, reduction: Reduction) -> Equation | None:
        """sum[d](E[token[b, t], d] * W[m, d]) + a[m] -> u@table[token[b, t], m]"""
        total = self._written_out(reduction)
        for found in classes_of(total):
            if not found.is_worth or not set(found.rows) <= set(equation.indices):
                continue
            for part in (equation.rhs, reduction):
                whole = self._written_out(part)
                left = set(free_indices(found.at(Index("v", found.count), whole)))
                if not left & set(found.rows):
                    read = self._from_table(equation, found, whole)
                    return _with(equation, part, read)
        return None

    def _from_table(self, equation: Equation, found: Class, value: Expr) -> Access:
        """The element of a new table that has the value for every class."""
        others = [index for index in equation.indices if value.has(index) and index not in found.rows]
        entry = Index(free_name(["v", "w", "k"], [index.name for index in others]), found.count)
        name = f"{equation.tensor.name}@table"
        table = replace(equation.tensor, name=name, axes=(entry, *others), facts=(), positive=False)
        self.tables.add(name)
        self._define(len(self.equations), table, replace(equation, rhs=found.at(entry, value)))
        return table[(found.label, *others)]

    def _define(self, position: int, tensor: Tensor, like: Equation) -> None:
        self.tensors[tensor.name] = tensor
        self.equations.insert(position, replace(like, tensor=tensor, indices=tensor.axes, assumed=()))

    def _summed(self, equation: Equation, reduction: Reduction) -> Equation | None:
        """sum[b, t](d.u[b, t, m] * E[token[b, t], d]) -> sum[v](d.u@token[v, m] * E[v, d])"""
        body = self._written_out(reduction.body)
        for found in classes_of(body):
            factors = Mul.make_args(body)
            chosen = [factor for factor in factors if isinstance(factor, Access) and class_of(factor) == found]
            rest = [factor for factor in factors if factor not in chosen]
            entry = Index("~v", found.count)
            selected = found.at(entry, Mul(*chosen))
            if not chosen or not found.is_worth or set(free_indices(selected)) & set(reduction.bound):
                continue
            if set(free_indices(selected)) <= {entry, *free_indices(Mul(*rest))}:
                continue  # each sum would be multiplied once: no fewer additions than before
            total = self._total(equation, found, rest, reduction.bound, entry)
            if total is not None:
                part = Reduction("sum", total * selected, entry)
                return _with(equation, reduction, part)
        return None

    def _returned(self, equation: Equation, reduction: Reduction) -> Equation | None:
        """sum[b, t](d.x[b, t, d] * [v = token[b, t]]) -> sum[m](d.u@token[v, m] * W[m, d])"""
        factors = Mul.make_args(reduction.body)
        labels = [factor.args for factor in factors if isinstance(factor, equal)]
        reads = [factor for factor in factors if isinstance(factor, Access)]
        if len(factors) != 2 or len(labels) != 1 or len(reads) != 1:
            return None
        entries = [side for side in labels[0] if isinstance(side, Index) and side in equation.indices]
        found = [class_with(side, entry.extent) for side in labels[0] for entry in entries if isinstance(side, Access)]
        inner = self._inner_sum(reads[0], equation)
        if not found or found[0] is None or inner is None or not found[0].is_worth:
            return None
        bound, body = inner
        factors = Mul.make_args(body)
        of_rows = [factor for factor in factors if set(free_indices(factor)) & set(found[0].rows)]
        others = [factor for factor in factors if factor not in of_rows]
        if not others or set(reduction.bound) != set(found[0].rows):
            return None
        total = self._total(equation, found[0], of_rows, reduction.bound, entries[0])
        if total is None:
            return None
        part = Reduction("sum", Mul(total, *others), *bound)
        return _with(equation, reduction, part)

    def _inner_sum(self, read: Access, reader: Equation) -> tuple[tuple[Index, ...], Expr] | None:
        """What is summed over which indices to an element, where nothing but one equation reads its tensor.

        The indices are fresh: those of the element may be bound ones, and called as these are.
        """
        defining = self.system.defining.get(read.tensor)
        if defining is None or self._is_recurrent(read.tensor) or read.tensor in self.kept:
            return None
        if any(read.tensor in other.reads for other in self.system.equations if other is not reader):
            return None
        value = defining.rhs
        if not isinstance(value, Reduction) or value.op != "sum" or not read.is_plain or not read.is_inside:
            return None
        bound, body = open_reduction(value)
        return bound, rename(body, dict(zip(defining.indices, read.indices, strict=True)))

    def _total(
        self, equation: Equation, found: Class, factors: Sequence[Expr], bound: Sequence[Index], entry: Index
    ) -> Access | None:
        """The sum of a product over the rows of a class, as an element of a tensor; None where it is no such sum.

        Neither where the product is the same for many rows: there are fewer of these products than rows.
        """
        value = Mul(*factors)
        axes = self._axes(value, bound)
        if axes is None or entry in axes or not set(found.rows) <= {*bound} & {*free_indices(value)}:
            return None
        if not self.tensors[found.label.tensor].points_within(found.count):
            return None
        own = Index(free_name(["v", "w", "k"], [axis.name for axis in axes.values()]), entry.extent)
        named = rename(value, axes)
        rhs = Reduction("sum", named * equal(own, found.label), *bound)
        if rhs not in self.totals:
            first = min(access.tensor for access in accesses(value))
            name = free_name([f"{first}@{found.label.tensor}"], self.tensors)
            tensor = Tensor(name, (own, *axes.values()), role=equation.role, layer=equation.tensor.layer)
            self._define(self._after(rhs), tensor, replace(equation, rhs=rhs))
            self.totals[rhs] = self.totals[Reduction("sum", named, *bound)] = tensor
        return self.totals[rhs][(entry, *axes)]

    def _axes(self, value: Expr, bound: Sequence[Index]) -> dict[Index, Index] | None:
        """The indices that a sum is left with, each with one called as an axis that it runs over.

        In an order that does not depend on their names; None where there is none.
        """
        read = sorted(accesses(value), key=lambda access: access.tensor)
        if not read or len({access.tensor for access in read}) < len(read):
            return None
        axes: dict[Index, Index] = {}
        for access in read:
            for axis, index in zip(self.tensors[access.tensor].axes, access.indices, strict=True):
                if isinstance(index, Index) and index not in bound and index not in axes:
                    name = free_name([axis.name], [other.name for other in axes.values()])
                    axes[index] = index.renamed(name)
        return axes if set(free_indices(value)) - set(bound) == axes.keys() else None

    def _after(self, value: Expr) -> int:
        """The place behind all that a value reads, and not within a recurrence."""
        read = {access.tensor for access in accesses(value)}
        place = max((n + 1 for n, e in enumerate(self.equations) if e.tensor.name in read), default=0)
        while 0 < place < len(self.equations) and self._is_within(place):
            place += 1
        return place

    def _is_within(self, place: int) -> bool:
        """Whether the equations before and behind a place are of one recurrence."""
        around = {equation.tensor.name for equation in self.equations[place - 1 : place + 1]}
        return any(around <= set(names) for names in self.recurrences)

    def with_totals(self) -> list[Equation]:
        """sum[b, t](d.u[b, t, m]) -> sum[v](d.u@token[v, m]), where that is there"""
        found: list[Equation] = []
        defined: set[str] = set()
        for equation in self.equations:
            found.append(self._from_total(equation, defined))
            defined.add(equation.tensor.name)
        return found

    def _from_total(self, equation: Equation, defined: Collection[str]) -> Equation:
        reduction = equation.reduction
        if reduction is None or reduction.op != "sum" or self._is_recurrent(equation.tensor.name):
            return equation
        axes = self._axes(reduction.body, reduction.bound)
        if axes is None:
            return equation
        tensor = self.totals.get(Reduction("sum", rename(reduction.body, axes), *reduction.bound))
        if tensor is None or tensor.name not in defined:
            return equation
        entry = Index("~v", tensor.axes[0].extent)
        part = Reduction("sum", tensor[(entry, *axes)], entry)
        return _with(equation, reduction, part)

    def _is_recurrent(self, name: str) -> bool:
        return any(name in names for names in self.recurrences)


def _with(equation: Equation, part: Expr, other: Expr) -> Equation:
    """The equation with another value in the place of a part."""
    return replace(equation, rhs=rename(equation.rhs, {part: other}))
