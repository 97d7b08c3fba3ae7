"""What bad input gets at the front doors: exit status 2 or a BpgenError, and nothing half-written."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import bpgen
from bpgen import checking, cli, files
from bpgen.algebra.errors import ArrayError, BpgenError, CheckpointError, DataError
from bpgen.run.data import load_table
from bpgen.run.samples import random_inputs

NET = """
bpgen = 1
name = "small"
[inputs]
x = { shape = ["B", 2] }
label = { shape = ["B"], dtype = "int32", classes = 3 }
[[layers]]
name = "f"
type = "linear"
units = 3
[loss]
type = "cross_entropy"
target = "label"
[optimizer]
type = "sgd"
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("BPGEN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    Path("net.toml").write_text(NET)
    return tmp_path


@pytest.fixture
def net():
    return bpgen.build(bpgen.loads(NET), target="numpy")


def fails(*arguments: object) -> str:
    """What a command that cannot be done writes to standard error."""
    result = CliRunner().invoke(cli.main, [str(item) for item in arguments])
    assert isinstance(result.exception, SystemExit), repr(result.exception)
    assert result.exit_code == 2, result.output
    return result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "net.toml", "--dtype", "float33"], "dtype: expected one of float32, float64, got 'float33'"),
        (["check", "net.toml", "--seed", "-1"], "-1 is not in the range"),
        (["bench", "net.toml", "--batch", 2**31], "not in the range"),
        (["train", "net.toml", "--batch-size", 2**31], "not in the range"),
        (["new", "mpl"], "did you mean 'mlp'?"),
        (["train", "net.toml", "--target", "numpy", "--data", "digit"], "did you mean 'digits'?"),
    ],
)
def test_options(arguments, message):
    assert message in fails(*arguments)


def test_too_little_memory(monkeypatch):
    def hungry(*arguments):
        raise MemoryError("Unable to allocate 9 TiB")

    monkeypatch.setattr(checking, "check", hungry)
    assert "not enough memory: Unable to allocate 9 TiB; fewer rows" in fails("check", "net.toml")


def test_a_place_that_cannot_be_written(folder):
    (folder / "file").write_text("kept")
    for arguments in (["derive", "net.toml", "-o", "file/a.txt"], ["new", "mlp", "-o", "file/a.toml"]):
        assert fails(*arguments).startswith("file/a.")
    assert "cannot be written" in fails("generate", "net.toml", "-o", "file/sub")
    assert (folder / "file").read_text() == "kept"


def test_nothing_half_written_stays(folder, net, monkeypatch):
    """Ctrl-C between the draft and its rename."""

    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    before = sorted(folder.rglob("*"))
    with pytest.raises(KeyboardInterrupt):
        files.write_text(folder / "a.txt", "text")
    with pytest.raises(KeyboardInterrupt):
        net.save(folder / "a.safetensors")
    assert sorted(folder.rglob("*")) == before


def test_damaged_npz(folder):
    np.savez("whole.npz", x=np.zeros((9, 2)), label=np.zeros(9, int))
    data = Path("whole.npz").read_bytes()
    np.save("array.npy", np.zeros(3))
    np.savez("objects.npz", x=np.array([None, {}]))
    contents = {"cut": data[:200], "bytes": os.urandom(300), "empty": b"", "npy": Path("array.npy").read_bytes()}
    flipped = bytearray(data)
    flipped[100] ^= 255
    for name, content in {**contents, "flipped": bytes(flipped), "objects": Path("objects.npz").read_bytes()}.items():
        Path(f"{name}.npz").write_bytes(content)
        with pytest.raises(DataError, match=rf"{name}\.npz: cannot be read as an \.npz file"):
            load_table(f"{name}.npz")
    Path("folder.npz").mkdir()
    with pytest.raises(DataError, match="a folder, not a file"):
        load_table("folder.npz")


def test_a_row_is_named_as_it_stands_in_the_file(folder):
    x = np.zeros((20, 2))
    x[13, 1] = np.inf
    np.savez("inf.npz", x=x, label=np.zeros(20, int))
    assert "row 13 (counted from 0) has inf" in fails("train", "net.toml", "--target", "numpy", "--data", "inf.npz")
    assert not Path("runs").exists()


@pytest.mark.parametrize("given", [np.zeros((4, 2), np.float32), [1, 2], "ab", 3])
def test_arrays_without_names(net, given):
    for call in (net.step, net.loss, net.forward, net.gradients, net.bind):
        with pytest.raises(ArrayError, match="expected arrays by name"):
            call(given)
    with pytest.raises(ArrayError, match="expected a state by name"):
        net.load_state_dict(given)


def test_arrays_in_a_dict_and_by_keyword_together(net):
    x, label = np.ones((4, 2), np.float32), np.zeros(4, np.int32)
    assert net.loss({"x": x}, label=label) == net.loss(x=x, label=label)


def test_a_dtype_that_numpy_has_not(net):
    torch = pytest.importorskip("torch")
    with pytest.raises(ArrayError, match=r"BFloat16; convert it: x\.float\(\)"):
        net.forward(x=torch.zeros(4, 2, dtype=torch.bfloat16))


@pytest.mark.parametrize("value", ["a", None, float("nan"), "0.1"])
def test_settings_that_are_no_numbers(net, value):
    with pytest.raises(ArrayError, match="lr: expected a finite number"):
        net.settings["lr"] = value


@pytest.mark.parametrize("seed", [-1, 1.5, "a", None, True])
def test_seeds(net, seed):
    with pytest.raises(ArrayError, match="seed: expected a whole number"):
        net.init(seed)


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (None, {}, "expected arrays by input name"),
        ((np.zeros(3),), {}, "expected arrays by input name"),
        ({}, {"epochs": 1.5}, "epochs: expected a whole number"),
        ({}, {"epochs": "a"}, "epochs: expected a whole number"),
        ({}, {"epochs": -1}, "epochs: expected a whole number of at least 0"),
        ({}, {"patience": -1}, "patience: expected a whole number of at least 0"),
    ],
)
def test_what_cannot_be_fitted(net, data, options, message):
    with pytest.raises(DataError, match=message):
        net.fit(data, progress=False, **options)


def test_restoring_a_folder(net, tmp_path):
    with pytest.raises(CheckpointError, match="a folder, no checkpoint"):
        net.restore(tmp_path)


@pytest.mark.parametrize("source", [None, 3, [], b"net.toml"])
def test_what_is_no_description(source):
    for call in (bpgen.load, bpgen.build, bpgen.generate):
        with pytest.raises(BpgenError, match="load takes a path or a dict, got"):
            call(source)
    with pytest.raises(BpgenError, match="loads takes the text of a description"):
        bpgen.loads(source)
    with pytest.raises(BpgenError, match="it cannot be read"):
        bpgen.load("a\0b")


def test_inputs_without_axes(folder):
    """A scalar input: random values for it have no axes either."""
    equation = '[[layers]]\nname = "a"\ntype = "equation"\ninputs = ["x", "w"]\nequation = "y[b, i] = x[b, i] * w"\n'
    text = NET.replace("[[layers]]", equation + "[[layers]]", 1).replace("label =", "w = { shape = [] }\nlabel =")
    model = bpgen.loads(text)
    found = random_inputs(bpgen.build(model, target="numpy").interface, 3, np.random.default_rng(0))
    assert found["w"].shape == ()
    assert all(item.ok for item in checking.check(model, target="numpy"))


def test_stop_is_not_called_wrong():
    """No difference can know of stop(): a gradient that it changes is not judged, all others are."""
    equation = '[[layers]]\nname = "a"\ntype = "equation"\nequation = "y[b, i] = x[b, i] * stop(x[b, i])"\n'
    text = NET.replace("[loss]", '[[layers]]\nname = "g"\ntype = "linear"\nunits = 3\n[loss]')
    found = checking.check(bpgen.loads(text.replace("[[layers]]", equation + "[[layers]]", 1)), target="numpy")
    verdicts = {item.name: item.ok for item in found if item.kind == "gradient"}
    assert verdicts["x"] is None and verdicts["f.weight"] and verdicts["g.bias"]


def test_a_parameter_without_axes_is_kept(tmp_path):
    text = NET.replace("[loss]", '[[layers]]\nname = "p"\ntype = "equation"\nequation = "y[b, i] = w * x[b, i]"\n'
                       'parameters = { w = { init = "normal" } }\n[loss]')  # fmt: skip
    net = bpgen.build(bpgen.loads(text), target="numpy")
    assert net.parameters["p.w"].shape == ()
    net.save(tmp_path / "a.safetensors")
    before = net.state_dict()
    net.init(7)
    net.restore(tmp_path / "a.safetensors")
    assert all(np.array_equal(net.parameters[name], array) for name, array in before.items())


def test_a_share_is_held_out_of_a_named_data_set_only():
    import numpy as np

    net = bpgen.build(Path(__file__).parent.parent / "examples" / "xor.toml", target="numpy")
    rows = {"x": np.zeros((4, 2), np.float32), "y": np.zeros((4, 1), np.float32)}
    with pytest.raises(bpgen.DataError, match="a share is for a named data set"):
        net.fit(rows, epochs=1, validation=0.1, progress=False)


def test_a_bound_tensor_of_pytorch_is_read_where_it_lies():
    torch = pytest.importorskip("torch")
    net = bpgen.build(Path(__file__).parent.parent / "examples" / "xor.toml", target="numpy")
    x = torch.zeros(4, 2)
    bound = net.bind(x=x, y=torch.ones(4, 1))
    first = bound.forward().copy()
    x += 1
    assert not (bound.forward() == first).all()
