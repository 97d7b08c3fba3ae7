"""A recurrence written as equations, through every stage, against PyTorch in float64."""

import shutil

import numpy as np
import pytest
import torch

import bpgen
from bpgen.api import lower
from bpgen.lower.schedule import Call, Repeat
from bpgen.spec.read import read

SIZE, UNITS, BATCH = 5, 7, 3
TARGETS = ["numpy", pytest.param("c", marks=pytest.mark.skipif(shutil.which("cc") is None, reason="no compiler"))]
EQUATIONS = """
z[b, t, j] = sum[i](x[b, t, i] * W[j, i]) + sum[k](y[b, t-1, k] * U[j, k]) + c[j]
y[b, t, j] = tanh(z[b, t, j])
"""


def network(steps, layer):
    shapes = {"x": {"shape": ["B", steps, SIZE]}, "target": {"shape": ["B", steps, UNITS]}}
    return {"bpgen": 1, "name": "net", "inputs": shapes, "layers": [{"name": "r", **layer}],
            "loss": {"type": "mse", "target": "target"}}  # fmt: skip


RNN = {"type": "equation", "sizes": {"j": UNITS}, "equation": EQUATIONS,
       "parameters": {name: {"init": "normal"} for name in ("W", "U", "c")}}  # fmt: skip


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("steps", [1, 6])
def test_a_written_rnn_has_the_gradients_of_pytorch(target, steps):
    rng = np.random.default_rng(steps)
    x, y = rng.normal(size=(BATCH, steps, SIZE)), rng.normal(size=(BATCH, steps, UNITS))
    net = bpgen.build(network(steps, RNN), target=target, dtype="float64", batch=BATCH)
    peer = torch.nn.RNN(SIZE, UNITS, batch_first=True).double()
    ours = {"r.W": peer.weight_ih_l0, "r.U": peer.weight_hh_l0, "r.c": peer.bias_ih_l0}
    with torch.no_grad():
        peer.bias_hh_l0.zero_()
        for name, parameter in ours.items():
            parameter.copy_(torch.tensor(net.parameters[name]))
    given = torch.tensor(x, requires_grad=True)
    loss = ((peer(given)[0] - torch.tensor(y)) ** 2).mean()
    loss.backward()
    value, gradients = net.gradients(x=x, target=y, wrt=["x", *ours])
    np.testing.assert_allclose(value, loss.item(), 1e-9)
    for name, tensor in {"x": given, **ours}.items():
        np.testing.assert_allclose(gradients[name], tensor.grad.numpy(), 1e-9, 1e-13)


def test_projection_and_weight_gradients_of_an_lstm_are_single_contractions_outside_of_its_steps():
    schedule, _ = lower(read(network(9, {"type": "lstm", "units": UNITS})))
    kernels = {kernel.name: kernel for kernel in schedule.kernels}
    gradients = next(program for program in schedule.programs if program.name == "gradients")
    outside = [item for item in gradients.calls if isinstance(item, Call)]
    products = [call.arguments[0] for call in outside if kernels[call.kernel].kind == "contraction"]
    assert len(products) == 3
    assert {"d.r.weight_ih_l0", "d.r.weight_hh_l0"} <= set(products)
    longest = [item for item in gradients.calls if isinstance(item, Repeat) and item.loop.extent > 1]
    assert [item.backwards for item in longest] == [False, True]
    for item in longest:
        assert sum(kernels[call.kernel].kind == "contraction" for call in item.calls) == 1
