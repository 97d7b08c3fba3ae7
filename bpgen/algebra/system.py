"""Tensors, equations, and systems of them: what flows from stage to stage.

An equation defines every element of one tensor: `tensor[indices] = rhs`.  The right-hand side is a
scalar SymPy expression over `Access`, `Reduction`, indices, BATCH and exact numbers.

A system is *flat* when in every equation at most one reduction occurs, whose body has none, and the
right-hand side is affine in it: rhs = c * reduction + d.  Elaboration and derivation both return flat
systems; `verify` holds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from functools import cached_property

from sympy import Expr, Symbol

from bpgen.algebra.errors import InternalError, Position
from bpgen.algebra.expressions import Access, Reduction, accesses, free_indices, is_affine
from bpgen.algebra.index import Index, TensorName, extent_of
from bpgen.algebra.records import dataclass
from bpgen.algebra.recurrence import components

REAL = "real"  # the dtype the network is built with; other dtypes are named: "int32", "float64"

GIVEN = ("input", "parameter", "state", "setting")  # the roles of what no equation defines
ROLES = (*GIVEN, "forward", "loss", "inference", "backward", "update")


DECLARED = "declared"  # why a fact holds: the description says so


@dataclass(frozen=True)
class Fact:
    """An identity that a tensor is known to satisfy.

    kind: "sums_to_one", "one_hot", "mask", "positive" or "symmetric"; axes: the axes it speaks of.
    """

    kind: str
    axes: tuple[int, ...] = ()
    reason: str = DECLARED


@dataclass(frozen=True)
class Tensor:
    """A name with axes.

    name: unique in its system; "fc1.weight", "fc1.z", adjoints "d.fc1.weight", next values "fc1.weight.next"
    axes: one Index an axis; its name is the letter the axis likes to be called by
    role: where values come from: "input", "parameter", "state" (kept between steps), "setting" (a
        number given at run time), or the role of its equation: "forward", "loss", "inference" (what forward and
        loss are outside of training, where that differs), "backward", "update"
    symbol, layer: how formulas show it: letter ("W") and the layer it belongs to ("fc1", or "")
    classes: for an integer tensor, its values are 0 ... classes - 1, or `ignored`, which may be none of them and is
        then only compared with
    """

    name: str
    axes: tuple[Index, ...] = ()
    dtype: str = REAL
    role: str = "forward"
    facts: tuple[Fact, ...] = ()
    positive: bool = False
    classes: int | None = None
    symbol: str = ""
    layer: str = ""
    ignored: int | None = None

    @cached_property
    def atom(self) -> Symbol:
        known = {"positive": True} if self.positive else {"real": True}
        if self.dtype == "int32":
            known = {"integer": True}
            if self.ignored is None or 0 <= self.ignored < (self.classes or 0):
                known["nonnegative"] = True
        return TensorName(self.name, tuple(axis.extent for axis in self.axes), **known)

    @property
    def shape(self) -> tuple[int | str, ...]:
        return tuple(extent_of(axis) for axis in self.axes)

    def points_within(self, extent: int | str) -> bool:
        """Whether each value of an integer tensor is a place on an axis of that extent, an ignored one as well."""
        if self.classes is None or isinstance(extent, str):
            return False
        highest = self.classes - 1 if self.ignored is None else max(self.classes - 1, self.ignored)
        return highest < extent and (self.ignored is None or self.ignored >= 0)

    def __getitem__(self, indices: Expr | tuple[Expr, ...]) -> Access:
        given = indices if isinstance(indices, tuple) else (indices,)
        if len(given) != len(self.axes):
            raise InternalError(f"{self.name} has {len(self.axes)} axes, accessed with {len(given)}")
        return Access(self.atom, *given)

    @property
    def element(self) -> Access:
        """The access at the tensor's own axes."""
        return Access(self.atom, *self.axes)


@dataclass(frozen=True)
class Origin:
    """Where an equation was written: the layer (or "loss", "optimizer"), its type, its place."""

    layer: str = ""
    type: str = ""
    position: Position | None = None


@dataclass(frozen=True)
class Equation:
    """tensor[indices] = rhs, for every value of the indices.

    assumed: tensors that make it true by what is declared of them; nothing is differentiated by these
    """

    tensor: Tensor
    indices: tuple[Index, ...]
    rhs: Expr
    role: str = "forward"
    origin: Origin = Origin()
    number: int = 0
    note: str = ""
    assumed: tuple[str, ...] = ()

    @property
    def lhs(self) -> Access:
        return Access(self.tensor.atom, *self.indices)

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """Names of the tensors it reads, each once, sorted."""
        return tuple(sorted({access.tensor for access in self.rhs.atoms(Access)}))

    @cached_property
    def reduction(self) -> Reduction | None:
        """The reduction of a flat equation."""
        found = self.rhs.atoms(Reduction)
        return next(iter(found)) if found else None

    @cached_property
    def _text(self) -> str:
        from bpgen.algebra.printing import print_equation

        return print_equation(self)

    def __str__(self) -> str:
        return self._text


@dataclass(frozen=True)
class Parameter:
    """How a parameter (or another learnt tensor) begins.  init: see bpgen.library.initializers."""

    name: str
    init: str
    options: tuple[tuple[str, float], ...] = ()
    fan_in: int = 1
    fan_out: int = 1


@dataclass(frozen=True)
class System:
    """A network: tensors, and equations in an order in which each reads only what stands before it.

    Equations of a recurrence, which read each other along time, stand next to each other (bpgen.algebra.recurrence).

    outputs: names of the tensors that forward returns; loss: the scalar that is differentiated, or None
    losses: (name, weight) of the terms of the loss
    updates: (state or parameter, tensor that becomes its next value), applied together after a step
    settings: (name, default) of the tensors with role "setting"
    gradients: (parameter or input, its adjoint's name), once derived
    inference: (output or loss, the tensor that takes its place outside of training), where layers such as batch
        norm and dropout make a difference; the equations of these tensors stand among the others
    """

    name: str
    tensors: Mapping[str, Tensor] = field(default_factory=dict)
    equations: tuple[Equation, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    outputs: tuple[str, ...] = ()
    loss: str | None = None
    losses: tuple[tuple[str, float], ...] = ()
    updates: tuple[tuple[str, str], ...] = ()
    settings: tuple[tuple[str, float], ...] = ()
    gradients: tuple[tuple[str, str], ...] = ()
    inference: tuple[tuple[str, str], ...] = ()

    @cached_property
    def defining(self) -> Mapping[str, Equation]:
        """Tensor's name -> its equation."""
        return {equation.tensor.name: equation for equation in self.equations}

    def with_role(self, role: str) -> tuple[Tensor, ...]:
        return tuple(tensor for tensor in self.tensors.values() if tensor.role == role)

    def extended(self, equations: Iterable[Equation], **changes: object) -> System:
        """The system with further equations (and their tensors) at its end."""
        added = tuple(equations)
        tensors = dict(self.tensors) | {e.tensor.name: e.tensor for e in added}
        return replace(self, tensors=tensors, equations=self.equations + added, **changes)  # type: ignore[arg-type]


def verify(system: System) -> None:
    """Hold the invariants of a flat system.  Raises InternalError naming equation and invariant."""
    defined = {name for name, t in system.tensors.items() if t.role in GIVEN}
    partners = _recurrences(system)
    for equation in system.equations:
        name = equation.tensor.name
        _verify_equation(equation, system)
        missing = [read for read in equation.reads if read not in defined and read not in partners.get(name, ())]
        if missing:
            raise InternalError(f"{equation}\n  reads {', '.join(missing)} before it is defined")
        if name in defined:
            raise InternalError(f"{equation}\n  defines {name} a second time")
        defined.add(name)


def _recurrences(system: System) -> dict[str, tuple[str, ...]]:
    """For each tensor of a recurrence, the tensors of it; they stand next to each other."""
    found = components(system.equations)
    if not found:
        return {}
    position = {equation.tensor.name: n for n, equation in enumerate(system.equations)}
    for component in found:
        first, last = position[component.names[0]], position[component.names[-1]]
        if last - first + 1 != len(component.names):
            between = system.equations[first + 1 : last]
            stray = next(equation for equation in between if equation.tensor.name not in component.names)
            raise InternalError(f"{stray}\n  stands within the recurrence of {', '.join(component.names)}")
    return {name: component.names for component in found for name in component.names}


def _verify_equation(equation: Equation, system: System) -> None:
    if tuple(map(extent_of, equation.indices)) != equation.tensor.shape:
        raise InternalError(f"{equation}\n  left-hand indices do not fit {equation.tensor.shape}")
    if len({index.name for index in equation.indices}) != len(equation.indices):
        raise InternalError(f"{equation}\n  has two left-hand indices of one name")
    unbound = set(free_indices(equation.rhs)) - set(equation.indices)
    if unbound:
        raise InternalError(f"{equation}\n  unbound: {', '.join(sorted(i.name for i in unbound))}")
    found = equation.rhs.atoms(Reduction)
    if len(found) > 1:
        raise InternalError(f"{equation}\n  has {len(found)} reductions; pass split_reductions is missing")
    for access in accesses(equation.rhs):
        tensor = system.tensors.get(access.tensor)
        if tensor is None or len(tensor.axes) != len(access.indices):
            raise InternalError(f"{equation}\n  {access} does not fit its tensor")
    for reduction in found:
        if not is_affine(equation.rhs, reduction):
            raise InternalError(f"{equation}\n  is not affine in its reduction; pass split_reductions is missing")
