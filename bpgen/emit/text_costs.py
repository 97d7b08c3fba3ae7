"""The table of costs at the end of a derivation, as plain text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping

from bpgen.algebra.index_names import pretty_indices
from bpgen.algebra.polynomial import Polynomial
from bpgen.algebra.printing import print_expression
from bpgen.algebra.system import Tensor
from bpgen.derive.account import account
from bpgen.derive.derivation import Derivation
from bpgen.derive.recomputed import Recomputed
from bpgen.emit.costs import COUNTED, HEADINGS, NOTHING_AGAIN, passes

WIDTH = 110
MARGIN = 8


def write_costs(derivation: Derivation, tensors: Mapping[str, Tensor]) -> list[str]:
    """Lines.  tensors: by name, for the letters of their axes."""
    costs = account(derivation)
    rows = [HEADINGS, *((name, *map(_count, (c.operations, c.read, c.written))) for name, c in passes(costs))]
    lines = [*textwrap.wrap(COUNTED.replace("$", ""), WIDTH), "", *_aligned(rows)]
    if costs.saved:
        lines += ["", f"Saved for the gradients, {_count(costs.saved_bytes)} bytes:", ""]
    for saved in costs.saved:
        shape = f"{saved.tensor.name} [{', '.join(map(str, saved.tensor.shape))}]"
        lines += _item(saved.number, f"{shape}: {_count(saved.bytes)} bytes, for {_numbers(saved.readers)}")
    if costs.recomputed:
        lines += ["", "Computed again for the gradients:", ""]
    for found in costs.recomputed:
        lines += _item(found.number, f"{_printed(found, derivation, tensors)}, in {_numbers(found.again)}")
    return lines if costs.recomputed else [*lines, "", NOTHING_AGAIN]


def _printed(found: Recomputed, derivation: Derivation, tensors: Mapping[str, Tensor]) -> str:
    """In the letters of the equation that has it first."""
    equation = next(e for e in derivation.system.equations if e.number == found.number)
    names = {index: index.name for index in equation.indices}
    names |= pretty_indices(equation.rhs, [*names.values(), equation.tensor.name], tensors)
    return print_expression(found.expression, names)


def _count(count: Polynomial) -> str:
    """1,200*B + 7"""
    return count.written("{:,}", "{}*{}", "B", "B**{}")


def _numbers(numbers: Iterable[int]) -> str:
    return ", ".join(f"({number})" for number in numbers)


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    """The first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "    " + row[0].ljust(widths[0]) + "".join(f"   {c:>{w}}" for c, w in zip(row[1:], widths[1:], strict=True))
        for row in rows
    ]


def _item(number: int, text: str) -> list[str]:
    label = f"({number})"
    return textwrap.wrap(
        text, WIDTH, initial_indent=f"{label:>{MARGIN - 2}}  ", subsequent_indent=" " * (MARGIN + 4),
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
