"""Collects every diagnostic of a description, and checks values against the option tables of the library."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from bpgen.algebra.errors import Diagnostic, EquationError
from bpgen.algebra.records import dataclass
from bpgen.library.activations import ACTIVATIONS
from bpgen.library.initializers import INITIALIZERS
from bpgen.library.options import Option
from bpgen.spec.kinds import LARGEST, has_kind, in_range, sample
from bpgen.spec.names import NUMBERS, RESERVED, wrong_name
from bpgen.spec.places import Path, Places

Table = Mapping[str, Any]


@dataclass(frozen=True)
class Section:
    """A table of the description, where it stands, and what messages call it."""

    table: Table
    path: Path
    owner: str


class Checker:
    """What is known of a description while it is checked: its places, sizes, and what is wrong with it."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.sizes: dict[str, int] = {}
        self.unshaped: set[str] = set()  # inputs whose shape is wrong: what reads them is not judged
        self.diagnostics: list[Diagnostic] = []

    def report(self, code: str, message: str, path: Path, help: str = "", *, key: bool = False) -> None:
        position = self.places.at(path, key=key)
        self.diagnostics.append(self.places.diagnostic(code, printable(message), printable(help), position))

    def report_equation(self, error: EquationError, path: Path, text: str) -> None:
        """Diagnostics of an equation, moved from its text to where that stands in the description."""
        for item in error.diagnostics:
            place = None
            if item.position is not None:
                line, column, length = item.position.line, item.position.column, item.position.length
                place = self.places.inside(path, line, column, length, text)
            if place is None:
                self.diagnostics.append(item)
            else:
                self.diagnostics.append(self.places.diagnostic(item.code, item.message, item.help, place))

    def unknown(
        self, code: str, what: str, name: object, known: Iterable[str], path: Path, *, key: bool = False
    ) -> None:
        """Report a name that is none of the known ones, with the nearest of them."""
        names = [str(item) for item in known]
        near = get_close_matches(str(name), names, 1, 0.6)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        self.report(code, what + hint, path, help=f"known: {', '.join(names)}" if names else "", key=key)

    # -- tables and keys

    def table(self, value: Any, path: Path, what: str) -> Table | None:
        if isinstance(value, Mapping):
            return value
        self.report("wrong-type", f"{what} must be a table, not {shown(value)}", path)
        return None

    def keys(self, section: Section, known: Sequence[str], takes: str) -> None:
        """Report every key that is not known; `takes` is what takes them."""
        usual = () if not section.path else ("name", "type", "input", "inputs")
        own = [name for name in known if name not in usual] or list(known)
        for name in section.table:
            if name not in known:
                near = get_close_matches(str(name), known, 1, 0.6)
                hint = f'; did you mean "{near[0]}"?' if near else ""
                help = f"{takes} takes {', '.join(own)}"
                self.report(
                    "unknown-key", f'{section.owner} has no key "{name}"{hint}', (*section.path, name), help, key=True
                )

    def text(self, section: Section, key: str) -> str | None:
        """A text that must be there."""
        if key not in section.table:
            self.report("missing-key", f'{section.owner} needs "{key}"', section.path, help=f'add {key} = "..."')
            return None
        value = section.table[key]
        if not isinstance(value, str):
            message = f'"{key}" of {section.owner} must be a text, not {shown(value)}'
            self.report("wrong-type", message, (*section.path, key))
            return None
        return value

    def name(self, name: str, path: Path, what: str, *, key: bool = False) -> bool:
        """Whether a name will do; reports it otherwise."""
        wrong = wrong_name(name, NUMBERS if what == "size" else RESERVED)
        if wrong is not None:
            self.report("name", f'{what} "{name}" {wrong[0]}', path, help=wrong[1], key=key)
        return wrong is None

    def type(self, section: Section, known: Sequence[str], planned: Sequence[str], what: str) -> str | None:
        """The `type` of a section, when it is one of the known ones."""
        kind = self.text(section, "type")
        if kind is None or kind in known:
            return kind
        path = (*section.path, "type")
        if kind in planned:
            help = f"there are: {', '.join(known)}"
            self.report("not-yet", f'{what} "{kind}" of {section.owner} is not in this version', path, help)
        else:
            self.unknown("unknown-type", f'{section.owner} has the unknown type "{kind}"', kind, known, path)
        return None

    # -- options

    def options(
        self, section: Section, options: Sequence[Option], takes: str, besides: Sequence[str] = ()
    ) -> dict[str, Any]:
        """The options of a table, checked, with defaults; wrong ones are reported and come out as their default."""
        table, path, owner = section.table, section.path, section.owner
        self.keys(section, [*besides, *(option.name for option in options)], takes)
        checked: dict[str, Any] = {}
        for option in options:
            if option.name in table:
                value, right = self.value(option, table[option.name], (*path, option.name), owner)
                checked[option.name] = value if right else None
            elif option.required:
                help = f"add {option.name} = {sample(option)}: {option.meaning}"
                self.report("missing-key", f'{owner} needs "{option.name}"', path, help=help)
                checked[option.name] = None
            else:
                checked[option.name] = {} if option.kind in TABLES else option.default
        return checked

    def value(self, option: Option, value: Any, path: Path, owner: str) -> tuple[Any, bool]:
        """(the value, checked and resolved; whether it is right)."""
        match option.kind:
            case "size":
                return self._size(option, value, path, owner)
            case "activation" | "initializer":
                known = {name: entry.options for name, entry in ACTIVATIONS.items()}
                known = known if option.kind == "activation" else INITIALIZERS
                return self._chosen(known, value, path, f"{option.kind} of {owner}", option)
            case "integers":
                return self._integers(option, value, path, owner)
            case "shape":
                return self._extents(value, path, owner)
            case "sizes":
                return self._sizes(value, path, owner)
            case "parameters" | "states":
                return self._parameters(option, value, path, owner)
            case "names" | "parameter names":
                return self._listed_names(option, value, path, owner)
            case "numbers by name":
                return self._named_numbers(option, value, path, owner)
        if not has_kind(option, value):
            self._wrong(option, value, path, owner, "wrong-type")
            return None, False
        if option.kind == "choice" and value not in option.choices:
            what = f'"{option.name}" of {owner} is {shown(value).removeprefix("the text ")}'
            self.unknown("wrong-value", what, value, map(str, option.choices), path)
            return None, False
        if option.kind in ("integer", "number", "numbers"):
            for n, number in enumerate(value if option.kind == "numbers" else [value]):
                if not in_range(option, number):
                    at = (*path, n) if option.kind == "numbers" else path
                    self._wrong(option, value, at, owner, "wrong-value")
                    return None, False
        return (tuple(value) if option.kind == "numbers" else value), True

    def _wrong(self, option: Option, value: Any, path: Path, owner: str, code: str) -> None:
        self.report(code, f'"{option.name}" of {owner} must be {option.expected}, not {shown(value)}', path)

    def _integers(self, option: Option, value: Any, path: Path, owner: str) -> tuple[Any, bool]:
        """One integer for all, one for each, or a word."""
        if isinstance(value, str) and value in option.choices:
            return value, True
        length = option.length or 1
        numbers = list(value) if isinstance(value, list | tuple) else [value] * length
        if len(numbers) != length or not all(isinstance(n, int) and not isinstance(n, bool) for n in numbers):
            self._wrong(option, value, path, owner, "wrong-type")
            return None, False
        if not all(in_range(option, number) and number <= LARGEST for number in numbers):
            self._wrong(option, value, path, owner, "wrong-value")
            return None, False
        return tuple(numbers), True

    def _extents(self, value: Any, path: Path, owner: str) -> tuple[Any, bool]:
        """A shape with "B" in front if at all; -1 stands for what is left."""
        if not isinstance(value, list | tuple):
            self.report("wrong-type", f'"shape" of {owner} must be a list of extents, not {shown(value)}', path)
            return None, False
        found: list[Any] = []
        right = True
        for n, item in enumerate(value):
            if item == -1 or (item == "B" and n == 0):
                found.append(item)
                continue
            extent, fine = self.value(Option("shape", "size"), item, (*path, n), owner)
            found.append(extent)
            right &= fine
        return tuple(found), right

    def _size(self, option: Option, value: Any, path: Path, owner: str) -> tuple[Any, bool]:
        if isinstance(value, str):
            if value in self.sizes:
                return self.sizes[value], True
            what = f'"{option.name}" of {owner} is "{value}", which is no size'
            self.unknown("unknown-size", what, value, self.sizes, path)
            return None, False
        if isinstance(value, bool) or not isinstance(value, int):
            self._wrong(option, value, path, owner, "wrong-type")
            return None, False
        if value < 1:
            self._wrong(option, value, path, owner, "wrong-value")
        elif value > LARGEST:
            message = f'"{option.name}" of {owner} is {shown(value)}, more than an array can have'
            self.report("wrong-value", message, path, f"at most {LARGEST}")
        return value, 1 <= value <= LARGEST

    def _chosen(
        self, known: Mapping[str, Sequence[Option]], value: Any, path: Path, owner: str, option: Option
    ) -> tuple[Any, bool]:
        """A name, or a table with a type and its options: {"type": name, option: value, ...}."""
        before = len(self.diagnostics)
        if isinstance(value, str):
            if value not in known:
                self.unknown("unknown-type", f'{owner} is "{value}", which is unknown', value, known, path)
                return None, False
            needed = [item.name for item in known[value] if item.required]
            if needed:
                help = f'write {{ type = "{value}", {needed[0]} = ... }}'
                self.report("missing-key", f'{value} as {owner} needs "{needed[0]}"', path, help=help)
            value = {"type": value}
        if not isinstance(value, Mapping):
            self.report("wrong-type", f"{owner} must be {option.expected}, not {shown(value)}", path)
            return None, False
        section = Section(value, path, owner)
        kind = self.type(section, list(known), (), option.kind)
        if kind is None:
            return None, False
        if len(self.diagnostics) > before:
            return None, False
        options = self.options(section, known[kind], kind, besides=("type",))
        low, high = options.get("low"), options.get("high")
        if low is not None and high is not None and not 0 <= high - low < math.inf:
            message = f'"low" of {owner} is {shown(low)} and "high" is {shown(high)}'
            self.report("wrong-value", message, path, "low is the lesser one, and their difference a number")
        return {"type": kind} | options, len(self.diagnostics) == before

    def _sizes(self, value: Any, path: Path, owner: str) -> tuple[Any, bool]:
        table = self.table(value, path, f'"sizes" of {owner}')
        if table is None:
            return None, False
        before = len(self.diagnostics)
        sizes = {}
        for name, extent in table.items():
            if self.name(name, (*path, name), "size", key=True):
                sizes[name], _ = self.value(Option(name, "size"), extent, (*path, name), owner)
        return sizes, len(self.diagnostics) == before

    def _parameters(self, option: Option, value: Any, path: Path, owner: str) -> tuple[Any, bool]:
        """The parameters of an equation, or its states: each a table of how it begins."""
        kind = option.kind.removesuffix("s")
        table = self.table(value, path, f'"{option.name}" of {owner}')
        if table is None:
            return None, False
        before = len(self.diagnostics)
        checked: dict[str, Any] = {}
        for name, rule in table.items():
            at = (*path, name)
            what = f'{kind} "{name}" of {owner}'
            inner = self.table(rule, at, what)
            if not self.name(name, at, kind, key=True) or inner is None:
                continue
            options = self.options(Section(inner, at, what), PARAMETER_OPTIONS, f"a {kind}", besides=("shape",))
            checked[name] = options | {"shape": self._shape(inner.get("shape"), (*at, "shape"), what)}
        return checked, len(self.diagnostics) == before

    def _listed_names(self, option: Option, value: Any, path: Path, owner: str) -> tuple[Any, bool]:
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            self._wrong(option, value, path, owner, "wrong-type")
            return None, False
        if option.kind == "parameter names":  # "fc1.weight"; whether there are such ones is seen later
            return tuple(value), True
        right = [self.name(item, (*path, n), f'one of the "{option.name}",') for n, item in enumerate(value)]
        return tuple(value), all(right)

    def _named_numbers(self, option: Option, value: Any, path: Path, owner: str) -> tuple[Any, bool]:
        table = self.table(value, path, f'"{option.name}" of {owner}')
        if table is None:
            return None, False
        before = len(self.diagnostics)
        numbers = {}
        for name, number in table.items():
            if self.name(name, (*path, name), "setting", key=True):
                numbers[name], _ = self.value(Option(name, "number"), number, (*path, name), owner)
        return numbers, len(self.diagnostics) == before

    def _shape(self, value: Any, path: Path, owner: str) -> tuple[int, ...] | None:
        if value is None:
            return None
        if not isinstance(value, Sequence) or isinstance(value, str):
            self.report("wrong-type", f'"shape" of {owner} must be a list of sizes, not {shown(value)}', path)
            return None
        extents = [self.value(Option("shape", "size"), item, (*path, n), owner)[0] for n, item in enumerate(value)]
        return tuple(extents)


TABLES = ("sizes", "parameters", "states", "numbers by name")  # kinds whose default is an empty table

PARAMETER_OPTIONS = (Option("init", "initializer", None, "how it begins"),)


def shown(value: Any) -> str:
    """A value as a message shows it: in TOML's spelling, cut short."""
    words = {True: "true", False: "false", None: "nothing"}
    if isinstance(value, bool) or value is None:
        return words[value]
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, str):
        return f'the text "{value if len(value) <= 40 else value[:37] + "..."}"'
    text = str(value if not isinstance(value, tuple) else list(value))
    return text if len(text) <= 60 else text[:57] + "..."


def printable(text: str) -> str:
    """A message without characters that would move or colour a terminal: they are spelled as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
