"""Accesses become NumPy views: which slice, which order of axes, and where broadcasting needs a new axis."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from bpgen.algebra.records import dataclass
from bpgen.emit.numpy_strides import NOTHING, Size, plus, row_major, times
from bpgen.lower.scalar import Affine, IndexExpression, Indirect, Loop


@dataclass(frozen=True)
class Operand:
    """An array as Python text, and the loop that each of its axes runs over.

    storage: the formal or local that it is a view of; strides: of its axes, in elements; whole: all of the storage,
    in row-major order; scratch: it is given back once it has been used
    """

    text: str
    axes: tuple[str, ...]
    dtype: str
    storage: str = ""
    strides: tuple[Size, ...] = ()
    whole: bool = False
    scratch: bool = False


@dataclass(frozen=True)
class Variables:
    """What the variables of an index run over: the loops that are axes, and those that are Python's own.

    python: the variables that have one value at a time, each with the text of its value
    """

    loops: Mapping[str, Loop]
    python: Mapping[str, str]

    def split(self, index: Affine) -> tuple[list[tuple[str, int]], Affine]:
        """(the terms that make axes, the rest: a number)"""
        axes = [term for term in index.terms if term[0] not in self.python]
        return axes, Affine(tuple(term for term in index.terms if term[0] in self.python), index.constant)

    def number(self, rest: Affine) -> str:
        """The text of an index without axes."""
        text = ""
        for name, coefficient in rest.terms:
            sign = "-" if coefficient < 0 else "+"
            size = self.python[name] if abs(coefficient) == 1 else f"{abs(coefficient)} * {self.python[name]}"
            text += f" {sign} {size}" if text else (f"-{size}" if coefficient < 0 else size)
        if rest.constant and text:
            return f"{text} {'-' if rest.constant < 0 else '+'} {abs(rest.constant)}"
        return text or str(rest.constant)


def view(
    base: Operand, shape: tuple[int | str, ...], indices: Sequence[IndexExpression], variables: Variables
) -> Operand:
    """base[indices] as a view, an axis for each loop variable; every index is affine and inside its axis."""
    affine = [index for index in indices if isinstance(index, Affine)]
    split = [variables.split(index) for index in affine]
    names = [name for terms, _ in split for name, _ in terms]
    backwards = any(rest.terms and coefficient < 0 for terms, rest in split for _, coefficient in terms)
    if len(names) != len(set(names)) or any(len(terms) > 1 for terms, _ in split) or backwards:
        return _strided(base, shape, split, variables)
    parts = [_slice(extent, terms, rest, variables) for extent, (terms, rest) in zip(shape, split, strict=True)]
    whole = all(part == ":" for part in parts)
    strides = tuple(_strides(shape, split).values())
    return replace(base, text=base.text + subscript(parts), axes=tuple(names), strides=strides, whole=whole)


def is_inside(shape: tuple[int | str, ...], indices: Sequence[IndexExpression], loops: Mapping[str, Loop]) -> bool:
    """Whether every affine index stays inside its axis, whatever the batch."""
    return all(_axis_holds(e, i, loops) for e, i in zip(shape, indices, strict=True) if isinstance(i, Affine))


def _axis_holds(extent: int | str, index: Affine, loops: Mapping[str, Loop]) -> bool:
    terms = [(loops[name], coefficient) for name, coefficient in index.terms]
    if isinstance(extent, str) or any(isinstance(loop.extent, str) for loop, _ in terms):
        if isinstance(extent, str) and not terms:
            return index.constant == 0
        plain = len(terms) == 1 and terms[0][1] == 1 and terms[0][0].extent == extent
        return plain and index.constant + terms[0][0].start == 0
    ends = [sorted((c * loop.start, c * (loop.start + int(loop.extent) - 1))) for loop, c in terms]
    low, high = index.constant + sum(e[0] for e in ends), index.constant + sum(e[1] for e in ends)
    return low >= 0 and high < extent


def align(operand: Operand, order: Iterable[str]) -> str:
    """The operand's text with its axes in this order, so that it broadcasts over those it lacks."""
    wanted = tuple(order)
    if any(name not in wanted for name in operand.axes):
        # An axis of extent 1 that the target does without.
        text = operand.text + subscript([":" if name in wanted else "0" for name in operand.axes])
        operand = replace(operand, text=text, axes=tuple(name for name in operand.axes if name in wanted))
    axes = tuple(name for name in wanted if name in operand.axes)
    text = transposed(operand, axes)
    missing_before_last = wanted[wanted.index(axes[0]) :] if axes else ()
    return text + subscript(["None" if name not in axes else ":" for name in missing_before_last])


def transposed(operand: Operand, axes: tuple[str, ...]) -> str:
    """The operand's text with its axes in another order."""
    if axes == operand.axes:
        return operand.text
    if len(axes) == 2:
        return operand.text.removesuffix(".T") if operand.text.endswith(".T") else operand.text + ".T"
    return f"{operand.text}.transpose({', '.join(str(operand.axes.index(name)) for name in axes)})"


def assign(target: str, value: str, sign: str = "=") -> str:
    """target[...] = value: into the array, in half the time of np.copyto."""
    return f"{target}{'' if target.endswith(']') else '[...]'} {sign} {value}"


def has_indirection(indices: Sequence[IndexExpression]) -> bool:
    return any(isinstance(index, Indirect) for index in indices)


def subscript(parts: list[str]) -> str:
    while parts and parts[-1] == ":":
        parts = parts[:-1]
    return f"[{', '.join(parts)}]" if parts else ""


def _slice(extent: int | str, terms: list[tuple[str, int]], rest: Affine, variables: Variables) -> str:
    if not terms:
        return variables.number(rest)
    name, step = terms[0]
    loop = variables.loops[name]
    if isinstance(loop.extent, str):
        return ":"
    begin = replace(rest, constant=rest.constant + step * loop.start)
    if step == 1 and begin == Affine() and loop.extent == extent:
        return ":"
    # One behind the last element, on the side that the slice runs to.
    last = replace(begin, constant=begin.constant + step * (loop.extent - 1))
    end = replace(last, constant=last.constant + (1 if step > 0 else -1))
    first, stop = variables.number(begin), variables.number(end)
    if step > 0:
        return f"{'' if first == '0' else first}:{stop}" + (f":{step}" if step > 1 else "")
    return f"{first}:{stop if end.constant >= 0 else ''}:{step}"


def _strides(shape: tuple[int | str, ...], split: list[tuple[list[tuple[str, int]], Affine]]) -> dict[str, Size]:
    found: dict[str, Size] = {}
    for stride, (terms, _) in zip(row_major(shape), split, strict=True):
        for name, coefficient in terms:
            found[name] = plus(found.get(name, NOTHING), times(stride, coefficient))
    return found


def _strided(
    base: Operand,
    shape: tuple[int | str, ...],
    split: list[tuple[list[tuple[str, int]], Affine]],
    variables: Variables,
) -> Operand:
    """Several loop variables in one index, or one in several: still a view, by strides of its own."""
    texts: dict[str, list[str]] = {}
    starts: list[str] = []
    for axis, (terms, rest) in enumerate(split):
        begin = replace(rest, constant=rest.constant + sum(c * variables.loops[name].start for name, c in terms))
        first = variables.number(begin)
        starts.append(":" if first == "0" else f"{first}:")
        for name, coefficient in terms:
            stride = f"{base.text}.strides[{axis}]"
            texts.setdefault(name, []).append(stride if coefficient == 1 else f"{coefficient} * {stride}")
    axes = tuple(texts)
    extents = [_extent_text(base.text, shape, variables.loops[name].extent) for name in axes]
    steps = [" + ".join(texts[name]) for name in axes]
    text = f"as_strided({base.text}{subscript(starts)}, {_tuple(extents)}, {_tuple(steps)})"
    strides = _strides(shape, split)
    return replace(base, text=text, axes=axes, strides=tuple(strides.values()), whole=False)


def _extent_text(text: str, shape: tuple[int | str, ...], extent: int | str) -> str:
    return str(extent) if isinstance(extent, int) else f"{text}.shape[{shape.index(extent)}]"


def _tuple(items: list[str]) -> str:
    return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"
