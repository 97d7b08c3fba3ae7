"""Writing files: whole or not at all."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from uuid import uuid4

from bpgen.algebra.errors import BpgenError

ENGINES = ("pdflatex", "lualatex", "xelatex")
TYPESETTING_LIMIT = 300.0  # seconds for one run of TeX
MOST_RUNS = 4  # until references and widths of tables are right


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
    """Typeset a LaTeX document with the first TeX that is there, in a folder of its own and without its shell.

    Raises BpgenError where there is none, and where it fails or takes longer than TYPESETTING_LIMIT.
    """
    command = _find_tex()
    with tempfile.TemporaryDirectory(prefix="bpgen-") as folder:
        (Path(folder) / "derivation.tex").write_text(document, encoding="utf-8")
        for _ in range(MOST_RUNS):
            if "Rerun" not in _typeset([*command, "derivation.tex"], folder):
                break
        write_bytes(path, (Path(folder) / "derivation.pdf").read_bytes())


def _find_tex() -> list[str]:
    for name in ENGINES:
        program = shutil.which(name)
        if program is not None:
            return [program, "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error"]
    program = shutil.which("tectonic")
    if program is not None:
        return [program, "--untrusted"]
    raise BpgenError(
        f"pdf needs TeX, one of {', '.join(ENGINES)} and tectonic (Debian, Ubuntu: apt install "
        "texlive-latex-extra lmodern; macOS: brew install tectonic); or write --format latex and typeset it elsewhere"
    )


def _typeset(command: list[str], folder: str) -> str:
    """Run TeX once; what it said."""
    name = Path(command[0]).name
    try:
        done = subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
            timeout=TYPESETTING_LIMIT, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as failure:
        raise BpgenError(
            f"{name} was stopped after {TYPESETTING_LIMIT:.0f} s; write --format latex and typeset it elsewhere"
        ) from failure
    except OSError as failure:
        raise BpgenError(f"{command[0]} cannot be run ({failure.strerror or failure})") from failure
    if done.returncode != 0:
        last = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise BpgenError(f"{name} failed:\n{last}")
    return done.stdout
