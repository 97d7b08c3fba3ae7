"""The passes of a derivation in lines that a reader can follow: one move in one place each, and each checked.

A pass goes from one expression to another at once.  What it did is found again as moves: of algebra (`rearrange`),
of sums and definitions (`explain_sums`).  Where no moves are found, the pass stays one line.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import field, replace
from functools import partial

import sympy
from sympy import Expr

from bpgen.algebra.errors import RewriteError
from bpgen.algebra.expressions import Access, Reduction, accesses, without_outside
from bpgen.algebra.records import dataclass
from bpgen.algebra.recurrence import arrange
from bpgen.algebra.slope import slope
from bpgen.algebra.system import Equation, System
from bpgen.derive.adjoints import Adjoints
from bpgen.derive.check import check_rewrite
from bpgen.derive.definitions import Definitions
from bpgen.derive.derivation import Step
from bpgen.derive.differentiate import ADJOINT, chain_rule
from bpgen.derive.explain_sums import SumMoves
from bpgen.derive.moves import Move, Path, Said, describe, without_detours
from bpgen.derive.rearrange import rearrange
from bpgen.derive.sample import compute, sample_batches, sample_values
from bpgen.derive.smaller import stand_ins
from bpgen.derive.values import Values

DIFFERENTIATE = "differentiate"


@dataclass
class Explanation(Mapping[str, tuple[Step, ...]]):
    """For each tensor the lines from the chain rule to its adjoint's final form, found when they are asked for.

    system: the forward system that was differentiated; backward: the final adjoints, and ratios with a name
    chain: the chain rule by tensor, with derivatives not taken and taken
    passes: by tensor, each step one pass; known: by tensor, what the passes could use
    beside: the lines of other tensors, in another form of the system
    whole: whether lines are checked at the sizes themselves, for at smaller ones one is none
    Raises RewriteError where a line fails its check at any of the sizes of `sample_batches`.
    """

    system: System
    backward: tuple[Equation, ...]
    chain: Mapping[str, tuple[Callable[[], Expr], Equation]]
    passes: Mapping[str, tuple[Step, ...]]
    known: Mapping[str, Definitions]
    beside: Explanation | None = None
    found: dict[str, tuple[Step, ...]] = field(default_factory=dict, repr=False)
    whole: bool = False
    trials: list[Values] = field(default_factory=list, repr=False)

    @staticmethod
    def of(adjoints: Adjoints, beside: Explanation | None = None) -> Explanation:
        backward = (*adjoints.named, *adjoints.final.values())
        chain = {name: (_untaken(adjoints, name), adjoints.raw[ADJOINT + name]) for name in adjoints.steps}
        return Explanation(adjoints.system, backward, chain, dict(adjoints.steps), dict(adjoints.known), beside)

    def __getitem__(self, name: str) -> tuple[Step, ...]:
        if self.beside is not None and name in self.beside:
            return self.beside[name]
        if name not in self.found:
            moves = SumMoves(self.known[name])
            untaken, raw = self.chain[name]
            start = replace(raw, rhs=untaken())
            path = [*_derivatives(start.rhs, raw.rhs)]
            for step in self.passes[name]:
                path += moves_of(step, moves, self._written_out(step))
            self.found[name] = self._lines(start, tuple(path))
        return self.found[name]

    def __iter__(self) -> Iterator[str]:
        return iter((*self.passes, *(self.beside or ())))

    def __len__(self) -> int:
        return len(self.passes) + len(self.beside or ())

    def _written_out(self, step: Step) -> Expr | None:
        """What a pass that reads other adjoints came to, with these written out again; None where they have sums."""
        if step.rule != "read":
            return None
        known = {equation.tensor.name: equation for equation in self.backward}
        new = _new_accesses(step.before.rhs, step.after.rhs, known)
        if any(known[access.tensor].rhs.has(Reduction) for access in new):
            return None
        return step.after.rhs.xreplace(
            {
                access: known[access.tensor].rhs.xreplace(
                    dict(zip(known[access.tensor].indices, access.indices, strict=True))
                )
                for access in new
            }
        )

    def _lines(self, equation: Equation, path: Path) -> tuple[Step, ...]:
        """A path as lines, each checked, none of which a reader has met before."""
        lines = []
        printed = partial(_printed, equation)
        for move in without_detours(equation.rhs, path, printed):
            line = Step(equation, move.said.rule, move.said.reason, replace(equation, rhs=move.after))
            self._check(line)
            lines.append(line)
            equation = line.after
        return tuple(lines)

    def _check(self, line: Step) -> None:
        before, rule, after = line.before, line.rule, line.after
        try:
            for values in self._trials():
                check_rewrite(before, before.rhs, after.rhs, rule, values)
        except RewriteError:
            if self.whole or not stand_ins(self.system):
                raise
            self.whole, self.trials = True, []
            self._check(line)

    def _trials(self) -> list[Values]:
        """Values of all tensors, for several sizes of the batch."""
        if not self.trials:
            smaller = {} if self.whole else stand_ins(self.system)
            for batch in sample_batches(self.system):
                values = sample_values(self.system, batch, smaller=smaller)
                compute(arrange(self.backward), values)
                self.trials.append(values)
        return self.trials


def _untaken(adjoints: Adjoints, name: str) -> Callable[[], Expr]:
    """What gives the chain rule of a tensor before its derivatives are taken."""
    tensor, upstream = adjoints.system.tensors[name], adjoints.sources[name]
    found = partial(chain_rule, adjoints.consumers, tensor, upstream, adjoints.maxima, taken=False)
    return lambda: without_outside(sympy.Add(*found()))


def _printed(equation: Equation, rhs: Expr) -> str:
    return str(replace(equation, rhs=rhs))


def _derivatives(untaken: Expr, raw: Expr) -> Path:
    """The moves in which the chain rule's derivatives are taken."""
    path: list[Move] = []
    place = untaken
    for node in sorted(untaken.atoms(slope), key=sympy.default_sort_key):
        place = without_outside(place.xreplace({node: node.taken}))
        said = describe(node.args[0])
        reason = f"{said} by `{node.args[1].tensor}`" if said else f"by `{node.args[1].tensor}`"
        path.append(Move(place, Said(DIFFERENTIATE, reason), Said("integrate", reason)))
    if place != raw:  # [k = e] f(e) -> [k = e] f(k)
        said = "where it is 1, its sides may stand for each other"
        path.append(Move(raw, Said("bracket", said), Said("bracket", said)))
    return tuple(path)


def _new_accesses(before: Expr, after: Expr, known: Collection[str]) -> list[Access]:
    """What an expression reads of known tensors that another does not."""
    there = set(accesses(before))
    return [access for access in accesses(after) if access.tensor in known and access not in there]


def moves_of(step: Step, moves: SumMoves, written_out: Expr | None = None) -> Path:
    """The moves of one pass; the last ends where the pass does.

    written_out: what it came to before it read what the backward pass has, where that is known
    """
    before, after = step.before.rhs, step.after.rhs
    path: Path = ()
    if step.rule == "fold":
        path = moves.folds(before, after)
    elif step.rule == "sum":
        path = moves.sums(before)
    elif step.rule == "divide":
        path = moves.divisions(before)
        path = (*path, *moves.sums(_end(before, path)))
    end = without_outside(_end(before, path))
    if end == after:
        return path
    if written_out is not None and written_out != end:
        to_there = rearrange(end, written_out)
        if to_there is not None:
            return (*path, *to_there, Move(after, Said(step.rule, step.reason), Said(step.rule, step.reason)))
    rest = rearrange(end, after) if step.rule not in ("substitute", "guard") else None
    if rest is None:
        return (Move(after, Said(step.rule, step.reason), Said(step.rule, step.reason)),)
    return (*path, *rest)


def _end(start: Expr, path: Path) -> Expr:
    return path[-1].after if path else start
