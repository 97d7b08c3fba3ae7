"""Loops of the C target that become one: which do, which do not, and that the values stay."""

from __future__ import annotations

import pytest
from c_runner import compiler, emitted, trained
from test_c_accesses import check, layer

IMAGE = [3, 4, 5]


def text(description) -> str:
    source = emitted(trained(description))
    return next(body for name, body in source.files.items() if name.endswith(".c"))


TOGETHER = {
    "elementwise": layer("y[b, c, p, q] = tanh(x[b, c, p, q])", IMAGE, IMAGE),
    "with another axis between": layer("y[b, c, p, q] = x[b, c, p, q]*x[b, c, p, q] + K[c, p]", IMAGE, IMAGE),
    "turned axes": layer("y[b, p, c, q] = tanh(x[b, c, p, q])", IMAGE, [4, 3, 5]),
    "a part of a row": layer("y[b, c, p, q] = x[b, c, p, q + 1]**2", IMAGE, [3, 4, 4], q=4),
    "counted": layer("y[b, c, p, q] = x[b, c, p, q]*(p + q)", IMAGE, IMAGE),
    "a diagonal": layer("y[b, c, p] = x[b, c, p, p]**2", [3, 4, 4], [3, 4], p=4),
    "read where no loop moves": layer(
        "v[b, c, p] = tanh(x[b, c, p])\ny[b, c, p] = v[b, c, p]*v[b, 1, 0] + v[b, 2, 3]", [3, 4], [3, 4]),
    "sums over images": layer("y[b, c] = sum[p, q](x[b, c, p, q]**3)", IMAGE, [3]),
    "through a table": layer("y[b, c, p, q] = x[b, c, p, q]*x[b, c, p, (p + q) % 5]", IMAGE, IMAGE),
    "centred images": layer(
        "m[b, c] = mean[p, q](x[b, c, p, q])\ny[b, c, p, q] = (x[b, c, p, q] - m[b, c])*K[c]", IMAGE, IMAGE),
}  # fmt: skip


@pytest.mark.skipif(compiler() is None, reason="needs a C compiler")
@pytest.mark.parametrize("case", TOGETHER)
def test_values_stay(case, tmp_path):
    check(trained(TOGETHER[case]), "float64", tmp_path, batches=(1, 3))


def test_an_image_is_walked_through_by_one_loop():
    found = text(TOGETHER["elementwise"])
    assert "< 60; cpq++" in found


def test_a_sum_over_images_is_one_loop():
    assert "< 20; pq++" in text(TOGETHER["sums over images"])


def test_loops_that_an_array_tells_apart_stay():
    found = text(TOGETHER["turned axes"])
    assert "cp" not in found.replace("cpp", "").split("/* y: equation", 1)[1].split("}")[0]


def test_a_counted_index_stays_a_loop():
    found = text(TOGETHER["counted"]).split("/* y: equation", 1)[1].split("\n}\n", 1)[0]
    assert "p++" in found and "q++" in found
