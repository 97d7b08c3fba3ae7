"""Syntax tree -> SymPy expression: names are bound, functions applied, reductions formed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import sympy
from sympy import Expr, Integer

from bpgen.algebra.activations import DEFINITIONS
from bpgen.algebra.build_index import build_index
from bpgen.algebra.diagnose import SourceText, listing, nearest
from bpgen.algebra.errors import EquationError, Position
from bpgen.algebra.expressions import Access, Reduction, open_reduction, sum_over
from bpgen.algebra.functions import (
    FUNCTIONS, ONE, ZERO, Bracket, absolute, equal, greater, greater_equal, less, less_equal, maximum, minimum,
    not_equal, sign, where,
)  # fmt: skip
from bpgen.algebra.index import Index
from bpgen.algebra.infer import shape_text, unknown_tensor
from bpgen.algebra.scope import Scope, exact
from bpgen.algebra.split import Splitter, is_exponential_sum
from bpgen.algebra.syntax import parse
from bpgen.algebra.syntax_tree import (
    Call, Compare, Conditional, Logic, Name, Negate, Node, Number, Power, Product, Reduce, Subscript, Sum,
)  # fmt: skip
from bpgen.algebra.system import Tensor

REDUCTIONS = ("sum", "mean", "max", "min", "prod", "argmax", "softmax", "log_softmax", "logsumexp")
OVER_FREE_INDICES = ("softmax", "log_softmax")  # their result still has the index they run over
COMPARISONS = {
    "<": less, "<=": less_equal, ">": greater, ">=": greater_equal, "==": equal, "!=": not_equal,
}  # fmt: skip
SEVERAL = ("max", "min", "where", "d")
LARGEST_POWER = 2000  # binary digits of an exact number; beyond lies no float64


@dataclass(frozen=True)
class Bindings:
    """indices: in scope, left-hand ones first; values: arguments, inside the definition of a function."""

    indices: Mapping[str, Index] = field(default_factory=dict)
    values: Mapping[str, Expr] | None = None

    @classmethod
    def of(cls, indices: tuple[Index, ...]) -> Bindings:
        return cls({index.name: index for index in indices})

    def with_indices(self, added: tuple[Index, ...]) -> Bindings:
        return Bindings({**self.indices, **{index.name: index for index in added}}, self.values)

    @property
    def order(self) -> tuple[Index, ...]:
        return tuple(self.indices.values())


class Builder:
    """Builds right-hand sides in one scope.  With a splitter, parts that cannot be flat become temporaries."""

    def __init__(
        self, source: SourceText, scope: Scope, tensors: Mapping[str, Tensor], extents: Mapping[str, Expr],
        defined: frozenset[str], splitter: Splitter | None,
    ) -> None:  # fmt: skip
        self.source, self.scope, self.tensors, self.extents = source, scope, tensors, extents
        self.defined, self.splitter = defined, splitter

    def right_hand_side(self, node: Node, bindings: Bindings) -> Expr:
        """The value of an equation; a softmax or logsumexp that is all of it needs no tensor of its own."""
        outermost = isinstance(node, Reduce) and node.name in ("softmax", "logsumexp")
        value = self._reduce(node, bindings, outermost=True) if outermost else self.value(node, bindings)
        return _normal(self._finite(value, node))

    def error(self, code: str, message: str, node: Node, help: str = "", *, name: str = "") -> EquationError:
        """An error at a node, or at the name it begins with."""
        place = node.position
        if name:
            place = Position(place.line, place.column, len(name), place.file)
        return self.source.error(code, message, place, help)

    def value(self, node: Node, bindings: Bindings) -> Expr:
        match node:
            case Number():
                return exact(node.value)
            case Name():
                return self._name(node, bindings)
            case Subscript():
                return self._access(node, bindings)
            case Call():
                return self._call(node, bindings)
            case Reduce():
                return self._reduce(node, bindings)
            case Sum():
                terms = [(mark, self._product(term, bindings)) for mark, term in node.terms]
                return sympy.Add(*(sympy.Mul(*([-1] if mark == "-" else []), *factors) for mark, factors in terms))
            case Product() | Negate():
                return sympy.Mul(*self._product(node, bindings))
            case Power():
                return self._power(node, bindings)
            case Compare() | Logic():
                return self._condition(node, bindings)
            case Conditional():
                condition = self._settled(self._condition(node.condition, bindings), "z", bindings)
                otherwise = self.value(node.otherwise, bindings) if node.otherwise else ZERO
                branches = (
                    self._settled(branch, "t", bindings) for branch in (self.value(node.value, bindings), otherwise)
                )
                return where(condition, *branches)
            case _:
                raise self.error("unexpected-ellipsis", "`...` stands only in brackets", node)

    # --- names and accesses

    def _name(self, node: Name, bindings: Bindings) -> Expr:
        name = node.name
        if bindings.values is not None and name in bindings.values:
            return bindings.values[name]
        if name in bindings.indices:
            return bindings.indices[name]
        if name in self.extents:
            raise self.unbound(node)
        tensor = self.tensors.get(name)
        if tensor is not None:
            if tensor.axes:
                letters = ", ".join(axis.name for axis in tensor.axes)
                help = f"write {name}[{letters}], with an index an axis"
                raise self.error("wrong-axes", f"`{name}` has shape {shape_text(tensor)}, not a number", node, help)
            return tensor[()]
        number = self.scope.number(name)
        if number is not None:
            return number
        if name in self.defined:
            raise self._defined_later(node, name)
        candidates = {*self.scope.written_names, *self.tensors, *bindings.indices}
        message = f"unknown name `{name}`{nearest(name, candidates)}"
        help = f"known here: {listing(candidates - {'inf'})}; an index is bound on the left or by a reduction"
        raise self.error("unknown-name", message, node, help)

    def unbound(self, node: Name) -> EquationError:
        message = f"index `{node.name}` is not bound here"
        help = f"put it on the left-hand side, or sum over it: sum[{node.name}](...)"
        return self.error("unbound-index", message, node, help)

    def _defined_later(self, node: Node, name: str) -> EquationError:
        message = f"`{name}` is read before it is defined"
        help = "define it on an earlier line; recurrences are not supported yet"
        return self.error("read-before-defined", message, node, help, name=name)

    def _access(self, node: Subscript, bindings: Bindings) -> Expr:
        tensor = self.tensors.get(node.name)
        if tensor is None:
            if node.name in self.defined:
                raise self._defined_later(node, node.name)
            raise unknown_tensor(node.name, node.position, self.scope, self.tensors, self.source)
        indices = [
            build_index(item, axis, (node.name, n), bindings, self)
            for n, (item, axis) in enumerate(zip(node.indices, tensor.axes, strict=True))
        ]
        return tensor[tuple(indices)]

    # --- arithmetic

    def _product(self, node: Node, bindings: Bindings) -> list[Expr]:
        """The factors of a product with its signs and divisors, so that SymPy multiplies them all at once.

        One by one it would distribute -1 * (a + b) * c into (-a - b) * c.
        """
        if isinstance(node, Negate):
            return [Integer(-1), *self._product(node.operand, bindings)]
        if not isinstance(node, Product):
            return [self.value(node, bindings)]
        factors: list[Expr] = []
        for operator, factor in node.factors:
            found = self._product(factor, bindings)
            if operator in ("//", "%"):
                factors = [self._whole_division(operator, sympy.Mul(*factors), sympy.Mul(*found), node)]
            elif operator == "/":
                if any(part == 0 for part in found):
                    raise self.error("division-by-zero", "division by zero", factor)
                factors += [part**-1 for part in found]
            else:
                factors += found
        return factors

    def _whole_division(self, operator: str, left: Expr, right: Expr, node: Node) -> Expr:
        if not (left.is_Integer and right.is_Integer and right != 0):
            message = f"`{operator}` is only for integers that are known, such as sizes"
            raise self.error("whole-division", message, node, "write / for the quotient of values")
        return Integer(int(left) // int(right) if operator == "//" else int(left) % int(right))

    def _power(self, node: Power, bindings: Bindings) -> Expr:
        base, exponent = self.value(node.base, bindings), self.value(node.exponent, bindings)
        if base.is_Rational and exponent.is_Rational:
            digits = max(int(base.p).bit_length(), int(base.q).bit_length())
            if digits * abs(exponent) > LARGEST_POWER:
                raise self.error("number-range", "this power is beyond the numbers of float64", node)
            if base == 0 and exponent < 0:
                raise self.error("division-by-zero", "0 to a negative power", node)
        return base**exponent

    def _finite(self, value: Expr, node: Node) -> Expr:
        if value.has(sympy.zoo, sympy.nan):
            raise self.error("division-by-zero", "this is not a number: it divides by zero", node)
        if value.has(sympy.I):
            raise self.error("not-real", "this is not a real number: a root or logarithm of a negative one", node)
        return value

    # --- conditions

    def _condition(self, node: Node, bindings: Bindings) -> Expr:
        """A number that is 1 where the condition holds, else 0."""
        if isinstance(node, Compare):
            left, product = self._argument(node.first, bindings), ONE
            for operator, operand in node.rest:
                right = self._argument(operand, bindings)
                product, left = product * COMPARISONS[operator](left, right), right
            return product
        if isinstance(node, Logic):
            operands = [self._condition(operand, bindings) for operand in node.operands]
            if node.operator == "and":
                return sympy.Mul(*operands)
            if node.operator == "or":
                return _not(sympy.Mul(*(_not(operand) for operand in operands)))
            return _not(operands[0])
        return self.value(node, bindings)

    # --- functions

    def _settled(self, value: Expr, letter: str, bindings: Bindings) -> Expr:
        """What a function is applied to: a flat equation of its own if it holds a reduction."""
        if self.splitter is None or not value.has(Reduction):
            return value
        return self.splitter.temporary(value, "S" if is_exponential_sum(value) else letter, bindings.order)

    def _argument(self, node: Node, bindings: Bindings) -> Expr:
        return self._settled(self.value(node, bindings), "z", bindings)

    def _call(self, node: Call, bindings: Bindings) -> Expr:
        name = node.name
        if name == "d":
            raise self.error("not-supported", "d(...), a derivative inside an equation, is not supported yet", node)
        if name in DEFINITIONS:
            return self._defined(node, bindings)
        if name not in FUNCTIONS and name not in SEVERAL:
            raise self._no_function(node)
        if node.keywords:
            raise self._count(node, "takes no named arguments")
        if name in FUNCTIONS:
            if len(node.arguments) != 1:
                raise self._count(node, "takes 1 argument")
            return self._function(name, self.value(node.arguments[0], bindings), bindings)
        if name == "where":
            if len(node.arguments) != 3:
                raise self._count(node, "takes 3 arguments: where(condition, value, otherwise)")
            condition, *branches = node.arguments
            chosen = self._settled(self._condition(condition, bindings), "z", bindings)
            return where(chosen, *(self._settled(self.value(branch, bindings), "t", bindings) for branch in branches))
        if len(node.arguments) < 2:
            raise self._count(node, f"takes 2 arguments or more; over an index it is {name}[i](...)")
        first, *others = (self._argument(argument, bindings) for argument in node.arguments)
        for other in others:
            first = (maximum if name == "max" else minimum)(first, other)
        return first

    def _function(self, name: str, argument: Expr, bindings: Bindings) -> Expr:
        if name == "log" and is_exponential_sum(argument) and self.splitter is not None:
            total = self.splitter.temporary(argument, "S", bindings.order)
            return self.splitter.temporary(sympy.log(total), "lse", bindings.order)
        return _normal(FUNCTIONS[name](self._settled(argument, "z", bindings)))

    def _no_function(self, node: Call) -> EquationError:
        name = node.name
        if name in REDUCTIONS:
            message = f"`{name}` needs the indices it runs over"
            return self.error("missing-indices", message, node, f"write {name}[i](...)", name=name)
        if name in self.tensors or name in self.defined:
            return self.error("not-a-function", f"`{name}` is a tensor", node, f"write {name}[...]", name=name)
        known = {*FUNCTIONS, *DEFINITIONS, *SEVERAL, *REDUCTIONS} - {"d"}
        message = f"unknown function `{name}`{nearest(name, known)}"
        return self.error("unknown-function", message, node, f"functions are {', '.join(sorted(known))}", name=name)

    def _count(self, node: Call, takes: str) -> EquationError:
        given = len(node.arguments) + len(node.keywords)
        return self.error("argument-count", f"`{node.name}` {takes}, but is given {given}", node)

    def _defined(self, node: Call, bindings: Bindings) -> Expr:
        """A function with a definition in the language: its text with the arguments put in."""
        parameters, text = DEFINITIONS[node.name]
        names = [name for name, _ in parameters]
        given: dict[str, Node] = dict(zip(names, node.arguments, strict=False))
        unknown = [name for name, _ in node.keywords if name not in names or name in given]
        given |= dict(node.keywords)
        missing = [name for name, default in parameters if default is None and name not in given]
        if unknown or missing or len(node.arguments) > len(names):
            shown = ", ".join(name if default is None else f"{name}={default}" for name, default in parameters)
            raise self._count(node, f"is {node.name}({shown})")
        defaults = {name: parse(f"y = {default}")[0].value for name, default in parameters if default is not None}
        values = {name: self._argument(given.get(name) or defaults[name], bindings) for name in names}
        (definition,) = parse(f"y = {text}")
        return self.value(definition.value, Bindings({}, values))

    # --- reductions

    def _reduce(self, node: Reduce, bindings: Bindings, outermost: bool = False) -> Expr:
        if node.name not in REDUCTIONS:
            raise self._no_reduction(node)
        if len(node.arguments) != 1:
            message = f"`{node.name}[...]` takes 1 argument, but is given {len(node.arguments)}"
            raise self.error("argument-count", message, node)
        bound = self._bound(node, bindings)
        inner = bindings.with_indices(bound)
        body = self.value(node.arguments[0], inner)
        if node.name in ("softmax", "log_softmax", "logsumexp"):
            return self._softmax(node.name, self._settled(body, "z", inner), bound, inner, outermost)
        return self._reduction(node.name, body, bound, inner)

    def _no_reduction(self, node: Reduce) -> EquationError:
        if node.name in FUNCTIONS or node.name in DEFINITIONS:
            message = f"`{node.name}` runs over no index"
            return self.error("unexpected-indices", message, node, f"write {node.name}(...)", name=node.name)
        message = f"unknown reduction `{node.name}`{nearest(node.name, REDUCTIONS)}"
        help = f"reductions are {', '.join(REDUCTIONS)}; a product is written with *"
        return self.error("unknown-reduction", message, node, help, name=node.name)

    def _bound(self, node: Reduce, bindings: Bindings) -> tuple[Index, ...]:
        indices: list[Index] = []
        for item in node.indices:
            if not isinstance(item, Name):
                raise self.error("index-name", f"`{node.name}` runs over names of indices", item, "such as sum[i, j]")
            free = node.name in OVER_FREE_INDICES
            if free and item.name not in bindings.indices:
                raise self.unbound(item)
            if not free and item.name in bindings.indices:
                message = f"index `{item.name}` is already bound where this `{node.name}` would bind it again"
                raise self.error("shadowed-index", message, item, "use another letter for the inner one")
            if item.name in (index.name for index in indices):
                raise self.error("repeated-index", f"`{item.name}` stands twice in these brackets", item)
            if item.name not in self.extents:
                message = f"the extent of index `{item.name}` is not known: no tensor here fixes it"
                raise self.error("unknown-extent", message, item, "index an axis with it, or give it in `sizes`")
            indices.append(Index(item.name, self.extents[item.name]))
        return tuple(indices)

    def _reduction(self, op: str, body: Expr, bound: tuple[Index, ...], inner: Bindings) -> Expr:
        extents = sympy.Mul(*(index.extent for index in bound))
        if self.splitter is not None:
            if op in ("sum", "mean"):
                body, bound = _merged(body, bound)
            body = self.splitter.clear(body, (*inner.order, *bound))
        match op:
            case "sum":
                return sum_over(body, bound)
            case "mean":
                return sum_over(body, bound) / extents
            case "min":
                return -_extremum(-body, bound)
            case "max":
                return _extremum(body, bound)
            case "prod":
                absent = sympy.Mul(*(index.extent for index in bound if index not in body.free_symbols))
                return Reduction("prod", body, *(i for i in bound if i in body.free_symbols)) ** absent
            case _:
                return Reduction("argmax", body, *bound)

    def _softmax(self, op: str, argument: Expr, bound: tuple[Index, ...], inner: Bindings, outermost: bool) -> Expr:
        """exp(z) / S, z - log S or log S, with S = sum[j](exp(z)): the mathematical form, no shift.

        Stabilisation is a pass of the derivation, which also shows it.
        """
        power = sympy.exp(argument)
        if self.splitter is None:
            total = sum_over(power, bound)
            return {"softmax": power / total, "log_softmax": argument - sympy.log(total)}.get(op, sympy.log(total))
        order = tuple(index for index in inner.order if index not in bound)
        if op == "softmax":
            power = self.splitter.temporary(power, "e", inner.order)
        total = self.splitter.temporary(sum_over(power, bound), "S", order)
        if op == "softmax":
            return power / total if outermost else self.splitter.temporary(power / total, "p", inner.order)
        if outermost:
            return sympy.log(total)
        logarithm = self.splitter.temporary(sympy.log(total), "lse", order)
        return argument - logarithm if op == "log_softmax" else logarithm


def _not(condition: Expr) -> Expr:
    """1 - condition; for one comparison that decides an order, the opposite comparison."""
    if isinstance(condition, greater):
        return greater_equal(condition.args[1], condition.args[0])
    if isinstance(condition, greater_equal):
        return greater(condition.args[1], condition.args[0])
    return ONE - condition


def _extremum(body: Expr, bound: tuple[Index, ...]) -> Expr:
    return Reduction("max", body, *(index for index in bound if index in body.free_symbols))


def _merged(body: Expr, bound: tuple[Index, ...]) -> tuple[Expr, tuple[Index, ...]]:
    """sum[b](c * sum[j](f)) as sum[b, j](c * f), where c is a number: one pass over all of them."""
    while True:
        numbers, rest = body.as_independent(Access, Index, Reduction, as_Add=False)
        if not (isinstance(rest, Reduction) and rest.op == "sum"):
            return body, bound
        inner, opened = open_reduction(rest)
        body, bound = numbers * opened, (*bound, *inner)


def _normal(expression: Expr) -> Expr:
    """Our own |x| and sign in place of SymPy's, which arise from sqrt(x**2)."""
    if expression.has(sympy.Abs, sympy.sign):
        expression = expression.replace(sympy.Abs, absolute).replace(sympy.sign, sign)
    return expression
