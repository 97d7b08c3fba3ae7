"""No access leaves its array: held for every load and store of every kernel, given the ranges of its loops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bpgen.algebra.errors import InternalError
from bpgen.lower.conditions import bound_of, conjuncts, limits, plus, reach
from bpgen.lower.cuts import Ranges, ranges_of
from bpgen.lower.scalar import (
    BATCH,
    Affine,
    IndexExpression,
    Indirect,
    Load,
    Operation,
    Reduce,
    Scalar,
    children,
)
from bpgen.lower.schedule import Kernel

Conditions = tuple[Scalar, ...]
Shape = tuple[int | str, ...]


def verify_ranges(kernel: Kernel) -> None:
    """Raises InternalError for an index that is not known to be inside its axis; one that is read counts as inside."""
    shapes = {formal.name: formal.shape for formal in kernel.formals}
    for statement in kernel.statements:
        around = (*kernel.positions, *kernel.loops, *statement.loops)
        ranges = ranges_of(around)
        batch = {loop.name for loop in around if loop.extent == BATCH}
        check = _Check(kernel, shapes)
        if not statement.local:
            check.element(statement.target, statement.indices, ranges, batch, ())
        check.scalar(statement.value, ranges, batch, ())


class _Check:
    def __init__(self, kernel: Kernel, shapes: Mapping[str, Shape]) -> None:
        self.kernel = kernel
        self.shapes = shapes

    def scalar(self, node: Scalar, ranges: Ranges, batch: set[str], known: Conditions) -> None:
        match node:
            case Load(buffer=buffer, indices=indices):
                self.element(buffer, indices, ranges, batch, known)
            case Reduce(loops=loops, body=body):
                rows = {loop.name for loop in loops if loop.extent == BATCH}
                self.scalar(body, {**ranges, **ranges_of(loops)}, batch | rows, known)
            case Operation(op="select", arguments=(condition, chosen, otherwise)):
                self.scalar(condition, ranges, batch, known)
                self.scalar(chosen, ranges, batch, (*known, *conjuncts(condition)))
                self.scalar(otherwise, ranges, batch, known)
            case Operation(op="and", arguments=(left, right)):  # the right one is looked at where the left one holds
                self.scalar(left, ranges, batch, known)
                self.scalar(right, ranges, batch, (*known, *conjuncts(left)))
            case _:
                for child in children(node):
                    self.scalar(child, ranges, batch, known)

    def element(
        self, buffer: str, indices: tuple[IndexExpression, ...], ranges: Ranges, batch: set[str], known: Conditions
    ) -> None:
        for axis, (index, extent) in enumerate(zip(indices, self.shapes[buffer], strict=True)):
            if isinstance(index, Indirect):
                self.scalar(index.load, ranges, batch, known)
            elif not _is_inside(index, extent, ranges, batch, known):
                raise InternalError(
                    f"kernel {self.kernel.name} may leave axis {axis + 1} of {buffer}, which has extent {extent}, "
                    f"at {_text(index)}"
                )


def _is_inside(index: Affine, extent: int | str, ranges: Ranges, batch: set[str], known: Conditions) -> bool:
    if not isinstance(extent, int):
        # Which rows there are is known when the network runs: a loop over them, or a condition that asks.
        return index.variable in batch or bool(known)
    others = [other for other in map(bound_of, known) if other is not None]
    return all(_is_held(bound, ranges, others) for bound in limits(index, extent))


def _is_held(bound: Affine, ranges: Ranges, known: Sequence[Affine]) -> bool:
    """Whether a bound is not negative: by the loops' ranges, by what is known not to be, or by all of them together."""
    if reach(bound, ranges)[0] >= 0:
        return True
    variables = dict(bound.terms).keys()
    return any(
        _is_held(plus(bound, other, -times), ranges, known[place + 1 :])
        for place, other in enumerate(known)
        if not variables.isdisjoint(dict(other.terms))
        for times in _times(bound, other)
    )


def _times(bound: Affine, other: Affine) -> list[int]:
    """How often a bound may have another in it: 3 f - 5 i = 3 (f - 2 i) + i is not negative where f - 2 i is not."""
    coefficients = dict(bound.terms)
    return [1, *(times for name, own in other.terms if (times := coefficients.get(name, 0) // own) > 1)]


def _text(index: Affine) -> str:
    terms = [f"{coefficient} * {name}" for name, coefficient in index.terms]
    return " + ".join([*terms, str(index.constant)])
