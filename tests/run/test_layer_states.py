"""States of layers, and what training and inference make of one network."""

from __future__ import annotations

import numpy as np
import pytest

import bpgen
from bpgen.checking import check
from bpgen.run.fit import evaluate

torch = pytest.importorskip("torch")
TARGETS = ("numpy", "c")
SHAPES = [(4,), (3, 5), (2, 3, 4)]
RATE = 0.05


def normalised(shape, **more):
    return {
        "bpgen": 1, "name": "normalised",
        "inputs": {"x": {"shape": ["B", *shape]}, "y": {"shape": ["B", *shape]}},
        "layers": [
            {"name": "bn", "type": "batchnorm", "activation": "tanh"},
            {"name": "again", "type": "batchnorm", "momentum": 0.3, "affine": False},
        ],
        "loss": {"type": "mse", "target": "y"}, "optimizer": {"type": "sgd", "lr": RATE}, **more,
    }  # fmt: skip


class Reference(torch.nn.Module):
    def __init__(self, shape):
        super().__init__()
        make = torch.nn.BatchNorm2d if len(shape) == 3 else torch.nn.BatchNorm1d
        self.bn, self.again = make(shape[0]), make(shape[0], momentum=0.3, affine=False)

    def forward(self, x):
        return self.again(torch.tanh(self.bn(x)))


def drawn(shape, rows=6, seed=1):
    generator = np.random.default_rng(seed)
    return {"x": generator.normal(1.0, 2.0, (rows, *shape)), "y": generator.normal(size=(rows, *shape))}


def close(found, expected):
    np.testing.assert_allclose(found, np.asarray(expected.detach()), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_running_statistics_follow_pytorch(shape, target):
    net, module = bpgen.build(normalised(shape), target, "float64"), Reference(shape).double()
    module.bn.weight.data.uniform_(0.5, 1.5)
    net.load_state_dict(module.state_dict())  # num_batches_tracked is passed over
    descent = torch.optim.SGD(module.parameters(), lr=RATE)
    for seed in range(3):
        given = drawn(shape, 6 - seed, seed)
        x, y = (torch.tensor(given[name]) for name in ("x", "y"))
        descent.zero_grad()
        loss = torch.nn.functional.mse_loss(module(x), y)
        loss.backward()
        descent.step()
        assert net.step(given) == pytest.approx(loss.item(), rel=1e-9)
    for name, value in module.state_dict().items():
        if "num_batches" not in name:
            close(net.state_dict()[name], value)
    module.eval()
    given = drawn(shape, seed=7)
    close(net.forward(x=given["x"]), module(torch.tensor(given["x"])))
    expected = torch.nn.functional.mse_loss(module(torch.tensor(given["x"])), torch.tensor(given["y"]))
    assert net.loss(given) == pytest.approx(expected.item(), rel=1e-9)


@pytest.mark.parametrize("target", TARGETS)
def test_one_row_leaves_finite_statistics(target):
    net = bpgen.build(normalised((4,)), target, "float64")
    net.step(drawn((4,), 1))
    assert all(np.isfinite(view).all() for view in net.states.values())


def test_only_a_step_moves_states():
    net, given = bpgen.build(normalised((4,)), "numpy"), {n: a.astype("f") for n, a in drawn((4,)).items()}
    before = {name: view.copy() for name, view in net.states.items()}
    net.forward(x=given["x"])
    net.loss(given)
    net.gradients(given)
    net.gradients(given, wrt=["x"])
    assert all(np.array_equal(net.states[name], view) for name, view in before.items())
    net.step(given)
    assert not any(np.array_equal(net.states[name], view) for name, view in before.items() if "running" in name)


def test_states_begin_as_described_and_again_with_init():
    net, given = bpgen.build(normalised((4,)), "numpy", "float64"), drawn((4,))
    net.step(given)
    net.reset_optimizer()
    assert net.states["bn.running_mean"].any()
    net.init()
    assert not net.states["bn.running_mean"].any() and (net.states["bn.running_var"] == 1).all()


@pytest.mark.parametrize("target", TARGETS)
def test_a_checkpoint_goes_on_bit_for_bit(tmp_path, target):
    described = normalised((4,), optimizer={"type": "adam", "lr": 0.01})
    net, other = (bpgen.build(described, target) for _ in range(2))
    batches = [{n: a.astype("f") for n, a in drawn((4,), seed=n).items()} for n in range(4)]
    net.step(batches[0])
    net.save(tmp_path / "run.safetensors")
    other.init(9)
    other.restore(tmp_path / "run.safetensors")
    assert [net.step(batch) for batch in batches] == [other.step(batch) for batch in batches]
    assert all(np.array_equal(view, other.states[name]) for name, view in net.states.items())


def test_a_checkpoint_has_states_under_the_names_of_pytorch(tmp_path):
    from safetensors.numpy import load_file

    net = bpgen.build(normalised((4,)), "numpy")
    net.save(tmp_path / "run.safetensors")
    assert {"bn.weight", "bn.running_mean", "bn.running_var"} <= set(load_file(tmp_path / "run.safetensors"))


def test_a_state_that_is_missing_is_said():
    net = bpgen.build(normalised((4,)), "numpy")
    state = net.state_dict()
    del state["bn.running_var"]
    with pytest.raises(bpgen.ArrayError, match=r"missing: bn\.running_var"):
        net.load_state_dict(state)
    with pytest.raises(bpgen.ArrayError, match=r"unexpected: fc\.num_batches_tracked"):
        net.load_state_dict(net.state_dict() | {"fc.num_batches_tracked": np.zeros(())})


def test_validation_is_inference():
    net, given = bpgen.build(normalised((4,)), "numpy", "float64"), drawn((4,))
    history = net.fit(given, validation=given, epochs=2, batch_size=3, progress=False)
    loss, _ = evaluate(net, given)
    assert history.epochs[-1].validation_loss == loss == pytest.approx(net.loss(given), rel=1e-12)
    assert abs(loss - net.gradients(given)[0]) > 1e-6


def test_without_an_optimizer_there_is_no_step():
    described = normalised((4,))
    del described["optimizer"]
    net = bpgen.build(described, "numpy", "float64")
    assert [entry.name for entry in net.interface.entries] == ["forward", "loss", "gradients", "input_gradients"]
    with pytest.raises(bpgen.ArrayError, match="optimizer"):
        net.step(drawn((4,)))


@pytest.mark.parametrize("layers", [
    [{"name": "bn", "type": "batchnorm"}],
    [{"name": "fc", "type": "linear", "units": 4}, {"name": "bn", "type": "batchnorm"},
     {"name": "drop", "type": "dropout", "p": 0.4}],
    [{"name": "fc", "type": "linear", "units": 4, "activation": "tanh"}, {"name": "drop", "type": "dropout"}],
    [{"name": "drop", "type": "dropout"}],
])  # fmt: skip
def test_check_judges_the_training_gradient_by_the_training_loss(layers):
    described = normalised((4,), layers=layers)
    findings = check(bpgen.load(described), "numpy")
    assert findings and all(finding.ok for finding in findings)


DECAYING = """
seen_next[i] = keep * seen[i] + (1 - keep) * mean[b](x[b, i])
y[b, i] = x[b, i] - (seen_next[i] if training else seen[i])
"""


@pytest.mark.parametrize("target", TARGETS)
def test_a_state_of_ones_own(target):
    """Its next value may be part of the layer; then it is computed in gradients too."""
    described = normalised((4,))
    described["layers"] = [
        {"name": "own", "type": "equation", "equation": DECAYING, "states": {"seen": {"init": "ones"}},
         "parameters": {"keep": {"init": {"type": "constant", "value": 0.75}, "shape": []}}},
    ]  # fmt: skip
    net, given = bpgen.build(described, target, "float64"), drawn((4,))
    following = 0.75 + 0.25 * given["x"].mean(0)
    expected = ((given["x"] - following - given["y"]) ** 2).mean()
    loss, gradients = net.gradients(given)
    assert loss == pytest.approx(expected, rel=1e-12)
    slope = 2 * (given["x"] - following - given["y"]) / given["x"].size
    assert gradients["own.keep"] == pytest.approx(-(slope * (1 - given["x"].mean(0))).sum(), rel=1e-9)
    np.testing.assert_array_equal(net.forward(x=given["x"]), given["x"] - 1)
    net.step(given)
    np.testing.assert_allclose(net.states["own.seen"], following, rtol=1e-12)


def test_what_no_mode_changes_is_computed_once():
    from bpgen.spec.system import build_system

    described = normalised((4,))
    described["layers"] = [{"name": "fc", "type": "linear", "units": 4}, {"name": "drop", "type": "dropout"}]
    system = build_system(bpgen.load(described))
    assert dict(system.inference)["drop"] == "fc"
    assert [e.tensor.name for e in system.equations if e.role == "inference"] == ["loss.inference"]


def test_a_recurrence_behind_dropout_is_built_for_both():
    from bpgen.algebra.evaluate import evaluate as element_by_element
    from bpgen.spec.system import build_system

    described = {
        "bpgen": 1, "name": "net", "inputs": {"x": {"shape": ["B", 4, 2]}},
        "layers": [
            {"name": "drop", "type": "dropout"},
            {"name": "h", "type": "equation", "equation": "y[b, t, j] = x[b, t, j] + y[b, t - 1, j] / 2"},
        ],
    }  # fmt: skip
    system = build_system(bpgen.load(described))
    assert system.inference == (("h", "h.inference"),)
    assert "h.inference" in system.defining["h.inference"].reads
    x = drawn((4, 2), 2)["x"]
    found = element_by_element(system, {"x": x, "seed": 0.0, "t": 0.0}, 2)["h.inference"]
    for t in range(4):
        np.testing.assert_allclose(found[:, t], x[:, t] + (found[:, t - 1] / 2 if t else 0), rtol=1e-12)


@pytest.mark.parametrize("target", TARGETS)
def test_a_loss_may_say_what_it_is_while_training(target):
    equation = "L = mean[b, i]((fc[b, i] - y[b, i])**2) + (mean[b, i](fc[b, i]**2) if training else 0)"
    net = bpgen.build(
        {
            "bpgen": 1, "name": "penalised",
            "inputs": {"x": {"shape": ["B", 3]}, "y": {"shape": ["B", 2]}},
            "layers": [{"name": "fc", "type": "linear", "units": 2, "input": "x"}],
            "loss": {"type": "equation", "equation": equation},
        }, target, "float64",
    )  # fmt: skip
    x, y = np.random.default_rng(0).normal(size=(4, 3)), np.zeros((4, 2))
    found = net.forward(x=x)
    assert net.loss(x=x, y=y) == pytest.approx(np.mean(found**2))
    loss, gradients = net.gradients(x=x, y=y)
    assert loss == pytest.approx(2 * np.mean(found**2))
    np.testing.assert_allclose(gradients["fc.bias"], found.sum(axis=0) / 2)


@pytest.mark.parametrize("target", TARGETS)
def test_batchnorm_of_a_single_value_is_its_bias(target):
    net = bpgen.build(normalised((3,)), target, "float64")
    net.parameters["bn.bias"] = np.array([1.0, -2.0, 0.5])
    given = drawn((3,), rows=1)
    assert net.step(given) == pytest.approx(np.mean(given["y"] ** 2))  # the second one makes 0 of it
    np.testing.assert_array_equal(net.states["bn.running_var"], [0.9, 0.9, 0.9])
