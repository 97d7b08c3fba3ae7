"""Large intermediates are kept for a few rows at a time: memory for attention grows with the length, not its square.

    s[b, i, j] = sum[e](q[b, i, e] k[b, j, e]);  p = softmax[j](s);  v[b, i, e] = sum[j](p[b, i, j] u[b, j, e])
->  for every block of 32 rows i:  all three, with s[b, 0 ... 31, j] and p[b, 0 ... 31, j] alone

In the backward pass the rows of s and p are computed again, from what is stored anyway: q, k, and the largest value
and the sum of every row.  What is a sum over the rows adds up from block to block:

    d.k[b, j, e] = sum[i](d.s[b, i, j] q[b, i, e])  ->  sum += sum[i in the block](...);  d.k[b, j, e] = sum

A block is a step of a recurrence, whose carried values are these sums.  Where a mask excludes columns from the first
blocks, as a causal one does, these have fewer columns (bpgen.lower.masked).
"""

from __future__ import annotations

from collections.abc import Collection, MutableMapping, Sequence
from dataclasses import replace
from itertools import pairwise

from bpgen.lower.classify import classify
from bpgen.lower.masked import columns_needed, columns_of
from bpgen.lower.names import free_name
from bpgen.lower.recurrence import EARLIER, Recurrence, Stretch
from bpgen.lower.region import Region, Seed, all_loops, grown, rows_of, saved, seeds, without_views
from bpgen.lower.rewrite import Renaming, Substitution, plain_indices, reads, reduction, transform
from bpgen.lower.scalar import Affine, IndexValue, Load, Loop, Operation, Reduce, Scalar
from bpgen.lower.schedule import Assign, Buffer
from bpgen.lower.simplify import zero

ROWS = 32
"""Of a block: enough for products of matrices, few enough for a cache."""
STRETCHES = ((4, 2), (8, 4))
"""At most so many stretches of blocks with the same columns, each of at least so many blocks: each has kernels of its
own, and the more there are, the fewer columns are computed in vain."""
AGAIN = "@again"
"""What marks the name of a forward value that the backward pass computes again."""

Items = list[Assign | Recurrence]


def blocked(
    items: Sequence[Assign | Recurrence],
    backward: Collection[str],
    kept: Collection[str],
    buffers: MutableMapping[str, Buffer],
) -> Items:
    """The statements with regions of large intermediates as recurrences over blocks of rows.

    backward: targets of the backward pass, for which forward values are computed again; kept: names stored whole
    buffers: grows by what blocks need
    """
    if not any(True for item in items if isinstance(item, Assign) for _ in seeds([item], buffers)):
        return list(items)
    current: Items = [without_views(item, buffers) if isinstance(item, Assign) else item for item in items]
    for item in list(current):
        if isinstance(item, Assign) and item.target not in backward and item in current:
            found = (_around(seed, current, backward, kept, buffers) for seed in seeds([item], buffers))
            current = next((changed for changed in found if changed is not None), current)
    return current


def _around(
    seed: Seed,
    items: Items,
    backward: Collection[str],
    kept: Collection[str],
    buffers: MutableMapping[str, Buffer],
) -> Items | None:
    """The statements with the regions around a large tensor, of the forward and of the backward pass; None without."""
    first = grown(seed, items, lambda name: name not in backward, buffers, kept)
    if first is None:
        return None
    again = _needed_again(first, items)
    known = {name + AGAIN: replace(buffers[name], name=name + AGAIN) for name in sorted(again)}
    trial = dict(buffers) | known
    changed = _with_copies(first, again, items)
    regions = [first]
    if again:
        copies = {name + AGAIN for name in again}
        copy = next(item for item in changed if isinstance(item, Assign) and item.target in copies)
        name = copy.target.removesuffix(AGAIN)
        over, along = (copy.indices[axis] for axis in first.axes[name])
        assert isinstance(over, Affine) and isinstance(along, Affine) and over.variable and along.variable
        later = {*backward, *copies}
        second = grown(Seed(copy, over.variable, along.variable), changed, later.__contains__, trial, kept)
        if second is None or not copies <= second.axes.keys():
            return None
        regions.append(second)
    if sum(saved(region, trial, ROWS) for region in regions) <= 0:
        return None
    buffers.update(known)
    for region in regions:
        changed = _Blocks(region, buffers, kept).replaced(changed)
    return changed


def _needed_again(region: Region, items: Items) -> set[str]:
    """The large tensors of a region that others read, and those that these are made of."""
    outside = [item for item in items if isinstance(item, Recurrence) or item.target not in region.members]
    read = set().union(*map(_reads, outside))
    found: set[str] = set()
    waiting = sorted(read & region.axes.keys())
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += sorted(reads(region.members[name]) & region.axes.keys())
    return found


def _with_copies(region: Region, again: Collection[str], items: Items) -> Items:
    """The statements, with those of the names computed a second time for what is outside of their region."""
    renaming = Renaming({}, {name: name + AGAIN for name in again})
    copies: Items = [renaming.statement(member) for name, member in region.members.items() if name in again]
    changed: Items = []
    for item in items:
        if isinstance(item, Assign) and item.target not in region.members and reads(item) & set(again):
            changed += copies
            copies = []
            changed.append(renaming.statement(item))
        else:
            changed.append(item)
    return changed


def _reads(item: Assign | Recurrence) -> set[str]:
    return item.reads() if isinstance(item, Recurrence) else reads(item)


class _Blocks:
    """A region as a recurrence over blocks of its rows."""

    def __init__(self, region: Region, buffers: MutableMapping[str, Buffer], kept: Collection[str]) -> None:
        self.region = region
        self.buffers = buffers
        self.kept = kept
        self.rows = min(ROWS, rows_of(region))
        taken = {loop.name for member in region.members.values() for loop in all_loops(member)}
        self.position = free_name([f"{next(iter(region.rows.values()))}_block"], taken)
        self.axes = {name: row for name, (row, _) in region.axes.items()} | self._read_inside()
        self.parts = {name: self._part(name, axis) for name, axis in self.axes.items()}
        self.columns = columns_of(region)
        self.sums: dict[str, str] = {}
        self.before: Items = []
        self.behind: dict[str, Assign] = {}

    def replaced(self, items: Items) -> Items:
        """The statements with the recurrence in the place of its members, before all that reads them."""
        members = self.region.members
        outside = [item for item in items if isinstance(item, Recurrence) or item.target not in members]
        read = set(self.kept).union(*map(_reads, outside), *map(self.region.read_behind, members))
        steps = [step for name in members for step in self._steps(name, read)]
        count, rest = divmod(rows_of(self.region), self.rows)
        stretches = [
            self._stretch(steps, Loop(self.position, end - start, start), self.rows, columns)
            for start, end, columns in self._alike(count)
        ]
        stretches += [self._stretch(steps, Loop(self.position, 1, count), rest)] if rest else []
        carried = (name for target, name in self.sums.items() if self.region.is_summed(target))
        recurrence = Recurrence(tuple(stretches), False, frozenset(carried))
        last = max(n for n, item in enumerate(items) if isinstance(item, Assign) and item.target in members)
        result: Items = []
        postponed: Items = []
        late = set(members)
        for number, item in enumerate(items):
            current: Assign | Recurrence | None = item
            if isinstance(item, Assign) and item.target in members:
                current = self.behind.get(item.target)
            read = set() if current is None else _reads(current)
            if current is not None and number <= last and (late & read or item is not current):
                late |= set(current.defined) if isinstance(current, Recurrence) else {current.target}
                postponed.append(current)
            elif current is not None:
                result.append(current)
            if number == last:
                result += [*self.before, recurrence, *postponed]
        return result

    def _alike(self, count: int) -> list[tuple[int, int, int | None]]:
        """Blocks first ... end - 1, and the columns they need, where these are fewer than all."""
        some = max(1, *(min(most, count // least) for most, least in STRETCHES))
        ends = [count * n // some for n in range(some + 1)] if count else []
        found: list[tuple[int, int, int | None]] = []
        for first, end in pairwise(ends):
            needed = None
            if self.columns:
                name, column = next(iter(self.columns.items()))
                all_of = next(int(o.extent) for o in all_loops(self.region.members[name]) if o.name == column)
                needed = columns_needed(self.region, (first * self.rows, end * self.rows), all_of)
                needed = None if needed == all_of else needed
            if found and found[-1][2] == needed:
                found[-1] = (found[-1][0], end, needed)
            else:
                found.append((first, end, needed))
        return found

    def _read_inside(self) -> dict[str, int]:
        """Members of one value a row or so that others of the region read, with their axis of rows."""
        region = self.region
        read = {load.buffer for name in region.members for load in region.read(name)}
        return {
            name: _axis(member, region.rows[name])
            for name, member in region.members.items()
            if name in read and name not in region.axes
        }

    def _part(self, name: str, axis: int) -> str:
        """The buffer for a block's rows of a tensor."""
        whole = self.buffers[name]
        shape = (*whole.shape[:axis], self.rows, *whole.shape[axis + 1 :])
        spare = whole.spare if axis < len(shape) - 1 else 0
        return self._made(Buffer(f"{name}@rows", shape, whole.dtype, "workspace", spare=spare))

    def _made(self, buffer: Buffer) -> str:
        """The name of a buffer that is new, or that another program has had for the same.

        Programs may cut one tensor in blocks along different axes.
        """
        near = (name for name in self.buffers if name.startswith(buffer.name))  # only these can be in the way
        others = {name for name in near if replace(self.buffers[name], name="") != replace(buffer, name="")}
        name = free_name([buffer.name], others)
        self.buffers[name] = replace(buffer, name=name)
        return name

    def _steps(self, name: str, read: Collection[str]) -> list[Assign]:
        """What a block does for a member, with its loop over the rows as it was."""
        member = self.region.members[name]
        if self.region.is_split(name):
            return [self._sum(member, self.region.is_summed(name))]
        if name not in self.parts:
            return [member]
        part = replace(member, target=self.parts[name], follows="")
        if name in self.region.axes or name not in read:
            return [part]
        here = Load(member.dtype, name, member.indices)
        return [part, replace(member, value=here, contraction=None)]

    def _sum(self, member: Assign, over_rows: bool) -> Assign:
        """The member's sum, which adds up where it is over the rows; what stands around it comes behind the blocks."""
        found = reduction(member.value)
        assert found is not None, "what is summed has a sum"
        own = self.buffers[member.target]
        plain = plain_indices(member.loops)
        alone = member.value is found and member.indices == plain
        whole = alone and not member.follows and own.name == member.target
        name = member.target
        if not whole:
            shape = tuple(loop.extent for loop in member.loops)
            name = self._made(Buffer(f"{member.target}@sum", shape, found.dtype, "workspace"))
            rest = transform(member.value, lambda node: Load(found.dtype, name, plain) if node is found else None)
            self.behind[member.target] = replace(member, value=rest, contraction=None)
        self.sums[member.target] = name
        if not over_rows:
            return replace(member, target=name, indices=plain, value=found, dtype=found.dtype, follows="")
        start = f"{name}@zero"
        self.buffers[start] = self.buffers[name]
        self.before.append(Assign(start, plain, member.loops, zero(found.dtype), found.dtype, numbers=member.numbers))
        grown_by = Operation(found.dtype, "add", (found, Load(found.dtype, name + EARLIER, plain)))
        return replace(member, target=name, indices=plain, value=grown_by, dtype=found.dtype, follows=start)

    def _stretch(self, steps: Sequence[Assign], loop: Loop, rows: int, columns: int | None = None) -> Stretch:
        by_target = {self.parts.get(name, name): name for name in self.region.members}
        by_target |= {sum_: name for name, sum_ in self.sums.items()}
        names = [by_target.get(step.target, step.target) for step in steps]
        own = (self._in_block(step, name, rows, columns) for step, name in zip(steps, names, strict=True))
        return Stretch(loop, tuple(own))

    def _in_block(self, step: Assign, name: str, rows: int, columns: int | None) -> Assign:
        """The statement at the rows of a block: 32 block + i for i, except in what holds the block's rows alone.

        columns: of a block, where they are not all
        """
        row = self.region.rows[name]
        shift = Substitution({row: Affine(((self.position, self.rows), (row, 1)))})
        extents = {row: rows} | ({} if columns is None else {self.columns[name]: columns})

        def cut(loops: tuple[Loop, ...]) -> tuple[Loop, ...]:
            return tuple(replace(loop, extent=extents.get(loop.name, loop.extent)) for loop in loops)

        def change(node: Scalar) -> Scalar | None:
            match node:
                case Load(buffer=buffer, indices=indices) if buffer in self.parts:
                    axis = self.axes[buffer]
                    moved = tuple(i if n == axis else shift.index(i) for n, i in enumerate(indices))
                    return replace(node, buffer=self.parts[buffer], indices=moved)
                case Reduce(loops=loops, body=body):
                    return replace(node, loops=cut(loops), body=transform(body, change))
                case Load(indices=indices):
                    return replace(node, indices=tuple(map(shift.index, indices)))
                case IndexValue(index=index):
                    return replace(node, index=shift.affine(index))
                case _:
                    return None

        indices = step.indices
        if step.target in self.parts.values():
            axis = self.axes[name]
            indices = tuple(i if n == axis else shift.index(i) for n, i in enumerate(indices))
        else:
            indices = tuple(map(shift.index, indices))
        value = transform(step.value, change)
        return classify(replace(step, indices=indices, loops=cut(step.loops), value=value, contraction=None))


def _axis(member: Assign, row: str) -> int:
    return next(n for n, index in enumerate(member.indices) if isinstance(index, Affine) and index.variable == row)
