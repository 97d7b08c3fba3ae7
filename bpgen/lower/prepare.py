"""From equations to statements as the targets like them: indices affine, no access outside, products as products."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace

from bpgen.algebra.records import dataclass
from bpgen.algebra.recurrence import Component
from bpgen.algebra.system import Equation, Tensor
from bpgen.lower.classify import classify
from bpgen.lower.digits import Digits
from bpgen.lower.names import free_name
from bpgen.lower.narrow import narrow
from bpgen.lower.pad import Padding
from bpgen.lower.part import parted
from bpgen.lower.polyphase import narrowed
from bpgen.lower.recurrence import Recurrence
from bpgen.lower.reduced import counted
from bpgen.lower.scalars import convert
from bpgen.lower.scatter import scattered
from bpgen.lower.schedule import Assign, Buffer
from bpgen.lower.split import Intermediates, split
from bpgen.lower.views import copied


@dataclass
class Preparation:
    """Makes the statements of equations, one after another.

    tensors, buffers: grow by copies, views and intermediates; several statements that write one buffer have targets
    of names of their own, which `buffers` maps to that buffer
    """

    tensors: dict[str, Tensor]
    buffers: dict[str, Buffer]
    digits: Digits = field(init=False)
    padding: Padding = field(init=False)
    intermediates: Intermediates = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.digits = Digits(self.tensors, self.buffers)
        self.padding = Padding(self.buffers)

    def converted(self, equation: Equation, circle: Component | None = None) -> list[Assign]:
        """The equation in pieces that together define every element, none of them prepared yet.

        An array of the arena that is but a copy becomes a view; its statement is for programs that store it elsewhere.
        A number that is one, as a loss may be, is as cheap to copy.
        circle: the recurrence that it is a member of; it is no view then, and one piece
        """
        if circle is None:
            self._view(equation)
        return [convert(piece.equation, self.tensors, piece.places) for piece in self.digits.pieces(equation, circle)]

    def tables(self) -> list[Assign]:
        """The statements of the tables that the equations converted so far look digits up in."""
        equations = self.digits.tables.made
        found = []
        for equation in equations:  # which grow by the tables that a table needs
            found.append(self.statements(equation, self.converted(equation)))
        return [statement for statements in reversed(found) for statement in statements]

    def statements(self, equation: Equation, pieces: Sequence[Assign]) -> list[Assign]:
        """The statements of an equation from its pieces, its tensor's last."""
        cases = [case for piece in pieces for case in narrowed(narrow(piece))]
        whole = [part for case in cases for part in parted(case)]
        written = [part for statement in whole for part in scattered(statement, self.buffers, self.tensors)]
        padded = self.padding.pad_all(self._chained(written, equation.tensor.name))
        return [done for part in padded for done in self._products(part, self.intermediates)]

    def recurrence(self, recurrence: Recurrence) -> Recurrence:
        """The recurrence with every step's products as products."""
        stretches = []
        for stretch in recurrence.stretches:
            parts = (self._products(narrow(statement)) for statement in stretch.statements)
            stretches.append(replace(stretch, statements=tuple(part for found in parts for part in found)))
        return replace(recurrence, stretches=tuple(stretches))

    def _products(self, statement: Assign, known: Intermediates | None = None) -> tuple[Assign, ...]:
        made, intermediates = split(classify(counted(statement)), self.buffers, known)
        self.buffers |= {buffer.name: buffer for buffer in intermediates}
        return made

    def _view(self, equation: Equation) -> None:
        own = self.buffers[equation.tensor.name]
        source = copied(equation, self.tensors)
        if source is not None and own.storage == "workspace" and own.shape:
            base = self.buffers[source]
            view = replace(base, name=own.name, shape=own.shape, view_of=base.view_of or base.name)
            self.buffers[own.name] = view
            # What was a view of it is one of its base.
            others = [buffer for buffer in self.buffers.values() if buffer.view_of == own.name]
            self.buffers |= {buffer.name: replace(buffer, view_of=view.view_of) for buffer in others}

    def _chained(self, statements: Sequence[Assign], target: str) -> list[Assign]:
        """Statements that write one target one after another: all but the last under names of their own."""
        chain: list[Assign] = []
        follows = ""
        for number, statement in enumerate(statements):
            if statement.target != target:
                chain.append(statement)
                continue
            name = target
            if number < len(statements) - 1:
                name = free_name([f"{target}.before"], self.buffers)
                self.buffers[name] = self.buffers[target]
            chain.append(replace(statement, target=name, follows=follows))
            follows = name
        return chain
