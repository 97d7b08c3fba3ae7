"""Compiles emitted C with every warning an error, and calls it: the tests' own way, beside bpgen.run's."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bpgen.algebra.system import System
from bpgen.derive.derive import derive
from bpgen.emit.c import emit_c
from bpgen.emit.c_flags import FLAGS, THREADS_FLAG
from bpgen.emit.source import Source
from bpgen.library.update import append_update
from bpgen.lower.describe import describe
from bpgen.lower.interface import Result
from bpgen.lower.lower import lower
from bpgen.run.backend import block_view
from bpgen.spec.read import read
from bpgen.spec.system import build_system

WARNINGS = ("-Wall", "-Wextra", "-Werror", "-pedantic")
Array = NDArray[Any]


def trained(description: Any) -> System:
    """The derived system of a description (a path or a dict), with its optimiser's update."""
    model = read(description)
    made = derive(build_system(model)).system
    optimizer = model.optimizer
    if optimizer is None:
        return made
    return append_update(made, optimizer.type, optimizer.options, optimizer.schedule, optimizer.schedule_options)


def emitted(system: System, dtype: str = "float32", wanted: Mapping[str, str] | None = None) -> Source:
    """wanted: ways to write kernels in, see bpgen.emit.c_choose.

    Matrices lie by rows, where kernels have more to do than in builds, which turn some (bpgen.lower.transpose).
    """
    schedule = lower(system, panels=True, recomputes=True, by_time=True, by_rows=True, by_class=True)
    return emit_c(schedule, describe(system, schedule, dtype), wanted)


def compiler() -> str | None:
    return shutil.which("cc") or shutil.which("gcc")


def compiled(source: Source, folder: Path, *extra: str) -> Path:
    """The shared library of a source."""
    source.write(folder)
    command = [str(compiler()), *FLAGS, THREADS_FLAG, *WARNINGS, *extra, "-shared", "-fPIC"]
    sources = [name for name in source.files if name.endswith(".c")]
    done = subprocess.run(
        [*command, *sources, "-o", f"{source.dtype}.so", "-lm"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder / f"{source.dtype}.so"


class Running:
    """A compiled network with memory of its own.  Every array it leaves unset is NaN.

    library: where the source is compiled already; threads: that share the work of a call
    """

    def __init__(self, source: Source, folder: Path, library: Path | None = None, threads: int = 1) -> None:
        self.threads = threads
        self.interface = interface = source.interface
        self.dtype = np.dtype(interface.dtype)
        self.library = ctypes.CDLL(str(library or compiled(source, folder)))
        self.prefix = next(name for name in source.files if name.endswith(".c"))[:-2]
        blocks = ("parameters", "gradients", "states", "workspace", "counters", "settings")
        names = [*blocks, *(f"in_{n}" for n in range(len(interface.inputs)))]
        fields = [
            ("batch", ctypes.c_int),
            ("capacity", ctypes.c_int),
            ("threads", ctypes.c_int),
            *((name, ctypes.c_void_p) for name in names),
        ]
        self.struct = type("Struct", (ctypes.Structure,), {"_fields_": fields})
        self.parameters = np.full(interface.parameter_size, np.nan, self.dtype)
        self.gradients = np.full(interface.parameter_size, np.nan, self.dtype)
        self.states = np.full(interface.state_size, np.nan, self.dtype)
        self.counters = np.array([value for _, value in interface.counters])
        self.settings = np.array([value for _, value in interface.settings])

    def views(self, block: str) -> dict[str, Array]:
        flat = getattr(self, block)
        blocks = self.interface.states if block == "states" else self.interface.parameters
        return {block.name: block_view(block, flat) for block in blocks}

    def call(
        self, entry: str, inputs: Mapping[str, Array], batch: int, capacity: int
    ) -> tuple[float, dict[str, Array]]:
        """The loss, and copies of the results."""
        constant, linear, square = self.interface.workspace
        workspace = np.full(constant + linear * capacity + square * capacity**2, np.nan, self.dtype)
        given = [
            np.array(inputs[item.name], np.int32 if item.dtype == "int32" else self.dtype, order="C")
            for item in self.interface.inputs
        ]
        blocks = [self.parameters, self.gradients, self.states, workspace, self.counters, self.settings]
        struct = self.struct(batch, capacity, self.threads, *(array.ctypes.data for array in (*blocks, *given)))
        function = getattr(self.library, f"{self.prefix}_{entry}")
        function.restype = ctypes.c_double
        loss = function(ctypes.byref(struct))

        def result(item: Result) -> Array:
            begin = (0, constant, constant + linear * capacity)[item.degree] + item.offset * capacity**item.degree
            shape = [batch if extent == "B" else int(extent) for extent in item.shape]
            size = int(np.prod(shape))
            own = workspace[begin : begin + size]
            return (own.view(np.int32)[:size] if item.dtype == "int32" else own).reshape(shape).copy()

        found = self.interface.entry(entry)
        assert found is not None
        return loss, {item.name: result(item) for item in found.results}
