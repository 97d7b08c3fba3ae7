"""The sections of a printed derivation: what stands where, with which number, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import sympy

from bpgen.algebra.expressions import Access
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.system import Equation
from bpgen.derive.derivation import Derivation, Step
from bpgen.emit.latex_expressions import choose_letters, equation_letters
from bpgen.emit.latex_layout import Formula, atom, concatenate
from bpgen.emit.latex_rows import Row, Writer, align
from bpgen.emit.latex_symbols import ADJOINT, escape


@dataclass(frozen=True)
class Block:
    """A heading ("" for none), displayed equations, and remarks below them; all LaTeX."""

    heading: str
    display: str
    remarks: tuple[str, ...] = ()


class Sections:
    """Writes the sections of one derivation."""

    def __init__(self, derivation: Derivation, writer: Writer, steps: bool) -> None:
        self.derivation = derivation
        self.writer = writer
        self.steps = steps
        self.numbers = {e.tensor.name: e.number for e in derivation.system.equations}
        self.chain_tags = {e.tensor.name: f"C{n}" for n, e in enumerate(derivation.chain, start=1)}

    # --- text

    def sentence(self, text: str) -> str:
        """Text of the derivation: tensors in backquotes become their symbols, all else is escaped."""
        pieces = text.split("`")
        return "".join(self._quoted(piece) if n % 2 else escape(piece) for n, piece in enumerate(pieces))

    def _quoted(self, name: str) -> str:
        known = name in self.writer.symbols.tensors
        return f"${self.writer.name(name)}$" if known else rf"\texttt{{{escape(name)}}}"

    def heading(self, equation: Equation) -> str:
        layer = equation.origin.layer or equation.tensor.layer
        number = self.writer.symbols.numbers.get(layer)
        if equation.role == "loss" or number is None:
            return "Loss" if equation.role in ("loss", "backward") else ""
        return rf"Layer {number}: \texttt{{{escape(layer)}}}"

    # --- forward pass, loss and gradients: the mathematics, then what is computed where that differs

    def mathematical(self, role: str) -> list[Block]:
        """Forward or loss equations as they were given, under the numbers of what computes them."""
        given = [e for e in self.derivation.forward.equations if e.role == role]
        return self._grouped(given, self._row)

    def computed(self, roles: tuple[str, ...]) -> str:
        """The equations of these roles whose computed form has not been printed yet, or ""."""
        given = {e.tensor.name: e for e in (*self.derivation.forward.equations, *self.derivation.simplified)}
        rows = []
        for equation in self.derivation.system.equations:
            printed = given.get(equation.tensor.name)
            if equation.role in roles and (printed is None or not _same(printed, equation)):
                rows.append(self.writer.row(equation, str(equation.number), f"eq:{equation.number}"))
        return align(rows) if rows else ""

    def _row(self, equation: Equation) -> Row:
        """A row under its number; primed where the computed form differs."""
        number = self.numbers.get(equation.tensor.name)
        if number is None:
            return self.writer.row(equation)
        if _same(equation, self.derivation.system.defining[equation.tensor.name]):
            return self.writer.row(equation, str(number), f"eq:{number}")
        return self.writer.row(equation, f"{number}$'$", f"eq:{number}p")

    def _grouped(self, equations: Iterable[Equation], row: Callable[[Equation], Row]) -> list[Block]:
        blocks: list[Block] = []
        for heading, members in _runs(equations, self.heading):
            blocks.append(Block(heading, align([row(equation) for equation in members])))
        return blocks

    # --- the chain rule

    def chain(self) -> list[Block]:
        return self._grouped(self.derivation.chain, self._chain_row)

    def _chain_row(self, equation: Equation) -> Row:
        left, right = self.writer.sides(equation)
        tag = self.chain_tags[equation.tensor.name]
        rule = self._rule(equation)
        sides = (("=", rule), ("=", right)) if rule is not None else (("=", right),)
        return Row(left, sides, tag, f"eq:{tag}")

    def _rule(self, equation: Equation) -> Formula | None:
        """sum dL/dY dY/dT over the equations that read T, in index notation; None where the loss itself does."""
        if self.writer.notation != "index":
            return None
        base = equation.tensor.name.removeprefix(ADJOINT)
        readers = [name.removeprefix(ADJOINT) for name in equation.reads if name in self.chain_tags]
        terms = [self._rule_term(equation, base, reader) for reader in readers]
        if not terms or any(term is None for term in terms) or self._read_by_loss(base):
            return None
        pieces: list[Formula | str] = []
        for term in terms:
            pieces += [" + "] if pieces else []
            pieces.append(term or "")
        return concatenate(*pieces)

    def _read_by_loss(self, base: str) -> bool:
        loss = self.derivation.forward.loss
        return loss is not None and base in self.derivation.forward.defining[loss].reads

    def _rule_term(self, equation: Equation, base: str, reader: str) -> Formula | None:
        """sum dL/dY[k] dY[k]/dT[i]; only the indices of Y that the access does not fix are summed over."""
        symbols = self.writer.symbols
        source = self.derivation.forward.defining.get(reader) or self.derivation.system.defining.get(reader)
        if source is None or base not in source.reads:
            return None
        letters = equation_letters(equation, symbols)
        fixed = self._fixed(source, base, [letters[index] for index in equation.indices])
        open_indices = [index for index in source.indices if index not in fixed]
        chosen = choose_letters(open_indices, source.lhs, symbols, letters.values())
        places = [(fixed | chosen)[index] for index in source.indices]
        sums = "".join(
            rf"\sum_{{{chosen[i]}=1}}^{{{'B' if i.extent == BATCH else i.extent}}} "
            for i in sorted(open_indices, key=lambda i: i.extent != BATCH)
        )
        at = [letters[index] for index in equation.indices]
        partial = rf"\frac{{\partial {symbols.element(reader, places)}}}{{\partial {symbols.element(base, at)}}}"
        return concatenate(sums + symbols.element(ADJOINT + reader, places) + r"\," + partial)

    @staticmethod
    def _fixed(source: Equation, base: str, letters: Sequence[str]) -> dict[Index, str]:
        """Indices of the reader that equal an index of the tensor, wherever it is read."""
        found = [a for a in source.rhs.atoms(Access) if a.tensor == base]
        if len(found) != 1 or len(set(found[0].indices)) != len(found[0].indices):
            return {}
        places = zip(found[0].indices, letters, strict=True)
        return {place: letter for place, letter in places if place in source.indices}

    # --- gradients and the reasons of their simplification

    def gradients(self) -> list[Block]:
        blocks: list[Block] = []
        for heading, members in _runs(self.derivation.simplified, self.heading):
            for position, equation in enumerate(members):
                display = align([self._row(equation)])
                blocks.append(Block(heading if position == 0 else "", display, self._remarks(equation)))
        return blocks

    def _remarks(self, equation: Equation) -> tuple[str, ...]:
        base = equation.tensor.name.removeprefix(ADJOINT)
        steps = self.derivation.steps.get(base, ())
        tag = self.chain_tags.get(equation.tensor.name)
        if not steps:
            return (rf"This is \eqref{{eq:{tag}}} as it stands.",) if tag else ()
        if self.steps:
            return tuple(self._step(step) for step in steps)
        said = list(dict.fromkeys(self._reason(step) for step in steps))
        return (rf"From \eqref{{eq:{tag}}} by " + "; ".join(said) + ".",)

    def _reason(self, step: Step) -> str:
        return rf"\emph{{{escape(step.rule)}}}: {self.sentence(step.reason)}"

    def _step(self, step: Step) -> str:
        left, before = self.writer.sides(step.before)
        _, after = self.writer.sides(step.after)
        display = align([Row(left, (("=", before), ("=", after)))])
        return f"{self._reason(step)}.\n{display}"


def _same(left: Equation, right: Equation) -> bool:
    """Whether two equations of one tensor say the same, whatever their indices are called."""
    renamed = right.rhs.xreplace(dict(zip(right.indices, left.indices, strict=True)))
    return bool(renamed == left.rhs)


def _runs(equations: Iterable[Equation], key: Callable[[Equation], str]) -> list[tuple[str, list[Equation]]]:
    """Consecutive equations with the same key."""
    runs: list[tuple[str, list[Equation]]] = []
    for equation in equations:
        name = key(equation)
        if not runs or runs[-1][0] != name:
            runs.append((name, []))
        runs[-1][1].append(equation)
    return runs


__all__ = ["Block", "Sections", "atom", "sympy"]
