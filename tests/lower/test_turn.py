"""Matrices by columns: which are, and that nobody who goes by names can tell."""

import numpy as np
import pytest

import bpgen
from bpgen.api import lower

ADAM = {"type": "adam", "lr": 0.01}


def layer(name, units, activation="tanh", **more):
    return {"name": name, "type": "linear", "units": units, "activation": activation} | more


def network(layers, optimizer=ADAM, size=3, **more):
    last = next(item["units"] for item in reversed(layers) if "units" in item)
    return {
        "bpgen": 1, "name": "net", "inputs": {"x": {"shape": ["B", size]}, "t": {"shape": ["B", last]}},
        "layers": layers, "loss": {"type": "mse", "target": "t"}, "optimizer": optimizer,
    } | more  # fmt: skip


def by_columns(model, target="numpy"):
    schedule, interface = lower(model, target=target)
    names = {buffer.name for buffer in schedule.buffers if buffer.by_columns}
    assert {b.name for b in (*interface.parameters, *interface.states) if b.by_columns} == names - {
        f"d.{b.name}" for b in interface.parameters
    }
    return names


DEEP = network([layer("a", 5), layer("b", 4), layer("c", 2)])


def test_what_only_the_forward_pass_reads_lies_by_columns():
    assert by_columns(DEEP) == {"a.weight", "d.a.weight", "a.weight.m", "a.weight.v"}


def test_what_is_alike_lies_alike():
    """Equal layers share their kernels: four read by the forward pass, three by the backward pass, so all gain."""
    equal = network([layer(name, 3) for name in "klmn"])
    assert by_columns(equal) == {f"{p}{n}.weight{s}" for n in "klmn" for p, s in PARTS}


PARTS = (("", ""), ("d.", ""), ("", ".m"), ("", ".v"))


def test_without_training_every_product_gains():
    plain = {key: value for key, value in DEEP.items() if key not in ("loss", "optimizer")}
    plain["inputs"] = {"x": DEEP["inputs"]["x"]}
    assert by_columns(plain) == {"a.weight", "b.weight", "c.weight"}


def test_vectors_tables_and_what_is_one_wide():
    assert "a.bias" not in by_columns(DEEP)
    words = {
        "bpgen": 1, "name": "net",
        "inputs": {"x": {"shape": ["B", 4], "dtype": "int32", "classes": 7}, "t": {"shape": ["B", 4, 2]}},
        "layers": [{"name": "table", "type": "embedding", "units": 3}, layer("a", 2)],
        "loss": {"type": "mse", "target": "t"}, "optimizer": ADAM,
    }  # fmt: skip
    assert "table.weight" not in by_columns(words)


OPTIMIZERS = {
    "adam": ADAM,
    "sgd": {"type": "sgd", "lr": 0.1, "momentum": 0.9, "weight_decay": 0.01},
    "clipped": {"type": "adamw", "lr": 0.01, "clip_norm": 0.1},
}
TIED = {
    "name": "tied", "type": "equation", "equation": "y[b, j] = sum[i, k](x[b, i] * W[k, i] * W[k, j])",
    "sizes": {"k": 6, "j": 3}, "parameters": {"W": {"init": "xavier_uniform"}},
}  # fmt: skip
NETWORKS = {
    "deep": [layer("a", 5), layer("b", 4), layer("c", 2)],
    "equal": [layer("a", 3), layer("b", 3), layer("c", 3)],
    "single": [layer("a", 1), layer("b", 1)],
    "tied": [TIED, layer("a", 2)],
    "normed": [layer("a", 4, "relu"), {"name": "n", "type": "batchnorm", "activation": "relu"}, layer("b", 2)],
}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("name", NETWORKS)
def test_names_hide_the_order(name, optimizer, tmp_path):
    """Against C, which has matrices of its own by columns: values, gradients, states, and checkpoints."""
    model = network(NETWORKS[name], OPTIMIZERS[optimizer])
    rng = np.random.default_rng(1)
    ours, theirs = (bpgen.build(model, target=target, dtype="float64") for target in ("numpy", "c"))
    arrays = {"x": rng.normal(size=(7, 3)), "t": rng.normal(size=(7, NETWORKS[name][-1]["units"]))}

    def agree(left, right):
        assert left.keys() == right.keys()
        for key, value in left.items():
            np.testing.assert_allclose(value, right[key], rtol=1e-7, atol=1e-11, err_msg=key)

    agree(ours.state_dict(), theirs.state_dict())
    agree(ours.gradients(arrays)[1], theirs.gradients(arrays)[1])
    for _ in range(3):
        assert ours.step(arrays) == pytest.approx(theirs.step(arrays), rel=1e-10)
    agree(ours.states, theirs.states)
    ours.save(tmp_path / "run.bpgen")
    theirs.restore(tmp_path / "run.bpgen")
    agree(ours.state_dict(), theirs.state_dict())
    assert ours.step(arrays) == pytest.approx(theirs.step(arrays), rel=1e-10)
    assert all(value.flags.c_contiguous for value in ours.state_dict().values())
    for key, view in ours.parameters.items():
        ours.parameters[key] = np.arange(view.size, dtype=float).reshape(view.shape)
        np.testing.assert_array_equal(ours.parameters[key].ravel(), np.arange(view.size))
