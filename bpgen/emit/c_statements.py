"""Lines of the functions that programs become: calls, and loops around them."""

from __future__ import annotations

from collections.abc import Sequence

from bpgen.algebra.records import dataclass
from bpgen.emit.marks import marked
from bpgen.emit.numbers import Numbers
from bpgen.lower.schedule import Repeat

LINE = 116
MARGIN = "    "


@dataclass(frozen=True)
class Statement:
    """A call in a program, or the head or end of a loop: its lines, the numbers above it, and those it computes."""

    text: str
    numbers: str = ""
    margin: str = MARGIN
    computes: Numbers = ()

    @property
    def lines(self) -> list[str]:
        return marked(self.text.split("\n"), self.computes)


def opening(head: str, body: Sequence[Statement]) -> Statement:
    """The head of a loop, which computes what its body does."""
    return Statement(head, computes=tuple(number for statement in body for number in statement.computes))


def shares_of_rows(barrier: bool, margin: str, most: int, steps: Sequence[Statement]) -> list[Statement]:
    """Steps made by each thread for a share of the rows, `most` of them at a time; 0: for all of the share at once."""
    inside = margin + MARGIN
    first, end = (f"(size_t)batch * (size_t){share} / (size_t)shares" for share in ("share", "(share + 1)"))
    if most:
        some = "1" if most == 1 else f"end - row < {most} ? (int)(end - row) : {most}"
        lines = [
            f"const size_t end = {end};",
            f"for (size_t row = {first}; row < end; row += {most}) {{",
            f"{MARGIN}const int rows = {some};",
        ]
    else:
        lines = [f"const size_t row = {first};", f"const int rows = (int)({end} - row);"]
    return [
        *([Statement("#pragma omp barrier")] if barrier else []),
        Statement("#pragma omp for schedule(static, 1) nowait"),
        opening(f"{margin}for (int share = 0; share < shares; share++) {{", steps),
        *(Statement(inside + line) for line in lines),
        *steps,
        *([Statement(inside + "}")] if most else []),
        Statement(margin + "}"),
    ]


def few_rows(most: int, divided: bool, margin: str, calls: Sequence[Statement]) -> list[Statement]:
    """Calls made for at most so many rows at a time, in turns that are even.

    divided: whether threads divide them: each has a cache, and so many rows, of its own
    """
    all_rows, each, times = "batch", "", ""
    if divided:
        all_rows, each, times = "each", "each = (batch + threads - 1) / threads, ", " * (size_t)threads"
    turns = f"({all_rows} + {most - 1}) / {most}" if most > 1 else all_rows
    lines = [
        f"const size_t row = (size_t){all_rows} * (size_t)turn / (size_t)turns{times};",
        f"const size_t end = (size_t){all_rows} * (size_t)(turn + 1) / (size_t)turns{times};",
        "const int rows = (int)((end < (size_t)batch ? end : (size_t)batch) - row);",
    ]
    return [
        opening(f"{margin}for (int turn = 0, {each}turns = {turns}; turn < turns; turn++) {{", calls),
        *(Statement(margin + MARGIN + line) for line in lines),
        *calls,
        Statement(margin + "}"),
    ]


def step_head(repeat: Repeat, variable: str) -> str:
    """The head of the loop over a recurrence's steps."""
    first, end = repeat.loop.start, repeat.loop.start + int(repeat.loop.extent)
    if repeat.backwards:
        return f"for (int {variable} = {end - 1}; {variable} >= {first}; {variable}--) {{"
    return f"for (int {variable} = {first}; {variable} < {end}; {variable}++) {{"


def wrapped(head: str, arguments: Sequence[str], end: str) -> str:
    """A list, in lines of at most LINE characters, the later ones below its first element."""
    lines, line = [], head
    for number, argument in enumerate(arguments):
        piece = argument + (end if number == len(arguments) - 1 else ", ")
        if number and len(line) + len(piece) > LINE:
            lines.append(line.rstrip())
            line = " " * len(head)
        line += piece
    return "\n".join([*lines, line])
