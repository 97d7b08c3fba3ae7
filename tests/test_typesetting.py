"""PDF: by whichever TeX is there, in limited time, whole or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bpgen import files
from bpgen.algebra.errors import BpgenError

DOCUMENT = r"""
\documentclass{article}
\begin{document}
\section{One}\label{one} See \ref{one}.
\end{document}
"""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of PATH."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    return programs


def program(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize("engine", files.ENGINES)
def test_each_engine_makes_a_pdf(engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = shutil.which(engine)
    if found is None:
        pytest.skip(f"{engine} is not installed")
    monkeypatch.setattr(shutil, "which", lambda name: found if name == engine else None)
    files.write_pdf(tmp_path / "out.pdf", DOCUMENT)
    assert (tmp_path / "out.pdf").read_bytes().startswith(b"%PDF")


def test_tectonic_where_no_engine_is(path: Path, tmp_path: Path) -> None:
    program(path, "tectonic", 'echo "$@" > derivation.pdf')
    files.write_pdf(tmp_path / "out.pdf", DOCUMENT)
    assert (tmp_path / "out.pdf").read_text() == "--untrusted derivation.tex\n"


def test_it_runs_until_references_are_right(path: Path, tmp_path: Path) -> None:
    program(path, "pdflatex", 'echo x >> derivation.pdf; [ -f again ] || echo "Rerun to get it right"; : > again')
    files.write_pdf(tmp_path / "out.pdf", DOCUMENT)
    assert (tmp_path / "out.pdf").read_text() == "x\nx\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "pdf needs TeX.*tectonic.*install"),
        ("echo '! Undefined control sequence.'; echo half > derivation.pdf; exit 1", "pdflatex failed:\n.*Undefined"),
        ("echo half > derivation.pdf; while :; do :; done", "stopped after 1 s"),
    ],
)
def test_failures_leave_nothing(
    text: str, message: str, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "TYPESETTING_LIMIT", 1.0)
    if text:
        program(path, "pdflatex", text)
    with pytest.raises(BpgenError, match=message):
        files.write_pdf(tmp_path / "out.pdf", DOCUMENT)
    assert [entry.name for entry in tmp_path.iterdir()] == ["programs"]
