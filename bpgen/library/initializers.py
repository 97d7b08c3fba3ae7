r"""How parameters begin.  Formulas as in torch.nn.init; fans as torch.nn.init computes them.

    zeros, ones       0, 1
    constant          value
    uniform           U(low, high)                            default low = 0, high = 1
    normal            N(mean, std^2)                          default mean = 0, std = 1
    xavier_uniform    U(-b, b), b = gain sqrt(6 / (fan_in + fan_out))          Glorot and Bengio (2010), eq. 16
    xavier_normal     N(0, s^2), s = gain sqrt(2 / (fan_in + fan_out))         Glorot and Bengio (2010), eq. 12
    kaiming_uniform   U(-b, b), b = sqrt(3) g / sqrt(fan), g = sqrt(2 / (1 + a^2))     He et al. (2015), eq. 15
    kaiming_normal    N(0, s^2), s = g / sqrt(fan)                             He et al. (2015), eq. 14
    orthogonal        gain Q, Q from the QR decomposition of a normal matrix   Saxe et al. (2014)

`a` is the slope of the rectifier below 0; `fan` is fan_in, or fan_out where `fan_out` is 1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from bpgen.algebra.errors import InternalError
from bpgen.library.options import Option

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

_GAIN = Option("gain", "number", 1.0, "factor", minimum=0.0, open=True)
_KAIMING = (
    Option("a", "number", 0.0, "slope of the rectifier below 0"),
    Option("mode", "choice", "fan_in", "which fan to keep the variance over", choices=("fan_in", "fan_out")),
)

INITIALIZERS: dict[str, tuple[Option, ...]] = {
    "zeros": (),
    "ones": (),
    "constant": (Option("value", "number", meaning="value of every element"),),
    "uniform": (Option("low", "number", 0.0, "least value"), Option("high", "number", 1.0, "greatest value")),
    "normal": (
        Option("mean", "number", 0.0, "mean"),
        Option("std", "number", 1.0, "standard deviation", minimum=0.0, open=True),
    ),
    "xavier_uniform": (_GAIN,),
    "xavier_normal": (_GAIN,),
    "kaiming_uniform": _KAIMING,
    "kaiming_normal": _KAIMING,
    "orthogonal": (_GAIN,),
}


def draw(  # noqa: PLR0917
    kind: str,
    options: Mapping[str, float],
    shape: tuple[int, ...],
    fan_in: int,
    fan_out: int,
    generator: numpy.random.Generator,
) -> NDArray[numpy.float64]:
    """Initial values of a parameter, float64 [shape].  Raises InternalError for an unknown kind."""
    import numpy

    match kind:
        case "zeros":
            return numpy.zeros(shape)
        case "ones":
            return numpy.ones(shape)
        case "constant":
            return numpy.full(shape, float(options["value"]))
        case "uniform":
            return generator.uniform(options.get("low", 0.0), options.get("high", 1.0), shape)
        case "normal":
            return generator.normal(options.get("mean", 0.0), options.get("std", 1.0), shape)
        case "orthogonal":
            return options.get("gain", 1.0) * _orthogonal(shape, generator)
    deviation = _deviation(kind, options, fan_in, fan_out)
    if kind.endswith("_uniform"):
        bound = math.sqrt(3) * deviation
        return generator.uniform(-bound, bound, shape)
    return generator.normal(0.0, deviation, shape)


def _deviation(kind: str, options: Mapping[str, float], fan_in: int, fan_out: int) -> float:
    """The standard deviation of xavier and kaiming; that of U(-b, b) is b / sqrt(3)."""
    if kind in ("xavier_uniform", "xavier_normal"):
        return options.get("gain", 1.0) * math.sqrt(2 / (fan_in + fan_out))
    if kind in ("kaiming_uniform", "kaiming_normal"):
        fan = fan_out if options.get("fan_out") else fan_in
        return math.sqrt(2 / (1 + options.get("a", 0.0) ** 2)) / math.sqrt(fan)
    raise InternalError(f"no initialiser {kind!r}")


def _orthogonal(shape: tuple[int, ...], generator: numpy.random.Generator) -> NDArray[numpy.float64]:
    """Rows, or columns where there are fewer, that are orthonormal; the axes behind the first are one."""
    import numpy

    rows = shape[0] if shape else 1
    columns = math.prod(shape[1:])
    tall = generator.normal(size=(max(rows, columns), min(rows, columns)))
    orthonormal, triangle = numpy.linalg.qr(tall)
    # The signs of the diagonal make the distribution uniform over orthogonal matrices (Mezzadri 2007).
    signs = numpy.where(numpy.diagonal(triangle) < 0, -1.0, 1.0)
    orthonormal = orthonormal * signs
    return (orthonormal if rows >= columns else orthonormal.T).reshape(shape)
