"""The equations above the lines that compute them: each in full where it is met first, later by its number."""

from __future__ import annotations

import textwrap
from collections.abc import Collection

from bpgen.lower.schedule import Kernel

WIDTH = 108


class Headings:
    """The headings of one kernel's body, asked for from its first statement to its last.

    They tell of the kernel's first call; the numbers that it computes in other calls stand at these.
    """

    def __init__(self, kernel: Kernel) -> None:
        self.first = {number for number, _ in kernel.equations}
        self.texts = dict(kernel.equations)
        self.shown: list[int] = []

    def above(self, numbers: Collection[int], later: Collection[int]) -> list[str]:
        """What stands above a statement; later: the equations of the statements that are still to come.

        What several equations share does not show them in full yet where each has lines of its own below.
        """
        own = sorted(self.first.intersection(numbers)) if self.first else sorted(numbers)
        if own == self.shown:
            return []
        self.shown = own
        full = [n for n in own if n in self.texts and (len(own) == 1 or n not in later)]
        lines = [f"# {' '.join(f'({n})' for n in own if n not in full)}"] if len(full) < len(own) else []
        for number in full:
            text = " ".join(f"({number}) {self.texts.pop(number)}".split())
            printable = "".join(c if c.isprintable() else "?" for c in text)
            lines += textwrap.wrap(
                printable, WIDTH, initial_indent="# ", subsequent_indent="#     ", break_long_words=False
            )
        return lines
