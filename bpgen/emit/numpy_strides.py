"""Strides and extents in elements, as far as they are known when the module is written: which axes merge into one."""

from __future__ import annotations

from collections.abc import Sequence

Extent = int | str
# c0 + c1 * batch + c2 * batch**2: a stride, or how many elements
Size = tuple[int, int, int]
NOTHING: Size = (0, 0, 0)
ONE: Size = (1, 0, 0)


def times(size: Size, extent: Extent) -> Size:
    """No array has more than two batch axes."""
    if isinstance(extent, str):
        return (0, size[0], size[1])
    return (size[0] * extent, size[1] * extent, size[2] * extent)


def plus(one: Size, other: Size) -> Size:
    return (one[0] + other[0], one[1] + other[1], one[2] + other[2])


def count(extents: Sequence[Extent]) -> Size:
    size = ONE
    for extent in extents:
        size = times(size, extent)
    return size


def row_major(shape: Sequence[Extent]) -> tuple[Size, ...]:
    """The strides of an array that lies in one piece."""
    return tuple(count(shape[axis + 1 :]) for axis in range(len(shape)))


def merge(strides: Sequence[Size], extents: Sequence[Extent]) -> Size | None:
    """The stride of these axes as one, as reshape finds it; None where that would copy."""
    merged, following = ONE, None
    for stride, extent in reversed(list(zip(strides, extents, strict=True))):
        if extent == 1:
            continue
        if following is None:
            merged = stride
        elif stride != following:
            return None
        following = times(stride, extent)
    return merged


def is_matrix(rows: Size, columns: Size, shape: tuple[Size, Size]) -> bool:
    """Whether BLAS takes a matrix of these strides as it lies, perhaps as its transpose."""
    return _has_rows(rows, columns, shape) or _has_rows(columns, rows, shape[::-1])


def _has_rows(rows: Size, columns: Size, shape: tuple[Size, ...]) -> bool:
    """Whether each row lies in one piece, and the next one begins behind it."""
    return (shape[1] == ONE or columns == ONE) and (shape[0] == ONE or _at_least(rows, shape[1]))


def _at_least(size: Size, least: Size) -> bool:
    """Whether it is so for any batch: c2 b**2 + c1 b + c0 >= (c2 + c1) b + c0 >= c2 + c1 + c0 where these are."""
    c0, c1, c2 = (have - want for have, want in zip(size, least, strict=True))
    return c2 >= 0 and c2 + c1 >= 0 and c2 + c1 + c0 >= 0
