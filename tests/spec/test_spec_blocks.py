"""Blocks of layers: opened before shapes, with names, positions and errors that point into the block's own text."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import numpy as np
import pytest
from marked_descriptions import HEAD, MSE, PLAIN, require_error

import bpgen
from bpgen.spec.blocks import DEEPEST, MOST_LAYERS
from bpgen.spec.read import read, reads

RESIDUAL = """\
sizes = { D = 6 }
layers = [
  { name = "first", type = "linear", units = "D", input = "x" },
  { name = "body", type = "block", block = "outer", repeat = 2 },
  { name = "head", type = "linear", units = 2 },
]
[blocks.residual]
layers = [
  { name = "fc", type = "linear", units = "D", activation = "tanh" },
  { name = "gate", type = "equation", inputs = ["fc", "input"], equation = "y[...] = fc[...] * input[...]" },
  { name = "out", type = "add", inputs = ["input", "gate"] },
]
[blocks.outer]
layers = [
  { name = "inner", type = "block", block = "residual", repeat = 2 },
  { name = "act", type = "relu" },
]
"""


def linear(name: str, units: int = 2) -> str:
    return f"{{ name = '{name}', type = 'linear', units = {units} }}"


def use(block: str, more: str = "", name: str = "body") -> str:
    return f"{{ name = '{name}', type = 'block', block = {block}{more} }}"


def test_names_inputs_and_places() -> None:
    text = HEAD + RESIDUAL + PLAIN + MSE
    model = reads(text, file="net.toml")
    inner = [f"body.{n}.inner.{k}.{name}" for n in range(2) for k in range(2) for name in ("fc", "gate", "out")]
    names = ["first", *inner[:6], "body.0.act", *inner[6:], "body.1.act", "head"]
    assert [layer.name for layer in model.layers] == names
    reads_ = {layer.name: layer.inputs for layer in model.layers}
    assert reads_["body.0.inner.0.fc"] == ("first",)
    assert reads_["body.0.inner.1.out"] == ("body.0.inner.0.out", "body.0.inner.1.gate")
    assert reads_["body.0.act"] == ("body.0.inner.1.out",)
    assert reads_["body.1.inner.0.gate"] == ("body.1.inner.0.fc", "body.0.act")
    assert reads_["head"] == ("body.1.act",)
    assert model.outputs == ("head",)
    place = next(layer.position for layer in model.layers if layer.name == "body.1.inner.0.gate")
    assert place is not None and text.split("\n")[place.line - 1].strip().startswith('{ name = "gate"')


def test_the_same_from_json_and_dict() -> None:
    text = HEAD + RESIDUAL + PLAIN + MSE
    data = tomllib.loads(text)
    assert read(data) == reads(text) == reads(json.dumps(data), "json")


def test_a_block_that_stands_once_has_a_number_too() -> None:
    model = reads(HEAD + "layers = [" + use("'one'") + f"]\n[blocks.one]\nlayers = [{linear('fc')}]\n" + PLAIN + MSE)
    assert [layer.name for layer in model.layers] == ["body.0.fc"]
    assert model.outputs == ("body.0.fc",) and model.losses[0].input == "body.0.fc"


TWO_INPUTS = """
layers = [
  { name = "memory", type = "linear", units = 3, input = "x" },
  { name = "start", type = "linear", units = 3, input = "x" },
  { name = "body", type = "block", block = "mixed", repeat = 3, inputs = ["start", "memory"] },
]
[blocks.mixed]
layers = [
  { name = "fc", type = "linear", units = 3 },
  { name = "both", type = "multiply", inputs = ["fc", "input2"] },
  { name = "sum", type = "add", inputs = ["both", "input1"] },
]
[inputs]
x = { shape = ["B", 4] }
y = { shape = ["B", 3] }
[[losses]]
type = "mse"
target = "y"
[[losses]]
type = "equation"
equation = "L = mean[...]((body[...] - body.1.sum[...])**2)"
weight = 0.5
[[losses]]
name = "middle"
type = "mse"
input = "body.0.sum"
target = "y"
"""


def test_several_inputs_against_pytorch() -> None:
    """A repetition reads as its first input what the one before gives, and the others as they are given."""
    torch = pytest.importorskip("torch")
    network = bpgen.build(bpgen.loads(HEAD + TWO_INPUTS), target="numpy", dtype="float64")
    random = np.random.default_rng(0)
    x, y = random.normal(size=(5, 4)), random.normal(size=(5, 3))
    weights = {n: torch.tensor(np.array(v), requires_grad=True) for n, v in network.parameters.items()}

    def linear_of(name: str, value: Any) -> Any:
        return torch.nn.functional.linear(value, weights[f"{name}.weight"], weights[f"{name}.bias"])

    memory, value = linear_of("memory", torch.tensor(x)), linear_of("start", torch.tensor(x))
    values = []
    for n in range(3):
        value = linear_of(f"body.{n}.fc", value) * memory + value
        values.append(value)
    target = torch.tensor(y)
    mse = torch.nn.functional.mse_loss
    expected = mse(values[2], target) + 0.5 * mse(values[2], values[1]) + mse(values[0], target)
    expected.backward()
    loss, gradients = network.gradients(x=x, y=y)
    assert loss == pytest.approx(expected.item(), rel=1e-12)
    for name, weight in weights.items():
        np.testing.assert_allclose(gradients[name], weight.grad.numpy(), rtol=1e-9, atol=1e-13)


REST = PLAIN + MSE
ONE = f"[blocks.one]\nlayers = [{linear('fc')}]\n" + PLAIN + MSE
CASES = {
    "unknown block": ("layers = [" + use("«'two'»") + "]\n" + ONE, "unknown-block", '"two"'),
    "near block": ("layers = [" + use("«'onne'»") + "]\n" + ONE, "unknown-block", 'did you mean "one"?'),
    "no block": ("layers = [«{ name = 'body', type = 'block' }»]\n" + ONE, "missing-key", '"block"'),
    "repeat of nothing": ("layers = [" + use("'one'", ', repeat = «0»') + "]\n" + ONE, "wrong-value", "not 0"),
    "repeat of a text": ("layers = [" + use("'one'", ", repeat = «'N'»") + "]\n" + ONE, "unknown-size", '"N"'),
    "too many layers": (
        "layers = [" + use("'one'", f', repeat = «{MOST_LAYERS + 1}»') + "]\n" + ONE,
        "wrong-value", f"at most {MOST_LAYERS}",
    ),
    "a key that blocks do not have": (
        "layers = [" + use("'one'") + f"]\n[blocks.one]\n«layer» = []\nlayers = [{linear('fc')}]\n" + PLAIN + MSE,
        "unknown-key", '"layers"',
    ),
    "no layers": (f"layers = [{linear('fc')}]\n«[blocks.one]»\n" + PLAIN + MSE, "missing-key", "no layers"),
    "blocks of a list": (f"layers = [{linear('fc')}]\nblocks = «[]»\n" + PLAIN + MSE, "wrong-type", '"blocks"'),
    "block of a text": (f"layers = [{linear('fc')}]\nblocks = {{ a = «1» }}\n" + PLAIN + MSE, "wrong-type", '"a"'),
    "recursion": (
        "layers = [" + use("'one'") + "]\n[blocks.one]\nlayers = [" + use("«'one'»", name='again') + "]\n" + REST,
        "cycle", "one -> one",
    ),
    "recursion of two": (
        "layers = [" + use("'a'") + "]\n[blocks.a]\nlayers = [" + use("«'b'»", name='i') + f"]\n"
        f"[blocks.b]\nlayers = [{linear('fc')}, " + use("'a'", name='j') + "]\n" + PLAIN + MSE,
        "cycle", "a -> b -> a",
    ),
    "wrong key inside, once for all repetitions": (
        "layers = [" + use("'one'", ', repeat = 5') + "]\n[blocks.one]\n"
        "layers = [{ name = 'fc', type = 'linear', units = 2, «bais» = true }]\n" + PLAIN + MSE,
        "unknown-key", 'layer "fc" of block "one" has no key "bais"',
    ),
    "an input from outside": (
        "layers = [" + use("'one'") + "]\n[blocks.one]\nlayers = [{ name = 'a', type = 'relu', input = «'x'» }]\n"
        + PLAIN + MSE,
        "unknown-input", 'layer "a" of block "one" reads "x"',
    ),
    "a cycle inside": (
        "layers = [" + use("'one'") + "]\n[blocks.one]\nlayers = [{ name = 'a', type = 'relu', input = «'c'» }, "
        "{ name = 'c', type = 'relu' }]\n" + PLAIN + MSE,
        "cycle", "a -> c -> a",
    ),
    "the name of an input": (
        "layers = [" + use("'one'") + "]\n[blocks.one]\nlayers = [{ name = «'input2'», type = 'relu' }]\n" + REST,
        "duplicate-name", "the block's own input 2",
    ),
    "too few inputs": (
        "layers = [" + use("'one'", ", inputs = «['x']»") + "]\n[blocks.one]\n"
        "layers = [{ name = 'a', type = 'add', inputs = ['input', 'input2'] }]\n" + PLAIN + MSE,
        "wrong-value", "gives its block 1 inputs, and that reads 2",
    ),
    "shapes that do not chain": (
        f"layers = [{linear('a', 6)}, " + use("'one'", ', repeat = 3') + f"]\n[blocks.one]\nlayers = [\n"
        "{ name = 'fc', type = 'linear', units = 6 }, { name = 'sum', type = 'add', inputs = «['input', 'fc']» },\n"
        f"{linear('down')} ]\n" + PLAIN + MSE,
        "shape", 'layer "body.1.sum" of type add reads "body.0.down" ["B", 2]',
    ),
    "an equation that does not fit": (
        "layers = [" + use("'one'", ', repeat = 2') + "]\n[blocks.one]\nlayers = [{ name = 'e', type = 'equation', "
        "equation = 'y[b, i] = input[b, i] + «z»[b]' }]\n" + PLAIN + MSE,
        None, "z",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=list(CASES))
def test_a_wrong_block_is_pointed_at(case: str) -> None:
    marked, code, message = CASES[case]
    require_error(HEAD + marked, code, message)


def test_blocks_within_blocks_have_an_end() -> None:
    count = DEEPEST + 5
    inner = {f"b{n}": {"layers": [{"name": "u", "type": "block", "block": f"b{n + 1}"}]} for n in range(count)}
    data = {
        "bpgen": 1, "inputs": {"x": {"shape": ["B", 2]}}, "blocks": {**inner, f"b{count}": {"layers": [
            {"name": "a", "type": "relu"}]}}, "layers": [{"name": "body", "type": "block", "block": "b0"}],
    }  # fmt: skip
    with pytest.raises(bpgen.SpecError, match="too-deep"):
        read(data)
    data["layers"] = [{"name": "body", "type": "block", "block": f"b{count - DEEPEST + 1}"}]
    data["blocks"] = {name: block for name, block in data["blocks"].items() if int(name[1:]) > count - DEEPEST}
    assert read(data).layers[0].name == "body.0." + "u.0." * (DEEPEST - 1) + "a"
