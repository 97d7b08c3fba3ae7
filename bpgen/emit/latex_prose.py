"""Prose and blocks of a document as LaTeX."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bpgen.emit.document import Block, Origin
from bpgen.emit.latex_rows import TEXT_WIDTH, align
from bpgen.emit.latex_symbols import escape
from bpgen.emit.prose import Emphasis, Inline, Math, Name, Prose, Reference, Title, joined

LIST_INDENT = 2.6  # em
TYPOGRAPHY = {"\N{NO-BREAK SPACE}": "~", "\N{EN DASH}": "--"}
_SPLIT = re.compile(f"([{''.join(TYPOGRAPHY)}])")


@dataclass(frozen=True)
class Printed:
    """A block of which all is LaTeX; several remarks are a list."""

    heading: str
    display: str
    remarks: tuple[str, ...]


def write_prose(prose: Prose) -> str:
    return "".join(map(_inline, prose))


def _inline(item: Inline) -> str:
    match item:
        case Math(text):
            return f"${text}$"
        case Name(text):
            return rf"\texttt{{{escape(text)}}}"
        case Title(text):
            return rf"\textsf{{{escape(text)}}}"
        case Emphasis(text):
            return rf"\emph{{{escape(text)}}}"
        case Reference(label):
            return rf"\eqref{{{label}}}"
        case str():
            return "".join(
                TYPOGRAPHY.get(piece) or escape(piece) for piece in re.split("([\N{NO-BREAK SPACE}–])", item)
            )


def breakable(name: str) -> str:
    """A name that may be broken behind a dot or a line, and anywhere where a part is long: for a narrow column."""
    parts = re.split(r"(?<=[._])", name)
    shown = (escape(part) if len(part) <= 10 else r"\allowbreak{}".join(map(escape, part)) for part in parts)
    return r"\allowbreak{}".join(shown)


def write_block(block: Block) -> Printed:
    remarks = _remarks(block.origin) if block.origin is not None else (block.remark,) if block.remark else ()
    texts = [r if isinstance(r, str) else write_prose(r) for r in remarks]
    return Printed(write_prose(block.heading), align(block.rows), tuple(texts))


def _remarks(origin: Origin) -> tuple[Prose | str, ...]:
    """How a gradient came of the chain rule: every rewrite if they are there, else the reasons in one sentence."""
    said = [(Emphasis(reason.rule), ": ", *reason.text) for reason in origin.reasons]
    start = Reference(origin.start)
    if all(reason.row is None for reason in origin.reasons):
        return (("From ", start, " by ", *joined(dict.fromkeys(said), "; "), "."),)
    steps = [
        f"{write_prose(text)}.\n{align([reason.row], TEXT_WIDTH - LIST_INDENT)}"
        for text, reason in zip(said[:-1], origin.reasons[:-1], strict=True)
        if reason.row is not None
    ]
    last: Prose = (*said[-1], "; this is ", Reference(origin.label), ".")
    return (("We begin with ", start, "."), *steps, last)
