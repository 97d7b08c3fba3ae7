"""Recurrences whose steps read each other's tensors in another shape: through every stage and both targets."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from check_systems import check_c, check_numpy, derived, generated
from derive.derive_networks import given
from random_systems import Case

W, V = given("w", "j:6 i:2", role="parameter"), given("v", "i:2 k:3", role="parameter")
X = given("x", "b t:4 j:6")
LOSS = "L = mean[b](sum[t, i](h[b, t, i]**2*(1 + t + 2*i)))"

CASES = {
    "two axes of one": (
        "n[b, t, j] = tanh(x[b, t, j] + sum[i](w[j, i]*h[b, t - 1, i]))\nm[b, t, i, k] = n[b, t, 3*i + k]\n"
        f"h[b, t, i] = sum[k](m[b, t, i, k]*v[i, k])\n{LOSS}",
        [X, W, V], {},
    ),
    "two axes of one, backwards": (
        "n[b, t, j] = tanh(x[b, t, j] + sum[i](w[j, i]*h[b, t + 1, i]))\nm[b, t, i, k] = n[b, t, 3*i + k]\n"
        f"h[b, t, i] = sum[k](m[b, t, i, k]*v[i, k])\n{LOSS}",
        [X, W, V], {},
    ),
    "one axis of two": (
        "n[b, t, i, k] = tanh(x[b, t, 3*i + k] + v[i, k]*h[b, t - 1, i])\nm[b, t, j] = n[b, t, j//3, j%3]\n"
        f"h[b, t, i] = sum[j](m[b, t, j]*w[j, i])\n{LOSS}",
        [X, W, V], {},
    ),
    "of the step before": (
        "n[b, t, j] = tanh(x[b, t, j] + sum[i](w[j, i]*h[b, t - 1, i]))\nm[b, t, i, k] = n[b, t - 1, 3*i + k]\n"
        f"h[b, t, i] = sum[k](m[b, t, i, k]*v[i, k] + n[b, t, 2*i + k])\n{LOSS}",
        [X, W, V], {},
    ),
    "one axis of two, of the step before": (
        "n[b, t, i, k] = tanh(x[b, t, 3*i + k] + v[i, k]*h[b, t - 1, i])\n"
        f"h[b, t, i] = sum[j](n[b, t - 1, j//3, j%3]*w[j, i]) + n[b, t, i, 1]\n{LOSS}",
        [X, W, V], {},
    ),
    "with some left over": (
        "n[b, t, j] = tanh(x[b, t, j] + sum[i](w[j, i]*h[b, t - 1, i]))\nm[b, t, i, k] = n[b, t, 3*i + k]\n"
        f"h[b, t, i] = sum[k](m[b, t, i, k]*v[i, k]) + n[b, t, 6]\n{LOSS}",
        [given("x", "b t:4 j:7"), given("w", "j:7 i:2", role="parameter"), V], {"j": 7},
    ),
    "three axes of one": (
        "n[b, t, j] = tanh(x[b, t, j] + sum[i](w[j, i]*h[b, t - 1, i]))\nm[b, t, i, r, s] = n[b, t, 6*i + 3*r + s]\n"
        f"h[b, t, i] = sum[r, s](m[b, t, i, r, s]*v[i, s]*(1 + r))\n{LOSS}",
        [given("x", "b t:4 j:12"), given("w", "j:12 i:2", role="parameter"), V], {"j": 12},
    ),
    "the same elements": (
        "n[b, t, j] = tanh(x[b, t, j] + sum[i](w[j, i]*h[b, t - 1, i]))\nm[b, t, i, k] = n[b, t, 3*i + k]\n"
        f"h[b, t, i] = sum[k](m[b, t, i, k]*v[i, k])\n{LOSS}",
        [given("x", "b t:1 j:3"), given("w", "j:3 i:1", role="parameter"), given("v", "i:1 k:3", role="parameter")],
        {"t": 1, "i": 1, "j": 3},
    ),
    "time among the axes": (
        "n[b, j, t] = tanh(x[b, t, j] + sum[i](w[j, i]*h[b, i, t - 1]))\nm[i, t, b, k] = n[b, 3*i + k, t]\n"
        "h[b, i, t] = sum[k](m[i, t, b, k]*v[i, k])\nL = mean[b](sum[t, i](h[b, i, t]**2*(1 + t + 2*i)))",
        [X, W, V], {},
    ),
    "read in another shape when it is over": (
        "n[b, t, j] = tanh(x[b, t, j] + sum[i](w[j, i]*h[b, t - 1, i]))\nm[b, t, i, k] = n[b, t, 3*i + k]\n"
        "h[b, t, i] = sum[k](m[b, t, i, k]*v[i, k])\ny[b, a] = h[b, a//2, a%2]*n[b, a//2, a%2]\n"
        "L = mean[b](sum[a](y[b, a]**2*(1 + a)))",
        [X, W, V], {"a": 8},
    ),
}  # fmt: skip


def case(name: str, batch: int = 3) -> Case:
    text, tensors, sizes = CASES[name]
    outputs = {line.partition("[")[0] for line in text.split("\n")[:-1]}
    usual = {"t": 4, "i": 2, "j": 6, "k": 3, "r": 2, "s": 3}
    return Case([*CASES].index(name), text, tuple(tensors), usual | sizes, tuple(sorted(outputs)), batch)


@pytest.mark.parametrize("name", CASES)
def test_numpy(name: str) -> None:
    found = derived(case(name))
    assert found.compared
    check_numpy(found, *generated(found))


@pytest.mark.skipif(not (shutil.which("cc") or shutil.which("gcc")), reason="no C compiler")
def test_c(tmp_path: Path) -> None:
    """19 rows: more than a kernel takes at a time."""
    found = [derived(case(name, 19)) for name in CASES]
    check_c([(one, *generated(one, in_c=True)) for one in found], tmp_path)
