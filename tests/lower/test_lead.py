"""Time leads in what steps read and write: which tensors move, which stay, and that loops follow.

That the values stay the same is what tests/emit/test_recurrence_values.py holds against the brute-force evaluator.
"""

import pytest
from lowering_systems import trained
from recurrence_systems import SYSTEMS

from bpgen.lower.lower import lower
from bpgen.lower.rewrite import reductions
from bpgen.lower.schedule import Repeat


def network(kind="lstm", between=(), layers=1):
    return {
        "bpgen": 1,
        "name": "letters",
        "inputs": {"x": {"shape": ["B", 5], "dtype": "int32", "classes": 9},
                   "target": {"shape": ["B", 5], "dtype": "int32", "classes": 9}},
        "layers": [
            {"name": "token", "type": "embedding", "units": 6, "input": "x"},
            {"name": "r", "type": kind, "units": 8, "layers": layers},
            *between,
            {"name": "fc", "type": "linear", "units": 9},
        ],
        "loss": {"type": "cross_entropy", "target": "target"},
        "optimizer": {"type": "sgd", "lr": 0.1},
    }  # fmt: skip


def shapes(description):
    return {buffer.name: buffer.shape for buffer in lower(trained(description), by_time=True).buffers}


@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
def test_all_that_steps_touch_moves_and_what_the_user_sees_stays(kind):
    found = shapes(network(kind, layers=2))
    moved = {name for name, shape in found.items() if shape[:2] == (5, "B")}
    assert {"token", "d.token", "d.fc"} < moved
    assert all(sum(name.startswith(part) for name in moved) > 1 for part in ("r.", "d.r."))
    assert found["x"] == found["target"] == ("B", 5) and found["fc"] == ("B", 5, 9)
    stayed = {name for name, shape in found.items() if shape[:2] == ("B", 5) and name not in ("x", "target", "fc")}
    assert all(len(found[name]) == 2 for name in stayed), "numbers of a row and a step have no rows of their own"


def test_a_gradient_of_a_weight_sums_over_rows_that_lie_together():
    schedule = lower(trained(network()), by_time=True)
    kernels = [kernel for kernel in schedule.kernels if "d_weight_hh_l0" in kernel.name]
    assert kernels
    for kernel in kernels:
        (total,) = [found for statement in kernel.statements for found in reductions(statement.value)]
        assert [loop.extent for loop in total.loops] == [4, "B"]


def test_the_place_of_the_largest_is_counted_in_the_order_of_the_equation():
    equation = (
        "h[b, t, j] = tanh(x[b, t, j] + sum[k](h[b, t - 1, k]*K[j, k]))\na[j] = argmax[b, t](h[b, t, j])\n"
        "y[b, t, j] = h[b, t, j]*(1 + a[j])"
    )
    description = {
        "bpgen": 1,
        "name": "place",
        "inputs": {"x": {"shape": ["B", 4, 3]}, "target": {"shape": ["B", 4, 3]}},
        "layers": [{"name": "y", "type": "equation", "input": "x", "sizes": {"t": 4, "j": 3, "k": 3},
                    "equation": equation, "parameters": {"K": {"init": "normal"}}}],
        "loss": {"type": "mse", "target": "target"},
        "optimizer": {"type": "sgd", "lr": 0.1},
    }  # fmt: skip
    statements = [s for kernel in lower(trained(description), by_time=True).kernels for s in kernel.statements]
    places = {found for s in statements for found in reductions(s.value) if found.op == "argmax"}
    assert places
    assert all([loop.extent for loop in found.loops] == ["B", 4] for found in places)


def test_a_network_without_steps_stays_as_it_is():
    description = network()
    description["layers"].pop(1)
    system = trained(description)
    assert lower(system, by_time=True) == lower(system)


def test_attention_over_the_steps_keeps_its_place():
    found = shapes(network(between=[{"name": "look", "type": "attention", "heads": 2}]))
    inside = {name: shape for name, shape in found.items() if name.startswith("look.") and "B" in shape}
    assert inside and all(shape[0] == "B" for shape in inside.values())
    assert found["r.u"][:2] == (5, "B")


@pytest.mark.parametrize("case", SYSTEMS)
def test_results_stay_and_steps_are_the_same(case):
    system = SYSTEMS[case]
    plain, led = lower(system), lower(system, by_time=True)
    for program, other in zip(plain.programs, led.programs, strict=True):
        assert program.results == other.results
        for name in program.results:
            assert plain.buffer(name) == led.buffer(name)
        repeats = [
            [(item.loop, item.backwards) for item in p.calls if isinstance(item, Repeat)] for p in (program, other)
        ]
        assert repeats[0] == repeats[1]
