"""Derivation -> Costs: arithmetic and memory traffic of the passes, and what one pass keeps for the other.

The raw chain rule is taken as it is printed, an equation for each adjoint that some gradient needs, and only split
into sums that can be computed one after another; the simplified backward pass, like the forward pass, is what the
numbered equations compute.
"""

from __future__ import annotations

from collections.abc import Iterable

from bpgen.algebra.operations import operations
from bpgen.algebra.polynomial import Polynomial
from bpgen.algebra.records import dataclass
from bpgen.algebra.recurrence import upstream
from bpgen.algebra.system import GIVEN, Equation, Tensor
from bpgen.derive.definitions import Definitions
from bpgen.derive.derivation import Derivation
from bpgen.derive.held import with_known_zeros
from bpgen.derive.recomputed import Recomputed, find_recomputed
from bpgen.derive.split_reductions import Splitter
from bpgen.derive.traffic import ELEMENT_BYTES, bytes_read, bytes_written, size


@dataclass(frozen=True)
class EquationCost:
    """number: 0 in the raw chain rule, whose equations nothing computes; tensor: the name of what is defined."""

    number: int
    tensor: str
    operations: Polynomial
    read: Polynomial
    written: Polynomial


@dataclass(frozen=True)
class PassCost:
    """operations, and bytes read and written, of all equations together; each a polynomial in the batch size B."""

    equations: tuple[EquationCost, ...]

    @property
    def operations(self) -> Polynomial:
        return sum((equation.operations for equation in self.equations), Polynomial())

    @property
    def read(self) -> Polynomial:
        return sum((equation.read for equation in self.equations), Polynomial())

    @property
    def written(self) -> Polynomial:
        return sum((equation.written for equation in self.equations), Polynomial())

    @property
    def traffic(self) -> Polynomial:
        return self.read + self.written


@dataclass(frozen=True)
class Saved:
    """A tensor of the forward equation `number` that the backward equations `readers` read."""

    tensor: Tensor
    number: int
    bytes: Polynomial
    readers: tuple[int, ...]


@dataclass(frozen=True)
class Costs:
    """What one step costs, with reals of 4 bytes; see bpgen.algebra.operations and bpgen.derive.traffic for how.

    forward: with the loss; chain: the raw chain rule; backward: its simplified form; update: empty without an optimiser
    rounded: the simplified form without what keeps the digits of 1 - s, which the chain rule leaves to rounding
    saved: forward values that the backward pass reads; recomputed: parts of them that it computes again
    """

    forward: PassCost
    chain: PassCost
    backward: PassCost
    rounded: PassCost
    update: PassCost
    saved: tuple[Saved, ...]
    recomputed: tuple[Recomputed, ...]

    @property
    def saved_bytes(self) -> Polynomial:
        return sum((found.bytes for found in self.saved), Polynomial())


def account(derivation: Derivation) -> Costs:
    """The costs of a derivation; nothing is differentiated or simplified for it."""
    system = derivation.system
    forward = [e for e in system.equations if e.role in ("forward", "loss")]
    backward = [e for e in system.equations if e.role == "backward"]
    computed = Definitions.of(system.equations, system.tensors)
    raw = _raw(derivation)
    plain = {equation.tensor.name: equation for equation in derivation.rounded}
    return Costs(
        forward=cost_of_pass(forward, computed),
        chain=cost_of_pass(
            raw, Definitions.of([*derivation.forward.equations, *derivation.named, *raw], system.tensors)
        ),
        backward=cost_of_pass(backward, computed),
        rounded=cost_of_pass((plain.get(e.tensor.name, e) for e in backward), computed),
        update=cost_of_pass((e for e in system.equations if e.role == "update"), computed),
        saved=tuple(_saved(forward, backward)),
        recomputed=find_recomputed(forward, backward),
    )


def cost_of_pass(equations: Iterable[Equation], definitions: Definitions) -> PassCost:
    """The costs of flat equations; a term of a sum that is 0 by the definition of what is in it counts no more than one
    that a condition in the sum takes out."""
    counted = ((e, with_known_zeros(e, definitions)) for e in equations)
    return PassCost(
        tuple(
            EquationCost(e.number, e.tensor.name, operations(known), bytes_read(known), bytes_written(e))
            for e, known in counted
        )
    )


def _raw(derivation: Derivation) -> list[Equation]:
    """The chain rule's equations that gradients need, each split by itself: it shares nothing with others."""
    needed = upstream(derivation.chain, [adjoint for _, adjoint in derivation.system.gradients])
    names = {equation.tensor.name for equation in derivation.chain} | derivation.forward.tensors.keys()
    chain = [equation for equation in derivation.chain if equation.tensor.name in needed]
    return [part for equation in chain for part in Splitter(names.__contains__).split(equation)]


def _saved(forward: list[Equation], backward: list[Equation]) -> list[Saved]:
    readers: dict[str, list[int]] = {}
    for equation in backward:
        for name in equation.reads:
            readers.setdefault(name, []).append(equation.number)
    return [
        Saved(e.tensor, e.number, size(e) * Polynomial((ELEMENT_BYTES,)), tuple(readers[e.tensor.name]))
        for e in forward
        if e.tensor.name in readers and e.tensor.role not in GIVEN
    ]
