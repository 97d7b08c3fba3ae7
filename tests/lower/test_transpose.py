"""Matrices that C keeps by columns, as their transposes: which, and what kernels make of them."""

import numpy as np
import pytest
from emit.c_runner import Running, compiled, compiler, trained
from test_turn import ADAM, DEEP, by_columns, layer, network

from bpgen.api import lower
from bpgen.emit.c import emit_c
from bpgen.lower.describe import describe
from bpgen.lower.lower import lower as by_rows
from bpgen.lower.transpose import WIDEST, transposed

SGD = {"type": "sgd", "lr": 0.1}


def test_what_only_the_forward_pass_reads_is_transposed():
    assert by_columns(DEEP, "c") == {"a.weight", "d.a.weight", "a.weight.m", "a.weight.v"}
    schedule, _ = lower(DEEP)
    (update,) = (k for k in schedule.kernels if "adam" in k.name and {f.name for f in k.formals} >= {"weight", "x"})
    weight = next(formal for formal in update.formals if formal.name == "weight")
    assert weight.by_columns and weight.shape == (3, 5) and schedule.buffer("a.weight").shape == (5, 3)
    assert [loop.extent for loop in update.loops] == [3, 5]


@pytest.mark.parametrize("units", [WIDEST, WIDEST + 1])
def test_long_rows_are_not(units):
    assert bool(by_columns(network([layer("a", units), layer("b", 2)]), "c")) is (units == WIDEST)


def test_what_is_summed_up_is_not():
    """The norm of all gradients goes through them as they lie."""
    assert not by_columns(network([layer("a", 5), layer("b", 4)], {**SGD, "clip_norm": 0.1}), "c")


@pytest.mark.skipif(compiler() is None, reason="needs a C compiler")
@pytest.mark.parametrize("optimizer", [ADAM, {**SGD, "momentum": 0.9, "weight_decay": 0.01}], ids=["adam", "sgd"])
def test_steps_are_those_of_matrices_by_rows(optimizer, tmp_path):
    """The same network with and without; sizes beyond tiles and none of whole vectors, one row and many."""
    system = trained(network([layer("a", 107), layer("b", 35), layer("c", 1)], optimizer, size=53))
    schedule = by_rows(system, panels=True, recomputes=True, by_time=True, by_rows=True)
    sources = [emit_c(each, describe(system, each, "float64")) for each in (schedule, transposed(schedule))]
    assert ", transposed */" in sources[1].files["net.c"] and "transposed" not in sources[0].files["net.c"]
    plain, ours = (compiled(source, tmp_path / str(n)) for n, source in enumerate(sources))
    for batch in (1, 29, 130):
        expected = _trained(Running(sources[0], tmp_path, plain), batch)
        found = [_trained(Running(sources[1], tmp_path, ours, threads), batch) for threads in (1, 2, 3)]
        for key, value in expected.items():
            np.testing.assert_allclose(found[0][key], value, rtol=1e-9, atol=1e-12, err_msg=key)
            assert all(np.array_equal(found[0][key], other[key]) for other in found[1:]), key


def _trained(running, batch):
    """Everything after three steps from the same numbers, and the gradients then."""
    rng = np.random.default_rng(batch)
    for view in running.views("parameters").values():
        view[...] = rng.normal(size=view.shape) / 10
    running.states[:] = 0
    given = {"x": rng.normal(size=(batch, 53)), "t": rng.normal(size=(batch, 1))}
    losses = [running.call("step", given, batch, batch)[0] for _ in range(3)]
    running.call("gradients", given, batch, batch)
    blocks = ("parameters", "gradients", "states")
    return {"losses": losses} | {f"{b} {n}": v.copy() for b in blocks for n, v in running.views(b).items()}
