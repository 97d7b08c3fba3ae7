"""Arrays with more elements than the C target counts are refused before any memory is taken."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import bpgen
from bpgen.run.backend_c import LONGEST, check_lengths

DESCRIPTION = {
    "bpgen": 1,
    "name": "pairs",
    "inputs": {"x": {"shape": ["B", 3]}},
    "layers": [
        {"name": "wide", "type": "linear", "units": 7, "activation": "tanh"},
        {"name": "alike", "type": "equation", "equation": "y[a, b] = sum[d](x[a, d]*x[b, d])"},
    ],
    "loss": {"type": "equation", "equation": "L = mean[a, b](alike[a, b]**2)"},
}


@pytest.fixture
def net():
    return bpgen.build(DESCRIPTION, target="c")


def test_the_longest_array_of_each_degree(net):
    sizes = [size for _, size in net.interface.longest]
    assert sizes == [21, 7, 1]  # the weight, rows of 7 units, pairs of rows
    assert net.interface.from_json(net.interface.to_json()).longest == net.interface.longest


def test_more_elements_than_are_counted_are_refused(net):
    x = np.ones((2, 3), np.float32)
    before = net.forward(x=x)
    most = int(LONGEST**0.5)
    check_lengths(net.interface, most)
    with pytest.raises(bpgen.ArrayError, match=r"for 46,\d{3} rows, and C counts .* fewer rows at a time, or target="):
        net.reserve(most + 1)
    np.testing.assert_array_equal(net.forward(x=x), before)
    with pytest.raises(bpgen.ArrayError, match="would have"):
        bpgen.build(DESCRIPTION, target="c", batch=10**9)


def test_arrays_without_rows_are_refused_as_well(net):
    vast = replace(net.interface, longest=(("wide.weight", LONGEST + 1), *net.interface.longest[1:]))
    with pytest.raises(bpgen.ArrayError, match=r'wide\.weight would have .* to 2,130,706,432: take target="numpy"'):
        check_lengths(vast, 1)
