"""What names in a claim mean: dW2 is the derivative by the weight of layer 2, h1 what layer 1 gives, m the batch.

A name is looked for as it is in the system (fc1.weight), then by the letter that formulas show and the number of the
layer (W1), then by the letter alone where one tensor has it, then by what people call it (a1, yhat, J).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace
from functools import cached_property

from sympy import Expr

from bpgen.algebra.diagnose import SourceText, listing, nearest
from bpgen.algebra.errors import EquationError, Position
from bpgen.algebra.expressions import Access
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.printing import print_expression
from bpgen.algebra.records import dataclass
from bpgen.algebra.scope import CONSTANTS
from bpgen.algebra.system import Tensor
from bpgen.claims.latex_cursor import read_symbol
from bpgen.claims.spots import replace_accesses
from bpgen.claims.theory import Theory
from bpgen.derive.contract import carried_to
from bpgen.derive.differentiate import ADJOINT

LOSS_LETTERS = ("L", "J", "E", "C", "loss", "cost")
BATCH_LETTERS = ("B", "m", "N", "n")
TARGET_LETTERS = ("y", "t", "target", "Y", "T")
PREDICTED_LETTERS = ("yhat", "yh", "y_hat", "p")
OUTPUT_LETTERS = ("yhat", "yh", "y_hat", "p", "o", "out", "output", "prediction")
HIDDEN_LETTERS = ("a", "h")
ADJOINT_PREFIXES = ("d.", "d_", "grad_", "d", "g_")
DELTA = "delta"


@dataclass
class Names:
    """Finds tensors by their names, and notes what was chosen where it is not plain to see.

    local: names that lines of the claim define; defined: their axes and what they are; spelled: a tensor's name ->
    what the claim calls it
    """

    theory: Theory
    source: SourceText
    local: dict[str, Tensor] = field(default_factory=dict)
    defined: dict[str, tuple[tuple[Index, ...], Expr]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    spelled: dict[str, str] = field(default_factory=dict)
    predicted: dict[str, str] = field(default_factory=dict)
    tiers: tuple[dict[str, list[str]], ...] = ()

    def __post_init__(self) -> None:
        self.tiers = tuple(_tiers(self.theory))
        if self.theory.predicted is not None:
            output, value = self.theory.predicted
            for name in PREDICTED_LETTERS:
                if not any(name in tier for tier in self.tiers[:-1]):
                    self.local[name] = Tensor(name, output.axes)
                    self.defined[name] = output.axes, value
                    self.predicted[name] = print_expression(value, tensors=self.theory.tensors)

    def meaning(self, name: str, place: Position) -> Tensor | Expr | None:
        """The tensor or the number of a name; None where it has none.  Raises EquationError where it has several."""
        if name in self.local:
            if name in self.predicted:
                self.note(f"`{name}` is `{self.predicted[name]}`")
            return self.local[name]
        ways: tuple[Callable[[], Tensor | Expr | None], ...] = (
            lambda: self._forward(name, place, self.tiers[:-1]),
            lambda: self.theory.numbers.get(name),
            lambda: CONSTANTS.get(name),
            lambda: self._adjoint(name, place),
            lambda: self._forward(name, place, self.tiers[-1:]),
            lambda: BATCH if name in BATCH_LETTERS else None,
            lambda: self._forward(name.lower(), place, self.tiers),
            lambda: self._forward(name.upper(), place, self.tiers),
        )
        found = next((meant for way in ways if (meant := way()) is not None), None)
        if isinstance(found, Tensor):
            self.spelled.setdefault(found.name, name)
        shown = found.name if isinstance(found, Tensor) else "B, the number of rows" if found == BATCH else name
        if found is not None and shown != name:
            self.note(f"`{name}` is `{shown}`" if isinstance(found, Tensor) else f"`{name}` is {shown}")
        return found

    def printed(self, key: tuple[str, str, str], indexed: bool, spelled: str, place: Position) -> str:
        """The name for a symbol of LaTeX: as it is spelled, unless the printed derivation writes another tensor so."""
        name = self.symbols[int(indexed)].get(key)
        if name is None:
            return spelled
        names = self.quiet()
        try:
            meant = names.meaning(spelled, place)
        except EquationError:
            meant = None
        if isinstance(meant, Tensor) and meant.name == name:
            return spelled
        self.note(f"`{spelled}` is `{name}`, as in the printed derivation")
        return name

    @cached_property
    def symbols(self) -> tuple[Mapping[tuple[str, str, str], str], ...]:
        """Symbols of the printed derivation -> names of tensors: of whole ones, and of their elements."""
        tables: tuple[dict[tuple[str, str, str], str], ...] = ({}, {})
        tensors = self.theory.tensors
        for name, written in sorted(self.theory.symbols().items()):
            if name not in tensors and ADJOINT + name not in tensors:
                continue
            for table, text in zip(tables, written, strict=True):
                table[read_symbol(text)] = name
        return tables

    def tensor(self, name: str, place: Position) -> Tensor | None:
        found = self.meaning(name, place)
        return found if isinstance(found, Tensor) else None

    def derivative(self, tensor: Tensor, place: Position) -> Tensor:
        """The loss's derivative by a tensor.  Raises EquationError where there is none."""
        found = self.theory.adjoint(tensor.name)
        if found is None:
            message = f"the loss has no derivative by `{tensor.name}`"
            known = (e.tensor.name.removeprefix(ADJOINT) for e in self.theory.derivation.simplified)
            raise self.source.error("no-gradient", message, place, f"there are those by {listing(known)}")
        return found

    def derivative_by(self, name: str, place: Position) -> Tensor:
        """The loss's derivative by what has a name, which may be all that is left of it, as 0."""
        tensor = self.tensor(name, place)
        if tensor is not None:
            return self.derivative(tensor, place)
        found = self.theory.adjoint(name)
        if found is None:
            raise self.unknown(name, place)
        return found

    def inlined(self, expression: Expr) -> Expr:
        """The expression with the names that lines above define written out."""

        def meaning(access: Access) -> Expr:
            if access.tensor not in self.defined or access.args[0] != self.local[access.tensor].atom:
                return access
            axes, value = self.defined[access.tensor]
            return carried_to(value, dict(zip(axes, access.indices, strict=True)))

        return replace_accesses(expression, meaning) if self.defined else expression

    def is_loss(self, name: str, place: Position) -> bool:
        return name in LOSS_LETTERS and name not in self.local and self.tensor(name, place) is self._loss

    def unknown(self, name: str, place: Position) -> EquationError:
        """The error for a name that means nothing here, with what comes nearest to it."""
        known = self.known()
        message = f"there is no tensor `{name}`{nearest(name, known)}"
        shown = listing([*self.theory.system.tensors, *self.local])
        help = f"tensors here: {shown}; a derivative is d and a name ({self._example()}); a line before may define it"
        return self.source.error("unknown-tensor", message, place, help)

    def known(self) -> list[str]:
        names = {*self.local, *self.theory.numbers, *(name for tier in self.tiers for name in tier)}
        adjoints = {f"d{name}" for tier in self.tiers for name, found in tier.items()
                    if any(self.theory.adjoint(tensor) for tensor in found)}  # fmt: skip
        return sorted(names | adjoints)

    def shown(self, tensor: Tensor) -> str:
        """What the claim calls a tensor, or the shortest name that means it: W2, h1, dz2."""
        if tensor.name in self.spelled:
            return self.spelled[tensor.name]
        adjoint = tensor.name.startswith(ADJOINT) and tensor.role == "backward"
        base = tensor.name.removeprefix(ADJOINT) if adjoint else tensor.name
        if adjoint and base in self.spelled:
            return f"d{self.spelled[base]}"
        used = {name.rstrip("0123456789") for name in self.spelled.values()}
        short = [name for tier in self.tiers[1:3] for name, found in tier.items() if found == [base]]
        fitting = [
            name for name in short if not self.tiers[0].get(name) and not (adjoint and f"d{name}" in self.tiers[0])
        ]
        name = min(fitting or [base], key=lambda item: (item.rstrip("0123456789") not in used, len(item), item))
        return f"d{name}" if adjoint else name

    @property
    def _loss(self) -> Tensor | None:
        return self.theory.tensors.get(str(self.theory.system.loss))

    def _forward(self, name: str, place: Position, tiers: Iterable[dict[str, list[str]]]) -> Tensor | None:
        for tier in tiers:
            found = tier.get(name, [])
            if self._loss is not None and self._loss.name in found:
                return self._loss  # of several losses the total is meant
            if len(found) == 1:
                return self.theory.tensors[found[0]]
            if found:
                message = f"`{name}` may be {' or '.join(f'`{item}`' for item in found[:6])}"
                help = f"write it in full, or with the number of its layer: `{name}{self._number(found[0])}`"
                raise self.source.error("ambiguous-name", message, place, help)
        return None

    def _number(self, name: str) -> int | str:
        return self.theory.layer_numbers.get(self.theory.tensors[name].layer, "")

    def _adjoint(self, name: str, place: Position) -> Tensor | None:
        if name in self.theory.tensors:
            return self.theory.tensors[name]
        if name.startswith(DELTA):
            rest = name.removeprefix(DELTA).lstrip("_")
            argument = self._forward(f"z{rest}", place, self.tiers[:-1]) if not rest or rest.isdigit() else None
            if argument is not None:
                return self.theory.adjoint(argument.name)
        for prefix in ADJOINT_PREFIXES:
            rest = name.removeprefix(prefix)
            if name.startswith(prefix) and rest:
                tensor = self._forward(rest, place, self.tiers)
                if tensor is not None:
                    return self.derivative(tensor, place)
        return None

    def quiet(self) -> Names:
        """The same names, for readings that nobody asked for: nothing is noted."""
        return replace(self, notes=[], spelled=dict(self.spelled))

    def note(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)

    def _example(self) -> str:
        names = [e.tensor.name for e in self.theory.derivation.simplified]
        return f"`{names[-1]}`" if names else "`dW`"


def _tiers(theory: Theory) -> Iterable[dict[str, list[str]]]:
    """Tables from a name to the tensors it may mean, the surest first."""
    tensors, numbers = theory.system.tensors, theory.layer_numbers
    yield {name: [name] for name in theory.tensors if not name.startswith(ADJOINT)}
    numbered: dict[str, list[str]] = {}
    alone: dict[str, list[str]] = {}
    ranked: dict[str, list[str]] = {}
    for name, tensor in tensors.items():
        letters = [tensor.symbol or name]
        if tensor.role == "forward" and _is_output_of_layer(tensor):
            letters += [letter for letter in HIDDEN_LETTERS if letter not in letters]
        for letter in letters:
            if tensor.layer in numbers:
                numbered.setdefault(f"{letter}{numbers[tensor.layer]}", []).append(name)
                ranked.setdefault(letter, []).append(name)
            alone.setdefault(letter, []).append(name)
        tail = name.rpartition(".")[2]
        if tail not in letters:
            alone.setdefault(tail, []).append(name)
    inputs = [name for name, tensor in tensors.items() if tensor.role == "input"]
    if inputs:
        for letter in ("x", *HIDDEN_LETTERS):
            numbered.setdefault(f"{letter}0", [inputs[0]])
    yield numbered
    yield alone
    yield {f"{letter}{n}": [name] for letter, found in ranked.items() for n, name in enumerate(found, start=1)}
    yield _customary(theory, inputs)


def _is_output_of_layer(tensor: Tensor) -> bool:
    return tensor.name == tensor.layer


def _customary(theory: Theory, inputs: list[str]) -> dict[str, list[str]]:
    """What people call the loss, the target and the output, whatever the network calls them."""
    system = theory.system
    table: dict[str, list[str]] = {}
    judged = {name for equation in system.equations if equation.role == "loss" for name in equation.reads}
    if system.loss is not None:
        table |= {letter: [system.loss] for letter in LOSS_LETTERS}
    targets = [name for name in inputs if name in judged]
    if len(targets) == 1 and len(inputs) > 1:
        table |= dict.fromkeys(TARGET_LETTERS, targets)
    predicted = [t.name for t in system.tensors.values() if t.role == "loss" and t.symbol == "p"] or list(
        system.outputs
    )
    if len(predicted) == 1:
        table |= dict.fromkeys(OUTPUT_LETTERS, predicted)
    return table
