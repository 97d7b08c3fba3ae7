"""The optimiser's step: one instance of its text for every parameter that has a gradient."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from bpgen.algebra.elaborate import Scope, elaborate
from bpgen.algebra.records import dataclass
from bpgen.algebra.system import Equation, Origin, System, Tensor
from bpgen.library.apply import with_dtype
from bpgen.library.gradients import COMMON_DEFAULTS, GATE, GATE_OF_RESULT, GATHERED, TREATMENTS, Treatment
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
    "keep": "kappa", "r": "r", "u": "u", "alpha": "alpha", "rho": "rho", "look": "nu", "past": "mu",
    "clip_norm": "c", "clip_value": "c", "accumulate": "k", "norm": "N", "shrink": "sigma", "last": "ell", "g_sum": "s",
}  # fmt: skip


def append_update(
    system: System, kind: str, options: Mapping[str, Any], schedule: str = "constant",
    schedule_options: Mapping[str, Any] | None = None,
) -> System:  # fmt: skip
    """The system with the update equations of its parameters, their states, settings and the step count.

    options: numbers by name, checked, with defaults filled in (`lr`, `beta1`, ...); 0 takes a term out.
    Hyper-parameters become settings of dtype float64, so that equations do not change with their values.
    Equation numbers go on from the system's last one.
    Raises EquationError where an equation of the user's own does not fit a parameter.
    """
    chosen = _Chosen(kind, options, schedule, schedule_options or {})
    system, scalars = _append_scalars(system, chosen)
    update = _Update(system, scalars)
    for treatment in chosen.treatments:
        if treatment.shared:
            update.add_shared(treatment)
        update.add(ParameterRule(treatment.option, treatment.text, update.scalars, treatment.states, treatment.result))
    if kind == "equation":
        update.scalars["lr"] = update.scalars["eta"]
    update.add(ParameterRule(kind, chosen.text, update.scalars, chosen.states, "next", gated=chosen.gated))
    return update.system


@dataclass(frozen=True)
class _Chosen:
    """An optimiser and a schedule with their options: the texts that these come to."""

    kind: str
    options: Mapping[str, Any]
    schedule: str
    schedule_options: Mapping[str, Any]

    @property
    def switches(self) -> dict[str, Any]:
        """What decides the parts of a text: an average over one step is none."""
        return {**COMMON_DEFAULTS, **self.options, "accumulate": self.gated}

    @property
    def gated(self) -> bool:
        """Whether parameters change in the last of several steps only."""
        return bool(self.options.get("accumulate", 1) > 1)

    @property
    def treatments(self) -> list[Treatment]:
        switches = self.switches
        return [treatment for treatment in TREATMENTS if switches[treatment.option]]

    @property
    def text(self) -> str:
        own = self.kind == "equation"
        return str(self.options["equation"]) if own else choose(OPTIMIZERS[self.kind].each, self.switches)

    @property
    def states(self) -> tuple[str, ...]:
        if self.kind == "equation":
            return tuple(self.options.get("states", ()))
        return tuple(s for s, needs in OPTIMIZERS[self.kind].states if needs is None or self.options[needs])

    @property
    def once(self) -> str:
        return choose(OPTIMIZERS[self.kind].once, self.switches)

    @property
    def rate(self) -> str:
        if self.schedule == "equation":
            return f"eta = {self.schedule_options['equation']}"
        return choose(SCHEDULES[self.schedule].text, self.schedule_options)

    def settings(self) -> dict[str, float]:
        """The numbers that the texts speak of."""
        parts = [self.rate, self.once, self.text]
        parts += [part for treatment in self.treatments for part in (treatment.text, treatment.shared)]
        used = set(re.findall(r"[A-Za-z_]\w*", " ".join([*parts, GATHERED if self.gated else ""])))
        numbers = {**self.options, **self.schedule_options}
        return {
            name: float(value)
            for name, value in numbers.items()
            if name in used and isinstance(value, int | float) and not isinstance(value, bool)
        }


class _Update:
    """Grows a system rule by rule.  gradients: parameter -> what the next rule takes as its gradient."""

    def __init__(self, system: System, scalars: dict[str, Tensor]) -> None:
        self.system, self.scalars = system, scalars
        parameters = [(name, adjoint) for name, adjoint in system.gradients if system.tensors[name].role == "parameter"]
        self.gradients = {name: system.tensors[adjoint] for name, adjoint in parameters}

    def add(self, rule: ParameterRule) -> None:
        """The rule for every parameter; its result is the gradient of the rules to come, or the next value."""
        equations: list[Equation] = []
        tensors, updates = dict(self.system.tensors), list(self.system.updates)
        for name, gradient in self.gradients.items():
            parameter = self.system.tensors[name]
            equations += rule.equations(parameter, gradient)
            kept = rule.kept(parameter).values()
            tensors |= {state.name: state for state in kept}
            replaced = [name] if rule.result == "next" else []
            updates += [(item, f"{item}.next") for item in (*replaced, *(state.name for state in kept))]
        self._extend(replace(self.system, tensors=tensors), equations, updates)
        if rule.result != "next":
            self.gradients = {name: self.system.tensors[f"{name}.{rule.result}"] for name in self.gradients}

    def add_shared(self, treatment: Treatment) -> None:
        """Scalars that all gradients enter together: the equations of q for each, and of their sum."""
        square = ParameterRule(treatment.option, treatment.each, self.scalars, (), "g.square")
        equations: list[Equation] = []
        for name, gradient in self.gradients.items():
            equations += square.equations(self.system.tensors[name], gradient)
        squares = {f"q{n}": equation.tensor for n, equation in enumerate(equations)}
        text = treatment.shared.replace("{sum}", " + ".join(squares) or "0")
        done = elaborate_scalars(text, {**self.scalars, **squares}, (), treatment.option)
        self._extend(self.system, [*equations, *done], list(self.system.updates))
        self.scalars |= {_letter(equation.tensor): equation.tensor for equation in done}

    def _extend(self, system: System, equations: Iterable[Equation], updates: list[tuple[str, str]]) -> None:
        self.system = system.extended(_numbered(tuple(equations), system), updates=tuple(updates))


def _append_scalars(system: System, chosen: _Chosen) -> tuple[System, dict[str, Tensor]]:
    """Settings, counters and the equations of a step's scalars; also all of them by their name in the texts.

    Where gradients are gathered over several steps, t in the texts is the number of updates, not of steps.
    """
    entry, rate = OPTIMIZERS[chosen.kind], SCHEDULES[chosen.schedule]
    schedule, gated, settings = chosen.schedule, chosen.gated, chosen.settings()
    known = {name: scalar(_free(name, system), "setting", name) for name in settings}
    step = {"t": _step_count(system)}
    counters = (*rate.states, *entry.counters)
    known |= {name: scalar(f"{PREFIX}.{name}", "state", name) for name in counters}
    equations: tuple[Equation, ...] = ()
    kept = list(step.values())
    if gated:
        known["n"] = scalar(f"{PREFIX}.n", "state", "n")
        kept.append(known["n"])
        known["t"] = scalar(f"{PREFIX}.updates", "state", "t")
        equations = elaborate_scalars(GATHERED, known, ("n",), "steps of an update")
        known |= {_letter(equation.tensor): equation.tensor for equation in equations}
        equations += elaborate_scalars("t_next = t + 1", known, ("t",), "next update", gated=True)
        counters = ("t", *counters)
    else:
        known |= step
    kept += [known[name] for name in counters]
    if schedule == "constant":
        known["eta"] = known["lr"] = replace(known["lr"], symbol="eta")
    else:
        equations += elaborate_scalars(chosen.rate, known, rate.states, f"{schedule} schedule", gated=gated)
        known |= {_letter(equation.tensor): equation.tensor for equation in equations}
    if chosen.once:
        equations += elaborate_scalars(chosen.once, known, entry.counters, f"{chosen.kind} rate", gated=gated)
    equations += elaborate_scalars("t_next = t + 1", step, ("t",), "next step")
    known |= {_letter(equation.tensor): equation.tensor for equation in equations}
    tensors = dict(system.tensors) | {tensor.name: tensor for tensor in (*known.values(), *step.values())}
    system = replace(
        system, tensors=tensors,
        settings=system.settings + tuple((known[name].name, value) for name, value in settings.items()),
    ).extended(
        _numbered(equations, system),
        updates=system.updates + tuple((tensor.name, f"{tensor.name}.next") for tensor in kept),
    )  # fmt: skip
    return system, known


def elaborate_scalars(
    text: str, known: Mapping[str, Tensor], counters: tuple[str, ...], origin: str, *, gated: bool = False
) -> tuple[Equation, ...]:
    """Equations of scalars, all float64; counters' next values are called COUNTER.next.

    gated: counters go on in the last of several gathered steps only.  Raises EquationError for unknown names.
    """
    used = [name for name in counters if f"{name}_next" in text]
    next_name = "updated" if gated else "next"
    names = {f"{name}_next": f"{known[name].name}.{next_name}" for name in used}
    if gated:
        text = "\n".join([text, *(GATE.format(name=name, index="") for name in used)])
        names |= {f"{name}_kept": f"{known[name].name}.next" for name in used}
    symbols = SYMBOLS | {f"{name}_{which}": SYMBOLS.get(name, name) for name in used for which in ("next", "kept")}
    scope = Scope(tensors=known, names=names, prefix=PREFIX, symbols=symbols)
    done = elaborate(text.lstrip(), scope, role="update", origin=Origin(PREFIX, origin), position=None)
    return with_dtype(done.equations, "float64")


def _letter(tensor: Tensor) -> str:
    return tensor.name.removeprefix(f"{PREFIX}.")


class ParameterRule:
    """A text instantiated for many parameters: PARAMETER.RESULT, and STATE.next for its states.

    gated: parameters and states change in the last of several gathered steps only.
    Parameters with equal axes get one elaboration with other names: a deep network costs little more than a
    shallow one.
    """

    def __init__(
        self, kind: str, text: str, scalars: Mapping[str, Tensor], states: tuple[str, ...], result: str, *,
        gated: bool = False,
    ) -> None:  # fmt: skip
        self.kind, self.text, self.scalars, self.states = kind, text, scalars, states
        self.result, self.gated = result, gated
        self._done: dict[Any, tuple[Tensor, Tensor, tuple[Equation, ...]]] = {}

    def kept(self, parameter: Tensor) -> dict[str, Tensor]:
        """The states of a parameter, by letter."""
        return {
            letter: replace(
                parameter, name=f"{parameter.name}.{letter}", role="state", symbol=SYMBOLS.get(letter, letter)
            )
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
        name, text = parameter.name, self.text
        values = {"y": name} | {letter: f"{name}.{letter}" for letter in self.states}
        written = {letter: letter if letter == "y" else f"{letter}_next" for letter in values}
        if self.gated:
            names = {written[letter]: f"{base}.updated" for letter, base in values.items()}
            names |= {f"{letter}_kept": f"{base}.next" for letter, base in values.items()}
            gates = {letter: GATE.format(name=letter, index="[...]") for letter in self.states} | {"y": GATE_OF_RESULT}
            defined = {letter for letter, name in written.items() if re.search(rf"\b{name}\b", text)}
            text = "\n".join([text, *(gate for letter, gate in gates.items() if letter in defined)])
        else:
            names = {written[letter]: f"{base}.next" for letter, base in values.items()}
            names["y"] = f"{name}.{self.result}"
        shown = {"y": parameter.symbol if self.result == "next" else gradient.symbol}
        shown |= {letter: SYMBOLS.get(letter, letter) for letter in self.states}
        scope = Scope(
            tensors={**self.scalars, **self.kept(parameter), "w": parameter, "g": gradient},
            names=names,
            prefix=name,
            layer=parameter.layer,
            symbols=SYMBOLS
            | {written[letter]: symbol for letter, symbol in shown.items()}
            | {f"{letter}_kept": symbol for letter, symbol in shown.items()},
        )
        done = elaborate(text, scope, role="update", origin=Origin(parameter.layer, self.kind), position=None)
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
