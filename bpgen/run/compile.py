"""From generated C to a loaded module: compile once, keep, load.

The module is cffi's API mode: `ffi.emit_c_code` writes the wrapper (calls release the GIL), and the
compiler is called by us, so that its output can be shown.  The module's name carries the hash of
everything that decides its content.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import platform
import shlex
import sys
import sysconfig
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from bpgen import __version__
from bpgen.algebra.errors import CompileError, InternalError
from bpgen.algebra.records import dataclass
from bpgen.emit.c_flags import THREADS_FLAG
from bpgen.emit.source import Source
from bpgen.run.cache import build_folder, digest, load_record, read_folders, writable_folder
from bpgen.run.parts import PART, SharedPart, write_parts
from bpgen.run.threads import RELEASE, RELEASE_DECLARATION, available_cores, end_before_fork, sleeping_soon
from bpgen.run.toolchain import (
    INSTALL_HINT,
    Toolchain,
    careful,
    find_toolchain,
    may_compile,
    run_compiler,
    start_command,
)

if TYPE_CHECKING:
    from subprocess import CompletedProcess

TRIALS = "trials"  # the cache's shelf of verdicts, see bpgen.run.trial

_loaded: dict[str, ModuleType] = {}
_lock = threading.Lock()


@dataclass(frozen=True)
class Unit:
    """What is compiled: C files (.c and .h) by name, the declarations that Python sees, and the flags asked for.

    dtype: of a network's C, which is compiled in parts; "" for files that are compiled as they are
    """

    files: Mapping[str, str]
    cdef: str
    flags: tuple[str, ...] = ()
    dtype: str = ""

    @classmethod
    def of(cls, source: Source) -> Unit:
        """The unit of a network's C."""
        return cls(source.files, source.cdef, source.flags, source.dtype)

    @property
    def sources(self) -> list[str]:
        return sorted(name for name in self.files if name.endswith(".c"))

    @property
    def has_threads(self) -> bool:
        """Whether some loop is divided among threads."""
        return THREADS_FLAG in self.flags

    @property
    def headers(self) -> list[str]:
        return sorted(name for name in self.files if name.endswith(".h"))


def compile_unit(unit: Unit) -> ModuleType:
    """The loaded module (`.ffi`, `.lib`) of a unit, from the cache where it is there.

    Raises CompileError with command, output, the kept source and one hint; and where BPGEN_NO_COMPILE
    is set and the module is not in the cache.
    """
    toolchain = find_toolchain()
    key = module_key(unit, toolchain)
    verdict = load_record(TRIALS, key)
    if verdict is not None and verdict.get("careful"):  # bpgen.run.trial found the optimised code wrong
        toolchain = careful(toolchain)
        key = module_key(unit, toolchain)
    name = module_name(key)
    with _lock:
        if key in _loaded:
            return _loaded[key]
        path = _find(name, key)
        if path is None:
            if not may_compile():
                raise CompileError(
                    f"BPGEN_NO_COMPILE is set, and the cache has no {name} in {read_folders()[0]}\n"
                    "  unset it to compile, or point BPGEN_CACHE_DIR at the cache that was filled"
                )
            path = _build(unit, toolchain, name, key)
        with sleeping_soon():
            _loaded[key] = _load(name, path)
        if unit.has_threads:
            end_before_fork(_loaded[key].lib.release_threads)
        return _loaded[key]


def unit_key(unit: Unit) -> str:
    """The key of a unit compiled as usual."""
    return module_key(unit, find_toolchain())


def can_have_threads(unit: Unit) -> bool:
    """Whether some of its loops are divided among threads, with the compiler that there is."""
    return unit.has_threads and THREADS_FLAG in find_toolchain().flags


def is_tried(unit: Unit) -> bool:
    """Whether the unit's compiled code has been tried, and can be used."""
    verdict = load_record(TRIALS, unit_key(unit))
    return verdict is not None and not verdict.get("failed")


def module_key(unit: Unit, toolchain: Toolchain) -> str:
    """sha256 of all that decides the compiled module's content."""
    import _cffi_backend  # the part of cffi that compiled modules need; cffi itself is only for compiling

    return digest({
        "generator": __version__,
        "files": dict(unit.files),
        "cdef": unit.cdef,
        "arguments": build_commands(unit, toolchain, "MODULE"),
        "parts": PART if unit.dtype else 0,
        "dropped": toolchain.dropped,
        "compiler": toolchain.version,
        "processor": toolchain.processor,
        "cffi": _cffi_backend.__version__,
        "python": [platform.python_implementation(), sysconfig.get_config_var("EXT_SUFFIX")],
        "platform": [sys.platform, platform.machine()],
    })  # fmt: skip


def module_name(key: str) -> str:
    return f"_bpk_{key[:16]}"


def build_commands(
    unit: Unit, toolchain: Toolchain, name: str, sources: Sequence[str] | None = None, shared: Sequence[SharedPart] = ()
) -> list[list[str]]:
    """The calls of the compiler, run in the folder of the sources: for each of these, and for the library of all.

    sources: the unit's own, unless it is cut into others; shared: parts that it leaves functions to
    """
    linking = ["-bundle", "-undefined", "dynamic_lookup"] if sys.platform == "darwin" else ["-shared"]
    include = sysconfig.get_paths()["include"]
    start = start_command(toolchain, unit.flags)
    # A wrapper is as fast at the lowest level, which takes 0.08 s and not 0.11.
    own = [(f"{name}.c", start_command(careful(toolchain), unit.flags))]
    own += [(source, start) for source in (unit.sources if sources is None else sources)]
    compiling = [[*before, f"-I{include}", "-I.", "-c", source, "-o", f"{source}.o"] for source, before in own]
    compiling += [part.command(toolchain) for part in shared]
    objects = [command[-1] for command in compiling]
    return [*compiling, [*start, *linking, *objects, "-o", _library(name), "-lm"]]


def _library(name: str) -> str:
    return name + (sysconfig.get_config_var("EXT_SUFFIX") or ".so")


def _find(name: str, key: str) -> Path | None:
    """The cached library, if it is whole: loading a truncated one kills the process without a word."""
    for folder in read_folders():
        path = folder / "modules" / name / _library(name)
        try:
            record = json.loads((path.parent / "meta.json").read_text(encoding="utf-8"))
            if record["key"] == key and record["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest():
                return path
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None


def _build(unit: Unit, toolchain: Toolchain, name: str, key: str) -> Path:
    from bpgen.run.objects import compile_object, stop_guessing

    stop_guessing()
    target = writable_folder() / "modules" / name
    with build_folder() as folder:
        sources, shared = _write_sources(unit, folder)
        commands = build_commands(unit, toolchain, name, sources, shared)
        runs: list[Callable[[], CompletedProcess[str]]] = [
            *(partial(run_compiler, command, folder) for command in commands[1 : 1 + len(sources)]),
            *(partial(compile_object, part, folder, toolchain) for part in shared),
        ]
        command, done = _run_commands(commands, runs, partial(_write_wrapper, unit, name, folder), folder)
        library = folder / _library(name)
        if done.returncode != 0 or not library.is_file():
            raise CompileError(_failure(command, done.stderr, _keep_failed(folder, name), toolchain))
        for item in folder.glob("*.o"):
            item.unlink()
        checksum = hashlib.sha256(library.read_bytes()).hexdigest()
        meta = {"key": key, "sha256": checksum, "commands": commands, "compiler": toolchain.version}
        (folder / "meta.json").write_text(json.dumps(meta, indent=1, sort_keys=True), encoding="utf-8")
        target.mkdir(parents=True, exist_ok=True, mode=0o700)
        # The library last: a folder without it is not ready.
        for item in sorted(folder.iterdir(), key=lambda path: path == library):
            os.replace(item, target / item.name)
    return target / library.name


def _run_commands(
    commands: list[list[str]],
    runs: list[Callable[[], CompletedProcess[str]]],
    write_wrapper: Callable[[], None],
    folder: Path,
) -> tuple[list[str], CompletedProcess[str]]:
    """Compile on all cores, and link: the call that failed, or the last one, and what came of it.

    runs: what runs each command, but for the wrapper's, which is the first, and the last one
    """
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(available_cores()) as pool:
        jobs = [pool.submit(run) for run in runs]
        write_wrapper()  # which takes as long as a part of the network
        jobs.insert(0, pool.submit(run_compiler, commands[0], folder))
        done = [job.result() for job in jobs]
    failed = [(command, run) for command, run in zip(commands, done, strict=False) if run.returncode != 0]
    return failed[0] if failed else (commands[-1], run_compiler(commands[-1], folder))


def _write_sources(unit: Unit, folder: Path) -> tuple[list[str], list[SharedPart]]:
    """Write the unit's files: the names of what is to be compiled, and the parts beside it that networks share."""
    for file, text in sorted(unit.files.items()):
        if Path(file).name != file or file.startswith("."):
            raise InternalError(f"generated file name {file!r} is not a plain file name")
        (folder / file).write_text(text, encoding="utf-8")
    if not unit.dtype:
        return unit.sources, []
    (file,) = unit.sources
    return write_parts(file, unit.files[file], unit.dtype, folder)


def _write_wrapper(unit: Unit, name: str, folder: Path) -> None:
    import cffi

    ffi = cffi.FFI()
    ffi.cdef(unit.cdef)
    preamble = "".join(f'#include "{header}"\n' for header in unit.headers)
    if unit.has_threads:
        ffi.cdef(RELEASE_DECLARATION)
        preamble += RELEASE
    ffi.set_source(name, preamble, compiler_verbose=0)  # 0: cffi prints a line otherwise
    ffi.emit_c_code(str(folder / f"{name}.c"))


def _keep_failed(folder: Path, name: str) -> Path:
    kept = folder.parent / "failed" / name
    kept.mkdir(parents=True, exist_ok=True, mode=0o700)
    for item in sorted(folder.iterdir()):
        os.replace(item, kept / item.name)
    return kept


def _failure(command: list[str], output: str, kept: Path, toolchain: Toolchain) -> str:
    last = "\n".join(output.strip().splitlines()[-30:])
    return (
        f"the C compiler failed: {shlex.join(command)}\n{last}\n  the source is kept in {kept}\n"
        f"  hint: {_hint(output, toolchain)}"
    )


def _hint(output: str, toolchain: Toolchain) -> str:
    if "Python.h" in output:
        return "Python's header files are missing (Debian, Ubuntu: apt install python3-dev; Fedora: python3-devel)"
    if "No space left" in output:
        return "the disk is full; `bpgen cache clear` frees the cache, BPGEN_CACHE_DIR moves it"
    if "stopped after" in output:
        return 'the compiler took too long; the NumPy target (target="numpy") needs none'
    if "error:" not in output:
        return INSTALL_HINT
    return f'this is {toolchain.version}; name another compiler in BPGEN_CC, or use target="numpy"'


def _load(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise InternalError(f"Python cannot load {path}")
    try:
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    except ImportError as failure:
        text = str(failure)
        hint = f"build it again after `bpgen cache clear` ({path})"
        if "failed to map segment" in text or "Operation not permitted" in text:
            hint = f"{path.parent} does not allow execution (mounted noexec); set BPGEN_CACHE_DIR to a folder that does"
        raise CompileError(f"the compiled module does not load: {text}\n  hint: {hint}") from failure
    return module


def exports(module: ModuleType) -> tuple[Any, Any]:
    """The module's ffi and lib."""
    return module.ffi, module.lib
