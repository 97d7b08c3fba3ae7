"""Values that are computed again where they are read: which, and that nothing is lost."""

from __future__ import annotations

from lowering_systems import trained

from bpgen.algebra.system import System
from bpgen.lower.lower import lower
from bpgen.lower.schedule import Program, Schedule


def network(norm: str, last: str = "") -> System:
    return trained({
        "bpgen": 1, "name": "net", "inputs": {"x": {"shape": ["B", 2, 3, 4]}, "t": {"shape": ["B", 3, 3, 4]}},
        "layers": [
            {"name": "mix", "type": "conv2d", "channels": 3, "kernel": 1},
            {"name": "norm", "type": norm, **({} if last else {"activation": "tanh"})},
            *([{"name": "last", "type": last, "units": 4}] if last else []),
        ],
        "loss": {"type": "mse", "target": "t"}, "optimizer": {"type": "sgd", "lr": 0.1},
    })  # fmt: skip


def program(schedule: Schedule, name: str) -> Program:
    return next(found for found in schedule.programs if found.name == name)


def buffers(schedule: Schedule, name: str) -> set[str]:
    return {buffer for call in program(schedule, name).flat_calls for buffer in call.arguments}


def test_what_a_batch_has_in_common_is_taken_off_where_it_is_needed():
    system = network("batchnorm")
    stored, again = lower(system), lower(system, recomputes=True)
    assert {"norm.u", "norm.n"} <= buffers(stored, "step")
    assert not {"norm.u", "norm.n"} & buffers(again, "step")
    assert "mix" in buffers(again, "step")
    assert program(again, "step").workspace[1] <= program(stored, "step").workspace[1]


def test_what_is_multiplied_by_a_parameter_is_stored_once():
    """The adjoint of a normalised row is that of the layer's output, times the weights."""
    system = network("layernorm", "linear")
    stored, again = lower(system), lower(system, recomputes=True)
    assert {"d.norm", "d.norm.n"} <= buffers(stored, "step")
    assert "d.norm" in buffers(again, "step") and "d.norm.n" not in buffers(again, "step")
    steps = [[number for call in program(found, "step").flat_calls for number in call.numbers]
             for found in (stored, again)]  # fmt: skip
    assert set(steps[0]) == set(steps[1])


def test_every_equation_still_has_a_call_that_computes_it():
    system = network("batchnorm")
    found = [
        {number for call in program(schedule, "step").flat_calls for number in call.numbers}
        for schedule in (lower(system), lower(system, recomputes=True))
    ]
    assert found[0] == found[1]


def test_what_a_row_has_in_common_stays_in_its_kernel():
    system = network("layernorm")
    for name in ("forward", "loss"):
        assert program(lower(system, recomputes=True), name) == program(lower(system), name)
