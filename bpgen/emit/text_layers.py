"""Equations of several layers as one in plain text: with `l` in the layers' names, as in `fc{l}.weight`.

`body.0.norm` and `body.1.norm` are `body.{l}.norm` for l = 0, 1.  Where names do not count the layers, these are
`layer{1}` and `layer{2}`, by the numbers that formulas show.  Which equations stand together is decided elsewhere
(describe_once); what does not read the same here is written out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property

from sympy import Expr

from bpgen.algebra.named_number import NamedNumber
from bpgen.algebra.records import dataclass
from bpgen.algebra.system import Equation, Tensor
from bpgen.emit.alike_blocks import shortened

_NAME = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*")
_PRODUCT = re.compile(r"`[^`]+`(?: \* `[^`]+`)+")
_MARK, _MIDDLE = "\ue003", 500
_MARKED = re.compile(f"{_MARK}(\\d+)")


@dataclass(frozen=True)
class Pattern:
    """before{l + offset}after."""

    before: str
    after: str
    offset: int

    def written(self) -> str:
        return f"{self.before}{{l{self.offset:+d}}}{self.after}" if self.offset else f"{self.before}{{l}}{self.after}"

    def at(self, value: int) -> str:
        return f"{self.before}{value + self.offset}{self.after}"


@dataclass
class Together:
    """Names of tensors in equations that stand for those of several layers.

    layers: name -> its number; borrowed: tensor from outside -> the number of the layer whose result it stands for
    values: the number of the layer that `l` is, for each of the equations that stand together
    aliases: what the result of a layer is called here -> its name
    """

    tensors: Mapping[str, Tensor]
    layers: Mapping[str, int]
    borrowed: Mapping[str, int]
    values: Sequence[int]
    print: Callable[[Equation, Mapping[str, Tensor]], str]
    own: set[int] = field(default_factory=set)
    aliases: dict[str, str] = field(default_factory=dict)
    distances: set[int] = field(default_factory=set)

    # --- one text for several, in which layers are marked by their distance

    def equation(self, equations: Sequence[Equation]) -> str | None:
        """None where they differ in more than the layers' names."""
        for shared in (frozenset[str](), frozenset.intersection(*map(_names, equations))):
            first, *others = [self._marked(e, base, shared) for e, base in zip(equations, self.values, strict=True)]
            if first is not None and all(other == first for other in others):
                self.own.add(self.layers[equations[0].tensor.layer] - self.values[0])
                return self._noted(first)
        return None

    def sentence(self, texts: Sequence[str]) -> str | None:
        written = {
            _NAME.sub(lambda found, base=base: self._name(found[0], base) or found[0], text)  # type: ignore[misc]
            for text, base in zip(texts, self.values, strict=True)
        }
        written = {_PRODUCT.sub(lambda found: " * ".join(sorted(found[0].split(" * "))), text) for text in written}
        return self._noted(written.pop()) if len(written) == 1 else None

    def _marked(self, equation: Equation, base: int, shared: frozenset[str]) -> str | None:
        names = {name: self._name(name, base) or name for name in _names(equation) - shared}
        if names.get(equation.tensor.name, equation.tensor.name) == equation.tensor.name:
            return None
        known = {**self.tensors, equation.tensor.name: equation.tensor}
        renamed = {new: replace(known[name], name=new) for name, new in names.items() if name in known}
        atoms: dict[Expr, Expr] = {known[n].atom: renamed[new].atom for n, new in names.items() if n in known}
        for number in equation.rhs.atoms(NamedNumber):
            if number.owner in self.layers:
                owner = f"{_MARK}{self.layers[number.owner] - base + _MIDDLE}"
                atoms[number] = NamedNumber(owner, number.symbol, number.value)
        marked = replace(equation, tensor=renamed[names[equation.tensor.name]], rhs=equation.rhs.xreplace(atoms))
        return self.print(marked, {**known, **renamed})

    def _name(self, name: str, base: int) -> str | None:
        """d.fc1.z -> d.<-1>.z where l is 2; None for what belongs to no layer."""
        plain = name
        while plain.startswith("d.") and plain not in self.borrowed and plain not in self.layers:
            plain = plain.removeprefix("d.")
        prefix = name.removesuffix(plain)
        if plain in self.borrowed:
            return f"{prefix}{_MARK}{self.borrowed[plain] - base + _MIDDLE}"
        tensor = self.tensors.get(name) or self.tensors.get(plain)
        layer = tensor.layer if tensor is not None else ""
        if layer not in self.layers or not plain.startswith(layer):
            return None
        rest = self._rest(plain, layer)
        return f"{prefix}{_MARK}{self.layers[layer] - base + _MIDDLE}{rest}"

    def _rest(self, name: str, layer: str) -> str:
        """.weight of fc1.weight; .z for the result of a layer that has no activation, where others have their z."""
        rest = name.removeprefix(layer)
        other = "" if rest or name not in self.tensors else self._parts.get(self.tensors[name].symbol, "")
        if not other or layer + other in self.tensors or layer in self._own_layers:
            return rest
        self.aliases[layer + other] = name
        return other

    @cached_property
    def _own_layers(self) -> set[str]:
        return {name for name, number in self.layers.items() if number in self.values}

    @cached_property
    def _parts(self) -> dict[str, str]:
        """Letter -> how tensors with it are called in the layers described: z -> .z"""
        own = [tensor for tensor in self.tensors.values() if tensor.layer in self._own_layers and tensor.symbol]
        return {tensor.symbol: tensor.name.removeprefix(tensor.layer) for tensor in own}

    def _noted(self, text: str) -> str:
        self.distances |= {int(number) - _MIDDLE for number in _MARKED.findall(text)}
        return text

    # --- the marks as names

    def naming(self) -> Naming:
        """How layers at these distances are called."""
        numbered = {number: name for name, number in self.layers.items()}
        numbered = {number: name for name, number in self.borrowed.items() if number not in numbered} | numbered
        columns = {
            distance: [self._layer_at(base + distance, numbered) for base in self.values]
            for distance in sorted(self.distances | self.own)
        }
        return self._by_names(columns) or self._by_numbers(columns)

    def _layer_at(self, number: int, numbered: Mapping[int, str]) -> str:
        lent = [name for name, layer in self.borrowed.items() if layer == number]
        return lent[0] if lent else numbered.get(number, "")

    def _by_names(self, columns: Mapping[int, Sequence[str]]) -> Naming | None:
        """Where the layers' own names count them."""
        counted = [set(found) for distance in sorted(self.own) if (found := _patterns(columns[distance]))]
        for values in sorted(set.intersection(*counted) if counted else ()):
            patterns, said = {}, []
            for distance, names in columns.items():
                pattern, others = _fitted(names, values)
                if pattern is None or any(pattern.at(value) in self.layers for value, _ in others):
                    return None
                patterns[distance] = pattern.written()
                said += [f"{pattern.at(value)} is {name}" for value, name in others if name]
            said += [f"{alias} is {name}" for alias, name in self.aliases.items()]
            return Naming(patterns, values, tuple(dict.fromkeys(said)))
        return None

    def _by_numbers(self, columns: Mapping[int, Sequence[str]]) -> Naming:
        patterns = {distance: Pattern("layer", "", distance).written() for distance in columns}
        called = {
            base + distance: name
            for distance, names in columns.items()
            for base, name in zip(self.values, names, strict=True)
            if name
        }
        said = tuple(f"layer{number} is {name}" for number, name in sorted(called.items()))
        numbers = {name: f"layer{number}" for number, name in called.items()}
        said += tuple(
            f"{numbers[name]}{alias.removeprefix(name)} is {name}"
            for alias, name in self.aliases.items()
            if name in numbers
        )
        return Naming(patterns, tuple(self.values), said)


@dataclass(frozen=True)
class Naming:
    """patterns: distance -> how a layer there is called; values: of l; said: what else must be known."""

    patterns: Mapping[int, str]
    values: tuple[int, ...]
    said: tuple[str, ...]

    def read(self, text: str) -> str:
        return _MARKED.sub(lambda found: self.patterns[int(found[1]) - _MIDDLE], text)

    def heading(self) -> str:
        values = f"For l = {', '.join(shortened([str(value) for value in self.values], '...'))}"
        return f"{values}, where {', '.join(self.said)}:" if self.said else f"{values}:"


def _names(equation: Equation) -> frozenset[str]:
    return frozenset(equation.reads) | {equation.tensor.name}


def _patterns(names: Sequence[str]) -> list[tuple[int, ...]]:
    """The values that a number in these names has, for each number by which alone they differ."""
    found = []
    for place in re.finditer(r"\d+", names[0]):
        before, after = names[0][: place.start()], names[0][place.end() :]
        fitting = [re.fullmatch(f"{re.escape(before)}(\\d+){re.escape(after)}", name) for name in names]
        values = tuple(int(match[1]) for match in fitting if match is not None)
        if len(values) == len(names) == len(set(values)):
            found.append(values)
    return found


def _fitted(names: Sequence[str], values: Sequence[int]) -> tuple[Pattern | None, list[tuple[int, str]]]:
    """The pattern that most of these names fit, and (value, name) of those that do not."""
    candidates = [
        Pattern(name[: place.start()], name[place.end() :], int(place[0]) - value)
        for name, value in zip(names, values, strict=True)
        for place in re.finditer(r"\d+", name)
    ]

    def others(pattern: Pattern) -> list[tuple[int, str]]:
        return [(v, name) for name, v in zip(names, values, strict=True) if pattern.at(v) != name]

    if not candidates:
        return None, []
    best = min(candidates, key=lambda pattern: len(others(pattern)))
    return best, others(best)
