"""The one family of errors, and the diagnostics that errors in a description are made of."""

from __future__ import annotations

from bpgen.algebra.records import dataclass


@dataclass(frozen=True)
class Position:
    """A place in a text: 1-based line and column, and how many characters are meant."""

    line: int
    column: int
    length: int = 1
    file: str | None = None


@dataclass(frozen=True)
class Diagnostic:
    """One thing wrong with a description: where, which kind, what came, what to do."""

    code: str
    message: str
    help: str = ""
    position: Position | None = None
    source_line: str = ""

    def __str__(self) -> str:
        where = self.position
        head = f"error[{self.code}]: {self.message}"
        if where is None:
            return head + (f"\n   help: {self.help}" if self.help else "")
        lines = [f"{where.file or '<text>'}:{where.line}:{where.column}: {head}"]
        if self.source_line:
            margin = f"{where.line:>5} | "
            width = max(1, min(where.length, len(self.source_line) - where.column + 1))
            lines.append(margin + self.source_line)
            # Tabs stay tabs, so that the mark stands below what it means however wide they are shown.
            before = "".join("\t" if c == "\t" else " " for c in self.source_line[: where.column - 1])
            lines.append(" " * 6 + "| " + before.ljust(where.column - 1) + "^" * width)
        if self.help:
            lines.append(f"   help: {self.help}")
        return "\n".join(lines)


class BpgenError(Exception):
    """Everything bpgen raises on purpose."""


class SpecError(BpgenError):
    """A description that cannot be accepted; carries every diagnostic found, sorted by line."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        def place(item: Diagnostic) -> tuple[int, int]:
            return (item.position.line, item.position.column) if item.position else (0, 0)

        self.diagnostics = tuple(sorted(diagnostics, key=place))
        super().__init__("\n".join(str(item) for item in self.diagnostics))


class EquationError(SpecError):
    """Equation text that does not parse, bind or fit."""


class DerivativeError(BpgenError):
    """A derivative within an equation that there is no rule for; the equation's text gives it a place."""


class InternalError(BpgenError):
    """bpgen contradicts itself: a pass broke an invariant, or a rewrite failed its check."""


class RewriteError(InternalError):
    """A rewrite whose two sides differ numerically; both are printed and the program stops."""


class LoweringError(BpgenError):
    """An equation that no lowering exists for yet; names the equation and the missing pass."""


class CompileError(BpgenError):
    """The C compiler is missing or failed; carries command, output and one hint."""


class ArrayError(BpgenError, ValueError):
    """An array handed in has the wrong name, dtype, shape, layout or values."""


class CheckpointError(BpgenError):
    """A checkpoint that does not belong to this network, or is damaged."""


class DataError(BpgenError):
    """A data set that is not installed, not known, or does not fit the network's inputs."""
