"""Random numbers in running networks: dropout, and noise of one's own, the same in both targets."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

import bpgen
from bpgen.algebra.random import uniform_numbers

ROWS, WIDTH = 64, 48
DTYPES = ("float32", "float64")
TARGETS = ("numpy", "c")


def dropout(p=0.3, layers=("drop",), **more):
    return {
        "bpgen": 1, "name": "dropping",
        "inputs": {"x": {"shape": ["B", WIDTH]}, "y": {"shape": ["B", WIDTH]}},
        "layers": [
            {"name": "scaled", "type": "equation", "equation": "y[b, i] = x[b, i] * w[i]",
             "parameters": {"w": {"init": "ones"}}},
            *({"name": name, "type": "dropout", "p": p} for name in layers),
        ],
        "loss": {"type": "equation", "equation": f"L = sum[b, i]({layers[-1]}[b, i] * y[b, i])"},
        "optimizer": {"type": "sgd", "lr": 0.01}, **more,
    }  # fmt: skip


def arrays(dtype, rows=ROWS):
    generator = np.random.default_rng(1)
    return {name: generator.uniform(0.5, 1.5, (rows, WIDTH)).astype(dtype) for name in ("x", "y")}


def factors(net, given):
    """What dropout multiplies each element by, from the gradient by the input."""
    _, gradients = net.gradients(given, wrt=["x"])
    return gradients["x"] / given["y"]


def mask(layer, p, seed=0, step=0, rows=ROWS):
    position = np.arange(rows)[:, None] * WIDTH + np.arange(WIDTH)
    return uniform_numbers(seed, step, zlib.crc32(f"{layer}#1".encode()), position) >= p


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("target", TARGETS)
def test_the_gradient_has_the_mask_of_seed_step_and_layer(target, dtype):
    net, given = bpgen.build(dropout(), target, dtype), arrays(dtype)
    net.settings["lr"] = 0
    for seed in (0, 5, 2**40 + 3):
        net.init(seed)
        for step in range(3):
            expected = mask("drop", 0.3, seed, step) / 0.7
            np.testing.assert_allclose(factors(net, given), expected, rtol=1e-6)
            net.step(given)


@pytest.mark.parametrize("target", TARGETS)
def test_forward_and_backward_of_a_step_share_the_mask(target):
    net, given = bpgen.build(dropout(), target, "float64"), arrays("float64")
    loss, gradients = net.gradients(given)
    expected = mask("drop", 0.3) / 0.7 * given["x"] * given["y"]
    assert loss == pytest.approx(expected.sum(), rel=1e-12)
    np.testing.assert_allclose(gradients["scaled.w"], expected.sum(0), rtol=1e-12)
    assert net.step(given) == pytest.approx(expected.sum(), rel=1e-12)


@pytest.mark.parametrize("target", TARGETS)
def test_forward_and_loss_drop_nothing(target):
    net, given = bpgen.build(dropout(), target, "float64"), arrays("float64")
    np.testing.assert_array_equal(net.forward(x=given["x"]), given["x"])
    assert net.loss(given) == pytest.approx((given["x"] * given["y"]).sum(), rel=1e-12)


@pytest.mark.parametrize("target", TARGETS)
def test_masks_differ_between_steps_layers_and_seeds(target):
    net, given = bpgen.build(dropout(0.5, ("one", "two")), target), arrays("float32")
    masks = [mask(layer, 0.5, seed, step) for layer in ("one", "two") for seed in (0, 1) for step in (0, 1)]
    for n, left in enumerate(masks):
        for right in masks[:n]:
            assert 0.46 < (left == right).mean() < 0.54
    np.testing.assert_array_equal(factors(net, given) != 0, mask("one", 0.5) & mask("two", 0.5))


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_the_share_that_is_kept(p):
    kept = mask("drop", p, rows=4000)
    assert abs(kept.mean() - (1 - p)) < 4 * np.sqrt(p * (1 - p) / kept.size)
    assert np.abs(kept.mean(0) - (1 - p)).max() < 5 * np.sqrt(p * (1 - p) / len(kept))


def test_rows_of_a_smaller_batch_are_the_first():
    net = bpgen.build(dropout(), "numpy", "float64")
    few, many = arrays("float64", 5), arrays("float64")
    np.testing.assert_array_equal(factors(net, few) != 0, (factors(net, many) != 0)[:5])


def test_a_restored_network_draws_on(tmp_path):
    given = arrays("float32")
    net, other = (bpgen.build(dropout(), "numpy") for _ in range(2))
    net.init(3)
    net.step(given)
    net.save(tmp_path / "run.safetensors")
    other.restore(tmp_path / "run.safetensors")
    assert [net.step(given) for _ in range(3)] == [other.step(given) for _ in range(3)]


def test_without_an_optimizer_the_step_stays():
    description = dropout()
    del description["optimizer"]
    net, given = bpgen.build(description, "numpy", "float64"), arrays("float64")
    first, again = factors(net, given), factors(net, given)
    np.testing.assert_array_equal(first, again)
    with pytest.raises(bpgen.ArrayError, match="optimizer"):
        net.step(given)


NOISE = """
y[b, i] = x[b, i] + s * sqrt(-2 * log(1 - random(b, i))) * cos(2 * pi * random(b, i)) if training else x[b, i]
"""


@pytest.mark.parametrize("target", TARGETS)
def test_noise_of_ones_own(target):
    """Gaussian noise by Box and Muller: two streams, and a gradient by its size."""
    description = dropout()
    description["layers"][1] = {
        "name": "noisy", "type": "equation", "equation": NOISE, "parameters": {"s": {"init": "constant", "shape": []}},
    }  # fmt: skip
    description["layers"][1]["parameters"]["s"]["init"] = {"type": "constant", "value": 0.5}
    description["loss"]["equation"] = "L = sum[b, i](noisy[b, i] * y[b, i])"
    net, given = bpgen.build(description, target, "float64"), arrays("float64", 2000)
    position = np.arange(2000)[:, None] * WIDTH + np.arange(WIDTH)
    first, second = (uniform_numbers(0, 0, zlib.crc32(f"noisy#{n}".encode()), position) for n in (1, 2))
    normal = np.sqrt(-2 * np.log(1 - first)) * np.cos(2 * np.pi * second)
    assert abs(normal.mean()) < 0.02 and abs(normal.std() - 1) < 0.02 and abs((normal**4).mean() - 3) < 0.1
    loss, gradients = net.gradients(given)
    assert loss == pytest.approx(((given["x"] + 0.5 * normal) * given["y"]).sum(), rel=1e-10)
    assert gradients["noisy.s"] == pytest.approx((normal * given["y"]).sum(), rel=1e-10)
    np.testing.assert_array_equal(net.forward(x=given["x"]), given["x"])


def test_inputs_may_be_called_as_what_random_numbers_depend_on():
    description = dropout()
    description["inputs"] = {"t": {"shape": ["B", WIDTH]}, "seed": {"shape": ["B", WIDTH]}}
    description["layers"][0]["equation"] = "y[b, i] = t[b, i] * w[i]"
    description["loss"]["equation"] = "L = sum[b, i](drop[b, i] * seed[b, i])"
    net = bpgen.build(description, "numpy", "float64")
    net.init(4)
    given = arrays("float64")
    loss, _ = net.gradients(t=given["x"], seed=given["y"])
    assert loss == pytest.approx((mask("drop", 0.3, 4) / 0.7 * given["x"] * given["y"]).sum(), rel=1e-12)
