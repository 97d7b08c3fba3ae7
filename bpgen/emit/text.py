"""A derivation as plain text for a terminal, in the equation language, so that every equation can be used again."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby

from bpgen.algebra.named_number import named_numbers
from bpgen.algebra.printing import print_equation
from bpgen.algebra.records import dataclass
from bpgen.algebra.system import Equation, System, Tensor
from bpgen.derive.derivation import Derivation, Step, in_brief
from bpgen.emit.alike_blocks import shortened
from bpgen.emit.document import Block, Document
from bpgen.emit.environment import render
from bpgen.emit.latex_document import build_document
from bpgen.emit.latex_rows import Row
from bpgen.emit.latex_symbols import ADJOINT, layer_numbers
from bpgen.emit.text_costs import write_costs
from bpgen.emit.text_layers import Together
from bpgen.emit.text_update import write_update

WIDTH = 110
INFERENCE = ".inference`"  # how notes quote tensors that are computed outside of training
MARGIN = 8  # equations stand behind their numbers
COMPUTED = "Equations with a prime above are evaluated in these forms, which are equal to them:"
STEPS = "Equations with a prime above are evaluated in these steps:"


@dataclass(frozen=True)
class Table:
    title: str
    rows: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """What stands under an equation: words, or another equation behind a sign."""

    lead: str
    content: str | Equation


Record = Callable[[Equation], tuple[Line, ...]]


@dataclass(frozen=True)
class Item:
    """An equation, or one for several layers: the numbers and the records of all."""

    tags: tuple[str, ...]
    equations: tuple[Equation, ...]
    records: tuple[tuple[Line, ...], ...]


def text(derivation: Derivation, steps: bool = False, full: bool = False) -> str:
    """The derivation: network, forward equations, loss, what differs outside of training, chain rule, gradients with
    their reasons, update, costs.

    steps: print every line between the chain rule and the final form, not only the rules and reasons.
    full: with every layer written out, in place of describing those that are alike once
    Equation numbers are those of `derivation.system`, which generated code carries too.
    """
    document = build_document(derivation, "index", steps, full)
    printer = Printer(derivation, document, steps)
    sections = {
        "Forward": printer.blocks(document.forward),
        "Loss": printer.blocks(document.loss),
        "Outside of training": printer.inference(),
        "As computed": printer.computed(),
        "Chain rule": printer.chain(),
        "Gradients": printer.gradients(),
        "Update": write_update(derivation.system, document.update, printer.numbered, full),
        "Cost": write_costs(derivation, printer.tensors),
    }
    found = render(
        "text/derivation.txt.j2",
        name=derivation.system.name,
        tables=[table for table in _tables(derivation.system) if table.rows],
        sections=[
            Section(title, tuple(lines[:-1] if not lines[-1] else lines)) for title, lines in sections.items() if lines
        ],
    )
    return found.rstrip() + "\n"


class Printer:
    """Prints the sections of one derivation."""

    def __init__(self, derivation: Derivation, document: Document, steps: bool) -> None:
        self.derivation = derivation
        self.document = document
        self.system = derivation.system
        self.steps = steps
        self.layers = layer_numbers(self.system)
        tensors = {equation.tensor.name: equation.tensor for equation in (*derivation.chain, *derivation.simplified)}
        self.tensors: Mapping[str, Tensor] = {**tensors, **derivation.forward.tensors, **self.system.tensors}

    def print(self, equation: Equation) -> str:
        return print_equation(equation, self.tensors)

    def numbered(self, text: str, tags: Sequence[str] = (), margin: int = MARGIN) -> list[str]:
        """An equation behind its numbers, or behind as much room."""
        return _wrapped(text, f"{_label(tags):>{margin - 2}}  ", " " * (margin + 4))

    # --- blocks of equations, those of layers that are alike together

    def blocks(self, blocks: Iterable[Block], record: Record | None = None) -> list[str]:
        """record: what stands under an equation"""
        lines: list[str] = []
        for values, found in groupby(blocks, key=_values):
            members = list(found)
            items = [_item(row, record) for block in members for row in block.rows]
            borrowed = dict(pair for block in members for pair in block.borrowed)
            more = self._together(items, values, borrowed) if values else self._apart(items)
            lines += more[1:] if more and not more[0] and not (lines and lines[-1]) else more
        return lines

    def _apart(self, items: Iterable[Item]) -> list[str]:
        lines: list[str] = []
        for item in items:
            lines += self.numbered(self._as_computed(item.equations[0], item.tags), item.tags)
            under = [(line.lead, self._shown(line.content)) for line in item.records[0]]
            lines += _under(under)
        return lines

    def _together(self, items: Sequence[Item], values: Sequence[int], borrowed: Mapping[str, int]) -> list[str]:
        """Written out where their names alone do not tell them apart."""
        names = Together(self.tensors, self.layers, borrowed, values, print_equation)
        equations = [names.equation(item.equations) for item in items]
        records = [[self._one(names, lines) for lines in zip(*item.records, strict=False)] for item in items]
        even = all(len(set(map(len, item.records))) == 1 for item in items)
        if not even or None in equations or any(line is None for record in records for line in record):
            return self._apart(Item(i.tags[n : n + 1], i.equations[n : n + 1], i.records[n : n + 1])
                               for n in range(len(values)) for i in items)  # fmt: skip
        naming = names.naming()
        margin = max(MARGIN, *(len(_label(item.tags)) + 2 for item in items))
        lines = ["", *_wrapped(naming.heading(), "", "    ")]
        for item, equation, record in zip(items, equations, records, strict=True):
            lines += self.numbered(naming.read(equation or ""), item.tags, margin)
            lines += _under([(line[0], naming.read(line[1])) for line in record if line is not None], margin)
        return [*lines, ""] if lines[-1] else lines

    @staticmethod
    def _one(names: Together, lines: Sequence[Line]) -> tuple[str, str] | None:
        """The same line of the records of several layers."""
        equations = [line.content for line in lines if isinstance(line.content, Equation)]
        said = [line.content for line in lines if isinstance(line.content, str)]
        if len({line.lead for line in lines}) > 1 or (equations and said):
            return None
        found = names.equation(equations) if equations else names.sentence(said)
        return None if found is None else (lines[0].lead, found)

    def _as_computed(self, equation: Equation, tags: Sequence[str]) -> str:
        """What bears a number without a prime is printed as it is computed, to the letters of its indices."""
        final = self.system.defining.get(equation.tensor.name)
        return self.print(final if final is not None and tags == (str(final.number),) else equation)

    def _shown(self, content: str | Equation) -> str:
        return content if isinstance(content, str) else self.print(content)

    # --- sections

    def inference(self) -> list[str]:
        """What forward and loss compute instead where they are not used for training."""
        lines = self._apart(_item(row) for row in self.document.inference)
        places = [f"{place} takes the place of {name}" for name, place in self.system.inference]
        rule = [*([""] if lines else []), *_wrapped(f"{'; '.join(places)}.", "", "    ")] if places else []
        notes = _items(note for note in self.derivation.notes if INFERENCE in note)
        return [*lines, *rule, *([""] if notes else []), *notes]

    def computed(self) -> list[str]:
        """What is evaluated in another form than it was stated in, and why."""
        notes = _items(note for note in self.derivation.notes if INFERENCE not in note)
        lines = self.blocks(self.document.computed_forward)
        return [*notes, *([""] if notes and lines else []), *([COMPUTED, "", *lines] if lines else [])]

    def chain(self) -> list[str]:
        """The raw chain rule: d.T is the derivative of the loss by T."""
        if not self.document.chain:
            return []
        names = f"d.T is the derivative of {self.system.loss or 'the loss'} by T."
        return [names, "", *self.blocks(self.document.chain, self._derivatives if self.steps else None)]

    def gradients(self) -> list[str]:
        """Each adjoint in its final form, under it how it came from the chain rule; then what these are computed of."""
        lines = self.blocks(self.document.gradients, self._rewrites if self.steps else self._reasons)
        parts = self.blocks(self.document.computed_backward)
        return [*lines, *([] if lines and not lines[-1] else [""]), STEPS, "", *parts] if parts else lines

    def _reasons(self, equation: Equation) -> tuple[Line, ...]:
        """Rules and reasons of a gradient."""
        record = self.derivation.steps.get(equation.tensor.name.removeprefix(ADJOINT), ())
        return tuple(Line("", f"{rule}: {reason}") for rule, reason in in_brief(record))

    def _derivatives(self, equation: Equation) -> tuple[Line, ...]:
        """Every step to a line of the chain rule."""
        name = equation.tensor.name.removeprefix(ADJOINT)
        lines = self.derivation.details.get(name, ())
        return _both_sides(lines[: len(lines) - len(self.derivation.after_chain(name))])

    def _rewrites(self, equation: Equation) -> tuple[Line, ...]:
        """Every step from there to the gradient."""
        return _both_sides(self.derivation.after_chain(equation.tensor.name.removeprefix(ADJOINT)))


def _item(row: Row, record: Record | None = None) -> Item:
    stated = [(member.tag, member.equation) for member in row.members] or [(row.tag, row.equation)]
    pairs = [(tag.replace("$'$", "'"), equation) for tag, equation in stated if equation is not None]
    found = tuple(record(equation) if record else () for _, equation in pairs)
    return Item(tuple(tag for tag, _ in pairs if tag), tuple(e for _, e in pairs), found)


def _both_sides(steps: Sequence[Step]) -> tuple[Line, ...]:
    first = (Line("from  ", steps[0].before),) if steps else ()
    return (*first, *(line for s in steps for line in (Line("", f"{s.rule}: {s.reason}"), Line("  ->  ", s.after))))


def _values(block: Block) -> tuple[int, ...]:
    """What l is in the equations of a block; () where it has those of one layer."""
    found = {tuple(member.layer for member in row.members) for row in block.rows}
    return found.pop() if len(found) == 1 else ()


def _label(tags: Sequence[str]) -> str:
    return f"({', '.join(shortened(tags, '...'))})" if tags else ""


def _under(lines: Iterable[tuple[str, str]], margin: int = MARGIN) -> list[str]:
    """What stands under an equation, and an empty line."""
    indent = " " * (margin + 4)
    found = [
        line for lead, said in lines for line in _wrapped(said, indent + lead, indent + (" " * 10 if lead else "    "))
    ]
    return [*found, ""] if found else []


def _tables(system: System) -> list[Table]:
    def described(tensor: Tensor) -> str:
        kind = "" if tensor.dtype == "real" else f" {tensor.dtype}"
        classes = f", 0 ... {tensor.classes - 1}" if tensor.classes else ""
        facts = "".join(f", {fact.kind.replace('_', ' ')} ({fact.reason})" for fact in tensor.facts)
        return f"{_shaped(tensor)}{kind}{classes}{facts}"

    return [
        Table("Inputs", tuple(described(tensor) for tensor in system.with_role("input"))),
        Table("Parameters", tuple(_shaped(tensor) for tensor in system.with_role("parameter"))),
        Table("States", tuple(_states(system))),
        Table("Constants", tuple(f"{n.name} = {float(n.value):g}" for n in named_numbers(system.equations))),
        Table("Settings", tuple(f"{name} = {default:g}" for name, default in system.settings)),
    ]


def _states(system: System) -> list[str]:
    """Those that every parameter has, said once."""
    parameters = list(system.with_role("parameter"))
    states = {tensor.name: tensor for tensor in system.with_role("state")}
    ends = [{name.removeprefix(p.name) for name in states if name.startswith(p.name + ".")} for p in parameters]
    common = sorted(set.intersection(*ends)) if ends else []
    own = {parameter.name + end for parameter in parameters for end in common}
    alike = all(states[p.name + end].axes == p.axes for p in parameters for end in common)
    said = f"{', '.join(f'T{end}' for end in common)}, shaped like T, for every parameter T"
    rest = [_shaped(tensor) for name, tensor in states.items() if not (common and alike and name in own)]
    return [*rest, said] if common and alike else rest


def _shaped(tensor: Tensor) -> str:
    return f"{tensor.name} [{', '.join(map(str, tensor.shape))}]" if tensor.shape else tensor.name


def _items(notes: Iterable[str]) -> list[str]:
    return [line for note in notes for line in _wrapped(f"{note[:1].upper()}{note[1:]}.", "  - ", "    ")]


def _wrapped(line: str, first: str, following: str) -> list[str]:
    return textwrap.wrap(
        line, WIDTH, initial_indent=first, subsequent_indent=following, break_long_words=False, break_on_hyphens=False
    )
