"""Fusion: statements that run over the same elements become one kernel.

A statement joins the group of the latest of its producers, or begins a group of its own.  Two shapes of group:
an *exact* one, where all statements run over the same loops (a contraction with its epilogue, an elementwise
chain), and a *row* one, where they share the outer loops (softmax: maximum, sum and quotient of each row).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from bpgen.lower.cuts import is_cut
from bpgen.lower.group import Draft, Group
from bpgen.lower.interchange import interchanged, walked_together
from bpgen.lower.names import free_name
from bpgen.lower.recurrence import Recurrence
from bpgen.lower.rewrite import Renaming, reads, reduction
from bpgen.lower.scalar import BATCH, Load, Loop
from bpgen.lower.schedule import Assign

NO_VIEWS: Mapping[str, str] = MappingProxyType({})


def fuse(statements: Sequence[Assign]) -> list[Group]:
    """Groups in an order of execution; each statement in the group of its latest producer if that can be."""
    return [item for item in fuse_around(statements) if isinstance(item, Group)]


def fuse_around(
    statements: Sequence[Assign | Recurrence], bases: Mapping[str, str] = NO_VIEWS, *, turns: bool = False
) -> list[Group | Recurrence]:
    """The same, with recurrences among the statements; nothing joins these.

    bases: of views, what they are views of; a group never writes what it reads through a view
    turns: whether loops are interchanged to that end (bpgen.lower.interchange)
    """
    drafts: list[Draft | Recurrence] = []
    home: dict[str, int] = {}
    for statement in statements:
        if isinstance(statement, Recurrence):
            home |= dict.fromkeys(statement.defined, len(drafts))
            drafts.append(statement)
            continue
        read = [bases.get(load.buffer, load.buffer) for load in statement.loads]
        producers = [home[name] for name in read if name in home]
        latest = max(producers, default=-1)
        last = drafts[-1] if drafts else None
        if isinstance(last, Draft) and _is_number(statement) and all(map(_is_number, last.statements)):
            latest = len(drafts) - 1  # numbers next to each other are one kernel, whether or not they need each other
        draft = drafts[latest] if latest >= 0 else None
        joined = None
        if isinstance(draft, Draft) and not any(bases.get(name) in draft.defined for name in reads(statement)):
            joined = _joined(draft, statement)
            both = interchanged(draft, statement) if joined is None and turns else None
            if both is not None:
                draft, joined = both[0], _joined(*both)
                drafts[latest] = draft
        if joined is None:
            for place in range(len(drafts) - 1, latest, -1):
                draft = drafts[place]
                if isinstance(draft, Draft) and _is_sibling(draft, statement, bases):
                    latest, joined = place, _with_loops_of(draft, statement, len(draft.shared))
                    break
        if joined is None or not isinstance(draft, Draft):
            latest = len(drafts)
            draft, joined = Draft(statement.loops), statement
            drafts.append(draft)
        draft.add(joined)
        home[statement.target] = latest
    return [draft.finish() if isinstance(draft, Draft) else draft for draft in drafts]


def _is_sibling(draft: Draft, statement: Assign, bases: Mapping[str, str]) -> bool:
    """Whether the group needs nothing but the statement's elements, and reads, as it does, one array at least.

    z[b, j] -> i[b, j] = sigmoid(z[b, j]);  f[b, j] = sigmoid(z[b, j + 128])
    """
    if statement.follows or statement.accumulate or is_cut(statement) or not statement.loops:
        return False
    if _extents(draft.shared) != _extents(statement.loops):
        return False
    if any(bases.get(name) in draft.defined for name in reads(statement)):
        return False
    members = (*draft.statements, statement)
    if any(s.loops != draft.shared or reduction(s.value) is not None or s.follows for s in draft.statements):
        return False
    if reduction(statement.value) is not None or any(
        bases.get(n) == statement.target for s in members for n in reads(s)
    ):
        return False
    return any(_arrays(other) & _arrays(statement) for other in draft.statements)


def _arrays(statement: Assign) -> set[str]:
    """What it reads elements of: a number such as a rate is read everywhere."""
    return {load.buffer for load in statement.loads if load.indices}


def _begins_with_rows(statement: Assign) -> bool:
    return bool(statement.loops) and statement.loops[0].extent == BATCH


def _is_number(statement: Assign) -> bool:
    return not statement.loops and reduction(statement.value) is None


def _joined(draft: Draft, statement: Assign) -> Assign | None:
    """The statement with its loops named as the group's, which may come to share fewer; None where it cannot join."""
    if statement.contraction is not None:
        return None
    read = [load for load in statement.loads if load.buffer in draft.defined]
    found = reduction(statement.value)
    depth = _common_depth(draft, statement.loops, read)
    exact = depth == len(draft.shared) == len(statement.loops)
    if draft.has_contraction:
        if not exact or found is not None or is_cut(statement):
            return None
    elif depth == 0 and not exact:
        return None
    elif not exact and any(s.accumulate and not _begins_with_rows(s) for s in draft.statements):
        return None  # rows that may meet are added up one after another, each as a whole (bpgen.emit.c_strips)
    elif exact and depth == 0 and found is not None:
        return None  # a reduction to a scalar of what a scalar kernel computes: not the same work
    renamed = _with_loops_of(draft, statement, depth)
    if exact and not _same_elements(draft, renamed):
        return None
    if not exact:
        draft.shared = draft.shared[:depth]
    return renamed


def _common_depth(draft: Draft, loops: tuple[Loop, ...], read: Iterable[Load]) -> int:
    """How many outer loops of the group are the statement's outer loops, seen through what it reads of the group."""
    shared = draft.shared
    depth = min(len(shared), len(loops))
    while depth and _extents(shared[:depth]) != _extents(loops[:depth]):
        depth -= 1
    for load in read:
        axes = walked_together(load, draft.defined[load.buffer])
        pairs = zip(shared[:depth], loops[:depth], strict=True)
        depth = next((n for n, (to, at) in enumerate(pairs) if (to.name, at.name) not in axes), depth)
    return depth


def _with_loops_of(draft: Draft, statement: Assign, depth: int) -> Assign:
    """The statement's outer loops take the names of the group's; its inner ones those of a statement with as many."""
    names = {loop.name: shared.name for loop, shared in zip(statement.loops[:depth], draft.shared[:depth], strict=True)}
    found = reduction(statement.value)
    summed = found.loops if found else ()
    taken = {loop.name for loop in draft.shared[:depth]} | {loop.name for loop in summed}
    inner = statement.loops[depth:]
    alike = (s.loops[depth:] for s in reversed(draft.statements) if _extents(s.loops[depth:]) == _extents(inner))
    before = next(alike, ())
    if not taken & {loop.name for loop in before}:
        names |= {loop.name: other.name for loop, other in zip(inner, before, strict=bool(before))}
    taken |= {names.get(loop.name, loop.name) for loop in inner}
    outer = {loop.name for loop in draft.shared[:depth]}
    for loop in (*inner, *summed):
        if loop.name not in names and loop.name in outer:
            names[loop.name] = free_name([loop.name], taken)
            taken.add(names[loop.name])
    return Renaming(names).statement(statement)


def _extents(loops: tuple[Loop, ...]) -> tuple[tuple[int | str, int], ...]:
    return tuple((loop.extent, loop.start) for loop in loops)


def _same_elements(draft: Draft, statement: Assign) -> bool:
    """Whether all it reads of the group is at the element that the loops are at."""
    for load in statement.loads:
        if load.buffer in draft.defined:
            producer = draft.defined[load.buffer]
            whole = len(producer.loops) == len(draft.shared)
            if whole and (producer.accumulate or load.indices != producer.indices):
                return False
    return True
