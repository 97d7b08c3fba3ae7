"""How a library text's parameters are named, shaped and begun."""

from __future__ import annotations

import math
from collections.abc import Mapping

from bpgen.algebra.records import dataclass

InitOptions = tuple[tuple[str, float], ...]

# PyTorch's default for linear layers: kaiming_uniform with a = sqrt(5), which is U(-1/sqrt(fan_in), 1/sqrt(fan_in)).
DEFAULT_INIT = "kaiming_uniform"
DEFAULT_INIT_OPTIONS: InitOptions = (("a", math.sqrt(5)),)


@dataclass(frozen=True)
class ParameterRule:
    """letter: its name in the text and in formulas; name: PyTorch's; fan_of: the parameter whose fans it takes.

    axes: the names of its axes, each a size of its layer; "" where the text or `shape` fixes them
    override: the option that names another initialiser, or is the constant it begins with
    when: the option without which it is absent
    shape: where the text does not fix it
    """

    letter: str
    name: str
    init: str = DEFAULT_INIT
    options: InitOptions = DEFAULT_INIT_OPTIONS
    axes: str = ""
    shape: tuple[int, ...] | None = None
    fan_of: str | None = None
    override: str | None = None
    when: str | None = None
    symbol: str = ""

    def extents(self, sizes: Mapping[str, int]) -> tuple[int, ...] | None:
        """Its shape, where it is known before the text is read."""
        return tuple(sizes[axis] for axis in self.axes.split()) if self.axes else self.shape


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """(fan_in, fan_out) of a parameter [out, in, *window], as torch.nn.init computes them.

    A vector, for which PyTorch has none, counts as its own fan in and out.
    """
    if len(shape) < 2:
        return (shape[0], shape[0]) if shape else (1, 1)
    window = math.prod(shape[2:])
    return shape[1] * window, shape[0] * window
