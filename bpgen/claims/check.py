"""Text -> Verdict: read, compared in numbers, proved or diagnosed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from sympy import Expr

from bpgen.algebra.diagnose import SourceText
from bpgen.algebra.errors import EquationError, Position
from bpgen.algebra.expressions import Access
from bpgen.algebra.index import Index
from bpgen.algebra.printing import print_equation, print_expression
from bpgen.algebra.system import Equation, Tensor
from bpgen.claims.compare import Samples
from bpgen.claims.counterexample import CounterExample, find_counterexample, find_shape_example
from bpgen.claims.diagnose import diagnose
from bpgen.claims.differences import first_difference
from bpgen.claims.kinks import kinks
from bpgen.claims.prove import Prover
from bpgen.claims.read import FILE, Claim, read_claims
from bpgen.claims.theory import Theory
from bpgen.claims.verdict import DIFFERENT, NUMERICAL, PROVED, Verdict

Smaller = Callable[[], Iterator[Theory]]
"""Ever larger networks of the same make as the one that a claim speaks of, the smallest first."""


def check_claim(text: str, theory: Theory, smaller: Smaller | None = None) -> Verdict:
    """Whether a claim is right: of several lines the first wrong one, or the last, is judged.

    smaller: networks to look for a counter-example in.  Raises EquationError where the text cannot be read.
    """
    claims = read_claims(text, theory)
    if not claims:
        source = SourceText(text, Position(1, 1, file=FILE))
        help = "the last line should be a derivative of the loss, such as dW = ..."
        raise source.error("no-claim", "every line defines a name of its own", Position(1, 1, file=FILE), help)
    samples = Samples(theory)
    for number, claim in enumerate(claims):
        verdict = _judged(claim, samples)
        if verdict.status == DIFFERENT:
            return replace(verdict, counterexample=_example(text, number, theory, smaller))
    return verdict


def with_doubt(verdict: Verdict, text: str, theory: Theory, wider: Callable[[], Theory | None]) -> Verdict:
    """The verdict on a claim that is right, and whether it is so only because an extent is 1.

    wider: gives the theory of the network with 2 in its place.  A factor may well be another one there.
    """
    wide = wider() if any(map(_reads_single, read_claims(text, theory))) else None
    if wide is None:
        return verdict
    try:
        other = check_claim(text, wide)
    except EquationError:
        return verdict
    if other or other.slip == "factor":
        return verdict
    doubt = f"an extent of 1 hides whether it is right in general: where that is 2, {other.diagnosis}"
    return replace(verdict, diagnosis="; ".join(part for part in (verdict.diagnosis, doubt) if part))


def _reads_single(claim: Claim) -> bool:
    accesses = set() if claim.expression is None else claim.expression.atoms(Access)
    return any(
        1 in extents for extents in (claim.target.atom.extents, *(access.args[0].extents for access in accesses))
    )


def _judged(claim: Claim, samples: Samples) -> Verdict:
    theory, target = samples.theory, claim.target
    derived = theory.defining[target.name]
    verdict = Verdict(DIFFERENT, claim.text, "", _printed(target, derived.rhs, theory), notes=tuple(claim.names.notes))
    if claim.expression is not None:
        verdict = replace(verdict, meaning=_printed(target, claim.expression, theory))
        right = derived.rhs
        status = _compared(claim.expression, right, target, samples)
        if status != DIFFERENT:
            where = kinks(claim.expression, right, Prover(theory)) if status == NUMERICAL else ""
            return replace(verdict, status=status, diagnosis=where)
        mine, other = first_difference(claim.expression, right, theory)
        terms = ["" if term is None else print_expression(term, tensors=theory.tensors) for term in (mine, other)]
        verdict = replace(verdict, claimed_term=terms[0], derived_term=terms[1])
    found = diagnose(claim, samples)
    repaired = ""
    if found.repaired is not None:
        repaired = _printed(found.target, Prover(theory).simplified(found.repaired), theory)
    return replace(
        verdict, slip=found.slip, diagnosis=found.sentence, repaired=repaired, notes=tuple(claim.names.notes)
    )


def _compared(claimed: Expr, right: Expr, target: Tensor, samples: Samples) -> str:
    """Proved before it is measured: what is near enough may be equal, or may differ by a number nobody sees."""
    if not samples.close(target, claimed):
        return DIFFERENT
    prover = Prover(samples.theory)
    if prover.equal(claimed, right):
        return PROVED
    return DIFFERENT if prover.apart(claimed, right) or not samples.equal(target, claimed) else NUMERICAL


def _printed(target: Tensor, expression: Expr, theory: Theory) -> str:
    return print_equation(Equation(target, target.axes, expression), theory.tensors)


def _example(text: str, number: int, theory: Theory, smaller: Smaller | None) -> CounterExample | None:
    """A counter-example for one of the lines, in the smallest network in which there is one."""
    for candidate in (*(smaller() if smaller else ()), theory):
        try:
            claim = read_claims(text, candidate)[number]
        except EquationError:
            continue  # a size that the claim speaks of is no longer there
        if claim.expression is not None:
            found = find_counterexample(candidate, claim.target, claim.expression)
            if found is not None:
                return found
        elif claim.given is not None:
            given = claim.given
            axes = tuple(Index(f"k{n}", axis.extent) for n, axis in enumerate(given.axes))
            found = find_shape_example(candidate, claim.target, given.at(axes), axes)
            if found is not None:
                return found
    return None
