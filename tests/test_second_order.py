"""Derivatives inside equations, d(u, x): second-order losses against PyTorch's double backward, in float64."""

import numpy as np
import pytest
import torch

import bpgen
from bpgen.algebra.errors import SpecError

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
