"""Which statements belong together when large intermediates are to be kept for a few rows at a time.

A region has all statements of a list that define or read its large tensors, and of each the loop that runs over their
rows: a loop of its own, or one that it sums over.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import field, replace
from math import prod

from bpgen.algebra.records import dataclass
from bpgen.lower.classify import classify
from bpgen.lower.recurrence import Recurrence
from bpgen.lower.rewrite import loads, reads, reduction, transform
from bpgen.lower.scalar import Affine, IndexExpression, Load, Loop, Scalar
from bpgen.lower.schedule import Assign, Buffer
from bpgen.lower.simplify import zero

LARGE = 1 << 17
"""Reals that a tensor has for each row of the batch, from which on it is worth computing again: half a megabyte."""


@dataclass(frozen=True)
class Seed:
    """A tensor's statement, and the names of its loops over rows and columns."""

    statement: Assign
    row: str
    column: str


@dataclass
class Region:
    """rows, columns: for each member, by its target, the names of its loops over these; columns may lack one.

    axes: of the tensors that have both, in which they are; apart: members of which blocks compute the sum alone
    """

    members: dict[str, Assign] = field(default_factory=dict)
    rows: dict[str, str] = field(default_factory=dict)
    columns: dict[str, str | None] = field(default_factory=dict)
    axes: dict[str, tuple[int, int]] = field(default_factory=dict)
    apart: set[str] = field(default_factory=set)

    def is_summed(self, name: str) -> bool:
        """Whether a member sums over the rows, and so adds up from block to block."""
        return self.rows[name] not in {loop.name for loop in self.members[name].loops}

    def read(self, name: str) -> list[Load]:
        """What a member reads in a block: all, or what it sums, where the rest comes behind the blocks."""
        return list(_summed(self.members[name]) if self.is_split(name) else loads(self.members[name].value))

    def is_split(self, name: str) -> bool:
        return name in self.apart or self.is_summed(name)

    def read_behind(self, name: str) -> set[str]:
        """Names of what stands around a sum, and is read behind the blocks."""
        if not self.is_split(name):
            return set()
        statement = self.members[name]
        found = reduction(statement.value)
        rest = transform(statement.value, lambda node: zero(node.dtype) if node is found else None)
        return reads(replace(statement, value=rest))


def without_views(statement: Assign, buffers: Mapping[str, Buffer]) -> Assign:
    """The statement reading what views are of, where these only have other axes of extent 1."""

    def change(node: Scalar) -> Scalar | None:
        view = buffers.get(node.buffer) if isinstance(node, Load) else None
        if not isinstance(node, Load) or view is None or not view.view_of:
            return None
        base = buffers[view.view_of]
        if _long(view.shape) != _long(base.shape):
            return None
        left = iter(index for index, extent in zip(node.indices, view.shape, strict=True) if extent != 1)
        indices = tuple(Affine() if extent == 1 else next(left) for extent in base.shape)
        return replace(node, buffer=base.name, indices=indices)

    changed = transform(statement.value, change)
    return statement if changed == statement.value else classify(replace(statement, value=changed, contraction=None))


def _long(shape: tuple[int | str, ...]) -> list[int | str]:
    return [extent for extent in shape if extent != 1]


def is_large(buffer: Buffer) -> bool:
    return buffer.storage == "workspace" and not buffer.view_of and buffer.degree == 1 and buffer.size >= LARGE


def seeds(statements: Sequence[Assign], buffers: Mapping[str, Buffer]) -> Iterator[Seed]:
    """Large tensors that are outer in two values of the batch, such as all scores of queries and keys; and two loops.

    They grow as the product of two extents, where all that they are made of grows as one of them.
    """
    for statement in statements:
        if not is_large(buffers[statement.target]) or statement.follows:
            continue
        moved = (load for load in loads(statement.value) if "B" in buffers[load.buffer].shape)
        read = [{t for i in load.indices if isinstance(i, Affine) for t, _ in i.terms} for load in moved]
        for loop in statement.loops:
            others = [o.name for o in statement.loops if isinstance(o.extent, int) and o is not loop]
            with_loop = [names for names in read if loop.name in names]
            apart = [o for o in others if not any(o in names for names in with_loop)]
            apart = [o for o in apart if any(o in names for names in read)]
            if isinstance(loop.extent, int) and with_loop:
                yield from (Seed(statement, loop.name, other) for other in apart)


def grown(
    seed: Seed,
    items: Sequence[Assign | Recurrence],
    belongs: Callable[[str], bool],
    buffers: Mapping[str, Buffer],
    kept: Collection[str],
) -> Region | None:
    """The region around a large tensor, with all that has its rows and columns; None where there is none.

    belongs: whether a target may be in it; kept: names that have to be stored whole
    """
    return _Growth(items, belongs, buffers, kept).run(seed)


class _Growth:
    def __init__(
        self,
        items: Sequence[Assign | Recurrence],
        belongs: Callable[[str], bool],
        buffers: Mapping[str, Buffer],
        kept: Collection[str],
    ) -> None:
        self.items = items
        self.statements = [item for item in items if isinstance(item, Assign) and belongs(item.target)]
        self.buffers = buffers
        self.kept = kept
        self.writers = {statement.target: statement for statement in self.statements}
        self.readers: dict[str, list[Assign]] = {}
        for statement in self.statements:
            for name in sorted(reads(statement)):
                self.readers.setdefault(name, []).append(statement)
        read = set().union(*(i.reads() if isinstance(i, Recurrence) else reads(i) for i in items), kept)
        self.viewed = {buffers[name].view_of for name in read if name in buffers and buffers[name].view_of}
        self.chained = {n for s in self.statements if s.follows for n in (s.follows, s.target)}
        self.region = Region()
        self.waiting: list[str] = []

    def run(self, seed: Seed) -> Region | None:
        if not self.join(seed.statement, seed.row, seed.column):
            return None
        while self.waiting:
            if not self.follow(self.waiting.pop()):
                return None
        region = self.region
        region.members = {s.target: s for s in self.statements if s.target in region.members}
        return region if self.is_sound() else None

    def follow(self, name: str) -> bool:
        """Take in what defines and reads a tensor of rows and columns."""
        if name in self.kept or name in self.viewed or name in self.chained or self.buffers[name].name != name:
            return False
        row, column = self.region.axes[name]
        writer = self.writers[name]
        places = [(writer, writer.indices)]
        places += [(reader, load.indices) for reader in self.readers.get(name, ()) for load in _elements(reader, name)]
        return all(self.join(user, _name(indices[row]), _name(indices[column])) for user, indices in places)

    def join(self, statement: Assign, row: str | None, column: str | None) -> bool:
        """Take in a statement.  False where it has no such loop over the rows, or another one already."""
        region = self.region
        if row is None or statement.accumulate:
            return False
        if statement.target in region.members:
            if region.columns[statement.target] != column:
                region.columns[statement.target] = None
            return region.rows[statement.target] == row
        found = reduction(statement.value)
        summed = found is not None and row in {loop.name for loop in found.loops}
        if summed == (row in {loop.name for loop in statement.loops}) or (summed and found and found.op != "sum"):
            return False
        region.members[statement.target] = statement
        region.rows[statement.target] = row
        region.columns[statement.target] = column
        touched = [
            (load.buffer, load.indices)
            for load in (_summed(statement) if summed else loads(statement.value))
            if load.buffer in self.writers
        ]
        touched += [] if summed else [(statement.target, statement.indices)]
        for name, indices in touched:
            axes = _axes(indices, row), _axes(indices, column)
            if len(axes[0]) == len(axes[1]) == 1:
                both = axes[0][0], axes[1][0]
                if region.axes.get(name, both) != both:
                    return False
                if name not in region.axes:
                    region.axes[name] = both
                    self.waiting.append(name)
        return True

    def is_sound(self) -> bool:
        """Whether blocks of rows need nothing of each other but sums, and nothing outside has to run in between."""
        region = self.region
        members = region.members
        rows = {
            loop for name, member in members.items() for loop in all_loops(member) if loop.name == region.rows[name]
        }
        summed = [loop for name, member in members.items() if region.is_summed(name) for loop in member.loops]
        if len({loop.extent for loop in rows}) != 1 or any(loop.start for loop in (*rows, *summed)):
            return False
        after: set[str] = set()
        for item in self.items:
            read = item.reads() if isinstance(item, Recurrence) else reads(item)
            if isinstance(item, Assign) and item.target in region.members:
                if any(load.buffer in after for load in region.read(item.target)):
                    region.apart.add(item.target)
                if any(load.buffer in after for load in region.read(item.target)):
                    return False
                after |= {item.target} if region.is_split(item.target) else set()
            elif read & (after | region.members.keys()):
                after |= set(item.defined) if isinstance(item, Recurrence) else {item.target}
        if region.apart & region.axes.keys() or any(region.read_behind(name) & region.axes.keys() for name in members):
            return False
        return all(self.reads_own_rows(statement) for statement in region.members.values())

    def reads_own_rows(self, statement: Assign) -> bool:
        """Whether what it reads of the region lies in its own rows, and is no sum over them."""
        region, row = self.region, self.region.rows[statement.target]
        for load in region.read(statement.target):
            if load.buffer not in region.members:
                continue
            if region.is_split(load.buffer):
                return False
            writer = region.members[load.buffer]
            place = next(n for n, i in enumerate(writer.indices) if _is(i, region.rows[load.buffer]))
            if not _is(load.indices[place], row):
                return False
        # What it writes of the rows, it writes at them.
        return region.is_summed(statement.target) or any(_is(index, row) for index in statement.indices)


def _axes(indices: Sequence[IndexExpression], name: str | None) -> list[int]:
    return [n for n, index in enumerate(indices) if _name(index) == name is not None]


def _name(index: IndexExpression) -> str | None:
    return index.variable if isinstance(index, Affine) else None


def _is(index: object, name: str) -> bool:
    return isinstance(index, Affine) and index.variable == name


def all_loops(statement: Assign) -> tuple[Loop, ...]:
    found = reduction(statement.value)
    return (*statement.loops, *(found.loops if found else ()))


def _summed(statement: Assign) -> Iterator[Load]:
    """What is read in the statement's reduction; all that it reads where it has none."""
    return loads(reduction(statement.value) or statement.value)


def _elements(statement: Assign, name: str) -> Iterator[Load]:
    return (load for load in loads(statement.value) if load.buffer == name)


def rows_of(region: Region) -> int:
    """How many rows there are."""
    name, statement = next(iter(region.members.items()))
    return int(next(loop.extent for loop in all_loops(statement) if loop.name == region.rows[name]))


def saved(region: Region, buffers: Mapping[str, Buffer], block: int) -> int:
    """Reals for each row of the batch that blocks save: of large tensors, less what sums over rows need."""
    whole = sum(buffers[name].size for name in region.axes)
    sums = sum(
        prod(int(loop.extent) for loop in statement.loops if loop.extent != "B")
        for name, statement in region.members.items()
        if region.is_summed(name)
    )
    return whole - whole * block // rows_of(region) - sums
