"""From SymPy to typed scalars: the one place where lowering reads the algebra.

Products are grouped by the innermost loop their factors depend on, so that what a loop does not change stands
together and can leave it (2/(784 B) is one number).  Numbers in double precision (settings, counters) are
combined with each other in double precision, and cast where they first meet reals.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

import sympy
from sympy import Expr

from bpgen.algebra import functions
from bpgen.algebra.errors import LoweringError
from bpgen.algebra.expressions import Access, Reduction
from bpgen.algebra.index import BATCH as BATCH_SYMBOL
from bpgen.algebra.index import Index, extent_of
from bpgen.algebra.named_number import with_values
from bpgen.algebra.order import common_coefficient, exact_pairs
from bpgen.algebra.system import REAL, Equation, Tensor
from bpgen.lower.build import divided, integer_power, multiplied, negated, reciprocal, selected
from bpgen.lower.indices import affine, bounds, memory_order
from bpgen.lower.kinds import BINARY, COMPARISONS, UNARY, Kinds
from bpgen.lower.names import loop_names, place_of
from bpgen.lower.rewrite import at_first
from bpgen.lower.scalar import (
    Affine,
    BatchSize,
    Constant,
    IndexExpression,
    IndexValue,
    Indirect,
    Load,
    Loop,
    Operation,
    Reduce,
    Scalar,
)
from bpgen.lower.schedule import Assign

LARGEST_UNROLLED_POWER = 8


def convert(equation: Equation, tensors: Mapping[str, Tensor], places: tuple[Expr, ...] | None = None) -> Assign:
    """The equation as a statement over whole buffers, which bear the names of their tensors.

    places: the target's indices, where these are not the equation's own.
    Raises LoweringError where the right-hand side has no lowering yet.
    """
    return _Converter(equation, tensors).statement(equation.indices if places is None else places)


class _Converter:
    """Converts one equation; holds the names of its loops and their order."""

    def __init__(self, equation: Equation, tensors: Mapping[str, Tensor]) -> None:
        self.equation = equation
        self.tensors = tensors
        self.names = loop_names(equation, tensors)
        self.levels: dict[Index, int] = {index: level for level, index in enumerate(equation.indices)}
        self.kinds = Kinds(tensors)

    def statement(self, places: tuple[Expr, ...]) -> Assign:
        equation = self.equation
        loops = tuple(self.loop(index) for index in equation.indices)
        return Assign(
            target=equation.tensor.name,
            indices=tuple(self.affine(place) for place in places),
            loops=loops,
            value=self.convert(equation.rhs, equation.tensor.dtype),
            dtype=equation.tensor.dtype,
            numbers=(equation.number,) if equation.number else (),
        )

    def loop(self, index: Index) -> Loop:
        return Loop(self.names[index], extent_of(index))

    def level(self, expression: Expr) -> int:
        """The innermost loop that an expression depends on; -1 for none."""
        return max((self.levels[s] for s in expression.free_symbols if s in self.levels), default=-1)

    # Conversion, by kind of node.

    def convert(self, expression: Expr, dtype: str) -> Scalar:
        """The expression as a scalar of the given dtype."""
        kind = self.kinds.of(expression)
        if kind not in ("number", dtype):
            return Operation(dtype, "cast", (self.convert(expression, kind),))
        if expression.is_number:
            return self.constant(with_values(expression), dtype)
        if isinstance(expression, Access):
            return self.load(expression)
        if isinstance(expression, Reduction):
            return self.reduce(expression)
        if expression == BATCH_SYMBOL:
            return BatchSize(dtype)
        if isinstance(expression, Index):
            return IndexValue(dtype, self.affine(expression))
        predicate = self.predicate(expression)
        if predicate is not None:
            return selected(predicate, Constant(dtype, Fraction(1)))
        if expression.is_Add:
            return self.total(expression, dtype)
        if expression.is_Mul:
            return self.product(expression, dtype)
        if expression.is_Pow:
            return self.power(expression.base, expression.exp, dtype)
        return self.function(expression, dtype)

    def constant(self, expression: Expr, dtype: str) -> Constant:
        if expression.is_Rational:
            return Constant(dtype, Fraction(int(expression.p), int(expression.q)))
        if expression.is_Float:
            return Constant(dtype, float(expression))
        return Constant(dtype, float(sympy.N(expression, 25)))

    def function(self, expression: Expr, dtype: str) -> Scalar:
        arguments = expression.args
        if isinstance(expression, functions.stop):
            return self.convert(arguments[0], dtype)
        if isinstance(expression, functions.where):
            condition = self.condition(arguments[0])
            return Operation(dtype, "select", (condition, *(self.convert(a, dtype) for a in arguments[1:])))
        if isinstance(expression, functions.uniform):  # the numbers in double precision, as they are kept
            found = affine(arguments[3], self.names)
            place = self.convert(arguments[3], "int32") if found is None else IndexValue("int32", found)
            return Operation(dtype, "uniform", (*(self.convert(a, "float64") for a in arguments[:3]), place))
        name = UNARY.get(expression.func) or BINARY.get(expression.func)
        if name is None:
            raise self.error(f"{expression.func.__name__}(...) is not lowered yet", "lower.scalars")
        return Operation(dtype, name, tuple(self.convert(a, dtype) for a in arguments))

    def power(self, base: Expr, exponent: Expr, dtype: str) -> Scalar:
        if exponent.is_Rational and exponent < 0:
            return reciprocal(self.power(base, -exponent, dtype))
        if exponent == sympy.S.Half:
            return Operation(dtype, "sqrt", (self.convert(base, dtype),))
        # Multiplied out, a reduction would stand there several times: prod[s, u](a[u]) is prod[u](a[u]) ** n.
        if exponent.is_Integer and exponent <= LARGEST_UNROLLED_POWER and not base.has(Reduction):
            return integer_power(self.convert(base, dtype), int(exponent))
        return Operation(dtype, "power", (self.convert(base, dtype), self.convert(exponent, dtype)))

    def total(self, expression: Expr, dtype: str) -> Scalar:
        """A sum of terms: the double-precision ones first among themselves; negative ones subtracted."""
        common, rest = common_coefficient(expression)
        if common != 1 and not expression.has(Reduction):
            product = multiplied([self.constant(abs(common), dtype), self.convert(rest, dtype)], dtype)
            return negated(product) if common < 0 else product
        double, terms = self.parted(expression.args, dtype)
        positive: list[Expr] = []
        negative: list[Expr] = []
        for term in terms:
            coefficient, _ = term.as_coeff_Mul()
            (negative if coefficient < 0 else positive).append(term)
        # sum[i](x[i] w[i]) + c reads better than c + sum[i](x[i] w[i]), and so for x + 1.
        positive.sort(key=lambda term: (not term.has(Reduction), bool(term.is_number)))
        negative.sort(key=lambda term: not isinstance(-term, Access))
        pairs = exact_pairs(positive, negative)
        taken = [term for pair in pairs for term in pair]
        parts = [(False, self.convert(left + right, dtype)) for left, right in pairs]
        parts += [(False, self.convert(term, dtype)) for term in positive if term not in taken]
        parts += [(False, double)] if double is not None else []
        parts += [(True, self.convert(-term, dtype)) for term in negative if term not in taken]
        (first, value), *rest = parts
        value = negated(value) if first else value
        for subtracted, part in rest:
            value = Operation(dtype, "subtract" if subtracted else "add", (value, part))
        return value

    def parted(self, arguments: Iterable[Expr], dtype: str) -> tuple[Scalar | None, list[Expr]]:
        """The double-precision arguments of a sum, added up and cast; and the others."""
        if dtype == "float64":
            return None, list(arguments)
        double = [argument for argument in arguments if self.kinds.of(argument) == "float64"]
        others = [argument for argument in arguments if self.kinds.of(argument) != "float64"]
        numbers = [argument for argument in others if argument.is_number]
        if not double:
            return None, others
        others = [argument for argument in others if not argument.is_number]
        return Operation(dtype, "cast", (self.convert(sympy.Add(*double, *numbers), "float64"),)), others

    def product(self, expression: Expr, dtype: str) -> Scalar:
        """A product of factors as one fraction for each loop level, outermost level first."""
        coefficient, factors = expression.as_coeff_mul()
        coefficient *= sympy.Mul(*(f for f in factors if f.is_number))  # sqrt(2/pi) is one number
        factors = [f for f in factors if not f.is_number]
        conditions = [c for c in map(self.predicate, factors) if c is not None]
        factors = [f for f in factors if self.predicate(f) is None]
        negative = coefficient < 0
        size = abs(coefficient)
        value = self.fraction(size, factors, dtype) if factors or size != 1 else self.constant(size, dtype)
        if negative:
            value = negated(value)
        for condition in reversed(conditions):
            value = selected(condition, value)
        return value

    def fraction(self, coefficient: Expr, factors: list[Expr], dtype: str) -> Scalar:
        by_level: dict[int, tuple[list[Scalar], list[Scalar]]] = {}
        double = [f for f in factors if dtype != "float64" and self.kinds.of(f) == "float64"]
        if double:
            number = self.convert(sympy.Mul(coefficient, *double), "float64")
            by_level[self.level(sympy.Mul(*double))] = ([Operation(dtype, "cast", (number,))], [])
            factors = [f for f in factors if f not in double]
            coefficient = sympy.S.One
        for factor in sorted(factors, key=self.rank):
            over, under = by_level.setdefault(self.level(factor), ([], []))
            base, exponent = factor.as_base_exp() if factor.is_Pow else (factor, sympy.S.One)
            if exponent.is_Rational and exponent < 0:
                under.append(self.power(base, -exponent, dtype))
            else:
                over.append(self.convert(factor, dtype))
        if coefficient != 1:
            over, under = by_level.setdefault(min(by_level, default=-1), ([], []))
            if under and coefficient.is_Rational:
                over[:0] = [self.constant(sympy.Integer(coefficient.p), dtype)] if coefficient.p != 1 else []
                under[:0] = [self.constant(sympy.Integer(coefficient.q), dtype)] if coefficient.q != 1 else []
            else:
                over.insert(0, self.constant(coefficient, dtype))
        value: Scalar | None = None
        for level in sorted(by_level):
            over, under = by_level[level]
            parts = over if value is None else [value, *over]
            value = divided(multiplied(parts, dtype), multiplied(under, dtype))
        return Constant(dtype, Fraction(1)) if value is None else value

    def rank(self, factor: Expr) -> int:
        """Order of factors by what they are, not by their names, so that equal layers look equal."""
        if not isinstance(factor, Access):
            return 0
        role = self.tensors[factor.tensor].role
        return {"backward": 1, "parameter": 3, "state": 4}.get(role, 2)

    # Conditions.

    def predicate(self, expression: Expr) -> Scalar | None:
        """The expression as a condition, where its value can be only 0 or 1."""
        comparison = COMPARISONS.get(expression.func)
        if comparison is not None:
            left, right = expression.args
            kinds = {self.kinds.of(left), self.kinds.of(right)} - {"number"}
            dtype = kinds.pop() if len(kinds) == 1 else REAL
            if dtype == "int32" and not all(n.is_Integer for n in (left, right) if n.is_number):
                dtype = REAL
            return Operation("bool", comparison, (self.convert(left, dtype), self.convert(right, dtype)))
        if expression.is_Pow and expression.exp.is_positive:
            return self.predicate(expression.base)
        if expression.is_Mul:
            return self._combined("and", expression.args)
        if isinstance(expression, functions.maximum):
            return self._combined("or", expression.args)
        if expression.is_Add and len(expression.args) == 2 and expression.args[0] == 1:
            inner = self.predicate(-expression.args[1])
            return None if inner is None else Operation("bool", "not", (inner,))
        return None

    def _combined(self, op: str, arguments: tuple[Expr, ...]) -> Scalar | None:
        value: Scalar | None = None
        for argument in arguments:
            part = self.predicate(argument)
            if part is None:
                return None
            value = part if value is None else Operation("bool", op, (value, part))
        return value

    def condition(self, expression: Expr) -> Scalar:
        """Any expression as a condition: it holds where it is not 0."""
        predicate = self.predicate(expression)
        if predicate is not None:
            return predicate
        kind = self.kinds.of(expression)
        zero = Constant(kind, Fraction(0))
        return Operation("bool", "not", (Operation("bool", "equal", (self.convert(expression, kind), zero)),))

    # Accesses and reductions.

    def load(self, access: Access) -> Scalar:
        """An element; one outside of its tensor reads 0."""
        tensor = self.tensors[access.tensor]
        found = [self.index(index) for index in access.indices]
        indices = tuple(index for index, _ in found)
        load: Scalar = Load(tensor.dtype, tensor.name, indices)
        for index, extent, formula in zip(indices, tensor.shape, access.indices, strict=True):
            if isinstance(index, Affine):
                for condition in bounds(index, extent, formula, self.names):
                    load = selected(condition, load)
        for n, (_, inside) in enumerate(found):  # E[k[t + 1]] -> select(T > t + 1, E[k[t + 1]], E[0])
            if inside is not None:
                load = Operation(tensor.dtype, "select", (inside, load, at_first(load, tensor.name, n)))
        return load

    def index(self, expression: Expr) -> tuple[IndexExpression, Scalar | None]:
        """The index, and the condition for an element of a tensor to lie inside of that; elsewhere it is 0."""
        if not isinstance(expression, Access):
            return self.affine(expression), None
        inner = self.load(expression)
        match inner:
            case Load():
                return Indirect(inner), None
            case Operation(op="select", arguments=(inside, Load() as element, Constant(value=0))):
                return Indirect(element), inside
        raise self.error(f"the index {expression} is not lowered yet", "lower.indices")

    def affine(self, expression: Expr) -> Affine:
        found = affine(expression, self.names)
        if found is None:
            raise self.error(f"the index {expression} is not lowered yet", "lower.indices")
        return found

    def reduce(self, reduction: Reduction) -> Scalar:
        bound = memory_order(reduction)
        first = 1 + max(self.levels.values(), default=-1)
        self.levels |= {index: first + n for n, index in enumerate(bound)}
        loops = tuple(self.loop(index) for index in bound)
        if reduction.op == "argmax":
            loops = tuple(self.loop(index) for index in reduction.bound)  # places are counted in this order
            body = self.convert(reduction.body, self.kinds.of_body(reduction.body))
            return Reduce("int32", "argmax", loops, body)
        if reduction.op == "sum":
            return self.sum(reduction, loops)
        return Reduce(REAL, reduction.op, loops, self.convert(reduction.body, REAL))

    def sum(self, reduction: Reduction, loops: tuple[Loop, ...]) -> Scalar:
        """A sum, with the factors that it does not change taken out: sum[b](c a[b]) -> c sum[b](a[b])."""
        factors = sympy.Mul.make_args(reduction.body)
        bound = set(reduction.bound)
        inside = [factor for factor in factors if factor.free_symbols & bound]
        outside = [factor for factor in factors if not factor.free_symbols & bound]
        if not inside:  # the sum of a constant: its number of terms
            extents = sympy.Mul(*(index.extent for index in reduction.bound))
            return self.convert(extents * reduction.body, REAL)
        total = Reduce(REAL, "sum", loops, self.convert(sympy.Mul(*inside), REAL))
        if not outside:
            return total
        return multiplied([self.convert(sympy.Mul(*outside), REAL), total], REAL)

    def error(self, what: str, missing: str) -> LoweringError:
        return LoweringError(f"{place_of(self.equation)}: {what}; pass {missing} is missing")


def _unsigned(term: Expr) -> Expr:
    return -term if term.as_coeff_Mul()[0] < 0 else term


def _is_element(term: Expr) -> bool:
    """x, -x or x/4"""
    return isinstance(term.as_coeff_Mul()[1], Access)
