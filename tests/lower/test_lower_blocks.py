"""Attention by blocks of queries: no more memory than grows with the length, and PyTorch's values and gradients."""

import numpy as np
import pytest
import torch

import bpgen
from bpgen.api import lower
from bpgen.lower import block, masked, region
from bpgen.lower.rewrite import reduction
from bpgen.lower.schedule import Repeat

WIDTH = 8


def network(length, keys, heads, kind):
    causal, cross, mask = (word in kind for word in ("causal", "cross", "mask"))
    inputs = {"x": {"shape": ["B", length, WIDTH]}, "y": {"shape": ["B", length, WIDTH]}}
    inputs |= {"c": {"shape": ["B", keys, WIDTH]}} if cross else {}
    inputs |= {"k": {"shape": ["B", keys], "facts": ["mask"]}} if mask else {}
    layer = {"name": "a", "type": "attention", "heads": heads, "causal": causal, "mask": mask}
    read = [name for name in inputs if name != "y"]
    return bpgen.load({
        "bpgen": 1, "name": "net1", "inputs": inputs, "layers": [layer | {"inputs": read}],
        "loss": {"type": "mse", "target": "y"}, "optimizer": {"type": "sgd", "lr": 0.1},
    })  # fmt: skip


def attended(operands, seen, parameters, heads):
    """The layer, from its parameters; seen: whether a query of a row sees a key."""
    x, c = operands
    weight, bias = parameters["a.in_proj_weight"], parameters["a.in_proj_bias"]
    parts = (
        [weight[n * WIDTH : (n + 1) * WIDTH] for n in range(3)],
        [bias[n * WIDTH : (n + 1) * WIDTH] for n in range(3)],
    )
    query, key, value = (
        (source @ w.T + b).reshape(len(x), -1, heads, WIDTH // heads).transpose(1, 2)
        for source, w, b in zip((x, c, c), *parts, strict=True)
    )
    scores = query @ key.transpose(2, 3) / (WIDTH // heads) ** 0.5
    scores = scores.masked_fill(~seen[:, None], -torch.inf)
    together = (scores.softmax(-1) @ value).transpose(1, 2).reshape(x.shape)
    return together @ parameters["a.out_proj.weight"].T + parameters["a.out_proj.bias"]


@pytest.mark.parametrize("target", ["c", "numpy"])
@pytest.mark.parametrize(
    ("case", "rows"),
    [
        ((40, 40, 2, "causal"), 32),
        ((70, 70, 1, "self"), 32),
        ((65, 31, 4, "cross"), 32),
        ((67, 67, 2, "causal mask"), 8),
        ((48, 48, 1, "causal"), 4),
    ],
)
def test_blocks_have_the_values_and_gradients_of_the_whole(case, rows, target, monkeypatch, tmp_path):
    monkeypatch.setattr(region, "LARGE", 1000)
    monkeypatch.setattr(block, "ROWS", rows)
    monkeypatch.setattr(masked, "COLUMNS", rows)
    monkeypatch.setenv("BPGEN_CACHE_DIR", str(tmp_path))
    model = network(*case)
    heads, kind = case[2:]
    schedule, _ = lower(model)
    assert all(any(isinstance(item, Repeat) for item in program.calls) for program in schedule.programs)
    net = bpgen.build(model, target=target, dtype="float64")
    net.init(seed=1)
    generator = np.random.default_rng(0)
    arrays = {item.name: generator.normal(size=(2, *item.shape[1:])) for item in model.inputs}
    if "mask" in kind:
        arrays["k"] = (arrays["k"] > 0).astype(float)
        arrays["k"][:, 0] = 1
    wanted = {n: torch.tensor(np.array(v), requires_grad=True) for n, v in net.state_dict().items()}
    wanted |= {n: torch.tensor(arrays[n], requires_grad=True) for n in ("x", "c") if n in arrays}
    other = wanted["c" if kind == "cross" else "x"]
    weights = torch.ones(2, len(arrays["x"][0]), other.shape[1], dtype=torch.bool)
    weights = weights.tril() if "causal" in kind else weights
    weights = weights & torch.tensor(arrays["k"] > 0)[:, None] if "mask" in kind else weights
    output = attended((wanted["x"], other), weights, wanted, heads)
    loss = ((output - torch.tensor(arrays["y"])) ** 2).mean()
    loss.backward()
    given = net.forward(**{name: array for name, array in arrays.items() if name != "y"})
    np.testing.assert_allclose(given, output.detach().numpy(), rtol=1e-9, atol=1e-12)
    value, gradients = net.gradients(wrt=list(wanted), **arrays)
    assert value == pytest.approx(loss.item(), rel=1e-12)
    for name, tensor in wanted.items():
        scale = np.abs(tensor.grad.numpy()).max()
        np.testing.assert_allclose(gradients[name], tensor.grad.numpy(), rtol=0, atol=1e-9 * scale, err_msg=name)


def test_memory_grows_with_the_length_and_not_with_its_square():
    taken = {}
    for length in (256, 512, 1024):
        schedule, _ = lower(network(length, length, 4, "causal"))
        taken[length] = {program.name: program.workspace[1] for program in schedule.programs}
    for shorter, longer in ((256, 512), (512, 1024)):
        for name, size in taken[longer].items():
            assert size < 2.2 * taken[shorter][name], name


def test_short_sequences_are_attended_to_at_once():
    schedule, _ = lower(network(64, 64, 4, "causal"))
    assert not any(isinstance(item, Repeat) for program in schedule.programs for item in program.calls)


def weighted(guard):
    """y = sum of w x over columns, with w made of two rows, where a guard lets it be."""
    equation = f"w[b, i, j] = exp(x[b, i, 0] - x[b, j, 1]) {guard}\ny[b, i] = sum[j](w[b, i, j]*x[b, j, 0])"
    return {
        "bpgen": 1, "name": "weighted", "inputs": {"x": {"shape": ["B", 72, 2]}, "y": {"shape": ["B", 72]}},
        "layers": [{"name": "a", "type": "equation", "equation": equation}],
        "loss": {"type": "mse", "target": "y"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("guard", "rows", "columns"),
    [
        ("if j <= i", 8, {16, 32, 48, 72}),
        ("if j <= i", 2, {8, 24, 32, 40, 48, 56, 64, 72}),  # 36 blocks, in twice as many stretches
        ("if j <= i + 9", 8, {32, 48, 64, 72}),
        ("if i >= j and 2*j < 100", 8, {16, 32, 48, 56, 72}),  # a sum of the backward pass ends at 50 already
        ("if j <= i else 1", 8, {72}),
        ("if j >= i", 8, {72}),
        ("if 2*j <= i or j == 40", 8, {48, 72}),
    ],
)
def test_columns_that_a_mask_excludes_are_left_out(guard, rows, columns, monkeypatch, tmp_path):
    """72 rows in blocks; the judge is the network without blocks, in NumPy."""
    monkeypatch.setenv("BPGEN_CACHE_DIR", str(tmp_path))
    generator = np.random.default_rng(0)
    arrays = {"x": generator.normal(size=(3, 72, 2)), "y": generator.normal(size=(3, 72))}
    whole = bpgen.build(weighted(guard), target="numpy", dtype="float64").gradients(wrt=["x"], **arrays)
    for module, name, value in ((region, "LARGE", 1000), (block, "ROWS", rows), (masked, "COLUMNS", 8)):
        monkeypatch.setattr(module, name, value)
    model = weighted(guard) | {"name": "in_blocks"}
    schedule, _ = lower(model)
    kernels = {kernel.name: kernel for kernel in schedule.kernels}
    repeats = [item for program in schedule.programs for item in program.calls if isinstance(item, Repeat)]
    assert {longest(kernels[call.kernel] for call in repeat.calls) for repeat in repeats} == columns
    loss, gradients = bpgen.build(model, target="c", dtype="float64").gradients(wrt=["x"], **arrays)
    assert loss == pytest.approx(whole[0], rel=1e-12)
    np.testing.assert_allclose(gradients["x"], whole[1]["x"], rtol=1e-10, atol=1e-12)


def longest(kernels):
    """The most turns of a loop."""
    loops = []
    for kernel in kernels:
        for statement in kernel.statements:
            found = reduction(statement.value)
            loops += (*kernel.loops, *statement.loops, *(found.loops if found else ()))
    return max(loop.extent for loop in loops if loop.extent != "B")


@pytest.mark.parametrize("target", ["c", "numpy"])
def test_programs_may_cut_a_tensor_along_different_axes(target, monkeypatch, tmp_path):
    """The forward pass alone sums w over both of its axes; it takes blocks of columns, and the step those of rows."""
    monkeypatch.setenv("BPGEN_CACHE_DIR", str(tmp_path))
    equation = (
        "w[b, i, j] = x[b, i, 0]*z[b, j, 1]\ny0[b, i, e] = sum[j](w[b, i, j]*z[b, j, e])*W[e, 0]\n"
        "v[b, j, e] = sum[i](w[b, i, j]*x[b, i, e])\nr[b, e] = sum[j](v[b, j, e]*z[b, j, e])\n"
        "y[b, i, e] = y0[b, i, e] + r[b, e]"
    )
    shapes = {"x": ["B", 48, 16], "z": ["B", 3000, 16], "t": ["B", 48, 16]}
    layer = {"name": "y", "type": "equation", "inputs": ["x", "z"], "equation": equation}
    layer["parameters"] = {"W": {"init": "normal", "shape": [16, 16]}}
    description = {"bpgen": 1, "name": "both", "inputs": {n: {"shape": s} for n, s in shapes.items()},
                   "layers": [layer], "loss": {"type": "mse", "target": "t"}}  # fmt: skip
    schedule, _ = lower(bpgen.load(description), target=target)
    cut = {buffer.shape for buffer in schedule.buffers if buffer.name.startswith("y.w@rows")}
    assert len(cut) > 1
    net = bpgen.build(description, target=target, dtype="float64")
    generator = np.random.default_rng(0)
    x, z, t = (generator.normal(size=(2, *shape[1:])) for shape in shapes.values())
    weight = torch.tensor(np.array(net.state_dict()["y.W"]), requires_grad=True)
    x_, z_, t_ = map(torch.tensor, (x, z, t))
    w = x_[:, :, None, 0] * z_[:, None, :, 1]
    output = (w @ z_) * weight[:, 0] + ((w.transpose(1, 2) @ x_) * z_).sum(1, keepdim=True)
    loss = ((output - t_) ** 2).mean()
    loss.backward()
    np.testing.assert_allclose(net.forward(x=x, z=z), output.detach().numpy(), rtol=1e-9)
    _, found = net.gradients(x=x, z=z, t=t)
    np.testing.assert_allclose(found["y.W"], weight.grad.numpy(), rtol=1e-8, atol=1e-9)
