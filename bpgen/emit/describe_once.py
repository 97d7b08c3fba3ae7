"""Layers that are alike are described once: their blocks become one, with `l` in place of their numbers.

Blocks are compared as they are printed, so nothing that differs in print is hidden: they are equal up to the numbers
of layers, which must all be as far from the layer's own (or all the same), and up to sizes, which become symbols.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property
from itertools import groupby

from bpgen.algebra.records import dataclass
from bpgen.emit.alike import Part, Unit, find_units
from bpgen.emit.alike_blocks import (
    equation_numbers,
    listed,
    map_block,
    marked_numbers,
    merge_blocks,
    shape,
    shortened,
)
from bpgen.emit.document import Block
from bpgen.emit.latex_marks import LAYER, as_they_are, relative_layer, replace_marks
from bpgen.emit.prose import Inline, Math, Name, Prose, enumerated

SIZE_LETTERS = "MNPQRSUVHK"
WIDTH = "n"  # of a layer whose result is a matrix


@dataclass(frozen=True)
class Run:
    """Consecutive blocks of one layer.

    borrowed: what is said of a tensor that is written like one of a layer; lent: (that tensor, the layer's number)
    """

    layer: str
    number: int | None
    blocks: tuple[Block, ...]
    borrowed: Prose = ()
    lent: tuple[tuple[str, int], ...] = ()

    @cached_property
    def key(self) -> Hashable:
        return tuple(map(shape, self.blocks))

    @cached_property
    def marks(self) -> list[tuple[str, int]]:
        return [mark for block in self.blocks for mark in marked_numbers(block)]


def split_runs(blocks: Sequence[Block], numbers: Mapping[str, int]) -> list[Run]:
    found = groupby(blocks, key=lambda block: block.layer)
    return [Run(layer, numbers.get(layer), tuple(members)) for layer, members in found]


def describe_once(runs: Sequence[Run], others: Mapping[int, Run], widths: Mapping[int, int]) -> tuple[Block, ...]:
    """The blocks without marks, those of layers that are alike as one.

    others: by the place of a run, how it reads where a tensor from outside is written like one of a layer before,
        which is taken where it then is like its neighbours
    widths: of layers, by their numbers
    """
    plain, units = list(runs), _units(runs)
    chosen = list(runs)
    for place, other in others.items():
        if not any(place in unit.places(offset) for unit in units for offset in range(unit.length)):
            chosen[place] = other
    units = _units(chosen)
    within = {place: unit for unit in units for offset in range(unit.length) for place in unit.places(offset)}
    blocks: list[Block] = []
    for place, run in enumerate(plain):
        unit = within.get(place)
        if unit is None:
            blocks += [map_block(b, lambda text: replace_marks(text, as_they_are)) for b in run.blocks]
        elif place == unit.starts[0]:
            blocks += _Together(chosen, unit, widths).blocks()
    return tuple(blocks)


def _units(runs: Sequence[Run]) -> list[Unit]:
    marks = [run.marks for run in runs]
    parts = [
        Part(run.key, run.number, tuple(number for block in run.blocks for number in equation_numbers(block)))
        for run in runs
    ]

    def agree(places: Sequence[int]) -> bool:
        layers = [runs[place].number or 0 for place in places]
        columns = zip(*(marks[place] for place in places), strict=True)
        return all(_layer_of(layers, column) is not None for column in columns if column[0][0] == LAYER)

    return find_units(parts, agree)


def _layer_of(layers: Sequence[int], column: Sequence[tuple[str, int]]) -> tuple[int, bool] | None:
    """(distance, True) from each one's own layer, or (number, False) of the one layer meant; None where neither."""
    distances = {number - layer for layer, (_, number) in zip(layers, column, strict=True)}
    if len(distances) == 1:
        return distances.pop(), True
    numbers = {number for _, number in column}
    return (numbers.pop(), False) if len(numbers) == 1 else None


@dataclass
class _Together:
    """Writes the blocks of a unit.  sizes: symbol -> value, of the sizes that differ."""

    runs: Sequence[Run]
    unit: Unit
    widths: Mapping[int, int]
    sizes: dict[str, int] = field(default_factory=dict)
    letters: dict[tuple[int, ...], str] = field(default_factory=dict)

    @property
    def bases(self) -> list[int]:
        """The number of the first layer of each repetition."""
        return [
            min(self.runs[start + offset].number or 0 for offset in range(self.unit.length))
            for start in self.unit.starts
        ]

    def blocks(self) -> list[Block]:
        written = [block for offset in range(self.unit.length) for block in self._run(offset)]
        opening = self._opening()
        return [replace(written[0], opening=opening), *written[1:]] if opening else written

    def _run(self, offset: int) -> list[Block]:
        members = [self.runs[place] for place in self.unit.places(offset)]
        columns = list(zip(*(run.marks for run in members), strict=True))
        texts = iter([self._shown(column) for column in columns])
        blocks = [
            merge_blocks(same, self.bases, lambda text: replace_marks(text, lambda kind, number: next(texts)))
            for same in zip(*(run.blocks for run in members), strict=True)
        ]
        lent = tuple(pair for run in members for pair in run.lent)
        return [replace(blocks[0], heading=self._heading(members), borrowed=lent), *blocks[1:]]

    def _shown(self, column: Sequence[tuple[str, int]]) -> str:
        if column[0][0] == LAYER:
            distance, relative = _layer_of(self.bases, column) or (0, False)
            return f"({relative_layer(distance)})" if relative else f"({distance})"
        values = tuple(number for _, number in column)
        return str(values[0]) if len(set(values)) == 1 else self._size(values)

    def _size(self, values: tuple[int, ...]) -> str:
        """The width of a layer at some distance, or a letter of its own."""
        reach = max(self.bases) + len(self.widths)
        for distance in sorted(range(-reach, reach + 1), key=lambda d: (abs(d), d)):
            layers = [base + distance for base in self.bases]
            if all(self.widths.get(layer) == value for layer, value in zip(layers, values, strict=True)):
                self.sizes |= {f"{WIDTH}_{{{layer}}}": self.widths[layer] for layer in layers}
                return f"{WIDTH}_{{{relative_layer(distance)}}}"
        count = len(self.letters)
        letter = self.letters.setdefault(values, SIZE_LETTERS[count % len(SIZE_LETTERS)] + "'" * (count // 10))
        self.sizes |= {f"{letter}_{{{base}}}": value for base, value in zip(self.bases, values, strict=True)}
        return f"{letter}_{{l}}"

    # --- words

    def _heading(self, members: Sequence[Run]) -> Prose:
        numbers = [run.number or 0 for run in members]
        what = relative_layer(numbers[0] - self.bases[0])
        names: list[Inline] = []
        for name in shortened([run.layer for run in members], ""):
            names += [", "] if names else []
            names.append(Name(name) if name else Math(r"\dots"))
        return ("Layers ", Math(f"{what} = {listed([str(number) for number in numbers])}"), ": ", *names)

    def _opening(self) -> Prose:
        places = [place for offset in range(self.unit.length) for place in self.unit.places(offset)]
        said = [self.runs[place].borrowed for place in places if self.runs[place].borrowed]
        said += [(Math(f"{symbol} = {self.sizes[symbol]}"),) for symbol in sorted(self.sizes, key=_by_number)]
        return ("Here ", *enumerated(said), ".") if said else ()


def _by_number(symbol: str) -> tuple[str, int]:
    letter, _, number = symbol.partition("_")
    return letter, int(number.strip("{}"))
