"""Named data sets that are made: texts in stretches, digit strings, points."""

import numpy as np
import pytest

from bpgen.algebra.errors import DataError
from bpgen.lower.interface import Entry, Input, Interface
from bpgen.run.data import fit_to, load_table, split
from bpgen.run.named_data import CHARACTERS, START


def interface(features: dict[str, tuple], targets: dict[str, tuple], classes: int = 96) -> Interface:
    inputs = [Input(name, shape, "int32", classes) for name, shape in {**features, **targets}.items()]
    entries = (Entry("forward", tuple(features), (), False), Entry("loss", (*features, *targets), (), True))
    return Interface("n", "float32", tuple(inputs), (), (), (), (), (), entries, (0, 0, 0))


@pytest.mark.parametrize("length", [1, 7, 64])
def test_a_text_is_read_in_stretches_and_the_target_is_what_follows(length):
    table = load_table("pydoc")
    arrays = fit_to(table, interface({"x": ("B", length)}, {"y": ("B", length)}))
    rows = (len(table.text) - 1) // length
    assert arrays["x"].shape == arrays["y"].shape == (rows, length)
    assert np.array_equal(arrays["x"].ravel()[1:], arrays["y"].ravel()[:-1])
    assert "assert" in "".join(CHARACTERS[code] for code in arrays["x"].ravel()[:2000])


def test_the_end_of_a_text_is_held_out():
    table = load_table("pydoc")
    arrays = fit_to(table, interface({"x": ("B", 50)}, {"y": ("B", 50)}))
    parts = split(table, arrays, seed=3)
    assert np.array_equal(parts.held_out["x"], arrays["x"][len(parts.train["x"]) :])
    assert sorted(map(bytes, parts.train["x"])) == sorted(map(bytes, arrays["x"][: len(parts.train["x"])]))


def test_a_text_does_not_feed_inputs_of_another_shape():
    with pytest.raises(DataError, match=r"a text feeds one input \[B, T\]"):
        fit_to(load_table("pydoc"), interface({"x": ("B", 7)}, {"y": ("B",)}))


@pytest.mark.parametrize(("name", "change"), [("reverse", lambda r: r[::-1]), ("sort", sorted)])
def test_digit_strings_and_what_a_decoder_has_read(name, change):
    columns = load_table(name).columns
    assert len(np.unique(columns["source"], axis=0)) == len(columns["source"])
    for source, shifted, target in zip(*(columns[key][:50] for key in ("source", "shifted", "target")), strict=True):
        assert list(target) == list(change(list(source)))
        assert list(shifted) == [START, *target[:-1]]


def test_points_of_the_interval_are_all_there_is():
    table = load_table("interval")
    points = table.columns["features"]
    assert table.complete and points.min() > 0 and points.max() < 1
    assert np.allclose(np.diff(points[:, 0]), 1 / len(points))


def test_digits_say_whether_they_are_odd():
    columns = load_table("digits").columns
    assert np.array_equal(columns["odd"][:, 0] == 1, columns["target"] % 2 == 1)
