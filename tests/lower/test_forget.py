"""What only its own step reads is kept for one step; what other steps, or anything else, read is kept for all."""

import pytest
from lowering_systems import trained
from recurrence_systems import SYSTEMS, lstm, mutual, rnn

from bpgen.lower.forget import NOW
from bpgen.lower.lower import lower
from bpgen.lower.rewrite import variables
from bpgen.lower.scalar import Load
from bpgen.lower.schedule import Repeat


def program(schedule, name):
    return next(found for found in schedule.programs if found.name == name)


def of_one_step(schedule, name):
    used = {argument for call in program(schedule, name).flat_calls for argument in call.arguments}
    return {argument for argument in used if argument.endswith(NOW)}


@pytest.mark.parametrize("by_time", [False, True])
def test_gates_are_kept_for_a_step_unless_the_backward_pass_reads_them(by_time):
    system = trained(
        {
            "bpgen": 1,
            "name": "gates",
            "inputs": {"x": {"shape": ["B", 5, 7]}, "target": {"shape": ["B", 5, 6]}},
            "layers": [{"name": "r", "type": "lstm", "units": 6}],
            "loss": {"type": "mse", "target": "target"},
            "optimizer": {"type": "sgd", "lr": 0.1},
        }
    )
    schedule = lower(system, by_time=by_time)
    forward, gradients = of_one_step(schedule, "forward"), of_one_step(schedule, "gradients")
    assert forward == {"r.v" + NOW} < gradients
    assert gradients - forward >= {"d.r.i" + NOW, "d.r.g" + NOW, "d.r.o" + NOW}
    for name in gradients:
        assert schedule.buffer(name).shape in (("B", 6), ("B", 24))
    for name in ("forward", "gradients"):
        used = {argument for call in program(schedule, name).flat_calls for argument in call.arguments}
        assert "r.v" not in used, "no step reads another's"


@pytest.mark.parametrize("case", SYSTEMS)
def test_nothing_outside_of_its_recurrence_reads_what_is_kept_for_a_step(case):
    schedule = lower(SYSTEMS[case])
    kernels = {kernel.name: kernel for kernel in schedule.kernels}
    for found in schedule.programs:
        filled: set[str] = set()
        for item in found.calls:
            for call in item.calls if isinstance(item, Repeat) else (item,):
                used = {argument for argument in call.arguments if argument.endswith(NOW)}
                assert isinstance(item, Repeat) or not used
                formals = zip(kernels[call.kernel].formals, call.arguments, strict=True)
                written = {argument for formal, argument in formals if formal.written}
                assert used <= filled | written, "it is written before it is read"
                filled |= written
            filled.clear()


@pytest.mark.parametrize("case", SYSTEMS)
def test_a_kernel_that_needs_no_step_any_more_is_not_told_one(case):
    for kernel in lower(SYSTEMS[case]).kernels:
        elements = (Load("real", s.target, s.indices) for s in kernel.statements)
        values = (*elements, *(statement.value for statement in kernel.statements))
        used = {name for value in values for name in variables(value, {})}
        assert {loop.name for loop in kernel.positions} <= used


def test_results_and_what_other_steps_read_are_kept():
    for system in (rnn(), mutual()):
        schedule = lower(system)
        for found in schedule.programs:
            assert not any(name.endswith(NOW) for name in found.results)
    assert not of_one_step(lower(mutual()), "forward"), "both are results"


def test_a_network_takes_less_memory_for_it():
    schedule = lower(lstm(steps=50, layers=1))
    found = program(schedule, "forward")
    assert found.workspace[1] < found.unshared[1]
