"""Arrays that depend on the batch size alone, made when arrays are bound: index values, masks, positions, factors."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from bpgen.algebra.records import dataclass
from bpgen.emit.numpy_scalars import ScalarText, constant_text, scalar_text
from bpgen.lower.scalar import Affine, BatchSize, Constant, IndexValue, Loop, Operation, Scalar, children, walk

DTYPES = {
    "real": "real", "int32": "np.int32", "float64": "np.float64", "bool": "np.bool_", "intp": "np.intp",
}  # fmt: skip
FUNCTIONS = {
    "add": "np.add", "subtract": "np.subtract", "multiply": "np.multiply", "negative": "np.negative",
    "maximum": "np.maximum", "minimum": "np.minimum", "greater": "np.greater", "greater_equal": "np.greater_equal",
    "equal": "np.equal", "and": "np.logical_and", "or": "np.logical_or", "not": "np.logical_not",
}  # fmt: skip
ONE = Constant("real", Fraction(1))


@dataclass(frozen=True)
class Ramp:
    """A value made of the loops' variables alone, as an array with an axis for each of its loops."""

    name: str
    loops: tuple[Loop, ...]
    value: Scalar

    @property
    def text(self) -> str:
        """The expression that makes it, in `batch`."""
        if not self.loops and self.value.dtype in ("real", "float64"):
            return f"np.array({scalar_text(self.value, _no_leaf).text}, real)"
        if self.value == ONE:
            return f"np.ones({_shape(self.loops)}, real)"
        return _text(self.value, self.loops)

    @property
    def kind(self) -> str:
        """What it is called."""
        if isinstance(self.value, IndexValue) and self.value.index.variable is not None:
            return self.loops[0].name
        if self.value.dtype in ("real", "float64"):
            return "ones" if self.loops else "factor"
        return "inside" if self.value.dtype == "bool" else "positions"


def is_prepared(node: Scalar) -> bool:
    """Whether a condition can be made beforehand: it compares nothing but loop variables and numbers."""
    leaves = [part for part in walk(node) if not children(part)]
    operations = [part for part in walk(node) if isinstance(part, Operation)]
    return (
        all(isinstance(leaf, IndexValue | Constant | BatchSize) for leaf in leaves)
        and all(part.op in FUNCTIONS or part.op == "cast" for part in operations)
        and any(isinstance(leaf, IndexValue) and leaf.index.terms for leaf in leaves)
    )


def _shape(loops: tuple[Loop, ...]) -> str:
    extents = ["batch" if isinstance(loop.extent, str) else str(loop.extent) for loop in loops]
    return extents[0] if len(extents) == 1 else f"({', '.join(extents)})"


def _no_leaf(node: Scalar, numpy: bool) -> ScalarText:
    raise AssertionError(f"{type(node).__name__} is no part of what is prepared")


def _text(node: Scalar, loops: tuple[Loop, ...]) -> str:
    match node:
        case IndexValue(index=index, dtype=dtype):
            return _positions(index, dtype, loops)
        case Constant():
            return constant_text(node).text
        case BatchSize():
            return "batch"
        case Operation(op="cast", dtype=dtype, arguments=(argument,)):
            text = _text(argument, loops)
            return f"{text}.astype({DTYPES[dtype]})" if isinstance(argument, Operation) else text
        case Operation(op="add", arguments=(left, right)) if node.dtype == "intp":
            return f"{_text(left, loops)} + {_text(right, loops)}"
        case Operation(op=op, arguments=arguments):
            return f"{FUNCTIONS[op]}({', '.join(_text(argument, loops) for argument in arguments)})"
    raise AssertionError(f"{type(node).__name__} is no part of what is prepared")


def _positions(index: Affine, dtype: str, loops: tuple[Loop, ...]) -> str:
    """constant + sum of coefficient * loop variable"""
    names = [loop.name for loop in loops]
    terms = []
    for name, coefficient in sorted(index.terms, key=lambda term: names.index(term[0])):
        place = names.index(name)
        text = f"np.arange({_range(loops[place])}, dtype={DTYPES[dtype]})"
        trailing = len(loops) - place - 1
        text += f"[:, {', '.join(['None'] * trailing)}]" if trailing else ""
        terms.append(text if coefficient == 1 else f"{coefficient} * {text}")
    if index.constant or not terms:
        terms.append(str(index.constant))
    return " + ".join(terms)


def _range(loop: Loop) -> str:
    if isinstance(loop.extent, str):
        return "batch"
    return f"{loop.start}, {loop.start + loop.extent}" if loop.start else str(loop.extent)


def unnamed(ramp: Ramp) -> Ramp:
    return replace(ramp, name="")
