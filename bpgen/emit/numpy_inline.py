"""A local that is used once, element for element, is computed where it is used: no array of its own.

In a loop a local variable costs nothing; in NumPy it would be an array.  So `z = x @ W.T + c; h = max(0, z)`
becomes a matrix product into h and two operations on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bpgen.lower.rewrite import transform
from bpgen.lower.scalar import Affine, IndexValue, Load, Local, Reduce, Scalar, children, walk
from bpgen.lower.schedule import Assign, Kernel


def inline_locals(kernel: Kernel, overlaps: Mapping[str, frozenset[str]]) -> tuple[Assign, ...]:
    """The kernel's statements without the locals that need no array."""
    statements = list(kernel.statements)
    place = 0
    while place < len(statements):
        user = _user(kernel, statements, place, overlaps) if statements[place].local else None
        if user is None:
            place += 1
            continue
        local, other = statements[place], statements[user]
        value = _replaced(other.value, local)
        numbers = tuple(dict.fromkeys((*local.numbers, *other.numbers)))
        statements[user] = replace(other, value=value, numbers=numbers)
        del statements[place]
    return tuple(statements)


def _user(kernel: Kernel, statements: list[Assign], place: int, overlaps: Mapping[str, frozenset[str]]) -> int | None:
    """Where the local is used, if that is once, and it may as well be computed there."""
    local = statements[place]
    users = [n for n in range(place + 1, len(statements)) for part in walk(statements[n].value) if _is(part, local)]
    if len(users) != 1:
        return None
    loops = set(_loops_of(local.value, statements))
    if loops and not _element_for_element(kernel, local, statements[users[0]], loops):
        return None
    if _clash(kernel, local, statements[users[0]]):
        return None
    read = {part.buffer for part in walk(local.value) if isinstance(part, Load)}
    read |= {name for buffer in read for name in overlaps.get(buffer, ())}
    between = statements[place + 1 : users[0]]
    return None if any(statement.target in read for statement in between if not statement.local) else users[0]


def _element_for_element(kernel: Kernel, local: Assign, user: Assign, loops: set[str]) -> bool:
    """Whether the user's loops are the local's, all of which it depends on, and no reduction runs between them."""
    if local.loops != user.loops or loops != {loop.name for loop in (*kernel.loops, *local.loops)}:
        return False
    reductions = [part for part in walk(user.value) if isinstance(part, Reduce)]
    return not any(_is(part, local) for reduction in reductions for part in walk(reduction))


def _clash(kernel: Kernel, local: Assign, user: Assign) -> bool:
    """Whether a loop of the local's reductions has the name of one of the user's own, or of one of its reductions that
    runs differently: the two pieces of a sum, say."""
    theirs, own = (
        [loop for part in walk(statement.value) if isinstance(part, Reduce) for loop in part.loops]
        for statement in (user, local)
    )
    around = {loop.name for loop in (*kernel.loops, *user.loops)}
    bound = {loop.name: loop for loop in theirs}
    return any(loop.name in around or bound.get(loop.name, loop) != loop for loop in own)


def _is(part: Scalar, local: Assign) -> bool:
    return isinstance(part, Local) and part.name == local.target


def _loops_of(node: Scalar, statements: list[Assign]) -> list[str]:
    """The loops that a value depends on, those of the locals it reads included."""
    match node:
        case Reduce(loops=loops, body=body):
            bound = {loop.name for loop in loops}
            return [name for name in _loops_of(body, statements) if name not in bound]
        case Local(name=name):
            return [
                found for s in statements if s.local and s.target == name for found in _loops_of(s.value, statements)
            ]
        case Load(indices=indices):
            here = [name for index in indices if isinstance(index, Affine) for name, _ in index.terms]
        case IndexValue(index=index):
            here = [name for name, _ in index.terms]
        case _:
            here = []
    return here + [name for child in children(node) for name in _loops_of(child, statements)]


def _replaced(value: Scalar, local: Assign) -> Scalar:
    return transform(value, lambda part: local.value if _is(part, local) else None)
