"""What an adjoint may be instead of its simplified form, where that makes the whole backward pass cheaper.

Written out, an adjoint may cancel in its readers, but what does not cancel is computed in each of them, and for each
of their elements.  Then the chain rule's line stands by, which reads it; or another adjoint that has the same elements;
or, where one alone reads an adjoint that is no gradient, the form in which that is written out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING

import sympy
from sympy import Expr

from bpgen.algebra.expressions import Access, Reduction, accesses
from bpgen.algebra.functions import Bracket, absolute, maximum, minimum, sigmoid, sign, where
from bpgen.algebra.records import dataclass
from bpgen.algebra.system import Equation
from bpgen.derive.cost import cost
from bpgen.derive.definitions import Definitions
from bpgen.derive.derivation import Step
from bpgen.derive.differentiate import ADJOINT
from bpgen.derive.read_back import ReadBack
from bpgen.derive.write_out import HEAVY
from bpgen.derive.zero_ranges import without_zero_ranges

if TYPE_CHECKING:
    from bpgen.derive.adjoints import Adjoints

SAFE = (Bracket, where, maximum, minimum, absolute, sign, sigmoid, sympy.tanh, sympy.erf, sympy.sin, sympy.cos)
Risk = tuple[str, frozenset[str]]


@dataclass(frozen=True)
class Reading:
    """An adjoint's equation as it may be instead, the rewrites that lead to it, and what they could use.

    named: ratios that got a name on the way
    """

    equation: Equation
    record: tuple[Step, ...]
    known: Definitions
    named: tuple[Equation, ...]


def find_readings(adjoints: Adjoints, adjoint: str, gradients: Iterable[str]) -> tuple[Reading, ...]:
    """The readings of an adjoint that cost more than the chain rule's line.

    The line does not divide by what the simplified form and the forward pass do not, nor take functions of what the
    form does not: what has cancelled in the form may overflow, or be undefined, in the line.
    """
    final = adjoints.final[adjoint]
    borne = _risks(final) | _risks(*adjoints.definitions.equations.values(), kinds=(sympy.Pow,))
    found = {reading.equation.rhs: reading for reading in _equal(adjoints, adjoint, gradients)}
    for reading in _lines(adjoints, adjoint):
        equation = reading.equation
        sources = (adjoints.final[n] for n in equation.reads if n in adjoints.final and n not in final.reads)
        if equation.rhs != final.rhs and _risks(equation, *sources) <= borne:
            found.setdefault(equation.rhs, reading)
    return tuple(found.values())


def find_written_out(adjoints: Adjoints, adjoint: str, source: str) -> Reading | None:
    """The simplified form with a source written out that is computed element by element."""
    final, rhs = adjoints.final[adjoint], adjoints.final[source].rhs
    if rhs.has(Reduction) or cost(rhs) > HEAVY or source in adjoints.recurring:
        return None
    then, record = _as_then(adjoints, adjoint), list(adjoints.steps[adjoint.removeprefix(ADJOINT)])
    written = {access: adjoints.expression(access) for access in accesses(final.rhs) if access.tensor == source}
    equation = then.step(record, final, final.rhs.xreplace(written), "substitute", f"`{source}` written out")
    return Reading(_simplified(then, equation, record), tuple(record), then.definitions, tuple(then.named))


def _equal(adjoints: Adjoints, adjoint: str, gradients: Iterable[str]) -> Iterator[Reading]:
    """The elements of a gradient before it, as they are or negative: d.y = -d.z."""
    final = adjoints.final[adjoint]
    for name in takewhile(lambda other: other != adjoint, gradients):
        other = adjoints.final[name]
        if other.tensor.shape != final.tensor.shape or other.reads != final.reads or not cost(other.rhs):
            continue
        there = other.rhs.xreplace(dict(zip(other.indices, final.indices, strict=True)))
        if final.rhs in (there, -there):
            element = Access(other.tensor.atom, *final.indices)
            then, record = _as_then(adjoints, adjoint), list(adjoints.steps[adjoint.removeprefix(ADJOINT)])
            read = element if final.rhs == there else -element
            equation = then.step(record, final, read, "read", f"`{name}` already computed by the backward pass")
            yield Reading(equation, tuple(record), then.definitions, ())


def _lines(adjoints: Adjoints, adjoint: str) -> Iterator[Reading]:
    """The chain rule's line simplified, and only folded; nothing but numbers is written out in it."""
    raw, passes = adjoints.raw[adjoint], adjoints.steps[adjoint.removeprefix(ADJOINT)]
    declared = [step for step in passes[:1] if step.after == raw]
    final = adjoints.final
    numbers = {a: final[a.tensor].rhs for a in accesses(raw.rhs) if a.tensor in final and final[a.tensor].rhs.is_number}
    names = ", ".join(dict.fromkeys(f"`{access.tensor}`" for access in numbers))
    for simplified in (True, False):
        then, record = _as_then(adjoints, adjoint), list(declared)
        equation = then.step(record, raw, raw.rhs.xreplace(numbers), "substitute", f"{names} written out")
        if simplified:
            equation = _simplified(then, equation, record)
        else:
            equation = then.guard(record, then.fold(record, equation))
        yield Reading(equation, tuple(record), then.definitions, tuple(then.named))


def _simplified(then: Adjoints, equation: Equation, record: list[Step]) -> Equation:
    """As an adjoint is at first."""
    equation = then.simplify(equation, record)
    if then.system.tensors[then.at_work].role not in ("parameter", "input"):
        return equation
    return then.step(record, equation, *without_zero_ranges(equation, then.definitions, then.values))


def _as_then(adjoints: Adjoints, adjoint: str) -> Adjoints:
    """The derivation as it was when an adjoint was simplified; names that were given since are taken all the same."""
    tensor = adjoint.removeprefix(ADJOINT)
    definitions = adjoints.known[tensor].copy()
    definitions.tensors.update(adjoints.definitions.tensors)
    definitions.measured = adjoints.definitions.measured
    known = [product for product in adjoints.read_back.known if product.tensor in definitions.adjoints]
    return replace(adjoints, definitions=definitions, read_back=ReadBack(known), named=[], at_work=tensor)


def _risks(*equations: Equation, kinds: tuple[type, ...] = (sympy.Pow, sympy.Function)) -> set[Risk]:
    """Where equations may overflow or divide by nothing: divisors and functions, by the tensors in them."""
    found = set()
    for equation in equations:
        for node in equation.rhs.atoms(*kinds):
            if node.has(Access) and not _is_safe(node):
                kind = str(node.exp) if isinstance(node, sympy.Pow) else type(node).__name__
                found.add((kind, frozenset(access.tensor for access in node.atoms(Access))))
    return found


def _is_safe(node: Expr) -> bool:
    """Whether it is finite for all values: a bounded function, a power, one over 1 + x**2."""
    if not isinstance(node, sympy.Pow):
        return isinstance(node, SAFE)
    number, rest = node.base.as_coeff_Add()
    return bool((node.exp.is_Integer and node.exp.is_positive) or (number.is_positive and rest.is_nonnegative))
