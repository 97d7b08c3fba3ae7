"""System -> Derivation: the passes in the order in which they run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bpgen.algebra.errors import BpgenError, InternalError
from bpgen.algebra.recurrence import arrange, upstream
from bpgen.algebra.system import GIVEN, REAL, Equation, System, verify
from bpgen.derive.adjoints import Adjoints
from bpgen.derive.check import check_slope
from bpgen.derive.check_stable import check_stable
from bpgen.derive.derivation import Derivation
from bpgen.derive.differentiate import ADJOINT, assumed
from bpgen.derive.explain import Explanation
from bpgen.derive.keep import keep_cheaper
from bpgen.derive.name_places import name_places
from bpgen.derive.name_scores import name_scores
from bpgen.derive.name_shared import name_shared_functions
from bpgen.derive.positive import use_positive
from bpgen.derive.recognise import recognise
from bpgen.derive.sample import compute, sample_values
from bpgen.derive.shift_zeros import beside, derive_shifts
from bpgen.derive.smaller import stand_ins
from bpgen.derive.split_reductions import Splitter
from bpgen.derive.stabilise import stabilise
from bpgen.derive.structural_zeros import structural_zeros


def derive(system: System) -> Derivation:
    """The gradient of the system's loss by every parameter and every real input.

    system: flat, with a scalar loss.  Raises BpgenError where there is no loss, and RewriteError or
    InternalError where a rewrite or the whole gradient fails its numerical check.
    """
    if system.loss is None:
        raise BpgenError(f"{system.name} has no loss, so there is nothing to differentiate; add a [loss] table")
    verify(system)
    smaller = stand_ins(system)
    try:
        return _derive(system, smaller)
    except InternalError:
        if not smaller:
            raise
        return _derive(system, {})  # where something counts what there are stand-ins for


def _derive(system: System, smaller: Mapping[int, int]) -> Derivation:
    known, positive = use_positive(system)
    recognised, spellings = recognise(known)
    shared, names = name_shared_functions(recognised)
    shared, scores = name_scores(shared)
    shared, maxima = name_places(shared)
    named = (*names, *scores, *maxima)
    values = sample_values(shared, smaller=smaller)
    fixed = tuple(
        f"there is no gradient by `{name}`: a derivative in the loss uses what is declared of it"
        for name in sorted(assumed(shared))
    )
    adjoints = Adjoints.of(shared, values)
    adjoints.derive_all()
    keep_cheaper(adjoints, (adjoint for _, adjoint in _gradients(shared, adjoints)))
    complete = _assemble(shared, adjoints)
    compute((e for e in complete.equations if e.tensor.name not in values), values)
    check_slope(complete, values)
    stable, shifts, rounded = stabilise(complete)
    of_stable = check_stable(stable, complete, values)
    shifted = derive_shifts(stable, adjoints, of_stable)
    simplified = beside(adjoints.final, {name: shifted.final[name] for name in shifted.raw}, shifted)
    steps = adjoints.steps | shifted.steps
    order = [equation.tensor.name.removeprefix(ADJOINT) for equation in simplified]
    final = _number(_drop_dead(stable))
    verify(final)
    for sampled in (values, of_stable, shifted.values):  # large, and in cycles with what SymPy's `replace` has called
        sampled.clear()
    return Derivation(
        system=final,
        forward=system,
        named=tuple(e for e in (*shared.equations, *adjoints.named) if e.tensor.name not in system.defining),
        chain=tuple(beside(adjoints.raw, shifted.raw, shifted)),
        simplified=tuple(simplified),
        rounded=rounded,
        steps={name: steps[name] for name in order if name in steps},
        details=Explanation.of(adjoints, Explanation.of(shifted)),
        notes=(*positive, *spellings, *named, *fixed, *structural_zeros(shared, adjoints.steps), *shifts),
    )


def _assemble(system: System, adjoints: Adjoints) -> System:
    """Forward, named ratios behind what they read, then the adjoints that gradients need, flat."""
    equations: list[Equation] = []
    position = {e.tensor.name: n for n, e in enumerate(system.equations)}
    ratios: dict[int, list[Equation]] = {}
    for ratio in adjoints.named:
        ratios.setdefault(max(position[name] for name in ratio.reads), []).append(ratio)
    for number, equation in enumerate(system.equations):
        equations += [equation, *ratios.get(number, ())]
    gradients = _gradients(system, adjoints)
    needed = upstream(adjoints.final.values(), [adjoint for _, adjoint in gradients])
    splitter = Splitter(lambda name: name in adjoints.definitions.tensors)
    for name, equation in adjoints.final.items():
        if name in needed:
            equations += splitter.split(equation)
    tensors = dict(system.tensors) | {e.tensor.name: e.tensor for e in equations}
    return replace(system, tensors=tensors, equations=arrange(equations), gradients=tuple(gradients))


def _gradients(system: System, adjoints: Adjoints) -> list[tuple[str, str]]:
    """Each parameter and each real input that the loss depends on, and its adjoint."""
    return [
        (t.name, ADJOINT + t.name)
        for t in system.tensors.values()
        if t.role in ("parameter", "input") and t.dtype == REAL and ADJOINT + t.name in adjoints.final
    ]


def _drop_dead(system: System) -> System:
    """Without the equations that neither outputs, loss, gradients nor updates read."""
    wanted = {*system.outputs, *(adjoint for _, adjoint in system.gradients)}
    wanted |= {name for _, name in (*system.inference, *system.updates)}
    if system.loss is not None:
        wanted.add(system.loss)
    wanted.update(name for name, _ in system.losses)
    wanted = upstream(system.equations, wanted)
    kept = [equation for equation in system.equations if equation.tensor.name in wanted]
    given = {name for name, t in system.tensors.items() if t.role in GIVEN}
    names = given | {equation.tensor.name for equation in kept}
    tensors = {name: tensor for name, tensor in system.tensors.items() if name in names}
    return replace(system, equations=arrange(kept), tensors=tensors)


def _number(system: System) -> System:
    """Numbers 1 ... n in reading order: forward, loss, what differs in inference, backward."""
    order = {"forward": 0, "loss": 1, "inference": 2, "backward": 3, "update": 4}
    ranked = sorted(system.equations, key=lambda equation: order[equation.role])
    numbered = tuple(replace(equation, number=n) for n, equation in enumerate(ranked, start=1))
    return replace(system, equations=numbered)
