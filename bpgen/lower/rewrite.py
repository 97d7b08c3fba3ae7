"""Walking and rewriting typed scalars: what they read, what they depend on, names exchanged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from operator import is_

from bpgen.lower.scalar import (
    Affine,
    IndexExpression,
    IndexValue,
    Indirect,
    Load,
    Local,
    Loop,
    Operation,
    Reduce,
    Scalar,
    walk,
)
from bpgen.lower.schedule import Assign

Indices = tuple[IndexExpression, ...]
Element = tuple[str, Indices]


def loads(scalar: Scalar) -> Iterator[Load]:
    """Every load, in order, those inside indices included."""
    return (node for node in walk(scalar) if isinstance(node, Load))


def reads(statement: Assign) -> set[str]:
    """Names of the buffers that a statement reads."""
    return {load.buffer for load in statement.loads}


def elements(statement: Assign) -> Iterator[Element]:
    """Every element that it writes or reads: the name, and the indices."""
    if not statement.local:
        yield statement.target, statement.indices
    yield from ((load.buffer, load.indices) for load in statement.loads)


def lie_apart(one: Indices, other: Indices, stays: Callable[[str], bool]) -> bool:
    """Whether two elements of an array are never one: along some axis they are a constant apart, wherever both are.

    stays: whether a variable has one value for both; t - 1 is apart from t in a step of a recurrence, not in a loop
    """
    return any(
        isinstance(a, Affine)
        and isinstance(b, Affine)
        and a.terms == b.terms
        and a.constant != b.constant
        and all(stays(name) for name, _ in a.terms)
        for a, b in zip(one, other, strict=True)
    )


def reduction(scalar: Scalar) -> Reduce | None:
    """The first reduction in a scalar."""
    return next(reductions(scalar), None)


def reductions(scalar: Scalar) -> Iterator[Reduce]:
    """Every reduction in a scalar: equations may have several, statements of a kernel have one at most."""
    return (node for node in walk(scalar) if isinstance(node, Reduce))


def plain_indices(loops: tuple[Loop, ...]) -> tuple[IndexExpression, ...]:
    """The indices of the element that the loops are at."""
    return tuple(Affine(((loop.name, 1),)) for loop in loops)


def is_whole(statement: Assign) -> bool:
    """Whether it alone writes an array of reals, each element once and at the place that its loops are at."""
    alone = not statement.follows and not statement.accumulate
    return alone and statement.dtype == "real" and statement.indices == plain_indices(statement.loops)


def variables(scalar: Scalar, locals_: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The loop variables that a value depends on; locals_: those of each local variable."""
    match scalar:
        case Load(indices=indices):
            found: frozenset[str] = frozenset()
            for index in indices:
                found |= variables(index.load, locals_) if isinstance(index, Indirect) else _names(index)
            return found
        case IndexValue(index=index):
            return _names(index)
        case Local(name=name):
            return locals_.get(name, frozenset())
        case Reduce(loops=loops, body=body):
            return variables(body, locals_) - {loop.name for loop in loops}
        case Operation(arguments=arguments):
            return frozenset().union(*(variables(argument, locals_) for argument in arguments))
        case _:
            return frozenset()


def _names(index: Affine) -> frozenset[str]:
    return frozenset(name for name, _ in index.terms)


def transform(scalar: Scalar, change: Callable[[Scalar], Scalar | None]) -> Scalar:
    """The scalar with nodes exchanged, from the outside in; where change returns None, its children are looked at."""
    changed = change(scalar)
    if changed is not None:
        return changed
    if isinstance(scalar, Operation):
        arguments = tuple([transform(argument, change) for argument in scalar.arguments])
        same = all(map(is_, arguments, scalar.arguments))  # as most are
        return scalar if same else replace(scalar, arguments=arguments)
    if isinstance(scalar, Reduce):
        return replace(scalar, body=transform(scalar.body, change))
    if isinstance(scalar, Load) and any(isinstance(index, Indirect) for index in scalar.indices):
        return replace(scalar, indices=tuple(_transform_index(index, change) for index in scalar.indices))
    return scalar


def at_first(scalar: Scalar, buffer: str, axis: int) -> Scalar:
    """The scalar with elements of a buffer read at 0 along an axis."""

    def change(node: Scalar) -> Scalar | None:
        if not isinstance(node, Load) or node.buffer != buffer:
            return None
        return replace(node, indices=(*node.indices[:axis], Affine(), *node.indices[axis + 1 :]))

    return transform(scalar, change)


def with_elements(scalar: Scalar, place: Callable[[str, Indices], Element]) -> Scalar:
    """The scalar with every element read where `place` says that it is, those inside indices included."""

    def change(node: Scalar) -> Scalar | None:
        if not isinstance(node, Load):
            return None
        name, indices = place(node.buffer, tuple(_transform_index(index, change) for index in node.indices))
        return replace(node, buffer=name, indices=indices)

    return transform(scalar, change)


def statement_with_elements(statement: Assign, place: Callable[[str, Indices], Element]) -> Assign:
    """The same of a statement, and of what it writes; a product has to be classified again."""
    value = with_elements(statement.value, place)
    if statement.local:
        return replace(statement, value=value, contraction=None)
    here = with_elements(Load(statement.dtype, statement.target, statement.indices), place)
    assert isinstance(here, Load), "an element stays one"
    return replace(statement, target=here.buffer, indices=here.indices, value=value, contraction=None)


def _transform_index(index: IndexExpression, change: Callable[[Scalar], Scalar | None]) -> IndexExpression:
    if isinstance(index, Indirect):
        load = transform(index.load, change)
        assert isinstance(load, Load), "an index stays a load"
        return Indirect(load)
    return index


class Renaming:
    """New names for loops, buffers and locals, applied together."""

    def __init__(self, loops: Mapping[str, str], buffers: Mapping[str, str] | None = None) -> None:
        self.loops = loops
        self.buffers = buffers or {}

    def statement(self, statement: Assign) -> Assign:
        contraction = statement.contraction
        if contraction is not None:
            left, right = self.scalar(contraction.left), self.scalar(contraction.right)
            assert isinstance(left, Load) and isinstance(right, Load)
            batch, m, n, k = (
                tuple(self.loops.get(name, name) for name in group)
                for group in (contraction.batch, contraction.m, contraction.n, contraction.k)
            )
            contraction = replace(contraction, batch=batch, m=m, n=n, k=k, left=left, right=right)
        return replace(
            statement,
            target=self.buffers.get(statement.target, statement.target),
            indices=tuple(self.index(index) for index in statement.indices),
            loops=tuple(self.loop(loop) for loop in statement.loops),
            value=self.scalar(statement.value),
            contraction=contraction,
            follows=self.buffers.get(statement.follows, statement.follows),
        )

    def loop(self, loop: Loop) -> Loop:
        return replace(loop, name=self.loops.get(loop.name, loop.name))

    def index(self, index: IndexExpression) -> IndexExpression:
        if isinstance(index, Indirect):
            load = self.scalar(index.load)
            assert isinstance(load, Load), "an index stays a load"
            return Indirect(load)
        return Affine(tuple((self.loops.get(name, name), c) for name, c in index.terms), index.constant)

    def scalar(self, scalar: Scalar) -> Scalar:
        match scalar:
            case Load(dtype=dtype, buffer=buffer, indices=indices):
                return Load(dtype, self.buffers.get(buffer, buffer), tuple(self.index(index) for index in indices))
            case Operation(dtype=dtype, op=op, arguments=arguments):
                return Operation(dtype, op, tuple(self.scalar(argument) for argument in arguments))
            case Reduce(dtype=dtype, op=op, loops=loops, body=body):
                return Reduce(dtype, op, tuple(self.loop(loop) for loop in loops), self.scalar(body))
            case IndexValue(dtype=dtype, index=index):
                renamed = self.index(index)
                assert isinstance(renamed, Affine)
                return IndexValue(dtype, renamed)
            case Local(dtype=dtype, name=name):
                return Local(dtype, self.buffers.get(name, name))
            case _:
                return scalar


class Substitution:
    """Affine functions in the place of loop variables, all at once."""

    def __init__(self, table: Mapping[str, Affine]) -> None:
        self.table = table

    def affine(self, index: Affine) -> Affine:
        terms: dict[str, int] = {}
        constant = index.constant
        for name, coefficient in index.terms:
            found = self.table.get(name, Affine(((name, 1),)))
            constant += coefficient * found.constant
            for other, factor in found.terms:
                terms[other] = terms.get(other, 0) + coefficient * factor
        return Affine(tuple((name, c) for name, c in terms.items() if c), constant)

    def index(self, index: IndexExpression) -> IndexExpression:
        if isinstance(index, Affine):
            return self.affine(index)
        return Indirect(replace(index.load, indices=tuple(map(self.index, index.load.indices))))

    def scalar(self, scalar: Scalar) -> Scalar:
        def change(node: Scalar) -> Scalar | None:
            match node:
                case Load(indices=indices):
                    return replace(node, indices=tuple(map(self.index, indices)))
                case IndexValue(index=index):
                    return replace(node, index=self.affine(index))
                case _:
                    return None

        return transform(scalar, change)
