"""Products that read lines of arrays where they lie: convolutions and their gradients, against the evaluator."""

from __future__ import annotations

import re
import subprocess
from math import prod

import numpy as np
import pytest
from c_runner import Running, compiled, compiler, emitted, trained
from test_c_accesses import check, layer

from bpgen.emit import c_spans

pytestmark = pytest.mark.skipif(compiler() is None, reason="needs a C compiler")

SAME = "y[b, k, p, q] = sum[i, r, s](x[b, i, p + r - 1, q + s - 1]*K[k, i, r, s]) + c[k]"
VALID = "y[b, k, p, q] = sum[c, r, s](x[b, c, p + r, q + s]*K[k, c, r, s])"
CASES = {
    "lines of a vector": layer(SAME, [2, 5, 16], [3, 5, 16], k=3, p=5, q=16, r=3, s=3),
    "lines longer than a vector": layer(SAME, [2, 2, 30], [2, 2, 30], k=2, p=2, q=30, r=3, s=3),
    "short lines joined": layer(VALID, [2, 9, 9], [4, 7, 7], k=4, p=7, q=7, r=3, s=3),
    "nothing around the image": layer(VALID, [1, 4, 33], [5, 2, 31], k=5, p=2, q=31, r=3, s=3),
    "one line": layer(VALID, [3, 2, 21], [2, 1, 20], k=2, p=1, q=20, r=2, s=2),
    "lines apart": layer(
        "y[b, k, p, q] = sum[c, r, s](x[b, c, 2*p + r, q + 2*s]*K[k, c, r, s])", [2, 9, 20], [3, 4, 16],
        k=3, p=4, q=16, r=3, s=3),
    "rows of the batch": layer("y[b, k, p] = sum[c, r](x[b, c, p + r]*K[k, c, r])", [3, 19], [9, 16], k=9, p=16, r=4),
    "more rows than a tile": layer(SAME, [1, 2, 16], [29, 2, 16], k=29, p=2, q=16, r=3, s=3),
    "more lines than a tile": layer(
        "y[b, k, p, q] = sum[c, r, s](x[b, c, p + r, q + s]*K[k, c, r, s])", [1, 20, 17], [2, 19, 16],
        k=2, p=19, q=16, r=2, s=2),
    "lines that nearly fill a vector": layer(VALID, [2, 5, 16], [7, 3, 14], k=7, p=3, q=14, r=3, s=3),
    "zeros above and below, several lines of them": layer(
        SAME.replace("- 1", "- 2"), [2, 6, 16], [5, 6, 16], k=5, p=6, q=16, r=5, s=5),
    "zeros above alone": layer(
        SAME.replace("p + r - 1", "p + r - 2"), [4, 5, 12], [14, 5, 12], k=14, p=5, q=12, r=3, s=3),
    "more zeros than lines": layer(
        SAME.replace("p + r - 1", "p + r - 3"), [3, 2, 16], [3, 2, 16], k=3, p=2, q=16, r=7, s=3),
    "zeros beyond the window": layer(  # enough terms of a row that both vectors are added to by themselves
        SAME.replace("p + r - 1", "p + r - 4"), [6, 3, 8], [2, 9, 8], k=2, p=9, q=8, r=3, s=3),
    "zeros beyond the window, on one side": layer(
        SAME.replace("p + r - 1", "p + r - 6"), [6, 3, 8], [13, 7, 8], k=13, p=7, q=8, r=3, s=3),
    "zeros around more lines than a tile": layer(SAME, [4, 20, 16], [1, 20, 16], k=1, p=20, q=16, r=3, s=2),
    "a window that leads upwards": layer(
        "y[b, k, p, q] = sum[i, r, s](x[b, i, p - r + 1, q - s + 1]*K[k, i, r, s])", [3, 5, 14], [6, 5, 14],
        k=6, p=5, q=14, r=4, s=3),
    "grouped": layer(
        "y[b, k, p, q] = sum[c, r, s](x[b, (k//3)*2 + c, p + r - 1, q + s - 1]*K[k, c, r, s])", [4, 4, 16], [6, 4, 16],
        k=6, c=2, p=4, q=16, r=3, s=3),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_lines_hold_what_the_equations_say(case, tmp_path):
    system = trained(CASES[case])
    assert "        multiply_lines(" in emitted(system, "float64").files["net.c"]
    check(system, "float64", tmp_path, batches=(1, 3))


WIDE = {"p": 5, "q": 16, "r": 3, "s": 3}
IN_PLACE = {
    "a sum alone": (layer(SAME.removesuffix(" + c[k]"), [2, 5, 16], [3, 5, 16], k=3, **WIDE), ", 0, 0,"),
    "and what is the same for a row": (layer(SAME, [2, 5, 16], [26, 5, 16], k=26, **WIDE), ", y_c + i_tile, 1,"),
    "a function of it": (
        layer(SAME.replace("sum", "max(0, sum") + ")", [2, 5, 16], [13, 5, 16], k=13, **WIDE), ", 0, 0,"),
    "something else for every column": (
        layer(SAME.replace("c[k]", "c[k, p, q]"), [2, 5, 16], [3, 5, 16], k=3, **WIDE), ", 0, 0,"),
    "the operand itself is added": (
        layer(SAME.replace("c[k]", "x[b, k, p, q]"), [3, 5, 16], [3, 5, 16], k=3, i=3, **WIDE), ", 0, 0,"),
}  # fmt: skip


@pytest.mark.parametrize("case", IN_PLACE)
def test_whole_vectors_are_multiplied_where_they_are_written(case, tmp_path):
    description, initial = IN_PLACE[case]
    system = trained(description)
    text = emitted(system, "float64").files["net.c"]
    calls = re.findall(r"multiply_lines\((?!real).*", text)
    assert calls and all("tile + LANES" not in call for call in calls) and any(initial in call for call in calls)
    check(system, "float64", tmp_path, batches=(1, 3))


SUMS = ("lines of a vector", "lines longer than a vector", "nothing around the image", "lines apart",
        "lines that nearly fill a vector", "rows of the batch", "more rows than a tile")  # fmt: skip


@pytest.mark.parametrize("case", SUMS)
def test_sums_along_lines_are_those_of_the_equations(case, tmp_path):
    """In single precision too: vectors are twice as long there."""
    system = trained(CASES[case])
    assert "multiply_sums(tile" in emitted(system, "float32").files["net.c"]
    check(system, "float32", tmp_path, batches=(1, 3))


WINDOW = "y[b, k, p, q] = sum[c, r, s](x[b, c, {}*p + r - {pad}, q + {}*s - {pad}]*K[k, c, r, s])"
SPANS = {  # x, y, the window; of lines one step, of places along them another; zeros around the image
    "channels of a vector": ([16, 5, 16], [7, 5, 16], (3, 3), (1, 1), 1),
    "channels of two and three vectors": ([48, 4, 9], [6, 3, 8], (2, 2), (1, 1), 0),
    "more rows than a tile": ([16, 3, 5], [75, 2, 4], (2, 2), (1, 1), 0),
    "blocks of lines, the last one shorter": ([16, 30, 34], [6, 29, 32], (2, 3), (1, 1), 0),
    "long lines": ([32, 3, 130], [9, 2, 128], (2, 3), (1, 1), 0),
    "lines apart": ([16, 9, 9], [8, 4, 5], (3, 3), (2, 2), 0),
    "zeros above and below, several lines of them": ([16, 9, 8], [7, 9, 10], (5, 3), (1, 1), 2),
    "more zeros than lines of a block": ([32, 8, 120], [6, 10, 124], (5, 3), (1, 1), 3),
}  # fmt: skip


def windows(x, shape, window, steps, pad):
    """Of each element of y, what it sums: x[b, c, p, q, r, s]."""
    x = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)])
    p, q, r, s = (np.arange(extent) for extent in (*shape[1:], *window))
    lines, places = steps[0] * p[:, None] + r, q[:, None] + steps[1] * s
    return x[:, :, lines[:, None, :, None], places[None, :, None, :]]


@pytest.mark.parametrize("tile", [c_spans.TILE, 2**9])
@pytest.mark.parametrize("case", SPANS)
@pytest.mark.parametrize("order", ["kcrs", "krcs"])
def test_spans_that_are_turned_hold_what_all_places_of_a_window_come_to(case, tile, order, tmp_path, monkeypatch):
    monkeypatch.setattr(c_spans, "TILE", tile)
    compare_with_numpy(case, order, tmp_path, "float32")


@pytest.mark.parametrize("flags", [("-march=haswell",), ("-march=x86-64",), ("-DPLAIN_C",)])
@pytest.mark.parametrize("case", ["channels of a vector", "channels of two and three vectors"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_spans_of_vectors_of_any_width(case, dtype, flags, tmp_path):
    compare_with_numpy(case, "kcrs", tmp_path, dtype, *flags)


def compare_with_numpy(case, order, folder, dtype, *flags):
    """NumPy is the judge, for there are too many products for the evaluator."""
    image, shape, window, steps, pad = SPANS[case]
    sizes = {"k": shape[0], "c": image[0], "p": shape[1], "q": shape[2], "r": window[0], "s": window[1]}
    equation = WINDOW.format(*steps, pad=pad).replace("k, c, r, s", ", ".join(order))
    source = emitted(trained(layer(equation, image, shape, **sizes)), dtype)
    assert "multiply_spans(tile" in source.files["net.c"]
    running = Running(source, folder, compiled(source, folder, *flags))
    rng = np.random.default_rng(5)
    real = np.dtype(dtype)
    weight = rng.normal(size=[sizes[name] for name in order]).astype(real)
    for batch in (3, 1):
        running.views("parameters")["y.K"][:] = weight
        x, target = rng.normal(size=(batch, *image)).astype(real), rng.normal(size=(batch, *shape)).astype(real)
        running.call("gradients", {"x": x, "t": target}, batch, 3)
        read = windows(x.astype(float), shape, window, steps, pad)
        slope = 2 * (np.einsum(f"bcpqrs,{order}->bkpq", read, weight) - target) / target.size
        expected = np.einsum(f"bkpq,bcpqrs->{order}", slope, read)
        close = 1e-4 if dtype == "float32" else 1e-12
        np.testing.assert_allclose(running.views("gradients")["y.K"], expected, close, close * abs(expected).max())


def test_spans_of_lines_of_the_batch_and_of_groups(tmp_path):
    one = layer("y[b, k, p] = sum[c, r](x[b, c, p + r]*K[k, c, r])", [16, 5], [6, 4], k=6, c=16, p=4, r=2)
    groups = layer(
        "y[b, k, p, q] = sum[c, r, s](x[b, (k//6)*16 + c, p + r, q + s]*K[k, c, r, s])", [32, 2, 4], [12, 2, 3],
        k=12, c=16, p=2, q=3, r=1, s=2)  # fmt: skip
    for number, description in enumerate((one, groups)):
        system = trained(description)
        assert "multiply_spans(tile" in emitted(system, "float32").files["net.c"]
        (tmp_path / str(number)).mkdir()
        check(system, "float32", tmp_path / str(number), batches=(1, 3))


def test_many_lines_are_summed_in_parts(tmp_path):
    """More of them than are summed at once, so many that NumPy is the judge."""
    small = layer("y[b, k, p] = sum[r](x[b, p + r]*K[k, r])", [24], [2, 16], k=2, p=16, r=9)
    batch, rng = 130, np.random.default_rng(3)
    running = Running(emitted(trained(small)), tmp_path)
    weight = rng.normal(size=(2, 9)).astype(np.float32)
    running.views("parameters")["y.K"][:] = weight
    x, target = rng.normal(size=(batch, 24)), rng.normal(size=(batch, 2, 16))
    running.call("gradients", {"x": x, "t": target}, batch, batch)
    windows = np.lib.stride_tricks.sliding_window_view(x, 9, axis=1)
    slope = 2 * (np.einsum("bpr,kr->bkp", windows, weight) - target) / target.size
    expected = np.einsum("bkp,bpr->kr", slope, windows)
    np.testing.assert_allclose(running.views("gradients")["y.K"], expected, 1e-3, 1e-5)


@pytest.mark.parametrize("flags", [("-march=haswell",), ("-march=x86-64",), ("-DPLAIN_C",)])
@pytest.mark.parametrize("case", ["short lines joined", "lines longer than a vector"])
def test_vectors_of_any_width(case, flags, tmp_path):
    check(trained(CASES[case]), "float32", tmp_path, batches=(2,), flags=flags)


MAIN = """
#include "net.h"
#include <stdlib.h>
int main(void)
{
    net_network net = {.batch = BATCH, .capacity = BATCH, .threads = 1};
    net.parameters = calloc(PARAMETERS, sizeof(real));
    net.workspace = calloc(WORKSPACE, sizeof(real));
    net.gradients = calloc(PARAMETERS, sizeof(real));
    net.in_x = calloc(BATCH * IMAGE, sizeof(real));
    net.in_t = calloc(BATCH * TARGET, sizeof(real));
    net_gradients(&net);
    free(net.parameters), free(net.gradients), free(net.workspace), free((void *)net.in_x), free((void *)net.in_t);
    return 0;
}
"""


EXACT = {
    **{name: CASES[name] for name in ("nothing around the image", "short lines joined", "one line",
                                      "lines that nearly fill a vector")},
    "spans that are turned": layer(VALID, [16, 4, 9], [6, 3, 7], k=6, c=16, p=3, q=7, r=2, s=3),
}  # fmt: skip


@pytest.mark.parametrize("case", EXACT)
def test_no_line_is_read_beyond_its_array(case, tmp_path):
    """Arrays of exactly their sizes: one element beyond is an error."""
    source = emitted(trained(EXACT[case]))
    source.write(tmp_path)
    (tmp_path / "main.c").write_text(MAIN, encoding="utf-8")
    constant, linear, square = source.interface.workspace
    image, target = (prod(EXACT[case]["inputs"][name]["shape"][1:]) for name in ("x", "t"))
    for batch in (1, 2):
        sizes = {
            "BATCH": batch, "PARAMETERS": source.interface.parameter_size, "IMAGE": image, "TARGET": target,
            "WORKSPACE": constant + linear * batch + square * batch**2,
        }  # fmt: skip
        command = [str(compiler()), "-std=c11", "-O1", "-g", "-march=native", "-fsanitize=address,undefined", "main.c",
                   "net.c", *(f"-D{name}={size}" for name, size in sizes.items()), "-o", "run", "-lm"]  # fmt: skip
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        if done.returncode != 0 and re.search(r"lib(a|ub)san", done.stderr):
            pytest.skip("the compiler has no sanitizers")
        assert done.returncode == 0, done.stderr
        ran = subprocess.run([str(tmp_path / "run")], capture_output=True, text=True, check=False)
        assert ran.returncode == 0 and not ran.stderr, ran.stderr
