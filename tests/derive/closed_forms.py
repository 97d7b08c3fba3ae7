"""Closed forms as rows of a table, and what must hold of each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from derive_networks import network

from bpgen.algebra.elaborate import Scope, read_equation
from bpgen.algebra.system import Equation, Tensor
from bpgen.claims.prove import Prover
from bpgen.claims.theory import Theory
from bpgen.derive.check import agree, random_points
from bpgen.derive.cost import cost, reductions
from bpgen.derive.derivation import Derivation
from bpgen.derive.derive import derive
from bpgen.derive.partial import partial_derivative
from bpgen.derive.sample import compute, sample_batch, sample_values


@dataclass(frozen=True)
class Form:
    """text: whose last line defines L; asked: the tensor whose adjoint it is, or, with a dot, an equation's tensor, or
    "d.net.h" for the adjoint of the text's h.

    printed: what the compiler prints of it; listed: the right-hand side as books have it, over the same tensors;
    sizes: of indices that no tensor fixes.
    """

    text: str
    tensors: Sequence[Tensor]
    asked: str
    printed: str
    listed: str
    sizes: Mapping[str, int] = field(default_factory=dict)


def found_equation(form: Form, derivation: Derivation) -> Equation:
    if form.asked.startswith("d."):  # of a tensor of the text
        return next(e for e in derivation.simplified if e.tensor.name == form.asked)
    if "." in form.asked:  # a derivative that an equation of the text asks for
        return derivation.forward.defining[form.asked]
    return next(e for e in derivation.simplified if e.tensor.name == "d." + form.asked)


def check_form(form: Form) -> None:
    """The printed form; equality with the listed one, proved and at random points; and no more work than it."""
    derivation = derive(network(form.text, *form.tensors, sizes=dict(form.sizes), differentiate=partial_derivative))
    check_found(derivation, found_equation(form, derivation), form.printed, form.listed)


def check_found(derivation: Derivation, found: Equation, printed: str, listed: str) -> None:
    """The same of one equation of a derivation; listed: the right-hand side as books have it."""
    assert str(found) == printed
    theory = Theory(derivation)
    left = str(found).partition(" = ")[0]
    tensors = {**theory.tensors, **derivation.system.tensors, found.tensor.name: found.tensor}
    book = read_equation(f"{left} = {listed}", Scope(tensors=tensors))
    assert [index.name for index in book.indices] == [index.name for index in found.indices]
    assert Prover(theory).equal(found.rhs, book.rhs), f"{found.rhs} is not proved equal to {book.rhs}"
    values = sample_values(derivation.forward)
    compute((e for e in theory.equations if e.tensor.name not in values.tensors), values)
    points = random_points(found.indices, values, found.tensor.name)
    ours, theirs = values.at(found.rhs, points), values.at(book.rhs, points)
    assert np.isfinite(theirs).all()
    assert agree(theirs, ours, 1e-13)
    assert reductions(found.rhs) <= reductions(book.rhs)
    assert cost(found.rhs) <= cost(book.rhs), f"{cost(found.rhs)} operations, {cost(book.rhs)} in {book.rhs}"
    assert sample_batch(derivation.system) == values.batch
