"""Groups become kernels and calls; groups of one structure become one kernel, called many times.

The key of a group is the group itself with its buffers, loops and locals numbered in order of appearance, so
finding an equal one is one look into a dictionary, and time grows linearly with the number of equations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace

from bpgen.algebra.records import dataclass
from bpgen.algebra.system import Equation
from bpgen.lower.classify import kind
from bpgen.lower.group import Group
from bpgen.lower.hoist import hoist
from bpgen.lower.rewrite import Renaming, loads, reduction
from bpgen.lower.scalar import Indirect, Load
from bpgen.lower.schedule import Assign, Buffer, Call, Formal, Kernel
from bpgen.lower.titles import kernel_name, short_names, title


@dataclass
class Outline:
    """A kernel to be made: all but its statements, the group they come from, and what each of them computes.

    made: the kernel as it was made last, and of which numbers
    """

    kernel: Kernel
    group: Group
    numbers: list[set[int]]
    made: tuple[list[tuple[int, ...]], Kernel] | None = None

    def finished(self) -> Kernel:
        """The kernel with its statements."""
        numbers = [tuple(sorted(found)) for found in self.numbers]
        if self.made is None or self.made[0] != numbers:
            pairs = zip(self.group.statements, numbers, strict=True)
            statements = tuple(replace(statement, numbers=found) for statement, found in pairs)
            self.made = numbers, replace(self.kernel, statements=hoist(replace(self.group, statements=statements)))
        return self.made[1]


@dataclass
class Workshop:
    """Makes kernels, each once.

    equations: by number, for the heading of a kernel; instead: by tensor, what is computed in their place
    """

    equations: Mapping[int, Equation]
    instead: Mapping[str, str] = field(default_factory=dict)
    outlines: dict[tuple[object, ...], Outline] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """Every kernel that calls need; its statements know the equations of all calls."""
        return tuple(outline.finished() for outline in self.outlines.values())

    def call(self, group: Group, buffers: Mapping[str, Buffer], over: str = "") -> Call:
        """The call that does what a group says, of a kernel new or known.

        buffers: every tensor's, by its name; over: what it runs over at once, for the title of its kernel
        """
        numbers = _numbers(group)
        arguments, key, canonical = _canonical(group, buffers)
        outline = self.outlines.get(key)
        if outline is None:
            outline = self.outlines[key] = self._outlined(group, canonical, arguments, buffers, over)
        for known, statement in zip(outline.numbers, group.statements, strict=True):
            known.update(statement.numbers)
        positions = tuple(loop.name for loop in group.positions)
        return Call(outline.kernel.name, tuple(buffers[name].name for name in arguments), numbers, positions)

    def _outlined(
        self,
        group: Group,
        formals: tuple[Formal, ...],
        arguments: tuple[str, ...],
        buffers: Mapping[str, Buffer],
        over: str,
    ) -> Outline:
        numbers = _numbers(group)
        locals_ = [s.target for s in group.statements if s.local]
        chosen = short_names([buffers[name].name for name in arguments], locals_, _loop_names(group))
        table = dict(zip([*arguments, *locals_], chosen, strict=True))
        # A next value and what it overwrites are one buffer, so one formal.
        first = {buffers[name].name: table[name] for name in reversed(arguments)}
        aliases = {name: first[buffers[name].name] for name in _names(group) if name not in locals_}
        renaming = Renaming({}, aliases | table)
        statements = tuple(_in_kernel(renaming.statement(statement)) for statement in group.statements)
        named = () if _only_serves(group, self.equations) else numbers
        equations = tuple(self.equations[number] for number in named)
        name = kernel_name(group, equations, self.names)
        own = {equation.tensor.name for equation in equations}
        kernel = Kernel(
            name=name,
            kind=kind(statements),
            title=title(group, equations, over, any(s.target not in own for s in group.statements if not s.local)),
            formals=tuple(replace(f, name=table[a]) for f, a in zip(formals, arguments, strict=True)),
            loops=group.shared,
            statements=(),
            equations=tuple((equation.number, str(equation)) for equation in equations),
            instead=tuple(self.instead[target] for target in group.defined if target in self.instead),
            positions=group.positions,
        )
        return Outline(kernel, replace(group, statements=statements), [set() for _ in statements])


def _numbers(group: Group) -> tuple[int, ...]:
    return tuple(sorted({number for statement in group.statements for number in statement.numbers}))


def _only_serves(group: Group, equations: Mapping[int, Equation]) -> bool:
    """Whether it computes nothing of an equation: it copies what others compute, or tabulates integers."""

    def serves(statement: Assign) -> bool:
        if statement.target in {equations[number].tensor.name for number in statement.numbers}:
            return False
        copies = isinstance(statement.value, Load) and statement.value.indices == statement.indices
        return copies or statement.dtype == "int32"

    return all(map(serves, group.statements))


def _canonical(
    group: Group, buffers: Mapping[str, Buffer]
) -> tuple[tuple[str, ...], tuple[object, ...], tuple[Formal, ...]]:
    """The arguments in the order of formals (written ones first), the key, and the formals."""
    written: dict[str, str] = {}
    read: dict[str, str] = {}
    for statement in group.statements:
        if not statement.local:
            written.setdefault(buffers[statement.target].name, statement.target)
    local = {statement.target for statement in group.statements if statement.local}
    for statement in group.statements:
        for name in _read_in_order(statement):
            buffer = buffers[name].name
            if buffer not in written and name not in local:
                read.setdefault(buffer, name)
    arguments = (*written.values(), *read.values())
    place = {buffers[name].name: f"@{number}" for number, name in enumerate(arguments)}
    table = {name: place[buffers[name].name] for name in _names(group) if name not in local}
    table |= {name: f"%{number}" for number, name in enumerate(s.target for s in group.statements if s.local)}
    loops = {name: f"#{number}" for number, name in enumerate(_loop_names(group))}
    renaming = Renaming(loops, table)
    statements = tuple(replace(_in_kernel(renaming.statement(s)), numbers=()) for s in group.statements)
    slices = dict(group.slices)
    formals = tuple(
        Formal(
            place[b.name], b.shape, b.dtype, b.name in written, slices.get(n), spare=b.spare,
            border=() if b.name in written else b.border,
        )
        for n, b in ((n, buffers[n]) for n in arguments)
    )  # fmt: skip
    around = tuple(map(renaming.loop, (*group.positions, *group.shared)))
    return arguments, (formals, len(group.positions), around, statements), formals


def _in_kernel(statement: Assign) -> Assign:
    """What follows another that writes to the same memory follows that memory's one name."""
    return replace(statement, follows=statement.target) if statement.follows else statement


def _read_in_order(statement: Assign) -> list[str]:
    names = [load.buffer for load in loads(statement.value)]
    names += [load.buffer for i in statement.indices if isinstance(i, Indirect) for load in loads(i.load)]
    return names


def _names(group: Group) -> list[str]:
    names = [name for s in group.statements for name in (s.target, s.follows, *_read_in_order(s))]
    return [name for name in names if name]


def _loop_names(group: Group) -> list[str]:
    names = [loop.name for loop in (*group.positions, *group.shared)]
    for statement in group.statements:
        found = reduction(statement.value)
        names += [loop.name for loop in (*statement.loops, *(found.loops if found else ()))]
    return list(dict.fromkeys(names))
