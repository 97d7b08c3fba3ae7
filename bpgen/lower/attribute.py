"""Tables that no equation defines belong to the equations that are computed with them.

What else the lowering adds, such as padded copies and the sides of products, is made for one equation, and carries its
number from the start.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bpgen.lower.recurrence import Recurrence
from bpgen.lower.rewrite import reads
from bpgen.lower.schedule import Assign


def attributed(
    statements: Mapping[str, Assign | Recurrence], numbers: Mapping[str, tuple[int, ...]]
) -> dict[str, Assign | Recurrence]:
    """The statements, by target and in order; one without numbers takes those of what reads it, itself or by others.

    numbers: of targets that are computed in the place of several equations
    """
    users: dict[str, set[int]] = {}
    result: dict[str, Assign | Recurrence] = {}
    for name, item in reversed(list(statements.items())):
        result[name] = item
        if isinstance(item, Assign) and name in numbers:
            result[name] = replace(item, numbers=numbers[name])
        elif isinstance(item, Assign) and not item.numbers:
            result[name] = replace(item, numbers=tuple(sorted(users.get(name, ()))))
        for statement in item.statements if isinstance(item, Recurrence) else (item,):
            for read in reads(statement):
                users.setdefault(read, set()).update(statement.numbers or users.get(name, ()))
    return dict(reversed(list(result.items())))
