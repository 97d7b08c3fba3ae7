"""Back-propagation through time by the one rule: against PyTorch's modules, autograd and central differences."""

from __future__ import annotations

import numpy as np
import pytest
from derive_networks import given, network

import bpgen
from bpgen.algebra.evaluate import evaluate
from bpgen.algebra.recurrence import components
from bpgen.algebra.system import REAL, System, verify
from bpgen.derive.derive import derive
from bpgen.derive.partial import partial_derivative
from bpgen.derive.sample import compute
from bpgen.derive.values import Values

torch = pytest.importorskip("torch")

B = 3
SIZES = [(4, 3, 2), (1, 3, 2), (5, 1, 1), (3, 3, 3), (2, 1, 4)]  # steps, inputs, units

RNN = """
h[b, -1, j] = h0[b, j]
h[b, t, j] = tanh(sum[i](x[b, t, i] * W[j, i]) + c[j] + sum[k](h[b, t-1, k] * U[j, k]) + e[j])
L = mean[b, t, j](h[b, t, j] * w[b, t, j])
"""
LSTM = """
h[b, -1, j] = h0[b, j]
c[b, -1, j] = c0[b, j]
z[b, t, g, j] = sum[i](x[b, t, i] * W[g*H + j, i]) + c_[g*H + j] + sum[k](h[b, t-1, k] * U[g*H + j, k]) + e[g*H + j]
c[b, t, j] = sigmoid(z[b, t, 1, j]) * c[b, t-1, j] + sigmoid(z[b, t, 0, j]) * tanh(z[b, t, 2, j])
h[b, t, j] = sigmoid(z[b, t, 3, j]) * tanh(c[b, t, j])
L = mean[b, t, j](h[b, t, j] * w[b, t, j])
"""
GRU = """
h[b, -1, j] = h0[b, j]
u[b, t, g, j] = sum[i](x[b, t, i] * W[g*H + j, i]) + c[g*H + j]
v[b, t, g, j] = sum[k](h[b, t-1, k] * U[g*H + j, k]) + e[g*H + j]
r[b, t, j] = sigmoid(u[b, t, 0, j] + v[b, t, 0, j])
s[b, t, j] = sigmoid(u[b, t, 1, j] + v[b, t, 1, j])
n[b, t, j] = tanh(u[b, t, 2, j] + r[b, t, j] * v[b, t, 2, j])
h[b, t, j] = (1 - s[b, t, j]) * n[b, t, j] + s[b, t, j] * h[b, t-1, j]
L = mean[b, t, j](h[b, t, j] * w[b, t, j])
"""
CELLS = {
    "rnn": (RNN, 1, torch.nn.RNN, {"weight_ih_l0": "W", "weight_hh_l0": "U", "bias_ih_l0": "c", "bias_hh_l0": "e"}),
    "lstm": (LSTM, 4, torch.nn.LSTM, {"weight_ih_l0": "W", "weight_hh_l0": "U", "bias_ih_l0": "c_", "bias_hh_l0": "e"}),
    "gru": (GRU, 3, torch.nn.GRU, {"weight_ih_l0": "W", "weight_hh_l0": "U", "bias_ih_l0": "c", "bias_hh_l0": "e"}),
}


def draw(system: System, seed: int = 0) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(seed)
    return {
        tensor.name: generator.normal(size=[B if extent == "B" else extent for extent in tensor.shape])
        for tensor in system.tensors.values()
        if tensor.role in ("input", "parameter") and tensor.dtype == REAL
    }


def computed(system: System, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    values = Values(B, dict(arrays))
    compute(system.equations, values)
    return values.tensors


@pytest.mark.parametrize("steps, inputs, units", SIZES)
@pytest.mark.parametrize("cell", sorted(CELLS))
def test_cell_is_pytorchs(cell, steps, inputs, units):
    text, gates, kind, names = CELLS[cell]
    rows = gates * units
    tensors = [
        given("x", f"b t:{steps} i:{inputs}"), given("w", f"b t:{steps} j:{units}"), given("h0", f"b j:{units}"),
        given("W", f"g:{rows} i:{inputs}", role="parameter"), given("U", f"g:{rows} k:{units}", role="parameter"),
        given(names["bias_ih_l0"], f"g:{rows}", role="parameter"), given("e", f"g:{rows}", role="parameter"),
    ]  # fmt: skip
    if cell == "lstm":
        tensors.append(given("c0", f"b j:{units}"))
    system = derive(network(text, *tensors, sizes={"H": units, "g": gates} if gates > 1 else {})).system
    arrays = draw(system)
    found = computed(system, arrays)
    module = kind(inputs, units, batch_first=True, dtype=torch.float64)
    module.load_state_dict({name: torch.tensor(arrays[letter]) for name, letter in names.items()})
    leaves = {name: torch.tensor(arrays[name], requires_grad=True) for name in ("x", "h0", "c0") if name in arrays}
    state = leaves["h0"][None] if cell != "lstm" else (leaves["h0"][None], leaves["c0"][None])
    output, _ = module(leaves["x"], state)
    loss = (output * torch.tensor(arrays["w"])).mean()
    loss.backward()
    np.testing.assert_allclose(found["loss"], loss.item(), rtol=1e-12)
    for name, letter in names.items():
        compare(found[f"d.{letter}"], dict(module.named_parameters())[name].grad)
    for name, leaf in leaves.items():
        compare(found[f"d.{name}"], leaf.grad)


def test_two_layers_in_both_directions():
    """nn.LSTM(num_layers=2, bidirectional=True): the layer above reads both directions of the one below."""
    steps, inputs, units = 4, 3, 2
    tensors = [given("x", f"b t:{steps} i:{inputs}"), given("w", f"b t:{steps} m:{2 * units}")]
    lines: list[str] = []
    names = {}
    for layer, (below, index, width) in enumerate([("x", "i", inputs), ("y0", "m", 2 * units)]):
        for suffix, sign in (("", "-"), ("_reverse", "+")):
            n = f"{layer}{suffix[1:2]}"
            sizes = {f"W{n}": f"q:8 i:{width}", f"U{n}": "q:8 k:2", f"c{n}": "q:8", f"e{n}": "q:8"}
            tensors += [given(name, axes, role="parameter") for name, axes in sizes.items()]
            kinds = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            names |= {f"{kind}_l{layer}{suffix}": name for kind, name in zip(kinds, sizes, strict=True)}
            lines += [
                f"z{n}[b, t, g, j] = sum[{index}]({below}[b, t, {index}] * W{n}[2*g + j, {index}]) + c{n}[2*g + j]"
                f" + e{n}[2*g + j] + sum[k](h{n}[b, t{sign}1, k] * U{n}[2*g + j, k])",
                f"s{n}[b, t, j] = sigmoid(z{n}[b, t, 1, j]) * s{n}[b, t{sign}1, j]"
                f" + sigmoid(z{n}[b, t, 0, j]) * tanh(z{n}[b, t, 2, j])",
                f"h{n}[b, t, j] = sigmoid(z{n}[b, t, 3, j]) * tanh(s{n}[b, t, j])",
            ]
        lines.append(f"y{layer}[b, t, m] = h{layer}[b, t, m + 0] if m < 2 else h{layer}r[b, t, m - 2]")
    text = "\n".join([*lines, "L = mean[b, t, m](y1[b, t, m] * w[b, t, m])"])
    system = derive(network(text, *tensors, sizes={"g": 4, "j": 2, "m": 4})).system
    assert [c.backwards for c in components(system.equations)] == [False, True, False, True, True, False, True, False]
    arrays = draw(system)
    found = computed(system, arrays)
    module = torch.nn.LSTM(inputs, units, num_layers=2, bidirectional=True, batch_first=True, dtype=torch.float64)
    module.load_state_dict({name: torch.tensor(arrays[letter]) for name, letter in names.items()})
    x = torch.tensor(arrays["x"], requires_grad=True)
    (module(x)[0] * torch.tensor(arrays["w"])).mean().backward()
    for name, letter in names.items():
        compare(found[f"d.{letter}"], dict(module.named_parameters())[name].grad)
    compare(found["d.x"], x.grad)


def test_the_last_state_of_sequences_of_different_lengths():
    text = "h[b, t, j] = tanh(x[b, t, j] + h[b, t-1, j] / 2)\nh[b, -1, j] = h0[b, j]\n"
    text += "L = mean[b](sum[j](h[b, last[b], j]**2))"
    tensors = [given("x", "b t:5 j:2"), given("h0", "b j:2"), given("last", "b", classes=5)]
    system = derive(network(text, *tensors)).system
    arrays = draw(system) | {"last": np.array([0, 4, 2])}
    x = torch.tensor(arrays["x"], requires_grad=True)
    states = [torch.tensor(arrays["h0"], requires_grad=True)]
    for step in range(5):
        states.append(torch.tanh(x[:, step] + states[-1] / 2))
    (torch.stack([states[1 + last][b] for b, last in enumerate([0, 4, 2])]) ** 2).sum(1).mean().backward()
    found = computed(system, arrays)
    compare(found["d.x"], x.grad)
    compare(found["d.h0"], states[0].grad)


def compare(found, expected) -> None:
    scale = float(expected.abs().max()) or 1.0
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-9, atol=1e-12 * scale)


LINES = {
    "leaky integrator": ("y[b, t] = a * y[b, t-1] + (1 - a) * x[b, t]\ny[b, -1] = s[b]", ""),
    "cumulative product": ("y[b, t] = y[b, t-1] * x[b, t]\ny[b, -1] = 1", ""),
    "backwards": ("y[b, t] = tanh(a * y[b, t+1] + x[b, t])\ny[b, 4] = s[b]", ""),
    "backwards from 0": ("y[b, t] = tanh(a * y[b, t+1] + x[b, t])", ""),
    "lag 2": ("y[b, t] = sin(y[b, t-1] - a * y[b, t-2]) + x[b, t]\ny[b, -1] = s[b]\ny[b, -2] = s[b]**2", ""),
    "lag 2 from one state": ("y[b, t] = sin(y[b, t-1] - a * y[b, t-2]) + x[b, t]\ny[b, -1] = s[b]", ""),
    "lag 3": ("y[b, t] = cos(a * y[b, t-3]) * x[b, t]", ""),
    "two layers": ("v[b, t] = tanh(a * v[b, t-1] + x[b, t])\ny[b, t] = tanh(y[b, t-1] + a * v[b, t])", ""),
    "both directions": (
        "f[b, t] = tanh(a * f[b, t-1] + x[b, t])\ng[b, t] = tanh(a * g[b, t+1] + x[b, t])\ny[b, t] = f[b, t] * g[b, t]",
        "",
    ),
    "mutual": ("v[b, t] = a * y[b, t-1] + x[b, t]\ny[b, t] = tanh(v[b, t]) + y[b, t-1] / 2\ny[b, -1] = s[b]", ""),
    "only the state before": ("v[b, t] = exp(-y[b, t-1]**2)\ny[b, t] = a * v[b, t] * x[b, t]", ""),
    "truncated": ("y[b, t] = a * y[b, t-1] + x[b, t]\ny[b, -1] = stop(s[b])", "s"),
    "maximum": ("y[b, t] = max(a * y[b, t-1], x[b, t])\ny[b, -1] = s[b]", ""),
    "within a softmax": (
        "p[b, t, j] = softmax[j](q[b, t, j])\nq[b, t, j] = x[b, t] * V[j] + sum[k](p[b, t-1, k] * A[k, j])\n"
        "y[b, t] = sum[j](p[b, t, j] * V[j])",
        "",
    ),
}


@pytest.mark.parametrize("name", sorted(LINES))
def test_gradients_are_the_slopes_of_the_brute_force_loss(name):
    text, still = LINES[name]
    if name == "within a softmax":  # one text defines q before p
        first, second, third = text.split("\n")
        text = "\n".join([second, first, third])
    tensors = [
        given("x", "b t:4"), given("s", "b"), given("a", "", role="parameter"),
        given("V", "j:3", role="parameter"), given("A", "k:3 j:3", role="parameter"),
    ]  # fmt: skip
    system = derive(network(text + "\nL = mean[b, t](y[b, t]**2 * (t + 1))", *tensors)).system
    arrays = draw(system, seed=1)
    found = evaluate(system, arrays, B)
    forward = [equation for equation in system.equations if equation.role in ("forward", "loss")]
    assert system.gradients
    for variable, adjoint in system.gradients:
        if variable == still:
            assert not np.any(found[adjoint])
            continue
        slopes = np.zeros(arrays[variable].shape)
        for place in np.ndindex(slopes.shape):
            sides = []
            for step in (1e-5, -1e-5):
                moved = {key: array.copy() for key, array in arrays.items()}
                moved[variable][place] += step
                sides.append(float(evaluate(forward, moved, B)["loss"]))
            slopes[place] = (sides[0] - sides[1]) / 2e-5
        np.testing.assert_allclose(found[adjoint], slopes, rtol=1e-6, atol=1e-8)


def test_adjoints_run_the_other_way_and_weights_are_summed_outside():
    text = "h[b, t, j] = tanh(sum[i](x[b, t, i] * W[j, i]) + sum[k](h[b, t-1, k] * U[j, k]))\n"
    text += "L = mean[b, t, j](h[b, t, j]**2)"
    tensors = [
        given("x", "b t:4 i:3"), given("W", "j:2 i:3", role="parameter"), given("U", "j:2 k:2", role="parameter"),
    ]  # fmt: skip
    system = derive(network(text, *tensors)).system
    forwards, backwards = components(system.equations)
    assert (forwards.names, forwards.backwards) == (("net.z", "net.h"), False)
    assert (backwards.names, backwards.backwards) == (("d.net.h", "d.net.z"), True)
    printed = {equation.tensor.name: str(equation) for equation in system.equations}
    assert printed["d.net.z"] == "d.net.z[b, t, j] = d.net.h[b, t, j] * (1 - net.h[b, t, j]**2)"
    assert printed["d.U"] == "d.U[j, k] = sum[b, i](d.net.z[b, i, j] * net.h[b, i - 1, k])"
    assert printed["d.W"] == "d.W[j, i] = sum[b, k](d.net.z[b, k, j] * x[b, k, i])"


def test_the_initial_states_adjoint_is_that_of_the_first_step():
    tensors = [given("x", "b t:4"), given("s", "b"), given("a", "", role="parameter")]
    system = derive(
        network("y[b, t] = a * y[b, t-1] + x[b, t]\ny[b, -1] = s[b]\nL = mean[b, t](y[b, t]**2)", *tensors)
    ).system
    assert str(system.defining["d.s"]) == "d.s[b] = a * d.net.y[b, 0]"


@pytest.mark.parametrize("of", ["y[b, 3]", "y[b, t]", "mean[t](y[b, t])"])
def test_derivative_of_a_recurrence_inside_a_loss(of):
    """Through time twice, against PyTorch's double backward."""
    outer = "[b, t, r]" if "[b, t]" in of and "mean" not in of else "[b, r]"
    text = f"y[b, t] = tanh(a * y[b, t-1] + x[b, t])\nL = mean{outer}(d({of}, x[b, r])**2)"
    tensors = [given("x", "b t:4"), given("a", "", role="parameter")]
    system = derive(network(text, *tensors, sizes={"r": 4}, differentiate=partial_derivative)).system
    arrays = draw(system)
    found = computed(system, arrays)
    x, a = (torch.tensor(arrays[name], requires_grad=True) for name in ("x", "a"))
    states = [torch.zeros(B, dtype=torch.float64)]
    for step in range(4):
        states.append(torch.tanh(a * states[-1] + x[:, step]))
    y = torch.stack(states[1:], 1)
    parts = {"y[b, 3]": [y[:, 3]], "y[b, t]": list(y.T), "mean[t](y[b, t])": [y.mean(1)]}[of]
    slopes = [torch.autograd.grad(part.sum(), x, create_graph=True)[0] for part in parts]
    loss = (torch.stack(slopes) ** 2).mean()
    loss.backward()
    np.testing.assert_allclose(found["loss"], loss.item(), rtol=1e-12)
    compare(found["d.a"], a.grad)
    compare(found["d.x"], x.grad)


@pytest.mark.parametrize("seed", range(12))
def test_random_recurrences(seed):
    """Several states that read each other at random lags, forwards or backwards, in contractions and beside them."""
    random = np.random.default_rng(seed)
    sign = random.choice(["-", "+"])
    steps, units = int(random.integers(1, 6)), int(random.integers(1, 4))
    names = ["p", "q", "r"][: random.integers(1, 4)]
    lines = []
    for position, name in enumerate(names):
        terms = [f"{names[position - 1]}[b, t, j] / 3" if position else "x[b, t, j]"]
        for other in names:
            lag = int(random.integers(1, 3))
            kind = random.integers(4)
            if kind == 0:
                terms.append(f"sum[k]({other}[b, t{sign}{lag}, k] * U[j, k])")
            elif kind == 1:
                terms.append(f"a * {other}[b, t{sign}{lag}, j]")
            elif kind == 2 and names.index(other) < position:
                terms.append(f"{other}[b, t, j]**2 / 3")
        terms.append(f"{names[-1]}[b, t{sign}1, j] / 2")
        function = random.choice(["tanh", "sigmoid", "sin", "softplus"])
        lines.append(f"{name}[b, t, j] = {function}({' + '.join(terms)})")
        if random.random() < 0.5:
            border = "-1" if sign == "-" else str(steps)
            lines.append(f"{name}[b, {border}, j] = {random.choice(['s[b, j]', '1', '2 * s[b, j]'])}")
    tensors = [
        given("x", f"b t:{steps} j:{units}"), given("s", f"b j:{units}"), given("a", "", role="parameter"),
        given("U", f"j:{units} k:{units}", role="parameter"),
    ]  # fmt: skip
    text = "\n".join([*lines, f"L = mean[b, t, j]({names[-1]}[b, t, j]**2)"])
    system = derive(network(text, *tensors)).system  # with its checks against central differences
    verify(system)
    arrays = draw(system)
    brute, vectorised = evaluate(system, arrays, B), computed(system, arrays)
    for name, value in brute.items():
        np.testing.assert_allclose(vectorised[name], value, rtol=1e-9, atol=1e-12)


def test_a_recurrences_derivation_prints():
    text = "h[b, -1, j] = h0[b, j]\nh[b, t, j] = tanh(x[b, t, j] + sum[k](h[b, t-1, k] * U[j, k]))"
    layer = {"name": "cell", "type": "equation", "inputs": ["x", "h0"], "parameters": {"U": {}}}
    model = {
        "bpgen": 1, "name": "rnn",
        "inputs": {"x": {"shape": ["B", 5, 2]}, "h0": {"shape": ["B", 2]}, "t": {"shape": ["B", 5, 2]}},
        "layers": [layer | {"equation": text + "\ny[b, t, j] = h[b, t, j]"}],
        "loss": {"type": "mse", "target": "t"},
    }  # fmt: skip
    proof = bpgen.derive(bpgen.load(model))
    assert "d.cell.h_before[b, t, j] = sum[i](d.cell.z[b, t, i] * cell.U[i, j])" in proof.text()
    for notation in ("index", "matrix"):
        latex = proof.latex(notation=notation)
        assert r"h^{(1)}_{\mathrm{before},btj}" in latex
        assert r"h^{(1)}_{b,t-1,j}" in latex


@pytest.mark.parametrize("layer", ["rnn", "gru", "lstm"])
def test_a_sum_that_comes_from_behind_the_steps_is_an_adjoint_of_its_own(layer):
    """It is summed once, before them: written out in a step it would need another name."""
    label = {"shape": ["B", 5], "dtype": "int32", "classes": 3}
    layers = [{"name": "token", "type": "embedding", "input": "x", "units": 4},
              {"name": "body", "type": layer, "units": 6}, {"name": "head", "type": "linear", "units": 3}]  # fmt: skip
    description = {"bpgen": 1, "name": "letters", "inputs": {"x": label, "t": label}, "layers": layers,
                   "loss": {"type": "cross_entropy", "target": "t"}}  # fmt: skip
    system = bpgen.derive(description).derivation.system
    assert "d.body" in system.defining["d.body.h"].reads
