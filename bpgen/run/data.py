"""Data sets by name or file, split into train and held out, mapped to a network's inputs.

Which input is a feature and which a target follows from the programs: `forward` reads the features, the
loss reads the targets as well.
"""

from __future__ import annotations

import csv
import zipfile
import zlib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

import numpy as np

from bpgen.algebra.errors import DataError
from bpgen.algebra.records import dataclass
from bpgen.lower.interface import Input, Interface
from bpgen.run.arrays import Array, show_shape
from bpgen.run.named_data import NAMED, Table

NAMES = tuple(NAMED)
HELD_OUT = 0.2  # share of the rows that training does not see


@dataclass(frozen=True)
class Dataset:
    """Arrays by input name, for training and held out; the same arrays where nothing is held out."""

    name: str
    train: Mapping[str, Array]
    held_out: Mapping[str, Array]

    @property
    def holds_out(self) -> bool:
        return self.held_out is not self.train


def load_table(source: str | Path) -> Table:
    """A named data set, or a .npz or .csv file.  Raises DataError where it is not known or not installed."""
    if str(source) in NAMED:
        return NAMED[str(source)]()
    path = Path(source)
    readers = {".npz": _read_npz, ".csv": _read_csv}
    if path.suffix not in readers:
        near = get_close_matches(str(source), NAMES, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ";"
        known = ", ".join(NAMES)
        raise DataError(f"no data set {str(source)!r}{hint} there are {known}, and files that end in .npz or .csv")
    if not path.is_file():
        raise DataError(f"{path}: {'a folder, not a' if path.is_dir() else 'no such'} file")
    return readers[path.suffix](path)


def _read_npz(path: Path) -> Table:
    try:
        if not zipfile.is_zipfile(path):
            raise zipfile.BadZipFile("it is none, or cut off")
        with np.load(path, allow_pickle=False) as file:
            columns = {name: file[name] for name in file.files}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as failure:
        why = "it holds Python objects, not plain arrays" if "pickle" in str(failure) else str(failure)
        raise DataError(f"{path}: cannot be read as an .npz file: {why}; numpy.savez writes one") from failure
    if not columns:
        raise DataError(f"{path}: holds no arrays")
    rows = {name: len(column) if column.ndim else 0 for name, column in columns.items()}
    if len(set(rows.values())) > 1:
        shown = ", ".join(f"{name} {count}" for name, count in rows.items())
        raise DataError(f"{path}: the arrays differ in their number of rows: {shown}")
    return Table(path.name, columns)


def _read_csv(path: Path) -> Table:
    """Numbers, with or without a line of names.  Without one, the columns are called 0, 1, ..."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            lines = [line for line in csv.reader(file) if line]
    except (OSError, UnicodeDecodeError, csv.Error) as failure:
        raise DataError(f"{path}: cannot be read: {failure}") from failure
    if not lines:
        raise DataError(f"{path}: empty")
    header = None if all(map(_is_number, lines[0])) else [name.strip() for name in lines.pop(0)]
    first = 1 if header is None else 2
    values = np.empty((len(lines), len(header or (lines[0] if lines else []))))
    for row, line in enumerate(lines):
        if len(line) != values.shape[1]:
            raise DataError(f"{path}:{row + first}: expected {values.shape[1]} values, got {len(line)}")
        for column, text in enumerate(line):
            if not _is_number(text):
                raise DataError(f"{path}:{row + first}: column {column + 1}: expected a number, got {text!r}")
            values[row, column] = float(text)
    names = header or [str(n) for n in range(values.shape[1])]
    if not len(values):
        raise DataError(f"{path}: has names but no rows")
    if len(set(names)) < len(names):
        raise DataError(f"{path}:1: a column name occurs twice")
    return Table(path.name, {name: values[:, n] for n, name in enumerate(names)})


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def fit_to(table: Table, interface: Interface) -> dict[str, Array]:
    """The table's columns as arrays for the network's inputs, of the dtype and shape it wants.

    Raises DataError that says what the network wants and what the data have.
    """
    features, targets = roles(interface)
    columns = _by_role(table, features, targets)
    return {item.name: _convert(table, columns[item.name], item, interface) for item in (*features, *targets)}


def roles(interface: Interface) -> tuple[list[Input], list[Input]]:
    """Inputs that `forward` reads, and those that only the loss reads."""
    forward, whole = interface.entry("forward"), interface.entry("loss") or interface.entry("forward")
    read = forward.inputs if forward else ()
    used = whole.inputs if whole else ()
    features = [item for item in interface.inputs if item.name in read]
    return features, [item for item in interface.inputs if item.name in used and item.name not in read]


def _by_role(table: Table, features: list[Input], targets: list[Input]) -> dict[str, Array]:
    wanted = [*features, *targets]
    if table.text is not None:
        return _windows(table, table.text, wanted)
    if all(item.name in table.columns for item in wanted):
        return {item.name: table.columns[item.name] for item in wanted}
    if len(features) == 1 and len(targets) <= 1:
        pair = _features_and_target(table, targets[0] if targets else None)
        if pair is not None:
            return dict(zip((item.name for item in wanted), pair, strict=False))
    inputs = ", ".join(f"{item.name} {show_shape(item.shape)}" for item in wanted)
    have = ", ".join(f"{name} {show_shape(column.shape)}" for name, column in list(table.columns.items())[:12])
    raise DataError(f"{table.name}: the network wants {inputs}; the data have {have}: name the arrays like the inputs")


def _windows(table: Table, text: Array, wanted: list[Input]) -> dict[str, Array]:
    """Stretches of a text, one after another, and as target the character that follows each."""
    shapes = {item.shape for item in wanted}
    length = wanted[0].shape[-1]
    if len(wanted) != 2 or len(shapes) > 1 or len(wanted[0].shape) != 2 or not isinstance(length, int):
        inputs = ", ".join(f"{item.name} {show_shape(item.shape)}" for item in wanted)
        raise DataError(f"{table.name}: a text feeds one input [B, T] and a target [B, T]; the network wants {inputs}")
    rows = (len(text) - 1) // length
    if not rows:
        raise DataError(f"{table.name}: {len(text)} characters are too few for stretches of {length}")
    starts = (text[: rows * length], text[1 : rows * length + 1])
    return {item.name: start.reshape(rows, length) for item, start in zip(wanted, starts, strict=True)}


def _features_and_target(table: Table, target: Input | None) -> tuple[Array, Array] | None:
    """Named sets have the roles; a CSV table has one column a number, the target's by name or else the last ones."""
    columns = dict(table.columns)
    if "features" in columns:
        return columns["features"], columns.get("target", columns["features"])
    if any(column.ndim != 1 for column in columns.values()):
        return None
    if target is None:
        features = np.column_stack(list(columns.values()))
        return features, features
    width = 1 if target.dtype == "int32" else _row_size(target)
    last = [target.name] if target.name in columns and width == 1 else list(columns)[-width:]
    rest = [column for name, column in columns.items() if name not in last]
    if not rest:
        return None
    return np.column_stack(rest), np.column_stack([columns[name] for name in last])


def _row_size(item: Input) -> int:
    return int(np.prod([extent for extent in item.shape[1:] if isinstance(extent, int)]))


def _convert(table: Table, column: Array, item: Input, interface: Interface) -> Array:
    if item.shape[:1] != ("B",):
        raise DataError(f"{table.name}: input {item.name} {show_shape(item.shape)} has no batch axis in front")
    shape = tuple(int(extent) for extent in item.shape[1:])
    rows = len(column)
    if not rows:
        raise DataError(f"{table.name}: {item.name} has no rows")
    if column.dtype.kind not in "bfiu":
        raise DataError(f"{table.name}: {item.name} wants numbers, the data have {column.dtype.name}")
    _require_finite(table, column, item.name)
    if item.dtype == "int32":
        return _labels(table, column, item, shape)
    size, have = int(np.prod(shape)), int(np.prod(column.shape[1:]))
    if size != have and have == 1 and shape == (table.classes or _classes(column),):
        column = np.eye(shape[0])[_labels(table, column, item, ())]  # one-hot rows for a class each
    elif size != have:
        raise DataError(
            f"{table.name}: {item.name} wants {show_shape(item.shape)}, {size} numbers a row; the data have {have}"
        )
    with np.errstate(over="ignore"):
        converted = np.ascontiguousarray(column.reshape(rows, *shape), interface.dtype)
    _require_finite(table, converted, item.name, f" in {interface.dtype}")
    return converted


def _require_finite(table: Table, column: Array, name: str, where: str = "") -> None:
    """Raises DataError with the row of the first NaN or infinity, before rows are shuffled."""
    wrong = ~np.isfinite(column)
    if wrong.any():
        place = tuple(int(n) for n in np.argwhere(wrong)[0])
        raise DataError(
            f"{table.name}: {name} wants finite numbers, row {place[0]} (counted from 0) has {column[place]}{where}"
        )


def _labels(table: Table, column: Array, item: Input, shape: tuple[int, ...]) -> Array:
    if column.size != len(column) * int(np.prod(shape)):
        raise DataError(
            f"{table.name}: {item.name} wants {show_shape(item.shape)}, the data have {show_shape(column.shape)}"
        )
    values = column.reshape(len(column), *shape)
    labels = values.astype(np.int64)
    limit = item.classes or table.classes
    if not np.array_equal(labels, values):
        raise DataError(f"{table.name}: {item.name} wants whole numbers, the data have others")
    if labels.min() < 0 or (limit and labels.max() >= limit):
        raise DataError(
            f"{table.name}: {item.name} takes {limit} classes, 0 ... {(limit or 0) - 1}; "
            f"the data have {labels.min()} ... {labels.max()}"
        )
    return labels.astype(np.int32)


def _classes(column: Array) -> int | None:
    whole = column.size and np.array_equal(column, np.floor(column)) and column.min() >= 0
    return int(column.max()) + 1 if whole else None


def split(
    table: Table, arrays: Mapping[str, Array], seed: int = 0, held_out: float = HELD_OUT, ordered: bool = False
) -> Dataset:
    """Shuffled, and stratified where the table has classes: each class gives its share of held-out rows.

    ordered: the rows are one sequence; they stay as they are, and the end is held out.
    A complete table, or a share of 0, holds nothing out: all rows train, and all are looked at afterwards.
    """
    rows = len(next(iter(arrays.values())))
    if table.complete or held_out == 0:
        return Dataset(table.name, arrays, arrays)
    generator = np.random.default_rng(seed)
    if ordered or table.text is not None:  # the end of a text is what follows from nothing before it
        kept_rows = rows - round(rows * held_out)
        order = np.arange(kept_rows) if ordered else generator.permutation(kept_rows)
        return _parted(table, arrays, order, np.arange(kept_rows, rows))
    target = table.columns.get("target")
    groups = [np.arange(rows)] if target is None or not table.classes else _groups(target)
    kept, out = [], []
    for group in groups:
        order = generator.permutation(group)
        count = round(len(order) * held_out)
        out.append(order[:count])
        kept.append(order[count:])
    return _parted(table, arrays, generator.permutation(np.concatenate(kept)), np.concatenate(out))


def _parted(table: Table, arrays: Mapping[str, Array], first: Array, second: Array) -> Dataset:
    if not len(first) or not len(second):
        raise DataError(f"{table.name}: {len(first) + len(second)} rows are too few to hold some of them out")
    return Dataset(
        table.name,
        {name: np.ascontiguousarray(array[first]) for name, array in arrays.items()},
        {name: np.ascontiguousarray(array[second]) for name, array in arrays.items()},
    )


def _groups(target: Array) -> list[Array]:
    return [np.flatnonzero(target == value) for value in np.unique(target)]


def load_dataset(source: str | Path, interface: Interface, seed: int = 0, held_out: float = HELD_OUT) -> Dataset:
    """Load, fit to the network, and hold out a share of the rows: the end, for one that carries states."""
    table = load_table(source)
    return split(table, fit_to(table, interface), seed, held_out, ordered=bool(interface.carried))
