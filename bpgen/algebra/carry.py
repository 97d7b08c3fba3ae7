"""Recurrences in equation text: which tensors are read before they are defined, how, and what stands at the border."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from sympy import Expr, Integer

from bpgen.algebra.boundary import Boundary
from bpgen.algebra.diagnose import SourceText
from bpgen.algebra.digits import index_range
from bpgen.algebra.errors import EquationError
from bpgen.algebra.expressions import rename
from bpgen.algebra.functions import greater_equal, less_equal, where
from bpgen.algebra.index import Index
from bpgen.algebra.records import dataclass
from bpgen.algebra.recurrence import Component, Read, Refusal, analyse, circles
from bpgen.algebra.split import Splitter
from bpgen.algebra.syntax_tree import Name, ParsedEquation, Reduce, Subscript, walk
from bpgen.algebra.system import Tensor


@dataclass
class Carried:
    """The recurrences of one text.

    circles: groups of names that read each other; left: left-hand indices by name
    reads: what equations of a group have read of it so far, with the place in the text
    borders: tensor -> place -> indices and value over them; filled before the tensor is read
    inside: for each group the tensors of the system that belong to it, temporary ones included
    """

    source: SourceText
    circles: tuple[tuple[str, ...], ...]
    left: Mapping[str, tuple[Index, ...]]
    boundaries: tuple[Boundary, ...]
    summed: frozenset[str]
    splitter: Splitter
    reader: str = ""
    reads: list[tuple[Read, Subscript]] = field(default_factory=list)
    borders: dict[str, dict[int, tuple[tuple[Index, ...], Expr]]] = field(default_factory=dict)
    inside: dict[tuple[str, ...], set[str]] = field(default_factory=dict)

    @staticmethod
    def of(
        equations: tuple[ParsedEquation, ...],
        boundaries: tuple[Boundary, ...],
        left: Mapping[str, tuple[Index, ...]],
        source: SourceText,
        splitter: Splitter,
    ) -> Carried:
        """Raises EquationError for a boundary of a tensor that is in no recurrence, or where there is no end."""
        reads: dict[str, list[str]] = {}
        for equation in equations:
            reads[equation.name] = sorted({*reads.get(equation.name, ()), *_names(equation)})
        found = circles(reads)
        inside = {name for group in found for name in group}
        for boundary in boundaries:
            if boundary.tensor not in inside:
                message = f"`{boundary.tensor}` does not read itself, so nothing reads this boundary"
                help = "a boundary belongs to a recurrence: h[b, t, j] = ... h[b, t-1, k] ..."
                raise source.error("no-recurrence", message, boundary.equation.position, help)
            index = left[boundary.tensor][boundary.axis]
            if boundary.place >= 0 and not index.extent.is_Integer:
                message = f"the extent of `{index.name}` is not known here, so nothing can stand behind its end"
                raise source.error("boundary", message, boundary.equation.position, "put the boundary at -1")
        return Carried(source, found, left, boundaries, _summed(equations), splitter)

    def group(self, name: str) -> tuple[str, ...]:
        """The tensors that the tensor reads and that read it, itself among them; none outside of recurrences."""
        return next((group for group in self.circles if name in group), ())

    def access(self, node: Subscript, tensor: Tensor, indices: tuple[Expr, ...]) -> Expr:
        """An element of a tensor of a recurrence, or what stands there in its boundary."""
        if node.name in self.group(self.reader):
            self.reads.append((Read(self.reader, node.name, indices), node))
        borders = self.borders.get(node.name)
        if not borders:
            return tensor[indices]
        axis = next(boundary.axis for boundary in self.boundaries if boundary.tensor == node.name)
        time = next((index for index in indices[axis].free_symbols if isinstance(index, Index)), None)
        lag = indices[axis] - time if time is not None else None
        if node.name not in self.summed or lag is None or not lag.is_Integer or lag == 0:
            return self._bordered(tensor, indices, axis, borders)
        # A contraction stays a product of two accesses: the state before each step gets a name.
        own = tensor.axes[axis]
        letter = f"{node.name}_{'before' if lag < 0 else 'after'}{abs(lag) if abs(lag) > 1 else ''}"
        places = (*tensor.axes[:axis], own + lag, *tensor.axes[axis + 1 :])
        named = self.splitter.temporary(self._bordered(tensor, places, axis, borders), letter, tensor.axes)
        back = {tensor.axes[axis]: time} | {
            own: index for n, (own, index) in enumerate(zip(tensor.axes, indices, strict=True)) if n != axis
        }
        return rename(named, back)

    def _bordered(
        self,
        tensor: Tensor,
        indices: tuple[Expr, ...],
        axis: int,
        borders: Mapping[int, tuple[tuple[Index, ...], Expr]],
    ) -> Expr:
        """where(t >= 1, h[b, t-1, k], h0[b, k])"""
        extent, place = tensor.axes[axis].extent, indices[axis]
        value: Expr = Integer(0)
        for number in sorted(borders, key=abs, reverse=True):
            axes, border = borders[number]
            rest = (*indices[:axis], *indices[axis + 1 :])
            here = rename(border, dict(zip(axes, rest, strict=True)))
            value = where(_at_least(place, number) if number < 0 else _at_most(place, number), here, value)
        first = min(borders) < 0
        inside = _at_least(place, 0) if first else _at_most(place, int(extent) - 1)
        return where(inside, tensor[indices], value)

    def check(self) -> tuple[Component, ...]:
        """The recurrences.  Raises EquationError where a read is not one step of them, or a boundary is not read."""
        found = []
        for group in self._circles_read():
            reads = [read for read, _ in self.reads if read.reader in group and read.tensor in group]
            component = analyse(group, self.left, reads)
            if isinstance(component, Refusal):
                raise self._refused(component)
            found.append(component)
        for boundary in self.boundaries:
            for component in found:
                if boundary.tensor in component.names:
                    self._check_boundary(boundary, component)
        return tuple(found)

    def _circles_read(self) -> tuple[tuple[str, ...], ...]:
        """The circles that are left: a branch that is never taken, as for t > 0 where t is only 0, reads nothing."""
        graph: dict[str, list[str]] = {name: [] for group in self.circles for name in group}
        for read, _ in self.reads:
            graph[read.reader].append(read.tensor)
        return circles({name: sorted(set(read)) for name, read in graph.items()})

    def _refused(self, refusal: Refusal) -> EquationError:
        node = next(node for read, node in self.reads if read == refusal.read)
        reader, name, index = refusal.read.reader, refusal.read.tensor, refusal.index
        help = f"all read behind, at {index} - 1, or all read ahead, at {index} + 1"
        if refusal.reason == "same" and reader == name:
            message = f"`{name}` reads itself at the same `{index}`"
        elif refusal.reason == "same":
            message = f"`{reader}` reads `{name}` at the same `{index}`, before it is defined"
            help = f"define `{name}` on an earlier line, or read it at {index} - 1"
        elif refusal.reason == "mixed":
            message = f"this reads ahead along `{index}`, and other reads of this recurrence lie behind"
        elif refusal.reason == "batch":
            message = f"this recurrence runs along `{index}`, the batch, which has as many rows as a call brings"
            help = "rows of a batch are computed beside each other: let it run along an axis of its own"
        else:
            message = f"`{reader}` reads `{name}`, which depends on it, but not a constant number of steps away"
            help = "a recurrence runs along one axis: h[b, t, j] reads h[b, t-1, k], its other indices are free"
        return self.source.error("read-before-defined", message, node.position, help)

    def _check_boundary(self, boundary: Boundary, component: Component) -> None:
        axis = component.axis(boundary.tensor)
        index = self.left[boundary.tensor][axis]
        item = boundary.access.indices[boundary.axis]
        if axis != boundary.axis:
            message = f"the recurrence of `{boundary.tensor}` runs along `{index.name}`, not along this axis"
            raise self.source.error(
                "boundary", message, item.position, f"put {boundary.place} in the place of {index.name}"
            )
        steps = -boundary.place if not component.backwards else boundary.place - int(index.extent) + 1
        if not 1 <= steps <= component.lag:
            read = f"{index.name} + {component.lag}" if component.backwards else f"{index.name} - {component.lag}"
            first = f"{index.extent}" if component.backwards else "-1"
            message = f"no step reads `{boundary.tensor}` at {boundary.place}"
            help = f"it is read up to {read}: the first boundary stands at {first}"
            raise self.source.error("boundary", message, item.position, help)


def _at_least(place: Expr, number: int) -> Expr:
    low, _ = index_range(place)
    if low is not None and low >= number:
        return Integer(1)
    rest = place.as_coeff_Add()
    return greater_equal(rest[1], number - rest[0])


def _at_most(place: Expr, number: int) -> Expr:
    _, high = index_range(place)
    if high is not None and high <= number:
        return Integer(1)
    rest = place.as_coeff_Add()
    return less_equal(rest[1], number - rest[0])


def _names(equation: ParsedEquation) -> set[str]:
    return {node.name for node in walk(equation.value) if isinstance(node, Subscript | Name)}


def _summed(equations: tuple[ParsedEquation, ...]) -> frozenset[str]:
    """Names of the tensors that are read within a reduction, and not at plain indices."""
    reduced = (node for e in equations for node in walk(e.value) if isinstance(node, Reduce))
    return frozenset(
        part.name for node in reduced for argument in node.arguments for part in walk(argument)
        if isinstance(part, Subscript) and not all(isinstance(item, Name) for item in part.indices)
    )  # fmt: skip
