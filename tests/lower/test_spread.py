"""Rows of intermediates that would meet in the same lines of a cache: which are spread, and what becomes of them."""

import numpy as np
import pytest
from emit.c_runner import Running, compiled, compiler, trained
from test_turn import ADAM, layer, network

from bpgen.api import lower
from bpgen.emit.c import emit_c
from bpgen.lower.describe import describe
from bpgen.lower.forget import NOW
from bpgen.lower.lower import lower as lower_for
from bpgen.lower.spread import APART, SAME_LINES

WIDE = SAME_LINES


def spread(layers, size=3, **changes):
    """The buffers of a network in C whose rows are spread, and their shapes."""
    schedule, _ = lower({**network(layers, size=size), **changes})
    return {buffer.name: buffer.shape for buffer in schedule.buffers if buffer.spare}


def test_what_is_multiplied_row_by_row_is_spread():
    """And what may take its place; not what users see, nor what has other sizes."""
    found = spread([layer("a", WIDE), layer("b", 2 * WIDE), layer("c", 40), layer("k", WIDE), layer("e", 1)])
    assert found["a"] == ("B", WIDE + APART) and found["b"] == ("B", 2 * WIDE + APART)
    assert {name.removeprefix("d.").partition(".")[0] for name in found} == {"a", "b", "k"}


@pytest.mark.parametrize("units", [WIDE - 1, WIDE // 2, WIDE + APART])
def test_rows_of_other_lengths_are_not(units):
    assert not spread([layer("a", units), layer("b", 1)])


def test_inputs_and_results_lie_as_they_are_given_out():
    """Of the last layer, the gradient may be spread."""
    assert not spread([layer("a", 2)], size=WIDE)
    assert [name.partition(".")[0] for name in spread([layer("a", 4), layer("b", WIDE)])] == ["d"]


def test_what_is_seen_in_another_shape_is_not():
    convolution = {"name": "a", "type": "conv2d", "channels": 4, "kernel": 3, "padding": 1, "activation": "tanh"}
    layers = [convolution, {"name": "flat", "type": "flatten"}, layer("b", 2)]
    image = {"x": {"shape": ["B", 1, 16, 16]}, "t": {"shape": ["B", 2]}}
    schedule, _ = lower({**network(layers), "inputs": image})
    seen = {b.name: b.shape for b in schedule.buffers if b.view_of}
    assert seen["flat"] == ("B", WIDE) and not any(buffer.spare for buffer in schedule.buffers)


def test_what_one_step_keeps_of_a_spread_row_says_so_too():
    sequence = {"x": {"shape": ["B", 3, 5]}, "t": {"shape": ["B", 3, WIDE]}}
    found = spread([{"name": "r", "type": "lstm", "units": WIDE}], inputs=sequence)
    steps = {name: shape for name, shape in found.items() if name.endswith(NOW)}
    schedule, _ = lower({**network([{"name": "r", "type": "lstm", "units": WIDE}]), "inputs": sequence})
    wide = {b.name for b in schedule.buffers if b.name.endswith(NOW) and (b.shape[-1] - APART) % WIDE == 0}
    assert steps.keys() == wide and ("B", 4 * WIDE + APART) in steps.values()


@pytest.mark.skipif(compiler() is None, reason="needs a C compiler")
@pytest.mark.parametrize("recurrent", [False, True])
def test_steps_are_those_of_rows_next_to_each_other(recurrent, tmp_path):
    """The same network with and without, one row and many; the C says what lies behind rows."""
    between = {"name": "r", "type": "rnn", "units": WIDE} if recurrent else layer("r", WIDE)
    description = network([layer("a", WIDE), between, layer("c", 2)], ADAM, size=5)
    if recurrent:
        description |= {"inputs": {"x": {"shape": ["B", 3, 5]}, "t": {"shape": ["B", 3, 2]}}}
    system = trained(description)
    schedules = [lower_for(system, panels=True, recomputes=True, by_time=True, by_rows=True, spread=s) for s in (0, 1)]
    sources = [emit_c(schedule, describe(system, schedule, "float64")) for schedule in schedules]
    assert f"{WIDE} + {APART}]" in sources[1].files["net.c"] and f"+ {APART}]" not in sources[0].files["net.c"]
    plain, ours = (compiled(source, tmp_path / str(n)) for n, source in enumerate(sources))
    for batch in (1, 13, 50):
        expected = _trained(Running(sources[0], tmp_path, plain), batch)
        found = [_trained(Running(sources[1], tmp_path, ours, threads), batch) for threads in (1, 2)]
        np.testing.assert_allclose(found[0], expected, rtol=1e-9, atol=1e-12)
        assert np.array_equal(*found)


def _trained(running, batch):
    """The parameters after two steps from the same numbers, behind the losses."""
    rng = np.random.default_rng(batch)
    for view in running.views("parameters").values():
        view[...] = rng.normal(size=view.shape) / 30
    running.states[:] = 0
    given = {item.name: rng.normal(size=(batch, *item.shape[1:])) for item in running.interface.inputs}
    losses = [running.call("step", given, batch, batch)[0] for _ in range(2)]
    return np.concatenate([np.ravel(part) for part in (losses, *running.views("parameters").values())])
