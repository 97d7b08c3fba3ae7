"""What of a system grows with e = exp(u) and S = sum e, when all exponents of a sum grow by the same c.

e -> c e and S -> c S leave e/S as it is; d.e = d.p/S - ... becomes d.e/c, and d.e * e is what it was.
"""

from __future__ import annotations

from collections.abc import Mapping

import sympy
from sympy import Expr, Integer, Rational, Symbol

from bpgen.algebra.expressions import Access, Reduction, accesses
from bpgen.algebra.index import Index
from bpgen.algebra.records import dataclass
from bpgen.algebra.system import Equation, System


@dataclass(frozen=True)
class Scale:
    """A tensor is multiplied by c ** power, for the c of the sum at the indices that stand on these axes."""

    power: Rational
    axes: tuple[int, ...]


NONE = Scale(Integer(0), ())


def scales(system: System, exponential: Equation, total: Equation) -> dict[str, Scale] | None:
    """How every tensor scales that does; None where that is not known, or where a result of the system would."""
    reduction = total.reduction
    assert reduction is not None and isinstance(reduction.body, Access)
    place = {index: axis for axis, index in enumerate(reduction.body.indices)}
    found = {
        exponential.tensor.name: Scale(Integer(1), tuple(place[index] for index in total.indices if index in place)),
        total.tensor.name: Scale(Integer(1), tuple(axis for axis, index in enumerate(total.indices) if index in place)),
    }
    given, seen = frozenset(found), dict[str, set[str]]()
    waiting = True
    while waiting:  # again for what reads something found after it, in a recurrence
        waiting = False
        for equation in system.equations:
            name, reads = equation.tensor.name, found.keys() & set(equation.reads)
            if name in given or reads == seen.get(name, set()):
                continue
            scale = _scale(equation, found, total.tensor.name)
            if scale is None or (name in seen and scale != found.get(name, NONE)):
                return None
            seen[name], waiting = reads, True
            if scale.power:
                found[name] = scale
    return None if found.keys() & _results(system) else found


def _results(system: System) -> set[str]:
    named = {name for _, name in (*system.inference, *system.updates, *system.gradients)}
    return {*system.outputs, *named, *(name for name, _ in system.losses), *([system.loss] if system.loss else [])}


def _scale(equation: Equation, scales: dict[str, Scale], total: str) -> Scale | None:
    """How an equation's tensor scales; None where its terms scale each in its own way."""
    table: dict[Expr, Expr] = {}
    marks: dict[Symbol, tuple[Expr, ...]] = {}
    for access in accesses(equation.rhs):
        scale = scales.get(access.tensor)
        if scale is not None:
            indices = tuple(access.indices[axis] for axis in scale.axes)
            mark = Symbol("c[" + ",".join(map(str, indices)) + "]", positive=True)
            marks[mark] = indices
            table[access] = access * mark**scale.power
    logarithms = [node for node in equation.rhs.atoms(sympy.log) if _is_element(node.args[0], total)]
    # log(c S) = log(c) + log(S): what is to be added is known
    held = {node: sympy.Dummy(real=True) for node in logarithms}
    scaled = equation.rhs.xreplace(held).xreplace(table)
    if not scaled.free_symbols & marks.keys():
        return NONE
    scaled = sympy.cancel(scaled.xreplace({node: _expanded(node, marks) for node in scaled.atoms(Reduction)}))
    left = scaled.free_symbols & marks.keys()
    if not left:
        return NONE
    if len(left) > 1:
        return None
    (mark,) = left
    powers = {term.as_coeff_exponent(mark)[1] for term in sympy.Add.make_args(sympy.expand(scaled))}
    rest = sympy.expand(scaled / mark ** next(iter(powers)))
    if len(powers) > 1 or mark in rest.free_symbols or not all(index in equation.indices for index in marks[mark]):
        return None
    power = powers.pop()
    if not power.is_Rational:
        return None
    return Scale(power, tuple(_position(index, equation.indices) for index in marks[mark]))


def _expanded(reduction: Reduction, marks: Mapping[Symbol, tuple[Expr, ...]]) -> Expr:
    """The reduction with the marks of its body taken together, and those of nothing bound taken out of it."""
    body = reduction.body
    if not body.free_symbols & marks.keys():
        return reduction
    body = sympy.expand(body)
    common = [mark for mark in sorted(marks, key=str) if mark in body.free_symbols]
    factor: Expr = sympy.S.One
    for mark in common:
        powers = {term.as_coeff_exponent(mark)[1] for term in sympy.Add.make_args(body)}
        inside = {symbol for index in marks[mark] for symbol in index.free_symbols} & set(reduction.bound)
        if reduction.op == "sum" and len(powers) == 1 and not inside:
            factor *= mark ** next(iter(powers))
    return factor * Reduction(reduction.op, sympy.expand(body / factor), *reduction.bound)


def _position(index: Expr, indices: tuple[Index, ...]) -> int:
    return next(n for n, own in enumerate(indices) if own == index)


def _is_element(expression: Expr, tensor: str) -> bool:
    return isinstance(expression, Access) and expression.tensor == tensor
