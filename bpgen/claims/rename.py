"""Claims whose shapes do not fit, with other names in them.

dL/dy = dL/dz dz/dy, where y is computed from z: the two names exchanged.  delta' h1, where it is delta' x: one name
replaced by another.
"""

from __future__ import annotations

from collections.abc import Iterator

from bpgen.claims.functions import Functions
from bpgen.claims.read import Claim
from bpgen.claims.repairs import Repair
from bpgen.claims.shapes import Misfit, Shapes
from bpgen.claims.tree import Derivative, Element, Name, Term, walk, with_children
from bpgen.derive.differentiate import ADJOINT


def reversed_readings(claim: Claim) -> Iterator[Repair]:
    """The claim with the names of a quotient dz/dy exchanged on both sides, for each that is the wrong way round."""
    if claim.line is None or claim.misfit is None or claim.misfit.kind != "chain rule reversed":
        return
    for term in walk(claim.line.right):
        if isinstance(term, Derivative) and not claim.names.is_loss(term.of.name, term.position):
            yield from _exchanged(claim, term)


def renamed_readings(claim: Claim) -> Iterator[Repair]:
    """The claim with one name replaced by that of another tensor, wherever its shapes fit then."""
    if claim.line is None:
        return
    theory, right = claim.names.theory, claim.line.right
    leaves = [term for term in walk(right) if isinstance(term, Name)]
    for leaf in leaves:
        wrong = claim.names.tensor(leaf.name, leaf.position)
        for tensor in theory.tensors.values() if wrong is not None else ():
            if tensor in (wrong, claim.target):
                continue
            names = claim.names.quiet()
            shapes = Shapes(names, Functions(names))
            try:
                value = shapes.value(_replaced(right, leaf, Name(tensor.name, leaf.position)))
            except Misfit:
                continue
            if value.extents == tuple(axis.extent for axis in claim.target.axes):
                what = f"`{leaf.name}` stands where `{claim.names.shown(tensor)}` belongs"
                yield Repair("wrong tensor", what, claim.target, names.inlined(value.at(claim.target.axes)))


def _replaced(term: Term, leaf: Term, new: Term) -> Term:
    return new if term is leaf else with_children(term, lambda child: _replaced(child, leaf, new))


def _exchanged(claim: Claim, term: Derivative) -> Iterator[Repair]:
    names = claim.names
    pair = [names.tensor(part.name, part.position) for part in (term.of, term.by)]
    first, second = pair
    if first is None or second is None or claim.line is None:
        return
    other = {first.name: second, second.name: first}.get(claim.target.name.removeprefix(ADJOINT))
    target = None if other is None else names.theory.adjoint(other.name)
    if target is None or other is None:
        return
    words = {term.of.name: term.by.name, term.by.name: term.of.name}
    shapes = Shapes(names, Functions(names))
    try:
        value = shapes.value(_renamed(claim.line.right, words))
    except Misfit:
        return
    if value.extents == tuple(axis.extent for axis in target.axes):
        shown = f"`{names.shown(target)}` follows from `{names.shown(claim.target)}`"
        what = f"the chain rule is reversed, {shown} and not the other way round"
        yield Repair("chain rule reversed", what, target, names.inlined(value.at(target.axes)))


def _renamed(term: Term, words: dict[str, str]) -> Term:
    """The term without index letters, with names exchanged."""
    if isinstance(term, Name | Element):
        plain = words.get(term.name) or words.get(term.name.removeprefix("d"), "")
        if term.name.startswith("d") and term.name not in words and plain:
            plain = f"d{plain}"
        return Name(plain or term.name, term.position)
    if isinstance(term, Derivative):
        of, by = (_renamed(Name(part.name, part.position), words) for part in (term.of, term.by))
        assert isinstance(of, Name) and isinstance(by, Name)
        return Derivative(of, by, term.position)
    return with_children(term, lambda child: _renamed(child, words))
