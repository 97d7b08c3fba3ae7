"""Terms of matrix notation -> expressions, by shapes.

A value has rows and columns, each a tuple of axes: x [B, I] has the rows (b) and the columns (i), a vector is a column,
a sequence [B, T, D] has the rows (b, t).  A product sums the columns of its left factor against the rows of its
right one.  What does not fit is a Misfit: the claim is read all the same, but it cannot be right as it stands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import sympy
from sympy import Expr, Integer

from bpgen.algebra.build import COMPARISONS
from bpgen.algebra.errors import Position
from bpgen.algebra.expressions import Access, fresh_index, rename, sum_over
from bpgen.algebra.functions import equal
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.scope import exact
from bpgen.algebra.system import Tensor
from bpgen.claims.functions import Functions
from bpgen.claims.names import BATCH_LETTERS, Names
from bpgen.claims.tree import (
    MATRIX,
    Apply,
    Comparison,
    Derivative,
    Divide,
    Element,
    IndexSum,
    Name,
    Number,
    Ones,
    Power,
    Product,
    Sum,
    Term,
    Total,
    Transpose,
    walk,
)

LARGEST_POWER = 2000  # binary digits of an exact number, and powers of a tensor; beyond lies no float64

SUPPRESSED = "the batch"  # the index of the batch, where a claim about one sample leaves it out


class Misfit(Exception):
    """Shapes that do not fit, or an index that nothing binds.  kind: of slip, as far as this says it."""

    def __init__(self, kind: str, message: str, term: Term) -> None:
        super().__init__(message)
        self.kind, self.message, self.term = kind, message, term


@dataclass(frozen=True)
class Value:
    """An expression over its axes.  ones: it is the vector of ones, whose length is open."""

    expression: Expr
    rows: tuple[Index, ...] = ()
    columns: tuple[Index, ...] = ()
    ones: bool = False

    @property
    def axes(self) -> tuple[Index, ...]:
        return self.rows + self.columns

    @property
    def extents(self) -> tuple[Expr, ...]:
        return tuple(axis.extent for axis in self.axes)

    def at(self, axes: tuple[Index, ...]) -> Expr:
        """The expression with other indices in place of its axes."""
        return rename(self.expression, dict(zip(self.axes, axes, strict=True)))

    def with_expression(self, expression: Expr) -> Value:
        return Value(expression, self.rows, self.columns)


def shape_text(value: Value) -> str:
    return f"[{', '.join(map(str, value.extents))}]" if value.axes else "a number"


def fresh(tensor: Tensor) -> Value:
    """A tensor as a value: its last axis are the columns, unless it is a vector; integer labels stand one-hot."""
    axes = tuple(fresh_index(axis.extent) for axis in tensor.axes)
    element: Expr = Access(tensor.atom, *axes)
    if tensor.dtype == "int32" and tensor.classes is not None:
        place = fresh_index(tensor.classes)
        return Value(equal(place, element), axes, (place,))
    return Value(element, axes[:-1], axes[-1:]) if len(axes) > 1 else Value(element, axes)


@dataclass
class Shapes:
    """Reads terms.  letters: the extents of indices written out; bound: those that something binds here.

    samples: those of them that say which row of the batch is meant, and may stand alone: delta_b is one sample's column
    """

    names: Names
    functions: Functions
    letters: dict[str, Index] = field(default_factory=dict)
    bound: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()

    def value(self, term: Term) -> Value:
        """The value of a term.  Raises Misfit, and EquationError for names that mean nothing and what is no number."""
        value = self._value(term)
        if value.expression.has(sympy.zoo, sympy.nan):
            raise self.names.source.error("division-by-zero", "this divides by zero", term.position)
        if value.expression.has(sympy.I):
            message = "this is not a real number: a root or logarithm of a negative one"
            raise self.names.source.error("not-real", message, term.position)
        return value

    def _value(self, term: Term) -> Value:
        match term:
            case Number():
                return Value(exact(term.value))
            case Name():
                return self.named(term.name, term.position)
            case Element():
                return self.element(term)
            case Ones():
                return Value(Integer(1), ones=True)
            case Derivative():
                return self.derivative(term)
            case Transpose():
                inner = self.value(term.operand)
                return Value(inner.expression, inner.columns, inner.rows, inner.ones)
            case Product():
                return self.product(term)
            case Divide():
                return self.together(term.top, term.bottom, lambda a, b: a / b, term)
            case Sum():
                return self.sum(term)
            case Power():
                return self.power(term)
            case Apply():
                return self.apply(term)
            case Total():
                return self.total(term)
            case IndexSum():
                return self.index_sum(term)
            case Comparison():
                return self.together(term.left, term.right, COMPARISONS[term.operator], term)

    def fresh(self, tensor: Tensor) -> Value:
        return fresh(tensor)

    def named(self, name: str, place: Position) -> Value:
        found = self.names.meaning(name, place)
        if found is None:
            raise self.names.unknown(name, place)
        return self.fresh(found) if isinstance(found, Tensor) else Value(found)

    def element(self, term: Element) -> Value:
        """name_{indices}; where a whole name is spelled so (W_out), that tensor."""
        whole = f"{term.name}_{''.join(term.indices)}"
        found = self.names.meaning(whole, term.position)
        if found is not None:
            return self.fresh(found) if isinstance(found, Tensor) else Value(found)
        tensor = self.names.tensor(term.name, term.position)
        if tensor is None:
            raise self.names.unknown(term.name, term.position)
        if len(term.indices) == 1 < len(tensor.axes) and term.indices[0] in self.samples:
            return _row(tensor, self.letters.setdefault(term.indices[0], Index(term.indices[0], BATCH)))
        letters = self.written(term, tensor)
        unbound = [letter for letter in letters if letter not in self.bound]
        for letter, axis in zip(letters, tensor.axes, strict=True):
            known = self.letters.setdefault(letter, Index(letter, axis.extent))
            if known.extent != axis.extent:
                message = f"the index {letter} runs over {known.extent} and, in {term.name}, over {axis.extent}"
                raise Misfit("sum missing", message, term)
        if unbound:
            which = unbound[0]
            if which == SUPPRESSED:
                message = (
                    f"`{term.name}_{''.join(term.indices)}` is an element of one sample, and nothing says of which"
                )
                raise Misfit("sum missing", message, term)
            over = "the batch" if self.letters[which].extent == BATCH else f"the index {which}"
            raise Misfit("sum missing", f"nothing sums over {over}, and the left side does not have it", term)
        return Value(Access(tensor.atom, *(self.letters[letter] for letter in letters)))

    def written(self, term: Element, tensor: Tensor) -> tuple[str, ...]:
        """The letters of an element, one an axis.  Raises Misfit where there are too few or too many."""
        letters = term.indices
        if len(letters) == len(tensor.axes) - 1 and tensor.axes[0].extent == BATCH:
            letters = (SUPPRESSED, *letters)  # what holds for one sample
        if len(letters) != len(tensor.axes):
            count = len(tensor.axes)
            message = f"{term.name} has {count} {'axis' if count == 1 else 'axes'}, not {len(term.indices)}"
            raise Misfit("shape", message, term)
        return letters

    def derivative(self, term: Derivative) -> Value:
        """dL/dW is an adjoint, df/dz an activation's derivative; du/dv with u = f(v) too."""
        of, by = term.of.name, term.by.name
        if self.names.is_loss(of, term.position):
            tensor = self.names.tensor(by, term.position)
            if tensor is None:
                raise self.names.unknown(by, term.position)
            adjoint = self.names.derivative(tensor, term.position)
            if isinstance(term.by, Element):
                self.names.local.setdefault(f"d{by}", adjoint)
                return self.element(Element(f"d{by}", term.by.indices, term.position))
            return self.fresh(adjoint)
        inner = self.value(term.by)
        above = self.names.tensor(of, term.position)
        below = self.names.tensor(by, term.position)
        if above is None or below is None:
            return self.functions.derivative(of, 1, inner, below, term)
        found = self.names.theory.activations.get(above.name)
        if found is not None and found.argument.name == below.name:
            return inner.with_expression(found.at(inner.expression, 1))
        turned = self.names.theory.activations.get(below.name)
        if turned is not None and turned.argument.name == above.name:
            message = f"`{of}` is not computed from `{by}`, but `{by}` from `{of}`"
            raise Misfit("chain rule reversed", message, term)
        message = f"the derivative of `{of}` by `{by}` is no function of each element"
        raise Misfit("shape", message, term)

    def product(self, term: Product) -> Value:
        left, right = self.value(term.left), self.value(term.right)
        if term.kind != MATRIX or not ((left.axes or left.ones) and (right.axes or right.ones)):
            return self.elementwise(left, right, lambda a, b: a * b, term)
        if left.ones or right.ones:
            return _with_ones(left, right)
        inner, outer = left.columns, right.rows
        if not inner and not right.columns and left.rows and left.extents == right.extents:
            return self.elementwise(left, right, lambda a, b: a * b, term)  # two columns: y log p
        if tuple(a.extent for a in inner) != tuple(a.extent for a in outer):
            if left.extents == right.extents:
                return self.elementwise(left, right, lambda a, b: a * b, term)
            shapes = f"{shape_text(left)} and {shape_text(right)}"
            raise Misfit("transpose", f"the shapes {shapes} do not fit in a matrix product", term)
        body = left.expression * rename(right.expression, dict(zip(outer, inner, strict=True)))
        return Value(sum_over(body, inner), left.rows, right.columns)

    def sum(self, term: Sum) -> Value:
        total: Value | None = None
        for sign, part in term.terms:
            value = self.value(part)
            signed = value.with_expression(sign * value.expression)
            total = signed if total is None else self.elementwise(total, signed, lambda a, b: a + b, term)
        assert total is not None
        return total

    def together(self, left: Term, right: Term, join: Callable[[Expr, Expr], Expr], term: Term) -> Value:
        return self.elementwise(self.value(left), self.value(right), join, term)

    def elementwise(self, left: Value, right: Value, join: Callable[[Expr, Expr], Expr], term: Term) -> Value:
        """Element by element; what has fewer axes, or one of length 1, serves the others' alike."""
        wide, narrow = (left, right) if len(left.axes) >= len(right.axes) else (right, left)
        mapping: dict[Index, Expr] = {}
        stretched: dict[Index, Expr] = {}
        offset = len(wide.axes) - len(narrow.axes)
        for axis, other in zip(wide.axes[offset:], narrow.axes, strict=True):
            if axis.extent == other.extent:
                mapping[other] = axis
            elif other.extent == 1:
                mapping[other] = Integer(0)
            elif axis.extent == 1:
                stretched[axis] = other
            else:
                shapes = f"{shape_text(left)} and {shape_text(right)}"
                raise Misfit("product", f"the shapes {shapes} do not fit element by element", term)
        taken = {wide.expression: rename(wide.expression, dict.fromkeys(stretched, Integer(0)))}
        first, second = taken[wide.expression], rename(narrow.expression, mapping)
        joined = join(first, second) if wide is left else join(second, first)
        rows, columns = (tuple(stretched.get(axis, axis) for axis in part) for part in (wide.rows, wide.columns))
        return Value(joined, rows, columns)

    def power(self, term: Power) -> Value:
        base, exponent = self.value(term.base), self.value(term.exponent)
        if exponent.axes:
            raise Misfit("shape", f"the exponent is {shape_text(exponent)}, not a number", term)
        number, power = base.expression, exponent.expression
        digits = max(int(number.p).bit_length(), int(number.q).bit_length()) if number.is_Rational else 1
        if power.is_Rational and digits * abs(power) > LARGEST_POWER:
            raise self.names.source.error("number-range", "this power is beyond the numbers of float64", term.position)
        return base.with_expression(number**power)

    def apply(self, term: Apply) -> Value:
        place = term.position
        tensor = self.names.tensor(term.function, place) if not self.functions.knows(term.function) else None
        if tensor is not None:  # W (a + b), delta' (a + b)
            left: Term = Name(term.function, place)
            for _ in range(term.primes):
                left = Transpose(left, place)
            return self.product(Product(left, term.argument, MATRIX, place))
        inner = self.value(term.argument)
        base = self.names.tensor(term.argument.name, place) if isinstance(term.argument, Name | Element) else None
        return self.functions.derivative(term.function, term.primes, inner, base, term)

    def total(self, term: Total) -> Value:
        inner = self.value(term.operand)
        axes = inner.axes
        if term.axis is not None and not -len(axes) <= term.axis < len(axes):
            raise Misfit("shape", f"there is no axis {term.axis} in {shape_text(inner)}", term)
        over = axes if term.axis is None else (axes[term.axis],)
        expression = sum_over(inner.expression, over)
        if term.op == "mean":
            expression /= sympy.Mul(*(axis.extent for axis in over))
        rows, columns = (tuple(axis for axis in part if axis not in over) for part in (inner.rows, inner.columns))
        return Value(expression, rows, columns) if rows else Value(expression, columns)

    def index_sum(self, term: IndexSum) -> Value:
        samples = (*self.samples, *(letter for letter in term.indices if self._is_sample(letter, term)))
        inside = Shapes(self.names, self.functions, self.letters, (*self.bound, *term.indices), samples)
        body = inside.value(term.body)
        over = [self.letters[letter] for letter in term.indices if letter in self.letters]
        if len(over) < len(term.indices):
            missing = next(letter for letter in term.indices if letter not in self.letters)
            raise Misfit("shape", f"what is summed does not have the index {missing}", term)
        return body.with_expression(sum_over(body.expression, over))

    def _is_sample(self, letter: str, term: IndexSum) -> bool:
        """Whether a sum's letter runs over the batch: it is b, or ends at m, and nothing in it has it elsewhere."""
        if term.upper not in BATCH_LETTERS if term.upper else letter != "b":
            return False
        elements = (part for part in walk(term.body) if isinstance(part, Element) and letter in part.indices)
        for element in elements:
            tensor = self.names.tensor(element.name, element.position)
            whole = tensor is not None and len(element.indices) in (1, len(tensor.axes))
            if tensor is None or not whole or tensor.axes[element.indices.index(letter)].extent != BATCH:
                return False
        return True


def _row(tensor: Tensor, sample: Index) -> Value:
    """One sample's part of a tensor: a vector is a column."""
    axes = tuple(fresh_index(axis.extent) for axis in tensor.axes[1:])
    element = Access(tensor.atom, sample, *axes)
    return Value(element, axes[:-1], axes[-1:]) if len(axes) > 1 else Value(element, axes)


def _with_ones(left: Value, right: Value) -> Value:
    """A 1 sums over the columns of A, 1' A over its rows."""
    if left.ones:
        return Value(sum_over(right.expression, right.rows), right.columns)
    return Value(sum_over(left.expression, left.columns), left.rows)
