"""Values that are computed again where they are read: which, and that nothing is lost."""

from __future__ import annotations

from lowering_systems import trained

from bpgen.algebra.system import System
from bpgen.lower.lower import lower
from bpgen.lower.schedule import Program, Schedule


def network(norm: str) -> System:
    return trained({
        "bpgen": 1, "name": "net", "inputs": {"x": {"shape": ["B", 2, 3, 4]}, "t": {"shape": ["B", 3, 3, 4]}},
        "layers": [
            {"name": "mix", "type": "conv2d", "channels": 3, "kernel": 1},
            {"name": "norm", "type": norm, "activation": "tanh"},
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


def test_every_equation_still_has_a_call_that_computes_it():
    system = network("batchnorm")
    found = [
        {number for call in program(schedule, "step").flat_calls for number in call.numbers}
        for schedule in (lower(system), lower(system, recomputes=True))
    ]
    assert found[0] == found[1]


def test_what_a_row_has_in_common_stays_in_its_kernel():
    system = network("layernorm")
    assert lower(system, recomputes=True) == lower(system)
