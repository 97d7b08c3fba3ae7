"""Loops that walk along the memory run innermost in strips, and only where that is the same sum."""

import numpy as np
import pytest
from c_runner import Running, compiler, emitted, trained

from bpgen.emit.c import prepare
from bpgen.emit.c_strips import STRIP, in_strips
from bpgen.lower.lower import lower


def letters(units):
    return {
        "bpgen": 1,
        "name": "letters",
        "inputs": {"x": {"shape": ["B", 7], "dtype": "int32", "classes": 5}, "target": {"shape": ["B", 7, units]}},
        "layers": [{"name": "token", "type": "embedding", "units": units, "input": "x"}],
        "loss": {"type": "mse", "target": "target"},
        "optimizer": {"type": "sgd", "lr": 0.1},
    }


def stripped(units):
    """The kernels that add up in strips."""
    found = []
    for kernel in lower(trained(letters(units))).kernels:
        prepared = prepare(kernel, "float32")
        if in_strips(prepared.kernel, prepared.expressions):
            found.append(kernel)
    return found


@pytest.mark.parametrize("units", [STRIP, 3 * STRIP])
def test_a_table_of_wide_rows_is_added_to_row_after_row(units):
    assert [any(s.accumulate for s in kernel.statements) for kernel in stripped(units)] == [True]


@pytest.mark.parametrize("units", [1, 5, STRIP + 1])
def test_rows_that_fill_no_strips_are_left(units):
    assert not stripped(units)


@pytest.mark.skipif(compiler() is None, reason="needs a C compiler")
def test_the_gradient_of_a_table_is_that_of_numpy(tmp_path):
    system, units, rng = trained(letters(2 * STRIP)), 2 * STRIP, np.random.default_rng(1)
    running = Running(emitted(system, "float64"), tmp_path)
    x, target = rng.integers(0, 5, (3, 7)), rng.normal(size=(3, 7, units))
    (table,) = running.views("parameters").values()
    table[...] = rng.normal(size=table.shape)
    running.call("gradients", {"x": x, "target": target}, 3, 4)
    expected = np.zeros_like(table)
    np.add.at(expected, x, 2 * (table[x] - target) / target.size)
    (found,) = running.views("gradients").values()
    np.testing.assert_allclose(found, expected, 1e-12, 1e-14)
