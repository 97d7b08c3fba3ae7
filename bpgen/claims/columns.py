"""The other convention: samples as columns, W x instead of x W'.  What is right there is written out for rows."""

from __future__ import annotations

from sympy import Expr

from bpgen.algebra.index import BATCH
from bpgen.algebra.printing import print_expression
from bpgen.algebra.records import dataclass
from bpgen.algebra.system import Tensor
from bpgen.claims.functions import Functions
from bpgen.claims.read import Claim
from bpgen.claims.shapes import Misfit, Shapes, Value
from bpgen.claims.tree import (
    MATRIX,
    Apply,
    Comparison,
    Derivative,
    Divide,
    Element,
    Name,
    Number,
    Ones,
    Power,
    Product,
    Sum,
    Term,
    Transpose,
)
from bpgen.claims.value import fresh


def column_reading(claim: Claim) -> tuple[Expr, str] | None:
    """The claim as one about columns: over the target's axes, and as it reads in rows ("" where that is not known).

    None where it does not fit together so either.
    """
    if claim.line is None or isinstance(claim.line.left, Element):
        return None
    target, line = claim.target, claim.line
    shapes = _Columns(claim.names.quiet(), Functions(claim.names.quiet()))
    try:
        value = shapes.value(line.right)
    except Misfit:
        return None
    value = value.turned() if _has_samples(target) else value
    if not value.fits(target.axes):
        return None
    left = _Rows(shapes).text(line.left, False) if isinstance(line.left, Derivative) else line.left.name
    right = _Rows(shapes).text(line.right, _has_samples(target))
    text = "" if right is None else f"{left} = {right}"
    return claim.names.inlined(value.at(target.axes)), text


def _has_samples(tensor: Tensor) -> bool:
    return bool(tensor.axes) and tensor.axes[0].extent == BATCH


@dataclass
class _Columns(Shapes):
    """Reads terms with every tensor of the batch turned round."""

    def fresh(self, tensor: Tensor) -> Value:
        return fresh(tensor).turned() if _has_samples(tensor) else fresh(tensor)


@dataclass
class _Rows:
    """Writes terms that are read in columns for rows."""

    shapes: Shapes

    def text(self, term: Term, turned: bool) -> str | None:
        """The text of a term's value, or of its transpose; None for what is not written in matrices."""
        match term:
            case Number():
                return print_expression(self.shapes.value(term).expression, tensors={})
            case Ones():
                return "1'" if turned else None  # a 1 alone would be read as the number
            case Name() | Derivative():
                return self._symbol(term, turned)
            case Transpose():
                return self.text(term.operand, not turned)
            case Product():
                return self._product(term, turned)
            case Divide():
                return self._joined([term.top, term.bottom], "/", turned)
            case Comparison():
                return self._joined([term.left, term.right], f" {term.operator} ", turned)
            case Power():
                return self._joined([term.base, term.exponent], "^", turned)
            case Sum():
                texts = [self._inner(part, turned) for _, part in term.terms]
                signs = ["-" if sign < 0 else "+" for sign, _ in term.terms]
                if None in texts:
                    return None
                return " ".join(f"{sign} {text}" for sign, text in zip(signs, texts, strict=True)).removeprefix("+ ")
            case Apply():
                inner = self.text(term.argument, turned)
                return None if inner is None else f"{term.function}{chr(39) * term.primes}({inner})"
        return None

    def _symbol(self, term: Name | Derivative, turned: bool) -> str:
        written = term.name if isinstance(term, Name) else f"d{term.of.name}/d{term.by.name}"
        value = self.shapes.value(term)
        if BATCH in value.extents:
            turned = not turned
        return f"{written}'" if turned and value.axes else written

    def _product(self, term: Product, turned: bool) -> str | None:
        if term.kind != MATRIX:
            return self._joined([term.left, term.right], " * ", turned)
        scaled = not (self.shapes.value(term.left).axes and self.shapes.value(term.right).axes)
        factors = [term.left, term.right] if scaled or not turned else [term.right, term.left]
        return self._joined(factors, " ", turned)

    def _joined(self, parts: list[Term], operator: str, turned: bool) -> str | None:
        texts = [self._inner(part, turned) for part in parts]
        return None if None in texts else operator.join(map(str, texts))

    def _inner(self, term: Term, turned: bool) -> str | None:
        text = self.text(term, turned)
        plain = isinstance(term, Number | Ones | Name | Derivative | Apply | Transpose)
        return text if plain or text is None else f"({text})"
