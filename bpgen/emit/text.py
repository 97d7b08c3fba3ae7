"""A derivation as plain text for a terminal, in the equation language, so that every equation can be used again."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from bpgen.algebra.printing import print_equation
from bpgen.algebra.system import Equation, System, Tensor
from bpgen.derive.derivation import Derivation, Step, in_brief
from bpgen.emit.environment import render
from bpgen.emit.text_costs import write_costs

WIDTH = 110
INFERENCE = ".inference`"  # how notes quote tensors that are computed outside of training
MARGIN = 8  # equations stand behind their numbers


@dataclass(frozen=True)
class Table:
    title: str
    rows: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    title: str
    lines: tuple[str, ...]


def text(derivation: Derivation, steps: bool = False) -> str:
    """The derivation: network, forward equations, loss, what differs outside of training, chain rule, gradients with
    their reasons, update, costs.

    steps: print every line between the chain rule and the final form, not only the rules and reasons.
    Equation numbers are those of `derivation.system`, which generated code carries too.
    """
    printer = Printer(derivation)
    sections = [
        Section("Forward", tuple(printer.stated("forward"))),
        Section("Loss", tuple(printer.stated("loss"))),
        Section("Outside of training", tuple(printer.inference())),
        Section("Chain rule", tuple(printer.chain())),
        Section("Gradients", tuple(printer.gradients(steps))),
        Section("Update", tuple(printer.update())),
        Section("Cost", tuple(write_costs(derivation, printer.tensors))),
    ]
    found = render(
        "text/derivation.txt.j2",
        name=derivation.system.name,
        tables=[table for table in _tables(derivation.system) if table.rows],
        sections=[section for section in sections if section.lines],
    )
    return found.rstrip() + "\n"


class Printer:
    """Prints the sections of one derivation."""

    def __init__(self, derivation: Derivation) -> None:
        self.derivation = derivation
        self.system = derivation.system
        tensors = {equation.tensor.name: equation.tensor for equation in (*derivation.chain, *derivation.simplified)}
        self.tensors: Mapping[str, Tensor] = {**tensors, **derivation.forward.tensors, **self.system.tensors}
        self.print = partial(print_equation, tensors=self.tensors)

    def numbered(self, equation: Equation, number: int | None = None) -> list[str]:
        """An equation behind its number, or behind as much room."""
        found = equation.number if number is None else number
        label = f"({found})" if found else ""
        return _wrapped(self.print(equation), f"{label:>{MARGIN - 2}}  ", " " * (MARGIN + 4))

    def stated(self, role: str) -> list[str]:
        """The equations of a role as they are computed; before them as they were stated, where that differs."""
        computed = [equation for equation in self.system.equations if equation.role == role]
        texts = {self.print(equation) for equation in computed}
        stated = [equation for equation in self.derivation.forward.equations if equation.role == role]
        lines = [line for equation in computed for line in self.numbered(equation)]
        if all(self.print(equation) in texts for equation in stated):
            return lines
        before = [line for equation in stated for line in self.numbered(equation, 0)]
        notes = _items(note for note in self.derivation.notes if INFERENCE not in note) if role == "loss" else []
        return ["As stated:", *before, "", "As computed:", *lines, *([""] if notes else []), *notes]

    def inference(self) -> list[str]:
        """What forward and loss compute instead where they are not used for training."""
        computed = [equation for equation in self.system.equations if equation.role == "inference"]
        lines = [line for equation in computed for line in self.numbered(equation)]
        places = [f"{place} takes the place of {name}" for name, place in self.system.inference]
        rule = [*([""] if lines else []), *_wrapped(f"{'; '.join(places)}.", "", "    ")] if places else []
        notes = _items(note for note in self.derivation.notes if INFERENCE in note)
        return [*lines, *rule, *([""] if notes else []), *notes]

    def chain(self) -> list[str]:
        """The raw chain rule: d.T is the derivative of the loss by T."""
        if not self.derivation.chain:
            return []
        names = f"d.T is the derivative of {self.system.loss or 'the loss'} by T."
        return [names, "", *(line for equation in self.derivation.chain for line in self.numbered(equation, 0))]

    def gradients(self, steps: bool) -> list[str]:
        """Each adjoint in its final form, under it how it came from the chain rule."""
        simplified = {equation.tensor.name: equation for equation in self.derivation.simplified}
        lines: list[str] = []
        for name, equation in simplified.items():
            final = self.system.defining.get(name)
            as_it_is = final is not None and self.print(final) == self.print(equation)
            found = self.derivation.details if steps else self.derivation.steps
            record = found.get(name.removeprefix("d."), ())
            if final is None and not record:  # the chain rule has said it, and nothing computes it
                continue
            lines += self.numbered(equation, final.number if final and as_it_is else 0)
            lines += self._record(record, steps)
        return lines + self._parts(simplified.values())

    def _record(self, record: tuple[Step, ...], steps: bool) -> list[str]:
        """Rules and reasons; with every step's two sides if asked for."""
        lines: list[str] = []
        indent = " " * (MARGIN + 4)
        if steps and record:
            lines += _wrapped(self.print(record[0].before), f"{indent}from  ", indent + " " * 10)
        if not steps:
            for rule, reason in in_brief(record):
                lines += _wrapped(f"{rule}: {reason}", indent, indent + "    ")
        for step in record if steps else ():
            lines += _wrapped(f"{step.rule}: {step.reason}", indent, indent + "    ")
            lines += _wrapped(self.print(step.after), f"{indent}  ->  ", indent + " " * 10)
        return [*lines, ""] if lines else []

    def _parts(self, simplified: Iterable[Equation]) -> list[str]:
        """Backward equations that differ from the simplified ones: what these are computed from."""
        printed = {self.print(equation) for equation in simplified}
        backward = (equation for equation in self.system.equations if equation.role == "backward")
        parts = [equation for equation in backward if self.print(equation) not in printed]
        lines = [line for equation in parts for line in self.numbered(equation)]
        return ["", "Computed as:", *lines] if lines else []

    def update(self) -> list[str]:
        """The update's equations, and what takes the place of what."""
        equations = [equation for equation in self.system.equations if equation.role == "update"]
        lines = [line for equation in equations for line in self.numbered(equation)]
        if not lines:
            return []
        odd = [f"{following} that of {name}" for name, following in self.system.updates if following != f"{name}.next"]
        rule = "; ".join(["After the step, every T.next takes the place of T", *odd])
        return [*lines, "", *_wrapped(f"{rule}.", "", "    ")]


def _tables(system: System) -> list[Table]:
    def described(tensor: Tensor) -> str:
        kind = "" if tensor.dtype == "real" else f" {tensor.dtype}"
        classes = f", 0 ... {tensor.classes - 1}" if tensor.classes else ""
        facts = "".join(f", {fact.kind.replace('_', ' ')} ({fact.reason})" for fact in tensor.facts)
        return f"{_shaped(tensor)}{kind}{classes}{facts}"

    return [
        Table("Inputs", tuple(described(tensor) for tensor in system.with_role("input"))),
        Table("Parameters", tuple(_shaped(tensor) for tensor in system.with_role("parameter"))),
        Table("States", tuple(_shaped(tensor) for tensor in system.with_role("state"))),
        Table("Settings", tuple(f"{name} = {default:g}" for name, default in system.settings)),
    ]


def _shaped(tensor: Tensor) -> str:
    return f"{tensor.name} [{', '.join(map(str, tensor.shape))}]" if tensor.shape else tensor.name


def _items(notes: Iterable[str]) -> list[str]:
    return [line for note in notes for line in _wrapped(f"{note[:1].upper()}{note[1:]}.", "  - ", "    ")]


def _wrapped(line: str, first: str, following: str) -> list[str]:
    return textwrap.wrap(
        line, WIDTH, initial_indent=first, subsequent_indent=following, break_long_words=False, break_on_hyphens=False
    )
