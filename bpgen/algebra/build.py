"""Syntax tree -> SymPy expression: names are bound, arithmetic and conditions formed."""

from __future__ import annotations

from collections.abc import Mapping

import sympy
from sympy import Expr, Integer

from bpgen.algebra.bindings import Bindings
from bpgen.algebra.build_calls import build_call
from bpgen.algebra.build_index import DIGITS, build_index
from bpgen.algebra.build_reductions import build_reduction
from bpgen.algebra.carry import Carried
from bpgen.algebra.check_names import shape_text, unknown_tensor
from bpgen.algebra.diagnose import SourceText, listing, nearest
from bpgen.algebra.errors import EquationError, Position
from bpgen.algebra.expressions import Access, Reduction
from bpgen.algebra.functions import (
    ONE,
    ZERO,
    absolute,
    equal,
    greater,
    greater_equal,
    less,
    less_equal,
    not_equal,
    sign,
    where,
)
from bpgen.algebra.scope import Scope, exact
from bpgen.algebra.split import Splitter, is_exponential_sum
from bpgen.algebra.syntax_tree import (
    Call,
    Compare,
    Conditional,
    Logic,
    Name,
    Negate,
    Node,
    Number,
    Power,
    Product,
    Reduce,
    Subscript,
    Sum,
)
from bpgen.algebra.system import Tensor

COMPARISONS = {"<": less, "<=": less_equal, ">": greater, ">=": greater_equal, "==": equal, "!=": not_equal}
LARGEST_POWER = 2000  # binary digits of an exact number; beyond lies no float64


class Builder:
    """Builds right-hand sides in one scope.

    tensors: by name as written; the caller adds each as it is defined.  extents: of all indices of the text.
    defined: names that the text defines.  splitter: makes parts that cannot be flat tensors of their own;
    None leaves everything nested as written.  carried: the recurrences of the text, if there are any.
    """

    def __init__(
        self,
        source: SourceText,
        scope: Scope,
        tensors: Mapping[str, Tensor],
        extents: Mapping[str, Expr],
        *,
        defined: frozenset[str] = frozenset(),
        splitter: Splitter | None = None,
        carried: Carried | None = None,
    ) -> None:
        self.source, self.scope, self.tensors, self.extents = source, scope, tensors, extents
        self.defined, self.splitter, self.carried = defined, splitter, carried
        self.streams = 0  # of random numbers so far

    def right_hand_side(self, node: Node, bindings: Bindings) -> Expr:
        """The value of an equation; a softmax or logsumexp that is all of it needs no tensor of its own."""
        if isinstance(node, Reduce):
            value = build_reduction(node, bindings, self, outermost=True)
        else:
            value = self.value(node, bindings)
        return own_functions(self._finite(value, node))

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
                return build_call(node, bindings, self)
            case Reduce():
                return build_reduction(node, bindings, self)
            case Sum():
                terms = [(mark, self._product(term, bindings)) for mark, term in node.terms]
                return sympy.Add(*(sympy.Mul(*([-1] if mark == "-" else []), *factors) for mark, factors in terms))
            case Product() | Negate():
                return sympy.Mul(*self._product(node, bindings))
            case Power():
                return self._power(node, bindings)
            case Compare() | Logic():
                return self.condition(node, bindings)
            case Conditional():
                return self.choice(node.condition, node.value, node.otherwise, bindings)
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
        help = "define it on an earlier line; a recurrence, which reads what depends on it, reads it at t - 1"
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
        if self.carried is not None:
            return self.carried.access(node, tensor, tuple(indices))
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
        if left.is_Integer and right.is_Integer and right != 0:
            return Integer(int(left) // int(right) if operator == "//" else int(left) % int(right))
        whole = left.is_integer and not left.has(Access, Reduction)
        if whole and right.is_Integer and right > 0:
            return DIGITS[operator](left, right)
        message = f"`{operator}` is only for indices and integers that are known, such as sizes"
        raise self.error("whole-division", message, node, "write / for the quotient of values")

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

    def condition(self, node: Node, bindings: Bindings) -> Expr:
        """A number that is 1 where the condition holds, else 0."""
        if isinstance(node, Compare):
            left, product = self.argument(node.first, bindings), ONE
            for operator, operand in node.rest:
                right = self.argument(operand, bindings)
                product, left = product * COMPARISONS[operator](left, right), right
            return product
        if isinstance(node, Logic):
            operands = [self.condition(operand, bindings) for operand in node.operands]
            if node.operator == "and":
                return sympy.Mul(*operands)
            if node.operator == "or":
                return _not(sympy.Mul(*(_not(operand) for operand in operands)))
            return _not(operands[0])
        return self.value(node, bindings)

    def choice(self, condition: Node, chosen: Node, otherwise: Node | None, bindings: Bindings) -> Expr:
        """where(condition, chosen, otherwise), without otherwise 0; of a settled condition one branch alone."""
        decided = self.condition(condition, bindings)
        if decided in (ONE, ZERO):  # as `training` is: what the other branch needs is not computed
            branch = chosen if decided == ONE else otherwise
            return self.value(branch, bindings) if branch else ZERO
        branches = [self.value(branch, bindings) if branch else ZERO for branch in (chosen, otherwise)]
        return where(self.settled(decided, "z", bindings), *branches)

    # --- what functions are applied to

    def settled(self, value: Expr, letter: str, bindings: Bindings) -> Expr:
        """What a function is applied to: a flat equation of its own if it holds a reduction."""
        if self.splitter is None or not value.has(Reduction):
            return value
        return self.splitter.temporary(value, "S" if is_exponential_sum(value) else letter, bindings.order)

    def argument(self, node: Node, bindings: Bindings) -> Expr:
        return self.settled(self.value(node, bindings), "z", bindings)


def _not(condition: Expr) -> Expr:
    """1 - condition; for one comparison that decides an order, the opposite comparison."""
    if isinstance(condition, greater):
        return greater_equal(condition.args[1], condition.args[0])
    if isinstance(condition, greater_equal):
        return greater(condition.args[1], condition.args[0])
    return ONE - condition


def own_functions(expression: Expr) -> Expr:
    """Our own |x| and sign in place of SymPy's, which arise from sqrt(x**2)."""
    if expression.has(sympy.Abs, sympy.sign):
        expression = expression.replace(sympy.Abs, absolute).replace(sympy.sign, sign)
    return expression
