"""Sums of products of arrays: as matrix products, after copies where axes do not fall into place, else as an einsum."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

from bpgen.emit.numpy_matmul import Names, copied_axes, elements, lies, plan_matmul
from bpgen.emit.numpy_strides import Extent
from bpgen.emit.numpy_views import Operand, align, assign, transposed
from bpgen.emit.numpy_writer import Writer

MOST_TERMS = 20_000
"""An einsum of three factors or more that sums more products is done two factors at a time."""


def contract(writer: Writer, factors: list[Operand], destination: Operand) -> None:
    """Append the lines that leave the sum of the factors' product, over all axes but its own, in the destination."""
    while len(factors) > 2 and _terms(writer, factors) > MOST_TERMS:
        factors = _pair_first(writer, factors, destination)
    if len(factors) == 2:
        left, right = (_without_own(writer, factors[n], factors[1 - n], destination.axes) for n in (0, 1))
        _contract_two(writer, left, right, destination)
        writer.release(*(now for now, was in zip((left, right), factors, strict=True) if now is not was))
    else:
        writer.lines.append(einsum(factors, destination))
    writer.release(*factors)


def sum_by_product(writer: Writer, operand: Operand, destination: Operand) -> bool:
    """sum[b](d[b, o]) -> ones.dot(d), in a third of the time of np.add.reduce; where BLAS takes d as it lies.

    Appends the line, or returns False.
    """
    summed = tuple(name for name in operand.axes if name not in destination.axes)
    extents = {name: loop.extent for name, loop in writer.loops.items()}
    if {operand.dtype, destination.dtype} != {"real"} or not destination.whole or not summed:
        return False
    last = operand.axes[-len(summed) :] == summed
    kept = tuple(name for name in operand.axes if name not in summed)
    groups = (kept, summed) if last else (summed, kept)
    if groups[0] + groups[1] != operand.axes or kept != destination.axes or not kept:
        return False
    if not lies(operand, *groups, extents):
        return False
    ones = _stacked(writer, writer.ones(summed), (), (summed, ()))
    matrix = _stacked(writer, operand, (), groups)
    out = _stacked(writer, destination, (), (kept, ()))
    writer.lines.append(f"{matrix}.dot({ones}, out={out})" if last else f"{ones}.dot({matrix}, out={out})")
    return True


def _terms(writer: Writer, factors: list[Operand]) -> int:
    """How many products an einsum of them sums, for a batch of a usual size."""
    extents = {name: loop.extent for name, loop in writer.loops.items()}
    return elements(tuple(dict.fromkeys(name for factor in factors for name in factor.axes)), extents)


def _pair_first(writer: Writer, factors: list[Operand], destination: Operand) -> list[Operand]:
    """The factors with two of them multiplied, and summed over what nothing else has: those that take least."""

    def kept(pair: tuple[Operand, ...]) -> set[str]:
        others = {name for factor in factors if factor not in pair for name in factor.axes}
        return {name for factor in pair for name in factor.axes if name in others or name in destination.axes}

    extents = {name: loop.extent for name, loop in writer.loops.items()}
    pairs = list(combinations(factors, 2))
    costs = [_terms(writer, list(pair)) + elements(tuple(kept(pair)), extents) for pair in pairs]
    chosen = pairs[costs.index(min(costs))]
    left_over = kept(chosen)
    result = writer.scratch(tuple(name for name in writer.order if name in left_over), chosen[0].dtype)
    contract(writer, list(chosen), result)
    return [*(factor for factor in factors if factor not in chosen), result]


def einsum(factors: list[Operand], destination: Operand | None) -> str:
    """np.einsum over any number of factors; without a destination, the text of its value."""
    letters: dict[str, str] = {}
    axes = [name for factor in factors for name in factor.axes]
    spare = [c for c in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" if c not in axes]
    for name in axes:
        if name not in letters:
            letters[name] = name if len(name) == 1 and name.isascii() and name.isalpha() else spare.pop(0)
    terms = ",".join("".join(letters[name] for name in factor.axes) for factor in factors)
    result = "".join(letters[name] for name in destination.axes) if destination else ""
    arrays = ", ".join(factor.text for factor in factors)
    out = f", out={destination.text}" if destination else ""
    return f'np.einsum("{terms}->{result}", {arrays}{out})'


def _without_own(writer: Writer, factor: Operand, other: Operand, kept: Names) -> Operand:
    """The factor summed over the axes it alone has: sum[i, j](a[i] * b[i, j]) = sum[i](a[i] * sum[j](b[i, j]))"""
    own = [n for n, name in enumerate(factor.axes) if name not in other.axes and name not in kept]
    if not own:
        return factor
    summed = writer.scratch(tuple(name for n, name in enumerate(factor.axes) if n not in own), factor.dtype)
    axes = str(own[0]) if len(own) == 1 else f"({', '.join(map(str, own))})"
    writer.lines.append(f"np.add.reduce({factor.text}, axis={axes}, out={summed.text})")
    return summed


def _contract_two(writer: Writer, left: Operand, right: Operand, destination: Operand) -> None:
    if not any(name in right.axes for name in left.axes if name not in destination.axes):
        texts = [align(factor, destination.axes) for factor in (left, right)]
        writer.lines.append(f"np.multiply({', '.join(texts)}, out={destination.text})")
        return
    if _columns_are_left(left, right, destination):
        left, right = right, left
    extents = {name: loop.extent for name, loop in writer.loops.items()}
    plan = plan_matmul(left, right, destination, extents)
    if plan is None:
        writer.lines.append(einsum([left, right], destination))
        return
    sides = ((left, plan.m, plan.k), (right, plan.k, plan.n), (destination, plan.m, plan.n))
    used = [
        writer.scratch(copied_axes(operand, plan.stack, (rows, columns), extents), operand.dtype) if copy else operand
        for (operand, rows, columns), copy in zip(sides, plan.copies, strict=True)
    ]
    for operand, copied in zip((left, right), used[:2], strict=True):
        if copied is not operand:
            writer.lines.append(assign(copied.text, align(operand, copied.axes)))
    texts = [
        _stacked(writer, operand, plan.stack, (rows, columns))
        for operand, (_, rows, columns) in zip(used, sides, strict=True)
    ]
    if plan.stack and not plan.m:
        # A vector times a matrix, for each of the stack: as a matrix of one row.
        texts[0], texts[2] = _with_row(used[0], texts[0], plan.stack), _with_row(used[2], texts[2], plan.stack)
    elif plan.stack and not plan.n:
        texts[1], texts[2] = f"{texts[1]}[..., None]", f"{texts[2]}[..., None]"
    # One product of two matrices: an array's own dot is done before np.matmul has begun; np.dot takes a third longer.
    single = not plan.stack and used[2].whole and used[2].axes == (*plan.m, *plan.n)
    opening = f"{texts[0]}.dot(" if single else f"np.matmul({texts[0]}, "
    writer.lines.append(f"{opening}{texts[1]}, out={texts[2]})")
    if used[2] is not destination:
        writer.lines.append(assign(destination.text, align(used[2], destination.axes)))
    writer.release(*(now for now, (was, _, _) in zip(used, sides, strict=True) if now is not was))


def _with_row(operand: Operand, text: str, stack: Names) -> str:
    if all(name in operand.axes for name in stack):
        return f"{text}[{':, ' * len(stack)}None]"
    return f"{text}[..., None, :]"


def _columns_are_left(left: Operand, right: Operand, destination: Operand) -> bool:
    """Whether the target's last axis comes from the left factor, so that the factors trade places.

    The target's rows then stay contiguous, which is what BLAS writes fastest.
    """
    own = [name for name in destination.axes if not (name in left.axes and name in right.axes)]
    return bool(own) and own[-1] in left.axes and any(name in right.axes for name in own)


def _stacked(writer: Writer, operand: Operand, stack: Names, groups: tuple[Names, Names]) -> str:
    """The text of a view with the stack's axes first, then one axis for each group."""
    stack = tuple(name for name in stack if name in operand.axes)
    joined = [group for group in groups if len(group) > 1]
    axes = operand.axes
    if not all(_adjacent(axes, group) for group in joined):
        axes = (*stack, *groups[0], *groups[1])
    text, operand = transposed(operand, axes), replace(operand, axes=axes)
    if joined:
        firsts = {name: group for group in joined for name in group}
        kept = [name for name in axes if name not in firsts or firsts[name][0] == name]
        sizes = [_size(writer, firsts.get(name, (name,))) for name in kept]
        free = [n for n, size in enumerate(sizes) if size.endswith("batch")]
        if len(free) == 1:
            sizes[free[0]] = "-1"
        writer.uses_batch |= len(free) > 1
        operand = replace(operand, text=f"{text}.reshape({', '.join(sizes)})", axes=tuple(kept))
    else:
        operand = replace(operand, text=text)
    return align(operand, (*stack, *groups[0][:1], *groups[1][:1]))


def _adjacent(axes: Names, group: Names) -> bool:
    start = axes.index(group[0])
    return axes[start : start + len(group)] == group


def _size(writer: Writer, group: Names) -> str:
    extents: list[Extent] = [writer.loops[name].extent for name in group]
    number = 1
    for extent in extents:
        number *= extent if isinstance(extent, int) else 1
    batches = ["batch" for extent in extents if isinstance(extent, str)]
    return " * ".join([*([str(number)] if number > 1 or not batches else []), *batches])
