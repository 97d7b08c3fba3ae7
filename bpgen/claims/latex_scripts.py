"""What stands above and below a symbol of LaTeX."""

from __future__ import annotations

from dataclasses import replace

from bpgen.algebra.records import dataclass
from bpgen.claims.latex_pieces import Piece

_TRANSPOSES = ("top", "intercal", "mathsf", "mathrm", "mathbf")
WORDS = ("mathrm", "text", "mathit", "mathsf", "textrm", "operatorname", "mathtt")


@dataclass(frozen=True)
class Scripts:
    """What stands above and below a symbol.  layer: a number above in parentheses; mark: a number or a word below."""

    layer: str = ""
    mark: str = ""
    indices: str = ""
    primes: int = 0
    transposed: bool = False
    power: tuple[Piece, ...] = ()

    @property
    def ending(self) -> str:
        """What the name of the symbol ends in: W^{(2)} and W_2 are W2, W_{\\mathrm{out}} is W_out."""
        return self.layer + (self.mark if self.mark.isdigit() or not self.mark else f"_{self.mark}")


def below(found: Scripts, inside: list[Piece]) -> Scripts | None:
    """What stands below: a number or a word, letters of indices, or first that and then these; None for anything else.

    A number below a symbol is that of its layer, as one writes it.
    """
    parts = _parts(inside)
    mark = found.mark
    word = _word(parts[0]) if parts else ""
    if word:
        mark, parts = mark + word, parts[1:]
    letters: list[str] = []
    for part in parts:
        read = index_letters(part)
        if read is None:
            return None
        letters += read
    return replace(found, mark=mark, indices=",".join(letters)) if word or letters else None


def _parts(inside: list[Piece]) -> list[list[Piece]]:
    """What stands between commas."""
    parts: list[list[Piece]] = [[]]
    depth = 0
    for piece in inside:
        if piece.text in ("(", ")") and not piece.command:
            continue
        depth += {"{": 1, "}": -1}.get(piece.text, 0) if not piece.command else 0
        if piece.text == "," and depth == 0:
            parts.append([])
        else:
            parts[-1].append(piece)
    return [part for part in parts if part]


def _word(part: list[Piece]) -> str:
    """A number, or what is written as a word."""
    texts = [piece.text for piece in part]
    if len(texts) == 1 and texts[0].isdigit():
        return texts[0]
    if part[0].command and part[0].text in WORDS:
        return "".join(text for text in texts[1:] if text not in "{}")
    return ""


def index_letters(part: list[Piece]) -> list[str] | None:
    """Letters side by side, each perhaps with primes or a number below: b, o, i', i_{2}; None for anything else."""
    letters: list[str] = []
    number = False
    for piece in part:
        text = piece.text
        if text.isalpha() and (piece.command or len(text) == 1):
            letters.append(text)
        elif letters and text == "'" and not piece.command:
            letters[-1] += "'"
        elif letters and text in ("_", "{", "}") and not piece.command:
            number = text != "}"
        elif letters and number and text.isdigit():
            letters[-1] += text
        else:
            return None
    return letters


def above(found: Scripts, inside: list[Piece]) -> Scripts:
    """What stands above: the number of a layer in parentheses, primes, a transpose, or a power."""
    texts = [part.text for part in inside]
    while texts and texts[0] in ("(", "[") and any(text in (")", "]") for text in texts):
        end = next(n for n, text in enumerate(texts) if text in (")", "]"))
        found = replace(found, layer=found.layer + "".join(texts[1:end]))
        inside, texts = inside[end + 1 :], texts[end + 1 :]
    while texts and texts[-1] == "prime":
        found = replace(found, primes=found.primes + 1)
        inside, texts = inside[:-1], texts[:-1]
    if texts and inside[0].command and texts[0] in ("odot", "circ"):  # A^{\odot 2}, element by element as any power
        inside, texts = inside[1:], texts[1:]
    if not texts:
        return found
    if texts[-1] in ("T", "t", "top", "intercal") and set(texts[:-1]) <= {*_TRANSPOSES, "{", "}"}:
        return replace(found, transposed=True)
    return replace(found, power=tuple(inside))
