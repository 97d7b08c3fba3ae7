"""Sums of tensors as they are sampled: one that is seen to vary is no number, and no proof is looked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field

import numpy as np
from sympy import Expr

from bpgen.algebra.expressions import Access
from bpgen.algebra.index import Index
from bpgen.algebra.records import dataclass
from bpgen.derive.values import Array

# Of the sizes that are summed: less than this may be what rounding leaves of a sum that does not vary.
VARIATION = 1e-6


@dataclass
class Measured:
    """sample: the values of a tensor; found: what has been asked before, by tensor, axes summed over and power."""

    sample: Callable[[str], Array | None] = lambda name: None
    found: dict[tuple[str, tuple[int, ...], int], bool] = field(default_factory=dict)

    def copy(self) -> Measured:
        """What has been asked, for those who look back: the samples themselves are not kept for them."""
        return Measured(found=self.found)

    def varies(self, access: Access, power: int, indices: tuple[Index, ...]) -> bool:
        """Whether the sum of access**power over the indices is another number for other values of the free ones."""
        if not _reads_all(access, indices):
            return False
        axes = tuple(axis for axis, place in enumerate(access.indices) if place in indices)
        key = (access.tensor, axes, power)
        if key not in self.found:
            array = self.sample(access.tensor)
            if array is not None and array.ndim == len(access.indices):
                self.found[key] = _varies(array**power, axes)
        return self.found.get(key, False)


def _reads_all(access: Access, indices: tuple[Index, ...]) -> bool:
    """Whether each axis has an index of its own, over all of it, those that are summed over among them."""
    places: list[Expr] = list(access.indices)
    plain = all(isinstance(place, Index) for place in places) and len(set(places)) == len(places)
    return plain and set(indices) <= set(places) and [place.extent for place in places] == [*access.args[0].extents]


def _varies(array: Array, axes: tuple[int, ...]) -> bool:
    sums, sizes = array.sum(axis=axes), np.abs(array).sum(axis=axes)
    return bool(np.isfinite(sizes).all() and np.ptp(sums) > VARIATION * sizes.max())
