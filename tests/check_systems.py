"""A random system through every stage, each held against a judge that shares no code with it.

read        what is printed of every equation, forward and derived, reads back as the same equation
derive      values and gradients of the derived equations, by brute force: against the forward equations, and
            against central differences of their loss
targets     every program of the generated NumPy and C against the derived equations, by brute force
"""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from emit.c_runner import WARNINGS, Running, compiler
from random_systems import Case
from sympy import Expr

from bpgen.algebra.elaborate import Scope, read_equation
from bpgen.algebra.evaluate import evaluate
from bpgen.algebra.expressions import Access
from bpgen.algebra.functions import stop
from bpgen.algebra.index_names import pretty_indices
from bpgen.algebra.named_number import named_numbers
from bpgen.algebra.printing import print_equation
from bpgen.algebra.system import System, Tensor
from bpgen.derive.derive import derive
from bpgen.emit.c import emit_c
from bpgen.emit.c_flags import FLAGS, THREADS_FLAG
from bpgen.emit.numpy import emit_numpy
from bpgen.emit.source import Source
from bpgen.lower.describe import describe
from bpgen.lower.interface import Interface
from bpgen.lower.schedule import Schedule
from bpgen.lower.target import lower_for_c, lower_for_numpy
from bpgen.run.backend import Memory, block_view, result_view
from bpgen.run.backend_numpy import NumPyBackend

Arrays = Mapping[str, np.ndarray[Any, Any]]
STEPS = (1e-6, 1e-5, 1e-7)
PLACES = 4  # elements of a tensor that are moved alone, beside all at once


class Wrong(AssertionError):
    """A stage that disagrees with its judge."""


@dataclass
class Derived:
    """A system as derived, its inputs, and all its values by brute force; slopes compared, and skipped at kinks."""

    case: Case
    system: System
    values: Arrays
    known: Arrays
    compared: int = 0
    skipped: int = 0


def agree(found: Any, expected: Any, what: str, tolerance: float, size: float = 1.0) -> None:
    """Equal up to rounding, relative to the largest element; where the expected is not finite, anything goes."""
    found, expected = np.asarray(found, float), np.asarray(expected, float)
    if found.shape != expected.shape:
        raise Wrong(f"{what}: shape {found.shape}, expected {expected.shape}")
    finite = np.isfinite(expected)
    scale = max(size, float(np.abs(expected[finite]).max(initial=0)))
    right = np.isclose(found, expected, rtol=0, atol=tolerance * scale) | ~finite
    if not right.all():
        places = np.argwhere(~right)[:6].tolist()
        raise Wrong(f"{what} at {places}\n  found    {found[~right][:6]}\n  expected {expected[~right][:6]}")


def check_reading(system: System) -> None:
    """Every equation as it is printed, read back."""
    constants = {number.name: number for number in named_numbers(system.equations)}
    for equation in system.equations:
        text = print_equation(equation, system.tensors)
        taken = [*(index.name for index in equation.indices), equation.tensor.name]
        names = pretty_indices(equation.rhs, taken, system.tensors)
        sizes = {
            name: int(index.extent) for index, name in names.items()
            if index not in equation.indices and index.extent.is_Integer
        }  # fmt: skip
        found = read_equation(text, Scope(tensors=system.tensors, sizes=sizes, constants=constants))
        if found.rhs != equation.rhs:
            raise Wrong(f"printed and read back\n  {text}\n  {found}\n  {found.rhs}\n  {equation.rhs}")


def derived(case: Case) -> Derived:
    """Elaborate, print and read, derive, and compare by brute force.  Raises EquationError for what is refused."""
    forward = case.system()
    check_reading(forward)
    system = derive(forward).system
    check_reading(system)
    values = case.values()
    known = evaluate(system, values, case.batch)
    before = evaluate(forward, values, case.batch)
    agree(known["loss"], before["loss"], "the loss of the derived equations", 1e-10)
    for name in system.outputs:
        agree(known[name], before[name], f"the derived equations' {name}", 1e-10)
    result = Derived(case, system, values, known)
    if np.isfinite(before["loss"]):
        compare_slopes(result, forward)
    return result


def is_settled(case: Case) -> bool:
    """Whether values stay where they are when inputs and values move by no more than rounding moves them.

    Where two elements are equal but for rounding, a choice between them is not settled: nothing can be compared.
    """
    forward, values = case.system(), case.values()
    generator = np.random.default_rng(1)
    noises = {e.tensor.name: replace(e.tensor, name=f"~{e.tensor.name}") for e in forward.equations}
    equations = tuple(
        replace(e, rhs=e.rhs * (1 + noises[e.tensor.name][e.indices])) if e.tensor.dtype == "real" else e
        for e in forward.equations
    )

    def rounding(shape: tuple[int | str, ...]) -> np.ndarray:
        return 1e-13 * generator.choice([-1, 0, 1], [case.batch if extent == "B" else extent for extent in shape])

    before = evaluate(forward, values, case.batch)
    for _ in range(8):
        moved = {
            name: array * (1 + rounding(array.shape)) if array.dtype.kind == "f" else array
            for name, array in values.items()
        }
        moved |= {noise.name: rounding(noise.shape) for noise in noises.values()}
        after = evaluate(equations, moved, case.batch)
        if any(not np.allclose(after[name], before[name], 1e-9, 1e-9, equal_nan=True) for name in before):
            return False
    return True


def compare_slopes(result: Derived, forward: System) -> None:
    """Gradients against central differences: some elements alone, and all together along a random direction."""
    generator = np.random.default_rng(result.case.seed)
    adjoints = dict(result.system.gradients)
    forward, values = stopped(forward, result)
    for tensor in forward.tensors.values():
        if tensor.role not in ("input", "parameter") or tensor.dtype != "real":
            continue
        if tensor.facts and tensor.name not in adjoints:
            continue  # a derivative in the loss may have used what is declared of it
        array = np.asarray(result.values[tensor.name])
        gradient = result.known[adjoints[tensor.name]] if tensor.name in adjoints else np.zeros_like(array)
        places = [np.unravel_index(n, array.shape) for n in generator.permutation(array.size)[:PLACES]]
        directions = [generator.choice([-1.0, -0.5, 0.5, 1.0], array.shape)]
        for place in places:
            alone = np.zeros_like(array)
            alone[place] = 1.0
            directions.append(alone)
        for direction in directions:
            if array.size:
                compare_slope(result, forward, values, (tensor.name, gradient, direction))


def stopped(forward: System, result: Derived) -> tuple[System, Arrays]:
    """The system with copies of their own of what stop(...) reads, which stay where they are; and all that is given."""
    before = evaluate(forward, result.values, result.case.batch) | dict(result.values)
    copies: dict[str, Tensor] = {}

    def held(argument: Expr) -> Expr:
        mapping = {}
        for access in argument.atoms(Access):
            tensor = forward.tensors[access.tensor]
            copies[tensor.name] = replace(tensor, name=f"~{tensor.name}", role="setting")
            mapping[access] = copies[tensor.name][access.indices]
        return stop(argument.xreplace(mapping))

    equations = tuple(replace(e, rhs=e.rhs.replace(stop, held)) for e in forward.equations)
    values = dict(result.values) | {copy.name: before[name] for name, copy in copies.items()}
    return replace(forward, equations=equations), values


def compare_slope(result: Derived, forward: System, values: Arrays, slope: tuple[str, Any, Any]) -> None:
    """One slope.  Skipped where the loss has a kink, a jump or an end there: where its two sides differ."""
    name, gradient, direction = slope
    expected = float(np.sum(gradient * direction))
    middle = float(result.known["loss"])

    def loss(step: float) -> float:
        moved = {**values, name: values[name] + step * direction}
        return float(evaluate(forward.equations, moved, result.case.batch)["loss"])

    attempts = []
    for step in STEPS:
        above, below = loss(step), loss(-step)
        right, left, slope = (above - middle) / step, (middle - below) / step, (above - below) / (2 * step)
        noise = 1e-14 * max(1.0, abs(middle)) / step
        if abs(slope - expected) <= 1e-5 * max(1.0, abs(slope), abs(expected)) + 10 * noise:
            result.compared += 1
            return
        attempts.append((step, left, right, abs(right - left) > 1e-3 * max(1.0, abs(right), abs(left)) + noise))
    smooth = [attempt for attempt in attempts if not attempt[3] and np.isfinite(attempt[1] + attempt[2])]
    if len(smooth) == len(attempts):
        raise Wrong(f"the slope by {name} along {direction.ravel()[:9]}: derived {expected}, measured {attempts}")
    result.skipped += 1


# --- targets


def generated(found: Derived, in_c: bool = False) -> tuple[Schedule, Interface]:
    """in_c: lowered as C wants it."""
    schedule = (lower_for_c if in_c else lower_for_numpy)(found.system)
    return schedule, describe(found.system, schedule, "float64")


def check_numpy(found: Derived, schedule: Schedule, interface: Interface) -> None:
    """Every program of the NumPy target, in a workspace that is nan at first and larger than the batch needs."""
    source = emit_numpy(schedule, interface)
    memory = Memory.allocate(interface)
    backend = NumPyBackend(source, memory)
    batch = found.case.batch
    inputs = typed_inputs(interface, found.values)
    fill_parameters(interface, memory.parameters, found.values)
    for capacity in (batch, batch + 2):
        backend.reserve(capacity)
        backend.workspace[:] = np.nan
        for entry in interface.entries:
            memory.gradients[:] = np.nan
            loss = backend.call(entry.name, [inputs[name] for name in entry.inputs], batch)
            results = {
                item.name: result_view(interface, item, backend.workspace, capacity, batch) for item in entry.results
            }
            check_entry(found, interface, ("numpy", entry.name), (loss, results, memory.gradients))


def check_c(cases: list[tuple[Derived, Schedule, Interface]], folder: Path) -> None:
    """Every program of the C target; all networks in one library, compiled with little optimisation."""
    sources = [emit_c(schedule, interface) for _, schedule, interface in cases]
    library = compiled_together(sources, folder)
    for (found, _, interface), source in zip(cases, sources, strict=True):
        running = Running(source, folder, library)
        fill_parameters(interface, running.parameters, found.values)
        batch = found.case.batch
        for capacity in (batch, batch + 2):
            for entry in interface.entries:
                running.gradients[:] = np.nan
                loss, results = running.call(entry.name, found.values, batch, capacity)
                check_entry(found, interface, ("c", entry.name), (loss, results, running.gradients))


def compiled_together(sources: list[Source], folder: Path) -> Path:
    names = []
    for source in sources:
        source.write(folder)
        names += [name for name in source.files if name.endswith(".c")]
    command = [
        str(compiler()),
        *FLAGS,
        THREADS_FLAG,
        *WARNINGS,
        "-O1",
        "-shared",
        "-fPIC",
        *names,
        "-o",
        "together.so",
        "-lm",
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Wrong(f"C does not compile\n{done.stderr}")
    library = folder / "together.so"
    ctypes.CDLL(str(library))
    return library


def typed_inputs(interface: Interface, values: Arrays) -> dict[str, Any]:
    kinds = {"real": np.float64, "int32": np.int32}
    return {item.name: np.array(values[item.name], kinds[item.dtype], order="C") for item in interface.inputs}


def fill_parameters(interface: Interface, flat: Any, values: Arrays) -> None:
    for block in interface.parameters:
        block_view(block, flat)[...] = values[block.name]


def check_entry(
    found: Derived, interface: Interface, program: tuple[str, str], left: tuple[float, Arrays, Any]
) -> None:
    """What a program leaves behind.  All that depends on rounding is relative to the terms that cancel."""
    (target, entry), (loss, results, gradients) = program, left
    adjoints, known = dict(found.system.gradients), found.known
    told = interface.entry(entry)
    assert told is not None
    if not all(np.isfinite(array).all() for array in known.values() if array.dtype.kind == "f"):
        return
    shapes = {item.name: item.shape for item in interface.inputs}
    if found.case.batch > 1 and "B" in str(shapes) and not any("B" in shapes[name] for name in told.inputs):
        return  # without an input that tells, there is one row
    size = max([1.0, *(float(np.abs(array).max(initial=0)) for array in known.values())])
    if told.returns_loss:
        agree(loss, known["loss"], f"{target} {entry}: loss", 1e-9, min(size, 1e3))
    for name, array in results.items():
        expected = known[adjoints[name]] if name in adjoints else known.get(name)
        if expected is None:
            expected = np.zeros_like(found.values[name], float)
        agree(array, expected, f"{target} {entry}: {name}", 1e-9, min(size, 1e3))
    if entry in ("gradients", "input_gradients"):
        for block in interface.parameters:
            part = block_view(block, gradients)
            expected = known[adjoints[block.name]] if block.name in adjoints else np.zeros(block.shape)
            if block.name in adjoints or np.isfinite(part).any():
                agree(part, expected, f"{target} {entry}: d.{block.name}", 1e-9, min(size, 1e3))
