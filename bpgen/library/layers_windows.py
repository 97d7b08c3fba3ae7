"""Convolution and pooling: a window that moves over the last axes.  Names, defaults and rounding are PyTorch's.

p, q are the places of the window, r, s what lies in it; S, T the strides, P, Q the padding in front, D, E the
dilations; H, W the extents that come in.  A sum reads 0 outside of its tensor; in a max such places take no part.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bpgen.algebra.records import dataclass
from bpgen.library.layer import Fit, Layer, Misfit, Operand, Options, extents
from bpgen.library.layers_dense import BIAS, INITIALIZERS
from bpgen.library.options import Option
from bpgen.library.parameters import ParameterRule

IMAGE = {1: "length", 2: "height, width"}
# Names of the two axes: places, window, stride, padding, dilation, extent.
LETTERS = (("p", "r", "S", "P", "D", "H", "R"), ("q", "s", "T", "Q", "E", "W", "U"))


@dataclass(frozen=True)
class Window:
    """One axis of a window; low, high: padding in front and behind."""

    extent: int
    kernel: int
    stride: int
    low: int
    high: int
    dilation: int

    @property
    def span(self) -> int:
        return self.dilation * (self.kernel - 1) + 1

    @property
    def places(self) -> int:
        return (self.extent + self.low + self.high - self.span) // self.stride + 1


def _windows(options: Options, operand: Operand, found: Sequence[int]) -> list[Window]:
    """The window along each axis.  Raises Misfit where it is larger than what it moves over."""
    count = len(found)
    strides, padding = options["stride"] or options["kernel"], options["padding"]
    dilations = options.get("dilation", (1,) * count)
    windows = []
    for n, extent in enumerate(found):
        kernel = options["kernel"][n]
        total = dilations[n] * (kernel - 1) if padding == "same" else 0
        low, high = (total // 2, total - total // 2) if isinstance(padding, str) else (padding[n], padding[n])
        window = Window(extent, kernel, strides[n], low, high, dilations[n])
        if window.span > extent + low + high:
            message = f"reads {operand}, and its kernel spans {window.span} of {extent + low + high}, padding included"
            raise Misfit(message, "take a smaller kernel or dilation, or more padding", option="kernel")
        windows.append(window)
    if padding == "same" and any(stride > 1 for stride in strides):
        raise Misfit('has padding = "same" and a stride above 1', "give the padding in numbers", option="padding")
    return windows


def _sizes(windows: Sequence[Window]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for (p, r, stride, padding, dilation, extent, kernel), window in zip(LETTERS, windows, strict=False):
        sizes |= {p: window.places, r: window.kernel, stride: window.stride, padding: window.low}
        sizes |= {dilation: window.dilation, extent: window.extent, kernel: window.kernel}
    return sizes


def _groups(options: Options, operand: Operand, channels: int) -> dict[str, int]:
    """C channels come into a group, M go out of it."""
    groups, out = options["groups"], options["channels"]
    for count, what in ((channels, f"reads {operand}, whose {channels} channels"), (out, f"has {out} channels, which")):
        if count % groups:
            raise Misfit(f"{what} are no multiple of its {groups} groups", "let groups divide both", option="groups")
    return {"C": channels // groups, "M": out // groups}


def _convolution(axes: int) -> Callable[[Options, Sequence[Operand]], Fit]:
    def fit(options: Options, operands: Sequence[Operand]) -> Fit:
        x = operands[0]
        channels, *found = extents(x, axes + 1, f"channels, {IMAGE[axes]}")
        windows = _windows(options, x, found)
        groups = _groups(options, x, channels)
        sizes = {"k": options["channels"], "c": groups["C"], **groups, **_sizes(windows)}
        places = tuple(window.places for window in windows)
        return Fit((*x.shape[: -axes - 1], options["channels"], *places), sizes)

    return fit


def _transposed(options: Options, operands: Sequence[Operand]) -> Fit:
    x = operands[0]
    channels, *found = extents(x, 3, f"channels, {IMAGE[2]}")
    groups = _groups(options, x, channels)
    sizes = {"k": options["channels"], "c": groups["C"], "m": groups["M"], "n": channels, **groups}
    result = []
    for n, extent in enumerate(found):
        kernel, stride, padding = options["kernel"][n], options["stride"][n], options["padding"][n]
        dilation, more = options["dilation"][n], options["output_padding"][n]
        if more >= max(stride, dilation):
            message = f"has output_padding {more}, which is not below its stride or dilation"
            raise Misfit(message, "as many rows more as the stride leaves out, at most", option="output_padding")
        size = (extent - 1) * stride - 2 * padding + dilation * (kernel - 1) + more + 1
        if size < 1:
            message = f"reads {operands[0]}, and its padding leaves nothing of the result"
            raise Misfit(message, "take less padding", option="padding")
        result.append(size)
        letters = LETTERS[n]
        sizes |= {letters[0]: extent, letters[1]: kernel, letters[2]: stride, letters[3]: padding}
        sizes |= {letters[4]: dilation, "hw"[n]: size}
    return Fit((*x.shape[:-3], options["channels"], *result), sizes)


# The adjoint of conv2d as a layer: place p reaches row h by r = h + P - S*p, and outside of K lies 0.
TRANSPOSED = """
y[..., k, h, w] = sum[c, p, q](x[..., C*(k // M) + c, p, q] * K[C*(k // M) + c, k % M, h + P - S*p, w + Q - T*q]) \
    {bias: + bias[k]}
"""
# With a dilation D, it reaches the row where h = S*p + D*r - P for some r.
DILATED = """
y[..., k, h, w] = sum[c, p, q, r, s](x[..., C*(k // M) + c, p, q] * K[C*(k // M) + c, k % M, r, s]
    * (h == S*p + D*r - P) * (w == T*q + E*s - Q)) {bias: + bias[k]}
"""


def _transposed_text(options: Options, operands: Sequence[Operand]) -> str:
    return TRANSPOSED if options["dilation"] == (1, 1) else DILATED


def _pooling(options: Options, operands: Sequence[Operand]) -> Fit:
    x = operands[0]
    windows = _windows(options, x, extents(x, 2, f"channels, {IMAGE[2]}"))
    for window in windows:
        if 2 * window.low > window.kernel:
            message = f"has padding {window.low}, more than half of its kernel {window.kernel}"
            raise Misfit(message, "a window of padding alone has no value", option="padding")
    return Fit((*x.shape[:-2], *(window.places for window in windows)), _sizes(windows))


def _global(options: Options, operands: Sequence[Operand]) -> Fit:
    extents(operands[0], 2, f"channels, {IMAGE[2]}")
    return Fit(operands[0].shape[:-2])


def _steps(name: str, axes: int, default: int | None, meaning: str, least: int = 1) -> Option:
    return Option(name, "integers", None if default is None else (default,) * axes, meaning, least, length=axes)


def _kernel(axes: int) -> Option:
    return Option("kernel", "integers", meaning="extents of the window", minimum=1, length=axes)


def _options(axes: int, *more: Option, words: tuple[str, ...] = ("same", "valid")) -> tuple[Option, ...]:
    padding = Option("padding", "integers", (0,) * axes, "zeros on each side", minimum=0, length=axes, choices=words)
    return (
        Option("channels", "size", meaning="channels of the result"),
        _kernel(axes),
        _steps("stride", axes, 1, "steps of the window"),
        padding,
        *more,
        _steps("dilation", axes, 1, "steps within the window"),
        Option("groups", "integer", 1, "parts of the channels that do not mix", minimum=1),
        BIAS,
        *INITIALIZERS,
    )


def _parameters(axes: str) -> tuple[ParameterRule, ...]:
    return (
        ParameterRule("K", "weight", axes=axes, override="init"),
        ParameterRule("bias", "bias", axes="k", fan_of="K", override="bias_init", when="bias", symbol="b"),
    )


_POOL = (_kernel(2), _steps("stride", 2, None, "steps of the window; by default its extents"),
         _steps("padding", 2, 0, "places on each side that take no part", least=0))  # fmt: skip

WINDOWS: dict[str, Layer] = {
    "conv1d": Layer(
        "y[..., k, p] = sum[c, r](x[..., C*(k // M) + c, S*p + D*r - P] * K[k, c, r]) {bias: + bias[k]}",
        options=_options(1),
        parameters=_parameters("k c r"),
        fit=_convolution(1),
        meaning="convolution along the last axis, of channels before it",
    ),
    "conv2d": Layer(
        """
        y[..., k, p, q] = sum[c, r, s](x[..., C*(k // M) + c, S*p + D*r - P, T*q + E*s - Q] * K[k, c, r, s]) \
            {bias: + bias[k]}
        """,
        options=_options(2),
        parameters=_parameters("k c r s"),
        fit=_convolution(2),
        meaning="convolution of images, channels before height and width",
    ),
    "conv_transpose2d": Layer(
        _transposed_text,
        options=_options(
            2, _steps("output_padding", 2, 0, "rows and columns more on one side", least=0), words=()
        ),
        parameters=_parameters("n m r s"),
        fit=_transposed,
        meaning="convolution of images run backwards, which enlarges them by the stride",
    ),
    "maxpool2d": Layer(
        """
        {ties=split: m[..., p, q] = max[r, s](stop(x[..., S*p + r - P, T*q + s - Q]))
            | y[..., p, q] = max[r, s](x[..., S*p + r - P, T*q + s - Q])}
        {ties=split: n[..., p, q] = sum[r, s](x[..., S*p + r - P, T*q + s - Q] == m[..., p, q]
            if 0 <= S*p + r - P < H and 0 <= T*q + s - Q < W)}
        {ties=split: y[..., p, q] = sum[r, s](x[..., S*p + r - P, T*q + s - Q]
            * (x[..., S*p + r - P, T*q + s - Q] == m[..., p, q])) / n[..., p, q]}
        """,
        options=(
            *_POOL,
            Option("ties", "choice", "first", "which of equal ones takes the gradient", choices=("first", "split")),
        ),
        fit=_pooling,
        meaning="the greatest of each window",
    ),
    "avgpool2d": Layer(
        """
        {count_include_pad: | n[p, q] = (min(S*p - P + R, H) - max(S*p - P, 0))
            * (min(T*q - Q + U, W) - max(T*q - Q, 0))}
        y[..., p, q] = sum[r, s](x[..., S*p + r - P, T*q + s - Q]) / {count_include_pad: (R*U) | n[p, q]}
        """,
        options=(*_POOL, Option("count_include_pad", "boolean", True, "whether padding counts in the mean")),
        fit=_pooling,
        meaning="the mean of each window",
    ),
    "global_avgpool2d": Layer(
        "y[...] = mean[p, q](x[..., p, q])",
        fit=_global,
        meaning="the mean of each channel's image: what comes out has no height and width",
    ),
}  # fmt: skip
