"""Compiled functions that many networks share: kept by what they are made of, and made early where a core is idle.

A network's file holds what it multiplies with, which is half of what there is to compile.  The same functions serve
other networks, and which they will be can be guessed before the network is derived (`begin_early`): a guess that was
wrong has cost time on another core.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from subprocess import CompletedProcess
from typing import TYPE_CHECKING

from bpgen.run.cache import build_folder, digest, load_record, store_record
from bpgen.run.parts import SharedPart
from bpgen.run.threads import available_cores
from bpgen.run.toolchain import Toolchain, find_toolchain, may_compile, run_compiler

if TYPE_CHECKING:
    from bpgen.algebra.system import System
    from bpgen.spec.model import Model

OBJECTS = "objects"  # the cache's shelf of them

_begun: dict[SharedPart, Future[None]] = {}


def _forget() -> None:
    """A child has none of the threads that would end what its parent has begun."""
    _begun.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def compile_object(part: SharedPart, folder: Path, toolchain: Toolchain) -> CompletedProcess[str]:
    """Compile a part in the folder of its file, or bring what was compiled before."""
    begun = _begun.get(part)
    if begun is not None and not begun.cancelled():
        wait([begun])
    return _compile(part, folder, toolchain)


def _compile(part: SharedPart, folder: Path, toolchain: Toolchain) -> CompletedProcess[str]:
    command = part.command(toolchain)
    text = (folder / part.file).read_text(encoding="utf-8")
    key = digest([command, text, toolchain.version, toolchain.processor])
    target = folder / command[-1]
    kept = load_record(OBJECTS, key)
    if kept is not None:
        target.write_bytes(base64.b64decode(kept["object"]))
        return CompletedProcess(command, 0, "", "")
    done = run_compiler(command, folder)
    if done.returncode == 0:
        store_record(OBJECTS, key, {"object": base64.b64encode(target.read_bytes()).decode()})
    return done


def stop_guessing() -> None:
    """What has been begun goes on; what only waits for a core leaves it to what is now known to be needed."""
    for future in _begun.values():
        future.cancel()


def begin_early(model: Model, forward: Callable[[], System], dtype: str) -> None:
    """Have a second core compile what a network is going to share with others, while this one derives it.

    forward: the model's equations, which are asked for where layers are equations: else SymPy is not awaited
    """
    from bpgen.emit.c_shared import likely_variants
    from bpgen.spec.known_shapes import known_shapes

    shapes = known_shapes(model)
    if shapes is None:
        system = forward()
        parameters = [tensor.shape for tensor in system.with_role("parameter")]
        shapes = parameters, [tensor.shape for tensor in system.tensors.values()]
    compile_early([SharedPart(variant, dtype) for variant in likely_variants(*shapes)])


def compile_early(parts: Sequence[SharedPart]) -> None:
    """Begin to compile parts, the likeliest first, where a core is idle.  What fails is left to those who need it."""
    if available_cores() < 2 or not may_compile():
        return
    pool = ThreadPoolExecutor(1)
    pool.submit(find_toolchain)  # which is probed once, for all that is compiled
    for part in parts:
        if part not in _begun or _begun[part].cancelled():
            _begun[part] = pool.submit(_compile_alone, part)
    pool.shutdown(wait=False)


def _compile_alone(part: SharedPart) -> None:
    toolchain = find_toolchain()
    with build_folder() as folder:
        part.write(folder)
        _compile(part, folder, toolchain)
