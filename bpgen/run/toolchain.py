"""The C compiler: finding it, and probing what it accepts.

Probing costs a handful of runs of the compiler, so its result is kept on disk, under a key that names the
compiler's file (path, size, time of change) and this machine's processor: a home folder shared by two
machines must not hand the one's vector instructions to the other.
"""

from __future__ import annotations

import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import asdict, replace
from functools import cache
from itertools import pairwise
from pathlib import Path

from bpgen.algebra.errors import CompileError
from bpgen.algebra.records import dataclass
from bpgen.emit.c_flags import LONG_LEVEL, SHARED_FLAGS, SHORT_LEVEL, THREADS_FLAG
from bpgen.run.cache import build_folder, digest, load_record, store_record

HIDDEN_FLAG = "-fvisibility=hidden"
WANTED_FLAGS = (SHORT_LEVEL, *SHARED_FLAGS, HIDDEN_FLAG, THREADS_FLAG)
CAREFUL_LEVEL = "-O1"
REQUIRED_FLAGS = ("-fPIC",)
TIME_LIMIT = 600.0  # seconds for one run of the compiler
PROBE = "int probe(int a);\nint probe(int a) { return a + 1; }\n"

INSTALL_HINT = (
    "install a C compiler (Debian, Ubuntu: apt install gcc libc6-dev; Fedora: dnf install gcc; "
    'macOS: xcode-select --install), or name one in BPGEN_CC, or use the NumPy target (target="numpy")'
)


@dataclass(frozen=True)
class Toolchain:
    """A compiler that works here.

    command: how it is called, a list of arguments; flags: those it accepts; dropped: those it refused
    version: its name for itself and the machine it builds for; processor: what -march=native stands for
    level: the level of optimisation in place of the one that is asked for, if any
    """

    command: tuple[str, ...]
    flags: tuple[str, ...]
    dropped: tuple[str, ...]
    version: str
    processor: str
    level: str = ""


def may_compile() -> bool:
    """Whether the compiler may be called: not where BPGEN_NO_COMPILE is set."""
    return os.environ.get("BPGEN_NO_COMPILE", "") in ("", "0")


def careful(toolchain: Toolchain) -> Toolchain:
    """The same compiler without vectorisation: slower code, by a much better trodden path."""
    return replace(toolchain, level=CAREFUL_LEVEL)


def given_flags(toolchain: Toolchain, wanted: Iterable[str]) -> list[str]:
    """Of the wanted flags those that the compiler accepts, at its own level where it has one."""
    given = [flag for flag in wanted if flag in toolchain.flags]
    return [toolchain.level if flag in (SHORT_LEVEL, LONG_LEVEL) and toolchain.level else flag for flag in given]


def start_command(toolchain: Toolchain, wanted: Iterable[str]) -> list[str]:
    """How each call of the compiler begins."""
    return [*toolchain.command, *given_flags(toolchain, (*wanted, HIDDEN_FLAG)), *REQUIRED_FLAGS]


def run_compiler(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a compiler by its list of arguments, without a shell; its output in English and captured."""
    environment = dict(os.environ, LC_ALL="C")
    try:
        return subprocess.run(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            errors="replace", timeout=TIME_LIMIT, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        message = f"stopped after {TIME_LIMIT:.0f} s"
    except OSError as failure:
        message = str(failure)
    return subprocess.CompletedProcess(command, 127, "", message)


def find_compiler() -> tuple[str, ...]:
    """BPGEN_CC, CC, the compiler Python was built with, cc, gcc, clang: the first that is there.

    Raises CompileError that says what to install.
    """
    named = os.environ.get("BPGEN_CC")
    if named:
        command = _command(named)
        if command is None:
            raise CompileError(f"BPGEN_CC names {named!r}, which is not a program on PATH\n  {INSTALL_HINT}")
        return command
    candidates = [os.environ.get("CC"), sysconfig.get_config_var("CC"), "cc", "gcc", "clang"]
    for candidate in candidates:
        command = _command(candidate or "")
        if command is not None:
            return command
    raise CompileError(f"no C compiler found (looked for CC, cc, gcc and clang on PATH)\n  {INSTALL_HINT}")


def _command(text: str) -> tuple[str, ...] | None:
    try:
        words = shlex.split(text)
    except ValueError:
        return None
    program = shutil.which(words[0]) if words else None
    return (program, *words[1:]) if program else None


@cache
def _probed(command: tuple[str, ...]) -> Toolchain:
    key = _probe_key(command)
    if key is not None:
        kept = load_record("toolchains", key)
        if kept is not None:
            command, flags, dropped = (tuple(kept[name]) for name in ("command", "flags", "dropped"))
            return Toolchain(command, flags, dropped, kept["version"], kept["processor"])
    with build_folder() as folder:
        toolchain = _probe(command, folder)
    if key is not None:
        store_record("toolchains", key, asdict(toolchain))
    return toolchain


def find_toolchain() -> Toolchain:
    """The compiler with what it accepts.  Raises CompileError where there is none, or it cannot compile."""
    if sys.platform == "win32":
        raise CompileError('the C target needs gcc or clang on Linux or macOS; use target="numpy" on Windows')
    return _probed(find_compiler())


def _probe(command: tuple[str, ...], folder: Path) -> Toolchain:
    (folder / "probe.c").write_text(PROBE, encoding="utf-8")

    def tried(flags: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
        return run_compiler([*command, *REQUIRED_FLAGS, *flags, "-c", "probe.c", "-o", "probe.o"], folder)

    flags: tuple[str, ...] = WANTED_FLAGS
    done = tried(("-v", *flags))
    if done.returncode != 0:  # one of them, or the compiler itself: ask for each alone
        plain = tried(())
        if plain.returncode != 0:
            shown = shlex.join(plain.args)
            raise CompileError(f"the C compiler does not work: {shown}\n{plain.stderr.strip()}\n  {INSTALL_HINT}")
        flags = tuple(flag for flag in WANTED_FLAGS if tried((flag,)).returncode == 0)
        done = tried(("-v", *flags))
    dropped = tuple(flag for flag in WANTED_FLAGS if flag not in flags)
    return Toolchain(command, flags, dropped, _version(done.stderr), _processor(done.stderr))


def _version(verbose: str) -> str:
    """The compiler's version and the machine it builds for, as it names them while it compiles."""
    lines = verbose.splitlines()
    named = next((line.strip() for line in lines if " version " in line), "")
    machine = next((line.removeprefix("Target:").strip() for line in lines if line.startswith("Target:")), "")
    return f"{named}; {machine}"


def _processor(verbose: str) -> str:
    """What the compiler's own front end was told about the processor: -march=..., features, cache sizes."""
    for line in verbose.splitlines():
        if "cc1" not in line:
            continue
        words = line.split()
        kept = [word for word in words if re.match(r"-m[a-z]", word)]
        for option in ("-target-cpu", "-target-feature", "--param"):
            kept += [f"{option} {b}" for a, b in pairwise(words) if a == option]
        return " ".join(kept)
    return f"{platform.machine()} {platform.processor()}"


def _probe_key(command: tuple[str, ...]) -> str | None:
    """None where this machine's processor cannot be told without the compiler: then it is probed each time."""
    hardware = _hardware()
    if hardware is None:
        return None
    path = Path(command[0]).resolve()
    try:
        stat = path.stat()
    except OSError:
        return None
    identity = [str(path), stat.st_size, stat.st_mtime_ns]
    return digest([command, identity, hardware, WANTED_FLAGS, REQUIRED_FLAGS, sys.platform])


def _hardware() -> list[str] | None:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    block = text.partition("\n\n")[0]
    skipped = ("processor", "cpu MHz", "bogomips", "BogoMIPS", "apicid", "initial apicid", "core id", "physical id")
    lines = [line for line in block.splitlines() if line.partition(":")[0].strip() not in skipped]
    return [platform.machine(), *lines]
