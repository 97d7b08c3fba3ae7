"""NumPy's functions under their own names: `exp(x, out=y)` is called sooner than `np.exp(x, out=y)`.

Python looks every attribute of the module `numpy` up anew, for as long as a tenth of a small operation takes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from textwrap import wrap

FUNCTIONS = (
    "absolute", "add", "arctan", "argmax", "copyto", "cos", "cosh", "divide", "einsum", "equal", "exp", "expm1",
    "float_power", "greater", "greater_equal", "log", "log1p", "logaddexp", "logical_and", "logical_not", "logical_or",
    "matmul", "maximum", "minimum", "multiply", "negative", "not_equal", "power", "put", "reciprocal", "sign", "sin",
    "sinh", "sqrt", "square", "subtract", "take", "tan", "tanh", "vdot",
)  # fmt: skip
_CALL = re.compile(rf"\bnp\.({'|'.join(FUNCTIONS)})(?=[.(])")


def by_own_name(line: str, used: set[str]) -> str:
    """A line that calls functions by their own names, which `used` then has."""
    used.update(_CALL.findall(line))
    return _CALL.sub(r"\1", line)


def import_lines(names: Iterable[str]) -> list[str]:
    """The statement that imports these functions."""
    listed = ", ".join(sorted(names))
    line = f"from numpy import {listed}"
    if not listed or len(line) <= 112:
        return [line] if listed else []
    return ["from numpy import (", *(f"    {part}" for part in wrap(f"{listed},", 108)), ")"]
