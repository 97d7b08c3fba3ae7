"""Terms of matrix notation -> expressions, by shapes.

A value has rows and columns, each a tuple of axes: x [B, I] has the rows (b) and the columns (i), a vector is a column,
a sequence [B, T, D] has the rows (b, t).  A product sums the columns of its left factor against the rows of its
right one.  What does not fit is a Misfit: the claim is read all the same, but it cannot be right as it stands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field, replace

import sympy
from sympy import Expr

from bpgen.algebra.build import COMPARISONS
from bpgen.algebra.errors import Position
from bpgen.algebra.expressions import Access, sum_over
from bpgen.algebra.index import BATCH, Index
from bpgen.algebra.records import dataclass
from bpgen.algebra.scope import exact
from bpgen.algebra.system import Tensor
from bpgen.claims.calls import COUNTS, call, is_one_hot
from bpgen.claims.functions import Functions
from bpgen.claims.names import BATCH_LETTERS, Names
from bpgen.claims.tree import (
    MATRIX,
    Apply,
    Call,
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
from bpgen.claims.value import Misfit, Value, diagonal, elementwise, fresh, matrix_product, ones, row_of, shape_text

LARGEST_POWER = 2000  # binary digits of an exact number, and powers of a tensor; beyond lies no float64

SUPPRESSED = "the batch"  # the index of the batch, where a claim about one sample leaves it out


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
                return ones()
            case Derivative():
                return self.derivative(term)
            case Transpose():
                return self.value(term.operand).turned()
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
            case Call():
                return self.call(term)
            case Comparison():
                return self.comparison(term)

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
            return row_of(tensor, self.letters.setdefault(term.indices[0], Index(term.indices[0], BATCH)))
        letters = self.written(term, tensor)
        unbound = [letter for letter in letters if letter not in self.bound]
        for letter, axis in zip(letters, tensor.axes, strict=True):
            known = self.letters.setdefault(letter, Index(letter, axis.extent))
            if known.extent != axis.extent:
                message = f"the index {letter} runs over {known.extent} and, in {term.name}, over {axis.extent}"
                raise Misfit("indices", message, term)
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
            adjoint = self.names.derivative_by(by, term.position)
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
        if term.kind != MATRIX or not (left.axes and right.axes):
            return elementwise(left, right, lambda a, b: a * b, term)
        return matrix_product(left, right, term)

    def sum(self, term: Sum) -> Value:
        total: Value | None = None
        for sign, part in term.terms:
            value = self.value(part)
            signed = value.with_expression(sign * value.expression)
            total = signed if total is None else elementwise(total, signed, lambda a, b: a + b, term)
        assert total is not None
        return total

    def together(self, left: Term, right: Term, join: Callable[[Expr, Expr], Expr], term: Term) -> Value:
        return elementwise(self.value(left), self.value(right), join, term)

    def power(self, term: Power) -> Value:
        base, exponent = self.value(term.base), self.value(term.exponent)
        if exponent.axes:
            raise Misfit("shape", f"the exponent is {shape_text(exponent)}, not a number", term)
        number, power = base.expression, exponent.expression
        if base.diagonal is not None and power == -1:
            return diagonal(Value(1 / base.diagonal, base.rows), term)
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

    def call(self, term: Call) -> Value:
        if len(term.arguments) not in COUNTS[term.function]:
            message = f"`{term.function}` is given {len(term.arguments)} arguments"
            counts = " or ".join(map(str, COUNTS[term.function]))
            raise self.names.source.error("argument-count", message, term.position, f"it takes {counts}")
        return call(term, [self.value(argument) for argument in term.arguments])

    def comparison(self, term: Comparison) -> Value:
        """1 where it holds.  [o = l_b]: 1 where the label of b is the o-th."""
        sides = [self.position(side) for side in (term.left, term.right)]
        if None in sides:
            sides = [self.value(side) for side in (term.left, term.right)]
        left, right = sides
        assert left is not None and right is not None
        return elementwise(left, right, COMPARISONS[term.operator], term)

    def position(self, term: Term) -> Value | None:
        """A letter of an index, or a label of an element, counted from 0; None for anything else."""
        if isinstance(term, Name) and term.name in self.letters:
            return Value(self.letters[term.name])
        if isinstance(term, Element):
            tensor = self.names.tensor(term.name, term.position)
            return self.element(term) if is_one_hot(tensor) else None
        return None

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
        letters = {letter: index for letter, index in self.letters.items() if letter not in term.indices}
        if term.upper.isdigit():
            letters |= {letter: Index(letter, int(term.upper)) for letter in term.indices}
        inside = replace(self, letters=letters, bound=(*self.bound, *term.indices), samples=samples)
        body = inside.value(term.body)
        for letter, index in inside.letters.items():
            if letter not in term.indices:
                self.letters.setdefault(letter, index)
        over = [inside.letters[letter] for letter in term.indices if letter in inside.letters]
        if len(over) < len(term.indices):
            missing = next(letter for letter in term.indices if letter not in inside.letters)
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


__all__ = ["SUPPRESSED", "Misfit", "Shapes", "Value", "shape_text"]
