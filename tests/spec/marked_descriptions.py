"""Descriptions with an error between « and », and what must be said of it."""

from __future__ import annotations

import pytest

from bpgen.algebra.errors import SpecError
from bpgen.spec.read import reads

HEAD = """\
bpgen = 1
name = "net"
"""
INPUTS = """\
[inputs]
x = { shape = ["B", 6] }
y = { shape = ["B", 2] }
label = { shape = ["B"], dtype = "int32", classes = 2 }
"""
ONE_LAYER = """\
[[layers]]
name = "fc1"
type = "linear"
units = 2
"""
LABELS = """\
[loss]
type = "cross_entropy"
target = "label"
"""
PLAIN = "[inputs]\nx = { shape = ['B', 6] }\ny = { shape = ['B', 2] }\n"
MSE = "[loss]\ntype = 'mse'\ntarget = 'y'\n"


def unmarked(marked: str) -> tuple[str, tuple[int, int, int]]:
    """(the text without its marks; line, column and length of what they enclose)"""
    before, rest = marked.split("«")
    inner, after = rest.split("»")
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    return before + inner + after, (line, column, len(inner))


def require_error(marked: str, code: str | None, message: str) -> None:
    """The description has one error, of this code and with this in its message or help, where the marks stand."""
    text, place = unmarked(marked)
    with pytest.raises(SpecError) as caught:
        reads(text, file="net.toml")
    first = caught.value.diagnostics[0]
    assert len(caught.value.diagnostics) == 1, str(caught.value)
    assert message in first.message + first.help
    assert code is None or first.code == code
    assert first.position is not None
    assert (first.position.line, first.position.column, first.position.length) == place, str(first)
    assert first.position.file == "net.toml"
    assert first.source_line == text.split("\n")[place[0] - 1]
