"""Loop ranges split at conditions: what is left needs no condition, and reads nothing outside."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from lowering_systems import trained

from bpgen.lower.cuts import cuts, decide
from bpgen.lower.lower import lower
from bpgen.lower.rewrite import loads, reduction
from bpgen.lower.scalar import Affine, Constant, IndexValue, Loop, Operation, Reduce, walk

X = Affine((("o", 1),))


def compare(op, index, number):
    return Operation("bool", op, (IndexValue("int32", index), Constant("int32", Fraction(number))))


def inverted(op, index, number):
    return Operation("bool", op, (Constant("int32", Fraction(number)), IndexValue("int32", index)))


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (compare("greater", X, 2), lambda o: o > 2),
        (compare("greater_equal", X, 2), lambda o: o >= 2),
        (compare("equal", X, 2), lambda o: o == 2),
        (inverted("greater", X, 2), lambda o: o < 2),
        (inverted("greater_equal", X, 2), lambda o: o <= 2),
        (compare("greater", Affine((("o", 2),), -3), 1), lambda o: 2 * o - 3 > 1),
        (compare("greater_equal", Affine((("o", 3),), -1), 4), lambda o: 3 * o - 1 >= 4),
        (compare("equal", Affine((("o", 2),)), 3), lambda o: 2 * o == 3),
        (compare("greater", Affine((("o", -1),), 4), 0), lambda o: 4 - o > 0),
        (compare("greater_equal", X, 9), lambda o: o >= 9),
        (compare("greater", X, -1), lambda o: o > -1),
    ],
)
@pytest.mark.parametrize("loop", [Loop("o", 6), Loop("o", 1), Loop("o", 3, 2)])
def test_cuts_are_where_the_condition_changes(condition, holds, loop):
    values = range(loop.start, loop.start + loop.extent)
    changes = tuple(o for o in values[1:] if holds(o) != holds(o - 1))
    found = cuts(condition, [loop]).get("o", ())
    assert set(changes) <= set(found) <= set(values)
    ends = [loop.start, *found, values.stop]
    for start, end in pairwise(ends):
        assert decide(condition, {"o": (start, end - 1)}) is holds(start)


def description(equation, extent):
    return {
        "bpgen": 1, "name": "n", "inputs": {"x": {"shape": ["B", extent]}, "t": {"shape": ["B", extent]}},
        "layers": [
            {"name": "fc", "type": "linear", "units": extent},
            {"name": "y", "type": "equation", "equation": equation, "sizes": {"i": extent, "j": extent}},
        ],
        "loss": {"type": "mse", "target": "t"}, "optimizer": {"type": "sgd", "lr": 0.1, "momentum": 0.9},
    }  # fmt: skip


EQUATIONS = [
    "y[..., i] = x[..., i + 1] * x[..., i - 1]",
    "y[..., i] = x[..., i] * sum[j](x[..., j + 2]**2)",
    "y[..., i] = x[..., i] + max[j](x[..., j - 1])",
    "y[..., i] = x[..., i] * (i == 1) + sum[j](x[..., j] * (j > i) * (i < 2))",
]


@pytest.mark.parametrize("equation", EQUATIONS)
@pytest.mark.parametrize("extent", [1, 2, 5])
def test_every_access_is_inside(equation, extent):
    schedule = lower(trained(description(equation, extent)))
    for kernel in schedule.kernels:
        shapes = {formal.name: formal.shape for formal in kernel.formals}
        for statement in kernel.statements:
            found = reduction(statement.value)
            loops = {loop.name: loop for loop in (*kernel.loops, *statement.loops, *(found.loops if found else ()))}
            for load in loads(statement.value):
                for index, size in zip(load.indices, shapes[load.buffer], strict=True):
                    if isinstance(size, int) and isinstance(index, Affine):
                        ends = [sorted((c * loops[n].start, c * (loops[n].start + loops[n].extent - 1)))
                                for n, c in index.terms]  # fmt: skip
                        assert index.constant + sum(end[0] for end in ends) >= 0, kernel.name
                        assert index.constant + sum(end[1] for end in ends) < size, kernel.name


def test_only_conditions_between_two_indices_stay():
    schedule = lower(trained(description(EQUATIONS[3], 4)))
    conditions = [
        node
        for kernel in schedule.kernels
        for statement in kernel.statements
        for node in walk(statement.value)
        if isinstance(node, Operation) and node.op in ("greater", "greater_equal", "equal")
    ]
    assert conditions
    for node in conditions:
        names = {name for part in walk(node) if isinstance(part, IndexValue) for name, _ in part.index.terms}
        assert len(names) == 2


def test_a_reduction_in_pieces_is_summed_in_locals():
    equation = "y[..., i] = x[..., i] * sum[j](x[..., j] * (2 if j == 1 else 1))"
    schedule = lower(trained(description(equation, 3)))
    for kernel in schedule.kernels:
        for statement in kernel.statements:
            assert sum(isinstance(node, Reduce) for node in walk(statement.value)) <= 1
    starts = {loop.start for k in schedule.kernels for s in k.statements for n in walk(s.value)
              if isinstance(n, Reduce) for loop in n.loops}  # fmt: skip
    assert starts >= {0, 1, 2}


def test_a_shared_value_is_defined_once_and_before_it_is_read():
    """log(S) stands inside a sum and beside it: the definition of its local must stay one."""
    smoothed = {
        "bpgen": 1, "name": "n",
        "inputs": {"x": {"shape": ["B", 3]}, "t": {"shape": ["B"], "dtype": "int32", "classes": 4}},
        "layers": [{"name": "fc", "type": "linear", "units": 4}],
        "loss": {"type": "cross_entropy", "target": "t", "label_smoothing": 0.1}, "optimizer": {"type": "sgd"},
    }  # fmt: skip
    schedule = lower(trained(smoothed))
    logarithms = [
        [node for s in kernel.statements for node in walk(s.value) if isinstance(node, Operation) and node.op == "log"]
        for kernel in schedule.kernels
    ]
    assert {len(found) for found in logarithms} == {0, 1}


def test_pieces_that_do_the_same_are_one():
    """The border of an image: its first and last row whole, and what each other row begins and ends with."""
    image = {
        "bpgen": 1, "name": "n", "inputs": {"x": {"shape": ["B", 2, 4, 6]}, "t": {"shape": ["B", 3, 4, 6]}},
        "layers": [{"name": "y", "type": "conv2d", "channels": 3, "kernel": 3, "padding": 1}],
        "loss": {"type": "mse", "target": "t"}, "optimizer": {"type": "sgd", "lr": 0.1},
    }  # fmt: skip
    schedule = lower(trained(image))
    pieces = [s for k in schedule.kernels if k.formals[0].name == "padded" for s in k.statements if len(s.loops) == 2]
    assert [tuple((loop.start, loop.extent) for loop in s.loops) for s in pieces[:5]] == [
        ((0, 1), (0, 8)), ((1, 4), (0, 1)), ((1, 4), (1, 6)), ((1, 4), (7, 1)), ((5, 1), (0, 8)),
    ]  # fmt: skip
