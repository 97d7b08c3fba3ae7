"""What stands above and below a symbol of LaTeX."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bpgen.claims.latex_pieces import Piece

_TRANSPOSES = ("top", "intercal", "mathsf", "mathrm", "mathbf")


@dataclass(frozen=True)
class Scripts:
    """What stands above and below a symbol."""

    layer: str = ""
    indices: str = ""
    primes: int = 0
    transposed: bool = False
    power: tuple[Piece, ...] = ()


def below(found: Scripts, inside: list[Piece]) -> Scripts | None:
    """What stands below: the number of a layer, or letters of indices; None where it is neither."""
    texts = [part.text for part in inside if part.text not in (",", "(", ")")]
    if texts and all(text.isdigit() for text in texts):
        return replace(found, layer=found.layer + "".join(texts))
    if texts and all(len(text) == 1 and text.isalpha() for text in texts):
        return replace(found, indices=",".join(texts))
    return None


def above(found: Scripts, inside: list[Piece]) -> Scripts:
    """What stands above: the number of a layer in parentheses, primes, a transpose, or a power."""
    texts = [part.text for part in inside]
    if texts and texts[0] in ("(", "[") and any(text in (")", "]") for text in texts):
        end = next(n for n, text in enumerate(texts) if text in (")", "]"))
        found = replace(found, layer=found.layer + "".join(texts[1:end]))
        inside, texts = inside[end + 1 :], texts[end + 1 :]
    while texts and texts[-1] == "prime":
        found = replace(found, primes=found.primes + 1)
        inside, texts = inside[:-1], texts[:-1]
    if not texts:
        return found
    if texts[-1] in ("T", "t", "top", "intercal") and set(texts[:-1]) <= {*_TRANSPOSES, "{", "}"}:
        return replace(found, transposed=True)
    return replace(found, power=tuple(inside))
