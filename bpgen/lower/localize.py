"""Values that only one kernel needs become its local variables, and are never stored."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from bpgen.lower.group import Group, passing
from bpgen.lower.rewrite import transform
from bpgen.lower.scalar import Indirect, Load, Local, Scalar, walk


def localize(
    groups: Sequence[Group], stored: Collection[str], bases: Mapping[str, str] = MappingProxyType({})
) -> list[Group]:
    """The groups, with locals for what no other group reads and `stored` does not name.

    A value with loops of its own can be local only to the run of statements that shares these.
    """
    home = {name: number for number, group in enumerate(groups) for name in group.defined}
    shared = set(stored) | _indices(groups) | _chained(groups)
    for number, group in enumerate(groups):
        shared |= {name for name in group.reads() if home.get(name, number) != number}
        shared |= {bases[name] for name in group.reads() if name in bases}
    return [_localized(group, shared) for group in groups]


def _indices(groups: Sequence[Group]) -> set[str]:
    """What is read as an index of something else: an index is loaded, it is no expression."""
    values = (statement.value for group in groups for statement in group.statements)
    found = (node.indices for value in values for node in walk(value) if isinstance(node, Load))
    return {index.load.buffer for indices in found for index in indices if isinstance(index, Indirect)}


def _chained(groups: Sequence[Group]) -> set[str]:
    """What several statements write together."""
    found = [statement for group in groups for statement in group.statements if statement.follows]
    return {name for statement in found for name in (statement.target, statement.follows)}


def _localized(group: Group, shared: Collection[str]) -> Group:
    private = passing(group) - set(shared)
    if not private:
        return group

    def change(node: Scalar) -> Scalar | None:
        if isinstance(node, Load) and node.buffer in private:
            return Local(node.dtype, node.buffer)
        return None

    statements = []
    for statement in group.statements:
        changed = replace(statement, value=transform(statement.value, change))
        if statement.target in private:
            changed = replace(changed, local=True, indices=())
        statements.append(changed)
    return replace(group, statements=tuple(statements))
