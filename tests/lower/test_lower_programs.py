from dataclasses import replace

import pytest
from lowering_systems import b, i, j, o, perceptron, system, tensor, trained, two_layers

from bpgen.algebra.errors import InternalError
from bpgen.algebra.expressions import Reduction
from bpgen.lower.describe import describe
from bpgen.lower.interface import Interface
from bpgen.lower.lower import lower
from bpgen.lower.schedule import Call, Placement
from bpgen.lower.verify import verify_schedule

ADAM = {"type": "adam", "lr": 0.01}


def program(schedule, name):
    return next(p for p in schedule.programs if p.name == name)


def arguments(schedule, name):
    return {argument for call in program(schedule, name).calls for argument in call.arguments}


def test_programs_follow_from_the_equations():
    assert [p.name for p in lower(two_layers()).programs] == ["forward"]
    whole = lower(trained(perceptron((3, 4, 2))))
    assert [p.name for p in whole.programs] == ["forward", "loss", "gradients", "input_gradients", "step"]


def test_each_program_has_only_what_it_needs():
    schedule = lower(trained(perceptron((3, 4, 2))))
    assert "target" not in arguments(schedule, "forward")
    assert not any(name.startswith("d.") for name in arguments(schedule, "loss"))
    assert "d.x" not in arguments(schedule, "gradients")
    assert "d.x" in arguments(schedule, "input_gradients")
    assert {"d.fc1.weight", "d.fc2.bias"} <= arguments(schedule, "gradients")


def test_the_step_updates_in_place_and_stores_no_gradient():
    schedule = lower(trained(perceptron((3, 4, 2), optimizer=ADAM)))
    step = arguments(schedule, "step")
    assert not any(name.endswith(".next") for name in step)
    storage = {buffer.name: buffer.storage for buffer in schedule.buffers}
    assert not any(storage[name] == "gradient" for name in step)
    assert storage["t"] == "counter" and storage["lr"] == "setting"


def test_weights_are_overwritten_after_their_last_reader():
    schedule = lower(trained(perceptron((3, 4, 4, 2))))
    calls = program(schedule, "step").calls
    kernels = {kernel.name: kernel for kernel in schedule.kernels}
    for weight in ("fc1.weight", "fc2.weight", "fc3.weight"):
        users = [n for n, call in enumerate(calls) if weight in call.arguments]
        writers = [
            n for n in users
            if kernels[calls[n].kernel].formals[calls[n].arguments.index(weight)].written
        ]  # fmt: skip
        assert writers == [users[-1]]


def test_a_swap_goes_through_copies():
    u, v = tensor("u", i, role="state"), tensor("v", i, role="state")
    new_u, new_v = tensor("u.next", i, role="update"), tensor("v.next", i, role="update")
    y, loss = tensor("y", i), tensor("loss")
    made = system(
        (y, u[i] + v[i]), (loss, Reduction("sum", y[i], i)), (new_u, v[i] + 1), (new_v, u[i] * 2),
        given=(u, v), outputs=("y",), loss="loss", updates=(("u", "u.next"), ("v", "v.next")),
    )  # fmt: skip
    schedule = lower(made)
    kernels = {kernel.name: kernel for kernel in schedule.kernels}
    written = [
        {a for f, a in zip(kernels[call.kernel].formals, call.arguments, strict=True) if f.written}
        for call in program(schedule, "step").calls
    ]
    both = [name for call in written for name in sorted(call)]
    assert both.count("u") == both.count("v") == 1
    assert "u.next" in both or "v.next" in both  # at least one of them has to be kept apart


def test_an_input_that_is_an_output_is_copied_into_the_arena():
    x = tensor("x", b, i, role="input")
    made = system((tensor("y", b, i), 2 * x[b, i]), given=(x,), outputs=("y", "x"))
    schedule = lower(made)
    entry = describe(made, schedule, "float32").entry("forward")
    assert [result.name for result in entry.results] == ["y", "x"]


@pytest.mark.parametrize("depth", [4, 12])
def test_equal_layers_share_their_kernels(depth):
    schedule = lower(trained(perceptron((5, *[5] * depth), optimizer=ADAM)))
    few = lower(trained(perceptron((5, *[5] * 4), optimizer=ADAM)))
    assert len(schedule.kernels) == len(few.kernels)
    calls = program(schedule, "forward").calls
    assert len({call.kernel for call in calls}) == 2  # with activation, and the last one without
    assert len(calls) == depth


def test_kernels_of_one_structure_but_other_sizes_are_not_shared():
    schedule = lower(trained(perceptron((5, 6, 5, 2))))
    assert len({call.kernel for call in program(schedule, "forward").calls}) == 3


def test_the_arena_is_smaller_than_its_values():
    for p in lower(trained(perceptron((8, *[32] * 6)))).programs:
        assert p.workspace[1] <= p.unshared[1]
    forward = program(lower(trained(perceptron((8, *[32] * 6)))), "forward")
    assert forward.workspace[1] < forward.unshared[1] / 2


def test_sizes_one_and_no_batch():
    x, w = tensor("x", i, role="input"), tensor("w", o, i, role="parameter")
    y = tensor("y", o)
    schedule = lower(system((y, Reduction("sum", x[i] * w[o, i], i)), given=(x, w), outputs=("y",)))
    assert program(schedule, "forward").workspace == (16, 0, 0)
    lower(trained(perceptron((1, 1, 1))))


def test_interface_describes_the_schedule_and_survives_json():
    made = trained(perceptron((3, 4, 2), "cross_entropy", optimizer=ADAM))
    schedule = lower(made)
    interface = describe(made, schedule, "float32")
    assert Interface.from_json(interface.to_json()) == interface
    assert [block.name for block in interface.parameters] == ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"]
    assert [item.name for item in interface.initial] == [block.name for block in interface.parameters]
    assert interface.counters == (("t", 0.0),) and dict(interface.settings)["lr"] == 0.01
    assert interface.entry("forward").inputs == ("x",) and not interface.entry("forward").returns_loss
    assert interface.entry("step").inputs == ("x", "target") and interface.entry("step").returns_loss
    assert [result.name for result in interface.entry("input_gradients").results] == ["x"]
    assert interface.workspace == schedule.workspace


def broken(schedule, **changes):
    first, *others = schedule.programs
    return replace(schedule, programs=(replace(first, **changes), *others))


def test_the_verifier_finds_what_is_wrong():
    schedule = lower(trained(perceptron((3, 4, 2))))
    first = schedule.programs[0]
    with pytest.raises(InternalError, match="before it is defined"):
        verify_schedule(broken(schedule, calls=first.calls[::-1]))
    with pytest.raises(InternalError, match="overlap"):
        verify_schedule(broken(schedule, placements=tuple(Placement(p.buffer, 0) for p in first.placements)))
    with pytest.raises(InternalError, match="outside the arena"):
        verify_schedule(broken(schedule, workspace=(0, 0, 0)))
    with pytest.raises(InternalError, match="no place"):
        verify_schedule(broken(schedule, placements=()))
    short = Call(first.calls[0].kernel, first.calls[0].arguments[:-1], ())
    with pytest.raises(InternalError, match="arguments"):
        verify_schedule(broken(schedule, calls=(short, *first.calls[1:])))
    kernel = schedule.kernels[0]
    unread = replace(kernel, formals=kernel.formals[:-1])
    with pytest.raises(InternalError, match="no formal"):
        verify_schedule(replace(schedule, kernels=(unread, *schedule.kernels[1:])))


def test_axes_of_equal_length_are_not_confused():
    x, w = tensor("x", b, i, role="input"), tensor("w", j, i, role="parameter")
    y, z = tensor("y", b, j), tensor("z", b, i)
    rhs = Reduction("sum", y[b, j] * w[j, i], j)
    made = system((y, Reduction("sum", x[b, i] * w[j, i], i)), (z, rhs), given=(x, w), outputs=("z",))
    schedule = lower(made)
    assert len(schedule.kernels) == 2  # x w^T and y w are not the same kernel
