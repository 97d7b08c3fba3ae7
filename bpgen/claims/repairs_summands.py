"""Slips in what is added and in what is applied: a summand left out, an activation in place of its derivative."""

from __future__ import annotations

from collections.abc import Iterator

import sympy
from sympy import Expr

from bpgen.algebra.expressions import Access
from bpgen.algebra.printing import print_expression
from bpgen.algebra.system import Tensor
from bpgen.claims.names import Names
from bpgen.claims.prove import derivatives, normal_form, written_out
from bpgen.claims.spots import spots
from bpgen.claims.theory import Activation, Theory

LEVELS = 3  # times that derivatives are written out
Found = tuple[str, str, Expr]
"""(slip, sentence, the claim without it)"""


def missing_summands(expression: Expr, target: Tensor, names: Names) -> Iterator[Found]:
    """A sum of the derived equation with one of its terms left out, in the equation as it is or written out."""
    tensors = names.theory.tensors
    for derived in _forms(target, names.theory):
        whole = normal_form(derived)
        for term in whole.args if isinstance(whole, sympy.Add) else ():
            text = print_expression(term, tensors=tensors)
            yield "term", f"the term `{text}` is missing", expression + term
        for spot in spots(derived, target.axes):
            for term in spot.part.args if isinstance(spot.part, sympy.Add) else ():
                text = print_expression(term, tensors=tensors)
                without = spot.replaced(spot.part - term)
                yield "term", f"the term `{text}` is missing", expression + derived - without


def _forms(target: Tensor, theory: Theory) -> Iterator[Expr]:
    """The derived right side, over the axes of the target, with more and more derivatives written out."""
    equation = theory.defining[target.name]
    form = equation.rhs.xreplace(dict(zip(equation.indices, target.axes, strict=True)))
    for _ in range(LEVELS):
        yield form
        read = derivatives(form)
        if not read:
            return
        form = written_out(form, read, theory)


def undifferentiated(expression: Expr, names: Names) -> Iterator[Found]:
    """f(z), or its value, where f'(z) belongs."""
    theory = names.theory
    for activation in theory.activations.values():
        found = dict(_derivatives_for(expression, activation))
        table = {value: slope for value, slope in found.items() if not expression.has(slope)}  # there it is too much
        inside, result = (f"`{names.shown(tensor)}`" for tensor in (activation.argument, activation.result))
        what = f"the activation {result} itself stands where its derivative at {inside} belongs"
        single = [{before: after} for before, after in table.items()] if len(table) > 1 else []
        for change in (*single, table) if table else ():
            yield "activation derivative", what, expression.xreplace(change)


def _derivatives_for(expression: Expr, activation: Activation) -> Iterator[tuple[Expr, Expr]]:
    """(f(z), f'(z)) for each place at which the function or its value stands."""
    for access in sorted(expression.atoms(Access), key=sympy.default_sort_key):
        if access.tensor == activation.result.name:
            argument = Access(activation.argument.atom, *access.indices)
            yield access, activation.at(argument, 1)
        elif access.tensor == activation.argument.name:
            value = activation.at(access)
            if value != access and expression.has(value):
                yield value, activation.at(access, 1)
