"""Axes of several tensors that run over the same."""

from __future__ import annotations

from bpgen.algebra.index import Index
from bpgen.algebra.system import Tensor


def axes_alike(index: Index, tensors: list[Tensor]) -> dict[str, Index]:
    """For each tensor its one axis that runs over what the index does; nothing where one has none, or several."""
    found = {tensor.name: [axis for axis in tensor.axes if axis.extent == index.extent] for tensor in tensors}
    return {name: axes[0] for name, axes in found.items()} if all(len(axes) == 1 for axes in found.values()) else {}
