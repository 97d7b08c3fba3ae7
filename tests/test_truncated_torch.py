"""States carried from step to step against PyTorch with detached states, in float64: three chunks of one sequence."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

import bpgen
from bpgen.algebra.errors import SpecError
from bpgen.checking import check
from bpgen.run.data import fit_to, load_table, split
from bpgen.spec.read import read

CHUNKS, T, SIZE, UNITS, BATCH, RATE = 3, 4, 3, 5, 2, 0.1
TARGETS = ["numpy", pytest.param("c", marks=pytest.mark.skipif(shutil.which("cc") is None, reason="no compiler"))]
MAKERS = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}
LEAKY = {
    "type": "equation", "sizes": {"j": UNITS}, "states": {"h0": {}}, "parameters": {"W": {"init": "normal"}},
    "equation": """
    u[b, t, j] = sum[i](x[b, t, i] * W[j, i])
    h[b, t, j] = 0.75 * h[b, t - 1, j] + u[b, t, j]
    h[b, -1, j] = h0[b, j]
    h0_next[b, j] = h[b, 3, j]
    y[b, t, j] = tanh(h[b, t, j])
    """,
}  # fmt: skip


def network(layer, wide=(T, UNITS)):
    shapes = {"x": {"shape": ["B", T, SIZE]}, "wanted": {"shape": ["B", *wide]}}
    return {"bpgen": 1, "name": "carrying", "inputs": shapes, "layers": [{"name": "r", **layer}],
            "loss": {"type": "mse", "target": "wanted"}, "optimizer": {"type": "sgd", "lr": RATE}}  # fmt: skip


def chunks(wide=(T, UNITS), batch=BATCH):
    rng = np.random.default_rng(4)
    return [(rng.normal(size=(batch, T, SIZE)), rng.normal(size=(batch, *wide))) for _ in range(CHUNKS)]


def detached(state):
    return tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize(("kind", "layers"), [("rnn", 1), ("rnn", 2), ("gru", 1), ("gru", 2), ("lstm", 1), ("lstm", 2)])
def test_three_chunks_are_pytorchs_with_detached_states(kind, layers, last, target):
    wide = (UNITS,) if last else (T, UNITS)
    options = {"type": kind, "units": UNITS, "layers": layers, "last": last, "carry": True}
    net = bpgen.build(network(options, wide), target=target, dtype="float64")
    peer = MAKERS[kind](SIZE, UNITS, layers, batch_first=True).double()
    peer.load_state_dict({name.removeprefix("r."): torch.tensor(v) for name, v in net.state_dict().items()})
    descent, state = torch.optim.SGD(peer.parameters(), RATE), None
    for x, wanted in chunks(wide):
        found, after = peer(torch.tensor(x), state)
        loss = torch.nn.functional.mse_loss(found[:, -1] if last else found, torch.tensor(wanted))
        descent.zero_grad()
        loss.backward()
        value, gradients = net.gradients(x=x, wanted=wanted)
        np.testing.assert_allclose(value, loss.item(), 1e-9)
        np.testing.assert_allclose(net.loss(x=x, wanted=wanted), loss.item(), 1e-9)
        for name, parameter in peer.named_parameters():
            np.testing.assert_allclose(gradients[f"r.{name}"], parameter.grad.numpy(), 1e-9, 1e-13)
        net.step(x=x, wanted=wanted)
        descent.step()
        state = detached(after)
        parts = dict(zip(("hidden", "cell"), state if kind == "lstm" else (state,), strict=False))
        for name, view in net.carried.views().items():
            part, layer = name.removeprefix("r.").split("_l")
            np.testing.assert_allclose(view, parts[part][int(layer)].numpy(), 1e-9, 1e-13)
    for name, parameter in peer.named_parameters():
        np.testing.assert_allclose(net.parameters[f"r.{name}"], parameter.detach().numpy(), 1e-9)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("batch", [1, 3])
def test_a_leaky_integrator_goes_on(target, batch):
    net = bpgen.build(network(LEAKY), target=target, dtype="float64")
    weight = torch.tensor(net.parameters["r.W"], requires_grad=True)
    h = torch.zeros(batch, UNITS, dtype=torch.float64)
    for x, wanted in chunks(batch=batch):
        found = []
        for t in range(T):
            h = 0.75 * h + torch.tensor(x[:, t]) @ weight.T
            found.append(torch.tanh(h))
        loss = torch.nn.functional.mse_loss(torch.stack(found, 1), torch.tensor(wanted))
        (slope,) = torch.autograd.grad(loss, weight)
        value, gradients = net.gradients(x=x, wanted=wanted)
        np.testing.assert_allclose(value, loss.item(), 1e-9)
        np.testing.assert_allclose(gradients["r.W"], slope.numpy(), 1e-9)
        np.testing.assert_allclose(net.step(x=x, wanted=wanted), loss.item(), 1e-9)
        weight, h = (weight - RATE * slope).detach().requires_grad_(), h.detach()
        np.testing.assert_allclose(net.carried.views()["r.h0"], h.numpy(), 1e-9)


@pytest.mark.parametrize("layer", [LEAKY, {"type": "lstm", "units": UNITS, "carry": True}], ids=["leaky", "lstm"])
def test_the_check_reads_carried_states(layer):
    findings = check(read(network(layer)))
    assert len(findings) > 3 and all(finding.ok for finding in findings)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"bidirectional": True}, "runs backwards too"), ({"inputs": ["x", "begin"]}, 'reads "begin"')],
)
def test_carry_stands_alone(options, message):
    described = network({"type": "gru", "units": UNITS, "carry": True, **options})
    described["inputs"]["begin"] = {"shape": ["B", UNITS]}
    with pytest.raises(SpecError, match=message):
        bpgen.build(described)


def test_a_text_is_cut_into_lanes():
    """Row r of a batch goes on where row r of the batch before ends; the end of the text is held out."""
    shapes = {name: {"shape": ["B", 16], "dtype": "int32", "classes": 96} for name in ("text", "next")}
    layers = [
        {"name": "e", "type": "embedding", "units": 2},
        {"name": "r", "type": "rnn", "units": 2, "carry": True},
        {"name": "head", "type": "linear", "units": 96},
    ]
    loss = {"type": "cross_entropy", "target": "next"}
    description = {"bpgen": 1, "name": "text", "inputs": shapes, "layers": layers, "loss": loss}
    description["optimizer"] = {"type": "sgd", "lr": 0.5}
    net, twin = (bpgen.build(description, target="numpy") for _ in range(2))
    table = load_table("pydoc")
    table = replace(table, text=table.text[: 16 * 40 + 1])
    data = split(table, fit_to(table, net.interface), ordered=bool(net.interface.carried))
    kept = np.concatenate([data.train["text"], data.held_out["text"]]).reshape(-1)
    np.testing.assert_array_equal(kept, table.text[:-1])
    history = net.fit(data, epochs=1, batch_size=5, progress=False)  # 32 rows: 6 batches of 5 lanes
    assert len(history.losses) == 6
    for n, loss in enumerate(history.losses):
        rows = [lane * 6 + n for lane in range(5)]
        assert twin.step({name: array[rows] for name, array in data.train.items()}) == loss
