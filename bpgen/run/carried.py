"""States that are carried from batch to batch, a row for each row: truncated back-propagation through time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bpgen.algebra.errors import ArrayError
from bpgen.lower.interface import Entry, Interface
from bpgen.run.arrays import Array
from bpgen.run.backend import Backend, carried_rows
from bpgen.run.checkpoint import damaged


class CarriedRows:
    """How many rows there are to go on from, and their arrays.  rows: 0 before the first step, and after a reset."""

    def __init__(self, interface: Interface, backend: Backend) -> None:
        self.rows = 0
        self._interface = interface
        self._backend = backend

    def admit(self, entry: Entry, batch: int) -> None:
        """Let a call with so many rows go on from the rows there are; ArrayError where it has others."""
        if not entry.carries:
            return
        if self.rows and batch != self.rows:
            raise ArrayError(
                f"{entry.name} goes on from the {self.rows} rows of the step before (carried: "
                f"{', '.join(block.name for block in self._interface.carried)}), but got {batch} rows; keep the batch "
                "size, or begin anew with reset_state()"
            )
        if entry.name == "step":
            self.rows = batch

    def admitting(self, entry: Entry, batch: int, call: Callable[[], float]) -> Callable[[], float]:
        """The call, with the check before it where the entry needs one."""
        if not entry.carries:
            return call

        def checked() -> float:
            self.admit(entry, batch)
            return call()

        return checked

    def reset(self) -> None:
        """Begin anew: all rows are 0."""
        self.rows = 0
        self._backend.carried[:] = 0

    def begin(self, rows: int) -> dict[str, Array]:
        """So many rows of 0, as views by name: to go on from what is written into them."""
        self.reset()
        if self._interface.carried:
            self._backend.reserve(max(rows, self._backend.capacity))
            self.rows = rows
        return self.views()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Within it all begins anew; afterwards the rows are those of before."""
        before = {name: view.copy() for name, view in self.views().items()}
        self.reset()
        try:
            yield
        finally:
            self.restore(before)

    def views(self, rows: int | None = None) -> dict[str, Array]:
        """The rows of each carried state, by name, as views."""
        count = self.rows if rows is None else rows
        if not count:
            return {}
        backend = self._backend
        blocks = self._interface.carried
        return {block.name: carried_rows(block, backend.carried, backend.capacity, count) for block in blocks}

    def named(self) -> dict[str, Array]:
        """The rows, by their names in a checkpoint."""
        return {f"carried:{name}": view for name, view in self.views().items()}

    def saved(self, path: str | Path, tensors: Mapping[str, Array]) -> dict[str, Array]:
        """The rows that a checkpoint has, by state; CheckpointError where they do not fit each other or the states."""
        blocks = {f"carried:{block.name}": block for block in self._interface.carried}
        found = {name: tensors[name] for name in blocks if name in tensors}
        rows = len(next(iter(found.values()))) if found else 0
        for name, block in blocks.items():
            if found and (name not in found or found[name].shape != (rows, *block.shape[1:])):
                raise damaged(path, name)
        return {blocks[name].name: array for name, array in found.items()}

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Set the rows to those of the arrays, one for each carried state; none at all begins anew."""
        self.reset()
        if arrays:
            rows = len(next(iter(arrays.values())))
            for name, view in self.views(rows).items():
                view[...] = arrays[name]
            self.rows = rows
