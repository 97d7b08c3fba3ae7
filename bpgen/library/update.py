"""The optimiser's step: one instance of its text for every parameter that has a gradient."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bpgen.algebra.elaborate import Scope, elaborate
from bpgen.algebra.errors import InternalError
from bpgen.algebra.system import Equation, Origin, System, Tensor
from bpgen.library.apply import with_dtype
from bpgen.library.optimizers import OPTIMIZERS
from bpgen.library.schedules import SCHEDULES
from bpgen.library.text import choose

PREFIX = "optimizer"
"""The scalars of a step are tensors called optimizer.NAME; settings, and the step count t, are called NAME alone,
unless the network has a tensor of that name already."""

# How formulas show the names of the texts.
SYMBOLS = {
    "lr": "eta_0", "eta": "eta", "beta1": "beta_1", "beta2": "beta_2", "eps": "epsilon", "momentum": "mu",
    "weight_decay": "lambda", "gamma": "gamma", "t": "t", "m": "m", "v": "v", "rate": "alpha", "scale": "rho",
    "keep": "kappa", "r": "r", "u": "u",
}  # fmt: skip


def append_update(
    system: System, kind: str, options: Mapping[str, Any], schedule: str = "constant",
    schedule_options: Mapping[str, Any] | None = None,
) -> System:  # fmt: skip
    """The system with the update equations of its parameters, their states, settings and the step count.

    options: numbers by name, checked, with defaults filled in (`lr`, `beta1`, ...); 0 takes a term out.
    Hyper-parameters become settings of dtype float64, so that equations do not change with their values.
    Equation numbers go on from the system's last one.
    """
    optimizer = OPTIMIZERS[kind]
    numbers = dict(options) | dict(schedule_options or {})
    system, scalars = _append_scalars(system, kind, schedule, numbers)
    states = tuple(letter for letter, needs in optimizer.states if needs is None or options[needs])
    step = _ParameterStep(kind, choose(optimizer.each, options), scalars, states)
    equations: list[Equation] = []
    tensors, updates = dict(system.tensors), list(system.updates)
    for name, adjoint in system.gradients:
        parameter = system.tensors[name]
        if parameter.role == "parameter":
            equations += step.equations(parameter, system.tensors[adjoint])
            tensors |= {kept.name: kept for kept in step.kept(parameter).values()}
            updates += [(item, f"{item}.next") for item in (name, *(f"{name}.{letter}" for letter in states))]
    system = replace(system, tensors=tensors)
    return system.extended(_numbered(tuple(equations), system), updates=tuple(updates))


def _append_scalars(
    system: System, kind: str, schedule: str, numbers: Mapping[str, Any]
) -> tuple[System, dict[str, Tensor]]:
    """Settings, counters and the equations of a step's scalars; also all of them by their name in the texts."""
    optimizer, rate = OPTIMIZERS[kind], SCHEDULES[schedule]
    rate_text = f"eta = {numbers['equation']}" if schedule == "equation" else choose(rate.text, numbers)
    once = choose(optimizer.once, numbers)
    used = set(re.findall(r"[A-Za-z_]\w*", " ".join([rate_text, once, choose(optimizer.each, numbers)])))
    settings = [name for name, value in numbers.items() if name in used and not isinstance(value, bool | str)]
    counters = ("t", *rate.states)
    known = {name: scalar(_free(name, system), "setting", name) for name in settings}
    known |= {"t": _step_count(system)}
    known |= {name: scalar(f"{PREFIX}.{name}", "state", name) for name in rate.states}
    equations: tuple[Equation, ...] = ()
    if schedule == "constant":
        known["eta"] = known["lr"] = replace(known["lr"], symbol="eta")
    else:
        equations = elaborate_scalars(rate_text, known, counters, f"{schedule} schedule")
        known |= {_letter(equation.tensor): equation.tensor for equation in equations}
    if once:
        equations += elaborate_scalars(once.lstrip(), known, counters, f"{kind} rate")
    equations += elaborate_scalars("t_next = t + 1", known, counters, "next step")
    tensors = dict(system.tensors) | {tensor.name: tensor for tensor in known.values()}
    system = replace(
        system, tensors=tensors,
        settings=system.settings + tuple((known[name].name, float(numbers[name])) for name in settings),
    ).extended(
        _numbered(equations, system),
        updates=system.updates + tuple((known[name].name, f"{known[name].name}.next") for name in counters),
    )  # fmt: skip
    return system, known | {_letter(equation.tensor): equation.tensor for equation in equations}


def elaborate_scalars(
    text: str, known: Mapping[str, Tensor], counters: tuple[str, ...], origin: str
) -> tuple[Equation, ...]:
    """Equations of scalars, all float64; counters' next values are called COUNTER.next.

    Raises EquationError for unknown names.
    """
    names = {f"{name}_next": f"{known[name].name}.next" for name in counters}
    symbols = SYMBOLS | {f"{name}_next": SYMBOLS.get(name, name) for name in counters}
    scope = Scope(tensors=known, names=names, prefix=PREFIX, symbols=symbols)
    done = elaborate(text, scope, role="update", origin=Origin(PREFIX, origin), position=None)
    return with_dtype(done.equations, "float64")


def _letter(tensor: Tensor) -> str:
    return tensor.name.removeprefix(f"{PREFIX}.")


class _ParameterStep:
    """The text of one parameter's step, instantiated for many: parameter.next, and STATE.next for its states.

    Parameters with equal axes get one elaboration with other names: a deep network costs little more than a
    shallow one.
    """

    def __init__(self, kind: str, text: str, scalars: Mapping[str, Tensor], states: tuple[str, ...]) -> None:
        self.kind, self.text, self.scalars, self.states = kind, text, scalars, states
        self._done: dict[Any, tuple[Tensor, Tensor, tuple[Equation, ...]]] = {}

    def kept(self, parameter: Tensor) -> dict[str, Tensor]:
        """The states of a parameter, by letter."""
        return {
            letter: replace(parameter, name=f"{parameter.name}.{letter}", role="state", symbol=letter)
            for letter in self.states
        }

    def equations(self, parameter: Tensor, gradient: Tensor) -> tuple[Equation, ...]:
        key = (parameter.axes, gradient.axes, parameter.positive, gradient.positive)
        if key not in self._done:
            self._done[key] = parameter, gradient, self._elaborated(parameter, gradient)
        first, its_gradient, equations = self._done[key]
        if first is parameter:
            return equations

        def moved(tensor: Tensor) -> Tensor:
            name = parameter.name + tensor.name.removeprefix(first.name)
            symbol = parameter.symbol if tensor.symbol == first.symbol else tensor.symbol
            return replace(tensor, name=name, layer=parameter.layer, symbol=symbol)

        old = [first, *self.kept(first).values(), *(equation.tensor for equation in equations)]
        atoms = {tensor.atom: moved(tensor).atom for tensor in old} | {its_gradient.atom: gradient.atom}
        origin = Origin(parameter.layer, self.kind)
        return tuple(
            replace(item, tensor=moved(item.tensor), rhs=item.rhs.xreplace(atoms), origin=origin) for item in equations
        )

    def _elaborated(self, parameter: Tensor, gradient: Tensor) -> tuple[Equation, ...]:
        name = parameter.name
        scope = Scope(
            tensors={**self.scalars, **self.kept(parameter), "w": parameter, "g": gradient},
            names={"y": f"{name}.next"} | {f"{letter}_next": f"{name}.{letter}.next" for letter in self.states},
            prefix=name,
            layer=parameter.layer,
            symbols=SYMBOLS | {"y": parameter.symbol} | {f"{letter}_next": letter for letter in self.states},
        )
        done = elaborate(self.text, scope, role="update", origin=Origin(parameter.layer, self.kind), position=None)
        if done.result.shape != parameter.shape:
            raise InternalError(f"the update of {name} {parameter.shape} has shape {done.result.shape}")
        return done.equations


def _numbered(equations: tuple[Equation, ...], system: System) -> tuple[Equation, ...]:
    last = max((equation.number for equation in system.equations), default=0)
    return tuple(replace(equation, number=last + n + 1) for n, equation in enumerate(equations))


def _step_count(system: System) -> Tensor:
    """The number of steps taken: the one that random(...) depends on, where the network has it."""
    counts = (t for t in system.with_role("state") if t.dtype == "float64" and t.symbol == "t")
    return next(counts, None) or scalar(_free("t", system), "state", "t")


def _free(name: str, system: System) -> str:
    return f"{PREFIX}.{name}" if name in system.tensors else name


def scalar(name: str, role: str, letter: str) -> Tensor:
    """A scalar of the optimiser, float64."""
    return Tensor(name, (), dtype="float64", role=role, symbol=SYMBOLS.get(letter, letter))
