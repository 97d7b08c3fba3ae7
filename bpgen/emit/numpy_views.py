"""Accesses become NumPy views: which slice, which order of axes, and where broadcasting needs a new axis."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from bpgen.algebra.errors import LoweringError
from bpgen.lower.scalar import Affine, IndexExpression, Indirect, Loop


@dataclass(frozen=True)
class Operand:
    """An array as Python text, and the loop that each of its axes runs over.

    storage: the formal or local that it is a view of; whole: all of that, in row-major order, so that
    reshape makes no copy; scratch: it is given back once it has been used
    """

    text: str
    axes: tuple[str, ...]
    dtype: str
    storage: str = ""
    whole: bool = False
    scratch: bool = False


def view(
    base: Operand, shape: tuple[int | str, ...], indices: tuple[IndexExpression, ...], loops: Mapping[str, Loop]
) -> Operand:
    """base[indices] as a view, an axis for each loop variable.  Raises LoweringError where none exists."""
    affine = [index for index in indices if isinstance(index, Affine)]
    names = [name for index in affine for name, _ in index.terms]
    if len(names) != len(set(names)) or any(len(index.terms) > 1 for index in affine):
        return _strided(base, shape, affine, loops)
    parts: list[str] = []
    for extent, index in zip(shape, affine, strict=True):
        _check_range(base.text, extent, index, loops)
        parts.append(_slice(extent, index, loops))
    whole = all(part == ":" for part in parts)
    return replace(base, text=base.text + _subscript(parts), axes=tuple(names), whole=whole)


def align(operand: Operand, order: Iterable[str]) -> str:
    """The operand's text with its axes in this order, so that it broadcasts over those it lacks."""
    wanted = tuple(order)
    if any(name not in wanted for name in operand.axes):
        # An axis of extent 1 that the target does without.
        text = operand.text + _subscript([":" if name in wanted else "0" for name in operand.axes])
        operand = replace(operand, text=text, axes=tuple(name for name in operand.axes if name in wanted))
    axes = tuple(name for name in wanted if name in operand.axes)
    text = transposed(operand, axes)
    missing_before_last = wanted[wanted.index(axes[0]) :] if axes else ()
    return text + _subscript(["None" if name not in axes else ":" for name in missing_before_last])


def transposed(operand: Operand, axes: tuple[str, ...]) -> str:
    """The operand's text with its axes in another order."""
    if axes == operand.axes:
        return operand.text
    if len(axes) == 2:
        return operand.text + ".T"
    return f"{operand.text}.transpose({', '.join(str(operand.axes.index(name)) for name in axes)})"


def has_indirection(indices: tuple[IndexExpression, ...]) -> bool:
    return any(isinstance(index, Indirect) for index in indices)


def _slice(extent: int | str, index: Affine, loops: Mapping[str, Loop]) -> str:
    if not index.terms:
        return str(index.constant)
    name, step = index.terms[0]
    loop = loops[name]
    if isinstance(loop.extent, str):
        return ":"
    first = step * loop.start + index.constant
    last = first + step * (loop.extent - 1)
    if step == 1 and first == 0 and loop.extent == extent:
        return ":"
    if step == 1:
        return f"{first or ''}:{last + 1}"
    if step > 0:
        return f"{first or ''}:{last + 1}:{step}"
    return f"{first}:{last - 1 if last > 0 else ''}:{step}"


def _check_range(text: str, extent: int | str, index: Affine, loops: Mapping[str, Loop]) -> None:
    """An access stays inside its array: what reads zeros outside is guarded before it comes here."""
    terms = [(loops[name], coefficient) for name, coefficient in index.terms]
    if isinstance(extent, str) or any(isinstance(loop.extent, str) for loop, _ in terms):
        plain = len(terms) == 1 and terms[0][1] == 1 and terms[0][0].extent == extent
        if not plain or index.constant + terms[0][0].start:
            raise LoweringError(f"{text}: the batch axis has an index that is not plain; it must be lowered before")
        return
    ends = [sorted((c * loop.start, c * (loop.start + int(loop.extent) - 1))) for loop, c in terms]
    low, high = index.constant + sum(e[0] for e in ends), index.constant + sum(e[1] for e in ends)
    if low < 0 or high >= extent:
        raise LoweringError(
            f"{text}: an axis of {extent} is read at {low} ... {high}; the pass that guards such accesses is missing"
        )


def _strided(base: Operand, shape: tuple[int | str, ...], indices: list[Affine], loops: Mapping[str, Loop]) -> Operand:
    """Several loop variables in one index, or one in several: still a view, by strides of its own."""
    strides: dict[str, list[str]] = {}
    starts: list[str] = []
    for axis, (extent, index) in enumerate(zip(shape, indices, strict=True)):
        _check_range(base.text, extent, index, loops)
        first = index.constant + sum(c * loops[name].start for name, c in index.terms)
        starts.append(f"{first}:" if first else ":")
        for name, coefficient in index.terms:
            stride = f"{base.text}.strides[{axis}]"
            strides.setdefault(name, []).append(stride if coefficient == 1 else f"{coefficient} * {stride}")
    axes = tuple(strides)
    extents = [_extent_text(base.text, shape, loops[name].extent) for name in axes]
    steps = [" + ".join(strides[name]) for name in axes]
    text = f"as_strided({base.text}{_subscript(starts)}, {_tuple(extents)}, {_tuple(steps)})"
    return replace(base, text=text, axes=axes, whole=False)


def _extent_text(text: str, shape: tuple[int | str, ...], extent: int | str) -> str:
    return str(extent) if isinstance(extent, int) else f"{text}.shape[{shape.index(extent)}]"


def _subscript(parts: list[str]) -> str:
    while parts and parts[-1] == ":":
        parts = parts[:-1]
    return f"[{', '.join(parts)}]" if parts else ""


def _tuple(items: list[str]) -> str:
    return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"
