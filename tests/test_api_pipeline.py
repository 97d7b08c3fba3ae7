"""The pipeline through its front door: what is asked for, what comes back, and what a second run costs."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import sympy

import bpgen
from bpgen import api
from bpgen.algebra.errors import BpgenError, CheckpointError, CompileError, SpecError
from bpgen.run import toolchain
from bpgen.run.metrics import find_metric
from bpgen.run.undisturbed import collector_paused

EXAMPLES = Path(__file__).parent.parent / "examples"


def description(units=(4, 3), inputs=2, name="net", **more):
    layers = [{"name": f"fc{n}", "type": "linear", "units": count} for n, count in enumerate(units)]
    layers[0]["activation"] = "tanh"
    return {
        "bpgen": 1,
        "name": name,
        "inputs": {"x": {"shape": ["B", inputs]}, "t": {"shape": ["B"], "dtype": "int32", "classes": units[-1]}},
        "layers": layers,
        "loss": {"type": "cross_entropy", "target": "t"},
        "optimizer": {"type": "adam", "lr": 0.01},
        **more,
    }


@pytest.fixture
def cache_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("BPGEN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(api, "_derivations", {})
    toolchain._probed.cache_clear()
    yield tmp_path / "cache"
    toolchain._probed.cache_clear()


def data(inputs=2, classes=3, rows=6, dtype=np.float64):
    generator = np.random.default_rng(0)
    return {"x": generator.normal(size=(rows, inputs)).astype(dtype), "t": generator.integers(0, classes, rows)}


@pytest.mark.parametrize(("units", "inputs"), [((4, 3), 2), ((1, 1), 1), ((3, 3), 3)])
def test_targets_agree_in_float64(cache_folder, units, inputs):
    arrays = data(inputs, units[-1])
    curves = []
    for target in ("c", "numpy"):
        net = bpgen.build(description(units, inputs), target=target, dtype="float64")
        curves.append([net.step(arrays) for _ in range(20)])
        outputs = net.forward(x=arrays["x"])
        assert outputs.shape == (6, units[-1])
    np.testing.assert_allclose(curves[0], curves[1], rtol=1e-10)
    assert units[-1] == 1 or curves[0][-1] < curves[0][0]


def test_a_model_a_path_a_dict_and_a_text(cache_folder, tmp_path):
    path = tmp_path / "net.json"
    path.write_text(json.dumps(description()))
    models = [bpgen.load(path), bpgen.load(str(path)), bpgen.load(description())]
    models.append(bpgen.loads(json.dumps(description()), format="json"))
    sources = [bpgen.generate(model).files for model in (*models, path, description())]
    assert all(files == sources[0] for files in sources)


def test_errors_of_the_front_door(cache_folder):
    with pytest.raises(BpgenError, match="expected one of c, numpy, got 'cc'; did you mean 'c'"):
        bpgen.build(description(), target="cc")
    with pytest.raises(BpgenError, match=r"c-standalone.*not in this version"):
        bpgen.generate(description(), target="c-standalone")
    with pytest.raises(BpgenError, match="dtype: expected one of float32, float64, got 'float16'"):
        bpgen.build(description(), dtype="float16")
    with pytest.raises(BpgenError, match="threads: expected a positive whole number, got 0"):
        bpgen.build(description(), threads=0)
    with pytest.raises(BpgenError, match="OPENBLAS_NUM_THREADS"):
        bpgen.build(description(), target="numpy", threads=2)
    with pytest.raises(BpgenError, match="batch: expected a positive whole number"):
        bpgen.build(description(), batch=0)
    with pytest.raises(BpgenError, match="loads"):
        bpgen.load("bpgen = 1\nname = 'x'\n")
    with pytest.raises(SpecError, match=r"no/such\.toml"):
        bpgen.load("no/such.toml")
    with pytest.raises(BpgenError, match="format"):
        bpgen.loads("", format="yaml")


def test_the_proof(cache_folder):
    proof = bpgen.derive(description())
    roles = [equation.role for equation in proof.equations]
    assert {"forward", "loss", "backward", "update"} <= set(roles)
    assert [equation.number for equation in proof.equations] == list(range(1, len(roles) + 1))
    assert proof.gradient("fc0.weight").tensor.name == "d.fc0.weight"
    assert "fold" in [step.rule for step in proof.steps("fc1")]
    assert [step.rule for step in proof.steps("fc1.bias")] == ["differentiate"]  # the chain rule is its final form
    before, rule, after = proof.steps("fc1.bias")[0]
    assert (before.lhs, rule, after) == (after.lhs, "differentiate", proof.gradient("fc1.bias"))
    assert str(proof.steps("fc1.bias")[0]).endswith("->  d.fc1.bias[o] = sum[b](d.fc1[b, o])")
    assert "fc1.weight" in repr(proof)
    with pytest.raises(BpgenError, match=r"no gradient by 'fc9'; there are those by .*fc0\.weight"):
        proof.gradient("fc9")
    with pytest.raises(BpgenError, match="there is no tensor `q`"):
        proof.check_claim("q = b")
    with pytest.raises(BpgenError, match="notation"):
        proof.latex(notation="tensor")
    with pytest.raises(BpgenError, match="notation"):
        proof.html(notation="tensor")
    assert "\\begin{document}" in proof.latex()
    page = proof.html()
    assert page.startswith("<!DOCTYPE html>")


def test_without_a_loss_there_is_forward(cache_folder):
    bare = description()
    del bare["loss"], bare["optimizer"], bare["inputs"]["t"]
    net = bpgen.build(bare, target="numpy")
    assert net.forward(x=np.zeros((2, 2), np.float32)).shape == (2, 3)
    with pytest.raises(BpgenError, match="no loss"):
        net.loss(x=np.zeros((2, 2), np.float32))
    with pytest.raises(BpgenError, match="no loss"):
        bpgen.derive(bare)


def test_a_checkpoint_fits_its_own_description_alone(cache_folder, tmp_path):
    net = bpgen.build(description(), target="numpy")
    net.save(tmp_path / "a.safetensors")
    other_rate = description(optimizer={"type": "adam", "lr": 0.5})
    bpgen.build(other_rate, target="numpy").restore(tmp_path / "a.safetensors")
    other = description()
    other["layers"][0]["activation"] = "relu"
    with pytest.raises(CheckpointError, match="described otherwise"):
        bpgen.build(other, target="numpy").restore(tmp_path / "a.safetensors")
    with pytest.raises(CheckpointError, match="optimizer states"):
        bpgen.build(description(optimizer={"type": "sgd", "lr": 1}), target="numpy").restore(tmp_path / "a.safetensors")


def test_accuracy_follows_from_the_loss(cache_folder):
    assert find_metric(bpgen.load(description())).kind == "labels"
    kinds = {}
    for kind in ("bce", "bce_with_logits", "mse"):
        other = description(loss={"type": kind, "target": "t"})
        other["inputs"]["t"] = {"shape": ["B", 3]}
        kinds[kind] = find_metric(bpgen.load(other))
    assert (kinds["bce"].threshold, kinds["bce_with_logits"].threshold, kinds["mse"]) == (0.5, 0.0, None)


WARM = """
import json, sys
import numpy as np
import bpgen
counts = {}
net = bpgen.build(json.loads(sys.argv[1]), target=sys.argv[2])
loss = net.step({"x": np.ones((2, 2), np.float32), "t": np.zeros(2, np.int32)})
heavy = [name for name in ("sympy", "pydantic", "lark", "jinja2", "tomlkit", "cffi") if name in sys.modules]
print(json.dumps({"loss": loss, "heavy": heavy}))
"""


def start(*arguments: str, **environment: str) -> dict:
    done = subprocess.run(
        [sys.executable, "-c", WARM, *arguments], env=dict(os.environ, **environment), text=True,
        capture_output=True, timeout=120, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


EQUATION = {"name": "q", "type": "equation", "equation": "y[b, k] = sum[i](x[b, i] * W[k, i])", "sizes": {"k": 3}}


@pytest.mark.parametrize("target", ["c", "numpy"])
@pytest.mark.parametrize("custom", [False, True])
def test_a_second_run_neither_derives_nor_compiles(cache_folder, target, custom):
    wanted = description()
    if custom:
        wanted["layers"] = [EQUATION | {"parameters": {"W": {"init": "xavier_uniform"}}}]
    cold = start(json.dumps(wanted), target)
    assert "sympy" in cold["heavy"]
    warm = start(json.dumps(wanted), target, BPGEN_NO_COMPILE="1")
    assert warm == {"loss": cold["loss"], "heavy": []}


def test_importing_bpgen_imports_nothing_heavy():
    heavy = ("sympy", "cffi", "lark", "rich", "importlib.metadata")
    code = f"import sys, bpgen, bpgen.api; print([n for n in {heavy} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=True)
    assert done.stdout == "[]\n"


def test_the_version_of_sympy_is_told_without_importing_it():
    code = "import sys; from bpgen.run.sources import _sympy_version as said; print(said(), 'sympy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=True)
    assert sympy.__version__ in done.stdout and done.stdout.split()[-1] == "False"


def test_damaged_sources_are_generated_again(cache_folder):
    first = bpgen.generate(description())
    for path in (cache_folder / "sources").iterdir():
        path.write_text(path.read_text()[:-20])
    assert bpgen.generate(description()) == first


def test_any_change_of_the_description_is_seen(cache_folder):
    first = bpgen.generate(description(units=(4, 3)))
    assert bpgen.generate(description(units=(5, 3))).interface != first.interface
    assert bpgen.generate(description(), dtype="float64").interface.dtype == "float64"
    assert bpgen.generate(description(), target="c").target == "c"
    turned = description()
    turned["layers"][0]["input"] = "x"
    turned["inputs"] = dict(reversed(turned["inputs"].items()))
    assert [item.name for item in bpgen.generate(turned).interface.inputs] == ["t", "x"]


def no_compiler(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("CC", "BPGEN_CC"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(toolchain.sysconfig, "get_config_var", lambda name: None)


def test_no_compiler(cache_folder, monkeypatch, tmp_path):
    no_compiler(monkeypatch, tmp_path)
    with pytest.raises(CompileError, match="apt install gcc"):
        bpgen.build(description(), target="c")
    with pytest.warns(RuntimeWarning, match="using the NumPy target.*no C compiler") as warned:
        net = bpgen.build(description())
    assert net.target == "numpy" and len(warned) == 1


def test_generated_text_is_the_same_under_any_hash_seed(tmp_path):
    code = (
        "import sys, json, bpgen\n"
        "files = {t: dict(bpgen.generate(json.loads(sys.argv[1]), target=t).files) for t in ('c', 'numpy')}\n"
        "print(json.dumps(files, sort_keys=True))"
    )
    outputs = set()
    for seed in ("0", "1"):
        environment = dict(os.environ, PYTHONHASHSEED=seed, BPGEN_CACHE_DIR=str(tmp_path / seed))
        done = subprocess.run(
            [sys.executable, "-c", code, json.dumps(description())], env=environment, text=True,
            capture_output=True, check=True,
        )  # fmt: skip
        outputs.add(done.stdout)
    assert len(outputs) == 1


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_of_cycles_is_left_as_it_was(cache_folder, enabled):
    seen = []
    model = bpgen.load(description())
    try:
        (gc.enable if enabled else gc.disable)()
        with collector_paused():
            seen.append(gc.isenabled())
            api._emit(model, api.Options(target="numpy", dtype="float64"), {})  # pauses it too
            seen.append(gc.isenabled())
        with pytest.raises(SpecError):
            bpgen.load(description(layers=[]))
        seen.append(gc.isenabled())
    finally:
        gc.enable()
    assert seen == [False, False, enabled]
