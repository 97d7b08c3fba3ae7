"""Writing files: whole or not at all."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from uuid import uuid4

from bpgen.algebra.errors import BpgenError


def write_bytes(path: Path, content: bytes) -> None:
    """Write beside the target, then rename: nobody meets half a file.  Makes the folder if need be.

    Raises BpgenError where the place cannot be written; no draft stays behind, not even after Ctrl-C.
    """
    draft = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            draft.write_bytes(content)
            os.replace(draft, path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as failure:
        # Of a missing or unwritable folder the draft's name would say nothing.
        raise BpgenError(
            f"{path}: cannot be written ({failure.strerror or failure}); choose another place"
        ) from failure


def write_text(path: Path, text: str) -> None:
    write_bytes(path, text.encode())


def write_pdf(path: Path, document: str) -> None:
    """Run pdflatex, in a folder of its own and without its shell.  Raises BpgenError where it is missing or fails."""
    program = shutil.which("pdflatex")
    if program is None:
        raise BpgenError(
            "pdf needs pdflatex (Debian, Ubuntu: apt install texlive-latex-extra); "
            "or write --format latex and typeset it elsewhere"
        )
    with tempfile.TemporaryDirectory(prefix="bpgen-") as folder:
        (Path(folder) / "derivation.tex").write_text(document, encoding="utf-8")
        command = [program, "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "derivation.tex"]
        for _ in range(2):  # twice, for references
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", check=False)
            if done.returncode != 0:
                last = "\n".join(done.stdout.strip().splitlines()[-15:])
                raise BpgenError(f"pdflatex failed:\n{last}")
        write_bytes(path, (Path(folder) / "derivation.pdf").read_bytes())
