"""Adjoints are written over what dies with them; weight gradients run early, and what only they read goes."""

import tomllib
from pathlib import Path

import pytest
from lowering_systems import b, i, o, perceptron, system, tensor, trained

from bpgen.algebra.expressions import Reduction
from bpgen.lower.lower import lower

EXAMPLES = Path(__file__).parents[2] / "examples"


def program(schedule, name):
    return next(found for found in schedule.programs if found.name == name)


def backward_over(read_later):
    """y = x x, z = w y, d = (y > 0) (z w), e = w d: d may be written over y, where nothing reads y after it."""
    x, w = tensor("x", b, i, role="input"), tensor("w", o, i, role="parameter")
    y, z = tensor("y", b, i), tensor("z", b, o)
    d, e = tensor("d", b, i, role="backward"), tensor("e", b, o, role="backward")
    later = y[b, i] if read_later else x[b, i]
    return system(
        (y, x[b, i] ** 2),
        (z, Reduction("sum", y[b, i] * w[o, i], i)),
        (d, Reduction("sum", z[b, o] * w[o, i], o) * y[b, i]),
        (e, Reduction("sum", d[b, i] * w[o, i] * later, i)),
        given=(x, w),
        outputs=("e",),
    )


def buffers_of(schedule):
    return {placement.buffer for placement in program(schedule, "forward").placements}


def test_an_adjoint_takes_the_place_of_what_only_it_still_reads():
    assert buffers_of(lower(backward_over(read_later=False))) == {"y", "z", "e"}


def test_not_of_what_is_read_later():
    assert buffers_of(lower(backward_over(read_later=True))) == {"y", "z", "d", "e"}


@pytest.mark.parametrize("sizes", [(4, 40, 50, 60, 7), (8, 8, 8, 8, 8)])
def test_the_backward_pass_fits_into_what_forward_leaves(sizes):
    """Hidden values, the outputs, and one adjoint of each of two layers: no more is in use at a time."""
    schedule = lower(trained(perceptron(sizes)))
    whole = sum(-(-size // 16) * 16 for size in sizes[1:])
    assert program(schedule, "gradients").workspace[1] <= whole + 2 * 64


def test_reuse_counts_as_no_reuse_in_the_comparison():
    schedule = lower(trained(perceptron((8, 32, 32, 32, 32))))
    gradients = program(schedule, "gradients")
    assert gradients.unshared[1] >= 7 * 32
    assert gradients.workspace[1] <= gradients.unshared[1] * 0.75


def test_the_transformer_needs_less_than_half_of_what_its_values_take():
    """The sum is of the equations' own tensors: each once, without the copies and operands that lowering adds."""
    schedule = lower(trained(tomllib.loads((EXAMPLES / "transformer.toml").read_text())))
    step = program(schedule, "step")
    assert step.workspace[1] < 0.45 * step.unshared[1]
    assert not any("padded" in buffer.name for buffer in schedule.buffers)
