"""Updates that are alike run as one over the flat blocks: what joins, what does not, and that the values stay."""

from itertools import pairwise

import numpy as np
import pytest

import bpgen
from bpgen.api import lower
from bpgen.lower.schedule import Repeat
from bpgen.lower.stack import LONG, PART

OPTIMIZERS = {
    "sgd": {"type": "sgd", "lr": 0.1, "momentum": 0.9},
    "adam": {"type": "adam", "lr": 0.01},
    "adamw": {"type": "adamw", "lr": 0.01, "weight_decay": 0.1},
    "nesterov": {"type": "sgd", "lr": 0.1, "momentum": 0.9, "nesterov": True},
    "rmsprop": {"type": "rmsprop", "lr": 0.01},
}


def network(sizes, optimizer):
    layers = [
        {"name": f"fc{n}", "type": "linear", "units": units, "activation": "tanh"} for n, units in enumerate(sizes[1:])
    ]
    return {
        "bpgen": 1, "name": "net", "inputs": {"x": {"shape": ["B", sizes[0]]}, "t": {"shape": ["B", sizes[-1]]}},
        "layers": layers, "loss": {"type": "mse", "target": "t"}, "optimizer": optimizer,
    }  # fmt: skip


def step_of(model, target):
    schedule, _ = lower(model, target=target)
    return schedule, next(program for program in schedule.programs if program.name == "step")


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_one_call_updates_all_parameters(name):
    schedule, step = step_of(network([3, 5, 4, 2], OPTIMIZERS[name]), "numpy")
    flat = {buffer.name: buffer for buffer in schedule.buffers if buffer.over}
    assert len(flat["parameters"].over) == len(flat["gradients"].over) == 6
    calls = [call for call in step.flat_calls if "parameters" in call.arguments]
    assert len(calls) == 1 and step.calls[-1] == calls[0]
    writing = {kernel.name: {f.name for f in kernel.formals if f.written} for kernel in schedule.kernels}
    assert "weight" not in set().union(*(writing[call.kernel] for call in step.flat_calls))


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("sizes", [[3, 5, 4, 2], [1, 1, 1], [2, 400, 400, 3]])
def test_the_values_are_those_of_single_updates(name, sizes):
    """Against C, which updates each parameter with its gradient; one network is longer than a part."""
    model = network(sizes, OPTIMIZERS[name])
    rng = np.random.default_rng(1)
    x, t = rng.normal(size=(7, sizes[0])), rng.normal(size=(7, sizes[-1]))
    networks = [bpgen.build(model, target=target, dtype="float64") for target in ("numpy", "c")]
    for _ in range(5):
        losses = [network.step(x=x, t=t) for network in networks]
        assert losses[0] == pytest.approx(losses[1], rel=1e-12)
    for key, value in networks[1].state_dict().items():
        np.testing.assert_allclose(networks[0].state_dict()[key], value, rtol=1e-6, atol=1e-12)


def test_long_blocks_are_worked_on_in_parts():
    schedule, step = step_of(network([2, 400, 400, 3], OPTIMIZERS["adam"]), "numpy")
    size = next(buffer.size for buffer in schedule.buffers if buffer.name == "parameters")
    assert size > LONG
    repeated, rest = step.calls[-2:]
    assert isinstance(repeated, Repeat) and repeated.loop.extent == size // PART
    kernels = {kernel.name: kernel for kernel in schedule.kernels}
    ends = [kernels[repeated.calls[0].kernel].loops[0], kernels[rest.kernel].loops[0]]
    assert ends[0].extent == PART and ends[1].start == size // PART * PART and ends[1].start + ends[1].extent == size


def test_what_is_updated_in_another_way_keeps_its_call():
    """Running means are no parameters' states, and a clipped gradient's norm is a sum over all."""
    model = network([3, 4, 2], {**OPTIMIZERS["sgd"], "clip_norm": 1.0})
    model["layers"].insert(1, {"name": "norm", "type": "batchnorm"})
    schedule, step = step_of(model, "numpy")
    assert any("norm.running_mean" in call.arguments for call in step.flat_calls)
    over = next(buffer.over for buffer in schedule.buffers if buffer.name == "parameters")
    assert set(over) == {"fc0.weight", "fc0.bias", "fc1.weight", "fc1.bias", "norm.weight", "norm.bias"}


def test_states_lie_as_far_apart_as_their_parameters():
    schedule, _ = step_of(network([3, 5, 4, 2], OPTIMIZERS["adam"]), "c")
    place = {buffer.name: buffer.offset for buffer in schedule.buffers}
    names = [buffer.name for buffer in schedule.buffers if buffer.storage == "parameter"]
    for one, other in pairwise(sorted(names, key=place.__getitem__)):
        step = place[other] - place[one]
        assert all(place[f"{other}.{kind}"] - place[f"{one}.{kind}"] == step for kind in "mv")


def test_what_reads_a_counter_that_the_step_counts_up_is_no_part_of_the_stack():
    """The stack runs behind everything else, when the counter is another."""
    optimizer = {"type": "adagrad", "lr": 0.1, "initial_accumulator_value": 0.3}
    model = network([2, 3, 1], optimizer)
    schedule, _ = step_of(model, "numpy")
    assert not any(buffer.over for buffer in schedule.buffers)
    rng = np.random.default_rng(1)
    x, t = rng.normal(size=(4, 2)), rng.normal(size=(4, 1))
    networks = [bpgen.build(model, target=target, dtype="float64") for target in ("numpy", "c")]
    for _ in range(3):
        losses = [net.step(x=x, t=t) for net in networks]
        assert losses[0] == pytest.approx(losses[1], rel=1e-12)
