"""Where the arguments of calls lie, one by one and in the rounds of a loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field, replace

from bpgen.algebra.records import dataclass
from bpgen.emit.c_expressions import new_names
from bpgen.emit.c_statements import MARGIN, Statement, wrapped
from bpgen.emit.names import Names
from bpgen.emit.numbers import moved, step_of

INT_MAX = 2**31 - 1
"""An array has no more elements than this, and is counted by int; where it begins among others may be further."""


@dataclass(frozen=True)
class Place:
    """Where an argument lies: base + offset * power, cast to a type; text: as it stands in a call by itself.

    row: what is added where a loop around the call is at some rows
    """

    base: str
    power: str
    cast: str
    offset: int
    text: str
    buffer: str
    row: str = ""

    @property
    def kind(self) -> tuple[str, ...]:
        """What is the same for arguments that differ in the offset alone.  An input has no offset."""
        return self.base, self.power, self.cast, self.row

    def at(self, offset: str) -> str:
        """The place of the same kind with this offset."""
        text = f"{self.base} + {offset}{self.power}" if offset != "0" else self.base
        return (f"{self.cast}({text})" if self.cast else text) + self.row


@dataclass
class Offsets:
    """Where arguments lie in each round of a loop: what moves evenly is reckoned, for the rest there is a table.

    variable: the number of the round; table: the name of the table; columns: of it, by offsets
    """

    variable: str
    table: str
    columns: dict[tuple[int, ...], str] = field(default_factory=dict)
    _fields: Names = field(default_factory=new_names)

    def text(self, places: Sequence[Place], named: Callable[[Place], str]) -> str:
        """An argument that lies at these places, round by round.  named: a place by the name that it has."""
        values = tuple(place.offset for place in places)
        step = step_of(values)
        if step == 0 or (step is not None and not places[0].cast):
            power = places[0].power if step else ""
            far = abs(step) * (len(places) - 1) > INT_MAX
            number = f"(size_t){self.variable}" if far else self.variable
            return moved(named(replace(places[0], row="")), step, number) + power + places[0].row
        if values not in self.columns:
            self.columns[values] = self._fields.fresh(_common(places[0].buffer, places[1].buffer))
        return places[0].at(f"{self.table}[{self.variable}].{self.columns[values]}")

    def statements(self, margin: str) -> list[Statement]:
        """The table, where there is one."""
        if not self.columns:
            return []
        head = wrapped(f"{margin}static const struct {{ size_t ", list(self.columns.values()), ";")
        rows = [
            wrapped(f"{margin + MARGIN}{{", [str(value) for value in row], "},")
            for row in zip(*self.columns, strict=True)
        ]
        return [Statement("\n".join([f"{head} }} {self.table}[] = {{", *rows, margin + "};"]))]


def _common(first: str, second: str) -> str:
    """body.1.wide and body.2.wide -> body.n.wide"""
    pieces, others = first.split("."), second.split(".")
    if len(pieces) != len(others):
        return first
    return ".".join(a if a == b else "n" for a, b in zip(pieces, others, strict=True))
