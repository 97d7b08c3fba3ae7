"""The numbers of a network that may change between steps."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, MutableMapping
from typing import SupportsFloat

from bpgen.algebra.errors import ArrayError
from bpgen.run.arrays import Array


class Settings(MutableMapping[str, float]):
    """Numbers that may change between steps, such as the learning rate: net.settings["lr"] = 0.1."""

    def __init__(self, names: Iterable[str], memory: Array) -> None:
        self._memory = memory
        self._index = {name: position for position, name in enumerate(names)}
        self._short: dict[str, int] = {}
        for name, position in self._index.items():
            self._short.setdefault(name.rpartition(".")[2], position)

    def _find(self, name: str) -> int:
        position = self._index.get(name, self._short.get(name))
        if position is None:
            raise ArrayError(f"no setting {name!r}; there are: {', '.join(self) or 'none'}")
        return position

    def __getitem__(self, name: str) -> float:
        return float(self._memory[self._find(name)])

    def __setitem__(self, name: str, value: float) -> None:
        if not isinstance(value, SupportsFloat) or isinstance(value, str) or not math.isfinite(value):
            raise ArrayError(f"setting {name}: expected a finite number, got {value!r}")
        self._memory[self._find(name)] = value

    def __delitem__(self, name: str) -> None:
        raise ArrayError("settings cannot be removed, only changed")

    def __contains__(self, name: object) -> bool:
        return name in self._index or name in self._short

    def __iter__(self) -> Iterator[str]:
        return iter(self._short if len(self._short) == len(self._index) else self._index)

    def __len__(self) -> int:
        return len(self._index)
