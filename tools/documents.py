"""What the commands in the documentation print: each stands behind its command, and is printed anew here."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from click.testing import CliRunner

from bpgen import cli

SHOWN = re.compile(r"```console\n\$ (bpgen [^\n]*)\n(?:(?!```)[\s\S])*?```")


def rerun(text: str) -> str:
    """The text of a document with the output of each of its commands as it is now.  Paths are from the repository."""

    def printed(found: re.Match[str]) -> str:
        _, *arguments = shlex.split(found[1])
        output = CliRunner().invoke(cli.main, arguments).output.rstrip()
        return f"```console\n$ {found[1]}\n{output}\n```"

    return SHOWN.sub(printed, text)


def documents(root: Path) -> dict[Path, str]:
    """Documents with commands in them -> what they should hold."""
    pages = [root / "README.md", *sorted((root / "docs").glob("*.md"))]
    texts = {page: page.read_text("utf-8") for page in pages}
    return {page: rerun(text) for page, text in texts.items() if SHOWN.search(text)}
