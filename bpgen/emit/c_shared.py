"""The functions that the C of many networks has alike, as files of their own: what multiplies tile by tile.

They are half of what there is to compile in a network of dense layers.  As files they are compiled once for all
networks, and can be while the first of them is still being derived.
"""

from __future__ import annotations

from collections.abc import Mapping

from bpgen.emit.environment import render

_WAYS = ("tiles", "chosen", "dots", "across", "strips", "copied", "lined", "summed", "cold", "fetches")
_NOTHING = {**dict.fromkeys(_WAYS, False), **dict.fromkeys(("helpers", "elementary", "collected"), False)}
_MATRICES = {**_NOTHING, "tiles": True, "chosen": True, "across": True, "strips": True}
_VARIANTS: Mapping[str, Mapping[str, bool]] = {
    "products": _MATRICES,
    "products_cold": {**_MATRICES, "cold": True},
    "walks": {**_NOTHING, "copied": True, "lined": True, "summed": True},
}
VARIANTS = tuple(_VARIANTS)


def shared_text(variant: str, dtype: str) -> str:
    """The file of one of VARIANTS; each of its functions reads as in a network's file that asks for it."""
    real = "float" if dtype == "float32" else "double"
    return render("c/shared.c.j2", real=real, **_VARIANTS[variant])
