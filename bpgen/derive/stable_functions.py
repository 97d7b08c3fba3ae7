"""Functions that lose digits in their tails, or overflow, in forms that do not.

    1 - s -> sigmoid(-u),  s - y -> (1 - y) s - y sigmoid(-u)     for s = sigmoid(u)
    softplus(u) - y u -> (1 - y) softplus(u) + y softplus(-u)
    log(cosh(u)) -> |u| - log(2) + log1p(exp(-2 |u|)), and log1p(2 sinh(u/2)**2) where |u| < 1

What is linear in s, a s + b, is (a + b) s + b (1 - s): where s is near 1 the digits of b are not taken from those of
a s any more.  That matters where all of a derivative has such a factor; where something is added to it, it is rounded
off.  It takes a sigmoid more, so that it is not done in the steps of a recurrence.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import field, replace

import sympy
from sympy import Expr, Integer

from bpgen.algebra.expressions import Access, Reduction, open_reduction, rename, sum_over
from bpgen.algebra.functions import absolute, greater, log1p, minimum, sigmoid, softplus, where
from bpgen.algebra.records import dataclass
from bpgen.algebra.recurrence import components
from bpgen.algebra.system import Equation, System
from bpgen.derive.cost import cost
from bpgen.derive.name_shared import unique_name


def keep_tails(system: System) -> tuple[System, tuple[Equation, ...]]:
    """The system with these forms, and the equations that keep the digits of 1 - s, as they were."""
    moving = {name for component in components(system.equations) for name in component.names}
    complements = _Complements(system, moving)
    equations, rounded = [], []
    for equation in system.equations:
        rhs = equation.rhs.replace(_is_log_cosh, lambda node: log_cosh(node.args[0].args[0]))
        if rhs.has(softplus):
            rhs = rhs.replace(sympy.Add, _softplus_of_both_sides)
        if equation.tensor.name not in moving:
            kept = complements.within(rhs)
            if kept != rhs:
                rounded.append(replace(equation, rhs=rhs))
            rhs = kept
        equations.append(replace(equation, rhs=rhs))
    named = [part for e in equations for part in (e, *complements.beside(e.tensor.name))]
    tensors = dict(system.tensors) | {e.tensor.name: e.tensor for e in complements.named.values()}
    return replace(system, tensors=tensors, equations=tuple(named)), tuple(rounded)


def _is_log_cosh(node: Expr) -> bool:
    return isinstance(node, sympy.log) and isinstance(node.args[0], sympy.cosh)


def log_cosh(argument: Expr) -> Expr:
    """log(cosh(u)) without overflow, exact near 0."""
    size = absolute(argument)
    near = log1p(2 * sympy.sinh(minimum(size, Integer(1)) / 2) ** 2)
    return where(greater(Integer(1), size), near, size - sympy.log(2) + log1p(sympy.exp(-2 * size)))


def _softplus_of_both_sides(*terms: Expr) -> Expr:
    """a softplus(u) - c u -> (a - c) softplus(u) + c softplus(-u), for u = softplus(u) - softplus(-u)"""
    total = sympy.Add(*terms)
    for node in sorted(total.atoms(softplus), key=sympy.default_sort_key):
        with_it = [term for term in terms if node in sympy.Mul.make_args(term)]
        argument = node.args[0]
        if len(with_it) != 1 or isinstance(argument, sympy.Add):
            continue
        slope = with_it[0] / node
        read = argument.atoms(Access)
        beside = [term for term in terms if term != with_it[0] and _is_multiple(term, argument)]
        linear = sympy.Add(*(-term / argument for term in beside))
        above = sympy.expand(slope - linear)
        if not beside or (above.is_number and above != 0) or slope.atoms(Access) & read:
            continue
        if linear.has(Reduction):  # it would be summed twice
            continue
        rest = sympy.Add(*(term for term in terms if term != with_it[0] and term not in beside))
        return above * node + linear * softplus(-argument) + rest
    return total


def _is_multiple(term: Expr, argument: Expr) -> bool:
    """Whether a term is the argument times what does not depend on it: not softplus(-i) / i, for i may be 0."""
    read = argument.atoms(Access)
    ratio = term / argument
    bare = argument.xreplace(dict.fromkeys(read, Integer(1))).free_symbols
    return bool(read) and not ratio.atoms(Access) & read and not sympy.fraction(ratio)[1].free_symbols & bare


def _total(*terms: Expr) -> Expr:
    """The sum of terms, multiplied out where something cancels: h + x (1 - h^2) loses h if x is multiplied out."""
    expanded = [sympy.expand(term) for term in terms]
    whole = sympy.Add(*expanded)
    cancels = len(sympy.Add.make_args(whole)) < sum(len(sympy.Add.make_args(term)) for term in expanded)
    return whole if cancels else sympy.Add(*terms)


@dataclass
class _Complements:
    """What is linear in sigmoids, written by both of their sides.

    named: 1 - s beside each s that is a tensor, and that a factor reads: both take the same exponential
    """

    system: System
    moving: Collection[str]
    named: dict[str, Equation] = field(default_factory=dict)

    def beside(self, name: str) -> tuple[Equation, ...]:
        """The equation of 1 - s beside that of s."""
        return (self.named[name],) if name in self.named else ()

    def within(self, expression: Expr) -> Expr:
        """An expression with all of its factors so."""
        if isinstance(expression, Reduction) and expression.op == "sum":
            bound, body = open_reduction(expression)
            return sum_over(self.within(body), bound)
        return sympy.Mul(*(self._factor(factor) for factor in sympy.Mul.make_args(expression)))

    def _factor(self, factor: Expr) -> Expr:
        base, exponent = factor.as_base_exp()
        if isinstance(factor, Reduction):
            return self.within(factor) if factor.op == "sum" else factor
        if not isinstance(base, sympy.Add) or base.has(Reduction):
            return factor
        for part, argument in self._sigmoids(base):
            symbol = sympy.Dummy(real=True)
            terms = sympy.Add.make_args(base.xreplace({part: symbol}))
            slopes = [term / symbol for term in terms if term.has(symbol)]
            rest = sympy.Add(*(term for term in terms if not term.has(symbol)))
            if rest == 0 or any(slope.has(symbol) for slope in slopes):
                continue
            above = _total(*slopes, rest)
            if above.is_number and above != 0:  # where s is 1 nothing cancels
                continue
            if cost(above) + cost(rest) > cost(base) + 1:  # a sigmoid, two products, a sum more: no more than that
                continue
            return (above * part + rest * self._complement(part, argument)) ** exponent
        return factor

    def _sigmoids(self, expression: Expr) -> list[tuple[Expr, Expr]]:
        """The sigmoids, and tensors that are some, each with its argument."""
        nodes = sorted(expression.atoms(sigmoid, Access), key=sympy.default_sort_key)
        pairs = ((node, self._argument(node)) for node in nodes)
        return [(node, argument) for node, argument in pairs if argument is not None]

    def _argument(self, node: Expr) -> Expr | None:
        """u for sigmoid(u), or for a tensor that is defined so; None for others."""
        if isinstance(node, sigmoid):
            return node.args[0]
        if not isinstance(node, Access) or not node.is_inside:
            return None
        equation = self.system.defining.get(node.tensor)
        if equation is None or not isinstance(equation.rhs, sigmoid):
            return None
        return rename(equation.rhs.args[0], dict(zip(equation.indices, node.indices, strict=True)))

    def _complement(self, part: Expr, argument: Expr) -> Expr:
        """1 - s with all of its digits: beside s where that is a tensor outside of recurrences."""
        if not isinstance(part, Access) or part.tensor in self.moving:
            return sigmoid(-argument)
        if part.tensor not in self.named:
            equation = self.system.defining[part.tensor]
            name = unique_name(f"{part.tensor}.t", lambda other: other in self.system.tensors)
            tensor = replace(equation.tensor, name=name, symbol="t", role=equation.role)
            rhs = sigmoid(-equation.rhs.args[0])
            self.named[part.tensor] = replace(equation, tensor=tensor, rhs=rhs)
        return Access(self.named[part.tensor].tensor.atom, *part.indices)
