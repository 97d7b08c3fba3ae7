"""Where a kernel computes several equations, a comment says which: behind the last of the lines of each.

const real z = sum + bias[o]; /* (3) */
const real s = sigmoid(z); /* (4) */
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from bpgen.emit.c_code import Code, For, When
from bpgen.emit.numbers import numbers_text


def noted(code: Sequence[Code], equations: Collection[int]) -> list[Code]:
    """The code with such comments.  equations: those of the kernel's first call, which stand above it."""
    shown = [numbers_text([number for number in numbers if number in equations]) for numbers in _leaves(code)]
    if len(set(shown)) < 2:
        return list(code)
    ends = (*(before != after for before, after in pairwise(shown)), True)
    notes = (text if ends_here else "" for text, ends_here in zip(shown, ends, strict=True))
    return _with_notes(code, iter(notes))


def _leaves(code: Sequence[Code]) -> Iterator[tuple[int, ...]]:
    """The equations of each line but the heads of loops and conditions, in order."""
    for line in code:
        if isinstance(line, For | When):
            yield from _leaves(line.body)
        else:
            yield line.numbers


def _with_notes(code: Sequence[Code], notes: Iterator[str]) -> list[Code]:
    found: list[Code] = []
    for line in code:
        if isinstance(line, For | When):
            found.append(replace(line, body=tuple(_with_notes(line.body, notes))))
        else:
            found.append(replace(line, note=next(notes)))
    return found
