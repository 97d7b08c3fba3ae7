"""Checkpoints: training goes on bit for bit, and nothing else is accepted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bpgen.algebra.errors import CheckpointError
from bpgen.run.network import Description, open_network


def data(rows: int, seed: int = 0):
    generator = np.random.default_rng(seed)
    return {"x": generator.normal(size=(rows, 3)).astype(np.float32), "label": generator.integers(0, 4, rows)}


@pytest.mark.parametrize("target", ["c", "numpy"])
def test_training_goes_on_bit_for_bit(toy, tmp_path, target):
    source = toy(dtype="float32", target=target)
    whole = open_network(source)
    whole.init(seed=5)
    batch = data(10)
    long = whole.fit(batch, epochs=20, batch_size=3, progress=False)

    first = open_network(source)
    first.init(seed=5)
    begun = first.fit(batch, epochs=10, batch_size=3, progress=False)
    first.settings["lr"] = 0.1
    first.save(tmp_path / "half.safetensors")
    second = open_network(source)
    second.init(seed=77)
    second.restore(tmp_path / "half.safetensors")
    ended = second.fit(batch, epochs=10, batch_size=3, progress=False)

    assert begun.losses + ended.losses == long.losses
    for name, array in whole.state_dict().items():
        np.testing.assert_array_equal(second.parameters[name], array)
    assert second._memory.counters[0] == whole._memory.counters[0] == 80


def test_targets_share_checkpoints(toy, tmp_path):
    c, numpy = (open_network(toy(target=target)) for target in ("c", "numpy"))
    c.init(seed=9)
    c.settings["lr"] = 0.25
    c.save(tmp_path / "a.safetensors")
    numpy.restore(tmp_path / "a.safetensors")
    np.testing.assert_array_equal(numpy.parameters["fc.weight"], c.parameters["fc.weight"])
    assert numpy.settings["lr"] == 0.25


def test_others_can_read_the_parameters(toy, tmp_path):
    from safetensors.numpy import load_file

    net = open_network(toy(target="numpy"))
    net.save(tmp_path / "a.safetensors")
    tensors = load_file(tmp_path / "a.safetensors")
    np.testing.assert_array_equal(tensors["fc.weight"], net.parameters["fc.weight"])


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"inputs": 5}, r"fc\.weight has shape \[4, 5\] in the checkpoint, \[4, 3\] here"),
        ({"classes": 2}, r"fc\.bias has shape \[2\] in the checkpoint, \[4\] here"),
        ({"dtype": "float32"}, "dtype: 'float32' in the checkpoint, 'float64' in this network"),
    ],
)
def test_checkpoint_of_another_network(toy, tmp_path, other, message):
    path = tmp_path / "other.safetensors"
    open_network(toy(target="numpy", **other)).save(path)
    net = open_network(toy(target="numpy"))
    before = net.state_dict()
    with pytest.raises(CheckpointError, match=message):
        net.restore(path)
    np.testing.assert_array_equal(net.parameters["fc.weight"], before["fc.weight"])


def test_checkpoint_with_another_optimizer_or_description(toy, tmp_path):
    source = toy(target="numpy")
    net = open_network(source, description=Description("relu"))
    without = open_network(replace(source, interface=replace(source.interface, counters=())))
    without.save(tmp_path / "a.safetensors")
    with pytest.raises(CheckpointError, match=r"counters: optimizer\.t is missing in the checkpoint"):
        net.restore(tmp_path / "a.safetensors")
    open_network(source, description=Description("tanh")).save(tmp_path / "b.safetensors")
    with pytest.raises(CheckpointError, match="described otherwise"):
        net.restore(tmp_path / "b.safetensors")


def test_damaged_checkpoints(toy, tmp_path):
    net = open_network(toy(target="numpy"))
    path = tmp_path / "a.safetensors"
    with pytest.raises(CheckpointError, match="no such checkpoint"):
        net.restore(path)
    net.save(path)
    whole = path.read_bytes()
    for content in (b"", b"x" * 100, whole[: len(whole) // 2], whole[:-1], b"\xff" + whole[1:]):
        path.write_bytes(content)
        with pytest.raises(CheckpointError, match="damaged"):
            net.restore(path)
    from safetensors.numpy import save_file

    save_file(net.state_dict(), path)
    with pytest.raises(CheckpointError, match=r"not a checkpoint of bpgen.*load_state_dict"):
        net.restore(path)


def test_metadata_that_lie(toy, tmp_path):
    from safetensors import safe_open
    from safetensors.numpy import load_file, save_file

    net = open_network(toy(target="numpy"))
    path = tmp_path / "a.safetensors"
    net.save(path)
    with safe_open(str(path), framework="numpy") as file:
        metadata = file.metadata()
    tensors = load_file(path)
    lies = [
        ({**tensors, "fc.bias": np.zeros(9)}, metadata),
        ({k: v for k, v in tensors.items() if k != "state:fc.bias.v"}, metadata),
        (tensors, {**metadata, "random": "[]"}),
        (tensors, {**metadata, "random": '{"bit_generator": "os.system", "state": 1}'}),
        (tensors, {**metadata, "hash": "0"}),
        (tensors, {**metadata, "signature": "{"}),
    ]
    before = net.state_dict()
    for content, claims in lies:
        save_file(content, path, claims)
        with pytest.raises(CheckpointError, match="damaged"):
            net.restore(path)
    np.testing.assert_array_equal(net.parameters["fc.bias"], before["fc.bias"])


def test_saving_leaves_nothing_half_written(toy, tmp_path):
    net = open_network(toy(target="numpy"))
    with pytest.raises(CheckpointError, match="cannot write"):
        net.save(tmp_path / "missing" / "a.safetensors")
    net.save(tmp_path / "a.safetensors")
    net.save(tmp_path / "a.safetensors")
    assert [path.name for path in tmp_path.iterdir()] == ["a.safetensors"]
