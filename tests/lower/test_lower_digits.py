"""Quotients and remainders of indices: views where memory is only read in another shape, digit loops elsewhere."""

from __future__ import annotations

from math import prod

import pytest
from lowering_systems import b, system, tensor

import bpgen
from bpgen.algebra.digits import quotient, remainder
from bpgen.algebra.errors import LoweringError
from bpgen.algebra.expressions import Reduction
from bpgen.algebra.functions import equal, maximum
from bpgen.algebra.index import Index
from bpgen.lower.buffers import lay_out
from bpgen.lower.digits import Digits
from bpgen.lower.lower import lower
from bpgen.lower.prepare import Preparation
from bpgen.lower.scalar import Affine
from bpgen.lower.schedule import Repeat

c, p, q = Index("c", 4), Index("p", 3), Index("q", 5)


def flat(extent, name="j"):
    return Index(name, extent)


def given(shape, name="x"):
    axes = [Index(f"i{n}", extent) for n, extent in enumerate(shape)]
    return tensor(name, b, *axes, role="input")


def digits(j, shape):
    """The row-major digits of j in a shape."""
    return [remainder(quotient(j, prod(shape[n + 1 :])), shape[n]) for n in range(len(shape))]


@pytest.mark.parametrize("shape", [(4, 3, 5), (1, 1), (7, 1, 2)])
def test_flatten_is_a_view(shape):
    j = flat(prod(shape))
    x, h, y, z = given(shape), tensor("h", b, *given(shape).axes[1:]), tensor("y", b, j), tensor("z", b, j)
    made = lower(system(
        (h, x[x.axes] ** 2), (y, h[(b, *digits(j, shape))]), (z, y[b, j] + 1), given=(x,), outputs=("z",)
    ))  # fmt: skip
    assert made.buffer("y").view_of == "h"
    assert all(s.target != "y" for kernel in made.kernels for s in kernel.statements)
    assert made.programs[0].flat_calls[-1].arguments == ("z", "y")


def test_a_view_may_be_a_result_and_of_an_input():
    x, j = given((2, 3)), flat(6)
    y = tensor("y", b, j)
    (program,) = lower(system((y, x[(b, *digits(j, (2, 3)))]), given=(x,), outputs=("y",))).programs
    assert program.results == ("result.y",)  # an input is nothing that a program computes: it is copied
    h = tensor("h", *x.axes)
    made = system((h, x[x.axes] ** 2), (y, h[(b, *digits(j, (2, 3)))]), given=(x,), outputs=("y",))
    (program,) = lower(made).programs
    assert program.results == ("y",) and [item.buffer for item in program.placements] == ["h"]


def test_neighbouring_digits_are_read_as_one_axis():
    """relu of a flattened tensor runs over one long loop."""
    x = given((4, 3, 5))
    (statement,) = statements(lambda j: maximum(0, x[(b, *digits(j, (4, 3, 5)))]), 60, x)
    assert [loop.extent for loop in statement.loops] == ["B", 60]


def statements(rhs, extent, *read):
    j = flat(extent)
    y = tensor("y", b, j)
    made = system((y, rhs(j)), given=read, outputs=("y",))
    preparation = Preparation(dict(made.tensors), lay_out(made))
    return preparation.statements(made.equations[0], preparation.converted(made.equations[0]))


def values(statement):
    """Every place that a statement writes."""
    found = [()]
    for loop in statement.loops:
        if loop.extent != "B":
            found = [(*places, (loop.name, n)) for places in found for n in range(loop.start, loop.start + loop.extent)]
    index = statement.indices[1]
    assert isinstance(index, Affine)
    return [index.constant + sum(k * dict(places).get(name, 0) for name, k in index.terms) for places in found]


@pytest.mark.parametrize("extent", [1, 2, 6, 7, 12, 13, 29])
@pytest.mark.parametrize("offset", [0, 1, 5])
def test_digits_apart_define_every_element_once(extent, offset):
    x = given((40, 9, 9))

    def rhs(j):
        return x[b, quotient(j + offset, 6), remainder(j + offset, 2), remainder(quotient(j + offset, 2), 3)]

    read = statements(rhs, extent, x)
    assert sorted(value for statement in read for value in values(statement)) == list(range(extent))
    assert [s.follows for s in read] == ["", *(s.target for s in read[:-1])]


def test_heads_are_split_from_their_axis():
    x = tensor("x", b, Index("h", 4), Index("t", 3), Index("d", 8), role="input")
    (statement,) = statements(lambda j: x[b, quotient(j, 8), 2, remainder(j, 8)], 32, x)
    assert [loop.extent for loop in statement.loops] == ["B", 4, 8] and statement.indices[1].terms[0][1] in (1, 8)


def test_digits_of_a_second_number_system_are_looked_up():
    x, j, t = given((40, 40)), flat(12), tensor("t", flat(12))
    y, z = tensor("y", b, j), tensor("z", b, j)
    first = x[b, quotient(j, 2), remainder(j, 3)]
    made = lower(
        system((y, first), (t, quotient(j, 2) * remainder(j, 3)), (z, first**2 + t[j]), given=(x,), outputs=("z",))
    )
    tables = [buffer for buffer in made.buffers if buffer.dtype == "int32"]
    assert [table.shape for table in tables] == [(12,)]  # one, whoever reads it


def test_digits_of_the_batch_are_refused():
    x, y = given((40,)), tensor("y", b)
    with pytest.raises(LoweringError, match=r"\(1\) y: quotient\(b, 2\), digits of an index that runs over the batch"):
        lower(system((y, x[b, 0] * quotient(b, 2)), given=(x,), outputs=("y",)))


@pytest.mark.parametrize("extent", [4, 5])
def test_steps_of_a_recurrence_remain_one_loop(extent):
    """Also where they are digits of one number system."""
    t = Index("t", extent)
    x, h = tensor("x", b, Index("i", 3), role="input"), tensor("h", b, t)
    rhs = x[b, quotient(t, 2)] * equal(remainder(t, 2), 0) + h[b, t - 1]
    (program,) = lower(system((h, rhs), given=(x,), outputs=("h",))).programs
    steps = [call for call in program.calls if isinstance(call, Repeat)]
    assert sum(call.loop.extent for call in steps) == extent


def test_digits_of_a_sum_of_indices_become_a_scatter():
    """K[(h - 3 p) // 2] where 2 divides h - 3 p: what a dilated, strided and transposed convolution reads."""
    x = given((5, 4))
    h = Index("h", 16)
    body = x[b, p, quotient(h - 3 * p, 2)] * equal(remainder(h - 3 * p, 2), 0)
    made = system((tensor("y", b, h), Reduction("sum", body, p)), given=(x,), outputs=("y",))
    preparation = Preparation(dict(made.tensors), lay_out(made))
    found = preparation.statements(made.equations[0], preparation.converted(made.equations[0]))
    assert sum(statement.accumulate for statement in found) == 1


def test_views_are_made_once():
    x = given((2, 3))
    known = Digits({"x": x}, lay_out(system((tensor("y", b), x[b, 0, 0]), given=(x,), outputs=("y",))))
    assert known.view(x, ("B", 6)) is known.view(x, ("B", 6)) and known.buffers["x.flat"].view_of == "x"


def test_what_is_refused_says_where_it_was_written(tmp_path):
    file = tmp_path / "two.toml"
    file.write_text(
        """bpgen = 1
name = "two"
[inputs]
x = { shape = ["B", 4, 5] }

[[layers]]
name = "e"
type = "equation"
sizes = { j = 19 }
equation = "y[b, j] = x[b, j // 5, 0] * (b // 2)"
"""
    )
    with pytest.raises(LoweringError, match=r"two\.toml:7:1: \(1\) e: .* an index that runs over the batch"):
        bpgen.generate(file)
