"""Normalisation over all rows, in C: loops interchanged, slices shared by turns, values computed again."""

from __future__ import annotations

import numpy as np
import pytest
from c_runner import compiler, trained
from test_c_accesses import check, layer

import bpgen
from bpgen.lower import again, interchange, slices
from bpgen.lower.lower import lower
from bpgen.lower.scalar import BATCH
from bpgen.lower.schedule import Kernel

NORM = """m[c] = sum[b, p, q](x[b, c, p, q])/(B*{size})
v[c] = sum[b, p, q]((x[b, c, p, q] - m[c])**2)/(B*{size})
z[b, c, p, q] = (x[b, c, p, q] - m[c])*K[c]/sqrt(v[c] + 1)
"""
RELU = "h[b, c, p, q] = max(0, z[b, c, p, q])\n"
POOL = "y[b, c, u, w] = max[i, j](h[b, c, 2*u + i, 2*w + j])"


def network(channels, height, width):
    """A convolution, normalised over all rows, with an activation, and pooled."""
    made = [
        {"name": "conv", "type": "conv2d", "channels": channels, "kernel": 3, "padding": 1},
        {"name": "norm", "type": "batchnorm", "activation": "relu"},
        {"name": "pool", "type": "maxpool2d", "kernel": 2},
        {"name": "flat", "type": "flatten"},
        {"name": "last", "type": "linear", "units": 3},
    ]
    return {
        "bpgen": 1, "name": "normal", "inputs": {"x": {"shape": ["B", 2, height, width]},
                                                 "target": {"shape": ["B"], "dtype": "int32", "classes": 3}},
        "layers": made, "loss": {"type": "cross_entropy", "target": "target"},
        "optimizer": {"type": "sgd", "lr": 0.1, "momentum": 0.9},
    }  # fmt: skip


def turned(kernel: Kernel) -> bool:
    """Whether a loop over rows stands inside the kernel's one loop, and stores elements of these."""
    inside = [s for s in kernel.statements if any(loop.extent == BATCH for loop in s.loops) and not s.local]
    return len(kernel.loops) == 1 and kernel.loops[0].extent != BATCH and bool(inside)


@pytest.fixture
def everywhere(monkeypatch):
    """Nothing is too small."""
    for name in ("LARGE", "LEAST_RUN", "LEAST_TURNS"):
        monkeypatch.setattr(interchange, name, 1)
    monkeypatch.setattr(slices, "LEAST", 1)
    monkeypatch.setattr(again, "LARGE", 1)


def test_a_channel_is_normalised_pooled_and_differentiated_in_one_turn(everywhere):
    found = lower(trained(network(3, 4, 6)), recomputes=True)
    step = next(program for program in found.programs if program.name == "step")
    table = {kernel.name: kernel for kernel in found.kernels}
    kernels = [table[call.kernel] for call in step.flat_calls if turned(table[call.kernel])]
    assert len(kernels) == 2  # forward, backward
    for kernel in kernels:
        assert [formal for formal in kernel.formals if formal.slices == 1]
    (only,) = [call for call in step.flat_calls if "norm" in call.arguments]
    assert only.kernel == kernels[0].name  # the backward pass computes the activation again


def test_small_slices_are_left_as_they_are():
    plain, interchanged = (lower(trained(network(16, 4, 4)), recomputes=flag) for flag in (False, True))
    for schedule in (plain, interchanged):
        assert not any(turned(kernel) for kernel in schedule.kernels)
        assert all(formal.slices is None for kernel in schedule.kernels for formal in kernel.formals)


@pytest.mark.skipif(compiler() is None, reason="needs a C compiler")
@pytest.mark.parametrize(
    "description",
    [
        layer(
            NORM.format(size=24) + "h[b, c, p, q] = max(0, z[b, c, p, q])\n" + POOL,
            [3, 4, 6],
            [3, 2, 3],
            u=2,
            w=3,
            i=2,
            j=2,
        ),
        layer(
            NORM.format(size=4) + "h[b, c, p, q] = tanh(z[b, c, p, q])\n" + POOL,
            [1, 2, 2],
            [1, 1, 1],
            u=1,
            w=1,
            i=2,
            j=2,
        ),
        layer(NORM.format(size=20) + "y[b, c, p, q] = max(0, z[b, c, p, q])**2", [3, 4, 5], [3, 4, 5]),
        layer(NORM.format(size=12) + "y[b, p, q] = sum[c](z[b, c, p, q]**3)", [5, 3, 4], [3, 4]),
        layer(NORM.format(size=9) + "y[b, c, p, q] = z[b, c, q, p]*x[b, c, p, q]", [2, 3, 3], [2, 3, 3], p=3, q=3),
        layer(NORM.format(size=9) + "y[b, c, p, q] = z[b, p, c, q]*x[b, c, p, q]", [3, 3, 3], [3, 3, 3], c=3, p=3),
    ],
)
def test_values_are_those_of_the_equations(description, everywhere, tmp_path):
    check(trained(description), "float64", tmp_path, batches=(1, 2, 5))


@pytest.mark.parametrize(("channels", "size"), [(16, 32), (35, 22)])
def test_any_number_of_threads_computes_the_same_bits(channels, size):
    random = np.random.default_rng(7)
    data = {"x": random.normal(size=(6, 2, size, size)), "target": random.integers(0, 3, 6).astype("int32")}
    losses = {}
    for threads in (1, 2, 3, 20, "numpy"):
        try:
            target, count = ("numpy", None) if threads == "numpy" else ("c", threads)
            net = bpgen.build(network(channels, size, size), target=target, dtype="float64", batch=6, threads=count)
        except bpgen.CompileError as failure:
            pytest.skip(str(failure))
        net.init(seed=1)
        losses[threads] = [float(net.step(**data)) for _ in range(4)]
    assert losses[1] == losses[2] == losses[3] == losses[20]
    assert losses[1] == pytest.approx(losses["numpy"], rel=1e-10)
