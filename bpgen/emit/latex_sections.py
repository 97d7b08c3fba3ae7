"""The sections of a printed derivation: what stands where, with which number, and why."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

from bpgen.algebra.expressions import Access
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.letters import fresh_letter
from bpgen.algebra.system import Equation
from bpgen.derive.derivation import Derivation, Step, in_brief
from bpgen.emit.document import Block, Origin, Reason
from bpgen.emit.latex_layout import Break, Formula, concatenate
from bpgen.emit.latex_letters import batch_first, equation_letters, ranged
from bpgen.emit.latex_rows import Row, Writer
from bpgen.emit.latex_symbols import ADJOINT, index_letter
from bpgen.emit.prose import Math, Name, Prose, Reference, enumerated
from bpgen.emit.quoted import write_quoted

Key = TypeVar("Key", bound=Hashable)


class Sections:
    """Writes the sections of one derivation.  only: the layer whose blocks are wanted, None for all."""

    def __init__(self, derivation: Derivation, writer: Writer, steps: bool) -> None:
        self.derivation = derivation
        self.writer = writer
        self.steps = steps
        self.only: str | None = None
        self.numbers = {e.tensor.name: e.number for e in derivation.system.equations}
        # Gradients by inputs come last, as nobody trains an input; that by a target is found before all others.
        self.chain_groups = _groups(sorted(derivation.chain, key=self._is_by_input), self.heading)
        ordered = [equation for _, members in self.chain_groups for equation in members]
        self.chain_tags = {e.tensor.name: f"C{n}" for n, e in enumerate(ordered, start=1)}
        self.places = self._places()

    # --- text

    def sentence(self, text: str, capital: bool = False) -> Prose:
        """Text of the derivation, with each tensor's symbol and, at first mention, the equation that defines it."""
        symbols, told = self.writer.symbols, set[str]()

        def named(name: str) -> Prose:
            if name not in symbols.tensors:
                return (Name(name),)
            place = self.places.get(name) if name not in told else None
            told.add(name)
            reference: Prose = (" of\N{NO-BREAK SPACE}", Reference(place)) if place else ()
            return (Math(self.writer.name(name)), *reference)

        def symbol(name: str) -> str | None:
            return self.writer.name(name) if name in symbols.tensors else None

        return write_quoted(text[:1].upper() + text[1:] if capital else text, symbol, named)

    def _places(self) -> dict[str, str]:
        """Tensor -> label of the equation that says what it is: as it is stated, else as it is computed."""
        system, forward = self.derivation.system, self.derivation.forward
        places = {name: f"eq:{tag}" for name, tag in self.chain_tags.items()}
        places |= {e.tensor.name: f"eq:{e.number}" for e in system.equations if e.role != "update"}
        stated = [e for e in forward.equations if e.role != "inference"]
        stated += filter(self._is_shown, self.derivation.simplified)
        labelled = (e for e in stated if e.tensor.name in self.numbers or e.tensor.name in self.chain_tags)
        return places | {e.tensor.name: self._label(e) for e in labelled}

    def heading(self, equation: Equation) -> Prose:
        given = self._input(equation)
        if given:
            return ("Input ", Math(self.writer.name(given)))
        layer = equation.origin.layer or equation.tensor.layer
        number = self.writer.symbols.numbers.get(layer)
        if equation.role == "loss" or number is None:
            return ("Loss",) if equation.role in ("loss", "backward") else ()
        return (f"Layer {number}: ", Name(layer))

    def layer(self, equation: Equation) -> str:
        """The numbered layer that an equation belongs to, or ""."""
        name = equation.origin.layer or equation.tensor.layer
        layered = name in self.writer.symbols.numbers and equation.role != "loss" and not self._input(equation)
        return name if layered else ""

    def _is_wanted(self, equation: Equation) -> bool:
        return self.only is None or self.layer(equation) == self.only

    def _input(self, equation: Equation) -> str:
        """The input whose adjoint the equation defines, or ""."""
        base = self.writer.symbols.adjoint_base(equation.tensor.name) or ""
        return base if base and self.writer.symbols.tensors[base].role == "input" else ""

    def _is_by_input(self, equation: Equation) -> bool:
        return bool(self._input(equation))

    # --- forward pass, loss and gradients: the mathematics, then what is computed where that differs

    def mathematical(self, role: str) -> tuple[Block, ...]:
        """Forward or loss equations as they were given, under the numbers of what computes them."""
        given = [e for e in self.derivation.forward.equations if e.role == role and self._is_wanted(e)]
        heading: Callable[[Equation], Prose] = self.heading if role == "forward" else lambda equation: ()
        return tuple(
            Block(name, self._rows(members), layer=self.layer(members[0])) for name, members in _runs(given, heading)
        )

    def computed_blocks(self, roles: tuple[str, ...]) -> tuple[Block, ...]:
        """The same by layers."""
        runs = _runs(filter(self._is_wanted, self._computed(roles)), self.heading)
        return tuple(Block(name, self._computed_rows(run), layer=self.layer(run[0])) for name, run in runs)

    def computed(self, roles: tuple[str, ...], again: bool = False) -> tuple[Row, ...]:
        """The equations of these roles whose computed form has not been printed yet (again: all of them)."""
        return self._computed_rows(self._computed(roles, again))

    def _computed(self, roles: tuple[str, ...], again: bool = False) -> list[Equation]:
        given = {e.tensor.name: e for e in (*self.derivation.forward.equations, *self.derivation.simplified)}
        return [
            equation
            for equation in self.derivation.system.equations
            if equation.role in roles
            and (again or (name := equation.tensor.name) not in given or not self._agree(given[name], equation))
        ]

    def _computed_rows(self, equations: Iterable[Equation]) -> tuple[Row, ...]:
        return tuple(self.writer.row(e, str(e.number), f"eq:{e.number}") for e in equations)

    def _rows(self, equations: Iterable[Equation]) -> tuple[Row, ...]:
        return tuple(self._row(equation) for equation in equations)

    def _row(self, equation: Equation) -> Row:
        """A row under its number; primed where the computed form differs, or where nothing computes it."""
        number = self.numbers.get(equation.tensor.name)
        if number is None:
            tag = self.chain_tags.get(equation.tensor.name)
            return self.writer.row(equation, f"{tag}$'$", self._label(equation)) if tag else self.writer.row(equation)
        prime = "" if self._is_computed(equation) else "$'$"
        return self.writer.row(equation, f"{number}{prime}", self._label(equation))

    def _is_computed(self, equation: Equation) -> bool:
        return self._agree(equation, self.derivation.system.defining[equation.tensor.name])

    def _agree(self, given: Equation, computed: Equation) -> bool:
        """Whether they read the same: log1p(u) is printed as log(1 + u)."""
        if _same(given, computed):
            return True
        one, other = (self.writer.sides(equation) for equation in (given, computed))
        return (one[0], one[1].text) == (other[0], other[1].text)

    def _label(self, equation: Equation) -> str:
        if equation.tensor.name not in self.numbers:
            return f"eq:{self.chain_tags[equation.tensor.name]}p"
        return f"eq:{self.numbers[equation.tensor.name]}" + ("" if self._is_computed(equation) else "p")

    # --- the chain rule

    def chain(self) -> tuple[Block, ...]:
        groups = [group for group in self.chain_groups if self._is_wanted(group[1][0])]
        return tuple(
            Block(name, tuple(self._chain_row(e) for e in members), layer=self.layer(members[0]))
            for name, members in groups
        )

    def _chain_row(self, equation: Equation) -> Row:
        left, right = self.writer.sides(equation)
        tag = self.chain_tags[equation.tensor.name]
        rule = self._rule(equation)
        sides = (("=", rule), ("=", right)) if rule is not None else (("=", right),)
        return Row(left, sides, tag, f"eq:{tag}", equation)

    def _rule(self, equation: Equation) -> Formula | None:
        """sum dL/dY dY/dT over the equations that read T, in index notation; None where the loss itself does."""
        if self.writer.notation != "index":
            return None
        base = equation.tensor.name.removeprefix(ADJOINT)
        readers = [name.removeprefix(ADJOINT) for name in equation.reads if name in self.chain_tags]
        terms = [self._rule_term(equation, base, reader) for reader in readers]
        if not terms or any(term is None for term in terms) or self._read_by_loss(base):
            return None
        pieces: list[Formula | Break | str] = []
        for term in terms:
            pieces += [Break(0, "{}"), " + "] if pieces else []
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
        at = [letters[index] for index in equation.indices]
        fixed = self._fixed(source, base, at)
        open_indices = [index for index in source.indices if index not in fixed]
        chosen = self._fresh_letters(open_indices, at)
        places = [(fixed | chosen)[index] for index in source.indices]
        summed = sorted(open_indices, key=batch_first)
        sums = "".join(ranged(r"\sum", chosen[index], index, symbols) for index in summed)
        partial = rf"\frac{{\partial {symbols.element(reader, places)}}}{{\partial {symbols.element(base, at)}}}"
        return concatenate(sums + symbols.element(ADJOINT + reader, places) + r"\," + partial)

    @staticmethod
    def _fresh_letters(indices: Iterable[Index], taken: Iterable[str]) -> dict[Index, str]:
        """The indices' own letters, or others where these are taken."""
        used = set(taken)
        chosen = {}
        for index in indices:
            name = fresh_letter(used, index.extent == BATCH) if index_letter(index.name) in used else index.name
            chosen[index] = index_letter(name)
            used.add(chosen[index])
        return chosen

    @staticmethod
    def _fixed(source: Equation, base: str, letters: Sequence[str]) -> dict[Index, str]:
        """Indices of the reader that equal an index of the tensor, wherever it is read."""
        found = [a for a in source.rhs.atoms(Access) if a.tensor == base]
        if len(found) != 1 or len(set(found[0].indices)) != len(found[0].indices):
            return {}
        places = zip(found[0].indices, letters, strict=True)
        return {place: letter for place, letter in places if place in source.indices}

    # --- gradients and the reasons of their simplification

    def gradients(self) -> tuple[Block, ...]:
        blocks: list[Block] = []
        shown = [e for e in self.derivation.simplified if self._is_shown(e) and self._is_wanted(e)]
        shown.sort(key=self._is_by_input)
        for heading, members in _runs(shown, self.heading):
            title = heading
            for changed, run in _runs(members, lambda e: e.tensor.name if self._steps_of(e) else ""):
                remark, origin = ((), self._origin(run[0])) if changed else (self._unchanged(run), None)
                blocks.append(Block(title, self._rows(run), remark, origin, self.layer(run[0])))
                title = ()
        return tuple(blocks)

    def _is_shown(self, equation: Equation) -> bool:
        """What the chain rule has said already, and nothing computes, is not said again."""
        return equation.tensor.name in self.derivation.system.defining or bool(self._steps_of(equation))

    def _steps_of(self, equation: Equation) -> tuple[Step, ...]:
        return self.derivation.steps.get(equation.tensor.name.removeprefix(ADJOINT), ())

    def _unchanged(self, equations: Sequence[Equation]) -> Prose:
        tags = [self.chain_tags[e.tensor.name] for e in equations if e.tensor.name in self.chain_tags]
        if not tags:
            return ()
        said = enumerated([(Reference(f"eq:{tag}"),) for tag in tags])
        return ("This is ", *said, " as it stands.") if len(tags) == 1 else ("These are ", *said, " as they stand.")

    def _origin(self, equation: Equation) -> Origin | None:
        if self.steps:
            lines = self.derivation.after_chain(equation.tensor.name.removeprefix(ADJOINT))
            reasons = [Reason(line.rule, self.sentence(line.reason), self.writer.row(line.after)) for line in lines]
        else:
            reasons = [Reason(rule, self.sentence(reason)) for rule, reason in in_brief(self._steps_of(equation))]
        start = f"eq:{self.chain_tags.get(equation.tensor.name)}"
        return Origin(start, tuple(reasons), self._label(equation)) if reasons else None


def _same(left: Equation, right: Equation) -> bool:
    """Whether two equations of one tensor say the same, whatever their indices are called."""
    renamed = right.rhs.xreplace(dict(zip(right.indices, left.indices, strict=True)))
    return bool(renamed == left.rhs)


def _runs(equations: Iterable[Equation], key: Callable[[Equation], Key]) -> list[tuple[Key, list[Equation]]]:
    """Consecutive equations with the same key."""
    runs: list[tuple[Key, list[Equation]]] = []
    for equation in equations:
        name = key(equation)
        if not runs or runs[-1][0] != name:
            runs.append((name, []))
        runs[-1][1].append(equation)
    return runs


def _groups(equations: Iterable[Equation], key: Callable[[Equation], Prose]) -> list[tuple[Prose, list[Equation]]]:
    """All equations with the same key, by first appearance."""
    groups: dict[Prose, list[Equation]] = {}
    for equation in equations:
        groups.setdefault(key(equation), []).append(equation)
    return list(groups.items())
