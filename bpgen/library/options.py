"""Options of layers, losses, optimisers and schedules as data: read by the checks, the schema and the documentation."""

from __future__ import annotations

from typing import Any, Final

from bpgen.algebra.records import dataclass


class _Required:
    """The default of an option that has none."""

    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED: Final = _Required()

# Kinds of value: "size" is a positive integer or the name of a size.
KINDS = (
    "size", "integer", "integers", "shape", "number", "numbers", "boolean", "choice", "text", "equation",
    "initializer", "activation", "sizes", "parameters", "states", "names", "numbers by name", "parameter names",
)  # fmt: skip


@dataclass(frozen=True)
class Option:
    """One key that a type takes.

    kind: one of KINDS.  minimum, maximum: bounds of a number, themselves allowed unless `open`.
    length: how many numbers a list of them has.  "integers": one number stands for `length` equal ones, and a
    word of `choices` for what the type makes of it.  "shape": extents, "B" first if at all, and one -1 at most.
    symbol: what formulas call a number of a layer, whose value they give once; "" for its value itself
    """

    name: str
    kind: str
    default: Any = REQUIRED
    meaning: str = ""
    minimum: float | None = None
    maximum: float | None = None
    open: bool = False
    choices: tuple[str | bool, ...] = ()
    length: int | None = None
    symbol: str = ""

    @property
    def required(self) -> bool:
        return self.default is REQUIRED

    @property
    def expected(self) -> str:
        """What a value must be, in words."""
        words = {
            "size": "a positive integer or the name of a size", "integer": "an integer", "number": "a number",
            "boolean": "true or false", "text": "a text", "equation": "an equation as a text",
            "numbers": f"a list of {self.length} numbers", "sizes": "a table of sizes",
            "choice": self._words(), "integers": self._integers(), "shape": "a list of extents",
            "initializer": "the name of an initialiser, or a table with its type",
            "activation": "the name of an activation, or a table with its type",
            "names": "a list of names", "parameter names": "a list of names of parameters",
            "numbers by name": "a table of numbers",
            "parameters": "a table of parameters, each a table such as { init = \"zeros\" }",
            "states": "a table of states, each a table such as { init = \"zeros\" }",
        }[self.kind]  # fmt: skip
        return words + self._range()

    def _words(self) -> str:
        return " or ".join(str(word).lower() if isinstance(word, bool) else f'"{word}"' for word in self.choices)

    def _integers(self) -> str:
        several = f" or a list of {self.length} integers" if self.length != 1 else ""
        words = f", or {self._words()}" if self.choices else ""
        return f"an integer{several}{self._least()}{words}"

    def _least(self) -> str:
        return f" of at least {self.minimum:g}" if self.minimum is not None else ""

    def _range(self) -> str:
        if self.kind not in ("integer", "number", "numbers"):
            return ""
        low, high = self.minimum, self.maximum
        if low is not None and high is not None:
            return f" from {low:g} to {high:g}" if not self.open else f" of at least {low:g} and below {high:g}"
        if low is not None:
            return f" above {low:g}" if self.open else f" of at least {low:g}"
        return ""
