"""Products that read lines of an array where they lie: convolutions, against the brute-force evaluator."""

from __future__ import annotations

import re
import subprocess

import pytest
from c_runner import compiler, emitted, trained
from test_c_accesses import check, layer

pytestmark = pytest.mark.skipif(compiler() is None, reason="needs a C compiler")

SAME = "y[b, k, p, q] = sum[i, r, s](x[b, i, p + r - 1, q + s - 1]*K[k, i, r, s]) + c[k]"
VALID = "y[b, k, p, q] = sum[c, r, s](x[b, c, p + r, q + s]*K[k, c, r, s])"
CASES = {
    "lines of a vector": layer(SAME, [2, 5, 16], [3, 5, 16], k=3, p=5, q=16, r=3, s=3),
    "lines longer than a vector": layer(SAME, [3, 3, 33], [2, 3, 33], k=2, p=3, q=33, r=3, s=3),
    "short lines joined": layer(VALID, [2, 9, 9], [4, 7, 7], k=4, p=7, q=7, r=3, s=3),
    "nothing around the image": layer(VALID, [2, 6, 20], [5, 4, 18], k=5, p=4, q=18, r=3, s=3),
    "one line": layer(VALID, [3, 2, 21], [2, 1, 20], k=2, p=1, q=20, r=2, s=2),
    "lines apart": layer(
        "y[b, k, p, q] = sum[c, r, s](x[b, c, 2*p + r, q + 2*s]*K[k, c, r, s])", [2, 9, 21], [3, 4, 17],
        k=3, p=4, q=17, r=3, s=3),
    "rows of the batch": layer("y[b, k, p] = sum[c, r](x[b, c, p + r]*K[k, c, r])", [3, 20], [9, 17], k=9, p=17, r=4),
    "more rows than a tile": layer(SAME, [1, 4, 17], [29, 4, 17], k=29, p=4, q=17, r=3, s=3),
    "more lines than a tile": layer(
        "y[b, k, p, q] = sum[c, r, s](x[b, c, p + r, q + s]*K[k, c, r, s])", [1, 20, 17], [2, 19, 16],
        k=2, p=19, q=16, r=2, s=2),
    "grouped": layer(
        "y[b, k, p, q] = sum[c, r, s](x[b, (k//3)*2 + c, p + r - 1, q + s - 1]*K[k, c, r, s])", [4, 4, 16], [6, 4, 16],
        k=6, c=2, p=4, q=16, r=3, s=3),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_lines_hold_what_the_equations_say(case, tmp_path):
    system = trained(CASES[case])
    assert "multiply_lines(tile" in emitted(system, "float64").files["net.c"]
    check(system, "float64", tmp_path, batches=(1, 3))


@pytest.mark.parametrize("flags", [("-march=haswell",), ("-march=x86-64",), ("-DPLAIN_C",)])
def test_vectors_of_any_width(flags, tmp_path):
    check(trained(CASES["short lines joined"]), "float32", tmp_path, batches=(2,), flags=flags)


MAIN = """
#include "net.h"
#include <stdlib.h>
int main(void)
{
    net_network net = {.batch = BATCH, .capacity = BATCH, .threads = 1};
    net.parameters = calloc(PARAMETERS, sizeof(real));
    net.workspace = calloc(WORKSPACE, sizeof(real));
    net.in_x = calloc(BATCH * IMAGE, sizeof(real));
    net_forward(&net);
    free(net.parameters), free(net.workspace), free((void *)net.in_x);
    return 0;
}
"""


@pytest.mark.parametrize("case", ["nothing around the image", "short lines joined", "one line", "lines apart"])
def test_no_line_is_read_beyond_its_array(case, tmp_path):
    """Arrays of exactly their sizes: one element beyond is an error."""
    source = emitted(trained(CASES[case]))
    source.write(tmp_path)
    (tmp_path / "main.c").write_text(MAIN, encoding="utf-8")
    constant, linear, square = source.interface.workspace
    channels, height, width = CASES[case]["inputs"]["x"]["shape"][1:]
    for batch in (1, 2):
        sizes = {
            "BATCH": batch, "PARAMETERS": source.interface.parameter_size, "IMAGE": channels * height * width,
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
