"""The C of one network, cut into files that the compiler can take at the same time.

What is published is one file.  A compiler takes a function after the other, so that a second core would have nothing to
do: each part has the types and short functions of the whole file, its share of the long functions, and of the others
only how they are called.

The cut depends on the text alone, not on the machine: what one function computes in which order may depend on what
it was compiled with.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from pathlib import Path

from bpgen.algebra.records import dataclass
from bpgen.emit.c_flags import SHARED_FLAGS
from bpgen.run.toolchain import Toolchain, start_command

PART = 60_000
"""The weight of functions that are worth a part: a quarter of a second, where a part in itself costs 0.02."""

LOOP = 700
"""Characters that take as long to compile as what a compiler makes of a loop, besides the loop's own."""

# Generated functions begin and end at the margin.  Those that return a number are the network's entries.
_BEGIN = re.compile(
    r"^(?:(?:static|OUTLINE) (?P<head>void (?P<name>\w+)\([^{}]*)|(?:double|int) \w+\([^{}]*)\n{\n", re.MULTILINE
)
_HIDDEN = '__attribute__((visibility("hidden")))'


@dataclass(frozen=True)
class Function:
    """A function of a file, from `begin` to `end`.  name: "" for an entry; head: what stands before its body."""

    name: str
    begin: int
    end: int
    head: str
    text: str

    @property
    def is_long(self) -> bool:
        """Whether it is the same code for all callers; others the compiler may adapt to theirs."""
        return self.text.startswith("OUTLINE")

    @property
    def weight(self) -> int:
        return len(self.text) + LOOP * self.text.count("for (")


def find_functions(text: str) -> list[Function]:
    """The functions of a file, but for those that are inlined."""
    found = []
    for match in _BEGIN.finditer(text):
        end = text.index("\n}\n", match.end() - 1) + len("\n}\n")
        name, head = match["name"] or "", match["head"] or ""
        found.append(Function(name, match.start(), end, head, text[match.start() : end]))
    return found


def cut(text: str, shared: Container[str] = ()) -> list[str]:
    """The files that together are this one, but for the functions in `shared`, which another file has."""
    functions = find_functions(text)
    own = [function for function in functions if function.name not in shared]
    whole = max(1, sum(function.weight for function in own))
    count = max(1, round(whole / PART))
    parts: list[list[Function]] = [[] for _ in range(count)]
    before = 0
    for function in own:  # entries are called from outside: they stay together, with what else is there
        parts[before * count // whole if function.name else -1].append(function)
        before += function.weight
    called = {f.name for f in functions if f.name in shared or f.is_long}
    for part in parts:
        inside = "".join(function.text for function in part)
        called |= {f.name for f in functions if f.name and f not in part and f"{f.name}(" in inside}
    return [_part(text, functions, part, called) for part in parts]


def _part(text: str, functions: Sequence[Function], own: Sequence[Function], called: Container[str]) -> str:
    """The file without the functions that are not its own.  called: those that are called from other files."""
    found, at = [], 0
    for function in functions:
        found.append(text[at : function.begin].replace("#define OUTLINE static", "#define OUTLINE"))
        at = function.end
        if function.name in called:  # under a name that no library has: no other call in the process is to find it
            found.append(f'{_HIDDEN} {function.head} __asm__("bpgen.{function.name}");\n')
        if function in own:
            found.append(function.text.removeprefix("static ") if function.name in called else function.text)
    return "".join([*found, text[at:]])


@dataclass(frozen=True)
class SharedPart:
    """A file of functions that networks share: one of bpgen.emit.c_shared's variants."""

    variant: str
    dtype: str

    @property
    def file(self) -> str:
        """No name of a network has a dot."""
        return f"bpgen.{self.variant}.c"

    def text(self) -> str:
        from bpgen.emit.c_shared import shared_text

        text = shared_text(self.variant, self.dtype)
        functions = find_functions(text)
        return _part(text, functions, functions, {function.name for function in functions if function.is_long})

    def command(self, toolchain: Toolchain) -> list[str]:
        """How it is compiled, in the folder of its file: the same for all networks."""
        return [*start_command(toolchain, SHARED_FLAGS), "-c", self.file, "-o", f"{self.file}.o"]

    def write(self, folder: Path) -> None:
        (folder / self.file).write_text(self.text(), encoding="utf-8")


def write_parts(name: str, text: str, dtype: str, folder: Path) -> tuple[list[str], list[SharedPart]]:
    """Write the parts of a network's file: their names, and the parts beside them that it shares."""
    shared = _choose_shared(text, dtype) if "\nOUTLINE " in text else {}
    parts = cut(text, {function for functions in shared.values() for function in functions})
    if len(parts) == 1 and not shared:
        return [name], []
    names = [f"{name.removesuffix('.c')}.{number}.c" for number in range(1, len(parts) + 1)]
    for file, part in zip(names, parts, strict=True):
        (folder / file).write_text(part, encoding="utf-8")
    for beside in shared:
        beside.write(folder)
    return names, list(shared)


def _choose_shared(text: str, dtype: str) -> dict[SharedPart, set[str]]:
    """The shared parts that serve a network's file, and the functions that it leaves to each of them.

    Where a function reads otherwise there than in the network's file, the part does not serve.
    """
    from bpgen.emit.c_shared import VARIANTS, shared_text

    needed = {f.name: f.text for f in find_functions(text) if f.name}
    found: dict[SharedPart, set[str]] = {}
    for variant in VARIANTS:
        there = {f.name: f.text for f in find_functions(shared_text(variant, dtype))}
        common = needed.keys() & there.keys()
        if common and all(needed[name] == there[name] for name in common):
            found[SharedPart(variant, dtype)] = {name for name in common if needed[name].startswith("OUTLINE")}
            needed = {name: text for name, text in needed.items() if name not in common}
    return found
