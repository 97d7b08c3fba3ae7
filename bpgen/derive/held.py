"""Conditions that another factor of a product has in its definition: k * [c] -> k, for k = [c] / n.

Where c does not hold the product is 0 whatever stands there for [c], so that it may as well be 1.  So for an attention
under a mask: s is -inf where c does not hold, exp(s) is 0, and so is each product with it.

What may keep an infinite value from a product stays: `where` in the other factors, and a condition on tensors that the
tensor is made of whose adjoint this is, as in [x > 0] beside the adjoint of log(x).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import sympy
from sympy import Expr, Integer

from bpgen.algebra.expressions import Access, Reduction, open_reduction, rename
from bpgen.algebra.functions import Bracket, sigmoid, softplus, where
from bpgen.algebra.index import Index
from bpgen.algebra.recurrence import upstream
from bpgen.algebra.system import Equation
from bpgen.derive.contract import is_partial
from bpgen.derive.definitions import Definitions

# Each condition with the value, 1 or 0, that it has wherever something is not 0.
Needs = dict[Expr, Expr]

ZERO_AT_MINUS_INFINITY = (sympy.exp, sigmoid, softplus)


def without_held(expression: Expr, definitions: Definitions, name: str) -> tuple[Expr, tuple[str, ...]]:
    """The expression with the conditions settled that tensors beside them are 0 without; and these tensors.

    name: the tensor whose adjoint it is
    """
    used: list[str] = []

    def product(*factors: Expr) -> Expr:
        settled = list(factors)
        for number, factor in enumerate(factors):
            base, exponent = factor.as_base_exp()
            if not isinstance(base, Access) or not exponent.is_positive:
                continue
            others = [n for n, other in enumerate(settled) if n != number and other.has(Bracket)]
            held = _no_guards(held_by(base, definitions), name, definitions) if others else {}
            for n in others:
                assumed = settled[n].xreplace(held)
                guards = settled[n].has(where) or any(map(is_partial, settled[n].atoms(sympy.Pow, sympy.log)))
                if assumed != settled[n] and (settled[n] in held or not guards):
                    settled[n] = assumed
                    used.append(base.tensor)
        return sympy.Mul(*settled)

    if not expression.has(Bracket):
        return expression, ()
    result: Expr = expression.replace(sympy.Mul, product)
    return result, tuple(dict.fromkeys(used))


def held_by(access: Access, definitions: Definitions) -> Needs:
    """The conditions without which an element is 0 or undefined; outside of its tensor it is 0 whatever they are."""
    return _of_definition(access, definitions, infinite=False)


def finite_by(access: Access, definitions: Definitions) -> Needs:
    """The conditions without which an element is -inf or undefined."""
    return _of_definition(access, definitions, infinite=True)


def _no_guards(needs: Needs, name: str, definitions: Definitions) -> Needs:
    """Without the conditions on real tensors that share something they are made of with the tensor called `name`."""
    return {
        c: value for c, value in needs.items() if not _made_of(_asked(c), definitions) & _made_of({name}, definitions)
    }


def _asked(condition: Expr) -> set[str]:
    return {access.tensor for access in condition.atoms(Access) if not access.is_integer}


def _made_of(names: set[str], definitions: Definitions) -> set[str]:
    return set(upstream(definitions.equations.values(), names)) if names else set()


def _of_definition(access: Access, definitions: Definitions, *, infinite: bool) -> Needs:
    equation = _definition(access.tensor, definitions)
    if equation is None or len(equation.indices) != len(access.indices):  # an adjoint that has lost axes since
        return {}
    if (access.tensor, infinite) not in definitions.held:
        _find(access.tensor, definitions)
    here = dict(zip(equation.indices, access.indices, strict=True))
    return {rename(condition, here): value for condition, value in definitions.held[access.tensor, infinite].items()}


def _definition(name: str, definitions: Definitions) -> Equation | None:
    return definitions.equations.get(name) or definitions.adjoints.get(name)


def _find(name: str, definitions: Definitions) -> None:
    """Find the needs of a tensor, after those of what it is made of: networks are deeper than calls may be."""
    held = definitions.held
    waiting, begun = [name], {name}
    while waiting:
        equation = _definition(waiting[-1], definitions)
        read = equation.reads if equation is not None else ()
        before = [n for n in read if n not in begun and (n, True) not in held and _definition(n, definitions)]
        if before:
            waiting.append(before[0])
            begun.add(before[0])
            continue
        tensor = waiting.pop()
        if equation is None:
            continue
        # Of a recurrence, which reads itself, nothing is known meanwhile.
        for other in filter(begun.__contains__, (*read, tensor)):
            held.setdefault((other, False), {})
            held.setdefault((other, True), {})
        held[tensor, False] = _for_other_than_zero(equation.rhs, definitions)
        held[tensor, True] = _for_finite(equation.rhs, definitions)


def _for_other_than_zero(node: Expr, definitions: Definitions) -> Needs:
    """What has to hold for an expression to be other than 0."""

    def inside(part: Expr) -> Needs:
        return _for_other_than_zero(part, definitions)

    if isinstance(node, Access):
        return _of_definition(node, definitions, infinite=False)
    if isinstance(node, Bracket):
        return {node: Integer(1)}
    if isinstance(node, sympy.Mul):
        return _any_of(inside(factor) for factor in node.args)
    if isinstance(node, sympy.Pow):
        return inside(node.base) if node.exp.is_positive else {}
    if isinstance(node, sympy.Add):  # 1 - [c]
        opposite = {1 - term: term for term in node.atoms(Bracket)}.get(node)
        return {opposite: Integer(0)} if opposite is not None else _all_of(inside(term) for term in node.args)
    if isinstance(node, where):
        condition, chosen, otherwise = node.args
        if otherwise == 0:
            return _any_of([inside(condition), inside(chosen)])
        return _all_of([inside(chosen), inside(otherwise)]) if chosen != 0 else inside(1 - condition)
    if isinstance(node, Reduction) and node.op == "sum":
        return {c: value for c, value in inside(node.body).items() if not c.free_symbols.intersection(node.bound)}
    if isinstance(node, ZERO_AT_MINUS_INFINITY):
        return _for_finite(node.args[0], definitions)
    return {}


def _for_finite(node: Expr, definitions: Definitions) -> Needs:
    """What has to hold for an expression to be other than -inf."""

    def inside(part: Expr) -> Needs:
        return _for_finite(part, definitions)

    if isinstance(node, Access):
        return _of_definition(node, definitions, infinite=True)
    if isinstance(node, sympy.Add):
        return _any_of(inside(term) for term in node.args)
    if isinstance(node, sympy.Mul) and sum(not factor.is_positive for factor in node.args) == 1:
        return _any_of(inside(factor) for factor in node.args if not factor.is_positive)
    if isinstance(node, where) and node.args[2] == -sympy.oo:
        held = where(node.args[0], Integer(1), Integer(0))  # [c], or where(c, 1, 0) for a c made of several
        return _for_other_than_zero(node.args[0], definitions) | ({held: Integer(1)} if isinstance(held, where) else {})
    return {}


def _any_of(needs: Iterable[Needs]) -> Needs:
    """What one of them or another needs."""
    return {condition: value for found in needs for condition, value in found.items()}


def _all_of(needs: Iterable[Needs]) -> Needs:
    """What each of them needs."""
    first, *others = needs
    return {c: value for c, value in first.items() if all(found.get(c) == value for found in others)}


def with_known_zeros(equation: Equation, definitions: Definitions) -> Equation:
    """A flat equation with the conditions on indices in its sums without which their terms are 0, for counting terms.

    sum[j](p[i, j] * v[j]) -> sum[j](p[i, j] * v[j] * [i >= j]), for p = exp(s) / S with s = -inf elsewhere
    """

    def conditions(term: Expr, bound: tuple[Index, ...]) -> list[Expr]:
        held = _any_of(held_by(f, definitions) for f in sympy.Mul.make_args(term) if isinstance(f, Access))
        asked = [c for c, value in held.items() if value == 1 and not c.has(Access, where)]
        return [condition for condition in asked if condition.free_symbols.intersection(bound)]

    node = equation.reduction
    if node is None or node.op != "sum":
        return equation
    bound, body = open_reduction(node)
    found = [(term, conditions(term, bound)) for term in sympy.Add.make_args(body)]
    if not any(asked for _, asked in found):
        return equation
    known = Reduction("sum", sympy.Add(*(term * sympy.Mul(*asked) for term, asked in found)), *bound)
    return replace(equation, rhs=equation.rhs.xreplace({node: known}))
