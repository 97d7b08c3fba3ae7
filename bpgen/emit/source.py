"""Generated source: the files of one network for one target, and the interface they fulfil."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import NamedTuple

from bpgen.algebra.records import dataclass
from bpgen.lower.interface import Interface


class Span(NamedTuple):
    """Lines first ... last of a file, counted from 1, compute these equations, or a part of each."""

    first: int
    last: int
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class Source:
    """files: name -> text, deterministic.  target: "numpy", "c" or "c-standalone".

    cdef: for the C target, the declarations cffi needs; flags: what its files are to be compiled with.
    spans: file -> its trace as bpgen.emit.marks writes it; `trace` reads it
    """

    name: str
    target: str
    dtype: str
    files: Mapping[str, str]
    interface: Interface
    cdef: str = ""
    flags: tuple[str, ...] = ()
    spans: Mapping[str, str] = field(default_factory=dict)

    @property
    def trace(self) -> dict[str, tuple[Span, ...]]:
        """file -> its lines that compute something, in order, with the numbers of their equations.

        The numbers are those of the printed derivation.  Spans do not overlap.  A line of a kernel that several
        calls share has the equations of all of them; a loop's head has those of all lines inside; a call has the
        equations that it computes.
        """
        return {file: tuple(map(_span, text.split(";"))) for file, text in self.spans.items() if text}

    def write(self, folder: str | Path) -> list[Path]:
        """Write every file into the folder, making it if need be; returns the paths."""
        root = Path(folder)
        root.mkdir(parents=True, exist_ok=True)
        paths = []
        for name, text in sorted(self.files.items()):
            path = root / name
            path.write_text(text, encoding="utf-8")
            paths.append(path)
        return paths


def _span(text: str) -> Span:
    """12-14:3 4"""
    lines, numbers = text.split(":")
    first, _, last = lines.partition("-")
    return Span(int(first), int(last or first), tuple(map(int, numbers.split())))
