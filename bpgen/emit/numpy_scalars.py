"""Scalar expressions without loops, as Python text over NumPy scalars.

Python's own floats are the fastest, but raise on division by zero, and powers of them on overflow, where C and NumPy
give inf and NaN.  So the text keeps track of which values are surely NumPy's; one side of a quotient and the base of a
power are read as such, and np.divide and the like are called where that cannot be.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

from bpgen.algebra.errors import LoweringError
from bpgen.algebra.records import dataclass
from bpgen.lower.scalar import BatchSize, Constant, IndexValue, Load, Local, Operation, Reduce, Scalar, walk

# How tightly Python's operators bind.
CHOICE, OR, AND, NOT, COMPARISON, SUM, PRODUCT, SIGN, POWER, ATOM = range(10)

_BINARY = {
    "add": ("+", SUM), "subtract": ("-", SUM), "multiply": ("*", PRODUCT), "divide": ("/", PRODUCT),
    "power": ("**", POWER), "greater": (">", COMPARISON), "greater_equal": (">=", COMPARISON),
    "equal": ("==", COMPARISON), "and": ("and", AND), "or": ("or", OR),
}  # fmt: skip
_CALLS = {
    "maximum": "np.maximum", "minimum": "np.minimum", "square": "np.square", "sqrt": "np.sqrt", "exp": "np.exp",
    "log": "np.log", "log1p": "np.log1p", "expm1": "np.expm1", "abs": "np.absolute", "sign": "np.sign", "sin": "np.sin",
    "cos": "np.cos", "tan": "np.tan", "sinh": "np.sinh", "cosh": "np.cosh", "tanh": "np.tanh", "atan": "np.arctan",
    "erf": "math.erf",
}  # fmt: skip


@dataclass(frozen=True)
class ScalarText:
    """binds: how tightly; numpy: whether the value is surely a NumPy scalar or array of no axes."""

    text: str
    binds: int = ATOM
    numpy: bool = False

    def within(self, binds: int) -> str:
        return self.text if self.binds >= binds else f"({self.text})"


Leaf = Callable[[Load | Local | Reduce | IndexValue, bool], ScalarText]


def scalar_text(node: Scalar, leaf: Leaf, numpy: bool = False) -> ScalarText:
    """The text of an expression whose value is one number; `leaf` writes loads, locals, indices and reductions.

    numpy: whether its value had better be NumPy's
    """
    match node:
        case Constant():
            return constant_text(node)
        case BatchSize():
            return ScalarText("batch")
        case Load() | Local() | Reduce() | IndexValue():
            return leaf(node, numpy)
        case Operation():
            return _operation(node, leaf, numpy)
        case _:
            raise LoweringError(f"no NumPy scalar for {type(node).__name__}")


def constant_text(node: Constant) -> ScalarText:
    """A literal that reads back as the same float64."""
    if node.dtype in ("int32", "intp", "bool"):
        text = str(int(node.value))
    else:
        value = float(node.value)
        if not math.isfinite(value):
            text = f"{'-' if value < 0 else ''}np.{'nan' if math.isnan(value) else 'inf'}"
        elif isinstance(node.value, Fraction) and node.value.denominator == 1 and abs(node.value) < 10**15:
            text = f"{int(node.value)}.0"
        else:
            text = repr(value)
    return ScalarText(text, SIGN if text.startswith("-") else ATOM)


def _operation(node: Operation, leaf: Leaf, numpy: bool) -> ScalarText:
    arguments = [scalar_text(argument, leaf) for argument in node.arguments]
    may_raise = node.op in ("divide", "power") and not _is_safe(node.op, *arguments)
    if may_raise or (numpy and node.op in ("negative", *_BINARY)):
        arguments = _with_numpy(node, arguments, leaf)
    numpy = any(argument.numpy for argument in arguments)
    match node.op:
        case "select":
            condition, chosen, otherwise = arguments
            text = f"{chosen.within(OR)} if {condition.within(OR)} else {otherwise.within(CHOICE)}"
            return ScalarText(text, CHOICE, numpy)
        case "cast":
            return _cast(node, arguments[0])
        case "not":
            return ScalarText(f"not {arguments[0].within(NOT)}", NOT)
        case "negative":
            return ScalarText(f"-{arguments[0].within(SIGN)}", SIGN, numpy)
        case "reciprocal":
            return _binary("divide", ScalarText("1.0"), arguments[0], numpy)
        case "sigmoid":
            exponential = ScalarText(f"1.0 + np.exp(-{arguments[0].within(SIGN)})", SUM, numpy=True)
            return _binary("divide", ScalarText("1.0"), exponential, numpy=True)
        case "uniform":
            return ScalarText(f"uniform_number({', '.join(argument.text for argument in arguments)})")
        case "softplus":
            return ScalarText(f"np.logaddexp(0.0, {arguments[0].text})", numpy=True)
        case op if op in _BINARY:
            found = _binary(op, arguments[0], arguments[1], numpy)
            return _number(found) if _is_number(node) else found
        case op if op in _CALLS:
            return ScalarText(f"{_CALLS[op]}({', '.join(a.text for a in arguments)})", numpy=op != "erf")
    raise LoweringError(f"no NumPy form of the operation {node.op!r}")


def _with_numpy(node: Operation, arguments: list[ScalarText], leaf: Leaf) -> list[ScalarText]:
    """The arguments' texts with one of them NumPy's, if that can be; reductions are NumPy's as they are."""
    if any(isinstance(part, Reduce) for part in walk(node)):
        return arguments
    for place, argument in enumerate(node.arguments):
        text = scalar_text(argument, leaf, numpy=True)
        if text.numpy:
            return [*arguments[:place], text, *arguments[place + 1 :]]
    return arguments


def _is_safe(op: str, left: ScalarText, right: ScalarText) -> bool:
    """Whether Python's operator does not raise."""
    return left.numpy or right.numpy or (op == "divide" and (right.text == "batch" or _is_nonzero(right)))


def _binary(op: str, left: ScalarText, right: ScalarText, numpy: bool) -> ScalarText:
    """left op right, by NumPy's function where Python's operator could raise."""
    if op in ("divide", "power") and not _is_safe(op, left, right):
        function = "np.divide" if op == "divide" else "np.float_power"
        return ScalarText(f"{function}({left.text}, {right.text})", numpy=True)
    sign, binds = _BINARY[op]
    # Operators of one strength bind to the left, ** to the right; comparisons must not be chained.
    loose_left = binds + 1 if op == "power" or binds == COMPARISON else binds
    tight_right = binds if op in ("power", "and", "or") else binds + 1
    return ScalarText(f"{left.within(loose_left)} {sign} {right.within(tight_right)}", binds, numpy)


def _cast(node: Operation, argument: ScalarText) -> ScalarText:
    came = node.arguments[0].dtype
    if node.dtype == "int32":
        return ScalarText(f"int({argument.text})")
    if node.dtype == "bool":
        return ScalarText(f"bool({argument.text})")
    if came == "bool":
        return _number(argument)
    return argument


def _is_number(node: Operation) -> bool:
    """Whether it is a condition used as a number: an Iverson bracket."""
    return node.op in ("greater", "greater_equal", "equal", "and", "or") and node.dtype != "bool"


def _number(argument: ScalarText) -> ScalarText:
    return ScalarText(f"float({argument.text})")


def _is_nonzero(literal: ScalarText) -> bool:
    try:
        return float(literal.text) != 0.0
    except ValueError:
        return False
