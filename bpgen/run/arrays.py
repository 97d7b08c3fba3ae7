"""Arrays on their way in: what a caller hands over is checked against the interface.

Nothing is converted at a loss: a narrower float or a label of another integer dtype is converted, a float64
array for a float32 network is refused.  The checks are few NumPy calls per array, for they run at every
step that is not bound.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bpgen.algebra.errors import ArrayError
from bpgen.lower.interface import Input, Shape

Array = NDArray[Any]

ALIGNMENT = 64  # bytes: a cache line, and the widest vector register
SUM_TOLERANCE = 1e-5  # of a declared "sums to one", for data that went through float32


def aligned_zeros(size: int, dtype: Any) -> Array:
    """A flat array of zeros that begins at a cache line."""
    item = np.dtype(dtype).itemsize
    raw = np.zeros(size + ALIGNMENT // item, dtype)
    start = -raw.ctypes.data % ALIGNMENT // item
    return raw[start : start + size]


def random_generator(seed: int) -> np.random.Generator:
    """NumPy's generator begun at a seed.  Raises ArrayError for what is no seed."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ArrayError(f"seed: expected a whole number of at least 0, got {seed!r}")
    return np.random.default_rng(seed)


def show_shape(shape: Sequence[int | str]) -> str:
    return f"[{', '.join(map(str, shape))}]"


def named(inputs: Mapping[str, Any] | None, arrays: Mapping[str, Any]) -> Mapping[str, Any]:
    """Arrays by input name, given as a mapping, as keywords, or both.  Raises ArrayError for a lone array."""
    if inputs is None:
        return arrays
    if not isinstance(inputs, Mapping):
        raise ArrayError(f"expected arrays by name, such as x=..., got {type(inputs).__name__}")
    return {**inputs, **arrays} if arrays else inputs


class InputCheck:
    """The checks of one input.

    `check(array, batch)` returns the array as the kernels want it (the same array wherever possible) and
    the number of rows; batch is the number of rows of the inputs before it, 0 if none has told.
    """

    def __init__(self, spec: Input, dtype: str) -> None:
        self.spec = spec
        self.name = spec.name
        self.dtype = np.dtype(dtype if spec.dtype == "real" else spec.dtype)
        self.rank = len(spec.shape)
        self.shape = spec.shape
        self._leading_batch = self.rank > 0 and spec.shape[0] == "B" and "B" not in spec.shape[1:]
        self._rest = spec.shape[1:]

    def check(self, given: Any, batch: int, copy: bool = True) -> tuple[Array, int]:
        """Raises ArrayError that says what was expected and what came.  copy=False: refuse what would be copied."""
        array = given if type(given) is np.ndarray else _as_array(given, self.name)
        if self._leading_batch and array.ndim == self.rank and array.shape[1:] == self._rest:
            rows = array.shape[0]
            if rows != batch and batch:
                raise ArrayError(f"{self.name}: expected {batch} rows like the other inputs, got {rows}")
            if rows == 0:
                raise ArrayError(f"{self.name}: expected at least one row, got an empty array")
        else:
            rows = check_shape(self.name, self.shape, array.shape, batch)
        real = self.spec.dtype == "real"
        converted = self._check_real(array) if real else self._check_integer(array)
        flags = converted.flags
        if not (flags.c_contiguous and flags.aligned):
            converted = np.ascontiguousarray(converted).copy()
        if not copy and converted is not array:
            raise ArrayError(self._why_copied(array))
        for kind, axes in self.spec.facts:
            check_fact(self.name, converted, kind, axes)
        return converted, rows

    def _check_real(self, array: Array) -> Array:
        if array.dtype != self.dtype:
            array = array.astype(self.dtype) if self._converts(array.dtype) else self._refuse_dtype(array.dtype)
        check_finite(self.name, array)
        return array

    def _converts(self, dtype: np.dtype[Any]) -> bool:
        if dtype.kind in "iu" and dtype.itemsize == 8:  # NumPy calls int64 -> float64 safe; it is not
            return False
        return dtype.kind in "bfiu" and np.can_cast(dtype, self.dtype, "safe")

    def _refuse_dtype(self, dtype: np.dtype[Any]) -> Array:
        raise ArrayError(
            f"{self.name}: expected dtype {self.dtype.name}, got {dtype.name}; "
            f"convert it: {self.name}.astype(np.{self.dtype.name})"
        )

    def _check_integer(self, array: Array) -> Array:
        if array.dtype.kind not in "iu":
            raise ArrayError(
                f"{self.name}: expected integers, got {array.dtype.name}; convert: {self.name}.astype(np.int32)"
            )
        limit = self.spec.classes if self.spec.classes is not None else 2**31
        # Seen as unsigned, a negative number is a large one: one pass checks both ends.
        unsigned = array.view(array.dtype.str.replace("i", "u")) if array.dtype.kind == "i" else array
        if array.size and int(np.maximum.reduce(unsigned, axis=None)) >= limit:
            ignored = self.spec.ignored
            wrong = (array < 0) | (array >= limit) if array.dtype.kind == "i" else array >= limit
            if ignored is not None:
                wrong &= array != ignored
                if not wrong.any():
                    return array if array.dtype == self.dtype else array.astype(self.dtype)
            where = _first(wrong)
            allowed = f"0 ... {limit - 1}" + ("" if ignored is None else f", or {ignored}")
            raise ArrayError(f"{self.name}: expected values {allowed}, got {array[where]} at {_place(where)}")
        return array if array.dtype == self.dtype else array.astype(self.dtype)

    def _why_copied(self, array: Array) -> str:
        if array.dtype != self.dtype:
            return (
                f"{self.name}: bind holds the array itself, so it must have dtype {self.dtype.name}, not {array.dtype}"
            )
        if not array.flags.c_contiguous:
            return f"{self.name}: bind holds the array itself, so it must be contiguous: np.ascontiguousarray(...)"
        return f"{self.name}: bind holds the array itself, so it must be an aligned NumPy array"


def _as_array(given: Any, name: str) -> Array:
    if hasattr(given, "detach"):  # a torch tensor
        given = given.detach().cpu()
        try:
            return np.asarray(given)
        except TypeError as failure:  # a dtype that NumPy has not, such as bfloat16
            raise ArrayError(f"{name}: {failure}; convert it: {name}.float()") from failure
    if isinstance(given, np.ndarray | np.generic) or hasattr(given, "__array__"):
        return np.asarray(given)
    raise ArrayError(
        f"{name}: expected an array, got {type(given).__name__}; convert it: np.asarray({name}, dtype=...)"
    )


def check_shape(name: str, expected: Shape, got: tuple[int, ...], batch: int) -> int:
    """The number of rows (or the batch so far).  Raises ArrayError naming the axis that differs."""
    if len(got) != len(expected):
        raise ArrayError(
            f"{name}: expected {len(expected)} axes {show_shape(expected)}, got {len(got)} axes {show_shape(got)}"
        )
    for axis, (want, have) in enumerate(zip(expected, got, strict=True)):
        if want == "B":
            if have == 0:
                raise ArrayError(f"{name}: expected at least one row, got shape {show_shape(got)}")
            if batch and have != batch:
                raise ArrayError(f"{name}: expected {batch} rows like the other inputs, got {have} (axis {axis})")
            batch = have
        elif want != have:
            shapes = f"{show_shape(expected)}, got {have} (shape {show_shape(got)})"
            raise ArrayError(f"{name}: expected {want} at axis {axis} of {shapes}")
    return batch


def check_finite(name: str, array: Array) -> None:
    """Raises ArrayError with the first position of a NaN or an infinity."""
    # A sum of squares is finite where all elements are and none is huge: one pass, no temporary; unlike np.dot,
    # np.vdot overflows without a warning.
    if math.isfinite(np.vdot(array, array)):
        return
    finite = np.isfinite(array)
    if not finite.all():
        where = _first(~finite)
        raise ArrayError(f"{name}: expected finite numbers, got {array[where]} at {_place(where)}")


def check_fact(name: str, array: Array, kind: str, axes: tuple[int, ...]) -> None:
    """Raises ArrayError where the data contradict what the description declares of them."""
    match kind:
        case "sums_to_one" | "one_hot":
            sums = array.sum(axis=axes, dtype=np.float64)
            wrong = np.abs(sums - 1) > SUM_TOLERANCE
            if wrong.any():
                place = _first(wrong)
                raise ArrayError(
                    f"{name}: declared to sum to one over axes {list(axes)}, but the sum is {sums[place]:.6g} at "
                    f"{_place(place)}"
                )
            if kind == "one_hot":
                _require(name, array, (array == 0) | (array == 1), "one_hot: 0 or 1")
        case "mask":
            _require(name, array, (array == 0) | (array == 1), "a mask: 0 or 1")
        case "positive":
            _require(name, array, array > 0, "positive")
        case "symmetric":
            first, second = axes
            _require(name, array, array == np.swapaxes(array, first, second), "symmetric")


def _require(name: str, array: Array, holds: Array, what: str) -> None:
    if not holds.all():
        where = _first(~holds)
        raise ArrayError(f"{name}: declared to be {what}, but is {array[where]} at {_place(where)}")


def _first(mask: Array) -> tuple[int, ...]:
    """The first position, in reading order, where a mask holds."""
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(mask)), mask.shape))


def _place(where: tuple[int, ...]) -> str:
    return f"position [{', '.join(map(str, where))}]"


class Views(Mapping[str, Array]):
    """Named views of one flat block of memory.  Assigning copies into the view, after a check."""

    def __init__(self, views: Mapping[str, Array], kind: str, changed: Callable[[], None] | None = None) -> None:
        self._views = dict(views)
        self._kind = kind
        self._changed = changed

    def __getitem__(self, name: str) -> Array:
        try:
            return self._views[name]
        except KeyError:
            known = ", ".join(self._views)
            raise ArrayError(f"no {self._kind} {name!r}; there are: {known or 'none'}") from None

    def __contains__(self, name: object) -> bool:
        return name in self._views

    def __setitem__(self, name: str, value: Any) -> None:
        self[name][...] = fitting(name, value, self[name])

    def __iter__(self) -> Any:
        return iter(self._views)

    def __len__(self) -> int:
        return len(self._views)

    def __repr__(self) -> str:
        lines = [f"  {name} {show_shape(view.shape)}" for name, view in self._views.items()]
        return f"<{len(self)} {self._kind}s>\n" + "\n".join(lines)


def fitting(name: str, value: Any, view: Array) -> Array:
    """The value as an array of the view's shape, and of a dtype that it can hold.

    float64 numbers for a float32 block are accepted where they are float32 numbers (as in a saved
    state), or Python numbers; others are refused.
    """
    if isinstance(value, int | float):
        array = np.full(view.shape, value, view.dtype) if view.ndim == 0 else np.asarray(value)
    else:
        array = _as_array(value, name)
    if array.shape != view.shape:
        raise ArrayError(f"{name}: expected shape {show_shape(view.shape)}, got {show_shape(array.shape)}")
    if array.dtype != view.dtype:
        if array.dtype.kind not in "bfiu":
            raise ArrayError(f"{name}: expected dtype {view.dtype.name}, got {array.dtype.name}")
        with np.errstate(over="ignore"):
            narrowed = array.astype(view.dtype)
        if not np.array_equal(narrowed, array, equal_nan=array.dtype.kind == "f"):
            raise ArrayError(
                f"{name}: expected dtype {view.dtype.name}, got {array.dtype.name} with values it cannot hold; "
                f"convert it: value.astype(np.{view.dtype.name})"
            )
        array = narrowed
    return array
