"""Recurrences in C and in NumPy compute what the brute-force evaluator computes, step after step."""

import sys
from pathlib import Path

import numpy as np
import pytest
from c_runner import Running, compiler, emitted

sys.path.insert(0, str(Path(__file__).parent.parent / "lower"))
from recurrence_systems import SYSTEMS, lstm, reference, rnn

from bpgen.emit.numpy import emit_numpy
from bpgen.lower.describe import describe
from bpgen.lower.lower import lower

BATCH, CAPACITY = 3, 4


def numpy_network(system):
    schedule = lower(system)
    (text,) = emit_numpy(schedule, describe(system, schedule, "float64")).files.values()
    space = {}
    exec(compile(text, f"{system.name}.py", "exec"), space)
    network = space["Network"]()
    network.reserve(CAPACITY)
    network.workspace[:] = np.nan
    return network


def drawn(system, rng):
    """Random inputs and parameters."""
    values = {}
    for tensor in (*system.with_role("input"), *system.with_role("parameter")):
        shape = [BATCH if extent == "B" else extent for extent in tensor.shape]
        real = rng.uniform(-1, 1, shape)
        values[tensor.name] = rng.integers(0, tensor.classes, shape) if tensor.dtype == "int32" else real
    return values


def close(found, expected):
    np.testing.assert_allclose(found, expected, 1e-9, 1e-11)


@pytest.mark.parametrize("case", SYSTEMS)
def test_numpy(case):
    system = SYSTEMS[case]
    values = drawn(system, np.random.default_rng(1))
    expected = reference(system, values, BATCH)
    network = numpy_network(system)
    for name, view in network.parameter_views.items():
        view[...] = values[name]
    inputs = [values[t.name] for t in system.with_role("input")]
    network.forward(*inputs)
    for name, found in network.results("forward", BATCH).items():
        close(found, expected[name])
    if system.loss:
        network.workspace[:] = np.nan
        close(network.input_gradients(*inputs), expected["loss"])
        for name, view in network.gradient_views.items():
            close(view, expected[f"d.{name}"])
        close(network.results("input_gradients", BATCH)["x"], expected["d.x"])


@pytest.mark.skipif(compiler() is None, reason="needs a C compiler")
@pytest.mark.parametrize("case", SYSTEMS)
def test_c(case, tmp_path):
    system = SYSTEMS[case]
    values = drawn(system, np.random.default_rng(2))
    expected = reference(system, values, BATCH)
    running = Running(emitted(system, "float64"), tmp_path)
    for name, view in running.views("parameters").items():
        view[...] = values[name]
    _, results = running.call("forward", values, BATCH, CAPACITY)
    for name, found in results.items():
        close(found, expected[name])
    if system.loss:
        loss, results = running.call("input_gradients", values, BATCH, CAPACITY)
        close(loss, expected["loss"])
        for name, view in running.views("gradients").items():
            close(view, expected[f"d.{name}"])
        close(results["x"], expected["d.x"])


def test_the_size_of_c_does_not_depend_on_the_number_of_steps():
    sizes = [len(emitted(rnn(steps)).files["rnn.c"].splitlines()) for steps in (30, 300)]  # both for threads
    assert abs(sizes[0] - sizes[1]) < 20  # a rest that fills no vector takes lines of its own


def test_layers_of_equal_shape_share_the_kernels_of_their_steps():
    one, three = (len(lower(lstm(layers=layers)).kernels) for layers in (1, 3))
    assert one == three
