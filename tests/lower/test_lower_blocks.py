"""Attention by blocks of queries: no more memory than grows with the length, and PyTorch's values and gradients."""

import numpy as np
import pytest
import torch

import bpgen
from bpgen.api import lower
from bpgen.lower import region
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
    "case", [(40, 40, 2, "causal"), (70, 70, 1, "self"), (65, 31, 4, "cross"), (64, 64, 2, "causal mask")]
)
def test_blocks_have_the_values_and_gradients_of_the_whole(case, target, monkeypatch, tmp_path):
    monkeypatch.setattr(region, "LARGE", 1000)
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
