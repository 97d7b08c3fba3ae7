"""Whole networks as NumPy modules: against the brute-force evaluator, and what holds of the module itself."""

from __future__ import annotations

import ast
import subprocess
import sys
import tracemalloc
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from numpy_schedules import module_of

from bpgen.algebra.evaluate import evaluate
from bpgen.derive.derive import derive
from bpgen.emit.numpy import emit_numpy
from bpgen.emit.numpy_functions import FUNCTIONS
from bpgen.library.update import append_update
from bpgen.lower import turn
from bpgen.lower.describe import describe
from bpgen.lower.lower import lower
from bpgen.spec.read import read
from bpgen.spec.system import build_system

ROOT = Path(__file__).parents[2]
SGD = {"type": "sgd", "lr": 0.1, "momentum": 0.9, "weight_decay": 0.01}
NESTEROV = {"type": "sgd", "lr": 0.1, "momentum": 0.9, "nesterov": True}
ADAM = {"type": "adam", "lr": 0.01}
ADAMW = {"type": "adamw", "lr": 0.01}


def layer(name, units, activation=None, **more):
    chosen = {"activation": activation} if activation else {}
    return {"name": name, "type": "linear", "units": units} | chosen | more


def description(inputs, layers, loss, optimizer, name="net"):
    return {"bpgen": 1, "name": name, "inputs": inputs, "layers": layers, "loss": loss, "optimizer": optimizer}


LABEL = {"x": {"shape": ["B", 4]}, "label": {"shape": ["B"], "dtype": "int32", "classes": 3}}


def real(units=2):
    return {"x": {"shape": ["B", 4]}, "y": {"shape": ["B", units]}}


NETWORKS = {
    "classifier": description(
        LABEL, [layer("fc1", 5, "relu"), layer("fc2", 3)], {"type": "cross_entropy", "target": "label"}, SGD
    ),
    "sizes of one": description(
        {"x": {"shape": ["B", 1]}, "y": {"shape": ["B", 1]}}, [layer("fc1", 1, "tanh"), layer("fc2", 1)],
        {"type": "mse", "target": "y"}, ADAM,
    ),
    "equal sizes": description(
        real(4), [layer("a", 4, "silu"), layer("b", 4, "gelu"), layer("c", 4)], {"type": "huber", "target": "y"}, ADAMW
    ),
    "logits": description(real(), [layer("fc", 2)], {"type": "bce_with_logits", "target": "y"}, SGD),
    "distributions": description(
        real(3), [layer("fc1", 5, "softplus"), layer("fc2", 3)], {"type": "cross_entropy", "target": "y"}, ADAM
    ),
    "softmax output": description(real(3), [layer("fc", 3, "softmax")], {"type": "mse", "target": "y"}, NESTEROV),
    "bilinear": description(
        real(),
        [{
            "name": "pair", "type": "equation", "sizes": {"k": 2},
            "equation": "y[b, k] = sum[i, j](x[b, i] * W[k, i, j] * x[b, j]) + c[k]",
            "parameters": {"W": {"init": "xavier_uniform"}, "c": {"init": "zeros"}},
        }],
        {"type": "mae", "target": "y"}, SGD,
    ),
}  # fmt: skip


def pipeline(network, dtype="float64"):
    """(system, its schedule, its source)"""
    model = read(network)
    system = derive(build_system(model)).system
    chosen = model.optimizer
    system = append_update(system, chosen.type, chosen.options, chosen.schedule, chosen.schedule_options)
    schedule = lower(system)
    return system, schedule, emit_numpy(schedule, describe(system, schedule, dtype))


@pytest.fixture(scope="module")
def pipelines():
    made = {}

    def find(name, dtype="float64"):
        if (name, dtype) not in made:
            made[name, dtype] = pipeline(NETWORKS[name], dtype)
        return made[name, dtype]

    return find


def values_for(system, batch, seed):
    rng = np.random.default_rng(seed)
    values = {}
    for tensor in system.tensors.values():
        shape = tuple(batch if extent == "B" else extent for extent in tensor.shape)
        if tensor.role == "input" and tensor.dtype == "int32":
            values[tensor.name] = rng.integers(0, tensor.classes, shape).astype(np.int32)
        elif tensor.role == "input":
            values[tensor.name] = rng.uniform(0.05, 0.95, shape)
        elif tensor.role in ("parameter", "state"):
            values[tensor.name] = rng.uniform(0.1, 0.9, shape) * rng.choice((-1, 1), shape)
            if tensor.role == "state":
                values[tensor.name] = np.abs(values[tensor.name]) if shape else np.float64(3.0)
    return values | {name: np.float64(default) for name, default in system.settings}


def fill(net, interface, values):
    """Parameters, states and counters of the network from values by name."""
    for views in (net.parameter_views, net.state_views):
        for name, view in views.items():
            view[...] = values[name]
    for n, (name, _) in enumerate(interface.counters):
        net.blocks["counters"][n] = values[name]


def inputs_of(interface, program, values, dtype):
    kinds = {item.name: item.dtype for item in interface.inputs}
    names = interface.entry(program).inputs
    return [np.asarray(values[n], dtype if kinds[n] == "real" else np.int32) for n in names]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", list(NETWORKS))
def test_programs_against_the_brute_force_evaluator(pipelines, name, dtype):
    system, _, source = pipelines(name, dtype)
    check_programs(system, source, dtype)


@pytest.mark.parametrize("name", list(NETWORKS))
def test_programs_with_every_matrix_by_columns(pipelines, name, monkeypatch):
    system, schedule, _ = pipelines(name)
    monkeypatch.setattr(turn, "_gains", lambda schedule, kernels, together: defaultdict(lambda: 1))
    schedule = turn.turned(schedule)
    source = emit_numpy(schedule, describe(system, schedule, "float64"))
    matrices = [block for block in source.interface.parameters if len(block.shape) == 2]
    assert all(block.by_columns for block in matrices)
    check_programs(system, source, "float64")


def check_programs(system, source, dtype):
    """Every program, for batches as large as the workspace and smaller, in any order of batches."""
    interface = source.interface
    net = module_of(source).Network()
    net.reserve(5)
    tolerance = 1e-10 if dtype == "float64" else 2e-4

    def close(found, expected, what):
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance, err_msg=what)

    for seed, batch in enumerate((5, 1, 2, 5)):
        values = values_for(system, batch, seed)
        expected = evaluate(system, values, batch)
        fill(net, interface, values)
        for program in ("forward", "loss", "gradients", "input_gradients", "step"):
            entry = interface.entry(program)
            if entry is None:  # no input has a gradient
                continue
            loss = getattr(net, program)(*inputs_of(interface, program, values, dtype))
            if entry.returns_loss:
                close(loss, expected[system.loss], "loss")
            adjoint = dict(system.gradients)
            for result, array in net.results(program, batch).items():
                close(array, expected[result if program == "forward" else adjoint[result]], result)
            if program in ("gradients", "input_gradients"):
                for parameter, array in net.gradient_views.items():
                    close(array, expected[adjoint[parameter]], f"gradient of {parameter}")
        for kept, following in system.updates:
            views = net.parameter_views | net.state_views
            counters = [counter for counter, _ in interface.counters]
            now = views[kept] if kept in views else net.blocks["counters"][counters.index(kept)]
            close(now, expected[following], f"{kept} after the step")


@pytest.mark.parametrize("name", list(NETWORKS))
def test_a_float32_module_makes_no_float64_arrays(pipelines, name, monkeypatch):
    """Every array handed to or made by NumPy's functions is watched."""
    system, _, source = pipelines(name, "float32")
    module = module_of(source)
    net = module.Network()
    net.reserve(4)
    values = values_for(system, 4, 0)
    fill(net, source.interface, values)
    seen = watch(module)
    for program in ("forward", "loss", "gradients", "input_gradients", "step"):
        getattr(net, program)(*inputs_of(source.interface, program, values, "float32"))
    assert len(seen) > 20
    wide = [call for call in seen if call[1] == np.float64 and call[2] > 0]
    assert not wide, wide


def watch(module):
    """Replace the module's np by one that records (function, dtype, axes) of every argument and result."""
    seen = []

    class Watched:
        def __getattr__(self, name):
            found = getattr(np, name)
            if isinstance(found, type) or not callable(found) or name in ("errstate", "dtype"):
                return found

            return watched(name, found)

    def watched(name, found):
        def call(*arguments, **named):
            result = found(*arguments, **named)
            for value in (*arguments, *named.values(), result):
                if isinstance(value, np.ndarray | np.generic):
                    seen.append((name, value.dtype, value.ndim))
            return result

        if isinstance(found, np.ufunc) and found.nin == 2:
            call.reduce = watched(f"{name}.reduce", found.reduce)
        return call

    module.__dict__["np"] = Watched()
    for name in FUNCTIONS:
        if name in module.__dict__:
            module.__dict__[name] = watched(name, getattr(np, name))
    return seen


@pytest.mark.parametrize("name", list(NETWORKS))
def test_a_step_allocates_no_arrays(pipelines, name):
    """After a first step, what a step takes for itself does not grow with the batch.

    NumPy's own buffers for casts hold 8192 elements; both batches are larger than that.
    """
    system, _, source = pipelines(name)
    peaks = []
    for batch in (10_000, 30_000):
        net = module_of(source).Network()
        net.reserve(batch)
        values = values_for(system, batch, 0)
        fill(net, source.interface, values)
        inputs = inputs_of(source.interface, "step", values, "float64")
        net.step(*inputs)
        net.step(*inputs)
        tracemalloc.start()
        net.step(*inputs)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 10_000, peaks
    assert peaks[1] < 400_000, peaks


def test_the_module_needs_numpy_alone(pipelines, tmp_path):
    """It runs in a process where importing anything of bpgen or SymPy fails."""
    _, _, source = pipelines("classifier", "float32")
    source.write(tmp_path)
    program = (
        "import sys\n"
        "class Refuse:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in ('bpgen', 'sympy', 'jinja2', 'scipy'):\n"
        "            raise ImportError(name)\n"
        "sys.meta_path.insert(0, Refuse())\n"
        "import numpy as np\n"
        "from net import Network\n"
        "net = Network()\n"
        "net.parameter_views['fc1.weight'][...] = np.linspace(-1, 1, 20).reshape(5, 4)\n"
        "net.reserve(3)\n"
        "print(net.step(np.ones((3, 4)), [0, 1, 2]))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(np.log(3), rel=1e-6)


def test_text_is_the_same_under_any_hash_seed():
    program = (
        "import sys; sys.path.insert(0, 'tests/emit')\n"
        "from test_numpy_module import NETWORKS, pipeline\n"
        "for name in ('classifier', 'bilinear'):\n"
        "    print(next(iter(pipeline(NETWORKS[name])[2].files.values())))\n"
    )
    texts = set()
    for seed in ("0", "7"):
        environment = {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT), "PATH": ""}
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        texts.add(done.stdout)
    assert len(texts) == 1


def test_names_that_the_module_uses_itself():
    """Layers called like what the module defines or imports, and like each other's adjoints and kernels."""
    names = ("np", "self", "real", "a", "linear_3_3", "batch", "dot", "exp")
    layers = [layer(name, 3, "gelu") for name in names] + [layer("d_a", 2)]
    system, _, source = pipeline(description(real(), layers, {"type": "mse", "target": "y"}, SGD))
    ast.parse(source.files["net.py"])
    net = module_of(source).Network()
    net.reserve(2)
    values = values_for(system, 2, 0)
    fill(net, source.interface, values)
    expected = evaluate(system, values, 2)
    loss = net.step(*inputs_of(source.interface, "step", values, "float64"))
    assert loss == pytest.approx(float(expected[system.loss]), rel=1e-12)


def test_a_batch_beyond_the_capacity_or_of_another_shape_is_refused(pipelines):
    _, _, source = pipelines("classifier")
    net = module_of(source).Network()
    net.reserve(2)
    with pytest.raises(ValueError, match="a batch of 3 rows, but the workspace is for 2"):
        net.forward(np.zeros((3, 4)))
    with pytest.raises(ValueError, match=r"x: expected shape \(2, 4\), got \(2, 5\)"):
        net.forward(np.zeros((2, 5)))
    with pytest.raises(ValueError, match="label: expected shape"):
        net.loss(np.zeros((2, 4)), np.zeros(1, np.int32))


def test_what_is_bound_moves_with_the_workspace(pipelines):
    system, _, source = pipelines("classifier")
    interface = source.interface
    net = module_of(source).Network()
    net.reserve(3)
    values = values_for(system, 3, 0)
    fill(net, interface, values)
    given = inputs_of(interface, "forward", values, "float64")
    forward = net.bind("forward", 3)
    forward(*given)
    (before,) = net.results("forward", 3).values()
    net.reserve(50)
    forward(*given)
    (after,) = net.results("forward", 3).values()
    assert not np.shares_memory(before, after)
    np.testing.assert_array_equal(before, after)
    assert np.any(after)


def test_results_are_those_of_the_rows_of_the_call(pipelines):
    """Whatever was bound since, or called for another number of rows before."""
    _, _, source = pipelines("classifier")
    net = module_of(source).Network()
    net.reserve(7)
    generator = np.random.default_rng(0)
    for view in net.parameter_views.values():
        view[...] = generator.normal(size=view.shape)
    rows = {batch: generator.normal(size=(batch, 4)) for batch in (7, 2)}
    bound = {batch: net.bind("forward", batch) for batch in rows}
    alone = {}
    for batch, x in rows.items():
        net.forward(x)
        (alone[batch],) = (array.copy() for array in net.results("forward", batch).values())
    for batch in (7, 2, 7):
        bound[batch](rows[batch])
        net.bind("loss", 5)
        (found,) = net.results("forward", batch).values()
        assert found.shape[0] == batch
        np.testing.assert_array_equal(found, alone[batch])


def test_batches_of_many_sizes_are_not_all_kept(pipelines):
    """But what somebody holds stays right, however many came after it."""
    system, _, source = pipelines("classifier")
    interface = source.interface
    net = module_of(source).Network()
    net.reserve(100)
    values = values_for(system, 3, 0)
    fill(net, interface, values)
    given = inputs_of(interface, "forward", values, "float64")
    forward = net.bind("forward", 3)
    for batch in range(1, 100):
        net.forward(np.zeros((batch, 4)))
    assert len(net._bound) < 20
    net.reserve(200)
    net.blocks["workspace"][:] = 0
    forward(*given)
    net.forward(*given)
    (expected,) = (array.copy() for array in net.results("forward", 3).values())
    net.blocks["workspace"][:] = 0
    forward(*given)
    (found,) = net.results("forward", 3).values()
    np.testing.assert_array_equal(found, expected)
    assert np.any(found)


def test_blocks_handed_in_are_worked_on_in_place(pipelines):
    system, _, source = pipelines("classifier")
    interface = source.interface
    parameters = np.full(interface.parameter_size, 0.25)
    gradients = np.zeros_like(parameters)
    net = module_of(source).Network(parameters, gradients, np.zeros(interface.state_size))
    before = parameters.copy()
    values = values_for(system, 1, 0)
    net.gradients(*inputs_of(interface, "gradients", values, "float64"))
    assert np.any(gradients)
    net.step(*inputs_of(interface, "step", values, "float64"))
    assert np.any(parameters != before)
    assert np.shares_memory(net.parameter_views["fc1.weight"], parameters)


def test_lines_fit_the_page(pipelines):
    for name in NETWORKS:
        text = next(iter(pipelines(name)[2].files.values()))
        long = [line for line in text.splitlines() if len(line) > 120]
        assert not long, long
        assert not [line for line in text.splitlines() if line != line.rstrip()]
