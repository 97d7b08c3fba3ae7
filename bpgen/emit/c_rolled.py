"""Loops that the compiler must not unroll before it vectorises them.

gcc 12 with AVX-512 unrolls short inner loops, then vectorises the loop around them, and reads the elements that
`c ? a[i] : 0` chooses under the mask of the first copy in all copies: with a wrong mask, so wrong values.  A loop that
stays a loop is vectorised by itself, with a mask of its own.  (`choose` joins bits: nothing there is masked.)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from bpgen.emit.c_code import Code, For, Let, Store, When

# A choice between two numbers reads nothing.
NUMBERS_CHOSEN = re.compile(r"\? -?[\d.]\S*? : -?[\d.][^\s?)]*")


def keep_rolled(code: Sequence[Code]) -> list[Code]:
    """The code, with every loop of few turns marked that chooses between values in its body."""
    found: list[Code] = []
    for line in code:
        match line:
            case For(body=body, bound=bound):
                rolled = line.rolled or (bound != "batch" and _chooses(body))
                found.append(replace(line, body=tuple(keep_rolled(body)), rolled=rolled))
            case When(body=body):
                found.append(replace(line, body=tuple(keep_rolled(body))))
            case _:
                found.append(line)
    return found


def _chooses(body: Sequence[Code]) -> bool:
    values = (line.value for line in body if isinstance(line, Store) or (isinstance(line, Let) and line.type != "int"))
    return any("?" in NUMBERS_CHOSEN.sub("", value) for value in values)
