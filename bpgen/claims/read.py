"""The text of a claim -> what it claims, line by line, in whichever of three notations it is written.

A line whose left side is no tensor of the network, and no derivative of its loss, defines a name for the lines below.
"""

from __future__ import annotations

from dataclasses import replace

from sympy import Expr

from bpgen.algebra.diagnose import SourceText
from bpgen.algebra.errors import BpgenError, EquationError, Position
from bpgen.algebra.expressions import sum_over
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.records import dataclass
from bpgen.algebra.syntax import parse
from bpgen.algebra.syntax_tree import ParsedEquation
from bpgen.algebra.system import GIVEN, Tensor
from bpgen.claims.functions import Functions
from bpgen.claims.grammar import parse_matrix
from bpgen.claims.indexed import Indexed, as_line, read_indexed
from bpgen.claims.names import Names
from bpgen.claims.read_latex import latex_tokens
from bpgen.claims.read_plain import plain_tokens
from bpgen.claims.shapes import SUPPRESSED, Misfit, Shapes, Value, shape_text
from bpgen.claims.theory import Theory
from bpgen.claims.tree import Derivative, Element, Line, Name

FILE = "claim"
SAMPLE = "b"  # a lone index of that name says which row of the batch is meant


@dataclass(frozen=True)
class Claim:
    """One line: target = expression.

    target: the tensor it speaks of; expression: over the target's axes, of tensors of the theory alone; None where
    the claim does not fit together, and misfit says why; line: its tree, where it has one of matrix notation, for
    other ways to read it; given: what the value is, where its shape is not the target's
    """

    text: str
    position: Position
    target: Tensor
    expression: Expr | None
    misfit: Misfit | None
    line: Line | None
    names: Names
    given: Value | None = None


def read_claims(text: str, theory: Theory) -> tuple[Claim, ...]:
    """The claims of a text.  Raises EquationError with line, column and caret for what cannot be read."""
    if not isinstance(text, str):
        raise BpgenError(f"a claim is a text such as 'dW = delta^T x', got {type(text).__name__}")
    source = SourceText(text, Position(1, 1, file=FILE))
    reader = _Reader(theory, source)
    if "\\" in text:
        lines: tuple[Line | ParsedEquation, ...] = parse_matrix(latex_tokens(reader.names), source)
    elif "[" in text:
        lines = parse(text, source.start)
    else:
        lines = parse_matrix(plain_tokens(source), source)
    claims = [reader.read(line, last=number == len(lines)) for number, line in enumerate(lines, start=1)]
    return tuple(claim for claim in claims if claim is not None)


class _Reader:
    def __init__(self, theory: Theory, source: SourceText) -> None:
        self.source, self.theory = source, theory
        self.names = Names(theory, source)
        self.functions = Functions(self.names)

    def read(self, line: Line | ParsedEquation, *, last: bool) -> Claim | None:
        """A claim; None for a line that defines a name."""
        target = self._target(line, last)
        if isinstance(line, ParsedEquation):
            return self._indexed(line, target)
        if target is None:
            self._define(line)
            return None
        claim = Claim(line.text, line.position, target, None, None, line, self.names)
        try:
            return self._fitted(claim, self._value(line, target))
        except Misfit as misfit:
            return replace(claim, misfit=misfit)

    def _target(self, line: Line | ParsedEquation, last: bool) -> Tensor | None:
        """The tensor a line speaks of; None where the line defines a name."""
        left = Name(line.name, line.position) if isinstance(line, ParsedEquation) else line.left
        if isinstance(left, Derivative):
            return self._derivative(left)
        name, place = left.name, left.position
        try:
            found = self.names.meaning(name, place)
        except EquationError:
            if last:
                raise
            return None
        if found is None and last:
            raise self.names.unknown(name, place)
        if not isinstance(found, Tensor) or name in self.names.local:
            if last:
                raise self._refused(f"`{name}` is a number, or defined above", place)
            return None
        if found.role in GIVEN:
            raise self._refused(f"`{name}` is given to the network, not computed by it", place)
        return found

    def _derivative(self, left: Derivative) -> Tensor:
        if not self.names.is_loss(left.of.name, left.position):
            raise self._refused(f"`d{left.of.name}/d{left.by.name}` is no derivative of the loss", left.position)
        return self.names.derivative_by(left.by.name, left.position)

    def _refused(self, message: str, place: Position) -> EquationError:
        help = "a claim is about a derivative of the loss, the loss, or a tensor that the network computes"
        return self.source.error("claimed-name", message, place, help)

    def _value(self, line: Line, target: Tensor) -> Value:
        """The right side; by the letters of the left side, where it has any.  Raises Misfit."""
        left = line.left.by if isinstance(line.left, Derivative) else line.left
        shapes = Shapes(self.names, self.functions)
        if not isinstance(left, Element):
            return shapes.value(line.right)
        if left.indices == (SAMPLE,) and len(target.axes) > 1 and target.axes[0].extent == BATCH:
            return _of_sample(shapes, line, target)
        shapes.bound = shapes.written(left, target)
        pairs = zip(shapes.bound, target.axes, strict=True)
        shapes.letters |= {letter: Index(letter, axis.extent) for letter, axis in pairs}
        value = shapes.value(line.right)
        if value.axes:
            raise Misfit("shape", f"the right side is {shape_text(value)}, not an element", line.right)
        return Value(value.expression, tuple(shapes.letters[letter] for letter in shapes.bound))

    def _define(self, line: Line) -> None:
        left = line.left
        assert not isinstance(left, Derivative)
        shapes = Shapes(self.names, self.functions, bound=left.indices if isinstance(left, Element) else ())
        try:
            value = shapes.value(line.right)
            if isinstance(left, Element):
                value = Value(value.expression, tuple(shapes.letters[letter] for letter in left.indices))
        except Misfit as misfit:
            raise self.source.error("shape", misfit.message, misfit.term.position, "mind transposes and axes") from None
        except KeyError as missing:
            message = f"the extent of the index {missing.args[0]} does not follow"
            raise self.source.error("unknown-extent", message, left.position, "use it on the right side") from None
        axes = tuple(Index(f"k{n}", axis.extent) for n, axis in enumerate(value.axes))
        self._keep(left.name, axes, value.at(axes))

    def _keep(self, name: str, axes: tuple[Index, ...], expression: Expr) -> None:
        expression = self.names.inlined(expression)
        self.names.local[name] = Tensor(name, axes)
        self.names.defined[name] = axes, expression

    def _indexed(self, line: ParsedEquation, target: Tensor | None) -> Claim | None:
        try:
            found = read_indexed(line, self.names, target)
        except Misfit as misfit:
            if target is None:
                raise self.source.error("shape", misfit.message, misfit.term.position) from None
            return Claim(self._text(line), line.position, target, None, misfit, as_line(line), self.names)
        if target is None:
            self._keep(line.name, found.axes, found.expression)
            return None
        claim = Claim(self._text(line), line.position, target, None, None, as_line(line), self.names)
        return self._fitted(claim, Value(found.expression, found.axes))

    def _text(self, line: ParsedEquation) -> str:
        lines = [part.strip() for part in self.source.text.replace(";", "\n").splitlines()]
        return next((part for part in lines if part.replace(" ", "").startswith(line.name)), self.source.text)

    def _fitted(self, claim: Claim, value: Value) -> Claim:
        """The claim with the value at the target's axes, or with the misfit where it has others."""
        value = replace(value, expression=self.names.inlined(value.expression))
        target = claim.target
        if not target.axes and all(extent == 1 for extent in value.extents):  # [1] is a number
            value = Value(sum_over(value.expression, value.axes))
        if not value.axes or value.fits(target.axes):
            expression = value.at(target.axes) if value.axes else value.expression
            if expression.has(target.element):
                message = f"the right side reads `{target.name}` itself, at the same place, so that nothing is claimed"
                help = "say what it is by other tensors; one that follows along time may read itself at t + 1"
                raise self.source.error("circular", message, claim.position, help)
            return replace(claim, expression=expression)
        shape = Value(target.element, target.axes)
        kind = "transpose" if sorted(map(str, value.extents)) == sorted(map(str, shape.extents)) else "shape"
        message = f"the right side is {shape_text(value)}, but `{target.name}` is {shape_text(shape)}"
        assert claim.line is None or claim.line.right is not None
        term = claim.line.right if claim.line else Name(target.name, claim.position)
        return replace(claim, misfit=Misfit(kind, message, term), given=None if value.is_open else value)


def _of_sample(shapes: Shapes, line: Line, target: Tensor) -> Value:
    """The value of a line about one row of the batch, dx_b = ..., over all of its target."""
    sample = Index(SAMPLE, BATCH)
    shapes.letters, shapes.bound, shapes.samples = {SAMPLE: sample}, (SAMPLE,), (SAMPLE,)
    value = shapes.value(line.right)
    if not value.fits(target.axes[1:]):
        raise Misfit("shape", f"the right side is {shape_text(value)}, not a row of `{target.name}`", line.right)
    return Value(value.at(target.axes[1:]), (sample,), target.axes[1:])


__all__ = ["FILE", "SUPPRESSED", "Claim", "Indexed", "read_claims"]
