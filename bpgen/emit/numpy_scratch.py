"""Scratch arrays: what a kernel needs beside its arguments, with reuse inside it and between kernels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field

from bpgen.algebra.records import dataclass
from bpgen.emit.names import Names
from bpgen.lower.schedule import degree_of, size_of

Shape = tuple[int | str, ...]

# dtype -> what such an array is called, and the flat block it lies in
KINDS = {
    "real": ("scratch", "reals"), "float64": ("double", "doubles"), "bool": ("mask", "masks"),
    "intp": ("index", "indices"), "int32": ("integer", "integers"),
}  # fmt: skip

# erf works on so many elements at a time, with so many arrays of them: small enough for the cache.
BLOCK_SHAPE: Shape = (4, 4096)


@dataclass(frozen=True)
class Scratch:
    """An array that a kernel takes after its formals."""

    name: str
    shape: Shape
    dtype: str

    @property
    def degree(self) -> int:
        return degree_of(self.shape)

    @property
    def size(self) -> int:
        return size_of(self.shape)


@dataclass
class ScratchPool:
    """Hands out arrays of a kernel; one given back serves the next request of its shape and dtype."""

    names: Names
    arrays: list[Scratch] = field(default_factory=list)
    free: list[Scratch] = field(default_factory=list)

    def take(self, shape: Shape, dtype: str, name: str | None = None) -> str:
        """The name of an array of this shape; `name` keeps it for one purpose only."""
        if name is None:
            for array in self.free:
                if (array.shape, array.dtype) == (shape, dtype):
                    self.free.remove(array)
                    return array.name
        kind = KINDS[dtype][0] if shape else "number"
        array = Scratch(name or self.names.fresh(kind), shape, dtype)
        self.arrays.append(array)
        return array.name

    def give_back(self, name: str) -> None:
        self.free.extend(array for array in self.arrays if array.name == name)


@dataclass(frozen=True)
class Place:
    """Where an array lies in its flat block: in the region of its degree, offset * capacity ** degree elements on."""

    block: str
    dtype: str
    degree: int
    offset: int
    shape: Shape
    by_columns: bool = False


def place(arrays: Iterable[Scratch]) -> tuple[Place, ...]:
    """Lay a kernel's scratch arrays out one after another; kernels run in turn, so all of them start at 0."""
    ends: dict[tuple[str, int], int] = {}
    places = []
    for array in arrays:
        block = KINDS[array.dtype][1]
        offset = ends.get((block, array.degree), 0)
        ends[block, array.degree] = offset + array.size
        places.append(Place(block, array.dtype, array.degree, offset, array.shape))
    return tuple(places)


def sizes(places: Iterable[Place]) -> dict[str, tuple[int, int, int]]:
    """Elements of each flat block per degree: (constant, times capacity, times capacity squared)."""
    found: dict[str, list[int]] = {}
    for item in places:
        size = 1
        for extent in item.shape:
            size *= extent if isinstance(extent, int) else 1
        ends = found.setdefault(item.block, [0, 0, 0])
        ends[item.degree] = max(ends[item.degree], item.offset + size)
    return {block: (a, b, c) for block, (a, b, c) in sorted(found.items())}
