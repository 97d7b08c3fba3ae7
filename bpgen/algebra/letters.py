"""Letters for indices that nobody has named."""

from __future__ import annotations

from collections.abc import Collection
from itertools import count

LETTERS = "ijklmnopqrstuvw"


def fresh_letter(taken: Collection[str], batch: bool = False) -> str:
    """The first letter that is not taken: b for the batch, then i, j, k, ..., i2, j2, ..."""
    letters = ("b" if batch else "") + LETTERS
    for round_number in count(1):
        for letter in letters:
            name = letter if round_number == 1 else f"{letter}{round_number}"
            if name not in taken:
                return name
    raise AssertionError  # count() does not end
