"""Layers that are affine in one axis, or combine several inputs; and equations of one's own."""

from __future__ import annotations

from collections.abc import Sequence

from bpgen.library.layer import (
    Fit,
    Layer,
    Misfit,
    Operand,
    Options,
    Shape,
    last_extent,
    require_equal,
    shape_text,
)
from bpgen.library.options import Option
from bpgen.library.parameters import ParameterRule

BIAS = Option("bias", "boolean", True, "whether a bias is added")
INITIALIZERS = (
    Option("init", "initializer", None, "initialiser of the weight"),
    Option("bias_init", "initializer", None, "initialiser of the bias"),
)
EQUATION = Option("equation", "equation", meaning="the layer's equations; the last one defines y")


def _linear(options: Options, operands: Sequence[Operand]) -> Fit:
    x = operands[0]
    sizes = {"o": options["units"], "i": last_extent(x, "linear")}
    return Fit((*x.shape[:-1], options["units"]), sizes)


def _added(options: Options, operands: Sequence[Operand]) -> Fit:
    require_equal("add", operands)
    return Fit(operands[0].shape)


def _multiplied(options: Options, operands: Sequence[Operand]) -> Fit:
    require_equal("multiply", operands)
    return Fit(operands[0].shape)


def _joined(sign: str, operands: Sequence[Operand]) -> str:
    return "y[...] = " + f" {sign} ".join(f"x{n + 1}[...]" for n in range(len(operands)))


def concat_axis(options: Options, operand: Operand) -> int:
    """The axis of concat, counted from 0.  Raises Misfit where it is none, or the batch."""
    axis, rank = int(options["axis"]), len(operand.shape)
    counted = axis + rank if axis < 0 else axis
    if not 0 <= counted < rank or operand.shape[counted] == "B":
        message = f"joins along axis {axis} of {operand}"
        raise Misfit(message, "axes are counted from 0, which is the batch; -1 is the last", option="axis")
    return counted


def _concat(options: Options, operands: Sequence[Operand]) -> Fit:
    first = operands[0]
    axis = concat_axis(options, first)
    sizes, total = {}, 0
    for n, item in enumerate(operands, start=1):
        others = [shape[:axis] + shape[axis + 1 :] for shape in (first.shape, item.shape)]
        if len(item.shape) != len(first.shape) or others[0] != others[1]:
            message = f"joins {first} and {item} along axis {axis}, and they differ in another"
            raise Misfit(message, f"all axes but axis {axis} must agree")
        sizes[f"N{n}"] = total
        total += int(item.shape[axis])
    return Fit((*first.shape[:axis], total, *first.shape[axis + 1 :]), {"j": total, **sizes})


def _concat_text(options: Options, operands: Sequence[Operand]) -> str:
    """Every input from its own place on: reading outside of it gives 0."""
    axis = concat_axis(options, operands[0])
    before = "".join(f"i{n}, " for n in range(axis))
    after = "".join(f", i{n}" for n in range(axis + 1, len(operands[0].shape)))
    terms = " + ".join(f"x{n}[{before}j - N{n}{after}]" for n in range(1, len(operands) + 1))
    return f"y[{before}j{after}] = {terms}"


def weights(shape: Sequence[int]) -> list[int]:
    """How many elements lie between two neighbours along each axis, in row-major order."""
    found = [1]
    for extent in reversed(shape[1:]):
        found.insert(0, found[0] * extent)
    return found


def _rows(operand: Operand) -> tuple[Shape, tuple[int, ...]]:
    """(the batch axis if there is one, the extents behind it)."""
    head = operand.shape[:1] if operand.shape[:1] == ("B",) else ()
    return head, tuple(int(extent) for extent in operand.shape[len(head) :])


def _reshape(options: Options, operands: Sequence[Operand]) -> Fit:
    head, _ = _rows(operands[0])
    after = new_shape(options, operands[0])
    sizes = {f"n{k}": extent for k, extent in enumerate(after)}
    return Fit((*head, *after), {"n": product(after), **sizes})


def new_shape(options: Options, operand: Operand) -> tuple[int, ...]:
    """The extents behind the batch of reshape's result; one -1 stands for what is left."""
    count = product(_rows(operand)[1])
    wished = [extent for extent in options["shape"] if extent != "B"]
    known = product([extent for extent in wished if extent != -1])
    if wished.count(-1) > 1 or count % known or (-1 not in wished and count != known):
        message = f"reads {operand}, with {count} elements a row, and cannot give {shape_text(tuple(wished))}"
        raise Misfit(message, "a row has the same elements before and after; one extent may be -1", option="shape")
    return tuple(count // known if extent == -1 else extent for extent in wished)


def product(extents: Sequence[int]) -> int:
    result = 1
    for extent in extents:
        result *= extent
    return result


def _reshape_text(options: Options, operands: Sequence[Operand]) -> str:
    return _reread(operands[0], new_shape(options, operands[0]))


def _reread(operand: Operand, after: tuple[int, ...]) -> str:
    """The same elements in the same order under other axes: all as one axis n, and that as the new ones."""
    head, before = _rows(operand)
    lead = "b, " if head else ""
    digits = ", ".join(f"n // {w} % {extent}" for extent, w in zip(before, weights(before), strict=True))
    if len(after) == 1:
        return f"y[{lead}n] = x[{lead}{digits}]"
    letters = [f"n{k}" for k in range(len(after))]
    place = " + ".join(f"{w}*{letter}" for w, letter in zip(weights(after), letters, strict=True))
    y = f"y[{lead}{', '.join(letters)}]"
    if len(before) == 1:
        return f"{y} = x[{lead}{place}]"
    return f"f[{lead}n] = x[{lead}{digits}]\n{y} = f[{lead}{place}]"


def _flatten(options: Options, operands: Sequence[Operand]) -> Fit:
    head, before = _rows(operands[0])
    if not before:
        raise Misfit(f"reads {operands[0]}, which has no axis beside the batch", "leave the layer out")
    return Fit((*head, product(before)), {"n": product(before)})


def _flatten_text(options: Options, operands: Sequence[Operand]) -> str:
    return _reread(operands[0], (product(_rows(operands[0])[1]),))


DENSE: dict[str, Layer] = {
    "linear": Layer(
        "y[..., o] = sum[i](x[..., i] * W[o, i]) {bias: + c[o]}",
        options=(Option("units", "size", meaning="extent of the last axis of the result"), BIAS, *INITIALIZERS),
        parameters=(
            ParameterRule("W", "weight", axes="o i", override="init"),
            ParameterRule("c", "bias", axes="o", fan_of="W", override="bias_init", when="bias", symbol="b"),
        ),
        fit=_linear,
        meaning="affine in the last axis",
    ),
    "add": Layer(
        lambda options, operands: _joined("+", operands), fit=_added, inputs=(2, None), meaning="sum of its inputs"
    ),
    "multiply": Layer(
        lambda options, operands: _joined("*", operands),
        fit=_multiplied,
        inputs=(2, None),
        meaning="product of its inputs",
    ),
    "concat": Layer(
        _concat_text,
        options=(Option("axis", "integer", -1, "the axis along which they are joined; 0 is the batch, -1 the last"),),
        fit=_concat,
        inputs=(2, None),
        meaning="its inputs one behind the other along an axis",
    ),
    "flatten": Layer(_flatten_text, fit=_flatten, meaning="all axes behind the batch as one"),
    "reshape": Layer(
        _reshape_text,
        options=(Option("shape", "shape", meaning="the extents behind the batch; one may be -1"),),
        fit=_reshape,
        meaning="the same elements in the same order under other axes",
    ),
    "equation": Layer(
        "",
        options=(
            EQUATION,
            Option("sizes", "sizes", None, "extents of the indices that no input fixes"),
            Option("parameters", "parameters", None, "the names that are parameters, and how they begin"),
            Option("states", "states", None, "the names that are kept between steps; NAME_next is the next value"),
        ),
        inputs=(1, None),
        meaning="equations of your own",
    ),
}
