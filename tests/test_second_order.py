"""Derivatives inside equations, d(u, x): second-order losses against PyTorch's double backward, in float64."""

import numpy as np
import pytest
import torch

import bpgen
from bpgen.algebra.errors import SpecError
from bpgen.spec.system import build_system

F64 = torch.float64


def description(loss: str, *, units: int = 4, outputs: int = 1, width: int = 3, **inputs: object) -> dict:
    return {
        "bpgen": 1,
        "name": "second",
        "inputs": {"x": {"shape": ["B", width]}, **inputs},
        "layers": [
            {"name": "h", "type": "linear", "units": units, "activation": "tanh"},
            {"name": "u", "type": "linear", "units": outputs},
        ],
        "loss": {"type": "equation", "equation": loss},
    }


def torch_network(net) -> dict[str, torch.Tensor]:
    arrays = {name: np.array(value) for name, value in net.parameters.items()}
    return {name: torch.tensor(value, dtype=F64, requires_grad=True) for name, value in arrays.items()}


def forward(p: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    return torch.tanh(x @ p["h.weight"].T + p["h.bias"]) @ p["u.weight"].T + p["u.bias"]


def compare(model: dict, judge, *, target: str = "numpy", batch: int = 5, **more: np.ndarray) -> None:
    net = bpgen.build(bpgen.load(model), target=target, dtype="float64")
    width = model["inputs"]["x"]["shape"][1]
    x = np.random.default_rng(3).normal(size=(batch, width))
    loss, gradients = net.gradients(x=x, **more)
    parameters = torch_network(net)
    at = torch.tensor(x, requires_grad=True)
    expected = judge(parameters, at, **{name: torch.tensor(value) for name, value in more.items()})
    assert loss == pytest.approx(expected.item(), rel=1e-10)
    wanted = torch.autograd.grad(expected, list(parameters.values()), allow_unused=True)
    scale = max(float(g.abs().max()) for g in wanted if g is not None)
    for name, value in zip(parameters, wanted, strict=True):
        reference = np.zeros_like(gradients[name]) if value is None else value.numpy()
        assert np.abs(gradients[name] - reference).max() <= 1e-9 * scale, name


def by_input(u: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    return torch.autograd.grad(u.sum(), x, create_graph=True)[0]


@pytest.mark.parametrize("target", ["numpy", "c"])
def test_physics_informed_loss_with_second_derivative(target):
    model = description(
        """
        v[b] = d(u[b, 0], x[b, 0])
        r[b] = d(v[b], x[b, 0]) + pi**2 * sin(pi * x[b, 0])
        L = mean[b](r[b]**2)
        """,
        width=1,
    )

    def judge(p, x):
        second = by_input(by_input(forward(p, x), x), x)
        return ((second + torch.pi**2 * torch.sin(torch.pi * x)) ** 2).mean()

    compare(model, judge, target=target)


def test_gradient_penalty():
    model = description("L = mean[b]((sqrt(sum[i](d(u[b, 0], x[b, i])**2)) - 1)**2)")
    compare(model, lambda p, x: ((by_input(forward(p, x), x).norm(dim=1) - 1) ** 2).mean())


@pytest.mark.parametrize("outputs", [1, 3, 4])
def test_jacobian_of_several_outputs(outputs):
    model = description("L = mean[b](sum[o, i](d(u[b, o], x[b, i])**2 * (o + 1)))", outputs=outputs)

    def judge(p, x):
        u = forward(p, x)
        return sum((o + 1) * (by_input(u[:, o], x) ** 2).sum() for o in range(outputs)) / len(x)

    compare(model, judge)


def test_hessian_vector_product():
    model = description(
        """
        e = mean[b, o]((u[b, o] - t[b, o])**2)
        L = sum[p, i](d(e, h.weight[p, i]) * v[p, i])
        """,
        outputs=2,
        t={"shape": ["B", 2]},
        v={"shape": [4, 3]},
    )
    t, v = np.random.default_rng(4).normal(size=(5, 2)), np.random.default_rng(5).normal(size=(4, 3))

    def judge(p, x, t, v):
        e = ((forward(p, x) - t) ** 2).mean()
        return (torch.autograd.grad(e, p["h.weight"], create_graph=True)[0] * v).sum()

    compare(model, judge, t=t, v=v)


def test_per_sample_gradients_need_no_further_batch_axis():
    text = """
        e[b] = sum[o]((u[b, o] - t[b, o])**2)
        G[b, p, i] = d(e[b], h.weight[p, i])
        L = mean[b](sum[p, i](G[b, p, i]**2))
        """
    model = description(text, outputs=2, t={"shape": ["B", 2]})
    t = np.random.default_rng(4).normal(size=(5, 2))

    def judge(p, x, t):
        total = torch.zeros((), dtype=F64)
        for n in range(len(x)):
            e = ((forward(p, x[n : n + 1]) - t[n]) ** 2).sum()
            total = total + (torch.autograd.grad(e, p["h.weight"], create_graph=True)[0] ** 2).sum()
        return total / len(x)

    compare(model, judge, t=t)
    tensors = bpgen.derive(bpgen.load(model)).derivation.system.tensors.values()
    assert max(tensor.shape.count("B") for tensor in tensors) == 1


def test_samples_that_meet_still_have_their_derivative():
    """A mean over the batch: the derivative of one row by another is not 0."""
    model = description("m[b] = u[b, 0] - mean[a](u[a, 0])\nL = mean[b](d(m[b]**2, x[b, 0])**2)")

    def judge(p, x):
        u = forward(p, x)[:, 0]
        m = (u - u.mean()) ** 2
        rows = [torch.autograd.grad(m[n], x, create_graph=True)[0][n, 0] for n in range(len(x))]
        return torch.stack(rows).square().mean()

    compare(model, judge)


def test_derivative_by_itself_and_by_what_does_not_matter():
    compare(description("L = mean[b](d(x[b, 0], x[b, 0]) * u[b, 0])"), lambda p, x: forward(p, x).mean())
    compare(
        description("L = mean[b](u[b, 0] + d(x[b, 0]**2, h.bias[0]))"), lambda p, x: forward(p, x).mean()
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code", "column"),
    [
        ("L = mean[b](d(u[b, 0], x[b, 0] + 1) * label[b])", "derivative-variable", 24),
        ("L = mean[b](d(u[b, 0]) * label[b])", "argument-count", 13),
        ("L = mean[b](d(u[b, 0], q[b, 0]) * label[b])", "unknown-tensor", 24),
        ("L = mean[b](d(u[b, 0], label[b]) + label[b])", "derivative-variable", 24),
    ],
)
def test_what_cannot_be_differentiated_is_refused_at_its_place(text, code, column):
    model = description(text, label={"shape": ["B"], "dtype": "int32", "classes": 3})
    with pytest.raises(SpecError) as raised:
        bpgen.load(model)
    (found,) = raised.value.diagnostics
    assert found.code == code
    assert found.position is not None and found.position.column == column


def recurrent_penalty(layer: dict, loss: str) -> dict:
    return {
        "bpgen": 1, "name": "through_time", "inputs": {"x": {"shape": ["B", 3, 2]}},
        "layers": [{"name": "h", "input": "x", **layer}], "loss": {"type": "equation", "equation": loss},
    }  # fmt: skip


@pytest.mark.parametrize("target", ["numpy", "c"])
@pytest.mark.parametrize("kind", ["rnn", "lstm"])
def test_a_gradient_penalty_through_time_keeps_the_samples_apart(kind, target):
    loss = "g[b, t, i] = d(h[b, 2, 0]**2 + h[b, 2, 1], x[b, t, i])\nL = mean[b](sum[t, i](g[b, t, i]**2))"
    net = bpgen.build(recurrent_penalty({"type": kind, "units": 2}, loss), target=target, dtype="float64")
    peer = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM}[kind](2, 2, batch_first=True).double()
    peer.load_state_dict({name.removeprefix("h."): torch.tensor(v) for name, v in net.state_dict().items()})
    x = torch.tensor(np.random.default_rng(0).normal(size=(4, 3, 2)), requires_grad=True)
    found = peer(x)[0]
    expected = (by_input(found[:, 2, 0] ** 2 + found[:, 2, 1], x) ** 2).sum((1, 2)).mean()
    expected.backward()
    value, gradients = net.gradients(x=x.detach().numpy())
    assert value == pytest.approx(expected.item(), rel=1e-10)
    for name, parameter in peer.named_parameters():
        np.testing.assert_allclose(gradients[f"h.{name}"], parameter.grad.numpy(), 1e-9, 1e-13)


@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
def test_no_adjoint_of_a_recurrence_has_two_batch_axes(kind):
    loss = "L = mean[b](sum[t, i](d(h[b, 2, 0], x[b, t, i])**2))"
    system = build_system(bpgen.load(recurrent_penalty({"type": kind, "units": 2}, loss)))
    assert any(".d.h." in name for name in system.tensors)
    assert all(tensor.shape.count("B") < 2 for tensor in system.tensors.values())


def test_samples_that_meet_in_a_recurrence_keep_their_axis():
    """The mean over the batch at each step: the derivative of one sample's state by another's input is not 0."""
    layer = {"type": "equation", "equation": """
    m[t] = mean[b](x[b, t, 0])
    y[b, t, j] = tanh(x[b, t, j] + m[t] * y[b, t - 1, j])
    """}  # fmt: skip
    model = recurrent_penalty(layer, "L = mean[b](sum[t, i](d(h[b, 2, 1], x[b, t, i])**2))")
    x = torch.tensor(np.random.default_rng(0).normal(size=(3, 3, 2)), requires_grad=True)
    state = torch.zeros(3, 2, dtype=F64)
    for t in range(3):
        state = torch.tanh(x[:, t] + x[:, t, 0].mean() * state)
    slopes = [torch.autograd.grad(state[b, 1], x, retain_graph=True)[0][b] for b in range(3)]
    expected = sum((slope**2).sum().item() for slope in slopes) / 3
    assert bpgen.build(model, target="numpy", dtype="float64").loss(x=x.detach().numpy()) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("first", "last", "message", "place"),
    [
        ("x[b, t, j] + d(x[b, t, j]**2, x[b, t, j])", "h[b, t, j]", "within a recurrence", (2, 44)),
        ("x[b, t, j]", "d(h[b, t, j]**2, h[b, t, j])", "depend on each other through time", (3, 31)),
    ],
)
def test_derivatives_that_recurrences_refuse_say_where(first, last, message, place):
    text = f"\nh[b, t, j] = h[b, t - 1, j] + {first}\ny[b, t, j] = {last}\n"
    layer = {"type": "equation", "equation": text}
    with pytest.raises(SpecError, match=message) as raised:
        bpgen.load(recurrent_penalty(layer, "L = mean[b, t, j](h[b, t, j])"))
    (found,) = raised.value.diagnostics
    assert found.position is not None and (found.position.line, found.position.column) == place
