"""The entry points of a network, each with just the equations it needs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from bpgen.algebra.records import dataclass
from bpgen.algebra.system import System
from bpgen.lower.again import computed_again
from bpgen.lower.block import blocked
from bpgen.lower.early import computed_early
from bpgen.lower.forget import NOW
from bpgen.lower.fuse import fuse, fuse_around
from bpgen.lower.group import Group
from bpgen.lower.localize import localize
from bpgen.lower.order import order
from bpgen.lower.place import place, room
from bpgen.lower.recompute import recomputed
from bpgen.lower.recurrence import EARLIER, Recurrence
from bpgen.lower.repeat import repeats
from bpgen.lower.reuse import reuse
from bpgen.lower.rewrite import loads, plain_indices, reads
from bpgen.lower.rows import find_by_rows
from bpgen.lower.scalar import Load, Loop
from bpgen.lower.scale import scaled
from bpgen.lower.schedule import Assign, Buffer, Call, Program, Repeat, elements
from bpgen.lower.share import Workshop
from bpgen.lower.slices import sliced
from bpgen.lower.split import NOMINAL_BATCH
from bpgen.lower.split_ranges import part_loops, split_ranges
from bpgen.lower.stack import find_bundles, stack
from bpgen.lower.subnormal import without_subnormals
from bpgen.lower.summand import with_summands


@dataclass(frozen=True)
class Plan:
    """What a program computes.  results: tensors left in the arena; stored: tensors left where they live.

    returned: (name, the result that is returned under it), where that is not its own
    """

    name: str
    results: tuple[str, ...]
    stored: tuple[str, ...] = ()
    updates: tuple[tuple[str, str], ...] = ()
    returned: tuple[tuple[str, str], ...] = ()

    @property
    def needed(self) -> tuple[str, ...]:
        """All tensors whose values leave it."""
        return (*self.results, *self.stored, *(value for _, value in self.updates))


def plans(system: System) -> Iterator[Plan]:
    """The programs that a system has equations for: forward and loss as outside of training, the others in it."""
    inference = dict(system.inference)
    if system.outputs:
        places = tuple((name, inference.get(name, name)) for name in system.outputs)
        yield Plan("forward", tuple(place for _, place in places), returned=places if inference else ())
    if system.loss is None:
        return
    returned = tuple((name, place) for name, place in system.inference if name == system.loss)
    yield Plan("loss", (inference.get(system.loss, system.loss),), returned=returned)
    parameters = {tensor.name for tensor in system.with_role("parameter")}
    by_parameters = tuple(adjoint for name, adjoint in system.gradients if name in parameters)
    by_inputs = tuple(adjoint for name, adjoint in system.gradients if name not in parameters)
    if by_parameters:
        yield Plan("gradients", (system.loss,), by_parameters)
    if by_inputs:
        yield Plan("input_gradients", (system.loss, *by_inputs), by_parameters)
    of_layers = {item.name for item in system.parameters if item.name not in parameters}
    if any(name not in of_layers for name, _ in system.updates):  # without an optimiser nothing else takes a step
        yield Plan("step", (system.loss,), (), system.updates)


@dataclass
class Builder:
    """Builds programs.

    statements: one for each equation's tensor, or the recurrence that it is in; buffers: grows by copies that
    programs need; stacked: whether updates that are alike run as one
    panels: matrices laid out for the steps of recurrences, if wanted
    recomputes: whether what costs little is computed again rather than kept, and loops are interchanged
    by_rows: whether calls may be made for a few rows at a time
    """

    system: System
    statements: Mapping[str, Assign | Recurrence]
    buffers: dict[str, Buffer]
    workshop: Workshop
    stacked: bool = False
    panels: dict[str, Buffer] | None = None
    recomputes: bool = False
    by_rows: bool = False

    def build(self, plan: Plan) -> Program:
        """The statements that a program needs, as groups that will be kernels, then as calls on arrays with places."""
        copies: dict[str, Assign] = {}
        held = {name: self._computed(name, f"result.{name}", copies, views=True) for name in plan.results}
        results = tuple(held.values())
        updates = {state: self._computed(value, f"{state}.next", copies) for state, value in plan.updates}
        left = (*results, *plan.stored, *updates.values())
        kept = {*left, *(base for name in left if (base := self.buffers[name].view_of))}
        needed = self._needed(left, copies)
        unshared = self._unshared(needed)
        needed = self._rewritten(needed, updates, kept)
        bundles = find_bundles(needed, updates, {*results, *plan.stored}, self.buffers) if self.stacked else []
        apart = {statement.target for bundle in bundles for statement in bundle.statements}
        kept |= {load.buffer for bundle in bundles for s in bundle.statements for load in loads(s.value)} - apart
        groups, buffers = self._grouped(needed, updates, apart, kept)
        calls = (*self._calls(groups, kept, buffers), *stack(bundles, buffers, self.workshop))
        made = (b for name, b in buffers.items() if name == b.name and (b.over or name.endswith(NOW)))
        self.buffers |= {buffer.name: buffer for buffer in made}
        by_name = {buffer.name: buffer for buffer in buffers.values()}
        kernels = {kernel.name: kernel for kernel in self.workshop.kernels}
        by_rows = find_by_rows(calls, kernels, by_name, results) if self.by_rows else ()
        placements, workspace = place(calls, by_name, results, by_rows)
        returned = tuple((name, held[place]) for name, place in plan.returned)
        return Program(plan.name, calls, placements, results, workspace, unshared, returned, by_rows)

    def _rewritten(
        self, items: list[Assign | Recurrence], updates: Mapping[str, str], kept: AbstractSet[str]
    ) -> list[Assign | Recurrence]:
        """The statements of a program as its target computes them sooner."""
        items = blocked(items, self._backward(items), kept, self.buffers)
        if self.recomputes:
            items = recomputed(items, kept, self._bases())
            backward = self._backward(items)
            items = computed_early(items, backward, kept, self.buffers)
            items = computed_again(items, backward, kept, self.buffers)
            items = with_summands(items, kept, self.buffers, self.system.tensors)
            items = without_subnormals(items, updates, self.buffers)
        if self.stacked:
            inside = self._backward(items) - kept
            items = scaled(items, set(updates.values()), inside, self.buffers, NOMINAL_BATCH)
        return items

    def _grouped(
        self, items: Sequence[Assign | Recurrence], updates: Mapping[str, str], apart: Collection[str], kept: set[str]
    ) -> tuple[list[Group | Recurrence], dict[str, Buffer]]:
        """Groups in order, and the buffers that they work on: a state's next value in its place, or copied there.

        updates: {state: name of its next value}; apart: targets of what is done without groups; kept: names that must
        be stored, which grows by the states that are copied to
        """
        bases = self._bases()
        items = [item for item in items if isinstance(item, Recurrence) or item.target not in apart]
        fused = fuse_around(items, bases, turns=self.recomputes)
        parted = [g if isinstance(g, Recurrence) else part_loops(g) for g in fused]
        chains = {name: buffer.name for name, buffer in self.buffers.items() if buffer.name != name}
        grouped = {state: value for state, value in updates.items() if value not in apart}
        groups, in_place = order(parted, grouped, bases, self._sizes(), chains)
        in_place |= {value: state for state, value in updates.items() if value in apart}
        buffers = self.buffers | {value: self.buffers[state] for value, state in in_place.items()}
        for state, value in grouped.items():
            if in_place.get(value) != state:
                groups += fuse([self._copy(state, value)])
                kept.add(state)
        adjoints = {tensor.name for tensor in self.system.with_role("backward")}
        return groups, reuse(groups, buffers, kept, adjoints, self._readers())

    def _bases(self) -> dict[str, str]:
        """Of every view, the buffer that it is one of."""
        return {name: buffer.view_of for name, buffer in self.buffers.items() if buffer.view_of}

    def _backward(self, items: Sequence[Assign | Recurrence]) -> set[str]:
        """Targets of statements that compute equations of the backward pass, and of updates."""
        later = {e.number for e in self.system.equations if e.role in ("backward", "update")}
        return {item.target for item in items if isinstance(item, Assign) and later.intersection(item.numbers)}

    def _unshared(self, items: Sequence[Assign | Recurrence]) -> tuple[int, int, int]:
        """What the tensors that equations define would take if each were stored: neither views nor copies of ours."""
        found = {name for item in items for name in ((item.target,) if isinstance(item, Assign) else item.defined)}
        found &= self.system.tensors.keys()
        found -= {tensor.name for tensor in self.system.with_role("update")}
        sizes = [0, 0, 0]
        for name in sorted(found):
            buffer = self.buffers[name]
            if buffer.storage == "workspace" and not buffer.view_of:
                sizes[buffer.degree] += room(buffer)
        return sizes[0], sizes[1], sizes[2]

    def _readers(self) -> dict[str, set[str]]:
        """Of every name, what is computed from it, in whichever program."""
        found: dict[str, set[str]] = {}
        for item in self.statements.values():
            for statement in item.statements if isinstance(item, Recurrence) else (item,):
                for name in reads(statement):
                    found.setdefault(name.removesuffix(EARLIER), set()).add(statement.target)
        return found

    def _sizes(self) -> dict[str, int]:
        """Elements of the arena's buffers, for a batch of the usual size."""
        arena = [buffer for buffer in self.buffers.values() if buffer.storage == "workspace" and not buffer.view_of]
        return {buffer.name: elements(buffer) * NOMINAL_BATCH**buffer.degree for buffer in arena}

    def _calls(
        self, groups: Sequence[Group | Recurrence], kept: Collection[str], buffers: dict[str, Buffer]
    ) -> tuple[Call | Repeat, ...]:
        """What runs; kept: names that must not become local variables of a kernel."""

        def read(group: Group | Recurrence) -> set[str]:
            return {name for found in group.reads() for name in (found, buffers[found].view_of) if name}

        in_steps = set(kept).union(*(read(group) for group in groups if isinstance(group, Recurrence)))
        bases = {name: buffer.view_of for name, buffer in buffers.items() if buffer.view_of}
        local = iter(localize([group for group in groups if isinstance(group, Group)], in_steps, bases))
        outside = iter(sliced([g if isinstance(g, Recurrence) else next(local) for g in groups], kept, buffers))
        calls: list[Call | Repeat] = []
        for group in groups:
            if isinstance(group, Recurrence):
                others = (read(other) for other in groups if other is not group)
                calls += repeats(group, set(kept).union(*others), buffers, self.workshop, laid_out=self.panels)
            else:
                calls.append(self.workshop.call(split_ranges(next(outside)), buffers))
        return tuple(calls)

    def _computed(self, name: str, copy: str, copies: dict[str, Assign], views: bool = False) -> str:
        """The tensor itself where an equation computes it into the arena; else a copy that one does."""
        base = self.buffers[name].view_of
        computed = self.statements if views or not base else ()
        if (base or name) in computed and self.buffers[name].storage in ("workspace", "gradient"):
            return name
        self.buffers[copy] = replace(self.buffers[name], name=copy, storage="workspace", offset=0, view_of="")
        copies[copy] = self._copy(copy, name)
        return copy

    def _copy(self, target: str, source: str) -> Assign:
        buffer = self.buffers[target]
        tensor = self.system.tensors.get(source) or self.system.tensors[target]
        loops = tuple(Loop(axis.name, extent) for axis, extent in zip(tensor.axes, buffer.shape, strict=True))
        here = plain_indices(loops)
        equation = self.system.defining.get(source)
        numbers = (equation.number,) if equation else ()
        return Assign(target, here, loops, Load(buffer.dtype, source, here), buffer.dtype, numbers=numbers)

    def _needed(self, roots: tuple[str, ...], copies: Mapping[str, Assign]) -> list[Assign | Recurrence]:
        """The statements that the roots need, in order; first those that only numbers given at run time enter."""
        table = {name: statement for name, statement in self.statements.items() if not self.buffers[name].view_of}
        table |= copies
        needed: set[str] = set()
        waiting = [*roots]
        while waiting:
            name = waiting.pop()
            name = self.buffers[name].view_of or name
            if name in table and name not in needed:
                needed.add(name)
                item = table[name]
                waiting += sorted(item.reads() if isinstance(item, Recurrence) else reads(item))
        # A recurrence stands in the place of each tensor that it defines; it runs in the place of the last.
        chosen = [item for name, item in table.items() if name in needed]
        chosen = [item for n, item in enumerate(chosen) if isinstance(item, Assign) or item not in chosen[n + 1 :]]
        numbers: set[str] = set()
        for item in chosen:
            if isinstance(item, Assign) and not item.loops and all(self._is_number(n, numbers) for n in reads(item)):
                numbers.add(item.target)
        first = [item for item in chosen if isinstance(item, Assign) and item.target in numbers]
        return first + [item for item in chosen if not isinstance(item, Assign) or item.target not in numbers]

    def _is_number(self, name: str, numbers: set[str]) -> bool:
        return name in numbers or self.buffers[name].storage in ("setting", "counter")
