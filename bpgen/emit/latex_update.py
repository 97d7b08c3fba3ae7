"""The optimiser's step as assignments: once for all parameters where it is the same for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace

from bpgen.algebra.expressions import accesses
from bpgen.algebra.records import dataclass
from bpgen.algebra.system import Equation, System
from bpgen.emit.document import Family, Update
from bpgen.emit.latex_rows import Row, Writer
from bpgen.emit.latex_symbols import ADJOINT, Symbols

GETS = r"\gets"


@dataclass
class _Clusters:
    shared: list[Equation] = field(default_factory=list)
    by_parameter: dict[str, list[Equation]] = field(default_factory=dict)


def write_update(system: System, writer: Writer) -> Update | None:
    """The update section, or None for a system without updates."""
    if not system.updates:
        return None
    clusters = _cluster(system)
    printed = [*clusters.shared, *(e for members in clusters.by_parameter.values() for e in members)]
    sequential = _is_sequential(system, printed)
    writer.symbols.next_as_old = sequential
    groups: dict[tuple[str, ...], list[str]] = {}
    generic: dict[tuple[str, ...], list[Row]] = {}
    for parameter, equations in clusters.by_parameter.items():
        rows = _generic_rows(system, writer, parameter, equations)
        key = tuple(f"{row.left}{row.sides[0][1].text}" for row in rows) if rows else (parameter,)
        groups.setdefault(key, []).append(parameter)
        generic[key] = rows
    families, single, tag = [], [], 0
    for key, parameters in groups.items():
        if len(parameters) == 1:
            single.append(_rows(system, writer, clusters.by_parameter[parameters[0]]))
            continue
        tags = tuple(f"U{tag + n}" for n in range(1, len(key) + 1))
        tag += len(key)
        stated = tuple(replace(r, tag=t, label=f"eq:{t}") for r, t in zip(generic[key], tags, strict=True))
        members = tuple(
            (writer.name(name), tuple(e.number for e in clusters.by_parameter[name])) for name in parameters
        )
        families.append(Family(stated, tags, members, tuple(parameters)))
    shared = _rows(system, writer, clusters.shared)
    writer.symbols.next_as_old = False
    return Update(shared, tuple(families), tuple(single), not sequential)


def _cluster(system: System) -> _Clusters:
    """Update equations by the parameter whose name theirs begins with."""
    owners = sorted((t.name for t in system.with_role("parameter")), key=lambda name: (-len(name), name))
    clusters = _Clusters()
    for equation in system.equations:
        if equation.role == "update":
            owner = next((name for name in owners if equation.tensor.name.startswith(name + ".")), None)
            target = clusters.shared if owner is None else clusters.by_parameter.setdefault(owner, [])
            target.append(equation)
    return clusters


def _is_sequential(system: System, equations: Sequence[Equation]) -> bool:
    """Whether the equations, read as assignments in their order, mean the same: no old value is read too late."""
    replaced = {new: old for old, new in system.updates}
    overwritten: set[str] = set()
    for equation in equations:
        if overwritten.intersection(equation.reads):
            return False
        if equation.tensor.name in replaced:
            overwritten.add(replaced[equation.tensor.name])
    return True


def _rows(system: System, writer: Writer, equations: Sequence[Equation]) -> tuple[Row, ...]:
    return tuple(_row(system, writer, e, str(e.number), f"eq:{e.number}") for e in equations)


def _row(system: System, writer: Writer, equation: Equation, tag: str = "", label: str = "") -> Row:
    assigned = writer.symbols.next_as_old and equation.tensor.name in {new for _, new in system.updates}
    return writer.row(equation, tag, label, GETS if assigned else "=")


def _generic_rows(system: System, writer: Writer, parameter: str, equations: Sequence[Equation]) -> list[Row]:
    """The rule with theta for the parameter; empty where the rule is not elementwise."""
    if any(access.indices not in ((), e.indices) for e in equations for access in accesses(e.rhs)):
        return []
    symbols = writer.symbols
    names = _generic_names(system, symbols, parameter, equations)
    others = {symbols.element(name, ()) for equation in equations for name in equation.reads if name not in names}
    if others.intersection(names.values()):  # a bare letter is another's already
        return []
    symbols.overrides = names
    by_element = Writer(symbols, "index")
    rows = [_row(system, by_element, equation) for equation in equations]
    symbols.overrides = {}
    return rows


def _generic_names(system: System, symbols: Symbols, parameter: str, equations: Sequence[Equation]) -> dict[str, str]:
    """theta for the parameter, the bare letter for its states and the intermediate values of its rule."""
    next_mark = "" if symbols.next_as_old else "^{+}"
    names = {
        parameter: r"\theta",
        ADJOINT + parameter: rf"\frac{{\partial {symbols.loss_letter}}}{{\partial \theta}}",
    }
    mine = {name for e in equations for name in (*e.reads, e.tensor.name) if name.startswith(parameter + ".")}
    for name in sorted(mine):
        head = symbols.head(name)
        names[name] = head.letter if head.letter != r"\theta" else r"\vartheta"
    for old, new in system.updates:
        if new in names or old in names:
            base = names.get(old) or symbols.head(old).letter
            names[new] = base + next_mark
    return names
