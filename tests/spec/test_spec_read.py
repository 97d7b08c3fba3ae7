"""Descriptions that are right: TOML, JSON and dict say the same, defaults are filled in, layers are ordered."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bpgen.algebra.errors import SpecError
from bpgen.spec.model import Model
from bpgen.spec.read import read, reads

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.toml"))

TWO_LAYERS = """
bpgen = 1
name = "net"
sizes = { D = 3 }
[inputs]
x = { shape = ["B", "D"] }
y = { shape = ["B", 1], facts = ["positive"] }
[[layers]]
name = "fc1"
type = "linear"
units = "D"
activation = { type = "elu", alpha = 0.5 }
[[layers]]
name = "fc2"
type = "linear"
units = 1
bias = false
[loss]
type = "mse"
target = "y"
[optimizer]
type = "adam"
betas = [0.8, 0.99]
[train]
epochs = 3
"""


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_toml_json_and_dict_say_the_same(path: Path, tmp_path: Path) -> None:
    data = tomllib.loads(path.read_text())
    other = tmp_path / "other.json"
    other.write_text(json.dumps(data))
    model = read(path)
    assert model == read(other) == read(data)
    assert model.name == path.stem
    assert model.file == str(path)


def test_compact_layers_say_the_same() -> None:
    text = TWO_LAYERS
    start, end = text.index("[[layers]]"), text.index("[loss]")
    compact = (
        "layers = [\n"
        "  { name = 'fc1', type = 'linear', units = 'D', activation = { type = 'elu', alpha = 0.5 } }, # first\n"
        "  { name = 'fc2', type = 'linear', units = 1, bias = false },\n]\n"
    )
    head = text.index("[inputs]")
    assert reads(text) == reads(text[:head] + compact + text[head:start] + text[end:])


def test_what_a_model_holds() -> None:
    model = reads(TWO_LAYERS)
    assert [item.shape for item in model.inputs] == [("B", 3), ("B", 1)]
    assert model.inputs[1].facts == (("positive", ()),)
    first, second = model.layers
    assert (first.inputs, second.inputs) == (("x",), ("fc1",))
    assert first.options == {"units": 3, "bias": True, "init": None, "bias_init": None}
    assert (first.activation, first.activation_options) == ("elu", {"alpha": 0.5})
    assert (second.activation, second.options["bias"]) == (None, False)
    (loss,) = model.losses
    assert (loss.name, loss.type, loss.input, loss.target, loss.weight) == ("loss", "mse", "fc2", "y", 1.0)
    assert model.outputs == ("fc2",)
    assert model.optimizer is not None
    given = {"lr": 1e-3, "beta1": 0.8, "beta2": 0.99, "eps": 1e-8, "weight_decay": 0.0}
    assert model.optimizer.options == given | {"clip_norm": 0.0, "clip_value": 0.0, "accumulate": 1}
    assert model.optimizer.schedule == "constant"
    assert model.train["epochs"] == 3
    assert model.train["batch_size"] == 64
    assert model.description["layers"][1]["name"] == "fc2"
    assert first.position is not None
    assert first.position.line == 9


def test_facts_on_axes() -> None:
    text = 'bpgen = 1\n[inputs]\np = { shape = ["B", 2, 2], facts = %s }\n[[layers]]\nname = "a"\ntype = "relu"\n'
    facts = '["sums_to_one", { kind = "one_hot", axis = 1 }, "symmetric", { kind = "mask", axes = [1, 2] }]'
    (item,) = reads(text % facts).inputs
    assert item.facts == (("sums_to_one", (2,)), ("one_hot", (1,)), ("symmetric", (1, 2)), ("mask", (1, 2)))


def test_layers_are_ordered_by_reading() -> None:
    text = """
    bpgen = 1
    inputs = { x = { shape = ["B", 2] } }
    layers = [
      { name = "sum", type = "add", inputs = ["left", "right", "x"] },
      { name = "right", type = "relu", input = "left" },
      { name = "left", type = "tanh", input = "x" },
      { name = "other", type = "relu", input = "left" },
    ]
    """
    model = reads(text)
    assert [layer.name for layer in model.layers] == ["left", "right", "sum", "other"]
    assert model.outputs == ("sum", "other")


def test_a_long_chain_in_reverse() -> None:
    count = 3000
    layers = [{"name": f"a{n}", "type": "relu", "input": f"a{n - 1}" if n else "x"} for n in reversed(range(count))]
    model = read({"bpgen": 1, "inputs": {"x": {"shape": ["B", 2]}}, "layers": layers})
    assert [layer.name for layer in model.layers] == [f"a{n}" for n in range(count)]


def test_several_errors_come_at_once_sorted_by_line() -> None:
    text = TWO_LAYERS.replace("units = 1", "units = 0").replace('"elu"', '"elo"').replace("epochs", "epoch")
    with pytest.raises(SpecError) as caught:
        reads(text, file="net.toml")
    places = [item.position.line for item in caught.value.diagnostics if item.position]
    assert [item.code for item in caught.value.diagnostics] == ["unknown-type", "wrong-value", "unknown-key"]
    assert places == [12, 16, 25]
    assert str(caught.value).startswith(
        'net.toml:12:23: error[unknown-type]: activation of layer "fc1" has the unknown type "elo"; '
        'did you mean "elu"?\n'
        '   12 | activation = { type = "elo", alpha = 0.5 }\n'
        "      |                       ^^^^^\n"
        "   help: known: relu,"
    )


def test_places_in_json() -> None:
    text = json.dumps({"bpgen": 1, "inputs": {"x": {"shape": ["B", 2]}}, "layers": [{"name": "a", "type": "rilu"}]})
    with pytest.raises(SpecError) as caught:
        reads(text.replace(", ", ",\n "), "json", "net.json")
    (item,) = caught.value.diagnostics
    assert item.position is not None
    assert (item.position.line, item.position.column, item.position.length) == (5, 10, 6)
    assert item.source_line == ' "type": "rilu"}]}'


def test_a_dict_has_no_places() -> None:
    with pytest.raises(SpecError, match=r'error\[unknown-key\]: the description has no key "layer"; did you mean'):
        read({"bpgen": 1, "layer": []})


@pytest.mark.parametrize(
    ("text", "format", "place"),
    [("bpgen = 1\nname = \n", "toml", (2, 8)), ("bpgen = 1\nname = 'a", "toml", (2, 10)), ("{\n 1}", "json", (2, 2))],
)
def test_syntax_errors_have_a_place(text: str, format: str, place: tuple[int, int]) -> None:
    with pytest.raises(SpecError) as caught:
        reads(text, format, "net")
    (item,) = caught.value.diagnostics
    assert item.code == "syntax"
    assert item.position is not None
    assert (item.position.line, item.position.column) == place


@pytest.mark.parametrize("text", ["x = " + 3000 * "[" + 3000 * "]", "[a" + 3000 * ".a" + "]"])
def test_what_is_nested_too_deep(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        reads("bpgen = 1\n" + text, file="net.toml")
    assert caught.value.diagnostics[0].position is not None
    with pytest.raises(SpecError, match=r"net\.json:1:1.*too deep"):
        reads(100_000 * "[", "json", "net.json")
    table: dict[str, Any] = {}
    table["table"] = table
    with pytest.raises(SpecError, match="too deep"):
        read(table)


@pytest.mark.parametrize(
    ("text", "format", "place"),
    [("bpgen = 1\nbpgen = 2\n", "toml", (2, 10)), ('{"bpgen": 1,\n "bpgen": 1}', "json", (2, 2))],
)
def test_a_key_given_twice(text: str, format: str, place: tuple[int, int]) -> None:
    with pytest.raises(SpecError) as caught:
        reads(text, format, "net")
    (item,) = caught.value.diagnostics
    assert item.help == "every key of a table is given once"
    assert item.position is not None
    assert (item.position.line, item.position.column) == place


@pytest.mark.parametrize(("text", "format"), [("", "toml"), ("[1]", "json"), ('"a"', "json")])
def test_no_description_at_all_has_a_place(text: str, format: str) -> None:
    with pytest.raises(SpecError, match=r"^net:1:1: "):
        reads(text, format, "net")


def test_line_ends_and_marks_of_windows(tmp_path: Path) -> None:
    text = "\ufeff" + TWO_LAYERS.replace("\n", "\r\n")
    assert reads(text) == reads(TWO_LAYERS)
    (tmp_path / "net.toml").write_bytes(text.encode())
    assert read(tmp_path / "net.toml").layers == reads(TWO_LAYERS).layers


def test_numbers_of_numpy_in_a_dict() -> None:
    layer = {"name": "a", "type": "linear", "units": np.int64(2)}
    inputs = {"x": {"shape": ("B", np.int32(3))}}
    model = read({"bpgen": 1, "inputs": inputs, "layers": [layer], "optimizer": {"type": "sgd", "lr": np.float32(0.5)}})
    assert (model.layers[0].options["units"], model.inputs[0].shape) == (2, ("B", 3))
    assert model.optimizer is not None
    assert model.optimizer.options["lr"] == 0.5
    json.dumps(model.description)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"net\.toml: No such file"):
        read(tmp_path / "net.toml")
    (tmp_path / "bytes.toml").write_bytes(b"name = '\xff'")
    with pytest.raises(SpecError, match="UTF-8"):
        read(tmp_path / "bytes.toml")


def test_the_name_of_a_network_is_that_of_its_file(tmp_path: Path) -> None:
    text = 'bpgen = 1\ninputs = { x = { shape = ["B", 2] } }\nlayers = [{ name = "a", type = "relu" }]\n'
    for stem, name in (("my-net", "my_net"), ("1st", "network_1st"), ("int", "network_int")):
        path = tmp_path / f"{stem}.toml"
        path.write_text(text)
        assert read(path).name == name


def test_schedules_in_three_spellings() -> None:
    def schedule(text: str) -> tuple[str, object]:
        optimizer = reads(TWO_LAYERS.replace("betas = [0.8, 0.99]", f"schedule = {text}")).optimizer
        assert optimizer is not None
        return optimizer.schedule, optimizer.schedule_options

    assert schedule('"constant"') == ("constant", {})
    assert schedule("{ type = 'step', step_size = 5 }") == ("step", {"step_size": 5, "gamma": 0.1})
    assert schedule("'lr / (1 + t)'") == ("equation", {"equation": "lr / (1 + t)"})


def test_several_losses_keep_their_names() -> None:
    losses = """
    [[losses]]
    type = "mse"
    target = "y"
    [[losses]]
    name = "absolute"
    type = "mae"
    target = "y"
    weight = 0.5
    [optimizer]
    """
    model = reads(TWO_LAYERS.replace('[loss]\ntype = "mse"\ntarget = "y"\n[optimizer]', losses))
    assert [(loss.name, loss.weight) for loss in model.losses] == [("mse", 1.0), ("absolute", 0.5)]


def test_a_description_without_layers_or_without_a_loss() -> None:
    text = 'bpgen = 1\n[inputs]\nx = { shape = ["B", 2] }\n'
    loss = reads(text + '[loss]\ntype = "equation"\nequation = "L = sum[b, i](x[b, i]**2)"\n')
    assert (loss.layers, loss.outputs, len(loss.losses)) == ((), (), 1)
    model = reads(text + '[[layers]]\nname = "a"\ntype = "relu"\n')
    assert (model.outputs, model.losses, model.optimizer) == (("a",), (), None)


def test_a_known_description_needs_no_sympy() -> None:
    program = (
        "import sys; from bpgen.spec.read import read; import bpgen.library.initializers\n"
        f"read({str(EXAMPLES[0].parent / 'digits_mlp.toml')!r})\n"
        f"read({str(EXAMPLES[0].parent / 'bilinear.toml')!r}, known=lambda description: True)\n"
        "print(sorted(set(sys.modules) & {'sympy', 'lark', 'pydantic'}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_models_are_values() -> None:
    model = reads(TWO_LAYERS)
    assert isinstance(model, Model)
    assert model == reads("# a comment\n" + TWO_LAYERS, file="elsewhere.toml")
    assert model != reads(TWO_LAYERS.replace("epochs = 3", "epochs = 4"))
