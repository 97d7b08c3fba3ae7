"""The command line: what it prints, what it writes, and the exit status 0, 1 or 2."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import bpgen
from bpgen import api, checking, cli
from bpgen.emit import mathml
from bpgen.run import toolchain
from bpgen.starters import STARTERS

NET = """
bpgen = 1
name = "small"

[inputs]
x = { shape = ["B", 3] }
label = { shape = ["B"], dtype = "int32", classes = 2 }

[[layers]]
name = "fc1"
type = "linear"
units = 4
activation = "relu"

[[layers]]
name = "fc2"
type = "linear"
units = 2

[loss]
type = "cross_entropy"
target = "label"

[optimizer]
type = "adam"
lr = 0.05

[train]
batch_size = 8
epochs = 4
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("BPGEN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(api, "_derivations", {})
    toolchain._probed.cache_clear()
    Path("net.toml").write_text(NET)
    generator = np.random.default_rng(0)
    x = generator.normal(size=(60, 3))
    np.savez("data.npz", x=x, label=(x.sum(1) > 0).astype(int))
    yield tmp_path
    toolchain._probed.cache_clear()


def run(*arguments: object, status: int = 0):
    result = CliRunner().invoke(cli.main, [str(item) for item in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == status, result.output
    return result


def test_new_check_train(folder):
    run("new", "mlp", "-o", "first.toml")
    assert Path("first.toml").read_text().startswith("#:schema ./bpgen.schema.json\n")
    assert Path("bpgen.schema.json").read_text() == run("schema").stdout
    run("check", "first.toml")
    result = run("new", "mlp", "-o", "first.toml", status=2)
    assert "first.toml is there already" in result.stderr
    run("new", "mlp", "-o", "first.toml", "--force")


@pytest.mark.parametrize("kind", ["mlp", "autoencoder", "logistic"])
def test_every_starter_learns(folder, kind):
    run("new", kind)
    before = json.loads(run("train", f"{kind}.toml", "--epochs", 0, "--target", "numpy", "--json").stdout)
    after = json.loads(run("train", f"{kind}.toml", "--epochs", 3, "--target", "numpy", "--json").stdout)
    assert after["loss"] < before["loss"]


@pytest.mark.parametrize("kind", STARTERS)
def test_every_starter_is_a_description(folder, kind):
    run("new", kind)
    model = bpgen.load(f"{kind}.toml")
    assert model.outputs and model.losses and model.optimizer and model.train["data"]


def test_a_starter_that_is_not_there(folder):
    result = run("new", "nonsense", "-o", "x.toml", status=2)
    assert "there are mlp, cnn, lstm, transformer, seq2seq, autoencoder, logistic" in result.stderr
    assert not Path("x.toml").exists()


def test_show(folder):
    text = run("show", "net.toml").stdout
    assert "fc1" in text and "[B, 4]" in text and "26 parameters" in text
    found = json.loads(run("show", "net.toml", "--json").stdout)
    assert [row["parameters"] for row in found["layers"]] == [16, 10]
    assert found["parameters"] == 26 and found["step_operations"] > 0
    # 4 sums of 3 products, a bias, a rectifier: of the first layer for one row
    assert found["layers"][0]["operations"] == pytest.approx(4 * (3 * 2 + 2), rel=0.2)


@pytest.mark.parametrize("target", ["c", "numpy"])
def test_check_says_right(folder, target):
    found = json.loads(run("check", "net.toml", "--target", target, "--json").stdout)
    assert found["ok"]
    named = {item["name"]: item for item in found["findings"]}
    assert set(named) == {"fc2", "loss", "fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias", "x"}
    assert all(item["ok"] and item["compared"] for item in named.values())
    assert all(item["error"] < 1e-7 for item in named.values())


def test_check_finds_a_wrong_gradient(folder, monkeypatch):
    right = checking._gradients

    def wrong(*arguments):
        found = right(*arguments)
        found["fc2.bias"] = found["fc2.bias"] * 1.001
        return found

    monkeypatch.setattr(checking, "_gradients", wrong)
    result = run("check", "net.toml", "--target", "numpy", status=1)
    assert "WRONG" in result.stdout and "1 of 7 are wrong" in result.stdout


def test_check_finds_a_wrong_equation(folder, monkeypatch):
    from bpgen.run.network import Network

    right = Network.forward
    monkeypatch.setattr(Network, "forward", lambda self, *a, **k: right(self, *a, **k) + 1e-6)
    found = json.loads(run("check", "net.toml", "--target", "numpy", "--json", status=1).stdout)
    assert [item["name"] for item in found["findings"] if item["ok"] is False] == ["fc2"]


def test_check_leaves_kinks_out(folder):
    """|x| has no derivative at 0: with all weights at a corner no entry is compared there, and nothing is wrong."""
    loss = {"type": "equation", "equation": "L = sum[i](abs(x[i]))"}
    net = bpgen.build({"bpgen": 1, "inputs": {"x": {"shape": [2]}}, "loss": loss}, target="numpy", dtype="float64")
    bound = net.bind(x=np.array([0.0, 1.0]))
    assert checking._agrees(bound.inputs["x"], 0, 0.0, 1.0, bound) == (None, 0.0)
    assert checking._agrees(bound.inputs["x"], 1, 1.0, 1.0, bound)[0] is True
    assert checking._agrees(bound.inputs["x"], 1, 1.001, 1.0, bound)[0] is False


@pytest.mark.parametrize("target", ["c", "numpy"])
def test_generate(folder, target):
    run("generate", "net.toml", "--target", target, "-o", "out")
    expected = bpgen.generate("net.toml", target=target).files
    assert {path.name: path.read_text() for path in Path("out").iterdir()} == dict(expected)


def test_derive(folder):
    assert "fc1" in run("derive", "net.toml").stdout
    run("derive", "net.toml", "--format", "latex", "--notation", "matrix", "--steps", "-o", "net.tex")
    assert "\\documentclass" in Path("net.tex").read_text()
    run("derive", "net.toml", "--format", "html", "--steps", "-o", "net.html")
    assert Path("net.html").read_text() == bpgen.derive("net.toml").html(steps=True)
    assert "-o" in run("derive", "net.toml", "--format", "pdf", status=2).stderr
    assert "no folder nope" in run("derive", "net.toml", "--format", "html", "-o", "nope/net.html", status=2).stderr
    assert not Path("nope").exists()


def test_html_without_math_core(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "math_core", None)
    mathml._converter.cache_clear()
    failure = run("derive", "net.toml", "--format", "html", status=2)
    assert "pip install 'bpgen[html]'" in failure.stderr
    assert "<math" not in failure.stdout


def test_pdf_without_pdflatex(folder, monkeypatch):
    run("derive", "net.toml", "--format", "latex", "-o", "net.tex")
    monkeypatch.setenv("PATH", str(folder))
    assert "texlive" in run("derive", "net.toml", "--format", "pdf", "-o", "net.pdf", status=2).stderr
    assert not Path("net.pdf").exists()


@pytest.mark.parametrize("target", ["c", "numpy"])
def test_train_and_resume(folder, target):
    result = run("train", "net.toml", "--data", "data.npz", "--target", target, "--output", "out")
    for word in ("loss", "held-out accuracy", "step time", "out/small/derivation.tex", "out/small/run.safetensors"):
        assert word in result.stdout
    code = ["small.c", "small.h"] if target == "c" else ["small.py"]
    written = {*code, "derivation.tex", "derivation.txt", "history.json", "run.safetensors"}
    assert {path.name for path in Path("out/small").iterdir()} == written
    long = ["train", "net.toml", "--data", "data.npz", "--target", target, "--json"]
    whole = json.loads(run(*long, "--epochs", 6, "--output", "whole").stdout)
    run(*long, "--epochs", 3, "--output", "half")
    rest = json.loads(run(*long, "--epochs", 3, "--output", "rest", "--resume", "half/small/run.safetensors").stdout)
    assert rest["loss"] == whole["loss"] and rest["training_loss"] == whole["training_loss"]


def test_resuming_holds_the_same_rows_out(folder):
    long = ["train", "net.toml", "--data", "data.npz", "--target", "numpy", "--json"]
    whole = json.loads(run(*long, "--epochs", 4, "--seed", 7, "--output", "whole").stdout)
    run(*long, "--epochs", 2, "--seed", 7, "--output", "half")
    resumed = [*long, "--epochs", 2, "--resume", "half/small/run.safetensors"]
    rest = json.loads(run(*resumed, "--output", "rest").stdout)
    assert rest["loss"] == whole["loss"] and rest["training_loss"] == whole["training_loss"]
    again = run(*long, "--epochs", 0, "--resume", "rest/small/run.safetensors", "--output", "last")
    assert json.loads(again.stdout)["loss"] == whole["loss"]  # the seed goes on from checkpoint to checkpoint
    refused = run(*resumed, "--seed", 8, status=2)
    assert "with seed 7, not 8" in refused.output


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": np.full((60, 3), np.nan)}, "x wants finite numbers, row 0 (counted from 0) has nan"),
        ({"label": np.full(60, 2)}, "label takes 2 classes, 0 ... 1; the data have 2 ... 2"),
        ({"x": np.zeros((60, 4))}, "x wants [B, 3], 3 numbers a row; the data have 4"),
        ({"label": np.full(60, 0.5)}, "label wants whole numbers"),
        ({"x": np.full((60, 3), 1e300)}, "row 0 (counted from 0) has inf in float32"),
        ({"x": np.zeros((0, 3)), "label": np.zeros(0)}, "x has no rows"),
    ],
)
def test_train_on_bad_data(folder, change, message):
    np.savez("bad.npz", **{"x": np.zeros((60, 3)), "label": np.zeros(60), **change})
    assert message in run("train", "net.toml", "--data", "bad.npz", "--target", "numpy", status=2).stderr
    assert not Path("runs").exists()


def test_train_digits_in_c(folder):
    example = Path(__file__).parent.parent / "examples" / "digits_mlp.toml"
    found = json.loads(run("train", example, "--target", "c", "--json").stdout)
    assert found["accuracy"] >= 0.97 and found["target"] == "c"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "digits"], "x wants [B, 3]"),
        (["--data", "nothing"], "no data set 'nothing'"),
        ([], "names no data"),
        (["--data", "data.npz", "--resume", "no.safetensors"], "no such checkpoint"),
        (["--data", "data.npz", "--resume", "data.npz"], "damaged"),
    ],
)
def test_train_that_cannot_be_done(folder, arguments, message):
    result = run("train", "net.toml", "--target", "numpy", *arguments, status=2)
    assert message in result.stderr and "Traceback" not in result.output
    assert not Path("runs").exists()


def test_bench(folder):
    found = json.loads(run("bench", "net.toml", "--target", "c", "--json").stdout)
    assert {item["call"] for item in found} >= {"forward", "gradients", "step"}
    assert all(item["seconds"] > 0 and item["operations"] > 0 for item in found)
    explained = json.loads(run("bench", "net.toml", "--target", "c", "--explain", "--json").stdout)
    assert {item["call"] for item in explained["times"]} == {item["call"] for item in found}
    assert all(way["strategy"] and way["reason"] for way in explained["contractions"])
    assert "Because" in run("bench", "net.toml", "--target", "c", "--explain").stdout


def test_cache(folder):
    run("generate", "net.toml", "-o", "out")
    run("bench", "net.toml", "--target", "c")
    assert run("cache", "path").stdout.strip() == str(folder / "cache")
    assert json.loads(run("cache", "list", "--json").stdout)
    assert "sources" in run("cache").stdout
    assert "removed" in run("cache", "--clear").stdout
    assert json.loads(run("cache", "list", "--json").stdout) == []
    assert not [path for path in (folder / "cache").rglob("*") if path.is_file()]


def test_schema(folder):
    assert json.loads(run("schema").stdout)["type"] == "object"
    run("schema", "-o", "kept.json")
    assert Path("kept.json").read_text() == run("schema").stdout


@pytest.mark.parametrize("command", ["show", "check", "derive", "generate", "train", "bench"])
def test_a_wrong_description(folder, command):
    Path("net.toml").write_text(NET.replace("units = 2", "unitz = 2"))
    result = run(command, "net.toml", status=2)
    assert "net.toml:18:1: error[unknown-key]" in result.stderr and '"units"' in result.stderr
    assert result.stdout == "" and "Traceback" not in result.stderr
    assert {path.name for path in folder.iterdir()} <= {"net.toml", "data.npz", "cache"}


@pytest.mark.parametrize("command", ["show", "check", "train"])
def test_a_wrong_description_as_json(folder, command):
    Path("net.toml").write_text(NET.replace("units = 2", "unitz = 2"))
    (error,) = [
        item for item in json.loads(run(command, "net.toml", "--json", status=2).stdout)["errors"]
        if item["code"] == "unknown-key"
    ]  # fmt: skip
    assert error["position"]["line"] == 18 and "unitz" in error["message"]


def test_a_file_that_is_not_there(folder):
    assert "nowhere.toml" in run("show", "nowhere.toml", status=2).stderr


def test_no_compiler(folder, monkeypatch):
    monkeypatch.setenv("PATH", str(folder))
    for name in ("CC", "BPGEN_CC"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(toolchain.sysconfig, "get_config_var", lambda name: None)
    train = ["train", "net.toml", "--data", "data.npz"]
    assert "apt install gcc" in run(*train, "--target", "c", status=2).stderr
    assert not Path("runs").exists()
    result = run(*train)
    assert result.stderr.count("using the NumPy target") == 1 and "numpy, float32" in result.stdout


def test_verbose_names_compiler_and_cache(folder):
    result = run("show", "net.toml", "-v")
    assert str(folder / "cache") in result.stderr and "-march=native" in result.stderr


def test_names_are_not_markup(folder):
    """A name or a path in brackets is shown, not read as a colour."""
    path = folder / "[red]net.toml"
    path.write_text(NET)
    assert "[red]net.toml" in run("check", path.name, "--target", "numpy").stdout.replace("\n", "")
