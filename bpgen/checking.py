"""`bpgen check`: equations and gradients of a network held against arithmetic that shares nothing with them.

The forward and loss equations go through the brute-force evaluator, the gradients against differences of the
loss, both on the network as it was built, in float64, at random values.  An entry at which the loss has a
kink (a rectifier's corner) has no derivative to compare with; it is counted and left out.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from bpgen.algebra.errors import BpgenError
from bpgen.algebra.records import dataclass
from bpgen.lower.interface import Input
from bpgen.run.arrays import Array
from bpgen.run.bound import Bound
from bpgen.run.samples import random_inputs

if TYPE_CHECKING:
    from bpgen.run.network import Network
    from bpgen.spec.model import Model

ROWS = 3
SAMPLES = 12  # entries of a tensor that are compared
# Of a difference; with Richardson's extrapolation its error is of order step ** 4.
STEPS = (1e-4, 1e-4 / 16, 1e-4 / 256)
RELATIVE = 1e-6
BRUTE_FORCE_LIMIT = 300_000  # element operations the evaluator is given; it does about 10^5 a second


@dataclass(frozen=True)
class Finding:
    """One thing that was checked.

    kind: "equations" or "gradient"; compared: entries; kinks: entries left out; error: largest difference,
    relative to the tensor's largest entry; ok: None where it was not checked, note then says why
    """

    kind: str
    name: str
    compared: int
    kinks: int
    error: float
    ok: bool | None
    note: str = ""


def check(model: Model, target: str | None = None, seed: int = 0) -> list[Finding]:
    """Every result of forward, the loss, and the gradient by every parameter and real input."""
    from bpgen.api import build

    network = build(model, target, dtype="float64")
    generator = np.random.default_rng(seed)
    inputs = _usable_inputs(network, generator)
    findings = _check_equations(model, network, inputs)
    if network.interface.entry("loss") is None:
        return findings
    bound = network.bind(inputs)
    arrays = dict(network.parameters) | {
        item.name: inputs[item.name] for item in network.interface.inputs if _free_to_move(item)
    }
    known = _gradients(network, inputs, arrays)
    stops = _stops_a_gradient(model)
    for name, gradient in known.items():
        found = _check_gradient(name, arrays[name], gradient, bound, generator)
        if found.ok is False and stops:  # a difference knows nothing of stop(): it is no judge here
            found = replace(found, ok=None, note="stop() keeps a gradient back, which no difference can tell")
        findings.append(found)
    for item in network.interface.inputs:
        if item.dtype == "real" and not _free_to_move(item):
            kinds = ", ".join(kind for kind, _ in item.facts)
            findings.append(Finding("gradient", item.name, 0, 0, 0.0, None, f"declared {kinds}: it cannot be varied"))
    return findings


def _usable_inputs(network: Network, generator: np.random.Generator) -> dict[str, Array]:
    """Random values at which the loss is finite: around 0, or else between 0 and 1 (logarithms, roots)."""
    for view in network.parameters.values():  # away from the zeros and ones that parameters may begin with
        np.add(view, 0.1 * generator.normal(size=view.shape), out=view)
    for view in network.carried.begin(ROWS).values():  # 0 would hide whether they are read
        view[...] = generator.uniform(-1, 1, view.shape)
    for low in (-1.0, 0.1):
        inputs = random_inputs(network.interface, ROWS, generator, low)
        if network.interface.entry("loss") is None or math.isfinite(network.loss(inputs)):
            return inputs
    raise BpgenError(f"{network.name} cannot be checked: its loss is not finite at random inputs")


def _stops_a_gradient(model: Model) -> bool:
    from bpgen.algebra.functions import stop
    from bpgen.spec.system import build_system

    return any(equation.rhs.has(stop) for equation in build_system(model).equations)


def _free_to_move(item: Input) -> bool:
    return item.dtype == "real" and all(kind == "positive" for kind, _ in item.facts)


def _gradients(network: Network, inputs: dict[str, Array], arrays: dict[str, Array]) -> dict[str, Array]:
    entry = network.interface.entry("input_gradients")
    known = {result.name for result in entry.results} if entry else set()
    names = [name for name in arrays if name in network.parameters or name in known]
    return network.gradients(inputs, wrt=names)[1] if names else {}


def _check_gradient(name: str, array: Array, gradient: Array, bound: Bound, generator: np.random.Generator) -> Finding:
    flat, slopes = array.flat, gradient.reshape(-1)  # to write through, in whichever order it lies
    scale = float(np.abs(slopes).max(initial=0.0))
    chosen = generator.choice(array.size, min(SAMPLES, array.size), replace=False)
    compared, kinks, worst, ok = 0, 0, 0.0, True
    for place in sorted(int(n) for n in chosen):
        right, difference = _agrees(flat, place, float(slopes[place]), scale, bound)
        if right is None:
            kinks += 1
            continue
        compared += 1
        ok = ok and right
        worst = max(worst, difference)
    return Finding("gradient", name, compared, kinks, worst, bool(ok) if compared else None)


def _agrees(
    flat: np.flatiter[Array], place: int, slope: float, scale: float, bound: Bound
) -> tuple[bool | None, float]:
    """Whether a difference of the loss agrees with the slope, and how far it is off; None at a kink.

    Kinks on both sides can hide each other, so where it does not agree, smaller steps are asked, which meet fewer.
    """
    right, off = None, 0.0
    for step in STEPS:
        measured, noise = _slope(flat, place, bound, step)
        if measured is None:
            continue
        difference = abs(measured - slope)
        size = max(scale, abs(measured))
        right, off = difference <= RELATIVE * size + noise, difference / (size or 1.0)  # NaN is not right
        if right:
            break
    return right, off


def _slope(flat: np.flatiter[Array], place: int, bound: Bound, relative: float) -> tuple[float | None, float]:
    """The derivative of the training loss by one entry, and how far rounding may put it off; None at a kink."""
    value = float(flat[place])
    step = relative * max(1.0, abs(value))
    losses = {}
    try:
        for factor in (-1.0, -0.5, 0.0, 0.5, 1.0):
            flat[place] = value + factor * step
            losses[factor] = training_loss(bound)
    finally:
        flat[place] = value
    wide = (losses[1.0] - losses[-1.0]) / (2 * step)
    near = (losses[0.5] - losses[-0.5]) / step
    # How much the slopes to the right and to the left differ: halves with the step, unless there is a kink.
    bend_wide = (losses[1.0] - 2 * losses[0.0] + losses[-1.0]) / step
    bend_near = 2 * (losses[0.5] - 2 * losses[0.0] + losses[-0.5]) / step
    noise = 40 * np.finfo(np.float64).eps * max(abs(loss) for loss in losses.values()) / step
    if abs(bend_wide - 2 * bend_near) > 0.05 * abs(bend_wide) + 4 * noise:
        return None, noise
    return (4 * near - wide) / 3, 4 * float(noise)


def training_loss(bound: Bound) -> float:
    """The loss that gradients belong to; where layers do otherwise while training, `bound.loss` is another one."""
    loss, _ = bound.gradients() if bound.has("gradients") else bound.input_gradients()
    return loss


def _check_equations(model: Model, network: Network, inputs: dict[str, Array]) -> list[Finding]:
    from bpgen.algebra.evaluate import evaluate
    from bpgen.operations import equation_operations
    from bpgen.spec.system import build_system

    system = build_system(model)
    work = sum(equation_operations(equation, ROWS) for equation in system.equations)
    names = [*system.outputs, *([system.loss] if system.loss else [])]
    if work > BRUTE_FORCE_LIMIT:
        note = f"{work:.1e} operations are too many for the element-by-element evaluator"
        return [Finding("equations", name, 0, 0, 0.0, None, note) for name in names]
    given = dict(network.parameters) | dict(network.states) | network.carried.views() | inputs
    given |= {name: np.asarray(value) for name, value in (*network.interface.counters, *network.interface.settings)}
    values = evaluate(system, given, ROWS)
    places = dict(system.inference)
    output = network.forward(inputs) if network.interface.entry("forward") else {}
    found = output if isinstance(output, dict) else {system.outputs[0]: output}
    if system.loss:
        found = {**found, system.loss: np.asarray(network.loss(inputs))}
    findings = []
    for name in names:
        place = places.get(name, name)
        judge = np.asarray(values[place] if place in values else given[place])  # an input may be the output
        difference = float(np.abs(found[name] - judge).max())
        scale = float(np.abs(judge).max()) or 1.0
        findings.append(Finding("equations", name, judge.size, 0, difference / scale, difference <= 1e-9 * scale))
    return findings
