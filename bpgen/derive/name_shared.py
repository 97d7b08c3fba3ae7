"""Name what forward and backward both need: y = x s(x) becomes s = s(x), y = x s.

A function inside a larger right-hand side that occurs again in that side's own derivative gets a
tensor of its own, so that the backward equations can read it instead of computing it again.  So does an
exponential that is summed: S = sum of exp(z) becomes e = exp(z), S = sum of e.  And what is divided by a length,
or by a deviation: y = (x - m) / sqrt(v) * w becomes r = 1 / sqrt(v), n = (x - m) * r, y = n * w.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import sympy
from sympy import Expr

from bpgen.algebra.expressions import Access, Reduction, accesses, free_indices
from bpgen.algebra.functions import Bracket, absolute, maximum, minimum, sign, stop, uniform, where
from bpgen.algebra.index import Index
from bpgen.algebra.recurrence import arrange, upstream
from bpgen.algebra.slope import partial
from bpgen.algebra.system import REAL, Equation, System, Tensor
from bpgen.derive.contract import is_partial
from bpgen.derive.definitions import Definitions

CHEAP = (Bracket, absolute, maximum, minimum, sign, stop, uniform, where)
LETTERS = {"sigmoid": "s", "exp": "e", "erf": "r", "tanh": "h", "softplus": "q", "log": "l", "Pow": "r"}


def name_shared_functions(system: System) -> tuple[System, tuple[str, ...]]:
    """The system with shared functions as equations of their own, and notes that name them."""
    tensors = dict(system.tensors)
    equations: list[Equation] = []
    named: list[str] = []
    exponentials = Definitions({})
    differentiated = upstream(system.equations, [system.loss] if system.loss else [])
    for equation in system.equations:
        if equation.tensor.name not in differentiated:
            equations.append(equation)
            continue
        # A derivative in an equation may read what was named only now.
        known = exponentials.fold(equation.rhs)[0] if exponentials.equations else equation.rhs
        parts, rest = _take_apart(replace(equation, rhs=known), tensors)
        parts, rest = _with_normalised(parts, rest, (*equations, *parts), tensors)
        for part in parts:
            tensors[part.tensor.name] = part.tensor
            if isinstance(part.rhs, sympy.exp):
                exponentials.tensors[part.tensor.name] = part.tensor
                exponentials.add(part)
            named.append(part.tensor.name)
        equations += [*parts, rest]
    groups = [[name for name in named if name.endswith(".inference") is outside] for outside in (False, True)]
    notes = tuple(_note(group) for group in groups if group)
    # A part of a recurrence's equation may stand outside of it, and then before it.
    return replace(system, tensors=tensors, equations=arrange(equations)), notes


def _note(named: list[str]) -> str:
    """One sentence for all of them."""
    first = ", ".join(f"`{name}`" for name in named[:-1])
    if not first:
        return f"`{named[0]}` is named because the backward pass reads it again"
    return f"{first} and `{named[-1]}` are named because the backward pass reads them again"


def _take_apart(equation: Equation, tensors: Mapping[str, Tensor]) -> tuple[list[Equation], Equation]:
    """The equations of the parts that get a name, and the equation that reads them."""
    reduction = equation.reduction
    if reduction is not None and reduction.op == "sum" and isinstance(reduction.body, sympy.exp):
        letters = iter(sorted(set("jkipqrst") - {index.name for index in equation.indices}))
        bound = tuple(index.renamed(next(letters)) for index in reduction.bound)
        body = reduction.body.xreplace(dict(zip(reduction.bound, bound, strict=True)))
        part = _definition(body, (*equation.indices, *bound), equation, tensors.__contains__)
        summed = Reduction("sum", part.lhs, *bound)
        return [part], replace(equation, rhs=equation.rhs.xreplace({reduction: summed}))
    parts: list[Equation] = []
    for node in _shared(equation.rhs):
        named = [part.tensor.name for part in parts]
        part = _definition(node, equation.indices, equation, {*tensors, *named}.__contains__)
        parts.append(part)
        equation = replace(equation, rhs=equation.rhs.xreplace({node: part.lhs}))
    return parts, equation


def _shared(rhs: Expr) -> list[Expr]:
    """Functions and roots strictly inside that the derivative contains again, outermost only."""
    if rhs.has(Reduction):
        return []
    found: list[Expr] = []
    # A root behind a condition stays there: by itself it would be undefined where the condition does not hold.
    behind = {node for choice in rhs.atoms(where) for branch in choice.args[1:] for node in branch.atoms(sympy.Pow)}
    roots = [node for node in rhs.atoms(sympy.Pow) if is_root(node) and not (node in behind and is_partial(node))]
    nodes = [*rhs.atoms(sympy.Function), *roots]
    for node in sorted(nodes, key=lambda n: (-sympy.count_ops(n), sympy.default_sort_key(n))):
        if node == rhs or isinstance(node, CHEAP) or not node.has(Access) or rhs == -node:
            continue
        if any(other.has(node) for other in found):
            continue
        by = accesses(rhs if is_root(node) else node)
        if any(partial(rhs, access).has(node) for access in by if not access.is_integer):
            found.append(node)
    return found


def is_root(node: Expr) -> bool:
    """Whether a node is a root, or one over a root."""
    return isinstance(node, sympy.Pow) and node.exp.is_Rational and not node.exp.is_Integer


def _with_normalised(
    parts: list[Equation], equation: Equation, before: Iterable[Equation], tensors: Mapping[str, Tensor]
) -> tuple[list[Equation], Equation]:
    """The same with n = u * r as an equation, where r is one over a root and the same for a row of u."""
    roots = {e.tensor.name: e.rhs.exp for e in before if is_root(e.rhs)}
    whole = set(equation.indices)
    for term in sympy.Add.make_args(equation.rhs) if roots else ():
        factors = sympy.Mul.make_args(term)
        rows = [f for f in factors if _divides(f, roots) and set(free_indices(f)) < whole]
        units = [f for f in factors if isinstance(f, Access | sympy.Add) and set(free_indices(f)) == whole]
        if len(rows) != 1 or len(units) != 1 or equation.rhs == units[0] * rows[0]:
            continue
        named = {*tensors, *(part.tensor.name for part in parts)}
        part = _definition(units[0] * rows[0], equation.indices, equation, named.__contains__, "n")
        rest = term / (units[0] * rows[0]) * part.lhs
        others = [other for other in sympy.Add.make_args(equation.rhs) if other != term]
        return [*parts, part], replace(equation, rhs=sympy.Add(rest, *others))
    return parts, equation


def _divides(factor: Expr, roots: Mapping[str, Expr]) -> bool:
    """r = v**(-1/2), or 1/r for r = v**(1/2)."""
    base, power = factor.as_base_exp()
    if not isinstance(base, Access) or base.tensor not in roots:
        return False
    return bool((power == 1 and roots[base.tensor].is_negative) or (power == -1 and roots[base.tensor].is_positive))


def _definition(
    node: Expr, candidates: tuple[Index, ...], equation: Equation, taken: Callable[[str], bool], letter: str = ""
) -> Equation:
    indices = tuple(index for index in candidates if index in free_indices(node))
    letter = letter or LETTERS.get(type(node).__name__, "t")
    name = unique_name(f"{equation.origin.layer or equation.tensor.name}.{letter}", taken)
    tensor = Tensor(
        name, indices, REAL, equation.role, positive=bool(node.is_positive), symbol=letter, layer=equation.tensor.layer
    )
    return Equation(tensor, indices, node, equation.role, equation.origin)


def unique_name(base: str, taken: Callable[[str], bool]) -> str:
    """The name, with a number behind it where it is taken."""
    name, number = base, 2
    while taken(name):
        name, number = f"{base}{number}", number + 1
    return name
