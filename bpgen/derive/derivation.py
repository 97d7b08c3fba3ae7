"""What a derivation is: the final system, and the record of how each gradient was reached."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field

from bpgen.algebra.records import dataclass
from bpgen.algebra.system import Equation, System


@dataclass(frozen=True)
class Step:
    """One rewrite of one right-hand side: before -> after by a rule, with its reason.

    rule: short name ("chain rule", "fold", "factor", "sum to one", ...); reason: a sentence that cites what
    was used, tensors by name in backquotes ("`fc2.p` sums to 1 over its last axis: declared")
    `before, rule, after = step` takes one apart.
    """

    before: Equation
    rule: str
    reason: str
    after: Equation

    def __iter__(self) -> Iterator[Equation | str]:
        return iter((self.before, self.rule, self.after))

    def __str__(self) -> str:
        return f"{self.before}\n    {self.rule}: {self.reason}\n->  {self.after}"


def in_brief(steps: Iterable[Step]) -> tuple[tuple[str, str], ...]:
    """Rules and reasons; of rules in a row that are the same, with reasons that differ in what they name, one.

    "`d.fc1` written out", "`d.fc2` written out" -> "`d.fc1`, `d.fc2` written out"
    """
    found: list[tuple[str, str]] = []
    for step in steps:
        rule, reason = found[-1] if found else ("", "")
        names, _, rest = reason.rpartition("`")
        name, _, same = step.reason.rpartition("`")
        if rule == step.rule and rest == same and name.count("`") == 1 and name.startswith("`"):
            found[-1] = (rule, f"{names}`, {name}`{same}")
        else:
            found.append((step.rule, step.reason))
    return tuple(found)


@dataclass(frozen=True)
class Derivation:
    """system: flat, numbered, with forward, loss and backward (and, once added, update) equations.

    forward: the system as it was given, before stabilisation
    chain: the raw chain rule, an equation for each adjoint, right-hand sides with nested reductions
    simplified: the same adjoints in their final form, before splitting (nested reductions as printed); those
        that nothing in the final system reads are steps on the way to others
    rounded: equations that keep the digits of 1 - s, as they would be without
    steps: tensor whose adjoint it is ("fc1.weight") -> the rewrites from chain to simplified, a pass each
    details: the same in lines that a reader can follow, each one move in one place, and before them those in which the
        chain rule's derivatives are taken; found when they are asked for
    named: equations of what got a name on the way, in the mathematical form; stabilised, they may have gone again
    notes: sentences on what was stabilised or found (shifts, structural zeros, facts used)
    """

    system: System
    forward: System
    chain: tuple[Equation, ...]
    simplified: tuple[Equation, ...]
    rounded: tuple[Equation, ...] = ()
    steps: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)
    details: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    named: tuple[Equation, ...] = ()

    def after_chain(self, name: str) -> tuple[Step, ...]:
        """The details behind the line of the chain rule."""
        lines = self.details.get(name, ())
        raw = {equation.tensor.name: equation.rhs for equation in self.chain}
        start = next((n for n, line in enumerate(lines) if line.before.rhs == raw["d." + name]), len(lines))
        return lines[start:]
