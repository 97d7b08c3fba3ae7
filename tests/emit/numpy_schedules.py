"""Schedules built by hand for the emitter's tests, and the comparison of their NumPy code with the interpreter."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from types import ModuleType

import numpy as np
from numpy_interpreter import interpret

from bpgen.emit.numpy import emit_numpy
from bpgen.emit.source import Source
from bpgen.lower.interface import Block, Entry, Input, Interface, Result
from bpgen.lower.scalar import Affine, Constant, Indirect, Load, Loop, Operation, Reduce, Scalar
from bpgen.lower.schedule import Assign, Buffer, Call, Contraction, Formal, Kernel, Placement, Program, Schedule

INTEGERS = ("label", "token")


def at(*names: str | int | Affine | Indirect) -> tuple[Affine | Indirect, ...]:
    """Indices: loop names, constants, or what they are already."""
    made = []
    for name in names:
        if isinstance(name, str):
            made.append(Affine(((name, 1),)))
        else:
            made.append(Affine((), name) if isinstance(name, int) else name)
    return tuple(made)


def load(buffer: str, *indices: str | int | Affine | Indirect, dtype: str = "real") -> Load:
    return Load("int32" if buffer in INTEGERS else dtype, buffer, at(*indices))


def number(value: float, dtype: str = "real") -> Constant:
    return Constant(dtype, Fraction(value) if float(value).is_integer() else value)


def op(name: str, *arguments: Scalar, dtype: str = "real") -> Operation:
    return Operation(dtype, name, arguments)


def condition(name: str, *arguments: Scalar) -> Operation:
    return Operation("bool", name, arguments)


def total(loops: list[Loop], body: Scalar, kind: str = "sum") -> Reduce:
    return Reduce("int32" if kind == "argmax" else "real", kind, tuple(loops), body)


def assign(target: str, indices: tuple, value: Scalar, loops: list[Loop] = [], **more) -> Assign:  # noqa: B006
    return Assign(target, at(*indices), tuple(loops), value, more.pop("dtype", "real"), **more)


def local(name: str, value: Scalar, dtype: str = "real") -> Assign:
    return Assign(name, (), (), value, dtype, local=True)


def contraction(loops: str, left: Load, right: Load, extents: dict[str, int | str]) -> tuple[Reduce, Contraction]:
    """sum over k of left * right; loops: the groups as "batch m n k", letters each, "-" for none."""
    batch, m, n, k = (tuple(group.strip("-")) for group in loops.split())
    bound = [Loop(name, extents[name]) for name in k]
    return total(bound, op("multiply", left, right)), Contraction(batch, m, n, k, left, right)


def kernel(name: str, loops: list[Loop], statements: list[Assign], formals: dict[str, Buffer], **more) -> Kernel:
    """A kernel whose formals are named as its first call's buffers."""
    written = {statement.target for statement in statements if not statement.local}
    parts = [Formal(n, b.shape, b.dtype, n in written) for n, b in formals.items()]
    ordered = tuple(sorted(parts, key=lambda formal: not formal.written))
    return Kernel(name, "elementwise", more.get("title", name), ordered, tuple(loops), tuple(statements), ())


def buffer(
    name: str, shape: tuple[int | str, ...], storage: str = "workspace", dtype: str | None = None, view_of: str = ""
) -> Buffer:
    return Buffer(name, shape, dtype or ("int32" if name in INTEGERS else "real"), storage, view_of=view_of)


def schedule(
    buffers: list[Buffer], kernels: list[Kernel], calls: list[tuple[str, dict[str, str]]] | None = None, loss: str = "",
    together: dict[str, str] | None = None,
) -> Schedule:  # fmt: skip
    """One program, "step".

    calls: (kernel, formal -> buffer where the names differ); together: who lies in whose place
    """
    offsets: dict[str, int] = {}
    placed: list[Buffer] = []
    places: dict[str, Placement] = {}
    ends = [0, 0, 0]
    for item in buffers:
        if item.view_of:
            placed.append(item)
        elif item.storage == "workspace":
            host = (together or {}).get(item.name)
            offset = places[host].offset if host else ends[item.degree]
            ends[item.degree] = max(ends[item.degree], offset + item.size)
            places[item.name] = Placement(item.name, offset)
            placed.append(item)
        else:
            placed.append(replace(item, offset=offsets.get(item.storage, 0)))
            offsets[item.storage] = offsets.get(item.storage, 0) + item.size
    by_name = {item.name: item for item in kernels}
    made = []
    for name, renamed in calls or [(item.name, {}) for item in kernels]:
        made.append(Call(name, tuple(renamed.get(f.name, f.name) for f in by_name[name].formals), ()))
    size = (ends[0], ends[1], ends[2])
    program = Program("step", tuple(made), tuple(places.values()), (), size, size)
    return Schedule("net", tuple(placed), tuple(kernels), (program,), loss)


def interface(given: Schedule, dtype: str = "float64") -> Interface:
    own = [b for b in given.buffers if not b.view_of]

    def blocks(storage: str) -> tuple[Block, ...]:
        return tuple(Block(b.name, b.shape, b.offset) for b in own if b.storage == storage)

    inputs = tuple(Input(b.name, b.shape, b.dtype) for b in own if b.storage == "input")
    placed = {item.buffer: item.offset for item in given.programs[0].placements}
    results = tuple(
        Result(b.name, b.shape, b.degree, placed[b.name]) for b in own if b.storage == "workspace" and b.dtype == "real"
    )
    entry = Entry("step", tuple(item.name for item in inputs), results, bool(given.loss))
    return Interface(
        "net", dtype, inputs, blocks("parameter") or blocks("gradient"), (), blocks("state"),
        tuple((b.name, 0.0) for b in given.buffers if b.storage == "counter"),
        tuple((b.name, 0.0) for b in given.buffers if b.storage == "setting"),
        (entry,), given.workspace,
    )  # fmt: skip


def emitted(given: Schedule, dtype: str = "float64") -> str:
    return emit_numpy(given, interface(given, dtype)).files["net.py"]


def module_of(source: Source | str, name: str = "net") -> ModuleType:
    """The generated module, run."""
    text = source if isinstance(source, str) else next(iter(source.files.values()))
    module = ModuleType(name)
    exec(compile(text, f"{name}.py", "exec"), module.__dict__)
    return module


def random_arrays(given: Schedule, batch: int, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    arrays = {}
    for item in given.buffers:
        shape = tuple(batch if extent == "B" else int(extent) for extent in item.shape)
        if item.view_of:
            arrays[item.name] = arrays[item.view_of].reshape(shape)
        elif item.dtype == "int32":
            arrays[item.name] = rng.integers(0, 3, shape, dtype=np.int32)
        else:
            arrays[item.name] = np.asarray(rng.normal(size=shape), dtype=np.float64)
    return arrays


BLOCK = {"parameter": "parameters", "gradient": "gradients", "state": "states"}


def run_numpy(given: Schedule, arrays: dict[str, np.ndarray], batch: int, dtype: str, capacity: int) -> dict:
    """Run the generated step from these arrays; every buffer afterwards, by name, and the loss as "return"."""
    module = module_of(emit_numpy(given, interface(given, dtype)))
    net = module.Network()
    net.reserve(capacity)
    places = net._arrays("step", batch)
    names = {item.name: item.name.replace(".", "_") for item in given.buffers}
    inputs = []
    for item in given.buffers:
        if item.view_of:
            continue
        if item.storage == "input":
            inputs.append(arrays[item.name].astype(dtype if item.dtype == "real" else np.int32))
        else:
            getattr(places, names[item.name])[...] = arrays[item.name]
    loss = net.step(*inputs)
    found = {n: np.array(getattr(places, names[n])) for n in names if hasattr(places, names[n])}
    return found | {"return": loss}


def compare(given: Schedule, *, batches=(1, 2, 5), dtype: str = "float64", skip: tuple[str, ...] = ()) -> None:
    """The generated step and the interpreter leave the same values in every buffer."""
    for batch in batches:
        arrays = random_arrays(given, batch)
        found = run_numpy(given, arrays, batch, dtype, capacity=batch + (batch % 2))
        expected = {}
        for item in given.buffers:
            array = arrays[item.name]
            expected[item.name] = expected[item.view_of].reshape(array.shape) if item.view_of else array.copy()
        interpret(given, "step", expected, batch)
        for name, value in found.items():
            if name != "return" and name not in skip:
                tolerance = {"float64": 1e-12, "float32": 2e-5}[dtype]
                np.testing.assert_allclose(value, expected[name], rtol=tolerance, atol=tolerance, err_msg=name)
        if given.loss:
            np.testing.assert_allclose(found["return"], expected[given.loss], rtol=1e-5)
