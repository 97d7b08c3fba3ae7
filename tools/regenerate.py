"""Regenerate generated/ from examples/: `python tools/regenerate.py` (with --check, say what is not current).

For each description: its derivation as text, as a page and as LaTeX in both notations, and its code for NumPy and C.
Besides, what the commands in the documentation print.  They are written under the hash seed 0, whatever the seed of the
process, so that a check under any other shows what depends on it.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from documents import documents

import bpgen

ROOT = Path(__file__).resolve().parent.parent
WRITTEN_UNDER = "0"


def render(path: Path) -> dict[str, str]:
    """File name -> text, for one description."""
    model = bpgen.load(path)
    proof = bpgen.derive(model)
    files = {
        "derivation.txt": proof.text(),
        "derivation.html": proof.html(),
        "derivation_index.tex": proof.latex(notation="index"),
        "derivation_matrix.tex": proof.latex(notation="matrix"),
    }
    for target in ("numpy", "c"):
        files |= bpgen.generate(model, target=target).files
    return files


def expected() -> dict[Path, str]:
    """Everything generated/ and the documentation should hold."""
    return documents(ROOT) | {
        ROOT / "generated" / path.stem / name: text
        for path in sorted((ROOT / "examples").glob("*.toml"))
        for name, text in render(path).items()
    }


def stale() -> list[Path]:
    """Files that are missing, out of date, or left over."""
    wanted = expected()
    present = {path for path in (ROOT / "generated").rglob("*") if path.is_file() and path.name != "README.md"}
    differing = {path for path, text in wanted.items() if not path.is_file() or path.read_text("utf-8") != text}
    return sorted(differing | (present - set(wanted)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if a file is not current")
    if parser.parse_args().check:
        old = stale()
        print(*(f"not current: {path.relative_to(ROOT)}" for path in old), sep="\n")
        return 1 if old else 0
    if os.environ.get("PYTHONHASHSEED") != WRITTEN_UNDER:
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "PYTHONHASHSEED": WRITTEN_UNDER})
    wanted = expected()
    for path in stale():
        if path not in wanted:
            path.unlink()
    for path, text in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    print(f"{len(wanted)} files written to generated/ and the documentation")
    return 0


if __name__ == "__main__":
    sys.exit(main())
