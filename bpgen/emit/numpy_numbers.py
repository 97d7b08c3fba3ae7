"""Numbers that meet arrays, as arrays without axes: a ufunc takes these as they are, and a Python number half as fast.

h = max(0, z)             np.maximum(z, ZERO, out=h)        a constant of the module
d = 2 / batch * (y - t)   d *= factor                       made when arrays are bound
m = beta1 * m             number[...] = beta1; m *= number  computed anew in every call
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from bpgen.emit.numpy_scalars import ScalarText
from bpgen.emit.numpy_views import Operand
from bpgen.lower.scalar import BatchSize, Constant, Load, Local, Operation, Scalar, walk

if TYPE_CHECKING:
    from bpgen.emit.numpy_writer import Writer

NAMED = {
    Fraction(0): "ZERO", Fraction(1): "ONE", Fraction(2): "TWO", Fraction(1, 2): "HALF", Fraction(-1): "MINUS_ONE"
}  # fmt: skip


def named_numbers(names: set[str]) -> list[tuple[str, str]]:
    """(name, its value as text) of those named, as the module defines them."""
    return [(name, f"{float(value)}") for value, name in NAMED.items() if name in names]


def number_beside_arrays(writer: Writer, node: Scalar) -> str:
    """The text of a value without axes as the argument of a ufunc."""
    if node.dtype != "real":
        return writer.number(node)
    node = uncast(node)
    match node:
        case Constant(value=value):
            return writer.named(Fraction(value)) if value in NAMED else writer.number(node)
        case Load(buffer=buffer, indices=()) if node.dtype == "real":
            return writer.arguments[buffer]
        case Local(name=name) if _is_array(writer.locals[name]):
            return writer.locals[name].text
    if _is_prepared(node):
        return writer.ramp(node).text
    kept = writer.scratch((), "real")
    writer.lines.append(f"{kept.text}[...] = {writer.number(node)}")
    writer.hold(kept)
    return kept.text


def keep_number(writer: Writer, node: Scalar, name: str) -> Operand:
    """A local without axes: an array if it is real, and so may meet arrays, else a Python number."""
    if node.dtype != "real":
        writer.lines.append(f"{name} = {writer.number(node)}")
        return Operand(name, (), node.dtype, storage=f"local {name}")
    if _is_prepared(uncast(node)):
        return replace(writer.ramp(uncast(node)), dtype="real")
    writer.pool.take((), "real", name)
    writer.lines.append(f"{name}[...] = {writer.number(node)}")
    return Operand(name, (), "real", storage=f"local {name}", whole=True)


def number_in_array(name: str, numpy: bool) -> ScalarText:
    """The number in an array without axes.

    Arithmetic with such arrays takes ten times as long as with NumPy's numbers, twenty times as long as with Python's.
    """
    return ScalarText(f"{name}[()]", numpy=True) if numpy else ScalarText(f"float({name})")


def local_number(operand: Operand, numpy: bool) -> ScalarText:
    """A local without axes among other numbers."""
    return number_in_array(operand.text, numpy) if _is_array(operand) else ScalarText(operand.text)


def uncast(node: Scalar) -> Scalar:
    while isinstance(node, Operation) and node.op == "cast" and node.dtype in ("real", "float64"):
        node = node.arguments[0]
    return node


def _is_array(operand: Operand) -> bool:
    return operand.dtype == "real" and not operand.axes


def _is_prepared(node: Scalar) -> bool:
    """Whether it depends on the batch size alone, and NumPy alone computes it."""
    parts = list(walk(node))
    arithmetic = all(isinstance(part, Constant | BatchSize | Operation) for part in parts)
    helped = any(isinstance(part, Operation) and part.op in ("erf", "uniform") for part in parts)
    return arithmetic and not helped and not isinstance(node, Constant)
