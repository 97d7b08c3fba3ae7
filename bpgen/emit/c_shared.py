"""The functions that the C of many networks has alike, as files of their own: what multiplies tile by tile.

They are half of what there is to compile in a network of dense layers.  As files they are compiled once for all
networks, and can be while the first of them is still being derived.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import prod

from bpgen.emit.c_fetches import CACHE
from bpgen.emit.c_tiles import USUAL_BATCH
from bpgen.emit.environment import render

Shape = tuple[int | str, ...]

_WAYS = ("tiles", "chosen", "dots", "across", "strips", "copied", "lined", "summed", "spanned", "cold", "fetches")
_NOTHING = {**dict.fromkeys(_WAYS, False), **dict.fromkeys(("helpers", "elementary", "collected"), False)}
_MATRICES = {**_NOTHING, "tiles": True, "chosen": True, "across": True, "strips": True}
_VARIANTS: Mapping[str, Mapping[str, bool]] = {
    "products": _MATRICES,
    "products_cold": {**_MATRICES, "cold": True},
    "walks": {**_NOTHING, "copied": True, "lined": True, "summed": True, "spanned": True},
}
VARIANTS = tuple(_VARIANTS)


SMALL = 512
"""Weights of a layer; where none has more of them, products are plain loops."""


def likely_variants(parameters: Iterable[Shape], tensors: Iterable[Shape]) -> list[str]:
    """What a network will call, guessed from the shapes in its forward equations, the likeliest first."""
    weights = [shape for shape in parameters if len(shape) > 1]
    largest = max(map(_size, weights), default=0)
    if largest < SMALL:
        return []
    found = ["products_cold" if largest >= CACHE else "products"]
    if any(len(shape) > 2 for shape in weights):
        found.append("walks")  # also through tensors that are in no cache
    elif largest < CACHE <= max(map(_size, tensors), default=0):
        found.append("products_cold")
    return found


def _size(shape: Shape) -> int:
    return prod(extent if isinstance(extent, int) else USUAL_BATCH for extent in shape)


def shared_text(variant: str, dtype: str) -> str:
    """The file of one of VARIANTS; each of its functions reads as in a network's file that asks for it."""
    real = "float" if dtype == "float32" else "double"
    return render("c/shared.c.j2", real=real, **_VARIANTS[variant])
