"""Forms that do not overflow, once the mathematics is done.

    log(sigmoid(u)) -> -softplus(-u)        log(1 - sigmoid(u)) -> -softplus(u)
    log(e/S) -> u - log(S)  for e = exp(u)
    log(1 + exp(u)) -> softplus(u)          log(1 + u) -> log1p(u)       exp(u) - 1 -> expm1(u)
    e = exp(u), S = sum e  ->  e = exp(u - m), S = sum e, log(S) -> m + log(S),  m = max u

The shift is made only where e and S become ratios again, which it leaves as they are, before anything else is made
of them; its own gradient is zero for the same reason, so it takes no part in the derivation.
"""

from __future__ import annotations

from dataclasses import replace

import sympy
from sympy import Expr, Integer

from bpgen.algebra.expressions import Access, Reduction, open_reduction, rename
from bpgen.algebra.functions import expm1, log1p, sigmoid, softplus, where
from bpgen.algebra.records import dataclass
from bpgen.algebra.signs import settle_signs
from bpgen.algebra.system import REAL, Equation, System, Tensor
from bpgen.derive.name_shared import unique_name
from bpgen.derive.scale import scales
from bpgen.derive.stable_functions import keep_tails

SHIFT = "shift"  # the note of a maximum that is taken off an exponent


def stabilise(system: System) -> tuple[System, tuple[str, ...], tuple[Equation, ...]]:
    """The system in stable forms, a note for each rewrite, and what keeps the digits of 1 - s as it was before."""
    notes: list[str] = []
    system = _stabilise_logarithms(system, notes)
    system, rounded = keep_tails(system)
    if rounded:
        names = ", ".join(f"`{equation.tensor.name}`" for equation in rounded)
        notes.append(f"one less a sigmoid is computed as a sigmoid of its own, to keep its digits, in {names}")
    for name in [equation.tensor.name for equation in system.equations]:
        shift = _find_shift(system, name)
        if shift is not None:
            system = _apply_shift(system, shift)
            notes.append(
                f"`{shift.exponential.tensor.name}` is computed with its largest exponent "
                f"`{shift.maximum.tensor.name}` taken off, so that it cannot overflow; ratios do not change"
            )
    return system, tuple(dict.fromkeys(notes)), rounded


def tidy(rhs: Expr) -> Expr:
    """-sum(-f) -> sum(f).  No more: another order of operations could lose what the stable form has won."""
    mapping: dict[Expr, Expr] = {}
    for reduction in rhs.atoms(Reduction):
        bound, body = open_reduction(reduction)
        turned = settle_signs(sympy.Add(*(-term for term in sympy.Add.make_args(body))))
        if reduction.op == "sum" and rhs.could_extract_minus_sign() and _minus_signs(turned) <= _minus_signs(body):
            mapping[reduction] = -Reduction(reduction.op, turned, *bound)
    return settle_signs(rhs.xreplace(mapping))


def _minus_signs(expression: Expr) -> int:
    terms = (term for node in expression.atoms(sympy.Add) for term in node.args)
    return sum(bool(term.could_extract_minus_sign()) for term in [*terms, *sympy.Add.make_args(expression)])


def _tensors(expression: Expr) -> set[str]:
    """Those whose elements it has; not those that say which element."""
    return {access.tensor for access in expression.atoms(Access) if not access.args[0].is_integer}


def _stabilise_logarithms(system: System, notes: list[str]) -> System:
    equations = []
    inside: list[str] = []
    under: set[str] = set()
    for equation in system.equations:
        rhs = equation.rhs
        for node in sorted(rhs.atoms(sympy.log), key=sympy.default_sort_key):
            stable = _stable_logarithm(node.args[0], system)
            if stable is None:
                continue
            changed = rhs.xreplace({node: stable})
            # log(u - log(S)) for S = 3 exp(u), in a branch that is not taken: log(-log(3)) is no real number.
            if not changed.has(sympy.I, sympy.zoo, sympy.nan):
                rhs = changed
                inside.append(equation.tensor.name)
                under |= _tensors(node.args[0])
        rhs = _near_one(rhs, system)
        if rhs != equation.rhs:
            rhs = tidy(rhs)
        equations.append(replace(equation, rhs=rhs))
    if inside:
        names = [", ".join(f"`{name}`" for name in found) for found in (dict.fromkeys(inside), sorted(under))]
        verb = "are" if len(under) > 1 else "is"
        notes.append(f"logarithms are worked out from what {names[1]} {verb} by definition, in {names[0]}")
    return replace(system, equations=tuple(equations))


def _near_one(rhs: Expr, system: System) -> Expr:
    for node in sorted(rhs.atoms(sympy.log), key=sympy.default_sort_key):
        argument = node.args[0]
        if isinstance(argument, sympy.Add) and Integer(1) in argument.args:
            rest = argument - 1
            exponential = isinstance(rest, sympy.exp)
            rhs = rhs.xreplace({node: softplus(rest.args[0]) if exponential else log1p(rest)})
    for node in sorted(rhs.atoms(sympy.Add), key=sympy.default_sort_key):
        if len(node.args) == 2 and Integer(-1) in node.args:  # exp(u) - 1 -> expm1(u), also where e = exp(u) has a name
            exponential = _unfold(node + 1, system)
            if isinstance(exponential, sympy.exp):
                rhs = rhs.xreplace({node: expm1(exponential.args[0])})
    return rhs


def _stable_logarithm(argument: Expr, system: System) -> Expr | None:
    """log of a tensor by its definition, where that is stable; None where it is not known to be."""
    unfolded = _unfold(argument, system)
    if isinstance(unfolded, sigmoid):
        return -softplus(-unfolded.args[0])
    if isinstance(unfolded, sympy.exp):
        return unfolded.args[0]
    rest = sympy.expand(1 - argument)
    complement = _unfold(rest, system)
    if isinstance(complement, sigmoid):  # log(1 - s(u)) -> -softplus(u)
        return -softplus(complement.args[0])
    if isinstance(unfolded, sympy.Mul) and all(factor.is_positive for factor in unfolded.args):
        parts = []
        for factor in unfolded.args:
            base, power = factor.as_base_exp()
            stable = _stable_logarithm(base, system)
            parts.append(power * (sympy.log(base) if stable is None else stable))
        if any(not part.has(sympy.log) for part in parts):
            return sympy.Add(*parts)
    return None


def _unfold(expression: Expr, system: System) -> Expr:
    """An access to an elementwise tensor becomes its definition."""
    if not isinstance(expression, Access) or not expression.is_inside:
        return expression
    equation = system.defining.get(expression.tensor)
    if equation is None or equation.reduction is not None:
        return expression
    return rename(equation.rhs, dict(zip(equation.indices, expression.indices, strict=True)))


@dataclass(frozen=True)
class _Shift:
    exponential: Equation
    total: Equation
    maximum: Equation


def _find_shift(system: System, name: str) -> _Shift | None:
    """The shift for S = sum of e, e = exp(u), if `name` is such an S and all uses allow it."""
    total = system.defining[name]
    reduction = total.reduction
    if reduction is None or reduction.op != "sum" or total.rhs != reduction or not isinstance(reduction.body, Access):
        return None
    exponential = system.defining.get(reduction.body.tensor)
    if exponential is None or not isinstance(exponential.rhs, sympy.exp) or not reduction.body.is_plain:
        return None
    maximum = _maximum(system, exponential, total, reduction)
    shift = _Shift(exponential, total, maximum)
    return shift if scales(system, exponential, total) is not None else None


def _maximum(system: System, exponential: Equation, total: Equation, reduction: Reduction) -> Equation:
    exponent = exponential.rhs.args[0]
    assert isinstance(reduction.body, Access)
    here = rename(exponent, dict(zip(exponential.indices, reduction.body.indices, strict=True)))
    layer = exponential.origin.layer or exponential.tensor.layer
    name = unique_name(f"{layer}.m", lambda n: n in system.tensors)
    tensor = Tensor(name, total.indices, REAL, exponential.role, symbol="m", layer=exponential.tensor.layer)
    body = _with_zeros(here)
    rhs = Reduction("max", body, *(index for index in reduction.bound if index in body.free_symbols))
    return Equation(tensor, total.indices, rhs, exponential.role, exponential.origin, note=SHIFT)


def _with_zeros(exponent: Expr) -> Expr:
    """The exponent with the zeros outside of tensors written out: there a maximum would take no term."""
    outside = [access for access in exponent.atoms(Access) if not access.is_inside]
    return exponent.xreplace({access: where(sympy.Mul(*access.inside()), access, 0) for access in outside})


def _shifted(rhs: Expr, shift: _Shift) -> Expr:
    """The right-hand side in shifted tensors: log(S) -> m + log(S)."""
    table = {}
    for node in sorted(rhs.atoms(sympy.log), key=sympy.default_sort_key):
        access = node.args[0]
        if isinstance(access, Access) and access.tensor == shift.total.tensor.name:
            table[node] = Access(shift.maximum.tensor.atom, *access.indices) + node
    shifted: Expr = rhs.xreplace(table)
    return shifted


def _apply_shift(system: System, shift: _Shift) -> System:
    reduction = shift.total.reduction
    assert reduction is not None and isinstance(reduction.body, Access)
    here = dict(zip(reduction.body.indices, shift.exponential.indices, strict=True))
    place = tuple(here[index] for index in shift.total.indices)
    exponent = shift.exponential.rhs.args[0] - Access(shift.maximum.tensor.atom, *place)
    equations: list[Equation] = []
    for equation in system.equations:
        if equation.tensor.name == shift.exponential.tensor.name:
            equations += [shift.maximum, replace(equation, rhs=sympy.exp(exponent))]
        elif equation.tensor.name == shift.total.tensor.name:
            equations.append(equation)
        elif shift.exponential.tensor.name in equation.reads or shift.total.tensor.name in equation.reads:
            shifted = _shifted(equation.rhs, shift)
            equations.append(equation if shifted is None else replace(equation, rhs=shifted))
        else:
            equations.append(equation)
    tensors = dict(system.tensors) | {shift.maximum.tensor.name: shift.maximum.tensor}
    return replace(system, tensors=tensors, equations=tuple(equations))
