"""Generated source: the files of one network for one target, and the interface they fulfil."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bpgen.lower.interface import Interface


@dataclass(frozen=True)
class Source:
    """files: name -> text, deterministic.  target: "numpy", "c" or "c-standalone".

    cdef: for the C target, the declarations cffi needs.
    """

    name: str
    target: str
    dtype: str
    files: Mapping[str, str]
    interface: Interface
    cdef: str = ""

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
