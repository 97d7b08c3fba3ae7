"""The order in which adjoints are derived: each after those of all tensors that read its own.

Tensors of a recurrence read each other at other times, so their adjoints are derived together; among them the order
is that of their recurrence, turned round, which is that of the adjoints' own recurrence at one t.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from bpgen.algebra.recurrence import components
from bpgen.algebra.system import Equation, System


def derivation_order(
    system: System, consumers: Mapping[str, tuple[Equation, ...]], names: Collection[str]
) -> list[tuple[str, ...]]:
    """The names in groups: a tensor by itself, or the tensors of a recurrence.

    consumers: for each tensor the equations that read it.  Parameters come as soon as they can be had.
    """
    position = {equation.tensor.name: n for n, equation in enumerate(system.equations)}
    group = {name: component.names for component in components(system.equations) for name in component.names}

    def when(members: tuple[str, ...]) -> tuple[int, bool]:
        """Ready as soon as all readers have theirs; a reader in a recurrence has it with the first of that."""
        readers = {reader.tensor.name for name in members for reader in consumers.get(name, ())}
        places = [position[group.get(reader, (reader,))[0]] for reader in readers if reader not in members]
        return -min(places, default=len(position)), system.tensors[members[0]].role != "parameter"

    groups = dict.fromkeys(group.get(name, (name,)) for name in system.tensors if name in names)
    wanted = [tuple(name for name in reversed(members) if name in names) for members in groups]
    return sorted(wanted, key=when)
