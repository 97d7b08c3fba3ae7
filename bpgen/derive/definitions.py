"""Definitions, for folding and unfolding: which forward tensor holds which expression.

Folding replaces an expression by the tensor that already holds it (exp(z) by e, 1/(1 + exp(-z)) by s, a sum
by the tensor it defines).  Tables are keyed by structure, so that the cost of a look-up does not grow with
the network.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, fields
from functools import lru_cache

import sympy
from sympy import Expr, Integer

from bpgen.algebra.expressions import RECENT, Access, Reduction, accesses
from bpgen.algebra.functions import Bracket, greater, maximum, minimum, stop, uniform, where
from bpgen.algebra.index import Index
from bpgen.algebra.records import dataclass
from bpgen.algebra.system import Equation, Tensor
from bpgen.derive.fold_beside import fold_beside
from bpgen.derive.measured import Measured
from bpgen.derive.products import Products
from bpgen.derive.unify import Within, apart, match

Key = tuple[str, tuple[str, ...]]
NOT_WORTH_FOLDING = (Bracket, where, maximum, minimum, stop, uniform)


@dataclass(frozen=True)
class Definition:
    """pattern, over the indices of `indices`, equals value."""

    pattern: Expr
    indices: tuple[Index, ...]
    value: Expr
    tensor: str


@dataclass
class Definitions:
    """The forward equations, ready to be looked up; adjoints: those simplified so far, whose sums may be known too.

    assumed: tensors of which a declared fact, one that small changes break, has been used
    held: what has been found of the conditions under which a tensor is 0, or -inf: see `bpgen.derive.held`
    measured: sums as they are sampled, where there are samples
    """

    tensors: dict[str, Tensor]
    folds: dict[Key, list[Definition]] = field(default_factory=dict)
    equations: dict[str, Equation] = field(default_factory=dict)
    ratios: dict[tuple[str, str], Definition] = field(default_factory=dict)
    tops: set[str] = field(default_factory=set)
    adjoints: dict[str, Equation] = field(default_factory=dict)
    products: Products = field(default_factory=Products)
    choices: dict[Key, list[Equation]] = field(default_factory=dict)
    assumed: set[str] = field(default_factory=set)
    held: dict[tuple[str, bool], dict[Expr, Expr]] = field(default_factory=dict)
    measured: Measured = field(default_factory=Measured)

    @staticmethod
    def of(equations: Iterable[Equation], tensors: Mapping[str, Tensor]) -> Definitions:
        definitions = Definitions(dict(tensors))
        for equation in equations:
            definitions.add(equation)
        return definitions

    def copy(self) -> Definitions:
        """What is known now, whatever is learnt later."""
        known = {item.name: getattr(self, item.name).copy() for item in fields(self)}
        known["folds"] = {key: list(found) for key, found in self.folds.items()}
        return Definitions(**known)

    def add(self, equation: Equation) -> None:
        """Learn one more equation."""
        self.equations[equation.tensor.name] = equation
        for definition in _folds_of(equation):
            self.folds.setdefault(key_of(definition.pattern), []).append(definition)
        self.products.add(equation, self._is_never_zero)
        if equation.reduction is None and len(equation.rhs.atoms(where)) == 1:
            (choice,) = equation.rhs.atoms(where)
            self.choices.setdefault(key_of(choice.args[0]), []).append(equation)
        ratio = _ratio_of(equation)
        if ratio is not None:
            self.tops.add(ratio[0])
            self.ratios[ratio] = _definition(equation.rhs, equation.lhs, equation)

    def fold(self, expression: Expr) -> tuple[Expr, tuple[str, ...]]:
        """The expression with all it can read from forward tensors; and the tensors used."""
        used: list[str] = []
        for _ in range(8):
            mapping: dict[Expr, Expr] = {}
            for node in _foldable(expression):
                held = self._held(node)
                if held is not None:
                    mapping[node] = held[0]
                    used.append(held[1])
            folded, beside = fold_beside(expression.xreplace(mapping), _foldable, self._held)
            folded, ratios = self._fold_ratios(folded)
            folded, products = self.products.fold(folded)
            used += [*beside, *ratios, *products]
            if folded == expression:
                break
            expression = folded
        return expression, tuple(dict.fromkeys(used))

    def _held(self, node: Expr, within: Within = frozenset()) -> tuple[Expr, str] | None:
        """What holds a node, and the tensor's name."""
        for definition in self.folds.get(key_of(node), ()):
            pattern, whole, times = _same_power(definition.pattern, node)
            binding = match(pattern, whole, definition.indices, within)
            value = definition.value if binding is None else definition.value.xreplace(binding)
            # Outside of its axes a tensor is 0, and so is a product with it; a quotient would be a new one.
            if binding is not None and (times.is_positive or all(access.is_inside for access in accesses(value))):
                return value**times, definition.tensor
        return None

    def _is_never_zero(self, access: Access) -> bool:
        definition = self.unfold(access)
        power = definition.args[1] if isinstance(definition, sympy.Pow) else Integer(1)
        return bool(access.is_positive) or bool(power.is_negative and not power.is_Integer)

    def _fold_ratios(self, expression: Expr) -> tuple[Expr, list[str]]:
        """e/S -> p, where p = e/S is a tensor."""
        used: list[str] = []
        if not self.ratios:
            return expression, used

        def fold_product(*factors: Expr) -> Expr:
            product = sympy.Mul(*factors)
            for top in factors:
                base, power = top.as_base_exp()
                if not isinstance(base, Access) or not power.is_positive or base.tensor not in self.tops:
                    continue
                for bottom in _with_divisors(factors):
                    other, negative = bottom.as_base_exp()
                    if not isinstance(other, Access) or not negative.is_negative:
                        continue
                    definition = self.ratios.get((base.tensor, other.tensor))
                    binding = definition and match(definition.pattern, base / other, definition.indices)
                    if definition is not None and binding is not None:
                        used.append(definition.tensor)
                        left = sympy.Mul(*_with_divisors(factors))
                        return left * other / base * definition.value.xreplace(binding)
            return product

        if not any(access.tensor in self.tops for access in expression.atoms(Access)):
            return expression, used
        return expression.replace(sympy.Mul, fold_product), used

    def unfold(self, access: Access) -> Expr | None:
        """The definition of an elementwise forward tensor, or of an adjoint, at the access; or None."""
        equation = self.equations.get(access.tensor)
        if equation is not None and equation.reduction is not None:
            return None
        equation = equation or self.adjoints.get(access.tensor)
        if equation is None or not access.is_inside:
            return None
        result: Expr = equation.rhs.xreplace(dict(zip(equation.indices, access.indices, strict=True)))
        return result


def _definition(pattern: Expr, value: Expr, equation: Equation) -> Definition:
    own = apart(equation.indices)
    return Definition(pattern.xreplace(own), tuple(own.values()), value.xreplace(own), equation.tensor.name)


def _folds_of(equation: Equation) -> Iterator[Definition]:
    rhs, lhs = equation.rhs, equation.lhs
    reduction = equation.reduction
    if reduction is not None:  # t = c*R -> R = t/c, also where t = R/n: where n is 0, t is not defined
        factor = rhs / reduction
        if not sympy.fraction(factor)[0].has(Access) and not factor.has(Reduction):
            yield _definition(reduction, lhs / factor, equation)
        return
    if isinstance(rhs, maximum) and rhs.args[0] == 0:  # [z > 0] -> [h > 0] for h = max(0, z)
        yield _definition(greater(rhs.args[1], Integer(0)), greater(lhs, Integer(0)), equation)
    if _is_foldable(rhs):
        yield _definition(rhs, lhs, equation)


def _ratio_of(equation: Equation) -> tuple[str, str] | None:
    """(e, S) for an equation p = e/S."""
    factors = equation.rhs.args if isinstance(equation.rhs, sympy.Mul) else ()
    if len(factors) != 2:
        return None
    powers = {factor.as_base_exp()[1]: factor.as_base_exp()[0] for factor in factors}
    top, bottom = powers.get(Integer(1)), powers.get(Integer(-1))
    if isinstance(top, Access) and isinstance(bottom, Access):
        return top.tensor, bottom.tensor
    return None


def _with_divisors(factors: tuple[Expr, ...]) -> list[Expr]:
    """e * (1/S - a/(S p)) -> e, 1/S and 1 - a/p: what all terms of a sum are divided by stands beside it"""
    found: list[Expr] = []
    for factor in factors:
        terms = sympy.Add.make_args(factor) if isinstance(factor, sympy.Add) else ()
        divisors = [_divisors(term) for term in terms]
        shared = [divisor for divisor in (divisors or [[]])[0] if all(divisor in other for other in divisors)]
        found += [1 / divisor for divisor in shared]
        found.append(sympy.Add(*(term * sympy.Mul(*shared) for term in terms)) if shared else factor)
    return found


def _divisors(term: Expr) -> list[Expr]:
    powers = (factor.as_base_exp() for factor in sympy.Mul.make_args(term))
    return [base for base, power in powers if isinstance(base, Access) and power.is_negative]


def _is_foldable(node: Expr) -> bool:
    if isinstance(node, Bracket) and node.has(Access):
        return isinstance(node, greater)
    if isinstance(node, Reduction):
        return True
    if isinstance(node, sympy.Function):
        return node.has(Access) and not isinstance(node, NOT_WORTH_FOLDING)
    return isinstance(node, sympy.Pow) and not node.args[1].is_Integer and node.has(Access)


@lru_cache(maxsize=RECENT)
def _foldable(expression: Expr) -> tuple[Expr, ...]:
    found = dict.fromkeys(node for node in sympy.preorder_traversal(expression) if _is_foldable(node))
    if len(found) > 1:
        return tuple(sorted(found, key=lambda node: (-sympy.count_ops(node), sympy.default_sort_key(node))))
    return tuple(found)


def _same_power(pattern: Expr, node: Expr) -> tuple[Expr, Expr, Expr]:
    """(v**-(3/2) for the pattern v**-(1/2)) -> the bases, and 3, the power of the pattern that the node is."""
    if isinstance(pattern, sympy.Pow) and isinstance(node, sympy.Pow):
        times = node.args[1] / pattern.args[1]
        if times.is_Integer:
            return pattern.args[0], node.args[0], times
    return pattern, node, Integer(1)


def key_of(pattern: Expr) -> Key:
    """What expressions that match a pattern have in common with it."""
    head = pattern.op if isinstance(pattern, Reduction) else type(pattern).__name__
    return head, tuple(access.tensor for access in accesses(pattern))
