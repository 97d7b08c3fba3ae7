"""Random networks: C and NumPy against the brute-force evaluator, element by element, in float64.

Layers of many kinds in random order, equations of one's own among them; losses and optimisers at random.
"""

from __future__ import annotations

import random

import numpy as np
import pytest

import bpgen
from bpgen.algebra.evaluate import evaluate
from bpgen.run.samples import random_inputs

ACTIVATIONS = ["relu", "leaky_relu", "prelu", "elu", "selu", "gelu", "silu", "sigmoid", "tanh", "softplus", "softsign",
               "hardtanh", "mish", "softmax", "log_softmax"]  # fmt: skip
EQUATIONS = [
    ("y[b, k] = sum[i, j](x[b, i]*W[k, i, j]*x[b, j]) + c[k]", "Wc"),
    ("v[b, k] = sum[i](V[k, i]*x[b, i])\ng[b, k] = sigmoid(sum[i](G[k, i]*x[b, i]) + c[k])\ny[b, k] = v[b, k]*g[b, k]",
     "VGc"),
    ("y[b, k] = -sum[i]((x[b, i] - M[k, i])**2)", "M"),
    ("m[b] = mean[i](x[b, i])\nv[b] = mean[i]((x[b, i] - m[b])**2)\nn[b, i] = (x[b, i] - m[b])/sqrt(v[b] + 1e-5)\n"
     "y[b, k] = sum[i](n[b, i]*g[i]*W[k, i])", "gW"),
    ("y[b, k] = max[i](x[b, i] + W[k, i])", "W"),
    ("y[b, k] = logsumexp[i](x[b, i]*W[k, i])", "W"),
    ("y[b, k] = prod[i](x[b, i]*W[k, i] + 1)", "W"),
    ("y[b, k] = min[i](x[b, i]*W[k, i])", "W"),
    ("p[b, i] = softmax[i](x[b, i])\ny[b, k] = sum[i](p[b, i]*W[k, i]) if k <= 100", "W"),
    ("u[b, k] = sum[i](W[k, i]*x[b, i])\ny[b, k] = u[b, k]/(1 + sqrt(sum[j](u[b, j]**2) + 1/10))", "W"),
    ("y[b, k] = sum[i](abs(x[b, i])*W[k, i]) + where(c[k] > 0, c[k], 0)", "Wc"),
    ("y[b, k] = sum[i](min(x[b, i], W[k, i])) + clip(c[k], -1/2, 1/2)", "Wc"),
    ("s[i, j] = sum[b](x[b, i]*x[b, j])/B\ny[b, k] = sum[i, j](x[b, i]*s[i, j]*W[k, j])", "W"),
    ("q[b, c] = sum[i](x[b, i]*x[c, i])\na[b, c] = softmax[c](q[b, c])\ny[b, k] = sum[c, i](a[b, c]*x[c, i]*W[k, i])",
     "W"),
]  # fmt: skip
OPTIMIZERS = [
    {"type": "sgd", "lr": 0.01}, {"type": "sgd", "lr": 0.01, "momentum": 0.9, "nesterov": True}, {"type": "adam"},
    {"type": "adamw", "weight_decay": 0.1},
]  # fmt: skip


def network(choose: random.Random) -> dict:
    """A description, any two layers of which may be joined."""
    width = {"x": choose.choice([1, 2, 3, 4, 5])}
    layers = []
    for number in range(choose.randint(1, 4)):
        layers.append(layer(f"l{number}", choose, width))
    output = layers[-1]["name"]
    kind = choose.choice(["mse", "mae", "huber", "bce_with_logits", "bce", "cross_entropy", "distribution"])
    target = {"shape": ["B", width[output]]}
    loss = {"type": kind, "target": "t", "input": output}
    if kind == "cross_entropy":
        target = {"shape": ["B"], "dtype": "int32", "classes": width[output]}
        loss["label_smoothing"] = choose.choice([0.0, 0.1])
    elif kind == "distribution":
        loss["type"] = "cross_entropy"
        target["facts"] = choose.choice([[], ["sums_to_one"]])
    elif kind == "bce":
        layers.append({"name": "squash", "type": "sigmoid"})
        loss["input"] = "squash"
    return {
        "bpgen": 1, "name": "random", "inputs": {"x": {"shape": ["B", width["x"]]}, "t": target}, "layers": layers,
        "loss": loss, "optimizer": choose.choice(OPTIMIZERS),
    }  # fmt: skip


def layer(name: str, choose: random.Random, width: dict[str, int]) -> dict:
    source = choose.choice(list(width)[-2:])
    pairs = [(a, b) for a in width for b in width if a < b and width[a] == width[b]]
    kind = choose.choice(["linear", "linear", "equation", "equation", "activation", "join"])
    if kind == "linear":
        width[name] = choose.choice([1, 2, 3, 4, 17, 20])
        made = {"name": name, "type": "linear", "input": source, "units": width[name], "bias": choose.random() < 0.8}
        activation = choose.choice([*ACTIVATIONS, None])
        return made | ({"activation": activation} if activation else {})
    if kind == "equation":
        text, names = choose.choice(EQUATIONS)
        width[name] = choose.choice([1, 2, 3])
        parameters = {parameter: {"init": "normal"} for parameter in names}
        return {"name": name, "type": "equation", "input": source, "equation": text, "sizes": {"k": width[name]},
                "parameters": parameters}  # fmt: skip
    if kind == "join" and pairs:
        first, second = choose.choice(pairs)
        width[name] = width[first]
        return {"name": name, "type": choose.choice(["add", "multiply"]), "inputs": [first, second]}
    width[name] = width[source]
    return {"name": name, "type": choose.choice(ACTIVATIONS), "input": source}


def assert_close(found, expected, what, tolerance=1e-9):
    scale = max(1e-6, float(np.abs(expected).max(initial=0)))
    assert np.abs(np.asarray(found) - expected).max(initial=0) <= tolerance * scale, what


@pytest.mark.parametrize("seed", range(16))
def test_random_network(seed):
    choose = random.Random(seed)
    model = bpgen.load(network(choose))
    batch = choose.choice([1, 2, 3, 5])
    system = bpgen.derive(model).derivation.system
    steps = []
    state = None
    for target in ("numpy", "c"):
        net = bpgen.build(model, target=target, dtype="float64")
        if state is None:
            net.init(seed)
            state = net.state_dict()
        net.load_state_dict(state)
        inputs = random_inputs(net.interface, batch, np.random.default_rng(seed), low=0.1)
        known = evaluate([e for e in system.equations if e.role != "update"], {**state, **inputs}, batch)
        names = [*net.parameters, "x"]
        loss, gradients = net.gradients(inputs, wrt=names)
        assert_close(loss, known["loss"], f"{target}: loss")
        assert_close(net.loss(inputs), known["loss"], f"{target}: loss alone")
        for name in names:
            expected = known.get("d." + name, np.zeros_like(gradients[name]))
            assert_close(gradients[name], expected, f"{target}: d.{name}")
        for name, gradient in net.gradients(inputs)[1].items():
            assert_close(gradient, gradients[name], f"{target}: d.{name}, without the inputs'")
        steps.append([net.step(inputs) for _ in range(4)] if "step" in net._entries else [])
    assert_close(steps[1], np.array(steps[0]), "steps", 1e-8)


@pytest.mark.parametrize("target", ["numpy", "c"])
def test_a_product_over_an_axis(target):
    # The tensor of the others' products has an axis more: two axes once had one name.
    torch = pytest.importorskip("torch")
    layer = {"name": "p", "type": "equation", "equation": "y[b, k] = prod[i](x[b, i]*W[k, i] + 1)", "sizes": {"k": 3},
             "parameters": {"W": {"init": "normal"}}}  # fmt: skip
    inputs = {"x": {"shape": ["B", 5]}, "y": {"shape": ["B", 3]}}
    net = bpgen.build(
        {"bpgen": 1, "name": "products", "inputs": inputs, "layers": [layer], "loss": {"type": "mse", "target": "y"}},
        target=target, dtype="float64",
    )  # fmt: skip
    x, y = np.random.default_rng(0).random((4, 5)), np.zeros((4, 3))
    w, a = torch.tensor(net.state_dict()["p.W"], requires_grad=True), torch.tensor(x, requires_grad=True)
    ((a[:, None] * w + 1).prod(2) ** 2).mean().backward()
    _, gradients = net.gradients(x=x, y=y, wrt=["p.W", "x"])
    assert_close(gradients["p.W"], w.grad.numpy(), "W")
    assert_close(gradients["x"], a.grad.numpy(), "x")


@pytest.mark.parametrize("target", ["numpy", "c"])
def test_an_argmax_may_be_an_index(target):
    layer = {"name": "l", "type": "equation", "equation": "a[b] = argmax[j](x[b, j])\ny[b, k] = x[b, a[b]]*x[b, k]"}
    net = bpgen.build(
        {"bpgen": 1, "name": "chosen", "inputs": {"x": {"shape": ["B", 3]}}, "layers": [layer]},
        target=target, dtype="float64",
    )  # fmt: skip
    x = np.random.default_rng(0).normal(size=(5, 3))
    np.testing.assert_allclose(net.forward(x=x), x.max(axis=1, keepdims=True) * x, rtol=1e-14)
