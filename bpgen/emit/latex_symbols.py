"""How formulas show tensors: a letter, the number of its layer, its indices.  User text is escaped here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.records import dataclass
from bpgen.algebra.system import System, Tensor
from bpgen.emit.latex_marks import mark_layer, mark_size
from bpgen.emit.recurrent_layers import find_recurrent

ADJOINT = "d."

_GREEK_WORDS = """
alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi
omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega
"""
_GREEK = frozenset(_GREEK_WORDS.split())
_CAPITAL = frozenset(word.lower() for word in _GREEK if word[0].isupper())

# Words that have a customary letter.
_LETTERS = {
    "weight": "W", "bias": "b", "label": r"\ell", "labels": r"\ell", "target": "y", "loss": "L", "lr": r"\eta",
    "eps": r"\varepsilon", "epsilon": r"\varepsilon", "momentum": r"\mu", "weight_decay": r"\lambda", "ell": r"\ell",
    "mean": r"\mu", "phi": r"\varphi",
}  # fmt: skip

_ACCENTS = ("", r"\tilde", r"\hat", r"\bar", r"\check", r"\dot", r"\ddot", r"\breve")

_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"\textquotedbl{}", "'": r"\textquotesingle{}", "`": r"\textasciigrave{}", "-": "{-}",
}  # fmt: skip


def escape(text: str) -> str:
    """Any text as LaTeX text: no character keeps a meaning to TeX, none is one that T1 fonts lack."""
    return "".join(map(_escape_character, text))


def _escape_character(character: str) -> str:
    if character in _SPECIAL:
        return _SPECIAL[character]
    if character.isascii():
        return character if character.isprintable() else " "
    name = unicodedata.name(character, "").lower()
    greek = re.fullmatch(r"greek (small|capital) letter (\w+)", name)
    if greek and greek[2] in _GREEK:
        word = greek[2] if greek[1] == "small" else greek[2].capitalize()
        return rf"\ensuremath{{\{word}}}" if word in _GREEK else f"[U+{ord(character):04X}]"
    if 0xC0 <= ord(character) <= 0xFF:
        return character
    return f"[U+{ord(character):04X}]"


_ESCAPED = re.compile(
    "|".join(re.escape(text) for text in sorted(_SPECIAL.values(), key=len, reverse=True))
    + r"|\\ensuremath\{\\(\w+)\}|\[U\+([0-9A-F]{4,6})\]"
)
_UNESCAPED = {text: character for character, text in _SPECIAL.items()}


def unescape(text: str) -> str:
    """The text that `escape` made LaTeX of, for targets that show any character."""
    return _ESCAPED.sub(_unescape_match, text)


def _unescape_match(found: re.Match[str]) -> str:
    if found[1]:
        size = "CAPITAL" if found[1][0].isupper() else "SMALL"
        return unicodedata.lookup(f"GREEK {size} LETTER {found[1].upper()}")
    return chr(int(found[2], 16)) if found[2] else _UNESCAPED[found[0]]


def letter_of(word: str) -> tuple[str, str]:
    """(letter, mark) of a name in formulas: beta1 -> (\\beta, 1), W -> (W, ""), lr -> (\\eta, ""), u_x -> (u, x)."""
    if word in _LETTERS:
        return _LETTERS[word], ""
    stem, number = re.fullmatch(r"(.*?)_?(\d*)", word, re.DOTALL).groups()  # type: ignore[union-attr]
    if stem in _LETTERS:
        return _LETTERS[stem], number
    if stem in _GREEK:
        return "\\" + stem, number
    if re.fullmatch(r"[A-Za-z]", stem):
        return stem, number
    if named := re.fullmatch(r"([A-Za-z])_([A-Za-z]{4,}\d*)", word):  # h_before, the state before each step
        return named[1], rf"\mathrm{{{named[2]}}}"
    if derivative := re.fullmatch(r"([A-Za-z])_([A-Za-z]+)", word):  # u_x, the derivative of u by x
        return derivative[1], derivative[2]
    if marked := re.fullmatch(r"([A-Za-z]{2,})_([A-Za-z0-9]+)", word):  # slope_x
        return rf"\mathrm{{{marked[1]}}}", rf"\mathrm{{{marked[2]}}}"
    return (rf"\text{{{escape(word)}}}" if not word.isalnum() or not word.isascii() else rf"\mathrm{{{word}}}"), ""


def index_letter(name: str) -> str:
    """An index's name in subscripts: b, i_2, \\alpha, b'."""
    primes = len(name) - len(name.rstrip("'"))
    letter, number = letter_of(name.rstrip("'") or "i")
    return letter + (f"_{{{number}}}" if number else "") + "'" * primes


def subscript(indices: Sequence[str]) -> str:
    """Single letters stand side by side; anything longer needs commas."""
    simple = all(re.fullmatch(r"[A-Za-z]'?", index) for index in indices)
    return ("" if simple else ",").join(indices)


@dataclass(frozen=True)
class Head:
    """letter (with its accent), superscript ("(1)"), mark (a subscript before the indices), rank of the tensor."""

    letter: str
    superscript: str = ""
    mark: str = ""
    rank: int = 0

    def element(self, indices: Sequence[str]) -> str:
        below = ",".join(part for part in (self.mark, subscript(indices)) if part)
        return self.letter + _scripts(below, self.superscript)

    def whole(self, letter: str | None = None, more: str = "") -> str:
        return (letter or self.letter) + _scripts(self.mark, self.superscript + more)


def _scripts(below: str, above: str) -> str:
    return (f"^{{{above}}}" if above else "") + (f"_{{{below}}}" if below else "")


class Symbols:
    """The formula symbols of one system: every tensor its own.

    further: tensors that the derivation speaks of but the final system lacks
    numbers: layer's name -> its number in order, which stands as superscript
    overrides: tensor -> text that replaces any access to it (for rules stated for every parameter alike)
    next_as_old: next values are written like the values they replace (assignments read in order)
    marked: numbers of layers and sizes are marked (bpgen.emit.latex_marks), so that they can be told in what is written
    borrowed: tensor -> (tensor whose letter it is written with, number of its layer)
    """

    def __init__(self, system: System, further: Iterable[Tensor] = ()) -> None:
        self.tensors: Mapping[str, Tensor] = dict(system.tensors) | {
            tensor.name: tensor for tensor in further if tensor.name not in system.tensors
        }
        self.loss = system.loss
        self.numbers = layer_numbers(system)
        self.overrides: dict[str, str] = {}
        self.next_as_old = False
        self.marked = False
        self.has_parts = False  # whether a matrix was written that is a part of a tensor
        self.borrowed: dict[str, tuple[str, int]] = {}
        self._terms = {name for name, _ in system.losses if name != system.loss}
        self._owners = sorted((t.name for t in system.with_role("parameter")), key=lambda name: (-len(name), name))
        self._next = {new: old for old, new in system.updates}
        self.recurrent = find_recurrent(system)
        self._heads: dict[str, Head] = {}
        taken = {
            (r"\delta", head.superscript, head.mark)  # kept for the adjoints of pre-activations
            for head in (self._first_head(tensor) for tensor in self.tensors.values() if tensor.symbol == "z")
        }
        ordered = sorted(self.tensors.items(), key=lambda item: item[0] != system.loss)  # the loss keeps its letter
        for name, tensor in ordered:
            if self.adjoint_base(name) is None and name not in self._next:
                self._heads[name] = _distinct(self._first_head(tensor), taken)
        self._matrices = self._matrix_letters()

    def adjoint_base(self, name: str) -> str | None:
        """The tensor whose adjoint this is, or None."""
        base = name.removeprefix(ADJOINT)
        return base if base != name and base in self.tensors else None

    def _first_head(self, tensor: Tensor) -> Head:
        last = tensor.name.rsplit(".", 1)[-1]
        letter, number = letter_of(tensor.symbol or last)
        layered = tensor.layer in self.numbers and tensor.role != "loss"
        superscript = f"({self.numbers[tensor.layer]})" if layered else ""
        if tensor.role == "state" or (tensor.role == "update" and tensor.axes):
            owner = next((name for name in self._owners if tensor.name.startswith(name + ".")), None)
            if owner is not None:
                base = self._first_head(self.tensors[owner])
                return Head(letter, base.superscript, base.letter + base.mark + number, len(tensor.axes))
        if tensor.name in self._terms:  # one of several losses
            return Head(letter, mark=rf"\mathrm{{{escape(last)}}}")
        return Head(letter, superscript, number, len(tensor.axes))

    def head(self, name: str) -> Head:
        """The head of a tensor that is no adjoint shown as a quotient."""
        head = self.plain_head(name)
        return replace(head, superscript=mark_layer(head.superscript)) if self.marked else head

    def extent(self, index: Index) -> str:
        """How many values an index has."""
        if index.extent == BATCH:
            return "B"
        return mark_size(index.extent) if self.marked else str(index.extent)

    def order(self, name: str) -> tuple[int, str]:
        """A key by which tensors are put in order in print: the same in layers that are alike."""
        base = self.adjoint_base(name)
        tensor = self.tensors.get(base or name)
        layer = self.borrowed[name][1] if name in self.borrowed else self.numbers.get(tensor.layer, 0) if tensor else 0
        return layer, self.plain_head(name).letter

    def stands_alone(self, head: Head) -> bool:
        """Whether no tensor is written like that."""
        key = (head.letter, head.superscript, head.mark)
        return all((other.letter, other.superscript, other.mark) != key for other in self._heads.values())

    def plain_head(self, name: str) -> Head:
        """The head without marks."""
        if name in self.borrowed:
            other, layer = self.borrowed[name]
            return replace(self.plain_head(other), superscript=f"({layer})")
        base = self.adjoint_base(name)
        if base is not None:
            head = self.plain_head(base)
            return replace(head, letter=head.letter.replace("z", r"\delta"))
        if name in self._next:
            head = self.plain_head(self._next[name])
            return head if self.next_as_old else replace(head, superscript=head.superscript + "+")
        if name not in self._heads:  # named on the way, and no longer in the system
            letter, number = letter_of(name.rsplit(".", 1)[-1])
            return Head(letter, mark=number)
        return self._heads[name]

    def is_quotient(self, name: str) -> bool:
        """Whether the adjoint is shown as dL/dT: all but those of pre-activations z, which are delta."""
        base = self.adjoint_base(name)
        return base is not None and (self.adjoint_base(base) is not None or self.tensors[base].symbol != "z")

    def element(self, name: str, indices: Sequence[str]) -> str:
        """A tensor's element at indices already written in LaTeX."""
        if name in self.overrides:
            return self.overrides[name]
        if self.is_quotient(name):
            base = self.adjoint_base(name)
            assert base is not None
            return rf"\frac{{\partial {self.loss_letter}}}{{\partial {self.element(base, indices)}}}"
        return self.head(name).element(indices)

    def whole(self, name: str) -> str:
        """The tensor as a whole, as text speaks of it: W^{(1)}."""
        if self.is_quotient(name):
            base = self.adjoint_base(name)
            assert base is not None
            return rf"\partial {self.loss_letter} / \partial {self.whole(base)}"
        return self.head(name).whole()

    @property
    def loss_letter(self) -> str:
        return self.element(self.loss, ()) if self.loss in self._heads else "L"

    def matrix(self, name: str, transposed: bool = False) -> str:
        """The tensor as a matrix (rank 2, a capital), a column vector (rank 1) or a number."""
        if name in self.overrides:
            return self.overrides[name]
        more = r"\top" if transposed else ""
        base = self.adjoint_base(name)
        if base is not None and self.is_quotient(name):
            gradient = rf"\nabla_{{{self.matrix(base)}}} {self.loss_letter}"
            return rf"(\nabla_{{{self.matrix(base)}}} {self.loss_letter})^{{\top}}" if transposed else gradient
        head = self.head(name)
        plain = self._next.get(name, name) if base is None else name
        plain = self.borrowed[plain][0] if plain in self.borrowed else plain
        return head.whole(self._matrices.get(plain) or self._letter_of_matrix(head), more)

    def part(self, name: str, leads: Sequence[str], parts: Sequence[str], transposed: bool) -> str:
        """A matrix of a tensor with more axes (two parts), a column (one) or an element (none).

        leads: the indices that choose it; parts: "17:32" where these rows or columns are meant, "" for all
        """
        if self.is_quotient(name):
            base = self.part(self.adjoint_base(name) or name, leads, parts, False)
            gradient = rf"\nabla_{{{base}}} {self.loss_letter}"
            return rf"({gradient})^{{\top}}" if transposed else gradient
        self.has_parts = True
        head = self.head(name)
        plain = self.borrowed[name][0] if name in self.borrowed else name
        letter = head.letter
        if len(parts) == 2:
            letter = self._matrices.get(plain) or self._capital(replace(head, rank=2))
        elif len(parts) == 1 and re.fullmatch("[A-Z]", letter):
            alone = self.stands_alone(self._lower(plain))
            letter = letter.lower() if alone else self._matrices.get(plain, letter)
        within = f"[{', '.join(part or ':' for part in parts)}]" if any(parts) else ""
        above = head.superscript + (r"\top" if transposed and not within else "")
        below = ",".join(text for text in (head.mark, subscript(leads)) if text)
        text = letter + _scripts(below, above) + within
        return rf"({text})^{{\top}}" if transposed and within else text

    def _lower(self, name: str) -> Head:
        head = self.plain_head(name)
        return replace(head, letter=head.letter.lower())

    def _letter_of_matrix(self, head: Head) -> str:
        return self._capital(head) if head.rank == 2 else head.letter

    def _matrix_letters(self) -> dict[str, str]:
        """A capital for every matrix; boldface where two tensors would meet in one capital."""
        taken = {(head.letter, head.superscript, head.mark) for head in self._heads.values() if head.rank < 2}
        letters = {
            name: self._capital(head)
            for name, head in self._heads.items()
            if head.rank == 1 and (self._capital(head), head.superscript, head.mark) not in taken
        }
        taken |= {("B", "", ""), ("L", "", "")}
        for name, head in self._heads.items():
            if head.rank >= 2:
                capital = self._capital(head)
                key = (capital, head.superscript, head.mark)
                letters[name] = rf"\boldsymbol{{{head.letter}}}" if key in taken else capital
                taken.add(key)
        return letters

    def _capital(self, head: Head) -> str:
        if head.rank == 1 and re.fullmatch("[A-Z]", head.letter):
            return head.letter.lower()
        if head.rank < 2:
            return head.letter
        accent, letter = re.fullmatch(r"(\\\w+\{)?(.*?)\}?", head.letter).groups()  # type: ignore[union-attr]
        if letter.removeprefix("\\") in _CAPITAL:
            letter = "\\" + letter[1:].capitalize()
        elif len(letter) == 1 and letter not in "bl":  # B is the batch size, L the loss
            letter = letter.upper()
        else:
            return rf"\boldsymbol{{{head.letter}}}"
        return f"{accent}{letter}}}" if accent else letter


def _distinct(head: Head, taken: set[tuple[str, str, str]]) -> Head:
    """The head with the first accent, then number, that no other tensor has."""
    accents = [rf"{accent}{{{head.letter}}}" if accent else head.letter for accent in _ACCENTS]
    candidates = [replace(head, letter=letter) for letter in accents]
    count = len(taken)
    candidates += [replace(head, superscript=f"{head.superscript}[{n}]") for n in range(2, count + 3)]
    chosen = next(c for c in candidates if (c.letter, c.superscript, c.mark) not in taken)
    taken.add((chosen.letter, chosen.superscript, chosen.mark))
    return chosen


def layer_numbers(system: System) -> dict[str, int]:
    """Layers in the order of their equations, numbered from 1."""
    found: Iterable[str] = (e.origin.layer or e.tensor.layer for e in system.equations if e.role == "forward")
    return {name: n for n, name in enumerate(dict.fromkeys(name for name in found if name), start=1)}
