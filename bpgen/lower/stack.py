"""Updates that are alike become one, over the flat blocks in which parameters, gradients and states lie.

    fc1.weight[o, i] = fc1.weight[o, i] - lr * d.fc1.weight[o, i];  fc1.bias[o] = fc1.bias[o] - lr * d.fc1.bias[o]
->  parameters[i] = parameters[i] - lr * gradients[i]

For a target whose calls cost more than their arithmetic on small arrays.  The padding between tensors is computed
with, and read by nobody.  Long blocks are worked on in parts that stay in the cache.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import replace
from itertools import pairwise

from bpgen.algebra.records import dataclass
from bpgen.lower.buffers import ALIGNMENT
from bpgen.lower.group import Group
from bpgen.lower.localize import localize
from bpgen.lower.names import free_name
from bpgen.lower.order import overwrites
from bpgen.lower.recurrence import Recurrence, reads_of
from bpgen.lower.rewrite import plain_indices, reads, reduction, transform
from bpgen.lower.scalar import BATCH, Affine, IndexValue, Load, Loop, Scalar, walk
from bpgen.lower.schedule import Assign, Buffer, Call, Repeat
from bpgen.lower.share import Workshop

PART = 65536
"""Elements of a part: the six arrays of an update together fit into a second cache of 2 MB, or a third one."""
LONG = 2 * PART
"""What is longer is worked on in parts."""
FLAT = ("parameter", "gradient", "state")
HERE = Affine((("i", 1),))


@dataclass(frozen=True)
class Bundle:
    """The update of one parameter: its statements, and the tensors they touch in order of appearance."""

    statements: tuple[Assign, ...]
    tensors: tuple[str, ...]


def find_bundles(
    items: Sequence[Assign | Recurrence],
    updates: Mapping[str, str],
    kept: Collection[str],
    buffers: Mapping[str, Buffer],
) -> list[Bundle]:
    """The updates that run over flat blocks alone, element by element, and whose values nothing else reads.

    updates: {parameter or state: name of its next value}; kept: names that others read after the program
    """
    nexts = set(updates.values())
    chosen = _candidates(items, updates, kept, buffers)
    values = {name: state for state, name in updates.items()}
    bundles = []
    for statements in _connected(chosen):
        tensors = dict.fromkeys(name for s in statements for name in (*_arrays(s), s.target))
        bundle = Bundle(tuple(statements), tuple(tensors))
        group = Group(statements[0].loops, tuple(replace(s, loops=()) for s in statements))
        written = [s.target for s in statements if s.target in nexts]
        if written and all(overwrites(group, values[name], name, {}) for name in written):
            bundles.append(bundle)
    return bundles


def _candidates(
    items: Sequence[Assign | Recurrence],
    updates: Mapping[str, str],
    kept: Collection[str],
    buffers: Mapping[str, Buffer],
) -> list[Assign]:
    nexts = set(updates.values())
    chosen: dict[str, Assign] = {}
    for item in items:
        if isinstance(item, Assign) and (item.target in nexts or item.target not in kept):
            flat = {name for name in _arrays(item) if buffers[name].storage in FLAT and not buffers[name].view_of}
            if _is_plain(item, buffers) and set(_arrays(item)) <= flat | chosen.keys():
                chosen[item.target] = item
    while True:  # what others read is theirs, and then so is what reads it here
        others = [item for item in items if not isinstance(item, Assign) or chosen.get(item.target) is not item]
        read = set().union(*map(reads_of, others))
        gone = {name for name in chosen if name in read}
        gone |= {n for n, s in chosen.items() if any(r in gone or r not in chosen for r in _computed(s, buffers))}
        # What is overwritten by others is another value by the time that these run, behind everything else.
        gone |= {n for n, s in chosen.items() if any(updates.get(r, n) not in chosen for r in reads(s))}
        gone |= {n for n in chosen if n not in nexts and not any(n in reads(s) for s in chosen.values())}
        if not gone:
            return list(chosen.values())
        chosen = {name: statement for name, statement in chosen.items() if name not in gone}


def _computed(statement: Assign, buffers: Mapping[str, Buffer]) -> list[str]:
    return [name for name in _arrays(statement) if buffers[name].storage not in FLAT]


def _is_plain(statement: Assign, buffers: Mapping[str, Buffer]) -> bool:
    """Whether it computes each element from numbers, and from the same element of other tensors."""
    loops, here = statement.loops, plain_indices(statement.loops)
    if not loops or statement.indices != here or statement.accumulate or statement.follows:
        return False
    if any(loop.extent == BATCH or loop.start for loop in loops) or reduction(statement.value) is not None:
        return False
    if buffers[statement.target].shape != tuple(loop.extent for loop in loops):
        return False
    nodes = list(walk(statement.value))
    found = [node for node in nodes if isinstance(node, Load)]
    return not any(isinstance(n, IndexValue) for n in nodes) and all(node.indices in ((), here) for node in found)


def _arrays(statement: Assign) -> list[str]:
    return [node.buffer for node in walk(statement.value) if isinstance(node, Load) and node.indices]


def _connected(statements: Sequence[Assign]) -> Iterator[list[Assign]]:
    """Statements that touch a tensor in common, in order."""
    groups: list[tuple[set[str], list[Assign]]] = []
    for statement in statements:
        names = {statement.target, *_arrays(statement)}
        meeting = [group for group in groups if group[0] & names]
        groups = [group for group in groups if not group[0] & names]
        groups.append((names.union(*(g[0] for g in meeting)), [*(s for g in meeting for s in g[1]), statement]))
    place = {statement.target: number for number, statement in enumerate(statements)}
    for _, found in groups:
        yield sorted(found, key=lambda statement: place[statement.target])


def stack(bundles: Sequence[Bundle], buffers: MutableMapping[str, Buffer], workshop: Workshop) -> list[Call | Repeat]:
    """Calls that make all updates, for after everything else.  buffers: grows by those that run over several."""
    alike: dict[object, list[Bundle]] = {}
    for bundle in bundles:
        alike.setdefault(_structure(bundle, buffers), []).append(bundle)
    calls: list[Call | Repeat] = []
    for group in alike.values():
        group.sort(key=lambda bundle: _first(bundle, buffers).offset)
        for run in _runs(group, buffers):
            calls += _calls(run, buffers, workshop)
    return calls


def _first(bundle: Bundle, buffers: Mapping[str, Buffer]) -> Buffer:
    return next(buffers[name] for name in bundle.tensors if buffers[name].storage in FLAT)


def _structure(bundle: Bundle, buffers: Mapping[str, Buffer]) -> object:
    """Equal for updates that differ in their tensors alone."""
    names = {name: f"@{number}" for number, name in enumerate(bundle.tensors)}
    statements = [_flattened(s, names, HERE) for s in bundle.statements]
    return tuple(replace(s, numbers=()) for s in statements), tuple(buffers[n].storage for n in bundle.tensors)


def _flattened(statement: Assign, names: Mapping[str, str], at: Affine) -> Assign:
    """The statement at an element of the flat blocks, in no loop of its own."""

    def change(node: Scalar) -> Scalar | None:
        if not isinstance(node, Load):
            return None
        return replace(node, buffer=names.get(node.buffer, node.buffer), indices=(at,) if node.indices else ())

    value = transform(statement.value, change)
    return replace(statement, target=names[statement.target], indices=(at,), loops=(), value=value)


def _runs(bundles: Sequence[Bundle], buffers: Mapping[str, Buffer]) -> Iterator[list[Bundle]]:
    """Bundles whose tensors lie behind each other in every block in the same way."""
    run = [bundles[0]]
    for before, bundle in pairwise(bundles):
        if not _behind(before, bundle, buffers):
            yield run
            run = []
        run.append(bundle)
    yield run


def _behind(before: Bundle, bundle: Bundle, buffers: Mapping[str, Buffer]) -> bool:
    size = _first(before, buffers).size
    step = -(-size // ALIGNMENT) * ALIGNMENT
    pairs = ((buffers[a], buffers[b]) for a, b in zip(before.tensors, bundle.tensors, strict=True))
    return all(b.offset - a.offset == step for a, b in pairs if a.storage in FLAT)


def _calls(run: Sequence[Bundle], buffers: MutableMapping[str, Buffer], workshop: Workshop) -> list[Call | Repeat]:
    """One call over all tensors of a run, or one for each part of them and one for the rest."""
    first, last = _first(run[0], buffers), _first(run[-1], buffers)
    ends = [_named_after(bundle, buffers) for bundle in (run[0], run[-1])]
    size = last.offset + last.size - first.offset
    names = _names(run, size, buffers)

    def call(at: Affine, loop: Loop, positions: tuple[Loop, ...] = ()) -> Call:
        made = []
        for bundle in run:  # each tells the kernel its equations
            table = dict(zip(bundle.tensors, names, strict=True))
            statements = tuple(_flattened(s, table, at) for s in bundle.statements)
            (group,) = localize(
                [Group((loop,), statements, positions)], {n for n in names if buffers[n].storage in FLAT}
            )
            made.append(workshop.call(group, buffers, " to ".join(ends) if len(run) > 1 else ""))
        return replace(made[0], numbers=tuple(sorted({number for one in made for number in one.numbers})))

    parts = size // PART if size > LONG else 0
    calls: list[Call | Repeat] = []
    if parts:
        turns = Loop("part", parts)
        calls.append(Repeat(turns, (call(Affine((("part", PART), ("i", 1))), Loop("i", PART), (turns,)),)))
    if size > parts * PART:
        calls.append(call(HERE, Loop("i", size - parts * PART, parts * PART)))
    return calls


def _named_after(bundle: Bundle, buffers: Mapping[str, Buffer]) -> str:
    """The parameter, or the state, that a bundle updates."""
    found = [buffers[name] for name in bundle.tensors if buffers[name].storage in ("parameter", "state")]
    return min(found, key=lambda buffer: buffer.storage).name


def _names(run: Sequence[Bundle], size: int, buffers: MutableMapping[str, Buffer]) -> list[str]:
    """For each tensor of a bundle, the name of what runs over those of all bundles; `buffers` knows them."""
    flat: dict[str, Buffer] = {}
    names = []
    for members in zip(*(bundle.tensors for bundle in run), strict=True):
        first = buffers[members[0]]
        if first.name not in flat:
            name = free_name([_common_name([buffers[member].name for member in members], first.storage)], buffers)
            flat[first.name] = buffers[name] = replace(
                first, name=name, shape=(size,), over=tuple(buffers[member].name for member in members)
            )
            names.append(name)
        else:  # the next value of what is there already
            name = free_name([f"{flat[first.name].name}.next"], buffers)
            buffers[name] = flat[first.name]
            names.append(name)
    return names


def _common_name(names: Sequence[str], storage: str) -> str:
    """ "parameters", "gradients", or what the names of states end with: fc1.weight.m, fc1.bias.m -> m"""
    if storage in ("parameter", "gradient"):
        return f"{storage}s"
    ends = [name.split(".")[::-1] for name in names]
    common = [parts[0] for parts in zip(*ends, strict=False) if len(set(parts)) == 1]
    return common[0] if common and common[0].isidentifier() else "value"
