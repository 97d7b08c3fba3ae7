"""Names that a person gives: identifiers that no target reserves."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping

# C11 keywords (6.4.1), and the macros and functions that every generated file may meet.
_C_WORDS = """
    auto break case char const continue default do double else enum extern float for goto if inline int long
    register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while
    _Alignas _Alignof _Atomic _Bool _Complex _Generic _Imaginary _Noreturn _Static_assert _Thread_local
    main NULL
"""
C_KEYWORDS = frozenset(_C_WORDS.split())

# Names with a meaning of their own: "B" is the batch size, "d.x" an adjoint, "loss" and "optimizer" what they say,
# "input" a block's own input.
RESERVED = {
    "B": "B is the batch size",
    "d": "d.x is the gradient of x",
    "loss": "the loss is called so",
    "optimizer": "the optimiser's own numbers are called so",
    "input": "it stands for a block's own input",
    "pi": "pi is the number",
}

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


NUMBERS = {name: RESERVED[name] for name in ("B", "pi")}
"""What no size can be called: sizes, and the indices whose extents they are, are no tensors."""


def wrong_name(name: str, reserved: Mapping[str, str] = RESERVED) -> tuple[str, str] | None:
    """(what is wrong, what to do) with a name; None where it will do."""
    if not _IDENTIFIER.fullmatch(name):
        usable = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")
        usable = f"_{usable}" if usable[:1].isdigit() else usable
        hint = f'; "{usable}" would do' if usable and not wrong_name(usable) else ""
        return "is not an identifier", f"a name is made of letters a-z, digits and _, and begins with no digit{hint}"
    for language, words in (("Python", frozenset(keyword.kwlist)), ("C", C_KEYWORDS)):
        if name in words:
            return f"is a keyword of {language}", f'choose another, such as "{name}_"'
    if name in reserved:
        return "has a meaning of its own", f"{reserved[name]}; choose another name"
    return None
