"""A recurrence becomes steps that are repeated; what does not depend on them stays outside, in one piece."""

import pytest
from recurrence_systems import SYSTEMS, alone, leaky, lstm, masked, rnn

from bpgen.lower.cuts import difference_of
from bpgen.lower.lower import lower
from bpgen.lower.recurrence import EARLIER
from bpgen.lower.rewrite import variables
from bpgen.lower.scalar import walk
from bpgen.lower.schedule import Call, Repeat
from bpgen.operations import program_operations


def program(schedule, name):
    return next(found for found in schedule.programs if found.name == name)


def ranges(found):
    return [(r.loop.start, r.loop.extent, r.backwards) for r in found.calls if isinstance(r, Repeat)]


def test_steps_are_peeled_where_their_conditions_change():
    assert ranges(program(lower(rnn(steps=5)), "forward")) == [(0, 1, False), (1, 4, False)]
    assert ranges(program(lower(rnn(steps=5, lag=2)), "forward")) == [(0, 2, False), (2, 3, False)]
    assert ranges(program(lower(rnn(steps=1)), "forward")) == [(0, 1, False)]
    assert ranges(program(lower(rnn(steps=5)), "gradients"))[2:] == [(4, 1, True), (0, 4, True)]


def test_a_recurrence_that_reads_later_steps_runs_backwards():
    assert ranges(program(lower(rnn(steps=5, late=True)), "forward")) == [(4, 1, True), (0, 4, True)]


@pytest.mark.parametrize("case", [case for case in SYSTEMS if case != "masked"])
def test_no_condition_on_steps_is_left(case):
    for kernel in lower(SYSTEMS[case]).kernels:
        for statement in kernel.statements:
            assert not any(difference_of(node) for node in walk(statement.value))


def test_a_condition_on_data_stays_with_the_step_as_a_number():
    (kernel,) = {k.name: k for k in lower(masked()).kernels if k.positions and k.positions[0].start == 1}.values()
    assert any("t" in variables(node, {}) for s in kernel.statements for node in walk(s.value))


def test_a_step_is_a_contraction_with_its_epilogue_and_all_else_is_outside():
    found = program(schedule := lower(rnn()), "gradients")
    kinds = {kernel.name: kernel.kind for kernel in schedule.kernels}
    outside = [call for call in found.calls if isinstance(call, Call)]
    repeats = [item for item in found.calls if isinstance(item, Repeat)]
    assert [kinds[call.kernel] for repeat in repeats for call in repeat.calls] == [
        "elementwise", "contraction", "elementwise", "contraction",
    ]  # fmt: skip
    # The projection before; the loss; the two weight gradients after.
    assert [kinds[call.kernel] for call in outside] == ["contraction", "reduction", "contraction", "contraction"]


def test_gates_are_one_kernel_beside_the_contraction():
    found = program(schedule := lower(lstm(layers=1)), "forward")
    kinds = {kernel.name: kernel.kind for kernel in schedule.kernels}
    *_, (_, last) = [item.loop and (item.loop, item.calls) for item in found.calls if isinstance(item, Repeat)]
    assert [kinds[call.kernel] for call in last] == ["contraction", "elementwise"]


def test_kernels_of_steps_name_their_position():
    schedule = lower(alone())
    repeat = program(schedule, "forward").calls[-1]
    kernels = {kernel.name: kernel for kernel in schedule.kernels}
    assert isinstance(repeat, Repeat)
    for call in repeat.calls:
        assert call.positions == (repeat.loop.name,)
        assert kernels[call.kernel].positions == (repeat.loop,)
    assert not any(EARLIER in name for call in program(schedule, "forward").flat_calls for name in call.arguments)


def test_arithmetic_of_steps_is_counted_for_every_step():
    counts = []
    for steps in (2, 3, 4):
        schedule = lower(rnn(steps=steps))
        counts.append(program_operations(schedule, program(schedule, "forward"), 1))
    assert counts[2] - counts[1] == counts[1] - counts[0]
    assert counts[1] - counts[0] >= 2 * 20 * (17 + 20)


def test_every_circle_is_a_recurrence_of_its_own():
    repeats = [item for item in program(lower(leaky()), "forward").calls if isinstance(item, Repeat)]
    written = [{call.arguments[0] for call in repeat.calls} for repeat in repeats]
    assert written == [{"v"}, {"v"}, {"up"}, {"up"}, {"down"}, {"down"}]
